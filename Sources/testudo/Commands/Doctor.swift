import ArgumentParser
import Hosting
import ImageGeneration
import Orchestration

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what this host can run and what is missing, with the command that mends it.",
    discussion: "Example: testudo doctor")

  @Option(help: "text or json.")
  var format = DocumentFormat.text

  func run() throws {
    // What an ordinary user can do is found out where it would be done.
    try UserNamespace.enter(home: Installation.home.path)
    // Images are linked by what made the library.
    let linker = (try? Installation.library()).flatMap { try? LinkLibrary(folder: $0).linker() }
    var checks = HostProbe(linker: linker).run()
    do {
      let library = try Installation.library()
      checks.append(
        HostCheck(name: "library of modules", isPresent: true, isRequired: true, found: library, remedy: nil))
      checks.append(EmulatorSearch(home: Installation.home.path, library: library).check())
      let compiler = try LinkLibrary(folder: library).compilerOfHandlers
      checks.append(
        HostCheck(
          name: "compiler of handlers", isPresent: compiler != nil, isRequired: false, found: compiler ?? "missing",
          remedy: compiler == nil ? "install the Swift toolchain that made the library" : nil))
    } catch {
      checks.append(
        HostCheck(
          name: "library of modules", isPresent: false, isRequired: true, found: "missing", remedy: "make library"))
    }
    switch format {
    case .json: try Console.print(json: checks)
    case .text:
      print(
        Console.table(
          checks.map { check in
            let mark = check.isPresent ? "✓" : check.isRequired ? "✗" : "-"
            return [mark, check.name, check.found + (check.remedy.map { "; to mend: \($0)" } ?? "")]
          }))
    }
    if checks.contains(where: { $0.isRequired && !$0.isPresent }) { throw ExitCode(3) }
  }
}
