import ArgumentParser
import Hosting
import Orchestration

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what this host can run and what is missing, with the command that mends it.",
    discussion: "Example: testudo doctor")

  @Option(help: "text or json.")
  var format = DocumentFormat.text

  func run() throws {
    var checks = HostProbe().run()
    do {
      checks.append(
        HostCheck(
          name: "library of modules", isPresent: true, isRequired: true, found: try Installation.library(), remedy: nil)
      )
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
