import Foundation
import TOSCA

/// The portal of `Examples/portal` as a topology, written as values, for tests to change.
enum Portal {
  /// The folder of the example.
  static let root = repository.appendingPathComponent("Examples/portal").path
  /// The repository.
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static let credentials: Literal = [
    "rita": [
      "salt": "yZJxMQ0hDrEYNjiynBUsZA==", "iterations": 20000,
      "hash": "mWMoM555C96D3XmW24lnQIT81DgCtmNjTFg//fML7+c=", "roles": ["reader"],
    ],
    "carl": [
      "salt": "b2d20928585e7b4b", "iterations": 20000,
      "hash": .text(String(repeating: "5c", count: 32)), "roles": ["clerk"],
    ],
  ]

  /// The whole topology.
  static func topology() -> Topology {
    Topology(version: "tosca_simple_yaml_1_3", nodes: [storefront, orders], policies: policies, root: root)
  }

  static var storefront: Node {
    node(
      "storefront", "WebService",
      properties: [
        "memory": .amount(16_777_216, "16 MiB"),
        "routes": [["path": "/", "site": "site"], ["path": "/orders", "backend": "orders"]],
      ],
      endpoint: ["port": 80, "network_name": "PUBLIC", "published_port": 8088], backends: ["orders"],
      artifacts: ["site": "site"])
  }

  static var orders: Node {
    node(
      "orders", "KeyValueService",
      properties: [
        "memory": .amount(16_777_216, "16 MiB"), "prefix": "/orders", "capacity": .amount(4_194_304, "4 MiB"),
      ],
      endpoint: ["port": 80, "network_name": "PRIVATE"])
  }

  static var policies: [Policy] {
    [
      policy("declared_flows", "Filtering", ["storefront", "orders"], ["flows": "declared", "allowed_sources": []]),
      policy(
        "passwords", "Authentication", ["storefront"],
        ["scheme": "basic", "realm": "portal", "credentials": credentials]),
      policy(
        "tokens", "Authentication", ["storefront"],
        [
          "scheme": "bearer", "realm": "portal", "issuer": "https://id.example", "audience": "portal",
          "keys": "keys.json",
        ]),
      policy("order_rules", "Authorization", ["storefront"], ["policies": ["orders.cedar"]]),
      policy(
        "calm", "RateLimit", ["storefront"], ["per_source": "20 per 1 s", "burst": 40, "paths": ["/orders"]]),
      policy("nobody", "Filtering", ["orders"], ["flows": "none"]),
      level("normal", 0, ["declared_flows", "passwords", "order_rules"]),
      level("elevated", 1, ["declared_flows", "tokens", "order_rules", "calm"]),
      level("lockdown", 2, ["declared_flows", "tokens", "order_rules", "calm", "nobody"]),
      adaptation("follow_threat", [trigger("threat_rises", sets: "elevated")]),
    ]
  }

  static func node(
    _ name: String, _ type: String, properties: [String: Literal] = [:], endpoint: [String: Literal]? = nil,
    backends: [String] = [], artifacts: [String: String] = [:]
  ) -> Node {
    let parents = type == "Unikernel" ? [] : type == "HTTPService" ? ["Unikernel"] : ["HTTPService", "Unikernel"]
    return Node(
      name: name,
      type: reference("sectosca.nodes.\(type)", parents.map { "sectosca.nodes.\($0)" } + ["tosca.nodes.Root"]),
      properties: SecTOSCATests.properties(properties, at: name),
      capabilities: endpoint.map { literals in
        [
          "endpoint": Capability(
            type: reference("sectosca.capabilities.Endpoint", ["tosca.capabilities.Endpoint"]),
            properties: SecTOSCATests.properties(literals, at: "\(name)/endpoint"))
        ]
      } ?? [:],
      requirements: backends.map { backend in
        Requirement(
          name: "backend", target: backend, capability: "endpoint",
          relationship: reference("sectosca.relationships.ConnectsTo", ["tosca.relationships.ConnectsTo"]),
          place: place("\(name)/backend"))
      },
      artifacts: artifacts.mapValues { file in
        Artifact(
          type: reference("sectosca.artifacts.StaticSite", ["tosca.artifacts.Root"]), file: file,
          place: place("\(name)/artifacts/\(file)"))
      }, place: place(name))
  }

  /// A node that SecTOSCA knows nothing of.
  static func compute(_ name: String) -> Node {
    Node(
      name: name, type: reference("tosca.nodes.Compute", ["tosca.nodes.Root"]), properties: [:], capabilities: [:],
      requirements: [], artifacts: [:], place: place(name))
  }

  static func policy(
    _ name: String, _ type: String, _ targets: [String], _ literals: [String: Literal], triggers: [Trigger] = []
  ) -> Policy {
    let isRequirement = !["Level", "Adaptation", "Requirement"].contains(type)
    return Policy(
      name: name,
      type: reference(
        "sectosca.policies.\(type)",
        (isRequirement ? ["sectosca.policies.Requirement"] : []) + ["tosca.policies.Root"]),
      properties: SecTOSCATests.properties(literals, at: name),
      targets: targets.enumerated().map { Located($1, at: place("\(name)/targets/\($0)")) }, triggers: triggers,
      place: place(name))
  }

  static func level(_ name: String, _ rank: Int, _ requires: [String]) -> Policy {
    policy(name, "Level", [], ["rank": .integer(rank), "requires": .list(requires.map { .text($0) })])
  }

  static func adaptation(_ name: String, _ triggers: [Trigger], targets: [String] = ["storefront", "orders"]) -> Policy
  {
    policy(name, "Adaptation", targets, [:], triggers: triggers)
  }

  static func trigger(
    _ name: String, when condition: Literal? = ["threat_level": [["equal": "high"]]], sets level: String
  ) -> Trigger {
    trigger(
      name, when: condition,
      actions: [["call_operation": ["operation": "SecurityControl.set_level", "inputs": ["level": .text(level)]]]])
  }

  static func trigger(
    _ name: String, event: String = "sectosca.events.ContextChanged",
    when condition: Literal? = ["threat_level": [["equal": "high"]]], actions: [Literal]
  ) -> Trigger {
    Trigger(
      name: name, event: Located(event, at: place("\(name)/event")),
      condition: condition?.value(at: "\(name)/condition"),
      actions: actions.enumerated().map { $1.value(at: "\(name)/action/\($0)") }, place: place(name))
  }

  static func group(_ name: String, _ members: [String]) -> Group {
    Group(name: name, type: reference("tosca.groups.Root", []), members: members, properties: [:], place: place(name))
  }

  static func reference(_ name: String, _ ancestors: [String]) -> TypeReference {
    TypeReference(name: name, ancestors: ancestors)
  }
}

extension Topology {
  /// The topology with a property of a node changed; nil takes it away.
  func setting(_ property: String, of node: String, to literal: Literal?) -> Topology {
    var copy = self
    for index in copy.nodes.indices where copy.nodes[index].name == node {
      copy.nodes[index].properties[property] = literal?.value(at: "\(node)/\(property)")
    }
    return copy
  }

  /// The topology with a property of a policy changed; nil takes it away.
  func setting(_ property: String, ofPolicy policy: String, to literal: Literal?) -> Topology {
    var copy = self
    for index in copy.policies.indices where copy.policies[index].name == policy {
      copy.policies[index].properties[property] = literal?.value(at: "\(policy)/\(property)")
    }
    return copy
  }

  /// The topology with a policy in the place of the one of its name, or added.
  func with(_ policy: Policy) -> Topology {
    var copy = self
    if let index = copy.policies.firstIndex(where: { $0.name == policy.name }) {
      copy.policies[index] = policy
    } else {
      copy.policies.append(policy)
    }
    return copy
  }

  /// The topology with a node in the place of the one of its name, or added.
  func with(_ node: Node) -> Topology {
    var copy = self
    if let index = copy.nodes.firstIndex(where: { $0.name == node.name }) {
      copy.nodes[index] = node
    } else {
      copy.nodes.append(node)
    }
    return copy
  }

  /// The topology with a group added.
  func with(_ group: Group) -> Topology {
    var copy = self
    copy.groups.append(group)
    return copy
  }

  /// The topology without some policies.
  func without(_ names: String...) -> Topology {
    var copy = self
    copy.policies.removeAll { names.contains($0.name) }
    return copy
  }
}
