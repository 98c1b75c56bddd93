import Testing

@testable import TOSCA

@Suite("versions of the Simple Profile")
struct VersionTests {
  private static let versions = ["1_0", "1_1", "1_2", "1_3"]

  /// Each: what a file says, and the versions, of 1.0 to 1.3, that have it.
  private static let keynames: [(text: String, versions: ClosedRange<Int>)] = [
    ("namespace: http://example.org/", 1...3),
    ("tosca_default_namespace: http://example.org/", 0...0),
    ("template_name: name", 0...2),
    ("node_types: { N: { metadata: { a: b } } }", 1...3),
    ("node_types: { N: { properties: { p: { type: string, metadata: { a: b } } } } }", 2...3),
    ("node_types: { N: { properties: { p: { type: map, key_schema: string, entry_schema: string } } } }", 3...3),
    ("node_types: { N: { properties: { p: { type: scalar-unit.bitrate } } } }", 3...3),
    ("node_types: { N: { properties: { p: { type: string, constraints: [ { schema: '{}' } ] } } } }", 3...3),
    ("node_types: { N: { requirements: [ { r: { capability: Node, node_filter: {} } } ] } }", 3...3),
    ("data_types: { D: { derived_from: list, entry_schema: string } }", 3...3),
    ("interface_types: { I: { operations: { go: { description: Goes. } } } }", 3...3),
    ("interface_types: { I: { notifications: { went: { description: Went. } } } }", 3...3),
    ("interface_types: { I: { go: { description: Goes. } } }", 0...3),
    ("group_types: { G: { interfaces: { Standard: { type: tosca.interfaces.node.lifecycle.Standard } } } }", 0...2),
    ("group_types: { G: { capabilities: { c: { type: Node } } } }", 1...2),
    ("policy_types: { P: { triggers: { t: { event: e, action: [ { delegate: w } ] } } } }", 1...3),
    ("topology_template: { workflows: { w: { steps: {} } } }", 1...3),
    ("topology_template: { workflows: { w: { steps: {}, implementation: w.sh } } }", 3...3),
    ("topology_template: { node_templates: { n: { type: tosca.nodes.Root, metadata: { a: b } } } }", 1...3),
    ("topology_template: { groups: { g: { type: tosca.groups.Root, attributes: {} } } }", 3...3),
    ("topology_template: { groups: { g: { type: tosca.groups.Root, interfaces: {} } } }", 0...2),
    ("topology_template: { substitution_mappings: { node_type: tosca.nodes.Root, properties: {} } }", 2...3),
    ("topology_template: { substitution_mappings: { node_type: tosca.nodes.Root, attributes: {} } }", 3...3),
    ("topology_template: { substitution_mappings: { node_type: tosca.nodes.Root, interfaces: {} } }", 2...3),
    ("topology_template: { substitution_mappings: { node_type: tosca.nodes.Root, substitution_filter: {} } }", 3...3),
    ("topology_template: { outputs: { o: { value: { concat: [ a, { token: [ b, c, 0 ] } ] } } } }", 0...3),
    ("topology_template: { outputs: { o: { type: string, value: { join: [ [ a, b ] ] } } } }", 2...3),
    // Normative types.
    (
      "topology_template: { node_templates: { n: { type: tosca.nodes.BlockStorage, properties: { size: 1 GB, name: n } } } }",
      2...2
    ),
    (
      "topology_template: { node_templates: { n: { type: tosca.nodes.BlockStorage, properties: { size: 1 GB } } } }",
      0...2
    ),
    (
      "topology_template: { node_templates: { n: { type: tosca.nodes.Storage.BlockStorage, properties: { size: 1 GB } } } }",
      2...3
    ),
    ("topology_template: { node_templates: { n: { type: tosca.nodes.Abstract.Compute } } }", 2...3),
    ("node_types: { N: { capabilities: { c: tosca.capabilities.Compute } } }", 1...3),
    ("node_types: { N: { capabilities: { c: tosca.capabilities.Storage } } }", 1...3),
    ("node_types: { N: { capabilities: { c: tosca.capabilities.Container } } }", 0...3),
    ("data_types: { D: { properties: { p: { type: tosca.datatypes.TimeInterval } } } }", 1...3),
    ("data_types: { D: { properties: { p: { type: tosca.datatypes.json } } } }", 2...3),
    ("data_types: { D: { properties: { p: { type: tosca.datatypes.Credential } } } }", 0...3),
    ("artifact_types: { A: { derived_from: tosca.artifacts.template } }", 3...3),
  ]

  @Test("each version has its own keynames, functions and types", arguments: keynames.indices)
  func each(index: Int) throws {
    let (text, range) = Self.keynames[index]
    for (number, version) in Self.versions.enumerated() {
      let result = try Fixture("tosca_definitions_version: tosca_simple_yaml_\(version)\n\(text)\n").read()
      #expect(result.hasErrors != range.contains(number), "\(version): \(result.findings.map(\.message))")
    }
  }

  @Test("a keyname of another version is named as such")
  func otherVersion() throws {
    let result = try Fixture(
      "tosca_definitions_version: tosca_simple_yaml_1_0\npolicy_types: { P: { triggers: {} } }\n"
    )
    .read()
    #expect(
      result.findings.map(\.message)
        == ["`triggers` of a policy type exists since TOSCA 1.1, and this file is of 1.0"])
  }

  @Test(
    "normative types go by their full names, their qualified ones and their short ones", arguments: versions)
  func names(version: String) throws {
    for name in ["tosca.nodes.Compute", "tosca:Compute", "Compute", "tosca:network.Port", "network.Port", "Port"] {
      let text =
        "tosca_definitions_version: tosca_simple_yaml_\(version)\nnode_types: { N: { derived_from: \(name) } }\n"
      #expect(try Fixture(text).read().errors == [], "\(name)")
    }
  }

  @Test("a software component runs on a computer in every version", arguments: versions)
  func hosting(version: String) throws {
    let text = """
      tosca_definitions_version: tosca_simple_yaml_\(version)
      topology_template:
        node_templates:
          app: { type: WebApplication, requirements: [ { host: web } ] }
          web: { type: WebServer, requirements: [ { host: server } ] }
          server:
            type: Compute
            capabilities: { host: { properties: { num_cpus: 2, mem_size: 4 GB } }, os: { properties: { type: Linux } } }

      """
    let result = try Fixture(text).read()
    #expect(result.findings.map(\.message) == [])
    #expect(result.topology?.nodes.first { $0.name == "app" }?.requirements.first?.target == "web")
  }
}
