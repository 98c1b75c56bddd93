import ArgumentParser
import ControlPlane
import ImageGeneration
import Orchestration

extension ImageCommand {
  struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints an image's attack-surface report, or what one image offers that another does not.",
      discussion: """
        Examples: testudo image report sha256:0123
                  testudo image report --compare sha256:0123 sha256:4567
        """)

    @Argument(help: "The digest, or its beginning; of two with --compare, the one before and the one after.")
    var digests: [String]

    @Flag(help: "Compare two images.")
    var compare = false

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func validate() throws {
      let expected = compare ? 2 : 1
      guard digests.count == expected else {
        throw ValidationError(
          "\(digests.count) image\(digests.count == 1 ? "" : "s") given, expected \(compare ? "two" : "one")"
            + (compare ? "" : " (two with --compare)"))
      }
    }

    func run() throws {
      let environment = try ImageCommand.environment()
      let store = environment.builder.store
      let reports = try digests.map { text in
        let digest = try ImageCommand.digest(text, in: store)
        return (try store.image(digest), try store.report(digest, catalogue: environment.catalogue))
      }
      if compare {
        let comparison = AttackSurfaceComparison(
          before: reports[0].0, reports[0].1, after: reports[1].0, reports[1].1)
        return format == .json ? try Console.print(json: comparison) : print(comparison.text)
      }
      let report = reports[0].1
      switch format {
      case .json: try Console.print(json: report)
      case .text:
        print(
          Console.table([
            ["executable bytes", "\(report.executableBytes)"],
            ["writable and executable segments", "\(report.writableExecutableSegments)"],
            ["system calls", report.systemCalls.joined(separator: ", ")],
            ["listeners", report.listeners.map { "\($0.transport)/\($0.port)" }.joined(separator: ", ")],
            ["modules left out", report.modulesLeftOut.joined(separator: ", ")],
            ["gadgets", report.gadgets.map(String.init) ?? "ROPgadget is not installed"],
          ]))
      }
    }
  }
}

extension AttackSurfaceComparison {
  /// A table of numbers, and below it what came and what went.
  fileprivate var text: String {
    func row(_ name: String, _ change: Change?) -> [String] {
      guard let change else { return [name, "", "", "ROPgadget is not installed"] }
      let difference = change.after - change.before
      return [name, "\(change.before)", "\(change.after)", (difference > 0 ? "+" : "") + "\(difference)"]
    }
    func rows(_ name: String, _ difference: Difference) -> [[String]] {
      difference.added.map { ["+", name, $0] } + difference.removed.map { ["-", name, $0] }
    }
    let differences =
      rows("mechanism", mechanisms) + rows("module", modules) + rows("system call", systemCalls)
      + rows("listener", listeners)
    return Console.table([
      ["", "BEFORE", "AFTER", "CHANGE"], row("image bytes", imageBytes), row("executable bytes", executableBytes),
      row("writable and executable segments", writableExecutableSegments), row("gadgets", gadgets),
    ])
      + (differences.isEmpty ? "\n\nthe same modules, system calls and listeners" : "\n\n" + Console.table(differences))
  }
}
