import Foundation
import Testing

@testable import Cedar

/// The public test corpus of the language, read where it lies beside the repository.
@Suite("the corpus of the reference implementation")
struct CorpusTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "../shared/corpus/cedar/corpus-tests").standardizedFileURL

  static var isThere: Bool { FileManager.default.fileExists(atPath: folder.path) }

  struct Case: Decodable {
    struct Expected: Decodable {
      var description: String
      var decision: String
      var reason: [String]
      var errors: [String]
    }
    var requests: [Expected]
  }

  @Test(
    "decisions, determining policies and errors agree, and every schema is read",
    .enabled(if: CorpusTests.isThere, "skipped: there is no folder ../shared/corpus/cedar beside the repository"))
  func agrees() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".cedar") }.map { String($0.dropLast(6)) }.sorted()
    var requests = 0
    var differing: [String] = []
    for name in names {
      func text(_ suffix: String) throws -> String {
        try String(contentsOf: Self.folder.appending(path: name + suffix), encoding: .utf8)
      }
      let document = try text(".json")
      let expected = try JSONDecoder().decode(Case.self, from: Data(document.utf8)).requests
      do {
        let policies = try PolicySet(parsing: try text(".cedar"))
        let schema = try Schema(parsing: try text(".cedarschema"))
        let authorizer = Authorizer(
          policies: policies, entities: try Entities(json: try text(".entities.json"), types: schema))
        let indexed = IndexedAuthorizer(policies: policies, entities: authorizer.entities)
        guard case .object(let fields) = try JSONText(parsing: document), case .array(let items)? = fields["requests"]
        else {
          differing.append("\(name): no requests")
          continue
        }
        for (item, expected) in zip(items, expected) {
          requests += 1
          let request = try Request(json: item, at: expected.description)
          let response = authorizer.decide(request)
          if indexed.decide(request) != response { differing.append("\(name), \(expected.description): by the index") }
          if response.decision.rawValue != expected.decision || response.reason.sorted() != expected.reason.sorted()
            || response.errors.map(\.policy).sorted() != expected.errors.sorted()
          {
            differing.append("\(name), \(expected.description): \(response)")
          }
        }
      } catch {
        differing.append("\(name): \(error)")
      }
    }
    #expect(requests > 0)
    #expect(
      differing.isEmpty, "\(differing.count) of \(requests) differ: \(differing.prefix(8).joined(separator: "\n"))")
  }
}
