import Foundation
import Testing

@testable import TOSCA

/// The Simple Profile for TOSCA 2.0 beside that of 1.3: one meaning under two grammars.
@Suite("TOSCA 2.0: the Simple Profile")
struct SimpleProfileTests {
  private static let prelude = """
    tosca_definitions_version: tosca_2_0
    imports: [ { profile: 'org.oasis-open.tosca.simple:2.0' } ]

    """

  /// The names that types have in 2.0: the last parts of those of 1.3.
  private static func short(_ text: String) -> String {
    text.replacing("scalar-unit.size", with: "Size")
      .replacing("tosca.interfaces.node.lifecycle.Standard", with: "Lifecycle.Standard")
      .replacing("tosca.interfaces.relationship.Configure", with: "Relationship.Configure")
      .replacing(
        #/tosca\.(nodes|capabilities|relationships|interfaces|datatypes|groups|policies|artifacts)\.(network\.)?/#,
        with: "")
  }

  /// The document of a topology without what the two versions must differ in: the version, places, and the ancestors of
  /// data types, which have no root in 2.0.
  private static func document(_ topology: Topology?, without others: Set<String> = []) throws -> NSObject {
    let text = try #require(topology).json()
    let value = try JSONSerialization.jsonObject(with: Data(short(text).utf8))
    return try #require(pruned(value, others.union(["version", "place"])) as? NSObject)
  }

  private static func pruned(_ value: Any, _ others: Set<String>) -> Any {
    if let members = value as? [String: Any] {
      return members.filter { !others.contains($0.key) }.mapValues { pruned($0, others) }
    }
    return (value as? [Any])?.map { pruned($0, others) } ?? value
  }

  /// The names of the types that a file of the profile of 1.3 declares.
  private static func types(_ file: String) throws -> [String] {
    let text = try SourceCode.text(of: "Profiles/tosca/simple/1.3/\(file).yaml")
    return text.matches(of: #/(?m)^  (tosca\.[A-Za-z.]+):$/#).map { String($0.1) }
  }

  @Test("a node of each type is the same in both versions")
  func nodes() throws {
    let named = ["tosca.nodes.Database", "tosca.nodes.Storage.ObjectStorage", "tosca.nodes.Abstract.Storage"]
    let templates = try Self.types("node").enumerated().map { index, type in
      "    n\(index): { type: \(type)\(named.contains(type) ? ", properties: { name: some }" : "") }\n"
    }.joined()
    #expect(try Self.types("node").count == 16)
    let first = try Fixture(service("topology_template:\n  node_templates:\n" + templates)).read()
    let second = try Fixture(Self.prelude + "service_template:\n  node_templates:\n" + Self.short(templates)).read()
    #expect(first.errors == [] && second.errors == [])
    // What nobody assigns is an assignment of its own in 2.0 only (8.5.4).
    let requirements: Set = ["requirements", "danglingRequirements"]
    #expect(
      try Self.document(first.topology, without: requirements)
        == Self.document(second.topology, without: requirements))
  }

  @Test("a whole template is the same in both versions")
  func template() throws {
    func topology(_ constant: String) -> String {
      """
        inputs:
          size: { type: scalar-unit.size, default: 2 GB }
          cpus: { type: integer, default: 4 }
        node_templates:
          computer:
            type: tosca.nodes.Compute
            capabilities:
              host: { properties: { num_cpus: { \(constant)get_input: cpus }, mem_size: { \(constant)get_input: size } } }
              os: { properties: { type: linux, version: '6.1' } }
            requirements:
              - local_storage:
                  node: disk
                  relationship: { type: tosca.relationships.AttachesTo, properties: { location: /data } }
          disk: { type: tosca.nodes.Storage.BlockStorage, properties: { size: 10 GiB } }
          dbms: { type: tosca.nodes.DBMS, properties: { port: 3306 }, requirements: [ { host: computer } ] }
          database:
            type: tosca.nodes.Database
            properties: { name: shop, user: shop }
            capabilities:
              database_endpoint: { properties: { port: 3306, ports: { a: { target: 80 } } } }
            requirements: [ { host: dbms } ]
          server: { type: tosca.nodes.WebServer, requirements: [ { host: computer } ] }
          shop:
            type: tosca.nodes.WebApplication
            properties: { context_root: /shop }
            requirements: [ { host: server } ]
          balancer: { type: tosca.nodes.LoadBalancer, requirements: [ { application: [shop, app_endpoint] } ] }
          runtime: { type: tosca.nodes.Container.Runtime, requirements: [ { host: computer } ] }
          contained:
            type: tosca.nodes.Container.Application
            requirements: [ { host: runtime }, { network: shop } ]
          network: { type: tosca.nodes.network.Network, properties: { cidr: 10.0.0.0/8 } }
          port: { type: tosca.nodes.network.Port, requirements: [ { link: network }, { binding: computer } ] }
        groups: { all: { type: tosca.groups.Root, members: [ server, shop ] } }
        policies: [ { near: { type: tosca.policies.Placement, targets: [ all ] } } ]
        outputs: { context: { value: { \(constant)get_property: [ shop, context_root ] } } }
      """.replacing("[shop, app_endpoint]", with: "{ node: shop, capability: app_endpoint }")
    }
    let first = try Fixture(service("topology_template:\n" + topology(""))).read()
    let second = try Fixture(Self.prelude + "service_template:\n" + Self.short(topology("$"))).read()
    #expect(first.errors == [])
    #expect(second.errors == [], "\(second.findings.map(\.message))")
    // Storage is assigned to nobody, which is an assignment of its own in 2.0 only (8.5.4).
    let dangling: Set = ["danglingRequirements"]
    #expect(
      try Self.document(first.topology, without: dangling) == Self.document(second.topology, without: dangling))
  }

  @Test(
    "each type of 1.3 is there, but for the root of data types",
    arguments: [
      ("artifact", "artifact_types"), ("capability", "capability_types"), ("data", "data_types"),
      ("group", "group_types"), ("interface", "interface_types"), ("node", "node_types"), ("policy", "policy_types"),
      ("relationship", "relationship_types"),
    ])
  func types(file: String, section: String) throws {
    let names = try Self.types(file).filter { $0 != "tosca.datatypes.Root" }.map(Self.short)
    #expect(!names.isEmpty)
    let derived = names.enumerated().map { "  T\($0): { derived_from: \($1) }\n" }.joined()
    #expect(try Fixture(Self.prelude + section + ":\n" + derived).read().errors == [])
  }

  @Test(
    "values of 1.3's built-in types",
    arguments: [
      ("Size", "4 GB", true), ("Size", "4 Gb", false), ("Time", "5 ms", true), ("Frequency", "1.5 GHz", true),
      ("Bitrate", "10 Mbps", true), ("Bitrate", "10 Hz", false), ("Range", "[ 1, 4 ]", true),
      ("Range", "[ 4, 1 ]", false),
      ("Range", "[ 1 ]", false), ("PortDef", "80", true), ("PortDef", "65536", false), ("PortDef", "0", false),
      ("PortRange", "[ 80, 81 ]", true), ("PortRange", "[ 0, 81 ]", false),
    ])
  func values(type: String, value: String, isValid: Bool) throws {
    let text = Self.prelude + property("{ type: \(type) }", value)
    #expect(try Fixture(text).read().hasErrors != isValid)
  }

  @Test("a text that must be JSON")
  func json() throws {
    for (value, isValid) in [("'{\"a\": 1}'", true), ("'{a'", false)] {
      let text = Self.prelude + property("{ type: json }", value)
      #expect(try Fixture(text).read().hasErrors != isValid)
    }
  }

  @Test("the profile has two names and one meaning, and is not there unless it is imported")
  func names() throws {
    let text = """
      tosca_definitions_version: tosca_2_0
      imports: [ { profile: 'org.oasis-open.tosca.simple:2.0', namespace: tosca }, { profile: 'org.oasis-open.simple:2.0' } ]
      service_template:
        node_templates:
          computer: { type: Compute }
          dbms: { type: tosca:DBMS, requirements: [ { host: computer } ] }

      """
    #expect(try Fixture(text).read().findings == [])
    let without = text.split(separator: "\n").filter { !$0.hasPrefix("imports") }.joined(separator: "\n")
    #expect(try Set(Fixture(without).read().findings.map(\.code)) == ["unknown-type"])
  }
}
