import Foundation
import Testing

@testable import TOSCA

@Suite("the normalized topology")
struct TopologyTests {
  /// One template with a bit of everything.
  static let everything = service(
    """
    description: A bit of everything.
    metadata: { template_name: everything }
    node_types:
      App:
        derived_from: tosca.nodes.SoftwareComponent
        properties:
          port: { type: integer, default: 80 }
        attributes:
          address: { type: string, default: none }
        interfaces:
          Standard:
            inputs: { level: { type: string, default: low } }
            operations:
              create:
                implementation: { primary: create.sh, dependencies: [ lib.sh ], timeout: 60 }
                inputs: { port: { type: integer, default: { get_property: [ SELF, port ] } } }
    relationship_types:
      Link:
        derived_from: tosca.relationships.ConnectsTo
        properties: { speed: { type: integer, default: 10 } }
        interfaces:
          Configure:
            type: tosca.interfaces.relationship.Configure
            operations: { add_target: { implementation: add.sh, inputs: { to: { get_property: [ TARGET, port ] } } } }
    topology_template:
      inputs:
        size: { type: integer, description: How large., default: 3, constraints: [ in_range: [ 1, 9 ] ] }
        names: { type: list, entry_schema: string, required: false }
      node_templates:
        machine: { type: tosca.nodes.Compute, metadata: { rack: r1 }, description: The machine. }
        front:
          type: App
          directives: [ select ]
          requirements:
            - host: machine
            - dependency: back
          interfaces:
            Standard: { operations: { start: { implementation: start.sh, inputs: { size: { get_input: size } } } } }
          artifacts: { start.sh: { type: tosca.artifacts.File, file: start.sh } }
        back: { type: App, properties: { port: 90 }, requirements: [ host: machine ] }
      groups: { all: { type: tosca.groups.Root, members: [ front, back ], metadata: { colour: red } } }
      policies:
        - scale:
            type: tosca.policies.Scaling
            targets: [ all ]
            triggers: { up: { event: load, condition: [ { load: [ { greater_than: 5 } ] } ], action: [ { delegate: grow } ] } }
      workflows:
        deploy:
          inputs: { reason: { type: string } }
          steps:
            make: { target: front, activities: [ { call_operation: Standard.create } ], on_success: [ run ], on_failure: [ undo ] }
            run: { target: front, activities: [ { set_state: started }, { inline: other } ] }
            undo: { target: back, activities: [ { delegate: undeploy } ] }
        other: { steps: { only: { target: back, activities: [ { call_operation: { operation: Standard.start } } ] } } }
      outputs: { where: { description: Where it is., value: { get_attribute: [ front, address ] } } }
    """)

  static func read() throws -> Topology {
    let result = try Fixture(["service.yaml": everything, "start.sh": ""]).read()
    return try #require(result.topology, "\(result.errors)")
  }

  @Test("nodes have all that their templates and types say")
  func nodes() throws {
    let topology = try Self.read()
    let machine = try #require(topology.node("machine"))
    #expect(machine.description == "The machine.")
    #expect(machine.metadata == ["rack": "r1"])
    let front = try #require(topology.node("front"))
    #expect(front.type.ancestors == ["tosca.nodes.SoftwareComponent", "tosca.nodes.Root"])
    #expect(front.directives == ["select"])
    #expect(front.attributes["address"]?.string == "none")
    let standard = try #require(front.interfaces["Standard"])
    #expect(standard.type?.name == "tosca.interfaces.node.lifecycle.Standard")
    let create = try #require(standard.operations["create"])
    #expect(create.implementation?.primary == "create.sh")
    #expect(create.implementation?.dependencies == ["lib.sh"])
    #expect(create.implementation?.timeout?.integer == 60)
    #expect(create.inputs["port"]?.integer == 80)
    #expect(create.inputs["level"]?.string == "low")
    #expect(topology.node("back")?.interfaces["Standard"]?.operations["create"]?.inputs["port"]?.integer == 90)
    #expect(standard.operations["start"]?.inputs["size"]?.integer == 3)
    #expect(standard.operations["stop"] != nil)
  }

  @Test("inputs, groups, policies and outputs are there with what is said of them")
  func rest() throws {
    let topology = try Self.read()
    #expect(topology.inputDeclarations.map(\.name) == ["size", "names"])
    #expect(topology.inputDeclarations[0].schema?.type.name == "integer")
    #expect(topology.inputDeclarations[0].defaultValue?.integer == 3)
    #expect(topology.inputDeclarations[0].schema?.constraints.first?["in_range"]?.list?.count == 2)
    #expect(topology.inputDeclarations[1].schema?.entrySchema?.type.name == "string")
    #expect(topology.groups.first?.metadata == ["colour": "red"])
    #expect(topology.policies.first?.triggers.first?.name == "up")
    #expect(topology.outputDeclarations.first?.description == "Where it is.")
  }

  @Test("a workflow is a graph of steps")
  func workflows() throws {
    let workflow = try #require(try Self.read().workflows.first)
    #expect(workflow.firstSteps == ["make"])
    #expect(workflow.steps.map(\.name) == ["make", "run", "undo"])
    #expect(workflow.steps[0].onSuccess == ["run"])
    #expect(workflow.steps[1].activities.map(\.kind) == [.setState, .inline])
    #expect(workflow.steps[1].activities.map(\.name) == ["started", "other"])
  }

  /// A workflow, and the codes of what is wrong with it.
  @Test(
    "mistakes in workflows are found",
    arguments: [
      ("a: { target: n, activities: [ { set_state: x } ], on_success: [ b ] }", "unknown-step"),
      ("a: { target: m, activities: [ { set_state: x } ] }", "unknown-target"),
      ("a: { target: n, activities: [ { call_operation: Standard.crate } ] }", "unknown-operation"),
      ("a: { target: n, activities: [ { inline: nothing } ] }", "unknown-workflow"),
      ("a: { target: n, target_relationship: hst, activities: [ { set_state: x } ] }", "unknown-requirement"),
      (
        "a: { target: n, activities: [ { set_state: x } ], on_success: [ b ] }, "
          + "b: { target: n, activities: [ { set_state: y } ], on_success: [ a ] }", "workflow-cycle"
      ),
    ])
  func workflowMistakes(steps: String, code: String) throws {
    let result = try Fixture(
      service(
        "topology_template: { node_templates: { n: { type: tosca.nodes.Compute } }, workflows: { w: { steps: { "
          + steps + " } } } }\n")
    ).read()
    #expect(result.findings.map(\.code) == [code])
    #expect(result.hasErrors)
  }

  @Test("a failure may lead back, with a warning")
  func retry() throws {
    let result = try Fixture(
      service(
        """
        topology_template:
          node_templates: { n: { type: tosca.nodes.Compute } }
          workflows:
            w:
              steps:
                try: { target: n, activities: [ { set_state: x } ], on_failure: [ wait ] }
                wait: { target: n, activities: [ { set_state: y } ], on_success: [ try ] }
        """)
    ).read()
    #expect(result.findings.map(\.code) == ["workflow-cycle"])
    #expect(!result.hasErrors)
  }

  @Test("what nodes have of their types alone is shared by them")
  func shared() throws {
    let result = try Fixture(
      service(
        "topology_template: { node_templates: { "
          + (0..<50).map { "n\($0): { type: tosca.nodes.Compute }" }.joined(separator: ", ") + " } }\n")
    ).read()
    let nodes = try #require(result.topology?.nodes)
    #expect(nodes.allSatisfy { $0.interfaces == nodes[0].interfaces && $0.capabilities == nodes[0].capabilities })
    #expect(nodes[0].interfaces["Standard"]?.operations.count == 5)
  }

  private static let schema = Fixture.repository.appendingPathComponent("Documentation/topology.schema.json").path

  @Test("the JSON form is what its schema says")
  func json() throws {
    let schema = try StrictJSONSchema(Self.schema)
    for topology in [try Self.read()] + (try others()) {
      let document = try JSONSerialization.jsonObject(with: Data(topology.json().utf8))
      #expect(schema.errors(of: document) == [])
    }
    var broken = try #require(
      try JSONSerialization.jsonObject(with: Data(try Self.read().json().utf8)) as? [String: Any])
    broken["nodes"] = [["name": 1]]
    broken["more"] = 1
    #expect(schema.errors(of: broken).contains("$: has more"))
    #expect(schema.errors(of: broken).contains { $0.hasPrefix("$.nodes[0].name: is no") })
  }

  /// Topologies with what the first has not.
  private func others() throws -> [Topology] {
    let result = try Fixture(
      RequirementTests.types + """
        service_template:
          node_templates:
            one: { type: Server, count: 2 }
            two: { type: Server }
            client:
              type: Client
              requirements:
                - service: { optional: true, allocation: { slots: 1 } }
                - service: { node: [ one, 1 ], count: 2 }
          substitution_mappings:
            node_type: Server
            capabilities: { service: [ two, service ] }

        """
    ).read()
    return [try #require(result.topology, "\(result.errors)")]
  }

  @Test("the YAML form is the same document")
  func yaml() throws {
    let topology = try Self.read()
    let table = SourceTable()
    let findings = FindingCollector(table: table, limit: 10)
    let file = table.add(SourceTable.Source(name: "x", text: nil, path: nil))
    let node = try #require(
      try YAMLComposer.compose(Array(topology.yaml().utf8), file: file, limits: Limits(), findings: findings))
    #expect(!findings.hasErrors)
    let written = try #require(
      try YAMLComposer.compose(Array(topology.json().utf8), file: file, limits: Limits(), findings: findings))
    #expect(Self.plain(node) == Self.plain(written))
  }

  /// A node without its places, and without the way in which its scalars are written.
  private static func plain(_ node: YAMLNode) -> String {
    switch node.content {
    case .scalar(let text, let style): "\(CoreSchema.kind(of: text, style)) \(text)"
    case .sequence(let items): "[" + items.map(plain).joined(separator: ", ") + "]"
    case .mapping(let entries):
      "{" + entries.map { $0.name + ": " + plain($0.value) }.joined(separator: ", ") + "}"
    }
  }
}
