import Foundation
import Testing

@Suite("policy check, at the command line", .builtProgram)
struct PolicyCheckTests {
  /// Runs the check in a folder with these files.
  private func check(_ files: [String: String], _ arguments: String...) async throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-check-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
    return try await Command.run(
      Testbed.program, ["policy", "check"] + arguments.map { $0.replacing("@/", with: folder.path + "/") })
  }

  @Test("rules of packet filters are warned about at their places, and mistakes in them are errors")
  func rules() async throws {
    let warned = try await check(
      [
        "edge.rules":
          "deny tcp from 10.0.0.0/9 to any\ndeny tcp from 10.128.0.0/9 to any\nallow tcp from 10.0.0.0/8 to any port 80\n"
      ],
      "@/edge.rules")
    #expect(warned.status == 0 && warned.output.contains("edge.rules:3:1: warning"), "\(warned)")
    #expect(warned.output.contains("lines 1, 2") && warned.output.contains("firewall-shadowed"))
    let wrong = try await check(["edge.rules": "allow tcp from any\n"], "@/edge.rules")
    #expect(wrong.status == 1 && wrong.output.contains("edge.rules:1:19: error"), "\(wrong)")
  }

  @Test("sources that a filtering requirement of a template names in vain are warned about")
  func template() async throws {
    let text = """
      tosca_definitions_version: tosca_simple_yaml_1_3
      imports: [ sectosca/1.0 ]
      topology_template:
        node_templates:
          shelf: { type: sectosca.nodes.KeyValueService }
        policies:
          - open:
              type: sectosca.policies.Filtering
              targets: [ shelf ]
              properties: { allowed_sources: [ 192.0.2.0/24, 192.0.2.128/25, 198.51.100.0/24 ] }
          - closed:
              type: sectosca.policies.Filtering
              targets: [ shelf ]
              properties: { flows: none, allowed_sources: [ 192.0.2.0/24 ] }
          - normal: { type: sectosca.policies.Level, properties: { rank: 0, requires: [ open ] } }
          - strict: { type: sectosca.policies.Level, properties: { rank: 1, requires: [ open, closed ] } }
      """
    let outcome = try await check(["service.yaml": text], "@/service.yaml")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains("`192.0.2.128/25` in `allowed_sources` of `open` changes nothing"), "\(outcome)")
    #expect(outcome.output.contains("at level `strict`, all of `198.51.100.0/24`"), "\(outcome)")
  }

  @Test("the schema of an authorization requirement is held against requests, and its policies against it")
  func schema() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-schema-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: folder.appending(path: name)) }
    try write(
      "service.yaml",
      """
      tosca_definitions_version: tosca_simple_yaml_1_3
      imports: [ sectosca/1.0 ]
      topology_template:
        node_templates:
          shelf: { type: sectosca.nodes.KeyValueService }
        policies:
          - rules:
              type: sectosca.policies.Authorization
              targets: [ shelf ]
              properties: { policies: [ shelf.cedar ], schema: shelf.cedarschema }
          - normal: { type: sectosca.policies.Level, properties: { rank: 0, requires: [ rules ] } }
      """)
    try write("shelf.cedar", "permit (principal, action, resource)\nwhen { principal.nmae == \"rita\" };\n")
    try write(
      "shelf.cedarschema",
      "entity User { name: String };\nentity Path;\naction GET appliesTo { principal: User, resource: Path };\n")
    let near = try await Command.run(Testbed.program, ["validate", folder.path])
    #expect(near.status == 1 && near.output.contains("shelf.cedar:2:8: error"), "\(near)")
    #expect(near.output.contains("`name`"), "\(near)")
    try write("shelf.cedar", "permit (principal, action, resource)\nwhen { principal.name == \"rita\" };\n")
    #expect(try await Command.run(Testbed.program, ["validate", folder.path]).status == 0)
    try write(
      "shelf.cedarschema",
      "entity User { name: String };\nentity Path;\naction view appliesTo { principal: User, resource: Path };\n")
    let shape = try await Command.run(Testbed.program, ["validate", folder.path])
    #expect(shape.status == 1 && shape.output.contains("shelf.cedarschema:3:8: error"), "\(shape)")
  }
}
