import Testing

@testable import TOSCA

@Suite("TOSCA 2.0: capabilities and requirements (8)")
struct RequirementRuleTests {
  private static let types = """
    capability_types:
      C: { properties: { size: { type: integer, default: 4 }, name: { type: string, default: x } } }
      D: { derived_from: C, valid_source_node_types: [ S ], valid_relationship_types: [ R ] }
      E: {}
    relationship_types:
      R: { properties: { p: { type: string, default: x } }, attributes: { a: { type: string } } }
      Q: { derived_from: R }
      O: { valid_capability_types: [ E ] }
      N: { valid_source_node_types: [ V ], valid_target_node_types: [ V ] }

    """

  @Test(
    "what the standard says of capability definitions",
    arguments: [
      .keeps(
        "a capability refines what its type has (8.2)",
        "S: {}\n T: { capabilities: { c: { type: C, properties: { size: { default: 5 } }, metadata: { a: 1 } } } }"),
      .keeps("the short form is the type (8.2)", "S: {}\n T: { capabilities: { c: C } }"),
      .breaks("missing-key", "the type is mandatory (8.2)", "S: {}\n T: { capabilities: { c: { description: d } } }"),
      .breaks("unknown-type", "the type is a capability type (8.2)", "S: {}\n T: { capabilities: { c: R } }"),
      .breaks(
        "unknown-property", "no property is added (8.2)",
        "S: {}\n T: { capabilities: { c: { type: C, properties: { q: { type: string } } } } }"),
      .breaks(
        "unknown-attribute", "no attribute is added (8.2)",
        "S: {}\n T: { capabilities: { c: { type: C, attributes: { q: { type: string } } } } }"),
      .breaks(
        "unknown-key", "there are no occurrences (8.2)",
        "S: {}\n T: { capabilities: { c: { type: C, occurrences: [ 0, 1 ] } } }"),
      .breaks(
        "incompatible-refinement", "the list of sources is narrowed (8.2)",
        "S: {}\n V: {}\n T: { capabilities: { c: { type: D, valid_source_node_types: [ V ] } } }"),
      .breaks(
        "incompatible-refinement", "the list of relationships is narrowed (8.2)",
        "S: {}\n T: { capabilities: { c: { type: D, valid_relationship_types: [ N ] } } }\n V: {}"),
      .keeps(
        "a refinement may leave the type (8.2.1)",
        "S: {}\n T: { capabilities: { c: C } }\n U: { derived_from: T, capabilities: { c: { description: d } } }"),
      .keeps(
        "a refinement may derive the type (8.2.1)",
        "S: {}\n T: { capabilities: { c: C } }\n U: { derived_from: T, capabilities: { c: D } }"),
      .breaks(
        "incompatible-refinement", "a refinement has no other type (8.2.1)",
        "S: {}\n T: { capabilities: { c: C } }\n U: { derived_from: T, capabilities: { c: E } }"),
    ] as [Rule])
  func capabilities(rule: Rule) throws {
    try rule.check(with: Self.types.replacing("[ V ]", with: "[ S ]") + "node_types:\n ")
  }

  @Test(
    "what the standard says of requirement definitions",
    arguments: [
      .keeps(
        "a requirement has these keynames (8.4)",
        "{ capability: C, relationship: { type: R, description: d, properties: { p: { default: y } }, "
          + "attributes: { a: { default: b } } }, node: T, count_range: [ 1, UNBOUNDED ], description: d, "
          + "metadata: { a: 1 }, node_filter: { $equal: [ { $get_property: [ SELF, CAPABILITY, size ] }, 4 ] } }"),
      .breaks("missing-key", "the capability is mandatory (8.4)", "{ relationship: R }"),
      .breaks("missing-key", "the relationship is mandatory (8.4)", "{ capability: C }"),
      .breaks("unknown-type", "the capability exists (8.4)", "{ capability: X, relationship: R }"),
      .breaks("unknown-type", "the relationship exists (8.4)", "{ capability: C, relationship: X }"),
      .breaks("unknown-type", "the node type exists (8.4)", "{ capability: C, relationship: R, node: X }"),
      .keeps("a capability of the node type may be named (8.4)", "{ capability: c, relationship: R, node: T }"),
      .breaks(
        "unknown-type", "a capability is named only with a node type (8.4)", "{ capability: c, relationship: R }"),
      .breaks(
        "wrong-target", "the node type has such a capability (8.4)", "{ capability: E, relationship: R, node: T }"),
      .breaks("wrong-syntax", "a range has two bounds (8.4)", "{ capability: C, relationship: R, count_range: [ 1 ] }"),
      .breaks(
        "wrong-syntax", "a range is of integers (8.4)",
        "{ capability: C, relationship: R, count_range: [ 1.0, 2.0 ] }"),
      .breaks("wrong-syntax", "a range goes up (8.4)", "{ capability: C, relationship: R, count_range: [ 2, 1 ] }"),
      .breaks(
        "unknown-key", "there are no occurrences (8.4)",
        "{ capability: C, relationship: R, occurrences: [ 0, 1 ] }"),
      .breaks(
        "unknown-property", "no property of the relationship is added (8.4)",
        "{ capability: C, relationship: { type: R, properties: { q: { type: string } } } }"),
      .breaks(
        "unknown-interface", "no interface of the relationship is added (8.4)",
        "{ capability: C, relationship: { type: R, interfaces: { i: { type: I } } } }"),
      .breaks(
        "wrong-syntax", "a node filter is a condition (8.6)",
        "{ capability: C, relationship: R, node_filter: [ a ] }"),
      .breaks(
        "wrong-type", "a node filter gives a Boolean (8.6)",
        "{ capability: C, relationship: R, node_filter: { $sum: [ 1, 2 ] } }"),
      .breaks(
        "incompatible-types", "the relationship takes the capability (7.3)", "{ capability: C, relationship: O }"),
      .breaks("incompatible-types", "the relationship takes the source (7.3)", "{ capability: C, relationship: N }"),
      .breaks("incompatible-types", "the capability takes the source (8.1)", "{ capability: D, relationship: R }"),
    ] as [Rule])
  func definitions(rule: Rule) throws {
    let text = """
      interface_types: { I: {} }
      node_types:
        S: {}
        V: {}
        T: { capabilities: { c: C } }
        W: { requirements: [ { r: \(rule.text) } ] }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check(with: Self.types)
  }

  @Test("the same requirement is defined once (7.1)")
  func unique() throws {
    let twice = "{ r: { capability: E, relationship: R } }, { r: { capability: E, relationship: R } }"
    try Rule.breaks("duplicate-name", "", "node_types: { S: {}, V: {}, T: { requirements: [ \(twice) ] } }\n")
      .check(with: Self.types)
  }

  @Test(
    "what the standard says of requirement refinements (8.4.1)",
    arguments: [
      .keeps("nothing need be said again", "{ description: d }"),
      .keeps("the same may be said again", "{ capability: C, relationship: R, node: T, count_range: [ 1, 4 ] }"),
      .keeps("types may be derived", "{ capability: D, relationship: Q, node: U, count_range: [ 2, 3 ] }"),
      .breaks("incompatible-refinement", "the capability", "{ capability: E, relationship: R, node: X }"),
      .breaks("incompatible-refinement", "the relationship", "{ relationship: P }"),
      .breaks("incompatible-refinement", "the node type", "{ node: X }"),
      .breaks("incompatible-refinement", "a higher count", "{ count_range: [ 1, 5 ] }"),
      .breaks("incompatible-refinement", "no bound", "{ count_range: [ 1, UNBOUNDED ] }"),
      .breaks("incompatible-refinement", "a lower count", "{ count_range: [ 0, 4 ] }"),
    ] as [Rule])
  func refinements(rule: Rule) throws {
    let text = """
      capability_types: { C: {}, D: { derived_from: C }, E: {} }
      relationship_types: { R: {}, Q: { derived_from: R }, P: {} }
      node_types:
        T: { capabilities: { c: C } }
        U: { derived_from: T, capabilities: { c: D } }
        X: { capabilities: { c: C, e: E } }
        A: { requirements: [ { r: { capability: C, relationship: R, node: T, count_range: [ 1, 4 ] } } ] }
        B: { derived_from: A, requirements: [ { r: \(rule.text) } ] }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check()
  }

  @Test(
    "what the standard says of requirement assignments (8.5)",
    arguments: [
      .keeps("the short form is a node template (8.5.2)", "[ { r: t } ]"),
      .keeps("it may be one of several nodes (14.3.4)", "[ { r: [ t, 0 ] } ]"),
      .keeps("a target may be left open (8.5)", "[ { r: {} } ]"),
      .keeps("a requirement need not be assigned (8.5.4)", "[]"),
      .keeps(
        "an assignment has these keynames (8.5.1)",
        "[ { r: { node: [ t, $node_index ], capability: c, relationship: { type: Q, properties: { p: y }, "
          + "attributes: { a: b } }, allocation: { size: 2 }, count: 1, optional: false, "
          + "directives: [ internal, external ], node_filter: { $equal: [ { $get_property: [ SELF, TARGET, v ] }, 1 ] } } } ]"
      ),
      .breaks("unknown-requirement", "a requirement is one of the type's", "[ { q: t } ]"),
      .breaks("unknown-target", "a target exists", "[ { r: x } ]"),
      .breaks("wrong-target", "a target has the type that is asked for", "[ { r: other } ]"),
      .breaks("unknown-capability", "a capability is one of the target's", "[ { r: { node: t, capability: x } } ]"),
      .breaks(
        "wrong-capability", "a capability type derives from the definition's",
        "[ { r: { node: T, capability: E } } ]"),
      .breaks(
        "wrong-relationship", "a relationship's type derives from the definition's",
        "[ { r: { node: t, relationship: P } } ]"),
      .breaks("unknown-relationship", "a relationship exists", "[ { r: { node: t, relationship: X } } ]"),
      .breaks("wrong-type", "an allocation is of a number (8.5.5)", "[ { r: { node: t, allocation: { name: x } } } ]"),
      .breaks(
        "wrong-type", "an allocation has the property's type (8.5.5)",
        "[ { r: { node: t, allocation: { size: many } } } ]"),
      .breaks("wrong-syntax", "a count is not negative", "[ { r: { node: t, count: -1 } } ]"),
      .breaks("wrong-syntax", "a count is an integer", "[ { r: { node: t, count: many } } ]"),
      .breaks("wrong-syntax", "an index is not negative", "[ { r: { node: [ t, -1 ] } } ]"),
      .breaks("wrong-syntax", "an index stands alone", "[ { r: { node: [ t, 1, 2 ] } } ]"),
      .breaks("wrong-syntax", "optional is a Boolean", "[ { r: { node: t, optional: maybe } } ]"),
      .breaks("unknown-value", "directives are known", "[ { r: { node: t, directives: [ inside ] } } ]"),
      .breaks("unknown-key", "there are no occurrences", "[ { r: { node: t, occurrences: [ 1, 1 ] } } ]"),
      .breaks("wrong-type", "a node filter gives a Boolean", "[ { r: { node: t, node_filter: { $length: [ a ] } } } ]"),
      .breaks("wrong-syntax", "requirements are a list", "{ r: t }"),
      .breaks("too-many-requirements", "counts stay in the range (8.5.4)", "[ { r: t }, { r: t }, { r: t } ]"),
      .breaks("too-many-requirements", "counts add up (8.5.4)", "[ { r: { node: t, count: 3 } } ]"),
      .breaks(
        "too-few-requirements", "what is not optional stays in the range (8.5.4)",
        "[ { r: { node: t, optional: true } } ]"),
      .breaks("too-few-requirements", "a count of nothing meets nothing (8.5.4)", "[ { r: { node: t, count: 0 } } ]"),
    ] as [Rule])
  func assignments(rule: Rule) throws {
    let text = """
      relationship_types: { R: { properties: { p: { type: string, default: x } }, attributes: { a: { type: string } } },
        Q: { derived_from: R }, P: {} }
      capability_types:
        C: { properties: { size: { type: integer, default: 4 }, name: { type: string, default: x } } }
        E: {}
      node_types:
        T: { capabilities: { c: C }, properties: { v: { type: integer, default: 1 } } }
        U: {}
        A: { requirements: [ { r: { capability: C, relationship: R, node: T, count_range: [ 1, 2 ] } } ] }
      service_template:
        node_templates:
          t: { type: T }
          other: { type: U }
          a: { type: A, requirements: \(rule.text) }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check()
  }

  @Test(
    "an assignment goes together with the lists of valid types",
    arguments: [
      .keeps("all are valid", "{ node: good, relationship: R }"),
      .breaks(
        "incompatible-types", "the capability takes no such relationship (8.1)", "{ node: picky, relationship: R }"),
      .breaks(
        "incompatible-types", "the relationship takes no such target (7.3)", "{ node: good, relationship: Narrow }"),
    ] as [Rule])
  func validTypes(rule: Rule) throws {
    let text = """
      capability_types: { C: {}, Picky: { derived_from: C, valid_relationship_types: [ Narrow ] } }
      relationship_types: { R: {}, Narrow: { derived_from: R, valid_target_node_types: [ Picky ] } }
      node_types:
        Good: { capabilities: { c: C } }
        Picky: { capabilities: { c: Picky } }
        A: { requirements: [ { r: { capability: C, relationship: R } } ] }
      service_template:
        node_templates:
          good: { type: Good }
          picky: { type: Picky }
          a: { type: A, requirements: [ { r: \(rule.text) } ] }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check()
  }
}
