import Testing

@testable import Cedar

@Suite("the policy index")
struct IndexTests {
  @Test("decisions, reasons and errors are those of plain evaluation, in the same order", arguments: 0..<60)
  func agrees(seed: Int) throws {
    var generator = PolicyGenerator(seed: UInt64(seed))
    let text = (0..<60).map { _ in generator.policy() }.joined(separator: "\n")
    let policies = try PolicySet(parsing: text)
    let index = PolicyIndex(policies)
    for _ in 0..<6 {
      let entities = generator.entities()
      let plain = Authorizer(policies: policies, entities: entities)
      let indexed = IndexedAuthorizer(index: index, entities: entities)
      for _ in 0..<25 {
        let request = generator.request()
        #expect(indexed.decide(request) == plain.decide(request), "seed \(seed), \(request)")
      }
    }
  }

  /// Whether policies are told apart without evaluating them: how many are left for one request.
  private func met(_ text: String, _ request: Request, _ entities: Entities = Entities()) throws -> [Int32] {
    let index = PolicyIndex(try PolicySet(parsing: text))
    var walk = IndexWalk(index: index, table: EntityTable(entities, index.symbols), request: request)
    walk.visit(0)
    return walk.sortedHits.map(\.position)
  }

  private static let ann = EntityUID(type: "User", id: "ann")
  private static let request = Request(
    principal: ann, action: EntityUID(type: "Action", id: "read"), resource: EntityUID(type: "File", id: "f"),
    context: ["mode": .string("run")])

  @Test(
    "a policy that asks for something else is not looked at",
    arguments: [
      "principal == User::\"bob\", action, resource", "principal in Group::\"staff\", action, resource",
      "principal is Robot, action, resource", "principal, action == Action::\"write\", resource",
      "principal, action, resource in Folder::\"x\"",
    ])
  func scopes(scope: String) throws {
    #expect(try met("permit(\(scope)); permit(principal, action, resource);", Self.request) == [1])
  }

  @Test(
    "conditions tell policies apart too",
    arguments: [
      "principal.dept == \"law\"", "\"law\" == principal.dept", "[\"law\", \"hr\"].contains(principal.dept)",
      "principal.dept == \"law\" || principal.dept == \"hr\"", "principal.roles.contains(\"chief\")",
      "principal.roles.containsAny([\"chief\", \"clerk\"])", "principal has badge", "principal in Group::\"staff\"",
      "context.mode == \"build\"", "principal.level > 3 && principal.dept == \"law\"", "principal.boss.dept == \"hr\"",
      "resource == Folder::\"x\"", "principal.isAdmin",
    ])
  func conditions(condition: String) throws {
    let boss = EntityUID(type: "User", id: "boss")
    let entities = try Entities([
      Entity(
        Self.ann,
        attributes: [
          "dept": .string("it"), "roles": .set([.string("reader")]), "level": .long(5), "boss": .entity(boss),
          "isAdmin": .bool(false),
        ]), Entity(boss, attributes: ["dept": .string("board")]),
    ])
    let text = "permit(principal, action, resource) when { \(condition) }; permit(principal, action, resource);"
    #expect(try met(text, Self.request, entities) == [1])
  }

  @Test("a policy that would fail is looked at, because its failure is part of the answer")
  func failures() throws {
    let text = """
      permit(principal, action, resource) when { principal.dept == "law" };
      permit(principal, action, resource) when { principal.level > 3 && context.mode == "build" };
      permit(principal, action, resource) when { principal has dept && principal.dept == "law" };
      """
    #expect(try met(text, Self.request) == [0, 1])
    let policies = try PolicySet(parsing: text)
    let response = IndexedAuthorizer(policies: policies).decide(Self.request)
    #expect(response == Authorizer(policies: policies).decide(Self.request))
    #expect(response.errors.map(\.policy) == ["policy0", "policy1"])
  }

  @Test("alternatives that would multiply beyond the bound are evaluated instead")
  func bound() throws {
    let many = (0..<20).map { "\"\($0)\"" }.joined(separator: ", ")
    let text = """
      permit(principal, action, resource)
        when { [\(many)].contains(context.a) && [\(many)].contains(context.b) && [\(many)].contains(context.c) };
      """
    let policies = try PolicySet(parsing: text)
    for (a, c, decision) in [("3", "19", Decision.allow), ("3", "20", .deny), ("20", "3", .deny)] {
      var request = Self.request
      request.context = ["a": .string(CedarString(a)), "b": .string("7"), "c": .string(CedarString(c))]
      #expect(IndexedAuthorizer(policies: policies).decide(request).decision == decision)
    }
  }

  @Test("templates decide nothing until they are linked")
  func templates() throws {
    var policies = try PolicySet(parsing: "permit(principal == ?principal, action, resource);")
    #expect(IndexedAuthorizer(policies: policies).decide(Self.request).decision == .deny)
    policies.link(template: "policy0", as: "ann", slots: [.principal: Self.ann])
    #expect(IndexedAuthorizer(policies: policies).decide(Self.request).reason == ["ann"])
  }
}
