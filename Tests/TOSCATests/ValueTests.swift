import Testing

@testable import TOSCA

@Suite("values")
struct ValueTests {
  /// Reads a template with one property of a type and a value; gives the value, or nil and the findings.
  private func read(
    _ schema: String, _ value: String, types: String = ""
  ) throws -> (value: Value?, errors: [Finding]) {
    let fixture = try Fixture(
      service(
        """
        \(types)
        node_types:
          T:
            properties:
              p: { \(schema) }
        topology_template:
          node_templates:
            n:
              type: T
              properties:
                p: \(value)
        """))
    let result = fixture.read()
    return (result.topology?.nodes[0].properties["p"], result.findings.filter { $0.severity == .error })
  }

  @Test(
    "a value of each primitive type is read as one",
    arguments: [
      ("string", "hello", Value.Content.string("hello")), ("string", "\"5\"", .string("5")),
      ("string", "yes", .string("yes")), ("integer", "42", .integer(42)), ("integer", "-7", .integer(-7)),
      ("integer", "0o17", .integer(15)), ("integer", "0xFF", .integer(255)), ("float", "1.5", .float(1.5)),
      ("float", "3", .float(3)), ("float", "1e3", .float(1000)), ("boolean", "true", .boolean(true)),
      ("null", "null", .null), ("timestamp", "2026-01-31T08:00:00Z", .string("2026-01-31T08:00:00Z")),
      ("timestamp", "2024-02-29", .string("2024-02-29")), ("version", "1.10", .string("1.10")),
      ("version", "1.2.3.beta-4", .string("1.2.3.beta-4")), ("range", "[1, 4]", .string("[1, 4]")),
      ("range", "[0, UNBOUNDED]", .string("[0, UNBOUNDED]")),
      ("scalar-unit.size", "4 MiB", .scalar(amount: 4_194_304, text: "4 MiB")),
      ("scalar-unit.size", "10GB", .scalar(amount: 1e10, text: "10GB")),
      ("scalar-unit.time", "1.5 h", .scalar(amount: 5_400, text: "1.5 h")),
      ("scalar-unit.frequency", "2.4 GHz", .scalar(amount: 2.4e9, text: "2.4 GHz")),
      ("scalar-unit.bitrate", "1 MBps", .scalar(amount: 8e6, text: "1 MBps")),
      ("scalar-unit.bitrate", "1 Mbps", .scalar(amount: 1e6, text: "1 Mbps")),
    ])
  func valid(type: String, text: String, expected: Value.Content) throws {
    let (value, errors) = try read("type: \(type)", text)
    #expect(errors.map(\.message) == [])
    #expect(value?.content == expected)
    #expect(value?.place.line == 12)
  }

  @Test(
    "a value that is none of its type is refused in its place",
    arguments: [
      ("string", "5"), ("string", "true"), ("string", "[a]"), ("string", "{a: 1}"), ("string", ""),
      ("integer", "1.5"), ("integer", "\"5\""), ("integer", "99999999999999999999"), ("integer", "x"),
      ("float", "x"), ("float", "[1.0]"), ("boolean", "yes"), ("boolean", "1"), ("boolean", "\"true\""),
      ("timestamp", "2026-13-01"), ("timestamp", "2025-02-29"), ("timestamp", "noon"), ("version", "1"),
      ("version", "1.x"), ("range", "[4, 1]"), ("range", "[1]"), ("range", "4"), ("scalar-unit.size", "4"),
      ("scalar-unit.size", "4 MuB"), ("scalar-unit.size", "MiB"), ("scalar-unit.time", "5 min"),
      ("scalar-unit.bitrate", "1 mbps"), ("scalar-unit.frequency", "1 rpm"), ("list", "a"), ("map", "[a]"),
      ("null", "x"),
    ])
  func invalid(type: String, text: String) throws {
    let (_, errors) = try read("type: \(type)", text)
    #expect(errors.map(\.code) == ["wrong-type"])
    #expect(errors.first?.place.line == 12)
    #expect(errors.first?.expected != nil)
  }

  @Test(
    "constraints are checked",
    arguments: [
      ("type: integer, constraints: [ { in_range: [ 1, 9 ] } ]", "9", "10"),
      ("type: integer, constraints: [ { in_range: [ 1, UNBOUNDED ] } ]", "900", "0"),
      ("type: integer, constraints: [ { greater_than: 1 }, { less_than: 4 } ]", "3", "4"),
      ("type: float, constraints: [ { greater_or_equal: 0.5 } ]", "0.5", "0.4"),
      ("type: string, constraints: [ { valid_values: [ a, b ] } ]", "b", "c"),
      ("type: string, constraints: [ { equal: a } ]", "a", "b"),
      ("type: string, constraints: [ { min_length: 2 }, { max_length: 3 } ]", "äöü", "ä"),
      ("type: string, constraints: [ { length: 3 } ]", "abc", "ab"),
      ("type: string, constraints: [ { pattern: '[a-z]+' } ]", "abc", "ab1"),
      ("type: version, constraints: [ { greater_or_equal: 1.9 } ]", "1.10", "1.8"),
      ("type: scalar-unit.size, constraints: [ { less_or_equal: 1 GiB } ]", "1000 MB", "2 GB"),
      ("type: timestamp, constraints: [ { less_than: 2026-01-01 } ]", "2025-12-31", "2026-01-01T00:00:00Z"),
      ("type: list, entry_schema: string, constraints: [ { max_length: 1 } ]", "[a]", "[a, b]"),
      ("type: list, entry_schema: { type: integer, constraints: [ { in_range: [ 1, 2 ] } ] }", "[1, 2]", "[1, 3]"),
      ("type: map, entry_schema: string, constraints: [ { min_length: 1 } ]", "{a: b}", "{}"),
    ])
  func constraints(schema: String, good: String, bad: String) throws {
    #expect(try read(schema, good).errors.map(\.message) == [])
    #expect(try read(schema, bad).errors.map(\.code) == ["constraint-violated"])
  }

  @Test(
    "a constraint that is none is refused where it is defined",
    arguments: [
      "type: integer, constraints: [ { in_range: [ 9, 1 ] } ]", "type: integer, constraints: [ { in_range: 5 } ]",
      "type: integer, constraints: [ { greater_than: x } ]", "type: integer, constraints: [ { pattern: x } ]",
      "type: boolean, constraints: [ { less_than: true } ]", "type: string, constraints: [ { pattern: '(' } ]",
      "type: string, constraints: [ { max_length: x } ]", "type: integer, constraints: [ { valid_values: 5 } ]",
      "type: integer, constraints: [ { length: 5 } ]",
    ])
  func wrongConstraint(schema: String) throws {
    let errors = try read(schema, "{ get_attribute: [ SELF, p ] }").errors
    #expect(errors.map(\.code) == ["wrong-constraint"])
  }

  private static let types = """
    data_types:
      Port: { derived_from: integer, constraints: [ { in_range: [ 1, 9 ] } ] }
      Low: { derived_from: Port, constraints: [ { less_than: 5 } ] }
      Base: { properties: { a: { type: string }, b: { type: integer, default: 3 } } }
      Deep: { derived_from: Base, properties: { c: { type: Port, required: false } } }
    """

  @Test("a data type's defaults are filled in, and what it derives from counts")
  func complex() throws {
    let (value, errors) = try read("type: Deep", "{ a: x, c: 4 }", types: Self.types)
    #expect(errors.map(\.message) == [])
    #expect(value?.map?.map(\.key) == ["a", "c", "b"])
    #expect(value?["b"]?.integer == 3)
  }

  @Test(
    "a value that does not fit its data type is refused",
    arguments: [
      ("Deep", "{ b: 1 }", "missing-property"), ("Deep", "{ a: x, d: 1 }", "unknown-property"),
      ("Deep", "{ a: x, c: 10 }", "constraint-violated"), ("Deep", "{ a: x, c: y }", "wrong-type"),
      ("Deep", "x", "wrong-type"), ("Low", "5", "constraint-violated"), ("Low", "x", "wrong-type"),
    ])
  func complexMistakes(type: String, text: String, code: String) throws {
    #expect(try read("type: \(type)", text, types: Self.types).errors.map(\.code).contains(code))
  }

  @Test("a default that contains itself is found, and ends")
  func endlessDefault() throws {
    let types = "data_types: { Loop: { properties: { next: { type: Loop, default: {} } } } }"
    #expect(try read("type: Loop", "{}", types: types).errors.contains { $0.code == "too-deep" })
  }
}
