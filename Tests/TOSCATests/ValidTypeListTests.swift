import Testing

@testable import TOSCA

@Suite("lists of valid types in 1.x do not widen what they refine")
struct ValidTypeListTests {
  /// What is found wrong with lists of the given types.
  private func findings(_ capability: String, _ definition: String, _ lists: String = "A") throws -> [String] {
    let fixture = try Fixture(
      """
      tosca_definitions_version: tosca_simple_yaml_1_3
      node_types:
        A: { derived_from: tosca.nodes.Root }
        A1: { derived_from: A }
        B: { derived_from: tosca.nodes.Root }
        T: { derived_from: tosca.nodes.Root, capabilities: { c: { type: C1, valid_source_types: [ \(definition) ] } } }
      capability_types:
        C: { derived_from: tosca.capabilities.Root, valid_source_types: [ A ] }
        C1: { derived_from: C, valid_source_types: [ \(capability) ] }
      relationship_types:
        R: { derived_from: tosca.relationships.Root, valid_target_types: [ C ] }
        R1: { derived_from: R, valid_target_types: [ \(lists == "A" ? "C1" : "tosca.capabilities.Node") ] }
      group_types:
        G: { derived_from: tosca.groups.Root, members: [ A ] }
        G1: { derived_from: G, members: [ \(lists) ] }
      policy_types:
        P: { derived_from: tosca.policies.Root, targets: [ A, G ] }
        P1: { derived_from: P, targets: [ G1, \(lists) ] }

      """)
    return fixture.read().findings.map { "\($0.severity.rawValue) \($0.code) \($0.message.split(separator: " ")[0])" }
  }

  @Test("what narrows is taken")
  func narrowing() throws { #expect(try findings("A1", "A1") == []) }

  @Test("a capability definition must keep to the list of its type (1.3, 3.7.2.4)")
  func definition() throws {
    #expect(try findings("A", "B") == ["error incompatible-refinement `valid_source_types`"])
  }

  @Test("types that take in more than those they derive from are doubtful")
  func types() throws {
    #expect(
      try findings("A, B", "A", "B") == [
        "warning incompatible-refinement `valid_source_types`", "warning incompatible-refinement `valid_target_types`",
        "warning incompatible-refinement `members`", "warning incompatible-refinement `targets`",
      ])
  }
}
