import Testing

@testable import TOSCA

/// A template with everything that a service with protection has, and a small profile for it.
enum Sketch {
  static let profile = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    data_types:
      sectosca.datatypes.PasswordHash:
        derived_from: string
        constraints: [ { min_length: 8 } ]
      sectosca.datatypes.Route:
        derived_from: tosca.datatypes.Root
        properties:
          path: { type: string }
          site: { type: string, required: false }
          backend: { type: string, required: false }
    artifact_types:
      sectosca.artifacts.StaticSite: { derived_from: tosca.artifacts.Root }
    node_types:
      sectosca.nodes.Unikernel:
        derived_from: tosca.nodes.Root
        capabilities:
          endpoint: { type: tosca.capabilities.Endpoint }
      sectosca.nodes.WebService:
        derived_from: sectosca.nodes.Unikernel
        properties:
          routes: { type: list, entry_schema: sectosca.datatypes.Route }
        requirements:
          - backend:
              capability: tosca.capabilities.Endpoint
              relationship: tosca.relationships.ConnectsTo
              occurrences: [ 0, UNBOUNDED ]
      sectosca.nodes.KeyValueService:
        derived_from: sectosca.nodes.Unikernel
        properties:
          capacity: { type: scalar-unit.size, default: 1 MiB }
    policy_types:
      sectosca.policies.Requirement:
        derived_from: tosca.policies.Root
        targets: [ sectosca.nodes.Unikernel ]
      sectosca.policies.Filtering:
        derived_from: sectosca.policies.Requirement
        properties:
          default: { type: string, default: drop }
          flows: { type: string, default: declared, constraints: [ { valid_values: [ declared, none ] } ] }
      sectosca.policies.Authentication:
        derived_from: sectosca.policies.Requirement
        properties:
          scheme: { type: string }
          realm: { type: string, required: false }
          issuer: { type: string, required: false }
          keys: { type: string, required: false }
          credentials: { type: map, required: false, entry_schema: sectosca.datatypes.PasswordHash }
      sectosca.policies.Level:
        derived_from: tosca.policies.Root
        properties:
          rank: { type: integer }
          requires: { type: list, entry_schema: string }
      sectosca.policies.Adaptation:
        derived_from: tosca.policies.Root
    """

  static let template = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    imports:
      - sectosca/1.0
      - types/local.yaml

    topology_template:
      inputs:
        credentials:
          type: map
          entry_schema: sectosca.datatypes.PasswordHash
          metadata: { sensitive: true }

      node_templates:
        storefront:
          type: local.Storefront
          properties:
            routes:
              - { path: /, site: site }
              - { path: /orders, backend: orders }
          artifacts:
            site: { type: sectosca.artifacts.StaticSite, file: site }
          requirements:
            - backend: orders
          capabilities:
            endpoint: { properties: { port: 80, network_name: PUBLIC } }

        orders:
          type: sectosca.nodes.KeyValueService
          properties: { capacity: 4 MiB }

      policies:
        - declared_flows: { type: sectosca.policies.Filtering, targets: [ storefront, orders ] }
        - passwords:
            type: sectosca.policies.Authentication
            targets: [ storefront ]
            properties: { scheme: basic, realm: portal, credentials: { get_input: credentials } }
        - normal: { type: sectosca.policies.Level, properties: { rank: 0, requires: [ declared_flows, passwords ] } }
        - follow_threat:
            type: sectosca.policies.Adaptation
            targets: [ storefront, orders ]
            triggers:
              threat_rises:
                event: sectosca.events.ContextChanged
                condition: { threat_level: [ { equal: high } ] }
                action:
                  - call_operation: { operation: SecurityControl.set_level, inputs: { level: elevated } }
    """

  static let files = [
    "service.yaml": template,
    "types/local.yaml": """
    tosca_definitions_version: tosca_simple_yaml_1_3
    imports: [ sectosca/1.0 ]
    node_types:
      local.Storefront: { derived_from: sectosca.nodes.WebService }
    """,
    "site/index.html": "<p>hello</p>",
    "credentials.yaml": "reader: pbkdf2-one\nclerk: pbkdf2-two\n",
  ]

  /// The product's profiles with the small one beside them.
  static func profiles() throws -> Fixture {
    var files = ["sectosca/1.0/profile.yaml": profile]
    for name in ["profile", "data", "artifact", "capability", "interface", "relationship", "node", "group", "policy"] {
      let file = "tosca/simple/1.3/\(name).yaml"
      let bytes = try FileAccess.read(Fixture.profiles + "/" + file, limit: 1 << 20)
      files[file] = String(decoding: bytes, as: UTF8.self)
    }
    return try Fixture(files)
  }
}

@Suite("a protected service's template")
struct SketchTests {
  @Test("it is read to its topology")
  func reads() throws {
    let profiles = try Sketch.profiles()
    let fixture = try Fixture(Sketch.files)
    let result = fixture.read(
      inputs: ["credentials": "@\(fixture.folder)/credentials.yaml"], profiles: profiles.folder)
    #expect(result.findings.map(\.message) == [])
    let topology = try #require(result.topology as Topology?)
    let storefront = try #require(topology.node("storefront"))
    #expect(storefront.type.ancestors == ["sectosca.nodes.WebService", "sectosca.nodes.Unikernel", "tosca.nodes.Root"])
    #expect(storefront.properties["routes"]?.list?.count == 2)
    #expect(storefront.properties["routes"]?.list?[1]["backend"]?.string == "orders")
    #expect(storefront.artifacts["site"]?.file == "site")
    #expect(storefront.capabilities["endpoint"]?.properties["port"]?.integer == 80)
    #expect(storefront.capabilities["endpoint"]?.properties["protocol"]?.string == "tcp")
    #expect(storefront.requirements.map(\.target) == ["orders"])
    #expect(storefront.requirements.first?.capability == "endpoint")
    #expect(storefront.requirements.first?.relationship.name == "tosca.relationships.ConnectsTo")
    #expect(topology.node("orders")?.properties["capacity"]?.amount == 4_194_304)
    #expect(topology.policies.map(\.name) == ["declared_flows", "passwords", "normal", "follow_threat"])
    #expect(topology.policies[1].properties["credentials"]?["clerk"]?.string == "pbkdf2-two")
    #expect(topology.policies[2].properties["rank"]?.integer == 0)
    let trigger = try #require(topology.policies[3].triggers.first)
    #expect(trigger.event.value == "sectosca.events.ContextChanged")
    #expect(trigger.condition?["threat_level"]?.list?.first?["equal"]?.string == "high")
    #expect(trigger.actions.first?["call_operation"]?["inputs"]?["level"]?.string == "elevated")
    #expect(topology.root == fixture.folder)
  }

  @Test("an input without a value is a warning, and what uses it stays unresolved")
  func missingInput() throws {
    let profiles = try Sketch.profiles()
    let fixture = try Fixture(Sketch.files)
    let result = fixture.read(profiles: profiles.folder)
    #expect(result.findings.map(\.code) == ["missing-input"])
    let passwords = try #require(result.topology?.policies[1])
    guard case .unresolved(let function, let arguments)? = passwords.properties["credentials"]?.content else {
      Issue.record("the property has a value")
      return
    }
    #expect(function == "get_input")
    #expect(arguments.string == "credentials")
  }

  @Test("the value of a sensitive input is never shown")
  func secrets() throws {
    let profiles = try Sketch.profiles()
    let fixture = try Fixture(Sketch.files)
    for given in [
      "{ clerk: hunter2 }", "[ hunter2 ]", "hunter2", "{ clerk: [ hunter2 ] }", "*hunter2", "!hunter2 x",
      "{ hunter2: longenough, hunter2: longenough }", "{ hunter2: 5 }", "{ clerk: hunter2",
    ] {
      let result = fixture.read(inputs: ["credentials": given], profiles: profiles.folder)
      #expect(result.hasErrors)
      #expect(!render(result.findings, sources: result.sources, format: .text, color: false).contains("hunter2"))
      #expect(!render(result.findings, sources: result.sources, format: .json, color: false).contains("hunter2"))
    }
  }

  @Test("mistakes are found all at once, each in its place")
  func mistakes() throws {
    let profiles = try Sketch.profiles()
    var files = Sketch.files
    files["service.yaml"] = """
      tosca_definitions_version: tosca_simple_yaml_1_3
      imports:
        - 1️⃣sectosca/1.1
        - sectosca/1.0
        - types/2️⃣local.yaml

      topology_template:
        node_templates:
          storefront:
            type: local.Storefront
            properties:
              3️⃣rotes: []
          4️⃣orders:
            type: sectosca.nodes.KeyValueService
            properties: { capacity: 5️⃣4 MuB }
        policies:
          - filter: { type: 6️⃣sectosca.policies.Filterin, targets: [ storefront ] }
          - other: { type: sectosca.policies.Filtering, targets: [ 7️⃣storefrnt ] }
      """
    let fixture = try Fixture(files)
    let result = fixture.read(profiles: profiles.folder)
    let expected: [(Character, String, String?)] = [
      ("1️⃣", "unknown-profile", "sectosca/1.0"), ("3️⃣", "unknown-property", "routes"), ("5️⃣", "wrong-type", nil),
      ("6️⃣", "unknown-type", "sectosca.policies.Filtering"), ("7️⃣", "unknown-target", "storefront"),
    ]
    for (marker, code, suggestion) in expected {
      let place = try #require(fixture.markers[marker])
      let finding = result.findings(code).first { $0.place.line == place.line && $0.place.column == place.column }
      #expect(finding != nil, "no \(code) at \(place)")
      #expect(finding?.suggestion == suggestion)
    }
    #expect(result.topology == nil)
  }
}
