import Cedar
import Interchange
import PolicyDecision
import Testing

@Suite("questions of images, decided by the decision point")
struct ImageQuestionTests {
  private func point(_ policies: String, schema: String? = nil, entities: String? = nil) throws -> DecisionPoint {
    try DecisionPoint(
      DecisionSources(policies: .init(policies), schema: schema.map { .init($0) }, entities: entities), version: 3)
  }

  private func request(
    _ user: ByteString, _ roles: [ByteString] = [], _ method: ByteString = "GET", _ path: ByteString
  ) -> HTTPPolicyRequest {
    HTTPPolicyRequest(
      user: user, scheme: "basic", roles: roles, method: method, path: path, host: "shop.example",
      source: PolicyAddress(ipv4: 0x0A00_0001))
  }

  private func decide(
    _ point: DecisionPoint, _ request: HTTPPolicyRequest, _ attributes: [String: String] = [:]
  ) -> AccessDecision {
    point.decide(request, attributes: attributes, service: "shop", resource: "web")
  }

  @Test("the policies of images decide the same here: roles, paths, visitors, methods and the context")
  func vocabulary() throws {
    let point = try point(
      """
      @id("clerks") permit (principal in Role::"clerk", action, resource in Path::"/orders");
      @id("all-read") permit (principal, action == Action::"GET", resource == Path::"/");
      @id("lock") forbid (principal, action, resource)
      when { context has threat_level && context.threat_level == "high" && !(context.source.isInRange(ip("192.0.2.0/24"))) };
      """)
    #expect(decide(point, request("carl", ["clerk"], "PUT", "/orders/7")).policies == ["clerks"])
    #expect(!decide(point, request("carl", ["reader"], "PUT", "/orders/7")).isPermit)
    #expect(!decide(point, request("carl", ["clerk"], "PUT", "/orders-old")).isPermit)
    #expect(decide(point, request("", [], "GET", "/")).isPermit)
    let locked = decide(point, request("", [], "GET", "/"), ["threat_level": "high"])
    #expect(!locked.isPermit && locked.policies == ["lock"])
    #expect(decide(point, request("", [], "GET", "/"), ["threat_level": "low"]).isPermit)
  }

  @Test("what is stored of entities counts: groups of roles, attributes of users and paths")
  func stored() throws {
    let point = try point(
      """
      permit (principal in Team::"sales", action, resource);
      permit (principal, action, resource in Area::"public");
      permit (principal, action == Action::"DELETE", resource) when { principal.isOwner };
      """,
      entities: """
        [ {"uid":{"type":"Role","id":"clerk"},"parents":[{"type":"Team","id":"sales"}]},
          {"uid":{"type":"Path","id":"/open"},"parents":[{"type":"Area","id":"public"}]},
          {"uid":{"type":"User","id":"olga"},"attrs":{"isOwner":true}} ]
        """)
    #expect(decide(point, request("carl", ["clerk"], "GET", "/x")).isPermit)
    #expect(!decide(point, request("carl", ["reader"], "GET", "/x")).isPermit)
    #expect(decide(point, request("carl", [], "GET", "/open/1/2")).isPermit)
    #expect(decide(point, request("olga", [], "DELETE", "/x")).isPermit)
    #expect(!decide(point, request("carl", [], "DELETE", "/x")).isPermit)
  }

  @Test("a decision is valid for what the policies that determined it say, the shortest of them, else five seconds")
  func validity() throws {
    let point = try point(
      """
      @id("a") @valid_for("60") permit (principal, action, resource in Path::"/a");
      @id("b") @valid_for("10") permit (principal, action, resource in Path::"/a/b");
      @id("c") permit (principal, action, resource in Path::"/c");
      @id("d") @valid_for("0") forbid (principal, action, resource in Path::"/a/b/d");
      """)
    #expect(decide(point, request("u", [], "GET", "/a/1")).validSeconds == 60)
    #expect(decide(point, request("u", [], "GET", "/a/b/1")).validSeconds == 10)
    #expect(decide(point, request("u", [], "GET", "/c")).validSeconds == DecisionPoint.defaultValidity)
    #expect(decide(point, request("u", [], "GET", "/a/b/d")).validSeconds == 0)
    #expect(decide(point, request("u", [], "GET", "/z")).validSeconds == DecisionPoint.defaultValidity)
    let asked = #"{"subject":{"type":"User","id":"u"},"action":{"name":"GET"},"resource":{"type":"Path","id":"/c"}}"#
    #expect(try point.answer(.evaluation, asked, at: 1000).body.contains("\"valid_until\":1005"))
    for wrong in ["soon", "-1", "86401", ""] {
      #expect(throws: PolicyFindings.self) {
        try self.point("@valid_for(\"\(wrong)\") permit (principal, action, resource);")
      }
    }
  }

  @Test("with a schema, what it does not declare is left out, and what does not fit it is denied with the reason")
  func schema() throws {
    let schema = """
      entity User { name: String }; entity Path { path: String };
      action GET appliesTo { principal: User, resource: Path, context: { method: String } };
      action PUT appliesTo { principal: User, resource: Path, context: { ticket: String } };
      """
    let point = try point(
      "permit (principal, action == Action::\"GET\", resource) when { principal.name == \"rita\" && context.method == \"GET\" };",
      schema: schema)
    #expect(decide(point, request("rita", ["x"], "GET", "/a")).isPermit)
    #expect(decide(point, request("rita", [], "PUT", "/a")).failure?.contains("`ticket`") == true)
  }
}
