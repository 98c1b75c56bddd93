/// The normalized form of a service template: what remains after imports, derivation, defaults and functions are worked
/// out, the same for every version of TOSCA. Names are unique per kind; order is the file's.
public struct Topology: Hashable, Sendable, Codable {
  /// The `tosca_definitions_version` of the template.
  public var version: String
  /// The template's `description`.
  public var description: String?
  /// The template's `metadata`.
  public var metadata: [String: String]
  /// The inputs and their values, where known.
  public var inputs: [String: Value]
  /// The node templates.
  public var nodes: [Node]
  /// The groups.
  public var groups: [Group]
  /// The policies.
  public var policies: [Policy]
  /// The outputs, where their values are known.
  public var outputs: [String: Value]
  /// The folder that artifact files and other relative paths refer to.
  public var root: String

  /// A normalized service template.
  public init(
    version: String, description: String? = nil, metadata: [String: String] = [:], inputs: [String: Value] = [:],
    nodes: [Node] = [], groups: [Group] = [], policies: [Policy] = [], outputs: [String: Value] = [:], root: String
  ) {
    self.version = version
    self.description = description
    self.metadata = metadata
    self.inputs = inputs
    self.nodes = nodes
    self.groups = groups
    self.policies = policies
    self.outputs = outputs
    self.root = root
  }

  /// The node of that name.
  public func node(_ name: String) -> Node? { nodes.first { $0.name == name } }
}

/// A type's name with those it derives from.
public struct TypeReference: Hashable, Sendable, Codable {
  /// The full name, such as `sectosca.nodes.WebService`.
  public var name: String
  /// The names of the ancestors, nearest first.
  public var ancestors: [String]

  /// A type and its ancestors, nearest first.
  public init(name: String, ancestors: [String]) {
    self.name = name
    self.ancestors = ancestors
  }

  /// Whether this is the type of that full name or derives from it.
  public func derives(from other: String) -> Bool { name == other || ancestors.contains(other) }
}

/// A node template.
public struct Node: Hashable, Sendable, Codable {
  /// The template's name.
  public var name: String
  /// Its type.
  public var type: TypeReference
  /// The properties, defaults included.
  public var properties: [String: Value]
  /// The capabilities by name, those of the type included.
  public var capabilities: [String: Capability]
  /// The requirements, each bound to its target, in order.
  public var requirements: [Requirement]
  /// The artifacts by name.
  public var artifacts: [String: Artifact]
  /// Where the template begins: its name.
  public var place: SourceRange

  /// A node template.
  public init(
    name: String, type: TypeReference, properties: [String: Value], capabilities: [String: Capability],
    requirements: [Requirement], artifacts: [String: Artifact], place: SourceRange
  ) {
    self.name = name
    self.type = type
    self.properties = properties
    self.capabilities = capabilities
    self.requirements = requirements
    self.artifacts = artifacts
    self.place = place
  }
}

/// A capability of a node template.
public struct Capability: Hashable, Sendable, Codable {
  /// Its type.
  public var type: TypeReference
  /// The properties, defaults included.
  public var properties: [String: Value]

  /// A capability.
  public init(type: TypeReference, properties: [String: Value]) {
    self.type = type
    self.properties = properties
  }
}

/// A requirement that is bound to a target node.
public struct Requirement: Hashable, Sendable, Codable {
  /// The requirement's name in the node's type.
  public var name: String
  /// The node it is bound to.
  public var target: String
  /// The capability of the target.
  public var capability: String?
  /// The type of the relationship.
  public var relationship: TypeReference
  /// The relationship's properties.
  public var properties: [String: Value]
  /// Where the requirement is assigned.
  public var place: SourceRange

  /// A bound requirement.
  public init(
    name: String, target: String, capability: String?, relationship: TypeReference, properties: [String: Value] = [:],
    place: SourceRange
  ) {
    self.name = name
    self.target = target
    self.capability = capability
    self.relationship = relationship
    self.properties = properties
    self.place = place
  }
}

/// An artifact of a node template.
public struct Artifact: Hashable, Sendable, Codable {
  /// Its type.
  public var type: TypeReference
  /// The file or folder, relative to the topology's root.
  public var file: String
  /// The properties.
  public var properties: [String: Value]
  /// Where the artifact's file is named.
  public var place: SourceRange

  /// An artifact.
  public init(type: TypeReference, file: String, properties: [String: Value] = [:], place: SourceRange) {
    self.type = type
    self.file = file
    self.properties = properties
    self.place = place
  }
}

/// A group of node templates.
public struct Group: Hashable, Sendable, Codable {
  /// The group's name.
  public var name: String
  /// Its type.
  public var type: TypeReference
  /// The node templates in it.
  public var members: [String]
  /// The properties.
  public var properties: [String: Value]
  /// Where the group begins: its name.
  public var place: SourceRange

  /// A group.
  public init(name: String, type: TypeReference, members: [String], properties: [String: Value], place: SourceRange) {
    self.name = name
    self.type = type
    self.members = members
    self.properties = properties
    self.place = place
  }
}

/// A policy.
public struct Policy: Hashable, Sendable, Codable {
  /// The policy's name.
  public var name: String
  /// Its type.
  public var type: TypeReference
  /// The properties, defaults included.
  public var properties: [String: Value]
  /// The nodes and groups it applies to, as written.
  public var targets: [Located<String>]
  /// The triggers, in order.
  public var triggers: [Trigger]
  /// Where the policy begins: its name.
  public var place: SourceRange

  /// A policy.
  public init(
    name: String, type: TypeReference, properties: [String: Value], targets: [Located<String>], triggers: [Trigger],
    place: SourceRange
  ) {
    self.name = name
    self.type = type
    self.properties = properties
    self.targets = targets
    self.triggers = triggers
    self.place = place
  }
}

/// A trigger of a policy (TOSCA 1.3, 3.6.22): an event, a condition, actions. The condition and the actions are kept as
/// written, because what they mean belongs to the policy's type.
public struct Trigger: Hashable, Sendable, Codable {
  /// The trigger's name.
  public var name: String
  /// The event's type name.
  public var event: Located<String>
  /// The condition, as written.
  public var condition: Value?
  /// The activities, as written, in order.
  public var actions: [Value]
  /// Where the trigger begins: its name.
  public var place: SourceRange

  /// A trigger.
  public init(name: String, event: Located<String>, condition: Value?, actions: [Value], place: SourceRange) {
    self.name = name
    self.event = event
    self.condition = condition
    self.actions = actions
    self.place = place
  }
}

/// Something with the place where it was written.
public struct Located<Wrapped: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
  /// What was written.
  public var value: Wrapped
  /// Where.
  public var place: SourceRange

  /// Something and its place.
  public init(_ value: Wrapped, at place: SourceRange) {
    self.value = value
    self.place = place
  }
}
