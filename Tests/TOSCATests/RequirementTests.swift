import Testing

@testable import TOSCA

@Suite("requirements and their targets")
struct RequirementTests {
  /// Types of 2.0 with a client that needs servers.
  static let types = """
    tosca_definitions_version: tosca_2_0
    data_types:
      Size: { derived_from: scalar, units: { MB: 1 } }
    capability_types:
      Service: { properties: { slots: { type: integer, default: 2 } } }
      FastService: { derived_from: Service }
    relationship_types:
      ServedBy: { properties: { weight: { type: integer, default: 1 } } }
    node_types:
      Server:
        properties: { zone: { type: string, default: north } }
        capabilities: { service: { type: Service } }
      Client:
        requirements:
          - service: { capability: Service, relationship: ServedBy, node: Server, count_range: [ 1, 4 ] }

    """

  private func template(_ nodes: String) throws -> ReadResult {
    try Fixture(Self.types + "service_template:\n  node_templates:\n" + nodes).read()
  }

  private func bound(_ result: ReadResult, _ node: String = "client") -> [String] {
    (result.topology?.node(node)?.requirements ?? []).map { "\($0.name) \($0.target) \($0.fulfilment)" }
  }

  @Test("a mandatory requirement that is not assigned is bound to the only node that fits")
  func implicit() throws {
    let result = try template("    server: { type: Server }\n    client: { type: Client }\n")
    #expect(result.findings.map(\.message) == [])
    #expect(bound(result) == ["service server implicit"])
    #expect(result.topology?.node("client")?.requirements.first?.properties["weight"]?.integer == 1)
  }

  @Test("where several nodes fit, they are named, and none is taken")
  func ambiguous() throws {
    let result = try template(
      """
          one: { type: Server }
          two: { type: Server }
          client: { type: Client, requirements: [ 1️⃣service: { optional: false } ] }
      """)
    #expect(bound(result) == [])
    let finding = try #require(result.findings("ambiguous-requirement").first)
    #expect(finding.severity == .warning)
    #expect(finding.expected?.contains("`one`, `two`") == true)
    #expect(result.topology?.node("client")?.danglingRequirements.first?.candidates == ["one", "two"])
  }

  @Test("as many alike requirements as nodes that are left get one each, mandatory ones first")
  func each() throws {
    let result = try template(
      """
          one: { type: Server }
          two: { type: Server }
          three: { type: Server }
          client:
            type: Client
            requirements: [ service: { optional: true }, service: { optional: true }, service: one ]
      """)
    #expect(result.errors == [])
    #expect(bound(result) == ["service two matched", "service three matched", "service one named"])
  }

  @Test("a node filter decides between nodes")
  func filter() throws {
    let result = try template(
      """
          one: { type: Server }
          two: { type: Server, properties: { zone: south } }
          client:
            type: Client
            requirements:
              - service: { node_filter: { $equal: [ { $get_property: [ SELF, TARGET, zone ] }, south ] } }
      """)
    #expect(result.findings.map(\.message) == [])
    #expect(bound(result) == ["service two matched"])
  }

  @Test("a named node that does not meet the filter is an error")
  func filterOfNamed() throws {
    let result = try template(
      """
          one: { type: Server }
          client:
            type: Client
            requirements:
              - service: { node: one, node_filter: { $equal: [ { $get_property: [ SELF, TARGET, zone ] }, south ] } }
      """)
    #expect(result.findings.map(\.code) == ["filter-not-met"])
  }

  @Test("what is allocated of a capability is not given twice")
  func allocation() throws {
    let nodes = """
          one: { type: Server }
          two: { type: Server, capabilities: { service: { properties: { slots: 9 } } } }
          first: { type: Client, requirements: [ service: { node: one, allocation: { slots: 2 } } ] }
          client: { type: Client, requirements: [ service: { allocation: { slots: 1 } } ] }

      """
    let result = try template(nodes)
    #expect(result.errors == [])
    #expect(bound(result) == ["service two matched"])
    let full = try template(
      nodes + "    other: { type: Client, requirements: [ service: { node: one, allocation: { slots: 1 } } ] }\n")
    #expect(full.findings("allocation-exceeded").count == 1)
  }

  @Test("a filter can ask for what is left of a capability")
  func available() throws {
    let result = try template(
      """
          one: { type: Server }
          two: { type: Server }
          first: { type: Client, requirements: [ service: { node: one, allocation: { slots: 1 } } ] }
          client:
            type: Client
            requirements:
              - service:
                  node_filter: { $greater_or_equal: [ { $available_allocation: [ SELF, CAPABILITY, slots ] }, 2 ] }
      """)
    #expect(result.errors == [])
    #expect(bound(result) == ["service two matched"])
  }

  @Test("a requirement that is to be fulfilled from outside is left open, one from inside must be fulfilled")
  func directives() throws {
    let outside = try template(
      "    one: { type: Server }\n    client: { type: Client, requirements: [ service: { directives: [ external ] } ] }\n"
    )
    #expect(outside.findings.map(\.message) == [])
    #expect(outside.topology?.node("client")?.danglingRequirements.count == 1)
    let inside = try template(
      "    client: { type: Client, requirements: [ service: { directives: [ internal ] } ] }\n")
    #expect(inside.findings.map(\.code) == ["unfulfilled-requirement"])
    #expect(inside.hasErrors)
  }

  @Test("counts and indexes are in the topology")
  func counts() throws {
    let result = try template(
      """
          one: { type: Server, count: 3 }
          client:
            type: Client
            requirements: [ service: { node: [ one, 2 ] }, service: { node: one, count: 2 } ]
      """)
    #expect(result.errors == [])
    #expect(result.topology?.nodes.map(\.name) == ["one[0]", "one[1]", "one[2]", "client"])
    let requirements = try #require(result.topology?.node("client")?.requirements)
    #expect(requirements.map { $0.targetIndex?.integer } == [2, nil, nil])
    #expect(requirements.map(\.target) == ["one[2]", "one[1]", "one[2]"])
  }

  @Test("1.3: the capability, the relationship and a node by its type are found")
  func simple() throws {
    let result = try Fixture(
      service(
        """
        relationship_types:
          Link:
            derived_from: tosca.relationships.DependsOn
            properties: { speed: { type: integer } }
        topology_template:
          relationship_templates:
            link: { type: Link, properties: { speed: 5 } }
          node_templates:
            app:
              type: tosca.nodes.WebApplication
              requirements:
                - host: { node: tosca.nodes.WebServer }
            web:
              type: tosca.nodes.WebServer
              requirements: [ host: machine ]
            machine: { type: tosca.nodes.Compute }
            db: { type: tosca.nodes.DBMS, requirements: [ host: machine, dependency: { node: web, relationship: link } ] }
        """)
    ).read()
    #expect(result.errors == [])
    #expect(bound(result, "app") == ["host web matched"])
    let database = try #require(result.topology?.node("db"))
    #expect(database.requirements.map(\.capability) == ["host", "feature"])
    #expect(database.requirements[0].relationship.name == "tosca.relationships.HostedOn")
    #expect(database.requirements[1].template == "link")
    #expect(database.requirements[1].properties["speed"]?.integer == 5)
  }

  @Test("1.3: a capability takes no more relationships than it says")
  func occurrences() throws {
    let result = try Fixture(
      service(
        """
        capability_types: { Plug: { derived_from: tosca.capabilities.Root } }
        node_types:
          Socket:
            derived_from: tosca.nodes.Root
            capabilities: { plug: { type: Plug, occurrences: [ 0, 1 ] } }
          Lamp:
            derived_from: tosca.nodes.Root
            requirements: [ plug: { capability: Plug } ]
        topology_template:
          node_templates:
            socket: { type: Socket }
            one: { type: Lamp, requirements: [ plug: socket ] }
            two: { type: Lamp, requirements: [ plug: socket ] }
        """)
    ).read()
    #expect(result.findings.map(\.code) == ["too-many-relationships"])
  }

  @Test("1.3: a node filter of properties and capabilities decides between nodes")
  func simpleFilter() throws {
    let result = try Fixture(
      service(
        """
        topology_template:
          node_templates:
            small: { type: tosca.nodes.Compute, capabilities: { host: { properties: { num_cpus: 1 } } } }
            large: { type: tosca.nodes.Compute, capabilities: { host: { properties: { num_cpus: 8 } } } }
            app:
              type: tosca.nodes.SoftwareComponent
              requirements:
                - host:
                    node_filter:
                      capabilities: [ host: { properties: [ num_cpus: { in_range: [ 4, 16 ] } ] } ]
        """)
    ).read()
    #expect(result.errors == [])
    #expect(bound(result, "app") == ["host large matched"])
  }
}
