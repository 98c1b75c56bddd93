import Foundation
import SecTOSCA
import TOSCA
import Testing

@Suite("kinds of findings about security")
struct FindingKindTests {
  private static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func sources() throws -> String {
    let root = repository.appendingPathComponent("Sources/SecTOSCA")
    return try FileManager.default.subpathsOfDirectory(atPath: root.path)
      .filter { $0.hasSuffix(".swift") && !$0.hasPrefix("Findings/") }.sorted()
      .map { try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8) }.joined()
  }

  @Test("every code that the module reports is described")
  func described() throws {
    let literal = #/(?:report|warn)\(\s*"(?<code>[a-z]+(?:-[a-z]+)*)"/#
    let reported = Set(try Self.sources().matches(of: literal).map { String($0.code) })
    #expect(reported.count > 30)
    #expect(reported.subtracting((SecTOSCAFindings.all + FindingKind.all).map(\.code)).isEmpty)
  }

  @Test("every code that is described is reported")
  func reported() throws {
    let text = try Self.sources()
    // The selection of modules reports the one, and who makes images the other.
    let others: Set = ["unsatisfiable-requirements", "rules-too-large"]
    let codes = SecTOSCAFindings.all.map(\.code).filter { !others.contains($0) }
    #expect(codes.filter { !text.contains("\"\($0)\"") } == [])
    #expect(Set(codes).isDisjoint(with: FindingKind.all.map(\.code)))
  }

  @Test("the document for users has them all, as they are")
  func documented() throws {
    let document = try String(
      contentsOf: Self.repository.appendingPathComponent("Documentation/Findings.md"), encoding: .utf8)
    let missing = SecTOSCAFindings.all.map { "| `\($0.code)` | \($0.summary) |\n" }.filter { !document.contains($0) }
    #expect(missing.isEmpty, "put these rows into Documentation/Findings.md:\n\(missing.joined())")
  }
}
