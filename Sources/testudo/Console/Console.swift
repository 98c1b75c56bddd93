import ControlPlane
import Foundation
import Glibc
import Orchestration
import TOSCA

/// What the user sees: documents on standard output, everything else on standard error.
enum Console {
  /// Whether standard error is a terminal that may be coloured.
  static let isColoured = mayColour(2)

  /// Whether a descriptor is that of a terminal that may be coloured (`NO_COLOR`, if it is set to anything, says no).
  static func mayColour(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty ?? true
  }

  /// A line on standard error.
  static func say(_ line: String) {
    StatusLine.shared.clear()
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// What went wrong, findings with the lines they are about.
  static func report(_ problem: Problem) {
    guard problem.findings.isEmpty else {
      say(render(problem.findings, sources: problem.sources, format: .text, color: isColoured))
      return
    }
    say((isColoured ? "\u{1B}[31merror\u{1B}[0m: " : "error: ") + problem.detail)
  }

  /// A step: what is waited for, on a terminal only, or what was carried out.
  static func show(_ progress: StepOutcome) {
    guard progress.isUnderWay != true else {
      StatusLine.shared.begin("\(progress.text)  (\(progress.reason))")
      return
    }
    let time = String(format: "%8.1f ms", progress.milliseconds)
    guard let failure = progress.failure else {
      let text = isColoured ? "\u{1B}[32m✓\u{1B}[0m" : "✓"
      say("\(text) \(time)  \(progress.text)  (\(progress.reason))")
      return
    }
    say("\(isColoured ? "\u{1B}[31m✗\u{1B}[0m" : "✗") \(time)  \(progress.text): \(failure)")
  }

  /// A document on standard output, as JSON with sorted keys.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Columns, as wide as they need to be.
  static func table(_ rows: [[String]]) -> String {
    guard let columns = rows.map(\.count).max() else { return "" }
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        column == row.count - 1 ? text : text.padding(toLength: widths[column], withPad: " ", startingAt: 0)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
