import Foundation
import Testing

@testable import TOSCA

@Suite("kinds of findings")
struct FindingKindTests {
  private static let codes = FindingKind.all.map(\.code)

  @Test("every code that the module reports is described")
  func described() throws {
    let missing = try SourceCode.codes(in: "Sources/TOSCA").subtracting(Self.codes)
    #expect(missing.isEmpty, "add them to FindingKind+Catalogue.swift")
  }

  @Test("every code that is described is reported")
  func reported() throws {
    let text = try SourceCode.files(in: "Sources/TOSCA").filter { !$0.key.contains("FindingKind") }.values.joined()
    #expect(Self.codes.filter { !text.contains("\"\($0)\"") } == [])
  }

  @Test("each code is described once")
  func once() {
    #expect(Set(Self.codes).count == Self.codes.count)
  }

  @Test("a description is one sentence")
  func sentences() {
    for kind in FindingKind.all {
      #expect(kind.summary.hasSuffix(".") && kind.summary.first?.isLowercase != true, "\(kind.code)")
    }
  }

  @Test("the document for users has them all, as they are")
  func documented() throws {
    let document = try SourceCode.text(of: "Documentation/Findings.md")
    let missing = FindingKind.all.map(\.documentationRow).filter { !document.contains($0 + "\n") }
    #expect(missing.isEmpty, "put these rows into Documentation/Findings.md:\n\(missing.joined(separator: "\n"))")
  }
}

/// The project's own texts, to compare documents and catalogues with them.
enum SourceCode {
  /// A file of the repository.
  static func text(of path: String) throws -> String {
    try String(contentsOf: Fixture.repository.appendingPathComponent(path), encoding: .utf8)
  }

  /// The Swift files of a folder by path.
  static func files(in folder: String) throws -> [String: String] {
    let root = Fixture.repository.appendingPathComponent(folder)
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
    return try Dictionary(uniqueKeysWithValues: paths.map { ($0, try text(of: folder + "/" + $0)) })
  }

  /// The codes of findings that the files of a folder report.
  static func codes(in folder: String) throws -> Set<String> {
    let literal = #/(?:report\(|warn\(|code:|code =)\s*"(?<code>[a-z]+(?:-[a-z]+)*)"/#
    var codes: Set<String> = []
    for text in try files(in: folder).values { codes.formUnion(text.matches(of: literal).map { String($0.code) }) }
    return codes
  }
}
