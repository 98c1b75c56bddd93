import Foundation
import Testing

@testable import Cedar

@Suite("the human and the JSON form of policies")
struct FormTests {
  /// A policy without places, in a form that can be compared.
  private func form(_ policies: PolicySet) -> String { policies.json }

  @Test("what is printed reads as the same policies, in both forms", arguments: 0..<40)
  func roundTrip(seed: Int) throws {
    var generator = PolicyGenerator(seed: UInt64(seed))
    let text = (0..<40).map { _ in generator.policy() }.joined(separator: "\n")
    let policies = try PolicySet(parsing: text)
    let printed = try PolicySet(parsing: policies.description)
    #expect(form(printed) == form(policies))
    let read = try PolicySet(json: policies.json)
    #expect(form(read) == form(policies))
    // The same decisions too, since comparing forms would not see what both lose.
    let entities = generator.entities()
    for _ in 0..<20 {
      let request = generator.request()
      let expected = Authorizer(policies: policies, entities: entities).decide(request)
      for other in [printed, read] {
        let response = Authorizer(policies: other, entities: entities).decide(request)
        #expect(response.decision == expected.decision && response.reason == expected.reason)
        #expect(response.errors.map(\.policy) == expected.errors.map(\.policy))
      }
    }
  }

  @Test(
    "policies of others keep their meaning in both forms",
    .enabled(if: CorpusTests.isThere, "skipped: there is no folder ../shared/corpus/cedar beside the repository"))
  func corpus() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: CorpusTests.folder.path)
      .filter { $0.hasSuffix(".cedar") }.sorted()
    var compared = 0
    for name in names {
      let text = try String(contentsOf: CorpusTests.folder.appending(path: name), encoding: .utf8)
      guard let policies = try? PolicySet(parsing: text) else { continue }
      compared += 1
      let json = policies.json
      #expect(try PolicySet(parsing: policies.description).json == json, "\(name)")
      #expect(try PolicySet(json: json).json == json, "\(name)")
    }
    #expect(compared > 700)
  }

  @Test(
    "expressions are printed with the parentheses they need",
    arguments: [
      "1 + 2 * 3", "(1 + 2) * 3", "1 - (2 - 3)", "1 - 2 - 3", "-(1)", "--(1)", "-1", "!(1 < 2)", "!!context.a",
      "(1 < 2) == (2 < 3)", "true && (true || false)", "true && true || false", "(if true then 1 else 2) + 3",
      "if true then 1 else 2 + 3", "[1, \"a\"].contains(1)", "{a: 1, \"b c\": 2}[\"b c\"]", "context has a.b",
      "context has \"a b\"", "principal is A::B in Group::\"g\"", "context.a like \"a\\*b*\"", "(-1).a",
      "ip(\"10.0.0.1\").isInRange(context.net)", "principal.getTag(\"a\") == \"\\u{e}\"", "(1 + 1).isEmpty()",
    ])
  func parentheses(expression: String) throws {
    let text = "permit (principal, action, resource)\nwhen { \(expression) };"
    #expect(try PolicySet(parsing: text).description == text + "\n")
  }

  @Test("scopes, annotations and slots are printed as they are written")
  func scopes() throws {
    let text = """
      @id("a")
      @note
      forbid (principal is User in Group::"g", action in [Action::"a", Action::"b"], resource == File::"x");

      permit (principal == ?principal, action == Action::"a", resource is File in ?resource);

      """
    #expect(try PolicySet(parsing: text).description == text)
  }

  @Test("a set in JSON may bring templates and their links")
  func links() throws {
    let json = """
      {"staticPolicies": {"p": {"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"},
         "resource": {"op": "All"}, "conditions": []}},
       "templates": {"t": {"effect": "forbid", "principal": {"op": "==", "slot": "?principal"}, "action": {"op": "All"},
         "resource": {"op": "All"}, "conditions": []}},
       "templateLinks": [{"templateId": "t", "newId": "l", "values": {"?principal": {"type": "User", "id": "a"}}}]}
      """
    let policies = try PolicySet(json: json)
    let action = EntityUID(type: "Action", id: "x")
    func reason(_ user: CedarString) -> [String] {
      Authorizer(policies: policies)
        .decide(Request(principal: EntityUID(type: "User", id: user), action: action, resource: action)).reason
    }
    #expect(reason("a") == ["l"])
    #expect(reason("b") == ["p"])
  }

  @Test(
    "a mistake in JSON is said with its place",
    arguments: [
      (#"[]"#, "policies"), (#"{"effect": "allow"}"#, "policy.effect"), (#"{"effect": 1}"#, "policy.effect"),
      (#"{"effect": "permit"}"#, "policy"),
      (#"{"effect": "permit", "principal": {"op": "like"}}"#, "policy.principal.op"),
      (#"{"effect": "permit", "principal": {"op": "=="}}"#, "policy.principal"),
      (
        #"{"effect": "permit", "principal": {"op": "All"}, "action": {"op": "==", "entity": {"type": "U", "id": "a"}}}"#,
        "policy.action.entity"
      ),
      (
        #"{"effect": "permit", "conditions": [{"kind": "when", "body": {"+": {"left": {"Value": 1}}}}]}"#,
        "policy.conditions[0].body.+"
      ),
      (
        #"{"effect": "permit", "conditions": [{"kind": "when", "body": {"nope": []}}]}"#,
        "policy.conditions[0].body.nope"
      ),
      (#"{"effect": "permit", "conditions": [{"kind": "if"}]}"#, "policy.conditions[0].kind"),
      (
        #"{"effect": "permit", "conditions": [{"kind": "when", "body": {"Var": "subject"}}]}"#,
        "policy.conditions[0].body.Var"
      ),
      (#"{"staticPolicies": {}, "other": 1}"#, "policies"),
      (#"{"templateLinks": [{"templateId": "t", "newId": "l", "values": {}}]}"#, "templateLinks[0]"),
      (#"{"effect": "permit""#, "1:20"),
    ])
  func mistakes(json: String, place: String) throws {
    let error = try #require(throws: CedarJSONError.self) { _ = try PolicySet(json: json) }
    #expect(error.place == place, "\(error)")
  }

  @Test("nesting in JSON is bounded")
  func nesting() {
    let deep =
      String(repeating: #"{"!": {"arg": "#, count: 5000) + #"{"Value": true}"# + String(repeating: "}}", count: 5000)
    let json = #"{"effect": "permit", "conditions": [{"kind": "when", "body": \#(deep)}]}"#
    #expect(throws: CedarJSONError.self) { _ = try PolicySet(json: json) }
  }

  @Test("entities are written as they are read", arguments: 0..<20)
  func entities(seed: Int) throws {
    var generator = PolicyGenerator(seed: UInt64(seed))
    let entities = generator.entities()
    let read = try Entities(json: entities.json)
    #expect(Set(read.all) == Set(entities.all))
  }

  @Test(
    "points in time are written so that they read as the same",
    arguments: [
      0, 1, -1, 951_782_400_000, 1_709_164_800_000, -62_167_219_200_000, 253_402_300_799_999, -2_208_988_800_001,
    ])
  func times(milliseconds: Int64) {
    #expect(Timestamps.text(milliseconds).flatMap(Timestamps.datetime) == milliseconds)
  }
}
