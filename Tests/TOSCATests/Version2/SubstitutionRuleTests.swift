import Testing

@testable import TOSCA

@Suite("TOSCA 2.0: multiplicity, substitution, groups and policies (14 to 16)")
struct SubstitutionRuleTests {
  @Test(
    "what the standard says of substitution mappings (15)",
    arguments: [
      .keeps(
        "all keynames",
        "substitution_filter: { $equal: [ { $get_property: [ SELF, p ] }, x ] }, properties: { p: in, "
          + "[ CAPABILITY, c, port ]: number }, attributes: { a: out, [ CAPABILITY, c, used ]: count }, "
          + "capabilities: { c: [ n, c ] }, requirements: [ { r: [ n, r ] } ], interfaces: { i: { o: w } }"),
      .breaks("missing-key", "the node type is mandatory (15.1)", "node_type: ~"),
      .breaks("unknown-key", "no other keynames (15.1)", "properties: { p: in }, nodes: {}"),
      .breaks("unknown-property", "a property is one of the type's (15.2)", "properties: { p: in, x: number }"),
      .breaks("unknown-input", "a property goes to an input (15.2)", "properties: { p: x }"),
      .breaks("wrong-type", "it has the input's type (15.2)", "properties: { p: in, q: number }"),
      .breaks("wrong-syntax", "an input is named (15.2)", "properties: { p: [ in ] }"),
      .breaks("missing-mapping", "required inputs have mappings (15.2)", "properties: {}"),
      .breaks(
        "unknown-attribute", "an attribute is one of the type's (15.3)", "properties: { p: in }, attributes: { x: out }"
      ),
      .breaks("unknown-output", "an output is mapped (15.3)", "properties: { p: in }, attributes: { a: x }"),
      .breaks("wrong-type", "it has the attribute's type (15.3)", "properties: { p: in }, attributes: { a: count }"),
      .breaks(
        "unknown-capability", "a capability is one of the type's (15.4)",
        "properties: { p: in }, capabilities: { x: [ n, c ] }"),
      .breaks(
        "unknown-capability", "it is one of the template's (15.4)",
        "properties: { p: in }, capabilities: { c: [ n, x ] }"),
      .breaks("unknown-node", "the template exists (15.4)", "properties: { p: in }, capabilities: { c: [ x, c ] }"),
      .breaks("wrong-syntax", "a capability goes to a pair (15.4)", "properties: { p: in }, capabilities: { c: n }"),
      .breaks("wrong-syntax", "requirements are a list (15.5)", "properties: { p: in }, requirements: { r: [ n, r ] }"),
      .breaks(
        "unknown-requirement", "a requirement is one of the type's (15.5)",
        "properties: { p: in }, requirements: [ { x: [ n, r ] } ]"),
      .breaks(
        "unknown-requirement", "it is one of the template's (15.5)",
        "properties: { p: in }, requirements: [ { r: [ n, x ] } ]"),
      .keeps(
        "a requirement goes to several (15.5.2)",
        "properties: { p: in }, requirements: [ { r: [ [ n, r ], [ m, r ] ] } ]"),
      .keeps(
        "a requirement goes to a selectable node (15.5.3)", "properties: { p: in }, requirements: [ { r: chosen } ]"),
      .breaks("wrong-mapping", "the node is selectable (15.5.3)", "properties: { p: in }, requirements: [ { r: n } ]"),
      .keeps(
        "mappings have counts (15.5.1)",
        "properties: { p: in }, requirements: [ { [ r, 2 ]: [ n, r ] }, { [ r, UNBOUNDED ]: [ m, r ] } ]"),
      .breaks(
        "wrong-syntax", "a count is a number (15.5)", "properties: { p: in }, requirements: [ { [ r, x ]: [ n, r ] } ]"),
      .breaks(
        "wrong-mapping", "nothing follows what is unbounded (15.5)",
        "properties: { p: in }, requirements: [ { [ r, UNBOUNDED ]: [ n, r ] }, { r: [ m, r ] } ]"),
      .breaks(
        "wrong-mapping", "no more than there can be (15.5.4)",
        "properties: { p: in }, requirements: [ { [ r, 4 ]: [ n, r ] } ]"),
      .breaks(
        "wrong-mapping", "no more that must be met than there are (15.5.4)",
        "properties: { p: in }, requirements: [ { r: [ must, r ] }, { r: [ must, r ] } ]"),
      .breaks(
        "wrong-mapping", "what has a target is not mapped (15.5.4)",
        "properties: { p: in }, requirements: [ { r: [ bound, r ] } ]"),
      .breaks(
        "unknown-interface", "an interface is one of the type's (15.6)",
        "properties: { p: in }, interfaces: { x: { o: w } }"),
      .breaks(
        "unknown-operation", "an operation is one of the interface's (15.6)",
        "properties: { p: in }, interfaces: { i: { x: w } }"),
      .breaks(
        "unknown-workflow", "an operation goes to a workflow (15.6)",
        "properties: { p: in }, interfaces: { i: { o: x } }"),
      .breaks(
        "wrong-type", "a filter gives a Boolean (15.1)",
        "properties: { p: in }, substitution_filter: { $length: [ a ] }"),
    ] as [Rule])
  func substitution(rule: Rule) throws {
    let isWithoutType = rule.text.hasPrefix("node_type")
    let text = """
      interface_types: { I: { operations: { o: {} } } }
      capability_types: { C: { properties: { port: { type: integer, default: 1 } }, attributes: { used: { type: integer } } } }
      relationship_types: { R: {} }
      node_types:
        S:
          properties: { p: { type: string }, q: { type: string, default: x } }
          attributes: { a: { type: string } }
          capabilities: { c: C }
          requirements: [ { r: { capability: C, relationship: R, count_range: [ 1, 3 ] } } ]
          interfaces: { i: { type: I } }
        N: { capabilities: { c: C }, requirements: [ { r: { capability: C, relationship: R } } ] }
        M: { requirements: [ { r: { capability: C, relationship: R, count_range: [ 1, 2 ] } } ] }
      service_template:
        inputs: { in: { type: string }, number: { type: integer, default: 1 } }
        outputs: { out: { type: string, value: x }, count: { type: integer, value: 1 } }
        node_templates:
          n: { type: N }
          m: { type: N }
          must: { type: M }
          bound: { type: N, requirements: [ { r: n } ] }
          chosen: { type: N, directives: [ select ] }
        workflows: { w: { steps: {} } }
        substitution_mappings: { \(isWithoutType ? "properties: { p: in }" : "node_type: S, " + rule.text) }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check()
  }

  @Test("a count may come from an input, an index from a function (14)")
  func multiplicity() throws {
    try Rule.keeps(
      "",
      """
      capability_types: { C: {} }
      relationship_types: { R: {} }
      node_types:
        Right: { capabilities: { c: C } }
        Left:
          properties: { location: { type: string } }
          requirements: [ { uses: { capability: C, relationship: R } } ]
      service_template:
        inputs: { number: { type: integer, default: 2 }, locations: { type: list, entry_schema: string } }
        node_templates:
          right: { type: Right, count: 4 }
          left:
            type: Left
            count: { $get_input: number }
            properties: { location: { $get_input: [ locations, $node_index ] } }
            requirements:
              - uses: [ right, $node_index ]
              - uses: [ right, { $remainder: [ $node_index, { $get_input: number } ] } ]
              - uses: { node: [ right, $relationship_index ], count: { $get_input: number } }

      """
    ).check()
  }

  @Test(
    "what the standard says of groups and policies (16)",
    arguments: [
      .keeps(
        "a group has these keynames (16.2)",
        "groups: { g: { type: G, description: d, metadata: { a: 1 }, properties: { p: x }, attributes: { a: y }, members: [ n ] } }"
      ),
      .keeps(
        "a group may be a member (16.2)", "groups: { g: { type: G, members: [ n ] }, h: { type: G, members: [ g ] } }"),
      .breaks("missing-key", "its type is mandatory (16.2)", "groups: { g: { members: [ n ] } }"),
      .breaks("unknown-type", "its type exists (16.2)", "groups: { g: { type: X } }"),
      .breaks("unknown-member", "members exist (16.2)", "groups: { g: { type: G, members: [ x ] } }"),
      .breaks("wrong-member", "members have the types (16.1)", "groups: { g: { type: G, members: [ o ] } }"),
      .breaks("unknown-key", "a group has no interfaces (16.2)", "groups: { g: { type: G, interfaces: {} } }"),
      .breaks(
        "unknown-attribute", "an attribute is the type's (16.2)", "groups: { g: { type: G, attributes: { b: y } } }"),
      .breaks("wrong-syntax", "groups are a map (6.9.1)", "groups: [ g ]"),
      .keeps(
        "a policy has these keynames (16.4)",
        "policies: [ { p: { type: P, description: d, metadata: { a: 1 }, properties: { p: x }, targets: [ n ], triggers: { t: "
          + "{ description: d, event: e, condition: { $equal: [ 1, 1 ] }, action: [ { call_operation: i.o } ] } } } } ]"
      ),
      .breaks("missing-key", "its type is mandatory (16.4)", "policies: [ { p: { targets: [ n ] } } ]"),
      .breaks("unknown-target", "targets exist (16.4)", "policies: [ { p: { type: P, targets: [ x ] } } ]"),
      .breaks("wrong-target", "targets have the types (16.3)", "policies: [ { p: { type: P, targets: [ o ] } } ]"),
      .breaks(
        "missing-key", "a trigger has an event (16.5)",
        "policies: [ { p: { type: P, triggers: { t: { action: [ { set_state: x } ] } } } } ]"),
      .breaks(
        "missing-key", "a trigger has an action (16.5)",
        "policies: [ { p: { type: P, triggers: { t: { event: e } } } } ]"),
      .breaks(
        "wrong-syntax", "actions are a list (16.5)",
        "policies: [ { p: { type: P, triggers: { t: { event: e, action: { set_state: x } } } } } ]"),
      .breaks(
        "wrong-syntax", "an event is named (16.5)",
        "policies: [ { p: { type: P, triggers: { t: { event: { type: e }, action: [ { set_state: x } ] } } } } ]"),
      .breaks(
        "wrong-type", "a condition gives a Boolean (16.5)",
        "policies: [ { p: { type: P, triggers: { t: { event: e, condition: { $sum: [ 1 ] }, action: [ { set_state: x } ] } } } } ]"
      ),
      .breaks(
        "unknown-key", "there are no schedules (16.5)",
        "policies: [ { p: { type: P, triggers: { t: { event: e, schedule: {}, action: [ { set_state: x } ] } } } } ]"),
      .breaks(
        "unknown-workflow", "a workflow in place exists (13.2.3.4)",
        "policies: [ { p: { type: P, triggers: { t: { event: e, action: [ { inline: x } ] } } } } ]"),
    ] as [Rule])
  func groups(rule: Rule) throws {
    let text = """
      node_types: { N: {}, O: {} }
      group_types:
        G: { members: [ N ], properties: { p: { type: string, default: x } }, attributes: { a: { type: string } } }
      policy_types: { P: { targets: [ N, G ], properties: { p: { type: string, default: x } } } }
      service_template: { node_templates: { n: { type: N }, o: { type: O } }, \(rule.text) }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check()
  }

  @Test(
    "what the standard says of the derivation of group and policy types (16.1 and 16.3)",
    arguments: [
      .keeps("members are narrowed", "group_types: { G: { members: [ N ] }, H: { derived_from: G, members: [ M ] } }"),
      .breaks(
        "incompatible-refinement", "and not widened",
        "group_types: { G: { members: [ N ] }, H: { derived_from: G, members: [ O ] } }"),
      .breaks("unknown-type", "members are node types", "group_types: { G: {}, H: { members: [ G ] } }"),
      .keeps("targets are narrowed", "policy_types: { P: { targets: [ N ] }, Q: { derived_from: P, targets: [ M ] } }"),
      .breaks(
        "incompatible-refinement", "and not widened",
        "policy_types: { P: { targets: [ N ] }, Q: { derived_from: P, targets: [ O ] } }"),
      .keeps(
        "triggers are added",
        "policy_types: { P: { triggers: { t: \(trigger) } }, Q: { derived_from: P, triggers: { u: \(trigger) } } }"),
      .breaks(
        "incompatible-refinement", "and not changed",
        "policy_types: { P: { triggers: { t: \(trigger) } }, Q: { derived_from: P, triggers: { t: { event: f, action: [] } } } }"
      ),
      .breaks("unknown-key", "group types have no interfaces", "group_types: { G: { interfaces: {} } }"),
    ] as [Rule])
  func derivation(rule: Rule) throws {
    try rule.check(with: "node_types: { N: {}, M: { derived_from: N }, O: {} }\n")
  }

  private static let trigger = "{ event: e, action: [ { set_state: x } ] }"
}
