import Testing

@testable import TOSCA

@Suite("TOSCA 2.0: interfaces, artifacts and workflows (11 to 13)")
struct OperationRuleTests {
  private static let types = """
    interface_types:
      I:
        inputs: { shared: { type: string, default: x } }
        operations:
          start: { inputs: { n: { type: integer } }, outputs: { out: { type: string } } }
          stop: {}
        notifications: { changed: { outputs: { what: { type: string } } } }
      J: { derived_from: I }
      K: {}
    artifact_types: { A: { file_ext: [ sh ], properties: { p: { type: string, default: x } } } }

    """

  @Test(
    "what the standard says of interface types (11.1)",
    arguments: [
      .keeps(
        "all keynames",
        "{ derived_from: I, version: '1.0', inputs: { a: { type: string } }, operations: { o: { description: d } }, "
          + "notifications: { m: {} } }"),
      .breaks("wrong-syntax", "no implementation", "{ operations: { o: { implementation: o.sh } } }"),
      .breaks("wrong-syntax", "not in the short form", "{ operations: { o: o.sh } }"),
      .breaks("wrong-syntax", "nor of notifications", "{ notifications: { o: { implementation: o.sh } } }"),
      .breaks(
        "wrong-syntax", "outputs go nowhere (11.4)",
        "{ operations: { o: { outputs: { a: { mapping: [ SELF, x ] } } } } }"),
      .breaks("unknown-key", "operations are under their keyname", "{ o: {} }"),
      .breaks("wrong-syntax", "operations are a map", "{ operations: [ o ] }"),
      .breaks("unknown-type", "the types of inputs exist", "{ operations: { o: { inputs: { a: { type: X } } } } }"),
      .breaks(
        "wrong-type", "defaults of inputs have the type",
        "{ operations: { o: { inputs: { a: { type: integer, default: x } } } } }"),
      .breaks(
        "incompatible-refinement", "the types of inputs are refined",
        "{ derived_from: I, operations: { start: { inputs: { n: { type: string } } } } }"),
      .breaks(
        "wrong-context", "there is no node yet (11.4)",
        "{ operations: { o: { inputs: { a: { type: string, default: { $get_property: [ SELF, x ] } } } } } }"),
      .breaks("unknown-key", "an operation has no other keynames (11.4)", "{ operations: { o: { script: a } } }"),
    ] as [Rule])
  func interfaceTypes(rule: Rule) throws {
    let text = "  X: \(rule.text)\n"
    let base = Self.types.replacing("  K: {}\n", with: "  K: {}\n" + text)
    try Rule(testDescription: rule.testDescription, text: base, code: rule.code).check()
  }

  @Test(
    "what the standard says of interface definitions (11.2, 11.4 and 11.6)",
    arguments: [
      .keeps(
        "refined operations",
        "{ i: { type: I, description: d, inputs: { more: { type: string } }, operations: { start: { implementation: "
          + "{ primary: { file: 'https://example.org/a.sh', type: A }, dependencies: [ b.sh ] }, "
          + "inputs: { n: { default: 5 }, m: { type: string } }, outputs: { out: { mapping: [ SELF, a ] } } } }, "
          + "notifications: { changed: { implementation: c.sh } } } }"),
      .keeps("the short form of an operation", "{ i: { type: I, operations: { start: start.sh } } }"),
      .keeps(
        "the short form of a parameter (9.8)",
        "{ i: { type: I, operations: { start: { inputs: { n: 5 }, outputs: { out: [ SELF, a ] } } } } }"),
      .breaks("missing-key", "the type is mandatory", "{ i: { operations: {} } }"),
      .breaks("unknown-type", "the type exists", "{ i: { type: X } }"),
      .breaks("unknown-operation", "no operation is added", "{ i: { type: I, operations: { other: {} } } }"),
      .breaks("unknown-operation", "no notification is added", "{ i: { type: I, notifications: { other: {} } } }"),
      .breaks("unknown-operation", "a notification is no operation", "{ i: { type: I, operations: { changed: {} } } }"),
      .breaks("unknown-key", "operations are under their keyname", "{ i: { type: I, start: start.sh } }"),
      .breaks(
        "incompatible-refinement", "the types of inputs are refined",
        "{ i: { type: I, operations: { start: { inputs: { n: { type: string } } } } } }"),
      .breaks(
        "wrong-type", "a fixed value has the type", "{ i: { type: I, operations: { start: { inputs: { n: x } } } } }"),
      .breaks(
        "unknown-attribute", "an output goes to an attribute (9.10)",
        "{ i: { type: I, operations: { start: { outputs: { out: [ SELF, x ] } } } } }"),
      .breaks(
        "unknown-key", "an implementation has no host (11.8)",
        "{ i: { type: I, operations: { start: { implementation: { primary: a.sh, operation_host: SELF } } } } }"),
      .breaks(
        "missing-key", "an artifact in place has a type (12.2)",
        "{ i: { type: I, operations: { start: { implementation: { primary: { file: a.sh } } } } } }"),
      .breaks(
        "unknown-type", "its type exists (12.2)",
        "{ i: { type: I, operations: { start: { implementation: { primary: { file: a.sh, type: X } } } } } }"),
      .breaks(
        "wrong-syntax", "dependencies are a list (11.8)",
        "{ i: { type: I, operations: { start: { implementation: { dependencies: a.sh } } } } }"),
      .breaks("wrong-syntax", "interfaces are a map", "[ i ]"),
      .breaks(
        "unknown-entity", "a type knows no templates (11.4)",
        "{ i: { type: I, operations: { start: { inputs: { n: { $get_property: [ other, p ] } } } } } }"),
    ] as [Rule])
  func interfaceDefinitions(rule: Rule) throws {
    let text = "node_types: { T: { attributes: { a: { type: string } }, interfaces: \(rule.text) } }\n"
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check(with: Self.types)
  }

  @Test("an interface keeps its type, or has one that derives from it (11.2)", arguments: [("J", true), ("K", false)])
  func refinement(type: String, isValid: Bool) throws {
    let text = """
      node_types:
        T: { interfaces: { i: { type: I } } }
        U: { derived_from: T, interfaces: { i: { type: \(type) } } }

      """
    try Rule(testDescription: "", text: text, code: isValid ? nil : "incompatible-refinement").check(with: Self.types)
  }

  @Test(
    "what the standard says of interface assignments (11.3, 11.5 and 11.7)",
    arguments: [
      .keeps(
        "values and mappings",
        "{ inputs: { shared: y, more: z }, operations: { start: { implementation: a.sh, inputs: { n: 5, m: x }, "
          + "outputs: { out: [ SELF, a ] } } }, notifications: { changed: { outputs: { what: [ SELF, a ] } } } }"),
      .breaks("unknown-key", "no type", "{ type: I }"),
      .breaks("unknown-operation", "an operation is one of the type's", "{ operations: { other: {} } }"),
      .breaks("unknown-operation", "a notification is, too", "{ notifications: { other: {} } }"),
      .breaks("wrong-type", "an input has its type", "{ operations: { start: { inputs: { n: x } } } }"),
      .breaks("wrong-type", "an input of all operations has its type", "{ inputs: { shared: 5 } }"),
      .breaks("fixed-value", "a fixed input is not assigned", "{ operations: { stop: { inputs: { fixed: 2 } } } }"),
      .breaks("wrong-syntax", "an output goes to a path", "{ operations: { start: { outputs: { out: a } } } }"),
      .breaks(
        "unknown-attribute", "an output goes to an attribute",
        "{ operations: { start: { outputs: { out: [ SELF, x ] } } } }"),
    ] as [Rule])
  func assignments(rule: Rule) throws {
    let text = """
      node_types:
        T:
          attributes: { a: { type: string } }
          interfaces: { i: { type: I, operations: { stop: { inputs: { fixed: { type: integer, value: 1 } } } } } }
      service_template: { node_templates: { n: { type: T, interfaces: { i: \(rule.text) } } } }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check(with: Self.types)
  }

  @Test(
    "what the standard says of artifacts (12)",
    arguments: [
      .keeps(
        "all keynames",
        "{ type: A, file: 'https://example.org/a.sh', description: d, metadata: { a: 1 }, artifact_version: '1.0', "
          + "checksum: abc, checksum_algorithm: MD5, properties: { p: y } }"),
      .breaks("missing-key", "the type is mandatory", "{ file: 'https://example.org/a.sh' }"),
      .breaks("missing-key", "the file is mandatory", "{ type: A }"),
      .breaks("wrong-syntax", "there is no short form", "'https://example.org/a.sh'"),
      .breaks("unknown-type", "the type exists", "{ type: X, file: 'https://example.org/a.sh' }"),
      .breaks(
        "missing-key", "a checksum has its algorithm",
        "{ type: A, file: 'https://example.org/a.sh', checksum: abc }"),
      .breaks(
        "wrong-syntax", "the version is a string",
        "{ type: A, file: 'https://example.org/a.sh', artifact_version: 1.0 }"),
      .breaks(
        "unknown-key", "there is no deploy path",
        "{ type: A, file: 'https://example.org/a.sh', deploy_path: /a }"),
      .breaks(
        "unknown-property", "a property is one of the type's",
        "{ type: A, file: 'https://example.org/a.sh', properties: { q: y } }"),
      .breaks(
        "wrong-type", "a property has its type",
        "{ type: A, file: 'https://example.org/a.sh', properties: { p: 5 } }"),
    ] as [Rule])
  func artifacts(rule: Rule) throws {
    let text = """
      node_types: { T: {} }
      service_template: { node_templates: { n: { type: T, artifacts: { a: \(rule.text) } } } }

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check(with: Self.types)
  }

  @Test(
    "what the standard says of workflows (13.2)",
    arguments: [
      .keeps(
        "steps",
        "{ description: d, inputs: { v: { type: integer } }, precondition: { $equal: [ { $get_attribute: [ n, a ] }, x ] }, "
          + "steps: { s: { target: n, filter: [ { $equal: [ { $get_attribute: [ SELF, a ] }, x ] } ], activities: [ "
          + "{ call_operation: i.stop }, { call_operation: { operation: i.start, inputs: { n: { $get_input: v } } } }, "
          + "{ set_state: started }, { delegate: deploy }, { inline: other } ], on_success: [ t ], on_failure: [ t ] }, "
          + "t: { target: g, activities: [ { set_state: x } ] } } }"),
      .keeps("an implementation", "{ implementation: w.py, outputs: { o: [ n, a ] } }"),
      .breaks("wrong-syntax", "not both", "{ implementation: w.py, steps: {} }"),
      .breaks("missing-key", "the target is mandatory", "{ steps: { s: { activities: [] } } }"),
      .breaks("missing-key", "activities are mandatory", "{ steps: { s: { target: n } } }"),
      .breaks("unknown-target", "the target exists", "{ steps: { s: { target: x, activities: [] } } }"),
      .breaks(
        "unknown-step", "the next step exists", "{ steps: { s: { target: n, activities: [], on_success: [ x ] } } }"),
      .breaks("wrong-syntax", "activities are a list", "{ steps: { s: { target: n, activities: { set_state: x } } } }"),
      .breaks("unknown-key", "activities are known", "{ steps: { s: { target: n, activities: [ { set: x } ] } } }"),
      .breaks(
        "wrong-syntax", "an activity is one thing",
        "{ steps: { s: { target: n, activities: [ { set_state: x, delegate: y } ] } } }"),
      .breaks(
        "wrong-syntax", "a state is a string", "{ steps: { s: { target: n, activities: [ { set_state: 5 } ] } } }"),
      .breaks(
        "wrong-syntax", "an operation has an interface",
        "{ steps: { s: { target: n, activities: [ { call_operation: start } ] } } }"),
      .breaks(
        "unknown-interface", "the interface exists",
        "{ steps: { s: { target: n, activities: [ { call_operation: x.stop } ] } } }"),
      .breaks(
        "unknown-operation", "the operation exists",
        "{ steps: { s: { target: n, activities: [ { call_operation: i.x } ] } } }"),
      .breaks(
        "missing-input", "required inputs have values",
        "{ steps: { s: { target: n, activities: [ { call_operation: i.start } ] } } }"),
      .breaks(
        "wrong-type", "inputs have their types",
        "{ steps: { s: { target: n, activities: [ { call_operation: { operation: i.start, inputs: { n: x } } } ] } } }"),
      .breaks(
        "unknown-input", "inputs exist",
        "{ steps: { s: { target: n, activities: [ { call_operation: { operation: i.stop, inputs: { n: 1 } } } ] } } }"),
      .breaks(
        "missing-input", "an optional input is no value of a required one",
        "{ inputs: { v: { type: integer, required: false } }, steps: { s: { target: n, activities: [ "
          + "{ call_operation: { operation: i.start, inputs: { n: { $get_input: v } } } } ] } } }"),
      .breaks(
        "missing-key", "the operation is mandatory in the long form",
        "{ steps: { s: { target: n, activities: [ { call_operation: { inputs: {} } } ] } } }"),
      .breaks(
        "missing-key", "so is the workflow",
        "{ steps: { s: { target: n, activities: [ { inline: { inputs: {} } } ] } } }"),
      .breaks(
        "unknown-workflow", "a workflow in place exists",
        "{ steps: { s: { target: n, activities: [ { inline: x } ] } } }"),
      .breaks(
        "missing-input", "its inputs have values",
        "{ steps: { s: { target: n, activities: [ { inline: needy } ] } } }"),
      .breaks("wrong-syntax", "a precondition is a condition", "{ precondition: [ a ] }"),
      .breaks("wrong-type", "a precondition gives a Boolean", "{ precondition: { $length: [ a ] } }"),
      .breaks(
        "wrong-syntax", "filters are a list",
        "{ steps: { s: { target: n, activities: [], filter: { $equal: [ 1, 1 ] } } } }"),
      .breaks(
        "unknown-requirement", "a relationship is one of the target's",
        "{ steps: { s: { target: n, target_relationship: x, activities: [] } } }"),
      .breaks(
        "unknown-key", "there is no operation host",
        "{ steps: { s: { target: n, activities: [], operation_host: SELF } } }"),
      .breaks("wrong-syntax", "an output goes to an attribute", "{ outputs: { o: a } }"),
      .breaks("wrong-type", "inputs have defaults of their type", "{ inputs: { v: { type: integer, default: x } } }"),
    ] as [Rule])
  func workflows(rule: Rule) throws {
    let text = """
      group_types: { G: {} }
      node_types: { T: { attributes: { a: { type: string } }, interfaces: { i: { type: I } } } }
      service_template:
        node_templates: { n: { type: T } }
        groups: { g: { type: G, members: [ n ] } }
        workflows:
          other: { steps: {} }
          needy: { inputs: { v: { type: integer } }, steps: {} }
          w: \(rule.text)

      """
    try Rule(testDescription: rule.testDescription, text: text, code: rule.code).check(with: Self.types)
  }
}
