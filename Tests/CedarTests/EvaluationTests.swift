import Testing

@testable import Cedar

@Suite("the values of expressions")
struct EvaluationTests {
  static let entities = """
    [
      {"uid": {"type": "User", "id": "alice"}, "attrs": {"age": 30, "home": {"city": "Oslo"},
        "manager": {"__entity": {"type": "User", "id": "bob"}}}, "parents": [{"type": "Team", "id": "blue"}],
        "tags": {"floor": 3}},
      {"uid": {"__entity": {"type": "User", "id": "bob"}}, "attrs": {}, "parents": []},
      {"uid": {"type": "Team", "id": "blue"}, "attrs": {}, "parents": [{"type": "Team", "id": "all"}]}
    ]
    """

  private func value(_ text: String) throws -> String {
    let set = try PolicySet(parsing: "permit (principal, action, resource) when { \(text) };")
    let request = Request(
      principal: EntityUID(type: "User", id: "alice"), action: EntityUID(type: "Action", id: "read"),
      resource: EntityUID(type: "Photo", id: "1"), context: ["n": .long(5), "s": .string("é")])
    let evaluator = Evaluator(request: request, entities: try Entities(json: Self.entities))
    do throws(EvaluationError) {
      return try evaluator.evaluate(set.policies[0].conditions[0].body).description
    } catch {
      return "\(error.range.start.column - 44): \(error.kind)"
    }
  }

  @Test(
    "operators compute what the language says",
    arguments: [
      ("1 + 2 * 3 - -4", "11"), ("-9223372036854775808", "-9223372036854775808"), ("!true || 1 < 2", "true"),
      ("if context.n > 5 then 1 else 2", "2"), ("[1, 2, 1] == [2, 1]", "true"),
      ("{a: 1, b: 2} == {b: 2, a: 1}", "true"),
      ("1 == \"1\"", "false"), ("1 != true", "true"), ("principal.home.city", "\"Oslo\""),
      ("principal has home.city && !(principal has home.street)", "true"), ("resource has anything", "false"),
      ("principal in Team::\"all\"", "true"), ("principal in [Team::\"red\", Team::\"blue\"]", "true"),
      ("principal.manager in Team::\"all\"", "false"), ("resource in resource", "true"),
      ("principal is User in Team::\"blue\"", "true"), ("principal is Photo", "false"),
      ("principal.hasTag(\"floor\") && principal.getTag(\"floor\") == 3", "true"), ("resource.hasTag(\"x\")", "false"),
      ("[1, 2].containsAll([]) && ![].containsAny([1]) && [].isEmpty() && [[1]].contains([1])", "true"),
      ("\"a*b\" like \"a\\*b\" && !(\"axb\" like \"a\\*b\") && \"axxb\" like \"a*b\"", "true"),
      ("context.s == \"e\\u{301}\"", "false"), ("context.s == \"\\u{e9}\"", "true"),
      ("false && 1", "false"), ("true || 1", "true"), ("{\"a b\": 1}[\"a b\"]", "1"),
      ("ip(\"10.0.0.1/8\") == ip(\"10.0.0.2/8\")", "false"), ("ip(\"::1\").isLoopback()", "true"),
      ("ip(\"224.0.0.0/3\").isMulticast()", "false"), ("ip(\"10.1.0.0/16\").isInRange(ip(\"10.0.0.0/8\"))", "true"),
      ("decimal(\"-0.5\").lessThan(decimal(\"0.0001\"))", "true"), ("decimal(\"1.5\")", "decimal(\"1.5000\")"),
      ("datetime(\"2024-02-29\") < datetime(\"2024-02-29T00:00:00.001Z\")", "true"),
      ("datetime(\"2024-01-01T01:00:00+0100\") == datetime(\"2024-01-01\")", "true"),
      ("datetime(\"2024-01-02\").durationSince(datetime(\"2024-01-01\")).toHours()", "24"),
      ("datetime(\"1969-12-31T23:00:00Z\").toTime() == duration(\"23h\")", "true"),
      ("datetime(\"1969-12-31T23:00:00Z\").toDate() == datetime(\"1969-12-31\")", "true"),
      ("duration(\"-1d1ms\").toMilliseconds()", "-86400001"),
      ("duration(\"-9223372036854775808ms\").toDays()", "-106751991167"),
      ("datetime(\"2024-01-01\").offset(duration(\"1d\")) == datetime(\"2024-01-02\")", "true"),
    ])
  func operators(text: String, expected: String) throws {
    #expect(try value(text) == expected)
  }

  @Test(
    "an expression without a value says why and where",
    arguments: [
      ("1 + true", "5: the value is of type bool, expected long"),
      ("9223372036854775807 + 1", "1: the result of `+` does not fit 64 bits"),
      ("-(-9223372036854775808)", "1: the result of `-` does not fit 64 bits"),
      ("resource.name", "1: the entity `Photo::\"1\"` does not exist"),
      ("principal.name", "1: `User::\"alice\"` has no attribute `name`"),
      ("context.x", "1: the record has no attribute `x`"),
      ("1.x", "1: the value is of type long, expected a record or an entity"),
      ("principal.getTag(\"x\")", "1: `User::\"alice\"` has no tag `x`"),
      ("true && 1", "9: the value is of type long, expected bool"),
      ("principal in [principal, 1]", "14: the value is of type long, expected set of entities"),
      ("ip(\"10.0.0.256\")", "1: `ip`: \"10.0.0.256\" is not an IPv4 or IPv6 address or network"),
      ("ip()", "1: `ip` has 0 arguments, expected 1"),
      ("[1].contains(context.x)", "14: the record has no attribute `x`"),
      (
        "datetime(\"2024-02-30\") < 1",
        "1: `datetime`: \"2024-02-30\" is not a date such as `2025-01-31` or `2025-01-31T12:00:00Z`"
      ),
      ("datetime(\"2024-02-28\") < 1", "26: the value is of type long, expected datetime"),
    ])
  func errors(text: String, expected: String) throws {
    #expect(try value(text) == expected)
  }

  @Test(
    "texts of extension types are read strictly",
    arguments: [
      "ip(\"1.2.3\")", "ip(\"01.2.3.4\")", "ip(\"::ffff:1.2.3.4\")", "ip(\"1::2::3\")", "ip(\"10.0.0.0/\")",
      "decimal(\"1\")", "decimal(\"1.\")", "decimal(\".1\")", "decimal(\"1.23456\")", "decimal(\"922337203685478.0\")",
      "decimal(\"+1.0\")", "datetime(\"2023-02-29\")", "datetime(\"2024-01-01T24:00:00Z\")",
      "datetime(\"2024-01-01T00:00:00\")",
      "datetime(\"2024-01-01T00:00:00+2400\")", "datetime(\"2024-1-01\")", "duration(\"\")", "duration(\"-\")",
      "duration(\"1\")", "duration(\"1h1d\")", "duration(\"1d1d\")", "duration(\"9223372036854775808ms\")",
      "duration(\"106751991168d\")",
    ])
  func strict(text: String) throws {
    #expect(try value(text).hasPrefix("1: `"))
  }
}

@Suite("decisions")
struct DecisionTests {
  @Test("forbid prevails, errors leave a policy out, and nothing is allowed without a permit")
  func decisions() throws {
    let set = try PolicySet(
      parsing: """
        permit (principal, action, resource) when { principal.age > 18 };
        permit (principal, action == Action::"read", resource);
        forbid (principal, action, resource) when { context.locked };
        """)
    func decide(_ action: CedarString, _ context: [CedarString: Value]) -> Response {
      Authorizer(policies: set).decide(
        Request(
          principal: EntityUID(type: "User", id: "a"), action: EntityUID(type: "Action", id: action),
          resource: EntityUID(type: "Photo", id: "1"), context: context))
    }
    let open = decide("read", ["locked": .bool(false)])
    #expect(open.decision == .allow && open.reason == ["policy1"] && open.errors.map(\.policy) == ["policy0"])
    let locked = decide("read", ["locked": .bool(true)])
    #expect(locked.decision == .deny && locked.reason == ["policy2"])
    let unknown = decide("write", [:])
    #expect(
      unknown.decision == .deny && unknown.reason.isEmpty && unknown.errors.map(\.policy) == ["policy0", "policy2"])
  }

  @Test("a hierarchy with a cycle is refused, and so is an entity given twice")
  func entities() {
    let a = EntityUID(type: "T", id: "a")
    let b = EntityUID(type: "T", id: "b")
    #expect(throws: EntitiesError.self) { try Entities([Entity(a, parents: [b]), Entity(b, parents: [a])]) }
    #expect(throws: EntitiesError.cycle(a)) { try Entities([Entity(a, parents: [a])]) }
    #expect(throws: EntitiesError.duplicate(a)) { try Entities([Entity(a), Entity(a, parents: [b])]) }
    #expect(throws: Never.self) { try Entities([Entity(a), Entity(a)]) }
  }

  @Test(
    "entities that are not as they should be are refused at their place",
    arguments: [
      ("{}", "entities: the document is not an array, expected an array of entities"),
      (
        "[{\"uid\": 1}]",
        "entities[0].uid: an integer is not an entity, expected `{\"type\": …, \"id\": …}` with two strings"
      ),
      (
        "[{\"uid\": {\"type\": \"A b\", \"id\": \"\"}}]",
        "entities[0].uid.type: `A b` is not the name of a type, expected names joined by `::`"
      ),
      (
        "[{\"uid\": {\"type\": \"A\", \"id\": \"\"}, \"attrs\": {\"x\": 1.5}}]",
        "entities[0].attrs.x: `1.5` is not a 64-bit integer, expected an integer, or `decimal`"
      ),
      (
        "[{\"uid\": {\"type\": \"A\", \"id\": \"\"}, \"attr\": {}}]",
        "entities[0]: the entity has a field `attr`, expected `uid`, `attrs`, `parents` or `tags`"
      ),
      ("[1,", "1:4: the document ends early, expected a value"),
      ("[{\"a\":1,\"a\":2}]", "1:14: the object has \"a\" twice, expected each name once"),
      ("[\"\\ud800\"]", "1:9: half a surrogate pair, expected the other half"),
      ("[01]", "1:4: this is not a number, expected digits without a leading zero"),
    ])
  func json(text: String, message: String) {
    #expect(throws: CedarJSONError.self) { try Entities(json: text) }
    do throws(CedarJSONError) {
      _ = try Entities(json: text)
    } catch {
      #expect(error.description == message)
    }
  }

  @Test("JSON nested without end is refused")
  func deepJSON() {
    #expect(throws: CedarJSONError.self) { try Entities(json: String(repeating: "[", count: 100_000)) }
  }

  @Test("requests are read from JSON")
  func requests() throws {
    let request = try Request(
      json: """
        {"principal": {"type": "User", "id": "a"}, "action": {"__entity": {"type": "Action", "id": "b"}},
         "resource": {"type": "R", "id": "c"}, "context": {"at": {"__extn": {"fn": "ip", "arg": "::1"}}}}
        """)
    #expect(request.action == EntityUID(type: "Action", id: "b"))
    #expect(request.context["at"] == IPAddress("::1").map { .extension(.address($0)) })
  }

  @Test("types of a schema let values be written without escapes")
  func typed() throws {
    struct Types: EntityAttributeTypes {
      func type(ofAttribute name: CedarString, of entity: EntityType) -> AttributeType {
        name == "from" ? .set(.extension(.ip)) : .record(["boss": .entity("User")])
      }
      func typeOfTags(of entity: EntityType) -> AttributeType { .extension(.decimal) }
    }
    let entities = try Entities(
      json: """
        [{"uid": {"type": "User", "id": "a"}, "parents": [], "tags": {"t": "1.0"},
          "attrs": {"from": ["::1"], "work": {"boss": {"type": "User", "id": "b"}}}}]
        """, types: Types())
    let entity = try #require(entities[EntityUID(type: "User", id: "a")])
    #expect(entity.attributes["from"]?.description == "[ip(\"0:0:0:0:0:0:0:1\")]")
    #expect(entity.attributes["work"]?.description == "{\"boss\": User::\"b\"}")
    #expect(entity.tags["t"]?.description == "decimal(\"1.0000\")")
  }
}
