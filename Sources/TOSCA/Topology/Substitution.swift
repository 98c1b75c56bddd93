/// The topology that stands for a node (1.3, 3.8.13; 2.0, 15).
public struct Substitution: Hashable, Sendable, Codable {
  /// The file that has the substituting template, as findings name it.
  public var file: String
  /// The substituting topology, with the inputs that the node's properties give.
  public var topology: Topology
  /// How what the node offers and needs is found in the substituting topology.
  public var mapping: SubstitutionMapping
  /// The requirements inside that lead out to nodes of the topology around.
  public var links: [Link]

  /// A requirement of a node inside that a requirement of the substituted node is mapped to.
  public struct Link: Hashable, Sendable, Codable {
    /// The node inside.
    public var node: String
    /// Its requirement; nil where the node itself stands for the target (2.0, 15.5.3).
    public var requirement: String?
    /// The requirement of the substituted node.
    public var outerRequirement: String
    /// The node of the topology around that it leads to.
    public var target: String

    /// A link.
    public init(node: String, requirement: String?, outerRequirement: String, target: String) {
      self.node = node
      self.requirement = requirement
      self.outerRequirement = outerRequirement
      self.target = target
    }
  }

  /// A substitution.
  public init(file: String, topology: Topology, mapping: SubstitutionMapping, links: [Link] = []) {
    self.file = file
    self.topology = topology
    self.mapping = mapping
    self.links = links
  }
}

/// What node a topology can stand for, and how.
public struct SubstitutionMapping: Hashable, Sendable, Codable {
  /// The type of the nodes that the topology can stand for.
  public var nodeType: TypeReference
  /// What must hold of such a node, as written.
  public var filter: Value?
  /// The input that takes the value of a property. A property of a capability or relationship is a path, with dots
  /// between its steps.
  public var properties: [String: String]
  /// The output that gives the value of an attribute.
  public var attributes: [String: String]
  /// The node and its capability that stand for a capability.
  public var capabilities: [String: Member]
  /// The nodes and their requirements that stand for assignments of a requirement, in order.
  public var requirements: [Requirement]
  /// The workflow that carries out an operation, named as `interface.operation`.
  public var interfaces: [String: String]

  /// A part of a node inside.
  public struct Member: Hashable, Sendable, Codable {
    /// The node.
    public var node: String
    /// Its capability or requirement; nil for the node itself.
    public var name: String?

    /// A part of a node.
    public init(node: String, name: String?) {
      self.node = node
      self.name = name
    }
  }

  /// What stands for some assignments of a requirement.
  public struct Requirement: Hashable, Sendable, Codable {
    /// The requirement.
    public var name: String
    /// How many of its assignments; nil for one of several mappings, or for all where there is one.
    public var count: Int?
    /// Whether all assignments that are left are meant.
    public var isUnbounded: Bool
    /// Where each of them leads.
    public var targets: [Member]

    /// A requirement mapping.
    public init(name: String, count: Int? = nil, isUnbounded: Bool = false, targets: [Member]) {
      self.name = name
      self.count = count
      self.isUnbounded = isUnbounded
      self.targets = targets
    }
  }

  /// A mapping.
  public init(
    nodeType: TypeReference, filter: Value? = nil, properties: [String: String] = [:],
    attributes: [String: String] = [:], capabilities: [String: Member] = [:], requirements: [Requirement] = [],
    interfaces: [String: String] = [:]
  ) {
    self.nodeType = nodeType
    self.filter = filter
    self.properties = properties
    self.attributes = attributes
    self.capabilities = capabilities
    self.requirements = requirements
    self.interfaces = interfaces
  }
}
