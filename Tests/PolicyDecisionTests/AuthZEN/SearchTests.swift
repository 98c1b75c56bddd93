import Cedar
import Foundation
import PolicyDecision
import Testing

@Suite("searches of the AuthZEN API")
struct AccessSearchTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var endpoint: AccessEndpoint
    var body: String
    var found: [String]

    init(_ testDescription: String, _ endpoint: AccessEndpoint, _ body: String, _ found: [String]) {
      (self.testDescription, self.endpoint, self.body, self.found) = (testDescription, endpoint, body, found)
    }
  }

  static let cases = [
    Case(
      "who may", .subjectSearch,
      #"{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}"#,
      ["alice", "bob"]),
    Case(
      "who may, with an id that is ignored, and a context", .subjectSearch,
      #"{"subject":{"type":"user","id":7},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"},"context":{"ip":"::1"}}"#,
      ["alice"]),
    Case(
      "who may, by a property of the resource", .subjectSearch,
      #"{"subject":{"type":"user"},"action":{"name":"write"},"resource":{"type":"record","id":"record-9","properties":{"status":"archived"}}}"#,
      ["bob"]),
    Case(
      "on what", .resourceSearch,
      #"{"subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record"}}"#, ["record-1"]),
    Case(
      "on what, by a property of the subject", .resourceSearch,
      #"{"subject":{"type":"user","id":"carol","properties":{"role":"admin"}},"action":{"name":"write"},"resource":{"type":"record"}}"#,
      ["record-2"]),
    Case(
      "what", .actionSearch,
      #"{"subject":{"type":"user","id":"alice"},"resource":{"type":"record","id":"record-1"}}"#, ["read", "write"]),
    Case(
      "what, an action given being ignored", .actionSearch,
      #"{"subject":{"type":"user","id":"bob"},"action":7,"resource":{"type":"record","id":"record-2"}}"#,
      ["read", "write"]),
    Case(
      "nothing for an unknown subject", .actionSearch,
      #"{"subject":{"type":"user","id":"nobody"},"resource":{"type":"record","id":"record-1"}}"#, []),
    Case(
      "nothing of an unknown type", .subjectSearch,
      #"{"subject":{"type":"spaceship"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}"#, []),
    Case(
      "nothing on an unknown resource", .subjectSearch,
      #"{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"none"}}"#, []),
  ]

  @Test("find", arguments: cases)
  func finds(_ example: Case) throws {
    let found = try CertificationFixture.decisionPoint().answer(example.endpoint, example.body, as: Found.self)
    #expect(found.results.map { $0.id ?? $0.name ?? "" } == example.found)
    #expect(found.page.next_token == "" && found.page.count == example.found.count)
    if example.endpoint != .actionSearch { #expect(found.results.allSatisfy { $0.type != nil && $0.name == nil }) }
  }

  @Test("what is found, an evaluation of the same permits")
  func agrees() throws {
    let point = try CertificationFixture.decisionPoint()
    for user in ["alice", "bob"] {
      for record in ["record-1", "record-2"] {
        let entities = #""subject":{"type":"user","id":"\#(user)"},"resource":{"type":"record","id":"\#(record)"}"#
        let found = try point.answer(.actionSearch, "{\(entities)}", as: Found.self).results.compactMap(\.name)
        for action in ["read", "write", "delete"] {
          let outcome = try point.evaluate(#"{\#(entities),"action":{"name":"\#(action)"}}"#)
          #expect(outcome.decision == found.contains(action))
        }
      }
    }
  }

  @Test("page by page everything is found once, in order", arguments: [1, 7, 100, 1000, 5000])
  func pages(limit: Int) throws {
    let names = (0..<2500).map { "é\($0)" }
    let entities = names.map { #"{"uid":{"type":"user","id":"\#($0)"}}"# } + [#"{"uid":{"type":"record","id":"r"}}"#]
    let policies = #"permit(principal, action, resource) unless { principal == user::"é7" };"#
    let point = try DecisionPoint(
      DecisionSources(policies: .init(policies), entities: "[\(entities.joined(separator: ","))]"), version: 1)
    var all: [String] = []
    var token = ""
    repeat {
      let body =
        #"{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"r"},"#
        + #""page":{"limit":\#(limit),"token":"\#(token)"}}"#
      let found = try point.answer(.subjectSearch, body, as: Found.self)
      #expect(found.results.count <= min(limit, 1000))
      all += found.results.compactMap(\.id)
      token = found.page.next_token
    } while !token.isEmpty
    #expect(all == names.filter { $0 != "é7" }.sorted { CedarString($0) < CedarString($1) })
  }

  @Test("a page of nothing says that there is more, and where to begin")
  func none() throws {
    let point = try CertificationFixture.decisionPoint()
    let head = #"{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}"#
    let found = try point.answer(.subjectSearch, head + #","page":{"limit":0}}"#, as: Found.self)
    #expect(found.results.isEmpty && !found.page.next_token.isEmpty)
    let all = try point.answer(
      .subjectSearch, head + #","page":{"token":"\#(found.page.next_token)"}}"#, as: Found.self)
    #expect(all.results.count == 2)
  }

  @Test(
    "are refused with what is wrong",
    arguments: [
      (AccessEndpoint.subjectSearch, #"{"subject":{"type":"user"},"resource":{"type":"r","id":"1"}}"#, "no `action`"),
      (.subjectSearch, #"{"subject":{},"action":{"name":"x"},"resource":{"type":"r"}}"#, "`resource` has no `id`"),
      (.subjectSearch, #"{"subject":{},"action":{"name":"x"},"resource":{"type":"r"}}"#, "`subject` has no `type`"),
      (.resourceSearch, #"{"action":{"name":"x"},"resource":{"type":"r"}}"#, "no `subject`"),
      (.resourceSearch, #"{"subject":{"type":"u"},"action":{"name":"x"},"resource":{"type":"r"}}"#, "no `id`"),
      (.actionSearch, #"{"subject":{"type":"u","id":"a"}}"#, "no `resource`"),
      (
        .actionSearch, #"{"subject":{"type":"u","id":"a"},"resource":{"type":"r","id":"1"},"page":{"limit":-1}}"#,
        "`limit` is -1"
      ),
      (
        .actionSearch, #"{"subject":{"type":"u","id":"a"},"resource":{"type":"r","id":"1"},"page":{"token":"a+1"}}"#,
        "this is not a token"
      ),
      (
        .actionSearch, #"{"subject":{"type":"u","id":"a"},"resource":{"type":"r","id":"1"},"page":"x"}"#,
        "`page` is a string"
      ),
    ])
  func refuses(endpoint: AccessEndpoint, body: String, said: String) throws {
    let point = try CertificationFixture.decisionPoint()
    let error = #expect(throws: MalformedAccessRequest.self) { try point.answer(endpoint, body) }
    #expect(error?.description.contains(said) == true, "\(String(describing: error))")
  }
}
