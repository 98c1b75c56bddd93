import Foundation
import Testing

@testable import TOSCA

/// How often the verdict on a file made by others is the one its maker gives it, source by source. The share that is
/// reached is a floor: a change that loses agreement fails. What disagrees is printed;
/// `Documentation/Conformance.md` says why.
@Suite("agreement with the makers of other files")
struct ConformanceTests {
  private static let folder = Fixture.repository.deletingLastPathComponent()
    .appendingPathComponent("shared/corpus/tosca").resolvingSymlinksInPath().path

  /// A source, how many of its files must be judged as labelled, and the tolerances its files are read with.
  struct Source: CustomTestStringConvertible, Sendable {
    var name: String
    var agreeing: Int
    var tolerances: Tolerance = []

    var testDescription: String {
      "\(name)\(tolerances.isEmpty ? "" : " with tolerances") agrees on \(agreeing) files"
    }
  }

  private static func tolerances(_ name: String) -> Tolerance {
    Tolerance.names.first { $0.name == name }?.tolerance ?? []
  }

  private struct Row {
    var path: String
    var isValid: Bool
    var inputs: [String: String]
  }

  private func rows(of source: String) -> [Row]? {
    guard let manifest = try? String(contentsOfFile: Self.folder + "/manifest.csv", encoding: .utf8) else { return nil }
    return manifest.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
      let fields = line.split(separator: ",", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
      guard fields.count >= 5, fields[4] == source else { return nil }
      let note = fields.count > 5 ? Self.unquoted(fields[5]) : ""
      return Row(path: fields[0], isValid: fields[2] == "valid", inputs: Self.inputs(in: note))
    }
  }

  /// A field of a CSV file without its quotes.
  private static func unquoted(_ field: String) -> String {
    guard field.count >= 2, field.hasPrefix("\""), field.hasSuffix("\"") else { return field }
    return String(field.dropFirst().dropLast().replacing("\"\"", with: "\""))
  }

  /// The values of inputs that a note asks for: `inputs={"name": value}`. The other notes name the tests that files come
  /// from, and ask for nothing: `import_profile` is always on, because the Simple Profile is known without an import.
  private static func inputs(in note: String) -> [String: String] {
    guard note.hasPrefix("inputs="),
      let object = try? JSONSerialization.jsonObject(with: Data(note.dropFirst("inputs=".count).utf8)),
      let values = object as? [String: Any]
    else { return [:] }
    return values.mapValues { "\($0)" }
  }

  @Test(
    "verdicts agree at least as often as they did",
    arguments: [
      Source(name: "aria-tests", agreeing: 441),
      Source(name: "aria-tests", agreeing: 443, tolerances: [.missingArtifactFiles]),
      Source(name: "go-puccini", agreeing: 38),
      Source(name: "go-puccini", agreeing: 51, tolerances: Self.tolerances("puccini")),
      Source(name: "heat-translator", agreeing: 28),
      Source(name: "heat-translator", agreeing: 73, tolerances: Self.tolerances("tosca-parser")),
      Source(name: "xopera-examples", agreeing: 105),
      Source(name: "xopera-opera", agreeing: 21),
      Source(name: "oasis-2.0-suite", agreeing: 231),
      Source(name: "oasis-2.0-suite", agreeing: 233, tolerances: .networkImports),
    ])
  func agreement(source: Source) throws {
    guard let rows = rows(of: source.name) else {
      print("skipped: there is no \(Self.folder)/manifest.csv")
      return
    }
    var differences: [String] = []
    for row in rows {
      let root = Self.folder + "/" + (row.path.split(separator: "/").first.map(String.init) ?? "")
      let reader = TemplateReader(
        profiles: Fixture.profiles, inputs: row.inputs, importFolders: [root], tolerances: source.tolerances)
      let result = reader.read(Self.folder + "/" + row.path)
      guard result.hasErrors == row.isValid else { continue }
      let first = result.findings.first { $0.severity == .error }
      let why = first.map { "\($0.place.line):\($0.place.column) \($0.code): \($0.message)" } ?? "no error was found"
      differences.append("\(row.path) is labelled \(row.isValid ? "valid" : "invalid"): \(why)")
    }
    print("\(source.testDescription): \(rows.count - differences.count) of \(rows.count) agree")
    for difference in differences { print("  \(difference)") }
    #expect(rows.count - differences.count >= source.agreeing, "\(differences.joined(separator: "\n"))")
  }
}
