import Testing

@testable import Cedar

@Suite("the syntax of policies")
struct SyntaxTests {
  private func condition(_ text: String) throws(CedarSyntaxError) -> Expression {
    let set = try PolicySet(parsing: "permit (principal, action, resource) when {\n\(text)\n};")
    return set.policies[0].conditions[0].body
  }

  @Test("a policy has annotations, an effect, a scope and conditions, each with its place")
  func policy() throws {
    let text = """
      // A comment.
      @id("first") @note
      forbid (
        principal is App::User in App::Team::"a\\u{62}",
        action in [Action::"read", App::Action::"write",],
        resource == Photo::"1"
      )
      when { principal.age < 18 }
      unless { context["is \\"open\\""] };
      """
    let policy = try #require(try PolicySet(parsing: text).policies.first)
    #expect(policy.id == "policy0")
    #expect(policy.effect == .forbid)
    #expect(policy.annotations.map(\.name) == ["id", "note"])
    #expect(policy.annotation("id") == "first" && policy.annotation("note") == "")
    #expect(policy.principal.type?.type == "App::User")
    #expect(policy.principal.reference?.uid == EntityUID(type: "App::Team", id: "ab"))
    #expect(policy.action.references.compactMap(\.uid?.id) == ["read", "write"])
    #expect(policy.resource.reference?.range.start == SourcePosition(line: 6, column: 15, offset: 159))
    #expect(policy.conditions.map(\.kind) == [.when, .unless])
    #expect(policy.range.start.line == 2 && policy.range.end.line == 9)
  }

  @Test(
    "a mistake is reported where it is, with what was expected",
    arguments: [
      ("permit (principal, action resource);", "1:27", "`==`, `in` or `,`"),
      ("permit (principal, action, resource)", "1:37", "`when`, `unless` or `;`"),
      ("allow (principal, action, resource);", "1:1", "`permit` or `forbid`"),
      ("permit (principal, action, resource) when { };", "1:45", "an expression"),
      ("permit (principal = User::\"a\", action, resource);", "1:19", "`==`, `in`, `is`, `,` or `)`"),
      ("permit (principal == User, action, resource);", "1:22", "an entity such as `User::\"id\"`"),
      (
        "permit (principal, action == User::\"a\", resource);", "1:30",
        "an entity of type `Action`, with or without a namespace"
      ),
      ("permit (principal, action == ?action, resource);", "1:30", "an entity"),
      ("permit (principal == ?resource, action, resource);", "1:22", "an entity or `?principal`"),
      ("@a @a permit (principal, action, resource);", "1:4", "each annotation once"),
      ("permit (principal, action, resource) when { 1 < 2 < 3 };", "1:51", "parentheses around one of them"),
      ("permit (principal, action, resource) when { user.name };", "1:45", nil),
      ("permit (principal, action, resource) when { 1 / 2 };", "1:47", "`*`"),
      ("permit (principal, action, resource) when { 9223372036854775808 };", "1:45", nil),
      ("permit (principal, action, resource) when { \"a };", "1:45", "`\"` at its end"),
      ("permit (principal, action, resource) when { \"\\q\" };", "1:45", nil),
      ("permit (principal, action, resource) when { a & b };", "1:47", "`&&`"),
      ("permit (principal, action, resource) when { {a: 1, \"a\": 2} };", "1:52", "each name once"),
      ("permit (principal, action, resource) when { context.contians(1) };", "1:53", nil),
      ("permit (principal, action, resource) when { [].contains() };", "1:48", "1"),
      ("permit (principal, action, resource) when { isIpv4(context.a) };", "1:45", "`value.isIpv4(…)`"),
      ("permit (principal, action, resource) when { context.a.ip() };", "1:55", "`ip(…)`"),
      ("permit (principal, action, resource) when { principal.if };", "1:55", "an attribute's or method's name"),
      ("permit (principal, action, resource) when { !!!!!true };", "1:49", "at most four"),
      ("permit (principal, action, resource) when { ?principal == principal };", "1:45", nil),
      ("permit (principal, action, resource) when { é };", "1:45", nil),
    ] as [(String, String, String?)])
  func mistakes(text: String, place: String, expected: String?) {
    let errors = PolicySet.parse(text).errors
    #expect(errors.count == 1, "\(errors)")
    #expect(errors.first?.range.description == place, "\(errors)")
    if let expected { #expect(errors.first?.expected == expected, "\(errors)") }
  }

  @Test("reading goes on after a mistake, and numbers stay")
  func recovery() {
    let policy = "permit (principal, action, resource);"
    let (policies, errors) = PolicySet.parse(policy + "permit (x);\n" + policy + "oops § ;" + policy)
    #expect(policies.map(\.id) == ["policy0", "policy2", "policy4"])
    #expect(errors.map(\.range.description) == ["1:46", "2:38"])
  }

  @Test("policies are named by their annotation where that is asked for")
  func naming() throws {
    let policy = "permit (principal, action, resource);"
    let set = try PolicySet(parsing: "@id(\"a\")\(policy)\(policy)", naming: .annotation)
    #expect(set.policies.map(\.id) == ["a", "policy1"])
    #expect(throws: CedarSyntaxError.self) {
      try PolicySet(parsing: "@id(\"a\")\(policy)@id(\"a\")\(policy)", naming: .annotation)
    }
  }

  @Test("a template becomes a policy when its slots are filled in")
  func template() throws {
    var set = try PolicySet(parsing: "permit (principal in ?principal, action, resource == ?resource);")
    #expect(set.policies.isEmpty && set.templates.map(\.id) == ["policy0"])
    let alice = EntityUID(type: "User", id: "alice")
    let isLinkedInPart = set.link(template: "policy0", as: "linked", slots: [.principal: alice])
    let isLinkedFromNothing = set.link(template: "other", as: "linked", slots: [:])
    #expect(!isLinkedInPart && !isLinkedFromNothing)
    let photo = EntityUID(type: "Photo", id: "1")
    let isLinked = set.link(template: "policy0", as: "linked", slots: [.principal: alice, .resource: photo])
    #expect(isLinked)
    let request = Request(principal: alice, action: EntityUID(type: "Action", id: "a"), resource: photo)
    #expect(Authorizer(policies: set).decide(request).reason == ["linked"])
  }

  @Test("nesting beyond the bound is a mistake, not the end of the program", arguments: ["(", "[", "{a:", "!(", "if "])
  func nesting(opening: String) {
    #expect(throws: CedarSyntaxError.self) { try condition(String(repeating: opening, count: 10_000)) }
  }

  @Test("long chains are read", arguments: ["&&", "||"])
  func chains(operation: String) throws {
    let text = Array(repeating: "true", count: 10_000).joined(separator: " \(operation) ")
    #expect(try condition(text).depth == 2)
  }

  @Test("a long chain of sums or accesses is refused", arguments: [" + 1", ".a"])
  func longChains(link: String) {
    #expect(throws: CedarSyntaxError.self) { try condition("1" + String(repeating: link, count: 10_000)) }
  }

  @Test("random texts of the language's words never stop the parser", arguments: 0..<20)
  func random(seed: Int) {
    var numbers = Numbers(state: UInt64(seed))
    let words = [
      "permit", "forbid", "(", ")", "principal", "action", "resource", ",", ";", "when", "{", "}", "==", "in", "is",
      "User::\"a\"", "\"", "\\", "[", "]", "if", "then", "else", "has", "like", "1", "-", "!", "&&", "ip(", ".", "@",
      "é",
      "//", "\n", "?principal", "§",
    ]
    for _ in 0..<200 {
      let text = (0..<Int.random(in: 1...30, using: &numbers)).map { _ in words.randomElement(using: &numbers) ?? "" }
        .joined(separator: " ")
      let (policies, errors) = PolicySet.parse(text)
      #expect(!policies.isEmpty || !errors.isEmpty || text.contains("//") || text.allSatisfy(\.isWhitespace))
    }
  }
}

/// Numbers that a seed makes again (Steele, Lea and Flood, SplitMix64).
private struct Numbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
