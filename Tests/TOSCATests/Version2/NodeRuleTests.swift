import Testing

@testable import TOSCA

@Suite("TOSCA 2.0: nodes and relationships (7)")
struct NodeRuleTests {
  private static let types = """
    capability_types: { C: {}, D: { derived_from: C }, E: {} }
    relationship_types: { R: { properties: { p: { type: string, default: x } } } }
    node_types:
      T: { properties: { p: { type: string } }, attributes: { a: { type: integer } }, capabilities: { c: C } }
      U: { derived_from: T }
      V: {}

    """

  @Test(
    "what the standard says of node and relationship templates",
    arguments: [
      .keeps(
        "a node template has these keynames (7.2)",
        """
            type: T
            description: some
            metadata: { a: 1 }
            directives: [ select, substitute, create ]
            properties: { p: x }
            attributes: { a: 1 }
            capabilities: { c: {} }
            requirements: []
            interfaces: {}
            artifacts: {}
            count: 2
            node_filter: { $equal: [ { $get_property: [ SELF, p ] }, x ] }
        """),
      .breaks("missing-key", "its type is mandatory (7.2)", "    properties: {}"),
      .breaks("unknown-type", "its type is a node type (7.2)", "    type: C"),
      .breaks("missing-property", "a required property has a value (9.5)", "    type: T"),
      .breaks(
        "unknown-property", "a property is one of the type's (9.5)", "    { type: T, properties: { p: x, q: y } }"),
      .breaks(
        "unknown-attribute", "an attribute is one of the type's (9.7)",
        "    { type: T, properties: { p: x }, attributes: { b: y } }"),
      .breaks(
        "wrong-type", "an attribute has its type (9.7)", "    { type: T, properties: { p: x }, attributes: { a: y } }"),
      .breaks(
        "unknown-value", "directives are known (7.2.1)", "    { type: T, properties: { p: x }, directives: [ make ] }"),
      .breaks(
        "wrong-syntax", "directives are a list (7.2)", "    { type: T, properties: { p: x }, directives: select }"),
      .breaks("wrong-syntax", "a count is not negative (7.2)", "    { type: T, properties: { p: x }, count: -1 }"),
      .breaks("wrong-syntax", "a count is an integer (7.2)", "    { type: T, properties: { p: x }, count: 1.5 }"),
      .breaks("wrong-syntax", "a count is not a string (7.2)", "    { type: T, properties: { p: x }, count: '2' }"),
      .breaks(
        "wrong-type", "a count from a function is an integer (14.1)",
        "    { type: T, properties: { p: x }, count: { $concat: [ a ] } }"),
      .keeps("the properties of a selected node are ignored (7.2.1)", "    { type: T, directives: [ select ] }"),
      .breaks(
        "wrong-syntax", "a node filter is a condition (8.6)",
        "    { type: T, directives: [ select ], node_filter: { properties: [] } }"),
      .breaks(
        "wrong-type", "a node filter gives a Boolean (8.6)",
        "    { type: T, directives: [ select ], node_filter: { $length: [ abc ] } }"),
      .breaks(
        "unknown-capability", "a capability is one of the type's (8.3)",
        "    { type: T, properties: { p: x }, capabilities: { d: {} } }"),
      .breaks(
        "unknown-key", "a capability has no occurrences (8.3)",
        "    { type: T, properties: { p: x }, capabilities: { c: { occurrences: [ 0, 1 ] } } }"),
      .breaks(
        "unknown-value", "a capability is for nodes within or without (8.3)",
        "    { type: T, properties: { p: x }, capabilities: { c: { directives: [ inside ] } } }"),
      .breaks(
        "unknown-key", "a node template has no occurrences (7.2)",
        "    { type: T, properties: { p: x }, occurrences: [ 1, 1 ] }"),
    ] as [Rule])
  func templates(rule: Rule) throws {
    try rule.check(with: Self.types + "service_template:\n  node_templates:\n   n:\n")
  }

  @Test(
    "what the standard says of copies",
    arguments: [
      .keeps(
        "a copy has everything of its source (7.2)",
        "{ node_templates: { a: { type: T, properties: { p: x } }, b: { copy: a, type: T } } }"),
      .breaks(
        "copied-copy", "a source is no copy (7.2)",
        "{ node_templates: { a: { type: T, properties: { p: x } }, b: { type: T, copy: a }, c: { type: T, copy: b } } }"
      ),
      .breaks("unknown-node", "a source exists (7.2)", "{ node_templates: { b: { type: T, copy: a } } }"),
      .keeps(
        "a relationship template may be a copy (7.4)",
        "{ node_templates: {}, relationship_templates: { r: { type: R, properties: { p: y } }, s: { copy: r } } }"),
      .breaks(
        "copied-copy", "its source is no copy (7.4)",
        "{ node_templates: {}, relationship_templates: { r: { type: R }, s: { copy: r }, t: { copy: s } } }"),
      .breaks(
        "unknown-relationship", "its source exists (7.4)",
        "{ node_templates: {}, relationship_templates: { s: { copy: r } } }"),
      .breaks(
        "unknown-property", "its properties are its type's (7.4)",
        "{ node_templates: {}, relationship_templates: { r: { type: R, properties: { q: y } } } }"),
      .breaks(
        "missing-key", "its type is mandatory (7.4)",
        "{ node_templates: {}, relationship_templates: { r: { properties: { p: y } } } }"),
    ] as [Rule])
  func copies(rule: Rule) throws { try rule.check(with: Self.types + "service_template: ") }

  @Test(
    "a derived relationship type narrows what is valid (7.3)",
    arguments: [
      .keeps("the same lists", "S: { derived_from: Q, valid_capability_types: [ C ], valid_source_node_types: [ T ] }"),
      .keeps(
        "derived types",
        "S: { derived_from: Q, valid_capability_types: [ D ], valid_source_node_types: [ U ], "
          + "valid_target_node_types: [ U ] }"),
      .keeps("what its parent leaves open", "S: { derived_from: P, valid_capability_types: [ E ] }"),
      .breaks(
        "incompatible-refinement", "another capability type", "S: { derived_from: Q, valid_capability_types: [ E ] }"),
      .breaks("incompatible-refinement", "another source", "S: { derived_from: Q, valid_source_node_types: [ V ] }"),
      .breaks("incompatible-refinement", "another target", "S: { derived_from: Q, valid_target_node_types: [ V ] }"),
      .breaks("unknown-type", "a node type is no capability type", "S: { valid_capability_types: [ T ] }"),
      .breaks("unknown-type", "a type that is not there", "S: { valid_source_node_types: [ X ] }"),
      .breaks("wrong-syntax", "no list", "S: { valid_source_node_types: T }"),
      .breaks("unknown-key", "the keyname of 1.3", "S: { valid_target_types: [ C ] }"),
    ] as [Rule])
  func narrowing(rule: Rule) throws {
    let base = """
      capability_types: { C: {}, D: { derived_from: C }, E: {} }
      node_types: { T: {}, U: { derived_from: T }, V: {} }
      relationship_types:
        P: {}
        Q: { valid_capability_types: [ C ], valid_source_node_types: [ T ], valid_target_node_types: [ T ] }
        \n
      """
    try Rule(testDescription: rule.testDescription, text: "  " + rule.text + "\n", code: rule.code).check(with: base)
  }
}
