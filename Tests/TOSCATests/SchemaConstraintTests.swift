import Testing

@testable import TOSCA

@Suite("the constraint `schema`, and JSON as text (Simple Profile 1.3, 3.6.3 and 5.3.2)")
struct SchemaConstraintTests {
  private static let event = """
    { "$schema": "http://json-schema.org/draft-04/schema#", "type": "object",
      "properties": { "uuid": { "type": "string", "pattern": "^[0-9a-f]+$" }, "code": { "type": "integer" },
                      "tags": { "type": "array", "items": { "$ref": "#/definitions/tag" }, "uniqueItems": true } },
      "required": ["uuid", "code"], "additionalProperties": false,
      "definitions": { "tag": { "enum": ["a", "b"] } } }
    """

  /// What is found wrong in a value of a property of a type, with a schema.
  private func mistakes(_ type: String, _ schema: String, _ value: String) throws -> [String] {
    let indented = schema.split(separator: "\n").map { "                " + $0 }.joined(separator: "\n")
    let fixture = try Fixture(
      """
      tosca_definitions_version: tosca_simple_yaml_1_3
      node_types:
        T:
          derived_from: tosca.nodes.Root
          properties:
            p:
              type: \(type)
              constraints:
                - schema: >
      \(indented)
      topology_template:
        node_templates:
          n: { type: T, properties: { p: '\(value)' } }

      """)
    return fixture.read().findings.map { "\($0.code): \($0.message)" }
  }

  @Test(
    "a value that fits is taken, and of one that does not it is said where",
    arguments: [
      (#"{ "uuid": "0a", "code": 5 }"#, nil),
      (#"{ "uuid": "0a", "code": 5, "tags": ["a", "b"] }"#, nil),
      (#"{ "uuid": "0a", "code": "5" }"#, "`/code` is not of the type `integer`"),
      (#"{ "uuid": "0x", "code": 5 }"#, "`/uuid` is not of the form `^[0-9a-f]+$`"),
      (#"{ "uuid": "0a" }"#, "the document lacks `code`"),
      (#"{ "uuid": "0a", "code": 5, "more": 1 }"#, "`/more` must not be there"),
      (#"{ "uuid": "0a", "code": 5, "tags": ["a", "c"] }"#, "`/tags/1` is none of the values that are listed"),
      (#"{ "uuid": "0a", "code": 5, "tags": ["a", "a"] }"#, "`/tags` has an item twice"),
    ])
  func values(value: String, mistake: String?) throws {
    let found = try mistakes("json", Self.event, value)
    #expect(
      found == (mistake.map { ["constraint-violated: property `p` does not fulfil `schema`: \($0)"] } ?? []))
    #expect(try mistakes("string", Self.event, value) == found)
  }

  @Test(
    "keywords of all drafts mean what they say",
    arguments: [
      (#"{ "minimum": 1, "exclusiveMinimum": true }"#, "1.5", "1"), (#"{ "exclusiveMinimum": 1 }"#, "2", "1"),
      (#"{ "multipleOf": 0.1 }"#, "0.3", "0.35"), (#"{ "maxLength": 2 }"#, "\"äb\"", "\"abc\""),
      (#"{ "pattern": "b" }"#, "\"abc\"", "\"ac\""), (#"{ "const": { "a": [1] } }"#, #"{"a":[1.0]}"#, #"{"a":[2]}"#),
      (#"{ "prefixItems": [{ "type": "string" }], "items": false }"#, #"["a"]"#, #"["a", 1]"#),
      (#"{ "contains": { "type": "null" }, "minContains": 2 }"#, "[null, null]", "[null]"),
      (#"{ "patternProperties": { "^x": { "type": "number" } } }"#, #"{"x1":1,"y":""}"#, #"{"x1":""}"#),
      (#"{ "propertyNames": { "maxLength": 1 } }"#, #"{"a":1}"#, #"{"ab":1}"#),
      (#"{ "dependentRequired": { "a": ["b"] } }"#, #"{"a":1,"b":1}"#, #"{"a":1}"#),
      (#"{ "oneOf": [{ "type": "number" }, { "minimum": 5 }] }"#, "4", "6"),
      (#"{ "not": { "type": ["null", "boolean"] } }"#, "1", "true"),
      (#"{ "if": { "required": ["a"] }, "then": { "required": ["b"] } }"#, #"{"c":1}"#, #"{"a":1}"#),
      (##"{ "$ref": "#/$defs/x~1y", "$defs": { "x/y": { "type": "boolean" } } }"##, "false", "0"),
      (#"{ "allOf": [true], "anyOf": [false, { "minItems": 1 }], "unknown": 1 }"#, "[1]", "[]"),
    ])
  func keywords(schema: String, good: String, bad: String) throws {
    #expect(try mistakes("json", schema, good) == [])
    let found = try mistakes("json", schema, bad)
    #expect(found.count == 1 && found[0].hasPrefix("constraint-violated"), "\(found)")
  }

  @Test("a schema that leads into itself for ever is a violation, not a hang")
  func endless() throws {
    let found = try mistakes("json", ##"{ "$ref": "#" }"##, "1")
    #expect(found.count == 1 && found[0].hasPrefix("constraint-violated"), "\(found)")
  }

  @Test("what is no schema is an error at the schema; an XML Schema is not evaluated")
  func schemas() throws {
    #expect(try mistakes("json", "{ \"type\": ", "1").first?.hasPrefix("wrong-constraint") == true)
    #expect(try mistakes("json", "[]", "1").first?.hasPrefix("wrong-constraint") == true)
    #expect(try mistakes("integer", "{}", "1").contains { $0.hasPrefix("wrong-constraint") })
    let unchecked = try mistakes("xml", "<xs:schema/>", "<a/>")
    #expect(unchecked.count == 1 && unchecked[0].hasPrefix("unchecked-schema"), "\(unchecked)")
  }

  @Test(
    "a value of the type `json` is JSON",
    arguments: [
      (#"{ "a": [1, -2.5e3, true, null, "\u00e9\ud83d\ude00"] }"#, true), ("1", true), ("", false), ("{", false),
      ("{ \"a\": 1, }", false), ("[01]", false), ("{ \"a\": 1, \"a\": 2 }", false), ("nul", false), ("[1] 2", false),
    ])
  func json(value: String, isJSON: Bool) throws {
    let found = try mistakes("json", "{}", value)
    #expect(found.isEmpty == isJSON, "\(found)")
    #expect(isJSON || found.contains { $0.hasPrefix("wrong-type: property `p` is no JSON") }, "\(found)")
  }
}
