import ArgumentParser
import LanguageServer
import Orchestration
import SecTOSCA
import TOSCA

struct Lsp: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves editors: findings while typing, completion, hovers, definitions, references and renaming.",
    discussion: """
      A language server for the Language Server Protocol 3.17 over standard input and output. Documentation/Editors.md
      says how editors start it.

      Example: testudo lsp
      """)

  @Flag(help: "Accepted for editors that ask for it; there is no other way.")
  var stdio = false

  func run() throws {
    let library = try Installation.library()
    let configuration = Configuration(
      profiles: library + "/profiles", version: Testudo.configuration.version,
      kinds: FindingKind.all + SecTOSCAFindings.all
    ) { result in
      guard let topology = result.topology, TemplateLoading.isAboutSecurity(result) else {
        return Configuration.Analysis()
      }
      return Configuration.Analysis(
        findings: TemplateLoading(library: library).check(topology).findings,
        names: Interpreter().policyNames(in: topology).map { (.policy, $0.name, $0.place) })
    }
    var loop = ServerLoop(LanguageServer(configuration))
    throw ExitCode(loop.run())
  }
}
