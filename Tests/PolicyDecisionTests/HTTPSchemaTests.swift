import PolicyDecision
import Testing

@Suite("schemas of authorization requirements")
struct HTTPSchemaTests {
  static let good = """
    entity Role;
    entity User in [Role] { name: String, scheme: String };
    entity Visitor;
    entity Path in [Path] { path: String };
    // What a request brings.
    type Request = { source: ipaddr, method: String, host: String, query: String, threat_level?: String };
    action GET, PUT appliesTo { principal: [User, Visitor], resource: Path, context: Request };
    """

  private func check(_ policies: String, _ schema: String) -> [PolicyFinding] {
    HTTPSchemaCheck.check(
      [PolicySource(file: "p.cedar", text: policies)], schema: PolicySource(file: "s.cedarschema", text: schema))
  }

  @Test("a schema of what requests bring, and policies that fit it, are as they should be")
  func good() {
    let policies = """
      permit (principal in Role::"clerk", action in [Action::"GET", Action::"PUT"], resource in Path::"/orders")
      when { context.source.isInRange(ip("10.0.0.0/8")) };
      forbid (principal, action, resource) when { context has threat_level && context.threat_level == "high" };
      """
    #expect(check(policies, Self.good) == [])
  }

  @Test("policies are held against the schema strictly, with places and suggestions")
  func policies() {
    let found = check("permit (principal, action, resource)\nwhen { context.threat_level == \"low\" };", Self.good)
    #expect(found.count == 1 && found[0].code == "schema-mismatch" && found[0].line == 2)
    #expect(found.first?.message.contains("may be missing") == true)
    let near = check("permit (principal, action == Action::\"GTE\", resource);", Self.good)
    #expect(near.contains { $0.suggestion == "Action::\"GET\"" }, "\(near)")
  }

  @Test(
    "a schema that says something else of requests than they bring is told so",
    arguments: [
      ("action GET, PUT", "action view, PUT", "no request has the action `Action::\"view\"`", 7),
      ("[User, Visitor]", "[User, Role]", "no request's principal is a `Role`", 1),
      ("resource: Path", "resource: Role", "no request's resource is a `Role`", 1),
      ("source: ipaddr", "source: String", "`source` in the context of", 6),
      ("threat_level?: String", "threat_level: String", "`threat_level` is required", 6),
      ("query: String", "quota: Long", "`quota` in the context of", 6),
      ("scheme: String", "age: Long", "`User` has `age`", 2), ("path: String", "path: Long", "`path` of `Path`", 4),
    ])
  func shapes(from: String, to: String, said: String, line: Int) {
    let found = check("", Self.good.replacing(from, with: to))
    #expect(!found.isEmpty && found.allSatisfy { $0.code == "schema-shape" && $0.file == "s.cedarschema" })
    #expect(found.contains { $0.message.contains(said) && $0.line == line }, "\(found)")
  }

  @Test("a schema that cannot be read is told where; one in JSON is read")
  func syntax() {
    let found = check("", "entity User {\n name String };")
    #expect(found.count == 1 && found[0].code == "syntax" && found[0].line == 2)
    let json =
      #"{"":{"entityTypes":{"User":{},"Path":{}},"actions":{"GET":{"appliesTo":{"principalTypes":["User"],"resourceTypes":["Path"]}}}}}"#
    #expect(check("permit (principal, action, resource);", json) == [])
    #expect(check("", "{").first?.code == "malformed-json")
  }
}
