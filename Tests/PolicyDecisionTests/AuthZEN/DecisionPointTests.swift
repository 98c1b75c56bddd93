import Foundation
import PolicyDecision
import Testing

@Suite("a decision point")
struct DecisionPointTests {
  static let schema = """
    namespace Bank {
      entity User { limit: Long };
      entity Account { owner: User, network?: ipaddr };
      action "payments";
      action "pay" in ["payments"] appliesTo {
        principal: User, resource: Account, context: { amount: Long, rate?: decimal, "from"?: ipaddr }
      };
    }
    """

  static let policies = """
    @id("owner") permit (principal, action in Bank::Action::"payments", resource)
    when { resource.owner == principal && context.amount <= principal.limit };
    @id("inside") forbid (principal, action, resource)
    when { context has from && !context.from.isInRange(ip("10.0.0.0/8")) };
    """

  static let entities = """
    [{"uid":{"type":"Bank::User","id":"ann"},"attrs":{"limit":100}},
     {"uid":{"type":"Bank::Account","id":"1"},"attrs":{"owner":{"type":"Bank::User","id":"ann"}}}]
    """

  private func bank() throws -> DecisionPoint {
    try DecisionPoint(
      DecisionSources(
        policies: .init(Self.policies), schema: .init(Self.schema), entities: Self.entities), version: 1)
  }

  private func request(_ context: String, properties: String = "{}") -> String {
    #"{"subject":{"type":"Bank::User","id":"ann","properties":\#(properties)},"action":{"name":"pay"},"#
      + #""resource":{"type":"Bank::Account","id":"1"},"context":\#(context)}"#
  }

  @Test("with a schema, actions are those of the resource's namespace, in their groups, and values have its types")
  func schema() throws {
    let point = try bank()
    let outcome = try point.evaluate(request(#"{"amount":100.0,"from":"10.1.2.3","rate":2,"extra":[]}"#))
    #expect(outcome.decision)
    #expect(outcome.context.reason == ["owner"])
    #expect(try !point.evaluate(request(#"{"amount":101}"#)).decision)
    #expect(try point.evaluate(request(#"{"amount":101}"#, properties: #"{"limit":500,"other":true}"#)).decision)
    #expect(try point.evaluate(request(#"{"amount":1,"from":"192.0.2.1"}"#)).context.reason == ["inside"])
  }

  @Test(
    "with a schema, what does not fit it denies and says why",
    arguments: [
      (#"{}"#, "{}", "context: the context has no `amount`"),
      (#"{"amount":"1"}"#, "{}", "context.amount: the value is of type string, expected long"),
      (#"{"amount":1.5}"#, "{}", "context.amount: the value is of type decimal, expected long"),
      (#"{"amount":1,"from":"here"}"#, "{}", "context.from:"),
      (#"{"amount":1}"#, #"{"limit":true}"#, "subject.properties.limit: the value is of type bool, expected long"),
    ])
  func misfits(context: String, properties: String, said: String) throws {
    let outcome = try bank().evaluate(request(context, properties: properties))
    #expect(!outcome.decision)
    #expect(outcome.context.error?.message.contains(said) == true, "\(outcome)")
  }

  @Test("a search of actions finds those of the namespace, with the context they need")
  func actions() throws {
    let entities = #""subject":{"type":"Bank::User","id":"ann"},"resource":{"type":"Bank::Account","id":"1"}"#
    let point = try bank()
    let found = try point.answer(.actionSearch, #"{\#(entities),"context":{"amount":1}}"#, as: Found.self)
    #expect(found.results.compactMap(\.name) == ["pay", "payments"].filter { $0 == "pay" })
    #expect(try point.answer(.actionSearch, "{\(entities)}", as: Found.self).results.isEmpty)
  }

  @Test("is made of policies in JSON too")
  func json() throws {
    let policies = """
      {"staticPolicies":{"all":{"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},
      "resource":{"op":"All"},"conditions":[]}}}
      """
    let point = try DecisionPoint(DecisionSources(policies: .init(policies)), version: 1)
    #expect(try point.evaluate(AccessEvaluationTests.cases[0].body).context.reason == ["all"])
  }

  @Test("is not made of what is wrong, and says all of it with its place")
  func refuses() throws {
    let sources = DecisionSources(
      policies: .init(
        "@id(\"a\") permit(principal, action, resource);\n@id(\"a\") forbid(principal, action, resource);\npermit(;"),
      entities: #"[{"uid":{"type":"a b","id":"x"}}]"#)
    let error = #expect(throws: PolicyFindings.self) { try DecisionPoint(sources, version: 1) }
    #expect(error?.findings.map(\.code) == ["syntax", "syntax", "malformed-json"])
    #expect(error?.findings.map(\.line) == [2, 3, 1])
    let cycle = #"[{"uid":{"type":"a","id":"x"},"parents":[{"type":"a","id":"x"}]}]"#
    let other = #expect(throws: PolicyFindings.self) {
      try DecisionPoint(DecisionSources(policies: .init(""), entities: cycle), version: 1)
    }
    #expect(other?.findings.map(\.code) == ["malformed-json"])
    let twice = #"{"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},"resource":"#
    let json =
      #"{"staticPolicies":{"a":\#(twice){"op":"All"},"conditions":[]}},"#
      + #""templates":{"a":\#(twice){"op":"==","slot":"?resource"},"conditions":[]}}}"#
    let duplicate = #expect(throws: PolicyFindings.self) {
      try DecisionPoint(DecisionSources(policies: .init(json)), version: 1)
    }
    #expect(duplicate?.findings.map(\.code) == ["duplicate-policy"])
    let misfit = #expect(throws: PolicyFindings.self) {
      try DecisionPoint(
        DecisionSources(policies: .init("permit(principal is Robot, action, resource);"), schema: .init(Self.schema)),
        version: 1)
    }
    #expect(misfit?.findings.contains { $0.code == "schema-mismatch" } == true)
  }

  @Test("tells of itself where it is")
  func metadata() throws {
    let document = try JSONDecoder().decode(
      [String: String].self, from: Data(AccessMetadata.document(at: "https://pdp.example/tenants/a").utf8))
    #expect(document["policy_decision_point"] == "https://pdp.example/tenants/a")
    #expect(document["access_evaluation_endpoint"] == "https://pdp.example/tenants/a/access/v1/evaluation")
    #expect(document["search_action_endpoint"] == "https://pdp.example/tenants/a/access/v1/search/action")
    #expect(document.count == 6)
  }

  @Test("its decisions are events of OCSF, class 3003, with who, what, why and the caller's name for the request")
  func events() throws {
    let point = try CertificationFixture.decisionPoint()
    let decisions = try point.answer(.evaluations, AccessEvaluationsTests.cases[6].body).decisions
    #expect(decisions.count == 6)
    let text = decisions[0].event(time: 1_700_000_000_123, tenant: "t", request: "r-\"1\"", productVersion: "9.9")
    let event = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(event["class_uid"] as? Int == 3003 && event["category_uid"] as? Int == 3)
    #expect(event["type_uid"] as? Int == 300_399 && event["activity_id"] as? Int == 99)
    #expect(event["time"] as? Int == 1_700_000_000_123)
    #expect(event["action_id"] as? Int == 1 && event["privileges"] as? [String] == ["read"])
    #expect((event["user"] as? [String: Any])?["uid"] as? String == "alice")
    #expect((event["metadata"] as? [String: Any])?["correlation_uid"] as? String == "r-\"1\"")
    let policies = (event["authorizations"] as? [[String: Any]])?.compactMap { $0["policy"] as? [String: String] }
    #expect(policies?.map { $0["uid"] } == ["read"] && policies?.first?["version"] == "3")
    let denied = decisions[1].event(time: 0, tenant: "t", request: nil, productVersion: "9.9")
    #expect(denied.contains("\"action_id\":2") && denied.contains("\"status_id\":2"))
    #expect(!denied.contains("\n"))
  }
}
