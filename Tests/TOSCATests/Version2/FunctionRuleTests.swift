import Testing

@testable import TOSCA

@Suite("TOSCA 2.0: functions (10)")
struct FunctionRuleTests {
  private static let types = """
    data_types:
      Point: { properties: { x: { type: integer, default: 1 }, y: { type: integer, default: 2 } } }
      Size: { derived_from: scalar, data_type: integer, units: { B: 1, kB: 1000 } }
      Length: { derived_from: scalar, units: { m: 1 }, prefixes: { '': 1, k: 1000 } }
    capability_types:
      C: { properties: { port: { type: integer, default: 80 }, name: { type: string, default: c } },
        attributes: { used: { type: integer } } }
    relationship_types:
      R: { properties: { weight: { type: integer, default: 3 } }, attributes: { state: { type: string } } }
    artifact_types: { File: {} }
    node_types:
      T:
        properties:
          s: { type: string, default: abc }
          i: { type: integer, default: 7 }
          f: { type: float, default: 2.5 }
          b: { type: boolean, default: true }
          l: { type: list, entry_schema: string, default: [ a, b, c ] }
          m: { type: map, entry_schema: integer, default: { one: 1, two: 2 } }
          d: { type: Point, default: { x: 5, y: 6 } }
          size: { type: Size, default: 2 kB }
          length: { type: Length, default: 1.5 km }
          v: { type: version, default: 1.2.3 }
          t: { type: timestamp, default: '2025-01-01T00:00:00Z' }
          bytes: { type: bytes, default: AAAA }
        attributes: { state: { type: string }, count: { type: integer }, list: { type: list, entry_schema: integer } }
        capabilities: { c: C }
        requirements: [ { r: { capability: C, relationship: R, node: T } } ]
        artifacts: { file: { type: File, file: 'https://example.org/x' } }
      # The value that is tested, of each type.
      V:
        derived_from: T
        properties:
          string: { type: string, required: false }
          integer: { type: integer, required: false }
          float: { type: float, required: false }
          boolean: { type: boolean, required: false }
          list: { type: list, entry_schema: string, required: false }
          integers: { type: list, entry_schema: integer, required: false }
          Point: { type: Point, required: false }
          Size: { type: Size, required: false }
          Length: { type: Length, required: false }
    functions:
      twice: { signatures: [ { arguments: [ integer ], result: integer } ] }
      pick:
        signatures:
          - { arguments: [ string ], optional_arguments: [ integer ], result: string }
          - { arguments: [ { type: list, entry_schema: string } ], result: integer }
      many: { signatures: [ { arguments: [ string, integer ], variadic: true, result: boolean } ] }
      anything: { signatures: [ { variadic: true } ] }
      nothing: { signatures: [ { result: float } ] }

    """

  private func read(_ type: String, _ value: String) throws -> ReadResult {
    let fixture = try Fixture(
      "tosca_definitions_version: tosca_2_0\n" + Self.types + """
        service_template:
          inputs:
            name: { type: string, default: world }
            number: { type: integer }
            point: { type: Point, default: { x: 8 } }
            names: { type: list, entry_schema: string, default: [ x, y ] }
          node_templates:
            other: { type: T, properties: { i: 9 }, capabilities: { c: { properties: { port: 443 } } } }
            self: { type: V, properties: { \(type): \(value) }, requirements: [ { r: other } ] }
        """)
    return fixture.read()
  }

  @Test(
    "what is known is worked out",
    arguments: [
      ("string", "{ $get_input: name }", "world"), ("integer", "{ $get_input: [ point, x ] }", "8"),
      ("string", "{ $get_input: [ names, 1 ] }", "y"), ("string", "{ $get_property: [ SELF, s ] }", "abc"),
      ("integer", "{ $get_property: [ other, i ] }", "9"), ("integer", "{ $get_property: [ other, 0, i ] }", "9"),
      ("integer", "{ $get_property: [ SELF, d, y ] }", "6"), ("integer", "{ $get_property: [ SELF, m, two ] }", "2"),
      ("string", "{ $get_property: [ SELF, l, 2 ] }", "c"),
      ("integer", "{ $get_property: [ SELF, CAPABILITY, c, port ] }", "80"),
      ("integer", "{ $get_property: [ other, CAPABILITY, c, port ] }", "443"),
      ("integer", "{ $get_property: [ SELF, RELATIONSHIP, r, weight ] }", "3"),
      ("integer", "{ $get_property: [ SELF, RELATIONSHIP, r, 0, TARGET, i ] }", "9"),
      ("integer", "{ $get_property: [ SELF, RELATIONSHIP, r, CAPABILITY, port ] }", "443"),
      ("integer", "{ $get_property: [ SELF, RELATIONSHIP, r, 0, SOURCE, i ] }", "7"),
      ("boolean", "{ $and: [ true, { $get_property: [ SELF, b ] } ] }", "true"),
      ("boolean", "{ $or: [ false, false ] }", "false"), ("boolean", "{ $not: [ true ] }", "false"),
      ("boolean", "{ $xor: [ true, false ] }", "true"), ("boolean", "{ $equal: [ a, a ] }", "true"),
      ("boolean", "{ $equal: [ [ 1, 2 ], [ 1, 2 ] ] }", "true"), ("boolean", "{ $equal: [ 1, 1.0 ] }", "true"),
      ("boolean", "{ $greater_than: [ 2, 1 ] }", "true"), ("boolean", "{ $less_than: [ 2, 2 ] }", "false"),
      ("boolean", "{ $greater_or_equal: [ 2, 2 ] }", "true"), ("boolean", "{ $less_or_equal: [ b, a ] }", "false"),
      ("boolean", "{ $less_than: [ { $get_property: [ SELF, size ] }, 3000 B ] }", "true"),
      ("boolean", "{ $greater_than: [ { $get_property: [ SELF, v ] }, 1.2.10 ] }", "false"),
      ("boolean", "{ $equal: [ { $get_property: [ SELF, t ] }, '2025-01-01T01:00:00+01:00' ] }", "true"),
      ("boolean", "{ $valid_values: [ a, [ a, b ] ] }", "true"), ("boolean", "{ $matches: [ abc, b ] }", "true"),
      ("boolean", "{ $matches: [ abc, '^b$' ] }", "false"), ("boolean", "{ $has_suffix: [ abc, bc ] }", "true"),
      ("boolean", "{ $has_prefix: [ [ 1, 2 ], [ 1 ] ] }", "true"), ("boolean", "{ $contains: [ abc, ac ] }", "false"),
      ("boolean", "{ $contains: [ [ 1, 2, 3 ], [ 2, 3 ] ] }", "true"),
      ("boolean", "{ $has_entry: [ { a: 1 }, 1 ] }", "true"), ("boolean", "{ $has_key: [ { a: 1 }, a ] }", "true"),
      ("boolean", "{ $has_all_entries: [ [ 1, 2 ], [ 2, 1 ] ] }", "true"),
      ("boolean", "{ $has_all_keys: [ { a: 1 }, [ a, b ] ] }", "false"),
      ("boolean", "{ $has_any_entry: [ [ 1 ], [ 2, 1 ] ] }", "true"),
      ("boolean", "{ $has_any_key: [ { a: 1 }, [ b ] ] }", "false"), ("integer", "{ $length: [ äöü ] }", "3"),
      ("integer", "{ $length: [ [ 1, 2 ] ] }", "2"), ("integer", "{ $length: [ { a: 1 } ] }", "1"),
      ("integer", "{ $length: [ { $get_property: [ SELF, bytes ] } ] }", "3"),
      ("string", "{ $concat: [ a, { $get_property: [ SELF, s ] } ] }", "aabc"),
      ("list", "{ $concat: [ [ a ], [ b ] ] }", "[a, b]"), ("string", "{ $join: [ [ a, b ], '-' ] }", "a-b"),
      ("string", "{ $join: [ { $get_input: names } ] }", "xy"), ("string", "{ $token: [ 'a:b', ':', 1 ] }", "b"),
      ("integers", "{ $union: [ [ 1, 2 ], [ 2, 3 ] ] }", "[1, 2, 3]"),
      ("integers", "{ $intersection: [ [ 1, 2, 2 ], [ 2, 3 ] ] }", "[2]"), ("integer", "{ $sum: [ 1, 2, 3 ] }", "6"),
      ("float", "{ $sum: [ 1, 0.5 ] }", "1.5"), ("integer", "{ $difference: [ 1, 3 ] }", "-2"),
      ("integer", "{ $product: [ 2, 3 ] }", "6"), ("float", "{ $quotient: [ 3, 2 ] }", "1.5"),
      ("integer", "{ $remainder: [ 7, 3 ] }", "1"), ("integer", "{ $round: [ 3.5 ] }", "3"),
      ("integer", "{ $round: [ 3.53 ] }", "4"), ("integer", "{ $floor: [ -1.5 ] }", "-2"),
      ("integer", "{ $ceil: [ 1.2 ] }", "2"),
      ("Size", "{ $sum: [ { $get_property: [ SELF, size ] }, 500 B ] }", "2500 B"),
      ("Size", "{ $difference: [ 2 kB, 1 kB ] }", "1000 B"),
      ("Length", "{ $product: [ { $get_property: [ SELF, length ] }, 2 ] }", "3000 m"),
      ("Size", "{ $quotient: [ { $get_property: [ SELF, size ] }, 3 ] }", "666 B"),
      ("Size", "{ $remainder: [ { $get_property: [ SELF, size ] }, 3 ] }", "2 B"), ("string", "$$name", "$name"),
      ("string", "$$$item", "$$item"), ("string", "{ $concat: [ $$a, b ] }", "$ab"),
      ("integer", "$node_index", "0"), ("integer", "{ $node_index: [] }", "0"),
      ("boolean", "{ $and: [ false, { $equal: [ { $get_attribute: [ SELF, state ] }, a ] } ] }", "false"),
    ])
  func known(type: String, value: String, expected: String) throws {
    let result = try read(type, value)
    #expect(result.findings.filter { $0.code != "missing-input" }.map(\.message) == [])
    let found = result.topology?.node("self")?.properties[type]
    #expect(found.flatMap { ValueTyper.text(of: $0) } == expected)
  }

  @Test(
    "what is known later stays a call, of the right type",
    arguments: [
      ("integer", "{ $get_input: number }"), ("string", "{ $get_attribute: [ SELF, state ] }"),
      ("integer", "{ $get_attribute: [ SELF, i ] }"), ("integer", "{ $get_attribute: [ SELF, list, 0 ] }"),
      ("integer", "{ $get_attribute: [ SELF, CAPABILITY, c, used ] }"),
      ("integers", "{ $get_property: [ SELF, RELATIONSHIP, r, ALL, TARGET, i ] }"),
      ("integer", "{ $get_property: [ SELF, CAPABILITY, c, RELATIONSHIP, 0, SOURCE, i ] }"),
      ("string", "{ $get_artifact: [ SELF, file ] }"),
      ("integer", "{ $available_allocation: [ SELF, CAPABILITY, c, port ] }"),
      ("string", "{ $concat: [ a, { $get_attribute: [ SELF, state ] } ] }"), ("integer", "{ $twice: [ 4 ] }"),
      ("string", "{ $pick: [ a ] }"), ("string", "{ $pick: [ a, 1 ] }"), ("integer", "{ $pick: [ [ a ] ] }"),
      ("boolean", "{ $many: [ a, 1, 2, 3 ] }"), ("string", "{ $anything: [ 1, [ 2 ] ] }"),
      ("float", "{ $nothing: [] }"),
      ("float", "$nothing"), ("string", "{ $of_the_orchestrator: [ a ] }"), ("string", "{ $fn$1: [ a ] }"),
    ])
  func unknown(type: String, value: String) throws {
    let result = try read(type, value)
    #expect(result.findings.filter { $0.code != "missing-input" }.map(\.message) == [])
    guard case .unresolved? = result.topology?.node("self")?.properties[type]?.content else {
      Issue.record("the value is known")
      return
    }
  }

  @Test(
    "a wrong call is found",
    arguments: [
      ("string", "{ $get_input: [ nam ] }", "unknown-input"), ("string", "{ $get_input: {} }", "wrong-arguments"),
      ("string", "{ $get_input: number }", "wrong-type"),
      ("integer", "{ $get_input: [ point, z ] }", "unknown-property"),
      ("string", "{ $get_input: [ names, x ] }", "wrong-arguments"),
      ("string", "{ $get_property: [ SELF, x ] }", "unknown-property"),
      ("string", "{ $get_property: [ SELF, state ] }", "unknown-property"),
      ("string", "{ $get_property: [ SELF ] }", "wrong-arguments"),
      ("string", "{ $get_property: s }", "wrong-arguments"),
      ("string", "{ $get_property: [ SELF, c, port ] }", "unknown-property"),
      ("string", "{ $get_property: [ nobody, s ] }", "unknown-entity"),
      ("string", "{ $get_property: [ HOST, s ] }", "unknown-entity"),
      ("string", "{ $get_property: [ TARGET, s ] }", "unknown-entity"),
      ("string", "{ $get_property: [ SELF, TARGET, s ] }", "wrong-path"),
      ("string", "{ $get_property: [ SELF, RELATIONSHIP, x, s ] }", "unknown-requirement"),
      ("string", "{ $get_property: [ SELF, CAPABILITY, x, port ] }", "unknown-capability"),
      ("string", "{ $get_property: [ SELF, CAPABILITY, c ] }", "wrong-arguments"),
      ("string", "{ $get_property: [ SELF, i ] }", "wrong-type"),
      ("string", "{ $get_property: [ SELF, string ] }", "function-cycle"),
      ("string", "{ $get_attribute: [ SELF, x ] }", "unknown-attribute"),
      ("string", "{ $get_attribute: [ SELF, count ] }", "wrong-type"),
      ("string", "{ $get_artifact: [ SELF, x ] }", "unknown-artifact"),
      ("string", "{ $get_artifact: [ SELF, file, x ] }", "wrong-arguments"),
      ("integer", "{ $available_allocation: [ SELF, i ] }", "wrong-arguments"),
      ("string", "{ $available_allocation: [ SELF, CAPABILITY, c, name ] }", "wrong-arguments"),
      ("integer", "$relationship_index", "wrong-context"), ("integer", "{ $node_index: [ 1 ] }", "wrong-arguments"),
      ("string", "$value", "wrong-context"), ("string", "$", "malformed-function"),
      ("string", "$a b", "malformed-function"), ("string", "{ $concat: [ a ], b: c }", "malformed-function"),
      ("boolean", "{ $and: [ true ] }", "wrong-arguments"), ("boolean", "{ $or: [ true, x ] }", "wrong-arguments"),
      ("boolean", "{ $and: true }", "wrong-arguments"), ("boolean", "{ $not: [ true, false ] }", "wrong-arguments"),
      ("boolean", "{ $not: [ 1 ] }", "wrong-arguments"), ("boolean", "{ $xor: [ true ] }", "wrong-arguments"),
      ("boolean", "{ $equal: [ 1 ] }", "wrong-arguments"), ("boolean", "{ $equal: [ 1, a ] }", "wrong-arguments"),
      ("boolean", "{ $greater_than: [ true, false ] }", "wrong-arguments"),
      ("boolean", "{ $less_than: [ [ 1 ], [ 2 ] ] }", "wrong-arguments"),
      ("boolean", "{ $greater_than: [ { $get_property: [ SELF, s ] }, 1 ] }", "wrong-arguments"),
      ("boolean", "{ $less_than: [ { $get_property: [ SELF, size ] }, 5 m ] }", "wrong-arguments"),
      ("boolean", "{ $valid_values: [ a, b ] }", "wrong-arguments"),
      ("boolean", "{ $valid_values: [ a, [ 1 ] ] }", "wrong-arguments"),
      ("boolean", "{ $matches: [ 1, a ] }", "wrong-arguments"),
      ("boolean", "{ $matches: [ a, '(' ] }", "wrong-arguments"),
      ("boolean", "{ $has_prefix: [ abc, [ a ] ] }", "wrong-arguments"),
      ("boolean", "{ $contains: [ 1, 1 ] }", "wrong-arguments"),
      ("boolean", "{ $has_entry: [ a, a ] }", "wrong-arguments"),
      ("boolean", "{ $has_key: [ [ a ], a ] }", "wrong-arguments"),
      ("boolean", "{ $has_all_entries: [ [ 1 ], 1 ] }", "wrong-arguments"),
      ("boolean", "{ $has_any_key: [ { a: 1 }, a ] }", "wrong-arguments"),
      ("integer", "{ $length: [ 5 ] }", "wrong-arguments"), ("integer", "{ $length: [ a, b ] }", "wrong-arguments"),
      ("string", "{ $length: [ a ] }", "wrong-type"), ("string", "{ $concat: [] }", "wrong-arguments"),
      ("string", "{ $concat: [ a, 5 ] }", "wrong-arguments"),
      ("string", "{ $concat: [ a, [ b ] ] }", "wrong-arguments"),
      ("string", "{ $join: [ a, b ] }", "wrong-arguments"), ("string", "{ $join: [ [ a, 1 ] ] }", "wrong-arguments"),
      ("string", "{ $token: [ a, ':' ] }", "wrong-arguments"),
      ("string", "{ $token: [ a, ':', x ] }", "wrong-arguments"),
      ("string", "{ $token: [ a, ':', 1 ] }", "wrong-arguments"), ("list", "{ $union: [ a ] }", "wrong-arguments"),
      ("integer", "{ $sum: [] }", "wrong-arguments"), ("integer", "{ $sum: [ 1, a ] }", "wrong-arguments"),
      ("integer", "{ $sum: [ 1, 1.5 ] }", "wrong-type"), ("integer", "{ $difference: [ 1, 2, 3 ] }", "wrong-arguments"),
      ("Size", "{ $sum: [ { $get_property: [ SELF, size ] }, 5 ] }", "wrong-arguments"),
      (
        "Size", "{ $sum: [ { $get_property: [ SELF, size ] }, { $get_property: [ SELF, length ] } ] }",
        "wrong-arguments"
      ),
      ("float", "{ $quotient: [ 1, 0 ] }", "wrong-arguments"), ("integer", "{ $quotient: [ 4, 3 ] }", "wrong-type"),
      ("integer", "{ $remainder: [ 1.5, 2 ] }", "wrong-arguments"), ("integer", "{ $round: [ a ] }", "wrong-arguments"),
      ("integer", "{ $twice: [ a ] }", "wrong-arguments"), ("integer", "{ $twice: [] }", "wrong-arguments"),
      ("integer", "{ $twice: 1 }", "wrong-arguments"), ("string", "{ $twice: [ 1 ] }", "wrong-type"),
      ("string", "{ $pick: [ 1 ] }", "wrong-arguments"), ("string", "{ $pick: [ a, b ] }", "wrong-arguments"),
      ("boolean", "{ $many: [ a ] }", "wrong-arguments"), ("boolean", "{ $many: [ a, 1, b ] }", "wrong-arguments"),
      ("float", "{ $nothing: [ 1 ] }", "wrong-arguments"), ("string", "{ $other:fn: [] }", "unknown-function"),
      ("string", "{ get_input: name }", "wrong-type"),
    ])
  func wrong(type: String, value: String, code: String) throws {
    let errors = try read(type, value).findings.filter { $0.severity == .error }
    #expect(errors.contains { $0.code == code }, "\(errors.map { $0.code + ": " + $0.message })")
    #expect(errors.count <= 2)
  }

  @Test("a name that is nearly a built-in function's is pointed out")
  func misspelt() throws {
    let finding = try read("string", "{ $get_propery: [ SELF, s ] }").findings("unknown-function").first
    #expect(finding?.severity == .warning)
    #expect(finding?.suggestion == "$get_property")
  }

  @Test("properties that look each other up end with a finding")
  func cycle() throws {
    let fixture = try Fixture(
      "tosca_definitions_version: tosca_2_0\n" + Self.types + """
        service_template:
          node_templates:
            a: { type: T, properties: { i: { $sum: [ 1, { $get_property: [ b, i ] } ] } } }
            b: { type: T, properties: { i: { $get_property: [ a, i ] } } }
        """)
    #expect(Set(fixture.read().findings.map(\.code)) == ["function-cycle"])
  }

  @Test("calls that multiply are worked out once each, and their number is bounded")
  func bomb() throws {
    var text = "tosca_definitions_version: tosca_2_0\nnode_types: { T: { properties: { a: { type: string } } } }\n"
    text += "service_template:\n  node_templates:\n    n0: { type: T, properties: { a: x } }\n"
    for level in 1...40 {
      let part = "{ $get_property: [ n\(level - 1), a ] }"
      text += "    n\(level): { type: T, properties: { a: { $concat: [ \(part), \(part), \(part) ] } } }\n"
    }
    let result = try Fixture(text).read(limits: Limits(evaluations: 10_000))
    #expect(result.findings.contains { $0.code == "too-long" })
    #expect(!result.findings.contains { $0.code == "too-many-evaluations" })
    let numbers = text.replacing("string", with: "integer").replacing("a: x", with: "a: 1")
      .replacing("$concat", with: "$product")
    let product = try Fixture(numbers).read(limits: Limits(evaluations: 10_000))
    #expect(product.topology?.nodes.last?.properties["a"]?.content == .integer(1))
    let list = Array(repeating: "{ $concat: [ a, b ] }", count: 200).joined(separator: ", ")
    let many =
      "tosca_definitions_version: tosca_2_0\nservice_template: { node_templates: {}, outputs: { o: [ \(list) ] } }"
    #expect(
      try Fixture(many).read(limits: Limits(evaluations: 100)).findings.contains { $0.code == "too-many-evaluations" })
  }

  @Test(
    "what the standard says of function definitions (10.4)",
    arguments: [
      .keeps(
        "all keynames",
        "f: { description: d, metadata: { a: 1 }, signatures: [ { arguments: [ string ], optional_arguments: [ integer ], "
          + "variadic: true, result: { type: list, entry_schema: string }, implementation: scripts/f.py } ] }"),
      .breaks("missing-key", "signatures are mandatory", "f: { description: d }"),
      .breaks("wrong-syntax", "there is at least one", "f: { signatures: [] }"),
      .breaks("wrong-syntax", "they are a list", "f: { signatures: { a: {} } }"),
      .breaks("wrong-syntax", "arguments are a list", "f: { signatures: [ { arguments: { a: string } } ] }"),
      .breaks("wrong-syntax", "variadic is a Boolean", "f: { signatures: [ { variadic: 'true' } ] }"),
      .breaks("unknown-key", "no other keynames", "f: { signatures: [ { results: string } ] }"),
      .breaks("wrong-syntax", "a name has no `$` (10.1)", "f$g: { signatures: [ {} ] }"),
      .breaks("unknown-type", "the types of arguments exist", "f: { signatures: [ { arguments: [ X ] } ] }"),
      .breaks("unknown-type", "the type of the result exists", "f: { signatures: [ { result: X } ] }"),
    ] as [Rule])
  func definitions(rule: Rule) throws {
    try Rule(testDescription: rule.testDescription, text: "functions: { \(rule.text) }\n", code: rule.code).check()
  }

  @Test(
    "a service template refines functions (10.4)",
    arguments: [
      .keeps("another implementation", "{ signatures: [ { implementation: other.py } ] }"),
      .keeps("a signature that is left, and another one", "{ signatures: [ {}, { arguments: [ string ] } ] }"),
      .breaks("incompatible-refinement", "other arguments", "{ signatures: [ { arguments: [ string ] } ] }"),
      .breaks("incompatible-refinement", "another result", "{ signatures: [ { result: string } ] }"),
    ] as [Rule])
  func refinements(rule: Rule) throws {
    let text = """
      functions: { f: { signatures: [ { arguments: [ integer ], result: integer, implementation: f.py } ] } }
      service_template: { node_templates: {}, functions: { f: \(rule.text) } }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check()
  }

  @Test("functions of a namespace are called by it (10.4)")
  func namespaces() throws {
    let fixture = try Fixture([
      "service.yaml": """
      tosca_definitions_version: tosca_2_0
      imports: [ { url: functions.yaml, namespace: my } ]
      service_template: { node_templates: {}, outputs: { a: { type: integer, value: { $my:twice: [ 1 ] } } } }
      """,
      "functions.yaml": """
      tosca_definitions_version: tosca_2_0
      functions: { twice: { signatures: [ { arguments: [ integer ], result: integer } ] } }
      """,
    ])
    #expect(fixture.read().findings.map(\.message) == [])
  }
}
