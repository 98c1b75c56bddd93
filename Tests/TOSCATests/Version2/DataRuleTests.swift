import Testing

@testable import TOSCA

@Suite("TOSCA 2.0: properties, attributes and parameters (9)")
struct DataRuleTests {
  @Test(
    "a value is one of its type, and is not made one (9.1)",
    arguments: [
      ("string", "x", true), ("string", "'5'", true), ("string", "''", true), ("string", "5", false),
      ("string", "1.5", false), ("string", "true", false), ("string", "null", false), ("string", "", false),
      ("string", "yes", true), ("string", "[ x ]", false), ("string", "$$x", true), ("integer", "5", true),
      ("integer", "-5", true), ("integer", "0x1F", true), ("integer", "0o17", true), ("integer", "5.0", false),
      ("integer", "'5'", false), ("integer", "9223372036854775807", true), ("integer", "9223372036854775808", false),
      ("float", "1.5", true), ("float", "1", true), ("float", "1e3", true), ("float", ".inf", true),
      ("float", "-.inf", true), ("float", ".nan", true), ("float", "nan", false), ("float", "'1.5'", false),
      ("float", "0x10", true), ("boolean", "true", true), ("boolean", "false", true), ("boolean", "True", false),
      ("boolean", "yes", false), ("boolean", "'true'", false), ("boolean", "0", false), ("bytes", "'AAAA'", true),
      ("bytes", "''", true), ("bytes", "AAA", false), ("bytes", "null", false), ("bytes", "!!binary AAAA", false),
      ("nil", "null", true), ("nil", "'null'", false), ("nil", "Null", false), ("nil", "x", false),
      ("timestamp", "'2025-04-12T23:20:50.52Z'", true), ("timestamp", "'1996-12-19T16:39:57-08:00'", true),
      ("timestamp", "'1990-12-31T15:59:60-08:00'", true), ("timestamp", "'2001-12-14 21:59:43.10'", false),
      ("timestamp", "'2001-12-14T21:59:43'", false), ("timestamp", "'2001-13-14T21:59:43Z'", false),
      ("timestamp", "'2001-2-14T21:59:43Z'", false), ("timestamp", "'2001-02-29T21:59:43Z'", false),
      ("timestamp", "'2001-12-14T21:59:43+1:00'", false), ("timestamp", "5", false), ("version", "'6.1'", true),
      ("version", "2.0.1", true), ("version", "3.1.0.beta", true), ("version", "1.0.0.alpha-10", true),
      ("version", "6.1", false), ("version", "'6'", false), ("version", "1.0.0.alpha-x", false),
      ("version", "'-1.0'", false),
    ])
  func primitives(type: String, value: String, isValid: Bool) throws {
    let rule = Rule(testDescription: "", text: property("{ type: \(type) }", value), code: isValid ? nil : "wrong-type")
    if value.hasPrefix("!!") {
      try Rule.breaks("unknown-tag", "", rule.text).check()
    } else {
      try rule.check()
    }
  }

  @Test(
    "what the standard says of lists and maps (9.1.3)",
    arguments: [
      .keeps("a list", property("{ type: list, entry_schema: integer }", "[ 1, 2 ]")),
      .keeps("no items", property("{ type: list, entry_schema: integer }", "[]")),
      .breaks("wrong-type", "an item of another type", property("{ type: list, entry_schema: integer }", "[ 1, x ]")),
      .breaks("wrong-type", "a map for a list", property("{ type: list, entry_schema: integer }", "{ a: 1 }")),
      .breaks("wrong-type", "a value for a list", property("{ type: list, entry_schema: integer }", "1")),
      .breaks("wrong-type", "nothing for a list", property("{ type: list, entry_schema: integer }", "null")),
      .keeps("a map", property("{ type: map, entry_schema: integer }", "{ a: 1 }")),
      .breaks("wrong-type", "an entry of another type", property("{ type: map, entry_schema: integer }", "{ a: x }")),
      .breaks("wrong-type", "a list for a map", property("{ type: map, entry_schema: integer }", "[ 1 ]")),
      .breaks("wrong-type", "a key that is no string", property("{ type: map, entry_schema: integer }", "{ 1: 1 }")),
      .keeps("a key in quotes", property("{ type: map, entry_schema: integer }", "{ '1': 1 }")),
      .keeps(
        "nested schemas",
        property("{ type: map, entry_schema: { type: list, entry_schema: string } }", "{ a: [ b ] }")),
      .keeps(
        "keys of a type",
        property(
          "{ type: map, key_schema: { type: string, validation: { $matches: [ $value, '^a' ] } }, entry_schema: integer }",
          "{ ab: 1 }")),
      .breaks(
        "constraint-violated", "a key that does not fulfil its clause",
        property(
          "{ type: map, key_schema: { type: string, validation: { $matches: [ $value, '^a' ] } }, entry_schema: integer }",
          "{ b: 1 }")),
      .bends("untyped-collection", "a list has an entry schema (9.4)", property("{ type: list }", "[]")),
      .bends("untyped-collection", "a map has an entry schema (9.4)", property("{ type: map }", "{}")),
      .bends(
        "untyped-collection", "an inner list has one, too (9.3)",
        property("{ type: list, entry_schema: { type: list } }", "[]")),
      .breaks("wrong-syntax", "others have none (9.4)", property("{ type: string, entry_schema: string }", "x")),
      .breaks(
        "wrong-syntax", "lists have no keys (9.4)",
        property("{ type: list, key_schema: string, entry_schema: string }", "[]")),
      .breaks(
        "wrong-type", "keys are strings (9.3)",
        property("{ type: map, key_schema: integer, entry_schema: string }", "{}")),
      .breaks("unknown-type", "an entry's type exists (9.3)", property("{ type: list, entry_schema: X }", "[]")),
      .breaks(
        "missing-key", "a schema has a type (9.3)",
        property("{ type: list, entry_schema: { description: d } }", "[]")),
      .breaks(
        "unknown-key", "a schema has no default (9.3)",
        property("{ type: list, entry_schema: { type: string, default: x } }", "[]")),
      .breaks(
        "unknown-key", "a schema has no constraints (9.3)",
        property("{ type: list, entry_schema: { type: string, constraints: [] } }", "[]")),
    ] as [Rule])
  func collections(rule: Rule) throws { try rule.check() }

  @Test("the entries of a list without an entry schema may be of any type")
  func untyped() throws {
    let fixture = try Fixture("tosca_definitions_version: tosca_2_0\n" + property("{ type: list }", "[ 1, a ]"))
    #expect(fixture.read().findings.map(\.code) == ["untyped-collection"])
  }

  @Test(
    "what the standard says of data types (9.2)",
    arguments: [
      .keeps("one that derives", "A: { derived_from: string, validation: { $matches: [ $value, a ] } }"),
      .keeps("one with properties", "A: { properties: { p: { type: string } } }"),
      .keeps("one that derives from one", "A: { properties: { p: { type: string } } }\n  B: { derived_from: A }"),
      .keeps("a list", "A: { derived_from: list, entry_schema: string }\n  B: { derived_from: A }"),
      .keeps(
        "a map", "A: { derived_from: map, key_schema: string, entry_schema: { type: list, entry_schema: float } }"),
      .breaks("missing-key", "one of nothing", "A: { description: d }"),
      .breaks("wrong-syntax", "no properties", "A: { properties: {} }"),
      .breaks("unknown-key", "a type has no type", "A: { type: map }"),
      .bends("untyped-collection", "a list has an entry schema", "A: { derived_from: list }"),
      .bends("untyped-collection", "a map has an entry schema", "A: { derived_from: map }"),
      .breaks("wrong-syntax", "others have none", "A: { derived_from: string, entry_schema: string }"),
      .breaks(
        "wrong-syntax", "a list has no keys", "A: { derived_from: list, key_schema: string, entry_schema: string }"),
      .breaks(
        "wrong-syntax", "a built-in type gets no properties",
        "A: { derived_from: string, properties: { p: { type: string } } }"),
      .breaks("reserved-name", "built-in names are reserved (9.1)", "string: { properties: { p: { type: integer } } }"),
      .breaks("unknown-type", "there are no ranges (9.1)", "A: { derived_from: range }"),
      .breaks("unknown-key", "there are no constraints", "A: { derived_from: string, constraints: [ { length: 5 } ] }"),
      .breaks(
        "wrong-type", "a clause gives a Boolean (9.11)",
        "A: { derived_from: string, validation: { $length: [ $value ] } }"),
      .breaks(
        "wrong-arguments", "a clause fits the type (9.2)",
        "A: { derived_from: integer, validation: { $matches: [ $value, a ] } }"),
      .breaks(
        "wrong-arguments", "what is compared has the type (9.2)",
        "A: { derived_from: integer, validation: { $greater_than: [ $value, x ] } }"),
      .breaks(
        "wrong-syntax", "a clause is a function (9.11)",
        "A: { derived_from: string, validation: [ { $equal: [ 1, 1 ] } ] }"),
      .breaks(
        "incompatible-refinement", "an entry schema is refined",
        "A: { derived_from: list, entry_schema: string }\n  B: { derived_from: A, entry_schema: integer }"),
      .keeps(
        "an entry schema may be derived",
        "A: { derived_from: list, entry_schema: string }\n  S: { derived_from: string }\n"
          + "  B: { derived_from: A, entry_schema: S }"),
    ] as [Rule])
  func dataTypes(rule: Rule) throws {
    try Rule(testDescription: rule.testDescription, text: "data_types:\n  " + rule.text + "\n", code: rule.code).check()
  }

  @Test(
    "what the standard says of scalars (9.1.2.2)",
    arguments: [
      .keeps("a number and a unit", property("{ type: L }", "10 m", scalars)),
      .keeps("a prefix", property("{ type: L }", "1.5 km", scalars)),
      .keeps("more white space", property("{ type: L }", "'10   m'", scalars)),
      .keeps("other notations", property("{ type: B }", "0x10 kB", scalars)),
      .breaks("wrong-type", "no unit", property("{ type: L }", "10", scalars)),
      .breaks("wrong-type", "no number", property("{ type: L }", "m", scalars)),
      .breaks("wrong-type", "no white space", property("{ type: L }", "10m", scalars)),
      .breaks("wrong-type", "another unit", property("{ type: L }", "10 s", scalars)),
      .breaks("wrong-type", "another case", property("{ type: L }", "10 M", scalars)),
      .breaks("wrong-type", "a number of another type", property("{ type: B }", "1.5 B", scalars)),
      .breaks("constraint-violated", "a clause in other units", property("{ type: Short }", "2 km", scalars)),
      .keeps("a clause that holds", property("{ type: Short }", "90000 cm", scalars)),
      .breaks("wrong-type", "an abstract type", property("{ type: scalar }", "1 m")),
      .bends("former-type", "a type of 1.3", property("{ type: scalar-unit.size }", "1 MB")),
      .breaks("wrong-type", "a value of a type of 1.3", property("{ type: scalar-unit.size }", "1 s")),
      .breaks("unknown-type", "a type that 1.3 had not", property("{ type: scalar-unit.length }", "1 m")),
    ] as [Rule])
  func scalarValues(rule: Rule) throws { try rule.check() }

  private static let scalars = """
    data_types:
      L: { derived_from: scalar, units: { m: 1 }, prefixes: { '': 1, k: 1000, c: 0.01 } }
      Short: { derived_from: L, validation: { $less_than: [ $value, 1 km ] } }
      B: { derived_from: scalar, data_type: integer, units: { B: 1, kB: 1000 } }
    """

  @Test(
    "what the standard says of the derivation of scalars (9.1.2.2)",
    arguments: [
      .keeps("more units", "{ derived_from: B, units: { MB: 1000000 } }"),
      .keeps("more prefixes", "{ derived_from: L, prefixes: { M: 1000000 } }"),
      .keeps("the same type", "{ derived_from: B, data_type: integer }"),
      .breaks("incompatible-refinement", "another type", "{ derived_from: B, data_type: float }"),
      .breaks("incompatible-refinement", "a derived type", "{ derived_from: B, data_type: I }"),
      .breaks("incompatible-refinement", "another multiplier", "{ derived_from: B, units: { kB: 1024 } }"),
      .breaks("incompatible-refinement", "a canonical unit", "{ derived_from: B, canonical_unit: B }"),
      .breaks("incompatible-refinement", "first prefixes", "{ derived_from: O, prefixes: { '': 1, M: 1000000 } }"),
      .breaks("wrong-scalar", "white space in a unit", "{ derived_from: scalar, units: { 'a b': 1 } }"),
      .breaks(
        "wrong-scalar", "a unit that is not there", "{ derived_from: scalar, units: { a: 1 }, canonical_unit: b }"),
      .breaks("missing-key", "no units", "{ derived_from: scalar }"),
      .breaks("wrong-type", "a multiplier that is no number", "{ derived_from: scalar, units: { a: one } }"),
      .breaks(
        "wrong-type", "a multiplier of another type",
        "{ derived_from: scalar, data_type: integer, units: { a: 1, b: 1.5 } }"),
      .breaks("wrong-syntax", "units that are a list", "{ derived_from: scalar, units: [ a ] }"),
    ] as [Rule])
  func scalarTypes(rule: Rule) throws {
    let text = "\n  I: { derived_from: integer }\n  O: { derived_from: scalar, units: { o: 1 } }\n  X: \(rule.text)\n"
    var errors = Rule(testDescription: rule.testDescription, text: Self.scalars + text, code: rule.code)
    if rule.testDescription == "units that are a list" {
      errors.text = "data_types: { X: { derived_from: scalar, units: [ a ] } }\n"
      let fixture = try Fixture("tosca_definitions_version: tosca_2_0\n" + errors.text)
      #expect(fixture.read().errors.contains { $0.hasPrefix("wrong-syntax") })
      return
    }
    try errors.check()
  }

  @Test(
    "what the standard says of property definitions (9.4)",
    arguments: [
      .keeps(
        "these keynames",
        "p: { type: string, description: d, metadata: { a: 1 }, required: true, default: x, status: supported, "
          + "validation: { $equal: [ $value, x ] } }"),
      .breaks("missing-key", "the type is mandatory", "p: { description: d }"),
      .breaks("unknown-type", "the type exists", "p: { type: X }"),
      .breaks("wrong-syntax", "the type is a string", "p: { type: [ string ] }"),
      .breaks("wrong-type", "the default has the type", "p: { type: integer, default: x }"),
      .breaks("wrong-type", "the fixed value has the type", "p: { type: integer, value: x }"),
      .breaks(
        "constraint-violated", "the default fulfils the clause",
        "p: { type: integer, default: 1, validation: { $greater_than: [ $value, 1 ] } }"),
      .breaks("wrong-syntax", "required is a Boolean", "p: { type: string, required: 'true' }"),
      .breaks("unknown-key", "there are no constraints", "p: { type: string, constraints: [] }"),
      .breaks("missing-key", "the short form is for refinements", "p: x"),
      .breaks(
        "wrong-type", "a clause gives a Boolean (9.11)", "p: { type: string, validation: { $concat: [ $value ] } }"),
      .breaks(
        "wrong-arguments", "a clause fits the type (9.11)",
        "p: { type: list, entry_schema: string, validation: { $greater_than: [ $value, 1 ] } }"),
      .keeps(
        "a clause may look at other properties (9.11)",
        "{ q: { type: integer, default: 1 }, "
          + "p: { type: integer, default: 2, validation: { $greater_or_equal: [ $value, { $get_property: [ SELF, q ] } ] } } }"
      ),
      .breaks(
        "unknown-property", "they exist (9.11)",
        "p: { type: integer, validation: { $equal: [ $value, { $get_property: [ SELF, q ] } ] } }"),
    ] as [Rule])
  func properties(rule: Rule) throws {
    let inner = rule.text.hasPrefix("{") ? rule.text : "{ \(rule.text) }"
    try Rule(
      testDescription: rule.testDescription, text: "node_types: { T: { properties: \(inner) } }\n", code: rule.code
    ).check()
  }

  @Test(
    "what the standard says of property refinements (9.4)",
    arguments: [
      .keeps("the type need not be said again", "{ type: integer }", "{ default: 5 }"),
      .keeps("the short form fixes the value", "{ type: integer }", "5"),
      .keeps("an optional property may become required", "{ type: integer, required: false }", "{ required: true }"),
      .breaks("incompatible-refinement", "a required one stays", "{ type: integer }", "{ required: false }"),
      .breaks("incompatible-refinement", "the type stays", "{ type: integer }", "{ type: string }"),
      .keeps("the type may be derived", "{ type: integer }", "{ type: I }"),
      .breaks("incompatible-refinement", "no ancestor", "{ type: I }", "{ type: integer }"),
      .breaks("fixed-value", "a fixed value stays", "{ type: integer, value: 1 }", "{ value: 2 }"),
      .breaks("fixed-value", "it gets no other default", "{ type: integer, value: 1 }", "{ default: 2 }"),
      .breaks(
        "fixed-value", "nor a clause", "{ type: integer, value: 1 }",
        "{ validation: { $equal: [ $value, 1 ] } }"),
      .keeps("the same is no change", "{ type: integer, value: 1 }", "{ type: integer, value: 1 }"),
      .breaks("wrong-type", "a new default has the type", "{ type: integer }", "{ default: x }"),
      .breaks(
        "constraint-violated", "clauses add up",
        "{ type: integer, validation: { $greater_than: [ $value, 1 ] } }",
        "{ default: 1, validation: { $less_than: [ $value, 5 ] } }"),
      .breaks(
        "incompatible-refinement", "entries stay", "{ type: list, entry_schema: integer }",
        "{ entry_schema: string }"),
      .keeps("entries may be derived", "{ type: list, entry_schema: integer }", "{ entry_schema: I }"),
    ] as [Rule])
  func refinements(rule: Rule) throws { try rule.check() }

  @Test(
    "what the standard says of assignments and attributes (9.5 to 9.7)",
    arguments: [
      .breaks("fixed-value", "a fixed value is not assigned (9.5)", property("{ type: integer, value: 1 }", "1")),
      .breaks(
        "wrong-type", "an optional property is not nothing (9.1.1.6)",
        property("{ type: string, required: false }", "null")),
      .breaks(
        "missing-property", "nil must be given (9.1.1.6)",
        "node_types: { T: { properties: { p: { type: nil } } } }\nservice_template: { node_templates: { n: { type: T } } }\n"
      ),
      .keeps(
        "attributes (9.6)",
        "node_types: { T: { attributes: { a: { type: string, default: x, validation: { $equal: [ $value, x ] } } } } }\n"
      ),
      .breaks(
        "unknown-key", "an attribute is not required (9.6)",
        "node_types: { T: { attributes: { a: { type: string, required: true } } } }\n"),
      .breaks(
        "unknown-key", "an attribute has no fixed value (9.6)",
        "node_types: { T: { attributes: { a: { type: string, value: x } } } }\n"),
      .breaks(
        "wrong-type", "its default has the type (9.6)",
        "node_types: { T: { attributes: { a: { type: integer, default: x } } } }\n"),
      .breaks(
        "missing-key", "its type is mandatory (9.6)", "node_types: { T: { attributes: { a: { description: d } } } }\n"),
    ] as [Rule])
  func assignments(rule: Rule) throws { try rule.check() }

  @Test(
    "what the standard says of parameters (9.8)",
    arguments: [
      .keeps("an input", "inputs: { a: { type: string, default: x, validation: { $equal: [ $value, x ] } } }"),
      .breaks("wrong-type", "its default has the type", "inputs: { a: { type: string, default: 5 } }"),
      .breaks("wrong-syntax", "an input is a map", "inputs: { a: 5 }"),
      .breaks("wrong-syntax", "inputs are a map", "inputs: [ a ]"),
      .breaks("unknown-type", "a type exists", "inputs: { a: { type: X } }"),
      .bends("untyped-collection", "a list has an entry schema", "inputs: { a: { type: list } }"),
      .keeps("an output without a type", "outputs: { a: { value: 5 } }"),
      .keeps("the short form of an output", "outputs: { a: { $concat: [ a, b ] } }"),
      .breaks("wrong-type", "an output has its type", "outputs: { a: { type: string, value: 5 } }"),
      .breaks(
        "wrong-type", "a function gives the type", "outputs: { a: { type: integer, value: { $concat: [ a ] } } }"),
      .breaks("wrong-syntax", "a value and a mapping", "outputs: { a: { value: 5, mapping: [ n, a ] } }"),
      .breaks("wrong-syntax", "a mapping is a list", "inputs: { a: { mapping: x } }"),
    ] as [Rule])
  func parameters(rule: Rule) throws {
    try Rule(
      testDescription: rule.testDescription, text: "service_template:\n  node_templates: {}\n  \(rule.text)\n",
      code: rule.code
    ).check()
  }
}

extension Rule {
  /// A refinement of a property that keeps a rule.
  fileprivate static func keeps(_ rule: String, _ base: String, _ own: String) -> Rule {
    .keeps(rule, refinement(base, own))
  }

  /// A refinement of a property that breaks a rule.
  fileprivate static func breaks(_ code: String, _ rule: String, _ base: String, _ own: String) -> Rule {
    .breaks(code, rule, refinement(base, own))
  }

  private static func refinement(_ base: String, _ own: String) -> String {
    """
    data_types: { I: { derived_from: integer } }
    node_types:
      T: { properties: { p: \(base) } }
      U: { derived_from: T, properties: { p: \(own) } }

    """
  }
}
