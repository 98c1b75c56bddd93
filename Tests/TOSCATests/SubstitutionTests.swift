import Foundation
import Testing

@testable import TOSCA

@Suite("substitution")
struct SubstitutionTests {
  private static let types = """
    tosca_definitions_version: tosca_2_0
    capability_types: { Service: {}, Host: {} }
    relationship_types: { ServedBy: {}, HostedOn: {} }
    node_types:
      Database:
        properties: { size: { type: integer }, secret: { type: string, default: none } }
        attributes: { address: { type: string } }
        capabilities: { service: { type: Service } }
        requirements:
          - host: { capability: Host, relationship: HostedOn, count_range: [ 1, 2 ] }
      App:
        requirements: [ database: { capability: Service, relationship: ServedBy, count_range: [ 1, 1 ] } ]
      Machine: { capabilities: { host: { type: Host } } }
      Engine:
        properties: { size: { type: integer }, secret: { type: string } }
        capabilities: { service: { type: Service } }
        requirements: [ host: { capability: Host, relationship: HostedOn, count_range: [ 0, 2 ] } ]

    """

  private static let database = """
    tosca_definitions_version: tosca_2_0
    imports: [ types.yaml ]
    service_template:
      inputs: { gigabytes: { type: integer }, password: { type: string } }
      substitution_mappings:
        node_type: Database
        properties: { size: gigabytes, secret: password }
        attributes: { address: where }
        capabilities: { service: [ engine, service ] }
        requirements: [ host: [ engine, host ], host: [ backup, host ] ]
      node_templates:
        engine:
          type: Engine
          properties: { size: { $get_input: gigabytes }, secret: { $get_input: password } }
        backup: { type: Engine, properties: { size: 1, secret: x } }
      outputs: { where: { type: string, value: { $concat: [ "db-", "1" ] } } }

    """

  private static let service = """
    tosca_definitions_version: tosca_2_0
    imports: [ types.yaml, database.yaml ]
    service_template:
      inputs: { secret: { type: string, metadata: { sensitive: true } } }
      node_templates:
        app: { type: App, requirements: [ database: database ] }
        database:
          type: Database
          directives: [ substitute ]
          properties: { size: 20, secret: { $get_input: secret } }
          requirements: [ host: one, host: two ]
        one: { type: Machine }
        two: { type: Machine }

    """

  @Test("a node gets the topology of an imported template that stands for its type")
  func found() throws {
    let files = ["service.yaml": Self.service, "database.yaml": Self.database, "types.yaml": Self.types]
    let result = try Fixture(files).read(inputs: ["secret": "hunter22"])
    #expect(result.findings.map(\.message) == [])
    let node = try #require(result.topology?.node("database"))
    let substitution = try #require(node.substitution)
    #expect(substitution.topology.node("engine")?.properties["size"]?.integer == 20)
    #expect(node.attributes["address"]?.string == "db-1")
    #expect(substitution.mapping.capabilities["service"] == SubstitutionMapping.Member(node: "engine", name: "service"))
    #expect(
      substitution.links.map { "\($0.node) \($0.requirement ?? "") \($0.target)" } == [
        "engine host one", "backup host two",
      ])
    // What is a secret outside is one inside.
    #expect(substitution.topology.node("engine")?.properties["secret"]?.isSensitive == true)
    #expect(result.topology?.json().contains("hunter22") == false)
  }

  @Test("a template of a named folder can stand for a node")
  func folder() throws {
    let fixture = try Fixture([
      "service.yaml": Self.service.replacingOccurrences(of: ", database.yaml", with: ""), "types.yaml": Self.types,
      "parts/database.yaml": Self.database.replacingOccurrences(of: "types.yaml", with: "../types.yaml"),
    ])
    let without = fixture.read(inputs: ["secret": "x"])
    #expect(without.findings.map(\.code) == ["no-substitution"])
    var reader = TemplateReader(profiles: Fixture.profiles, inputs: ["secret": "x"])
    reader.substitutions = fixture.folder + "/parts"
    let result = reader.read(fixture.folder + "/service.yaml")
    #expect(result.findings.map(\.message) == [])
    #expect(result.topology?.node("database")?.substitution?.topology.nodes.count == 2)
  }

  @Test("a template whose filter does not hold does not stand for a node")
  func filter() throws {
    let files = [
      "service.yaml": Self.service, "types.yaml": Self.types,
      "database.yaml": Self.database.replacingOccurrences(
        of: "node_type: Database\n",
        with: "node_type: Database\n    substitution_filter: "
          + "{ $greater_than: [ { $get_property: [ SELF, size ] }, 50 ] }\n"),
    ]
    #expect(try Fixture(files).read(inputs: ["secret": "x"]).findings.map(\.code) == ["no-substitution"])
  }

  @Test("of several templates the first is taken, and the others are named")
  func several() throws {
    let files = [
      "service.yaml": Self.service.replacingOccurrences(of: "database.yaml ]", with: "database.yaml, other.yaml ]"),
      "database.yaml": Self.database, "other.yaml": Self.database, "types.yaml": Self.types,
    ]
    let result = try Fixture(files).read(inputs: ["secret": "x"])
    #expect(result.findings.map(\.code) == ["ambiguous-substitution"])
    #expect(result.topology?.node("database")?.substitution?.file.hasSuffix("database.yaml") == true)
  }

  @Test("a template that has in itself what it stands for is found")
  func recursion() throws {
    let loop = Self.database.replacingOccurrences(
      of: "{ type: Engine, properties: { size: 1, secret: x } }",
      with: "{ type: Database, directives: [ substitute ], properties: { size: 1 } }")
    let files = ["service.yaml": Self.service, "database.yaml": loop, "types.yaml": Self.types]
    let result = try Fixture(files).read(inputs: ["secret": "x"])
    #expect(result.findings.map(\.code) == ["substitution-cycle"])
    #expect(result.hasErrors)
  }

  @Test("how many topologies are made has a bound")
  func bound() throws {
    // Each of 12 templates has two nodes that the next one stands for: 8,190 topologies.
    var files = ["types.yaml": "tosca_definitions_version: tosca_2_0\nnode_types:\n"]
    for number in 0...12 { files["types.yaml"]? += "  T\(number): {}\n" }
    for number in 0..<12 {
      files["s\(number).yaml"] = """
        tosca_definitions_version: tosca_2_0
        imports: [ types.yaml ]
        service_template:
          substitution_mappings: { node_type: T\(number) }
          node_templates:
            a: { type: T\(number + 1), directives: [ substitute ] }
            b: { type: T\(number + 1), directives: [ substitute ] }

        """
    }
    files["s12.yaml"] = """
      tosca_definitions_version: tosca_2_0
      imports: [ types.yaml ]
      service_template: { substitution_mappings: { node_type: T12 }, node_templates: { a: { type: T0 } } }

      """
    files["service.yaml"] = """
      tosca_definitions_version: tosca_2_0
      imports: [ types.yaml, \((0...12).map { "s\($0).yaml" }.joined(separator: ", ")) ]
      service_template: { node_templates: { a: { type: T0, directives: [ substitute ] } } }

      """
    let result = try Fixture(files).read(limits: Limits(substitutions: 100))
    #expect(Set(result.findings.map(\.code)) == ["too-many-substitutions"])
  }

  @Test("1.3: properties give inputs, and requirements lead out")
  func simple() throws {
    let types = """
      tosca_definitions_version: tosca_simple_yaml_1_3
      node_types:
        Balancer:
          derived_from: tosca.nodes.LoadBalancer
          properties: { redundancy: { type: integer } }
          requirements: [ box: { capability: tosca.capabilities.Compute, relationship: tosca.relationships.HostedOn } ]

      """
    let inner = """
      tosca_definitions_version: tosca_simple_yaml_1_3
      imports: [ types.yaml ]
      topology_template:
        inputs: { scale: { type: integer } }
        node_templates:
          admin: { type: tosca.nodes.WebServer, properties: { component_version: 1.0 } }
        substitution_mappings:
          node_type: Balancer
          properties: { redundancy: [ scale ] }
          requirements: { box: [ admin, host ] }

      """
    let outer = """
      tosca_definitions_version: tosca_simple_yaml_1_3
      imports: [ types.yaml, inner.yaml ]
      topology_template:
        node_templates:
          balancer:
            type: Balancer
            directives: [ substitute ]
            properties: { redundancy: 3 }
            requirements: [ box: machine ]
          machine: { type: tosca.nodes.Compute }

      """
    let result = try Fixture(["service.yaml": outer, "inner.yaml": inner, "types.yaml": types]).read()
    #expect(result.errors == [])
    let substitution = try #require(result.topology?.node("balancer")?.substitution)
    #expect(substitution.topology.inputs["scale"]?.integer == 3)
    #expect(substitution.links.map(\.target) == ["machine"])
  }
}
