import TOSCA
import Testing

/// What 2.0 says of artifacts, keys, tags and substitution, where readers of it often differ.
@Suite("details of TOSCA 2.0")
struct Version2DetailTests {
  private func read(_ text: String) throws -> ReadResult {
    try Fixture("tosca_definitions_version: tosca_2_0\n" + text).read()
  }

  @Test("`SELF` in the properties of an artifact is its node (10.3, 12.2)")
  func artifacts() throws {
    let result = try read(
      """
      artifact_types: { B: { properties: { h: { type: string } } } }
      node_types:
        N:
          properties: { h: { type: string, default: x } }
          artifacts: { a: { type: B, file: "https://a.b/s", properties: { h: { $get_property: [ SELF, h ] } } } }
      service_template: { node_templates: { n: { type: N } } }
      """)
    #expect(result.errors == [])
    #expect(result.topology?.nodes.first?.artifacts["a"]?.properties["h"]?.content == .string("x"))
  }

  @Test("keys of maps may be what functions give, and are told apart then (10.1)")
  func keys() throws {
    func map(_ entries: String, _ more: String = "") throws -> ReadResult {
      try read(
        """
        node_types: { N: { properties: { p: { type: map, entry_schema: string\(more) } } } }
        service_template: { node_templates: { n: { type: N, properties: { p: { \(entries) } } } } }
        """)
    }
    for more in ["", ", key_schema: string"] {
      let result = try map("{ $concat: [ a, b ] }: one, { $concat: [ c, d ] }: two, $$e: three", more)
      #expect(result.errors == [])
      guard case .map(let entries)? = result.topology?.nodes.first?.properties["p"]?.content else {
        Issue.record("no map")
        return
      }
      #expect(entries.map(\.key) == ["ab", "cd", "$e"])
    }
    #expect(try map("{ $concat: [ a, b ] }: one, ab: two").errors.first?.hasPrefix("duplicate-key") == true)
    #expect(try map("ab: one, { $concat: [ a, b ] }: two").errors.first?.hasPrefix("duplicate-key") == true)
    #expect(try map("{ $concat: [ a, { $get_property: [ nowhere, p ] } ] }: one").errors.isEmpty == false)
  }

  @Test("an escaped dollar sign in a key is one, also where no schema says what the value is (10.1)")
  func escaped() throws {
    let result = try read("service_template: { node_templates: {}, outputs: { u: { value: { $$a: $$b } } } }")
    guard case .map(let entries)? = result.topology?.outputs["u"]?.content else {
      Issue.record("\(result.findings.map(\.message))")
      return
    }
    #expect(entries.map(\.key) == ["$a"] && entries.first?.value.content == .string("$b"))
  }

  @Test("dates have no tag of YAML's (9.1.2.1), which 1.3 lets pass")
  func tags() throws {
    let types = "node_types: { N: { properties: { p: { type: timestamp } } } }\n"
    let nodes = "node_templates: { n: { type: N, properties: { p: !!timestamp 2020-01-01T00:00:00Z } } }"
    #expect(try read(types + "service_template: { \(nodes) }").findings("unknown-tag").count == 1)
    #expect(try Fixture(service(types + "topology_template: { \(nodes) }")).read().findings("unknown-tag").isEmpty)
  }

  @Test("node filters are evaluated for the nodes of a template with a count (8.6)")
  func counted() throws {
    func targets(_ small: String, _ more: String, _ assignment: String = "") throws -> ReadResult {
      try read(
        """
        capability_types: { C: { properties: { cpu: { type: integer, default: 4 } } } }
        relationship_types: { R: {} }
        node_types:
          H: { capabilities: { c: C } }
          A:
            requirements:
              - h:
                  capability: C
                  relationship: R
                  node: H
                  count_range: [ 1, 1 ]
                  node_filter: { $greater_or_equal: [ { $get_property: [ SELF, CAPABILITY, cpu ] }, 8 ] }
        service_template:
          node_templates:
            small: { type: H, count: 2\(small) }
        \(more)
            a: { type: A\(assignment) }
        """)
    }
    let none = try targets("", "")
    #expect(none.topology?.nodes.last?.requirements.first?.target == nil && !none.findings.isEmpty)
    #expect(try targets("", "", ", requirements: [ { h: small } ]").findings("filter-not-met").count == 1)
    let large = "    large: { type: H, capabilities: { c: { properties: { cpu: 16 } } } }"
    let result = try targets("", large)
    #expect(result.topology?.nodes.first { $0.name == "a" }?.requirements.first?.target == "large")
    let numbered = try targets(", capabilities: { c: { properties: { cpu: { $product: [ 8, $node_index ] } } } }", "")
    #expect(numbered.errors == [])
  }

  @Test("what is not known yet of another node is said by the way to it, not by its own keywords")
  func unresolved() throws {
    let result = try read(
      """
      node_types: { K: { properties: { q: { type: string }, r: { type: string, default: { $concat: [ x, { $get_property: [ SELF, q ] } ] } } } } }
      service_template:
        inputs: { q: { type: string } }
        node_templates:
          k: { type: K, properties: { q: { $get_input: q } } }
          m: { type: K, properties: { q: { $get_property: [ k, r ] } } }
      """)
    guard case .unresolved(let function, let arguments)? = result.topology?.nodes.last?.properties["q"]?.content else {
      Issue.record("\(result.findings.map(\.message))")
      return
    }
    #expect(function == "$get_property")
    guard case .list(let items) = arguments.content else { return }
    #expect(items.map(\.content) == [.string("k"), .string("r")])
  }

  @Test("requirements that are mapped lead where those of the substituted node do, and nowhere inside (15.5.4)")
  func mapped() throws {
    let fixture = try Fixture([
      "types.yaml": """
      tosca_definitions_version: tosca_2_0
      capability_types: { F: {} }
      relationship_types: { D: {} }
      node_types:
        Micro: { requirements: [ { on: { capability: F, relationship: D, count_range: [ 1, 1 ] } } ] }
        Cluster: { capabilities: { f: F } }
        Pod:
          capabilities: { f: F }
          requirements: [ { cluster: { capability: F, relationship: D, count_range: [ 1, 1 ] } } ]
      """,
      "inner.yaml": """
      tosca_definitions_version: tosca_2_0
      imports: [ types.yaml ]
      service_template:
        substitution_mappings: { node_type: Micro, requirements: [ { on: [ [ p, cluster ], [ q, cluster ] ] } ] }
        node_templates: { p: { type: Pod }, q: { type: Pod } }
      """,
      "service.yaml": """
      tosca_definitions_version: tosca_2_0
      imports: [ types.yaml, inner.yaml ]
      service_template:
        node_templates:
          c: { type: Cluster }
          m: { type: Micro, directives: [ substitute ], requirements: [ { on: c } ] }
      """,
    ])
    let result = fixture.read()
    #expect(result.errors == [])
    let substitution = try #require(result.topology?.nodes.first { $0.name == "m" }?.substitution)
    #expect(substitution.topology.nodes.flatMap(\.requirements).compactMap(\.target).isEmpty)
    #expect(substitution.links.map(\.node).sorted() == ["p", "q"])
  }
}
