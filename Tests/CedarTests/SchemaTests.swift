import Testing

@testable import Cedar

@Suite("schemas")
struct SchemaTests {
  @Test("names are resolved in their namespace, then outside, then as built-in types")
  func resolution() throws {
    let schema = try Schema(
      parsing: """
        type Name = { first: String, last?: __cedar::String };
        @doc("a shop")
        namespace Shop {
          type Labels = Set<Name>;
          entity User, Guest in [Team] { name: Name, boss?: User, "from where": ipaddr } tags Long;
          entity Team enum ["blue", "red"];
          entity String;
          entity Order = { by: String, at: datetime, labels: Labels };
          action read, "write all" in [Action::"any", all] appliesTo {
            principal: [User, Guest], resource: Order, context: { mfa: Bool, },
          };
          action all;
        }
        """)
    let user = try #require(schema.entityTypes["Shop::User"])
    let name = SchemaType.record([
      "first": SchemaAttribute(type: .string, isRequired: true),
      "last": SchemaAttribute(type: .string, isRequired: false),
    ])
    #expect(user == schema.entityTypes["Shop::Guest"])
    #expect(user.parents == ["Shop::Team"] && user.tags == .long)
    #expect(user.attributes["name"] == SchemaAttribute(type: name, isRequired: true))
    #expect(user.attributes["boss"] == SchemaAttribute(type: .entity("Shop::User"), isRequired: false))
    #expect(user.attributes["from where"]?.type == .extension(.ip))
    #expect(schema.entityTypes["Shop::Team"]?.identifiers == ["blue", "red"])
    let order = try #require(schema.entityTypes["Shop::Order"])
    #expect(order.attributes["by"]?.type == .entity("Shop::String"))
    #expect(order.attributes["labels"]?.type == .set(name))
    let write = try #require(schema.actions[EntityUID(type: "Shop::Action", id: "write all")])
    #expect(write.principals == ["Shop::User", "Shop::Guest"] && write.resources == ["Shop::Order"])
    #expect(
      write.parents == [EntityUID(type: "Action", id: "any"), EntityUID(type: "Shop::Action", id: "all")])
    #expect(write.context["mfa"] == SchemaAttribute(type: .bool, isRequired: true))
  }

  @Test(
    "a mistake is reported where it is",
    arguments: [
      ("entity A { x: B };", "1:15: there is no type `B`"), ("entity A in B;", "1:13: there is no entity type `B`"),
      ("entity A; entity A;", "1:18: `A` is declared already"),
      ("type A = Set<A>;entity B {a: A};", "1:14: the type `A` contains itself"),
      ("entity A { x: Long, x: Long };", "1:21: the attribute `x` is declared already"),
      ("action a appliesTo { principal: [B] };", "1:34: there is no entity type `B`"),
      ("action a; action a;", "1:18: `Action::\"a\"` is declared already"),
      ("entity A", "1:9: unexpected the end of the text"),
      ("entitty A;", "1:1: unexpected `entitty`"),
    ])
  func mistakes(text: String, message: String) {
    do throws(CedarSyntaxError) {
      _ = try Schema(parsing: text)
      Issue.record("the schema was read")
    } catch {
      #expect(error.description.hasPrefix(message), "\(error)")
    }
  }

  @Test("types nested without end are refused", arguments: ["{a:", "Set<"])
  func nesting(opening: String) {
    #expect(throws: CedarSyntaxError.self) {
      try Schema(parsing: "type A = " + String(repeating: opening, count: 10_000))
    }
  }
}
