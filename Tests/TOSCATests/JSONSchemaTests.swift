import Testing

@testable import TOSCA

@Suite("the constraint `schema` (1.3, 3.6.3.1)")
struct JSONSchemaTests {
  private func mismatch(_ schema: String, _ value: String) throws -> JSONSchema.Mismatch? {
    let parsed = try #require(JSONSchema.parse(schema, limits: Limits()), "\(schema)")
    let schema = try #require(JSONSchema(parsed))
    let instance = try #require(JSONSchema.parse(value, limits: Limits()), "\(value)")
    return schema.mismatch(in: instance)
  }

  /// A schema, a value that fits, a value that does not, and where it does not.
  private static let keywords: [(String, String, String, String)] = [
    (#"{"type":"integer"}"#, "5.0", "5.5", "$"), (#"{"type":["string","null"]}"#, "null", "1", "$"),
    (#"{"type":"boolean"}"#, "true", #""true""#, "$"), (#"{"enum":["a",2]}"#, "2", #""2""#, "$"),
    (#"{"const":{"a":[1]}}"#, #"{"a":[1.0]}"#, #"{"a":[1,1]}"#, "$"), (#"{"minimum":3}"#, "3", "2", "$"),
    (#"{"exclusiveMaximum":3}"#, "2", "3", "$"), (#"{"multipleOf":0.5}"#, "1.5", "1.2", "$"),
    (#"{"minLength":2}"#, #""ab""#, #""a""#, "$"), (#"{"pattern":"b+"}"#, #""abbc""#, #""ac""#, "$"),
    (#"{"items":{"type":"string"}}"#, #"["a"]"#, #"["a",1]"#, "$[1]"), (#"{"maxItems":1}"#, "[1]", "[1,2]", "$"),
    (#"{"uniqueItems":true}"#, "[1,2]", "[1,2,1.0]", "$[2]"), (#"{"contains":{"const":1}}"#, "[2,1]", "[2]", "$"),
    (#"{"items":[{"type":"string"}],"additionalItems":false}"#, #"["a"]"#, #"["a",1]"#, "$[1]"),
    (#"{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}"#, #"["a",1]"#, #"["a","b"]"#, "$[1]"),
    (#"{"required":["a"]}"#, #"{"a":1}"#, "{}", "$"),
    (#"{"properties":{"a":{"properties":{"b":{"type":"string"}}}}}"#, #"{"a":{"c":1}}"#, #"{"a":{"b":1}}"#, "$.a.b"),
    (#"{"properties":{"a":{}},"additionalProperties":false}"#, #"{"a":1}"#, #"{"a":1,"b":2}"#, "$"),
    (
      #"{"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false}"#, #"{"x-a":1}"#,
      #"{"x-a":"1"}"#, "$.x-a"
    ),
    (#"{"propertyNames":{"maxLength":1}}"#, #"{"a":1}"#, #"{"ab":1}"#, "$.ab"),
    (#"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1,"b":1}"#, #"{"a":1}"#, "$"),
    (#"{"minProperties":1}"#, #"{"a":1}"#, "{}", "$"), (#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, "2", "4", "$"),
    (#"{"anyOf":[{"type":"string"},{"minimum":5}]}"#, "6", "4", "$"),
    (#"{"oneOf":[{"minimum":1},{"minimum":5}]}"#, "2", "6", "$"), (#"{"not":{"type":"string"}}"#, "1", #""a""#, "$"),
    (
      #"{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}"#, #"{"a":1,"b":1}"#, "{}", "$"
    ),
    (
      ##"{"definitions":{"port":{"type":"integer","maximum":65535}},"properties":{"p":{"$ref":"#/definitions/port"}}}"##,
      #"{"p":80}"#, #"{"p":70000}"#, "$.p"
    ),
    (#"{"properties":{"a":false}}"#, #"{"b":1}"#, #"{"a":1}"#, "$.a"),
  ]

  @Test("each keyword says what fits and what does not", arguments: keywords)
  func keyword(_ schema: String, _ good: String, _ bad: String, _ path: String) throws {
    #expect(try mismatch(schema, good) == nil)
    #expect(try mismatch(schema, bad)?.path == path)
  }

  @Test("unknown keywords, `format`, and references that lead elsewhere are passed over")
  func unknown() throws {
    #expect(try mismatch(#"{"format":"email","x":{"type":"string"},"$ref":"https://example.org/s"}"#, "1") == nil)
  }

  @Test("schemas that refer to themselves come to an end")
  func recursive() throws {
    #expect(try mismatch(##"{"$ref":"#"}"##, "1") == nil)
    let tree = ##"{"type":"object","properties":{"next":{"$ref":"#"}}}"##
    #expect(try mismatch(tree, #"{"next":{"next":{"next":1}}}"#)?.path == "$.next.next.next")
    let wide = ##"{"anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}"##
    #expect(try mismatch(wide, "1") == nil)
  }

  @Test("what is no JSON is told from what is", arguments: ["{a: 1}", "{'a': b}", "[1", "yes", "{\"a\": ~}"])
  func notJSON(_ text: String) {
    #expect(JSONSchema.parse(text, limits: Limits()) == nil)
  }

  private static func template(_ type: String, _ schema: String, _ value: String) -> String {
    service(
      """
      node_types:
        N:
          derived_from: tosca.nodes.Root
          properties:
            p: { type: \(type), constraints: [ { schema: \(schema) } ] }
      topology_template:
        node_templates:
          n: { type: N, properties: { p: \(value) } }
      """)
  }

  @Test(
    "a value that does not fit is found where it is",
    arguments: [
      ("string", #"'{"required":["a"]}'"#, #"1️⃣'{"b":1}'"#, "`$`"),
      ("string", #"'{"type":"object"}'"#, "1️⃣'{ a: 1 }'", "not JSON"),
      ("json", #"'{"properties":{"a":{"type":"integer"}}}'"#, #"1️⃣'{"a":"x"}'"#, "`$.a`"),
    ])
  func found(_ type: String, _ schema: String, _ value: String, _ part: String) throws {
    let result = try Fixture(Self.template(type, schema, value)).read()
    let finding = try #require(result.findings("constraint-violated").first, "\(result.findings.map(\.message))")
    #expect(result.errors.count == 1)
    #expect(finding.message.contains(part), "\(finding.message)")
  }

  @Test("a value that fits, a function that is not known yet, and an XML schema are no mistakes")
  func fits() throws {
    for (schema, value) in [
      (#"'{"required":["a"]}'"#, #"'{"a":1}'"#), (#"'{"type":"object"}'"#, "{ get_attribute: [ SELF, tosca_name ] }"),
      ("'<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"/>'", "'<a/>'"),
    ] {
      let result = try Fixture(Self.template("string", schema, value)).read()
      #expect(result.errors == [], "\(result.findings.map(\.message))")
    }
  }

  @Test("an operand that is no schema is found where it is defined")
  func noSchema() throws {
    let result = try Fixture(Self.template("string", "'a schema'", "'1'")).read()
    #expect(result.findings("wrong-constraint").count == 1)
  }
}
