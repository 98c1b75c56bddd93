import Interchange
import Testing

@testable import PolicyDecision

@Suite("findings in policies about HTTP requests")
struct FindingTests {
  private func findings(_ text: String, attributes: [String] = ["threat_level"]) -> [PolicyFinding] {
    HTTPPolicyCompiler.check([PolicySource(file: "shop.cedar", text: text)], attributes: attributes)
  }

  @Test(
    "a condition that no HTTP request can meet is found at its place",
    arguments: [
      ("principal.nmae == \"a\"", "unknown-attribute", 1, "name"),
      ("context.threat_levle == \"high\"", "unknown-attribute", 1, "threat_level"),
      ("context has threat", "unknown-attribute", 1, nil),
      ("resource is Paht", "unknown-entity-type", 1, "Path"),
      ("principal in Rolle::\"clerk\"", "unknown-entity-type", 14, "Role"),
      ("action == Action::\"get\"", "unknown-action", 11, "GET"),
      ("resource in Path::\"orders\"", "unknown-path", 13, "Path::\"/orders\""),
      ("context.source == \"10.0.0.1\"", "type-mismatch", 1, nil),
      ("context.source.isInRange(\"10.0.0.0/8\")", "type-mismatch", 26, nil),
      ("context.source like \"10.*\"", "type-mismatch", 1, nil),
      ("context.source.isInRange(ip(\"10.0.0.0/33\"))", "invalid-address", 29, nil),
      ("principal == Role::\"clerk\"", "type-mismatch", 1, nil),
      ("principal in Path::\"/a\"", "type-mismatch", 1, nil),
      ("context.host < 3", "type-mismatch", 1, nil),
      ("context.host", "type-mismatch", 1, nil),
      ("decimal(\"1.0\").lessThan(decimal(\"2.0\"))", "unsupported-in-image", 1, nil),
      ("principal.hasTag(\"a\")", "unsupported-in-image", 1, nil),
      ("context.source.isInRange()", "argument-count", 1, nil),
      ("[1, 2].contains(\"a\")", "type-mismatch", 1, nil),
    ] as [(String, String, Int, String?)])
  func condition(text: String, code: String, column: Int, suggestion: String?) {
    let found = findings("permit (principal, action, resource) when {\n\(text)\n};")
    #expect(found.first?.code == code, "\(found)")
    #expect(found.first?.line == 2, "\(found)")
    #expect(found.first?.column == column, "\(found)")
    #expect(found.first?.suggestion == suggestion, "\(found)")
    #expect(found.first?.file == "shop.cedar")
  }

  @Test(
    "a scope that no HTTP request can fit is found",
    arguments: [
      ("principal == Role::\"clerk\", action, resource", "impossible-scope"),
      ("principal is Path, action, resource", "impossible-scope"),
      ("principal, action, resource == User::\"a\"", "impossible-scope"),
      ("principal, action, resource in Path::\"/a/\"", "impossible-scope"),
      ("principal == ?principal, action, resource", "template"),
      ("principal, action == Action::\"GTE\", resource", "unknown-action"),
      ("principal == Visitor::\"bob\", action, resource", "unknown-entity"),
      ("principal action, resource", "syntax"),
    ])
  func scope(text: String, code: String) {
    let found = findings("permit (\(text));")
    #expect(found.map(\.code) == [code], "\(found)")
  }

  @Test("each mistake of a text is found, in order")
  func all() {
    let found = findings(
      """
      permit (principal, action == Action::"GTE", resource) when { principal.age > 3 };
      permit (principal action, resource);
      forbid (principal, action, resource) when { context.x };
      """)
    #expect(found.map(\.line) == [1, 1, 2, 3])
    #expect(
      found.first?.description
        == "shop.cedar:1:30: `GTE` is not a method of HTTP, expected one of `GET`, `HEAD`, `POST`, `PUT`, `DELETE`, "
        + "`CONNECT`, `OPTIONS`, `TRACE`, `PATCH`; did you mean `GET`?")
  }

  @Test("two policies cannot have one name, in one file or two")
  func duplicates() {
    let text = "@id(\"a\") permit (principal, action, resource);"
    #expect(findings(text + text).map(\.code) == ["syntax"])
    let sources = [PolicySource(file: "a", text: text), PolicySource(file: "b", text: text)]
    let found = HTTPPolicyCompiler.check(sources, attributes: [])
    #expect(found.map(\.code) == ["duplicate-id"])
    #expect(found.map(\.file) == ["b"])
  }

  @Test("a condition too deep for an image's stack is a finding")
  func depth() {
    let deep = "1" + String(repeating: " + 1", count: 120) + " > 0"
    #expect(findings("permit (principal, action, resource) when { \(deep) };").map(\.code) == ["too-large"])
  }

  private static let portal = [
    PolicySource(
      file: "portal.cedar",
      text: """
        @id("readers")
        permit (principal in Role::"reader", action in [Action::"GET", Action::"HEAD"], resource in Path::"/orders");
        @id("clerks")
        permit (principal in Role::"clerk", action, resource in Path::"/orders");
        permit (principal, action == Action::"GET", resource) unless { resource in Path::"/orders" };
        @id("locked")
        forbid (principal is Visitor, action, resource) when { context.threat_level == "high" };
        """)
  ]

  @Test(
    "an explanation names the policies and where they stand",
    arguments: [
      ("", [], "GET", "/index.html", "low", true, ["policy2"]),
      ("", [], "GET", "/orders/1", "low", false, []),
      ("", [], "GET", "/index.html", "high", false, ["locked"]),
      ("rita", ["reader"], "GET", "/orders/1", "high", true, ["readers"]),
      ("rita", ["reader"], "PUT", "/orders/1", "low", false, []),
      ("carl", ["clerk", "reader"], "GET", "/orders", "low", true, ["readers", "clerks"]),
    ] as [(String, [String], String, String, String, Bool, [String])])
  func explains(
    user: String, roles: [String], method: String, path: String, threat: String, isAllowed: Bool, policies: [String]
  ) throws {
    let request = HTTPPolicyRequest(
      user: ByteString(user), scheme: "basic", roles: roles.map { ByteString($0) }, method: ByteString(method),
      path: ByteString(path), attributes: [PolicyValueField("threat_level", .string(ByteString(threat)))])
    let explanation = try HTTPPolicyExplanation.explain(
      request, sources: Self.portal, attributes: ["threat_level"]
    ).get()
    #expect(explanation.isAllowed == isAllowed)
    #expect(explanation.determining.map(\.name) == policies)
    let compiled = try HTTPPolicyCompiler.compilePolicies(Self.portal, attributes: ["threat_level"]).get()
    #expect(compiled.policyNames == ["readers", "clerks", "policy2", "locked"])
    #expect(try PolicyBundle(decoding: compiled.bundle).decide(request).isAllowed == isAllowed)
  }

  @Test("an explanation tells which policy was left out, and why")
  func failure() throws {
    let request = HTTPPolicyRequest(method: "GET", path: "/")
    let text = "forbid (principal, action, resource) when { context.threat_level == \"high\" };"
    let explanation = try HTTPPolicyExplanation.explain(
      request, sources: [PolicySource(file: "f", text: text)], attributes: ["threat_level"]
    ).get()
    #expect(explanation.failures.map(\.message) == ["1:45: the record has no attribute `threat_level`"])
    #expect(explanation.failures.map(\.policy.name) == ["policy0"])
  }
}
