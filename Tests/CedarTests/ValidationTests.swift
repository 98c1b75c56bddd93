import Testing

@testable import Cedar

@Suite("validation")
struct ValidationTests {
  @Test(
    "a condition that does not fit the schema is reported",
    arguments: [
      ("principal.age > 1", "the attribute `age` may be missing"), ("principal has age && principal.age > 1", nil),
      ("principal has age || principal.age > 1", "the attribute `age` may be missing"),
      ("principal.hasTag(\"a\") && principal.getTag(\"a\") == 1", nil),
      ("principal.getTag(\"a\") == 1", "the tag may be missing"),
      ("[] == [1]", "the set is empty, so its type is not known"),
      ("principal.agee == 1", "there is no attribute `agee`"),
      ("principal in Album::\"a\"", "there is no entity type `Album`"),
      ("resource is User", "the policy never applies"),
    ] as [(String, String?)])
  func conditions(text: String, message: String?) throws {
    let schema = try Schema(
      parsing:
        "entity User { age?: Long } tags Long; entity Photo; action a appliesTo { principal: User, resource: Photo };")
    let policies = try PolicySet(parsing: "permit (principal, action, resource) when { \(text) };")
    #expect(Validator(schema: schema).validate(policies).first?.message == message)
  }

  static let shop = """
    entity User { name: String, level: Long, manager?: User }; entity Photo { title: String };
    entity Size enum ["small", "large"];
    action view, edit appliesTo { principal: User, resource: Photo, context: { address: ipaddr } };
    """

  private func findings(_ text: String) throws -> [ValidationFinding] {
    Validator(schema: try Schema(parsing: Self.shop)).validate(try PolicySet(parsing: text))
  }

  @Test(
    "a name that is near a declared one comes with that",
    arguments: [
      ("permit (principal, action, resource) when { principal.nmae == \"x\" };", "name"),
      ("permit (principal, action, resource) when { context.adress.isIpv4() };", "address"),
      ("permit (principal is Usr, action, resource);", "User"),
      ("permit (principal, action == Action::\"veiw\", resource);", "Action::\"view\""),
      ("permit (principal, action, resource) when { resource is Phtoo };", "Photo"),
      ("permit (principal, action, resource) when { Size::\"smal\" == Size::\"small\" };", "small"),
      ("permit (principal, action, resource) when { principal.department == 1 };", nil),
    ] as [(String, String?)])
  func suggestions(text: String, near: String?) throws {
    #expect(try findings(text).first?.suggestion == near)
  }

  @Test("a mistake does not hide others, beside it or in another condition, and brings no others that are none")
  func several() throws {
    let found = try findings(
      """
      permit (principal, action == Action::"view", resource)
      when { principal.nmae == "x" && principal.level == "three" && [1, "2"].contains(1) }
      unless { resource.titel like "a*" || context.address.isLoopback() || context.adress == ip("10.0.0.1") };
      """)
    #expect(
      found.map(\.message) == [
        "there is no attribute `nmae`", "values of different types are compared", "the elements have different types",
        "there is no attribute `titel`", "there is no attribute `adress`",
      ])
    // What the first part would have tested, had it been right, is not reported as missing.
    #expect(
      try findings(
        "permit (principal, action, resource) when { principal.mgr has name && principal.manager.level > 1 };"
      ).map(\.message) == ["there is no attribute `mgr`"])
  }
}
