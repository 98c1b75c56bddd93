import Testing

@testable import TOSCA

@Suite("mistakes in templates")
struct MistakeTests {
  @Test("the sources that a capability definition admits are among those of its type (1.3, 3.7.2.4)")
  func validSources() throws {
    func template(_ sources: String) -> String {
      service(
        """
        capability_types: { C: { derived_from: tosca.capabilities.Root, valid_source_types: [ A ] } }
        node_types:
          A: { derived_from: tosca.nodes.Root }
          B: { derived_from: A }
          Other: { derived_from: tosca.nodes.Root }
          N: { derived_from: tosca.nodes.Root, capabilities: { c: { type: C, valid_source_types: \(sources) } } }
        topology_template: { node_templates: { n: { type: N } } }
        """)
    }
    #expect(try Fixture(template("[ A, B ]")).read().errors == [])
    let wrong = try Fixture(template("[ A, 1️⃣Other ]")).read()
    #expect(wrong.findings("incompatible-refinement").count == 1, "\(wrong.findings.map(\.message))")
  }

  private static let types = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    relationship_types:
      R: { derived_from: tosca.relationships.Root }
      R2: { derived_from: tosca.relationships.Root }
    capability_types:
      C: { derived_from: tosca.capabilities.Root, properties: { size: { type: integer } } }
      Other: { derived_from: tosca.capabilities.Root }
    node_types:
      Server:
        derived_from: tosca.nodes.Root
        capabilities:
          room: { type: C }
      App:
        derived_from: tosca.nodes.Root
        properties:
          port: { type: integer }
          note: { type: string, required: false }
        requirements:
          - place: { capability: C, node: Server, relationship: R, occurrences: [ 0, 1 ] }
    group_types:
      G: { derived_from: tosca.groups.Root, members: [ App ] }
    policy_types:
      P:
        derived_from: tosca.policies.Root
        targets: [ App ]
        properties: { level: { type: string, required: false } }

    """

  private static let server = "{ type: Server, capabilities: { room: { properties: { size: 1 } } } }"
  private static let app = "type: App, properties: { port: 1 }"

  /// Each: a name, what stands in the topology template, the code, the suggestion.
  private static let table: [(String, String, String, String?)] = [
    (
      "a property is misspelt",
      "node_templates: { a: { type: App, properties: { 1️⃣prt: 1, port: 2 } } }",
      "unknown-property", "port"
    ),
    (
      "a property is missing",
      "node_templates: { 1️⃣a: { type: App } }",
      "missing-property", nil
    ),
    (
      "a keyname is misspelt",
      "node_templates: { a: { type: App, 1️⃣propertis: {} , properties: { port: 1 } } }",
      "unknown-key", "properties"
    ),
    (
      "a type is misspelt",
      "node_templates: { a: { type: 1️⃣Appp } }",
      "unknown-type", "App"
    ),
    (
      "a type is missing",
      "node_templates: { 1️⃣a: { properties: {} } }",
      "missing-key", nil
    ),
    (
      "a template is a string",
      "node_templates: { a: 1️⃣App }",
      "wrong-syntax", nil
    ),
    (
      "templates are a list",
      "node_templates: 1️⃣[ a ]",
      "wrong-syntax", nil
    ),
    (
      "a section is misspelt",
      "1️⃣node_template: {}",
      "unknown-key", "node_templates"
    ),
    (
      "a target is misspelt",
      "node_templates: { server: \(server), a: { \(app), requirements: [ { place: 1️⃣serve } ] } }",
      "unknown-target", "server"
    ),
    (
      "a requirement is misspelt",
      "node_templates: { a: { \(app), requirements: [ { 1️⃣plac: a } ] } }",
      "unknown-requirement", "place"
    ),
    (
      "a target has the wrong type",
      "node_templates: { a: { \(app), requirements: [ { place: 1️⃣b } ] }, b: { type: tosca.nodes.Compute } }",
      "wrong-target", nil
    ),
    (
      "a requirement is assigned too often",
      "node_templates: { server: \(server), "
        + "a: { \(app), requirements: [ { place: server }, { 1️⃣place: server } ] } }",
      "too-many-requirements", nil
    ),
    (
      "a relationship does not fit",
      "node_templates: { server: \(server), "
        + "a: { \(app), requirements: [ { place: { node: server, relationship: 1️⃣R2 } } ] } }",
      "wrong-relationship", nil
    ),
    (
      "a relationship is unknown",
      "node_templates: { server: \(server), "
        + "a: { \(app), requirements: [ { place: { node: server, relationship: 1️⃣Rr } } ] } }",
      "unknown-relationship", nil
    ),
    (
      "a capability is unknown",
      "node_templates: { s: { type: Server, capabilities: { 1️⃣rom: {}, room: { properties: { size: 1 } } } } }",
      "unknown-capability", "room"
    ),
    (
      "a capability lacks a property",
      "node_templates: { 1️⃣s: { type: Server } }",
      "missing-property", nil
    ),
    (
      "an interface is unknown",
      "node_templates: { a: { \(app), interfaces: { 1️⃣Standrd: { operations: {} } } } }",
      "unknown-interface", "Standard"
    ),
    (
      "an operation is unknown",
      "node_templates: { a: { \(app), interfaces: { Standard: { operations: { 1️⃣creat: x.sh } } } } }",
      "unknown-operation", "create"
    ),
    (
      "an artifact's file is missing",
      "node_templates: { a: { \(app), artifacts: { x: { type: tosca.artifacts.File, file: 1️⃣servic.yaml } } } }",
      "missing-file", "service.yaml"
    ),
    (
      "an artifact's type is unknown",
      "node_templates: { a: { \(app), artifacts: { x: { type: 1️⃣tosca.artifacts.Fil, file: service.yaml } } } }",
      "unknown-type", "tosca.artifacts.File"
    ),
    (
      "an artifact lies outside",
      "node_templates: { a: { \(app), artifacts: { x: { type: tosca.artifacts.File, file: 1️⃣/etc/passwd } } } }",
      "artifact-outside", nil
    ),
    (
      "a group's member is unknown",
      "node_templates: { a: { \(app) } }\n"
        + "  groups: { g: { type: G, members: [ 1️⃣aa ] } }",
      "unknown-member", "a"
    ),
    (
      "a group's member does not fit",
      "node_templates: { c: { type: tosca.nodes.Compute } }\n"
        + "  groups: { g: { type: G, members: [ 1️⃣c ] } }",
      "wrong-member", nil
    ),
    (
      "a policy's target is unknown",
      "node_templates: { app: { \(app) } }\n"
        + "  policies: [ { p: { type: P, targets: [ 1️⃣ap ] } } ]",
      "unknown-target", "app"
    ),
    (
      "a policy's target does not fit",
      "node_templates: { c: { type: tosca.nodes.Compute } }\n"
        + "  policies: [ { p: { type: P, targets: [ 1️⃣c ] } } ]",
      "wrong-target", nil
    ),
    (
      "a policy is defined twice",
      "policies: [ { p: { type: P } }, { 1️⃣p: { type: P } } ]",
      "duplicate-name", nil
    ),
    (
      "policies are a map",
      "policies: 1️⃣{ p: { type: P } }",
      "wrong-syntax", nil
    ),
    (
      "a trigger has no event",
      "policies: [ { p: { type: P, triggers: { 1️⃣t: { action: [ { set_state: x } ] } } } } ]",
      "missing-key", nil
    ),
    (
      "a trigger has no action",
      "policies: [ { p: { type: P, triggers: { 1️⃣t: { event: e } } } } ]",
      "missing-key", nil
    ),
    (
      "an activity is unknown",
      "policies: [ { p: { type: P, triggers: { t: { event: e, action: [ { 1️⃣call_operatoin: x } ] } } } } ]",
      "unknown-key", "call_operation"
    ),
    (
      "a trigger's action is no list",
      "policies: [ { p: { type: P, triggers: { t: { event: e, action: 1️⃣{ set_state: x } } } } } ]",
      "wrong-syntax", nil
    ),
    (
      "a node is hosted on itself",
      "node_templates: { 1️⃣c: { type: tosca.nodes.WebServer, requirements: [ { host: c } ] } }",
      "host-cycle", nil
    ),
    (
      "a workflow's step is unknown",
      "workflows: { w: { steps: { s: { activities: [], on_success: [ 1️⃣t ] } } } }",
      "unknown-step", "s"
    ),
    (
      "a substituted type is unknown",
      "substitution_mappings: { node_type: 1️⃣Ap }",
      "unknown-type", "App"
    ),
    (
      "a relationship template's type is unknown",
      "relationship_templates: { r: { type: 1️⃣RR } }",
      "unknown-type", "R"
    ),
    (
      "a template is a copy of nothing",
      "node_templates: { a: { copy: 1️⃣b } }",
      "unknown-node", nil
    ),
    (
      "a template is a copy of itself",
      "node_templates: { a: { copy: 1️⃣a } }",
      "unknown-node", nil
    ),
    (
      "an input's type is unknown",
      "inputs: { i: { type: 1️⃣strng, default: x } }",
      "unknown-type", "string"
    ),
  ]

  @Test("each mistake is found in its place", arguments: table.indices)
  func found(index: Int) throws {
    let (name, topology, code, suggestion) = Self.table[index]
    let fixture = try Fixture(Self.types + "topology_template:\n  " + topology + "\n")
    let errors = fixture.read().findings.filter { $0.severity == .error }
    let place = try #require(fixture.markers["1️⃣"])
    let finding = errors.first { $0.code == code && $0.place.line == place.line && $0.place.column == place.column }
    #expect(
      finding != nil, "\(name): \(errors.map { "\($0.code) \($0.place.line):\($0.place.column)" }), want \(place)")
    if let suggestion { #expect(finding?.suggestion == suggestion, "\(name)") }
  }

  @Test(
    "mistakes in types are found",
    arguments: [
      ("node_types: { A: { derived_from: 1️⃣B }, B: { derived_from: A } }", "type-cycle"),
      ("node_types: { A: { derived_from: 1️⃣tosca.nodes.Rot } }", "unknown-type"),
      ("node_types: { A: { derived_from: 1️⃣tosca.capabilities.Root } }", "unknown-type"),
      ("node_types: { A: { properties: { p: { type: integer, default: 1️⃣x } } } }", "wrong-type"),
      ("node_types: { A: { properties: { 1️⃣p: { default: x } } } }", "missing-key"),
      (
        "node_types: { A: { properties: { p: { type: string } } }, "
          + "B: { derived_from: A, properties: { p: { type: 1️⃣integer } } } }",
        "incompatible-refinement"
      ),
      ("node_types: { A: { capabilities: { c: 1️⃣Nothing } } }", "unknown-type"),
      (
        "node_types: { A: { requirements: [ { r: { capability: Node, occurrences: 1️⃣[ 2, 1 ] } } ] } }",
        "wrong-syntax"
      ),
      (
        "node_types: { A: { requirements: [ { r: tosca.capabilities.Node }, { 1️⃣r: tosca.capabilities.Node } ] } }",
        "duplicate-name"
      ),
      ("node_types: { A: { version: 1️⃣one } }", "wrong-syntax"),
      ("node_types: { A: { metadata: { m: 1️⃣[] } } }", "wrong-syntax"),
      ("data_types: { D: { derived_from: integer, constraints: [ { 1️⃣in_rnge: [ 1, 2 ] } ] } }", "unknown-constraint"),
      ("data_types: { D: { properties: { p: { type: list, entry_schema: 1️⃣strin } } } }", "unknown-type"),
      ("policy_types: { P: { targets: [ 1️⃣Nothing ] } }", "unknown-type"),
      ("relationship_types: { R: { valid_target_types: [ 1️⃣Nothing ] } }", "unknown-type"),
      ("node_tpes: 1️⃣{}", "unknown-key"),
    ])
  func types(text: String, code: String) throws {
    let fixture = try Fixture(service(text + "\n"))
    let errors = fixture.read().findings.filter { $0.severity == .error }
    #expect(errors.map(\.code) == [code])
    if code != "unknown-key" {
      #expect(errors.first?.place.column == fixture.markers["1️⃣"]?.column)
    }
  }

  @Test("findings are bounded, and say how many are left out")
  func bounded() throws {
    var text = Self.types + "topology_template:\n  node_templates:\n"
    for index in 0..<50 { text += "    n\(index): { type: Nothing\(index) }\n" }
    let result = try Fixture(text).read(limits: Limits(findings: 10))
    #expect(result.findings.count == 11)
    #expect(result.findings.last?.code == "too-many-findings")
    #expect(result.findings.last?.message.hasPrefix("40 ") == true)
  }
}
