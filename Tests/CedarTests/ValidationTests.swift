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
}
