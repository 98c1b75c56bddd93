import TOSCA
import Testing

/// What 1.3 says of constraints, refinements, copies, keywords and filters, where readers of it often differ.
@Suite("details of TOSCA 1.3")
struct DetailTests {
  static let types = """
    node_types:
      Base:
        properties:
          size: { type: integer, default: 2 }
          name: { type: string, required: false }
        capabilities:
          host: { type: tosca.capabilities.Compute }

    """

  @Test(
    "what the standard allows is let pass",
    arguments: [
      (
        "a constraint without an operator",
        "node_types: { A: { properties: { n: { type: integer, constraints: [ 7 ], default: 7 } } } }"
      ),
      (
        "a refinement without a type",
        types + "  B: { derived_from: Base, properties: { size: { constraints: [ in_range: [ 1, 5 ] ] } } }"
      ),
      ("a refinement that fixes the value", types + "  B: { derived_from: Base, properties: { size: { value: 4 } } }"),
      (
        "a capability's property with another default",
        types
          + "  B: { capabilities: { c: { type: tosca.capabilities.Compute, properties: { num_cpus: { default: 4 } } } } }"
      ),
      ("an output that is a value", "topology_template: { outputs: { answer: 42, list: [ 1 ] } }"),
      (
        "an output that is a function",
        "topology_template: { inputs: { x: { type: string, default: a } }, outputs: { g: { get_input: x } } }"
      ),
      ("a tagged integer", "topology_template: { inputs: { b: { type: integer, default: !!int \"3\" } } }"),
      (
        "a filter without an operator",
        """
        topology_template:
          node_templates:
            s: { type: tosca.nodes.Compute, capabilities: { os: { properties: { type: linux } } } }
            a:
              type: tosca.nodes.SoftwareComponent
              requirements:
                - host:
                    node: tosca.nodes.Compute
                    node_filter: { capabilities: [ { os: { properties: [ { type: linux } ] } } ] }
        """
      ),
      (
        "a name that is both a capability and a requirement",
        """
        node_types:
          P: { properties: { region: { type: string } }, capabilities: { host: { type: tosca.capabilities.Compute } } }
          D:
            properties: { region: { type: string, default: { get_property: [ SELF, host, region ] } } }
            capabilities: { host: { type: tosca.capabilities.Compute } }
            requirements:
              - host: { capability: tosca.capabilities.Compute, relationship: tosca.relationships.HostedOn }
        topology_template:
          node_templates:
            p: { type: P, properties: { region: eu } }
            d: { type: D, requirements: [ { host: p } ] }
        """
      ),
    ])
  func allowed(what: String, text: String) throws {
    let result = try Fixture(service(text)).read()
    #expect(result.errors == [], "\(what): \(result.findings.map(\.message))")
  }

  @Test(
    "what it does not allow is found",
    arguments: [
      (
        "a value that breaks a constraint without an operator", "constraint-violated",
        "node_types: { A: { properties: { n: { type: integer, constraints: [ 7 ], default: 8 } } } }"
      ),
      ("a property without a type", "missing-key", "node_types: { A: { properties: { n: { constraints: [ 7 ] } } } }"),
      (
        "a fixed value of what refines nothing", "unknown-key",
        "node_types: { A: { properties: { n: { type: integer, value: 4 } } } }"
      ),
      (
        "a refinement by another type", "incompatible-refinement",
        types + "  B: { derived_from: Base, properties: { size: { type: string } } }"
      ),
      (
        "a copy of a copy", "copied-copy",
        "topology_template: { node_templates: { a: { type: tosca.nodes.Root }, b: { copy: a }, c: { copy: b } } }"
      ),
      (
        "`SELF` in an output", "wrong-context",
        "topology_template: { outputs: { q: { value: { get_property: [ SELF, x ] } } } }"
      ),
      (
        "`HOST` in an output", "wrong-context",
        "topology_template: { outputs: { q: { value: { get_attribute: [ HOST, x ] } } } }"
      ),
      (
        "an interface without a type", "missing-key",
        "node_types: { A: { derived_from: tosca.nodes.Root, interfaces: { X: { operations: { a: c.sh } } } } }"
      ),
      (
        "a time that is none", "wrong-syntax",
        """
        topology_template:
          node_templates:
            c:
              type: tosca.nodes.Compute
              interfaces: { Standard: { operations: { create: { implementation: { primary: x.sh, timeout: soon } } } } }
        """
      ),
      (
        "bounds the wrong way round", "wrong-type",
        "topology_template: { inputs: { g: { type: range, default: [ 9, 3 ] } } }"
      ),
      (
        "a filter with a bound that is none", "wrong-constraint",
        """
        topology_template:
          node_templates:
            s: { type: tosca.nodes.Compute }
            a:
              type: tosca.nodes.SoftwareComponent
              requirements:
                - host:
                    node: tosca.nodes.Compute
                    node_filter: { capabilities: [ { host: { properties: [ { mem_size: { greater_than: abc } } ] } } ] }
        """
      ),
    ])
  func found(what: String, code: String, text: String) throws {
    let result = try Fixture(service(text)).read()
    let codes = result.findings.filter { $0.severity == .error }.map(\.code)
    #expect(codes.contains(code), "\(what): \(result.findings.map { "\($0.code): \($0.message)" })")
  }

  @Test("what a filter asks for that nodes do not have is a warning")
  func filters() throws {
    let result = try Fixture(
      service(
        """
        topology_template:
          node_templates:
            s: { type: tosca.nodes.Compute }
            a:
              type: tosca.nodes.SoftwareComponent
              requirements:
                - host:
                    node: s
                    node_filter:
                      properties: [ { zz: { equal: 1 } } ]
                      capabilities: [ { hst: { properties: [ { num_cpus: 1 } ] } } ]
        """)
    ).read()
    #expect(result.findings("unknown-property").map(\.severity) == [.warning])
    #expect(result.findings("unknown-capability").map(\.suggestion) == ["host"])
  }

  @Test("a refinement that fixes a value gives it to the nodes")
  func fixed() throws {
    let text =
      Self.types + "  B: { derived_from: Base, properties: { size: { value: 4 }, name: { default: fixed } } }\n"
      + "topology_template: { node_templates: { b: { type: B } } }"
    let node = try #require(try Fixture(service(text)).read().topology?.nodes.first)
    #expect(node.properties["size"]?.content == .integer(4) && node.properties["name"]?.content == .string("fixed"))
  }
}
