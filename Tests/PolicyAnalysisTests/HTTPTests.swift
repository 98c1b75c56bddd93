import Cedar
import Interchange
import PolicyDecision
import Testing

@testable import PolicyAnalysis

@Suite("comparing policies about HTTP requests", .enabled(if: solver != nil, noSolver))
struct HTTPTests {
  func analyzer() throws -> PolicyAnalyzer {
    PolicyAnalyzer(httpAttributes: ["threat_level"], solver: try #require(solver))
  }

  @Test(
    "what requests have is known",
    arguments: [
      ("principal.name == \"ann\"", "principal == User::\"ann\"", .same),
      (
        "principal is User && (principal.scheme == \"basic\" || principal.scheme == \"bearer\")", "principal is User",
        .same
      ),
      ("principal in Role::\"clerk\" && principal is Visitor", "false", .same),
      ("principal == Visitor::\"anonymous\"", "principal is Visitor", .same),
      ("resource in Path::\"/a/b\"", "resource in Path::\"/a\"", .more),
      ("resource in Path::\"/\"", "true", .same),
      ("resource.path like \"/a*\"", "resource in Path::\"/a\"", .less),
      ("resource.path == \"/a\" || resource.path like \"/a/*\"", "resource in Path::\"/a\"", .same),
      ("Path::\"/a/b\" in Path::\"/a\"", "resource in Path::\"/a/b\"", .same),
      ("Path::\"/a\".path == \"/a\"", "resource in Path::\"/a\"", .same),
      ("User::\"ann\".name == \"ann\"", "principal == User::\"ann\"", .same),
      ("User::\"ann\" in Role::\"r\"", "principal == User::\"ann\" && principal in Role::\"r\"", .same),
      ("context.method == \"GET\"", "action == Action::\"GET\"", .same),
      ("context.method like \"PROP*\"", "false", .less),
      ("context.threat_level == \"low\" || true", "context has threat_level", .same),
      ("context.source.isInRange(ip(\"10.1.0.0/16\"))", "context.source.isInRange(ip(\"10.0.0.0/8\"))", .more),
      ("context.host == \"\" || context.host != \"\"", "true", .same),
    ] as [(String, String, PolicyRelation)])
  func vocabulary(old: String, new: String, expected: PolicyRelation) throws {
    let found = try analyzer().compare(
      try PolicySet(parsing: "permit (principal, action, resource) when { \(old) };"),
      try PolicySet(parsing: "permit (principal, action, resource) when { \(new) };"))
    #expect(found.relation == expected, "\(found)")
  }

  @Test("no HTTP request that is evaluated contradicts what was proved of all", arguments: 0..<12)
  func agreement(seed: Int) throws {
    var generator = ConformingGenerator(seed: UInt64(seed) &+ 4242)
    let atoms = [
      "principal in Role::\"clerk\"", "principal == User::\"ann\"", "principal.name like \"a*\"",
      "principal is Visitor",
      "resource in Path::\"/a\"", "resource in Path::\"/a/b\"", "resource.path like \"*b*\"",
      "resource == Path::\"/a/\"",
      "Path::\"/a/b\" in Path::\"/a\"", "User::\"ann\" in Role::\"clerk\"", "User::\"bob\".name == \"bob\"",
      "action == Action::\"GET\"", "context.method == \"PUT\"", "context.method like \"P*\"",
      "context has threat_level",
      "context.threat_level == \"high\"", "context.source.isLoopback()",
      "context.source.isInRange(ip(\"10.0.0.0/8\"))", "principal.scheme == \"basic\"", "Path::\"/a\".path == \"/a\"",
    ]
    func policy() -> String {
      let conditions = (0..<Int.random(in: 1...3, using: &generator.numbers)).map { _ in
        (generator.chance(25) ? "!" : "") + "(\(generator.pick(atoms)))"
      }
      return "\(generator.chance(70) ? "permit" : "forbid") (principal, action, resource) "
        + "\(generator.chance(75) ? "when" : "unless") { \(conditions.joined(separator: generator.pick([" && ", " || "]))) };"
    }
    for _ in 0..<4 {
      let shared = policy()
      let old = try PolicySet(parsing: shared + policy())
      let new = try PolicySet(parsing: shared + policy())
      let found = try analyzer().compare(old, new)
      #expect(found.limitations.isEmpty, "\(found.limitations)")
      for _ in 0..<400 {
        let user: ByteString = generator.pick(["", "ann", "bob", "zoe"])
        let address =
          PolicyAddress(generator.pick(["10.0.0.1", "127.0.0.1", "::1", "8.8.8.8"])) ?? PolicyAddress(ipv4: 0)
        let request = HTTPPolicyRequest(
          user: user, scheme: user.isEmpty ? "" : generator.pick(["basic", "bearer"]),
          roles: generator.chance(50) ? ["clerk"] : [], method: generator.pick(["GET", "PUT", "POST", "PROPFIND"]),
          path: generator.pick(["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/b"]), source: address,
          attributes: generator.chance(50)
            ? [PolicyValueField("threat_level", .string(generator.pick(["low", "high"])))] : [])
        let before = Authorizer(policies: old, entities: request.cedarEntities).decide(request.cedarRequest).decision
        let after = Authorizer(policies: new, entities: request.cedarEntities).decide(request.cedarRequest).decision
        if before == .deny, after == .allow, case .never = found.gained { Issue.record("\(request)\n\(old)\n\(new)") }
        if before == .allow, after == .deny, case .never = found.lost { Issue.record("\(request)\n\(old)\n\(new)") }
      }
    }
  }
}
