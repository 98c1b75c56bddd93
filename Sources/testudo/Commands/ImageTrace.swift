import ArgumentParser
import ControlPlane
import ImageGeneration
import Orchestration

extension ImageCommand {
  struct Trace: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows which requirement brought which code into an image, and what would go if it went.",
      discussion: """
        Examples: testudo image trace sha256:0123
                  testudo image trace sha256:0123 --requirement passwords
                  testudo image trace sha256:0123 --module cryptography --symbols
        """)

    @Argument(help: "The digest, or its beginning.")
    var digest: String

    @Option(help: ArgumentHelp("Only this requirement, application or target.", valueName: "name"))
    var requirement: String?

    @Option(help: ArgumentHelp("Only this module.", valueName: "name"))
    var module: String?

    @Flag(help: "Print the symbols that each module brought, too.")
    var symbols = false

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func validate() throws {
      if requirement != nil, module != nil { throw ValidationError("Give --requirement or --module, not both.") }
    }

    func run() throws {
      let store = ImageStore(folder: Installation.home.images)
      var trace = try store.traceability(of: try ImageCommand.digest(digest, in: store))
      if let requirement {
        try ImageCommand.Trace.require(requirement, among: trace.causes.map(\.reason.name), "requirement")
        trace.causes.removeAll { $0.reason.name != requirement }
        let concerned = Set(trace.causes.flatMap(\.broughtIn))
        trace.modules.removeAll { !concerned.contains($0.name) }
      }
      if let module {
        try ImageCommand.Trace.require(module, among: trace.modules.map(\.name), "module")
        trace.modules.removeAll { $0.name != module }
        trace.causes.removeAll { !$0.broughtIn.contains(module) }
      }
      switch format {
      case .json:
        if !symbols { for index in trace.modules.indices { trace.modules[index].symbols = nil } }
        try Console.print(json: trace)
      case .text: print(text(of: trace))
      }
    }

    private static func require(_ name: String, among names: [String], _ what: String) throws {
      guard !names.contains(name) else { return }
      throw OrchestrationFault.notFound(
        "the image has no \(what) `\(name)`, expected one of \(Set(names).sorted().joined(separator: ", "))")
    }

    private func text(of trace: Traceability) -> String {
      let causes = trace.causes.map { cause in
        [
          cause.reason.description, cause.calledFor.joined(separator: ", "),
          cause.wouldGo.isEmpty
            ? "nothing"
            : cause.wouldGo.joined(separator: ", ") + (cause.bytesThatWouldGo.map { " (\($0) bytes)" } ?? ""),
        ]
      }
      let modules = trace.modules.map { module in
        [
          module.name + (module.isMechanism ? " *" : ""), module.version, module.bytes.map { "\($0)" } ?? "-",
          module.symbols.map { "\($0.count)" } ?? "-", module.causes.map(\.description).joined(separator: ", "),
        ]
      }
      var text = Console.table([["BECAUSE OF", "CALLS FOR", "WITHOUT IT WOULD GO"]] + causes)
      text += "\n\n" + Console.table([["MODULE", "VERSION", "BYTES", "SYMBOLS", "BECAUSE OF"]] + modules)
      text += "\n\n* a security module"
      if trace.modules.contains(where: { $0.symbols == nil }) {
        text += "\nThis image was made before bytes and symbols were noted; made again, it has them."
      }
      if symbols {
        for module in trace.modules {
          text += "\n\n\(module.name):" + (module.symbols ?? []).map { "\n  \($0)" }.joined()
        }
      }
      return text
    }
  }
}
