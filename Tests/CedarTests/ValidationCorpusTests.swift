import Foundation
import Testing

@testable import Cedar

@Suite("validation, against the corpus of the reference implementation")
struct ValidationCorpusTests {
  struct Case: Decodable { var shouldValidate: Bool }

  @Test(
    "every verdict agrees",
    .enabled(if: CorpusTests.isThere, "skipped: there is no folder ../shared/corpus/cedar beside the repository"))
  func agrees() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: CorpusTests.folder.path)
      .filter { $0.hasSuffix(".cedar") }.map { String($0.dropLast(6)) }.sorted()
    var differing: [String] = []
    for name in names {
      func text(_ suffix: String) throws -> String {
        try String(contentsOf: CorpusTests.folder.appending(path: name + suffix), encoding: .utf8)
      }
      let expected = try JSONDecoder().decode(Case.self, from: Data(try text(".json").utf8)).shouldValidate
      let findings = Validator(schema: try Schema(parsing: try text(".cedarschema")))
        .validate(try PolicySet(parsing: try text(".cedar")))
      if findings.contains(where: { $0.severity == .error }) == expected {
        differing.append("\(name), expected \(expected): \(findings.map { "\($0.range): \($0.message)" })")
      }
    }
    #expect(!names.isEmpty)
    #expect(differing.isEmpty, "\(differing.count) of \(names.count) differ:\n\(differing.joined(separator: "\n"))")
  }
}
