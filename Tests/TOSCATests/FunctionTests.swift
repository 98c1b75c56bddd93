import Testing

@testable import TOSCA

@Suite("functions")
struct FunctionTests {
  private func read(_ value: String, inputs: [String: String] = [:], limits: Limits = Limits()) throws -> ReadResult {
    let fixture = try Fixture(
      service(
        """
        node_types:
          T:
            derived_from: tosca.nodes.Root
            properties:
              p: { type: string, default: "none" }
              q: { type: string, default: a/b/c }
              m: { type: map, entry_schema: string, default: { k: v } }
              n: { type: integer, default: 7 }
            capabilities:
              web: { type: tosca.capabilities.Endpoint }
            requirements:
              - peer: { capability: tosca.capabilities.Endpoint, occurrences: [ 0, 1 ] }
              - host: { capability: tosca.capabilities.Endpoint, occurrences: [ 0, 1 ] }
        topology_template:
          inputs:
            name: { type: string, default: world }
            table: { type: map, entry_schema: string, default: { a: one } }
            number: { type: integer, default: 5 }
            unset: { type: string, required: false }
          node_templates:
            other: { type: T, properties: { p: there }, capabilities: { web: { properties: { port: 80 } } } }
            self:
              type: T
              properties:
                p: \(value)
              requirements: [ { peer: other }, { host: other } ]
        """))
    return fixture.read(inputs: inputs, limits: limits)
  }

  @Test(
    "what is known is evaluated",
    arguments: [
      ("{ get_input: name }", "world"), ("{ get_input: [ table, a ] }", "one"),
      ("{ concat: [ hello, ' ', { get_input: name } ] }", "hello world"),
      ("{ concat: [ { get_input: number }, x ] }", "5x"), ("{ join: [ [ a, b ], '-' ] }", "a-b"),
      ("{ token: [ { get_property: [ SELF, q ] }, '/', 1 ] }", "b"), ("{ get_property: [ SELF, q ] }", "a/b/c"),
      ("{ get_property: [ other, p ] }", "there"), ("{ get_property: [ SELF, m, k ] }", "v"),
      ("{ get_property: [ SELF, peer, p ] }", "there"), ("{ get_property: [ HOST, p ] }", "there"),
      ("{ get_property: [ other, web, protocol ] }", "tcp"),
      ("{ concat: [ { get_property: [ SELF, peer, port ] } ] }", "80"),
    ])
  func known(call: String, expected: String) throws {
    let result = try read(call)
    #expect(result.findings.map(\.message) == [])
    #expect(result.topology?.node("self")?.properties["p"]?.string == expected)
  }

  @Test(
    "what is known only at run time stays a call",
    arguments: [
      ("{ get_attribute: [ SELF, state ] }", "get_attribute"), ("{ get_input: unset }", "get_input"),
      ("{ concat: [ a, { get_attribute: [ other, tosca_id ] } ] }", "concat"),
      ("{ get_operation_output: [ SELF, Standard, create, x ] }", "get_operation_output"),
    ])
  func unresolved(call: String, function: String) throws {
    let result = try read(call)
    #expect(result.findings.map(\.message) == [])
    guard case .unresolved(let name, _)? = result.topology?.node("self")?.properties["p"]?.content else {
      Issue.record("the value is known")
      return
    }
    #expect(name == function)
  }

  @Test(
    "a wrong call is found",
    arguments: [
      ("{ get_imput: name }", "unknown-function", "get_input"), ("{ get_input: nam }", "unknown-input", "name"),
      ("{ get_input: [ table, b ] }", "unknown-property", nil), ("{ get_input: { a: b } }", "wrong-arguments", nil),
      ("{ get_property: [ SELF, r ] }", "unknown-property", nil),
      ("{ get_property: [ othr, p ] }", "unknown-entity", "other"), ("{ get_property: p }", "wrong-arguments", nil),
      ("{ get_property: [ SELF, p ] }", "function-cycle", nil), ("{ get_property: [ SELF, n ] }", "wrong-type", nil),
      ("{ get_input: number }", "wrong-type", nil), ("{ get_attribute: [ SELF, stat ] }", "unknown-attribute", "state"),
      ("{ token: [ a-b, '-', 2 ] }", "wrong-arguments", nil), ("{ token: [ a, b ] }", "wrong-arguments", nil),
      ("{ concat: [] }", "wrong-arguments", nil), ("{ concat: [ [ a ] ] }", "wrong-arguments", nil),
      ("{ get_nodes_of_type: Tt }", "unknown-type", nil), ("{ get_artifact: [ SELF ] }", "wrong-arguments", nil),
      ("{ get_artifact: [ SELF, image ] }", "unknown-artifact", nil),
    ])
  func wrong(call: String, code: String, suggestion: String?) throws {
    let errors = try read(call).findings.filter { $0.severity == .error }
    #expect(errors.map(\.code) == [code])
    if let suggestion { #expect(errors.first?.suggestion == suggestion) }
    #expect(errors.first?.place.line == 26)
  }

  @Test("a cycle of properties ends with a finding")
  func cycle() throws {
    let fixture = try Fixture(
      service(
        """
        node_types:
          T: { properties: { a: { type: string }, b: { type: string } } }
        topology_template:
          node_templates:
            n: { type: T, properties: { a: { get_property: [ SELF, b ] }, b: { get_property: [ m, a ] } } }
            m: { type: T, properties: { a: { get_property: [ n, a ] }, b: x } }
        """))
    #expect(Set(fixture.read().findings.map(\.code)) == ["function-cycle"])
  }

  @Test("an input that is its own default, at whatever distance, is found")
  func inputCycle() throws {
    let fixture = try Fixture(
      service(
        """
        topology_template:
          inputs:
            a: { type: string, default: { get_input: a } }
            b: { type: string, default: { concat: [ { get_input: c } ] } }
            c: { type: string, default: { get_input: b } }
        """))
    #expect(Set(fixture.read().findings.map(\.code)) == ["function-cycle"])
  }

  @Test("functions that multiply are worked out once each, and what they make is bounded")
  func bomb() throws {
    var text = service(
      """
      node_types:
        T: { properties: { a: { type: string } } }
      topology_template:
        node_templates:
          n0: { type: T, properties: { a: xxxxxxxxxx } }

      """)
    for level in 1...40 {
      let part = "{ get_property: [ n\(level - 1), a ] }"
      text += "    n\(level): { type: T, properties: { a: { concat: [ \(part), \(part), \(part) ] } } }\n"
    }
    let result = try Fixture(text).read(limits: Limits(evaluations: 10_000))
    #expect(Set(result.findings.map(\.code)) == ["too-long"])
    #expect(result.topology == nil)
  }

  @Test("a value that many others are made of is worked out once, however many they are")
  func once() throws {
    var text = service(
      """
      node_types:
        T: { properties: { a: { type: string } } }
      topology_template:
        node_templates:
          n0: { type: T, properties: { a: x } }

      """)
    for level in 1...60 {
      let part = "{ get_property: [ n\(level - 1), a ] }"
      text +=
        "    n\(level): { type: T, properties: { a: { token: [ { concat: [ \(part), ';', \(part) ] }, ';', 0 ] } } }\n"
    }
    let result = try Fixture(text).read(limits: Limits(evaluations: 10_000))
    #expect(result.errors == [])
    #expect(result.topology?.nodes.last?.properties["a"]?.content == .string("x"))
  }

  @Test("a value from the command line may be what its schema asks for, without quotes")
  func commandLine() throws {
    #expect(
      try read("{ get_input: name }", inputs: ["name": "8080"]).topology?.node("self")?.properties["p"]?.string
        == "8080")
    #expect(
      try read("{ get_input: name }", inputs: ["name": "*x: ["]).topology?.node("self")?.properties["p"]?.string
        == "*x: [")
    let wrong = try read("x", inputs: ["number": "many", "nmae": "x"])
    #expect(wrong.findings.map(\.code) == ["unknown-input", "wrong-type"])
    #expect(wrong.findings.first?.suggestion == "name")
  }
}
