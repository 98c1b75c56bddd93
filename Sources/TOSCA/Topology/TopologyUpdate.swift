/// What has to be done where one topology takes the place of another (2.0, 4.4). Nodes are the same where their names
/// are, relationships where their nodes, the name of their requirement and their targets are.
public struct TopologyUpdate: Hashable, Sendable, Codable {
  /// What becomes of something.
  public enum Category: String, Hashable, Sendable, Codable {
    /// It is in both topologies, and alike.
    case unchanged
    /// It is in both, with other values.
    case modified
    /// It is in the old one only.
    case obsolete
    /// It is in the new one only.
    case novel
  }

  /// A node or a relationship of one of the topologies, or of both.
  public struct Change: Hashable, Sendable, Codable {
    /// The node; of a relationship, its source.
    public var node: String
    /// The requirement of a relationship; nil for a node.
    public var requirement: String?
    /// The target of a relationship; nil for a node.
    public var target: String?
    /// What becomes of it.
    public var category: Category
    /// What is different, such as `properties.port: 80 → 8080`, sorted. No value that must not be shown is in it.
    public var differences: [String]

    /// A change.
    public init(
      node: String, requirement: String? = nil, target: String? = nil, category: Category, differences: [String] = []
    ) {
      self.node = node
      self.requirement = requirement
      self.target = target
      self.category = category
      self.differences = differences
    }
  }

  /// Something that is done.
  public struct Operation: Hashable, Sendable, Codable {
    /// What is done.
    public enum Kind: String, Hashable, Sendable, Codable {
      case delete, create, modify
    }

    /// What is done.
    public var kind: Kind
    /// The node; of a relationship, its source.
    public var node: String
    /// The requirement of a relationship; nil for a node.
    public var requirement: String?
    /// The target of a relationship; nil for a node.
    public var target: String?

    /// An operation.
    public init(kind: Kind, node: String, requirement: String? = nil, target: String? = nil) {
      self.kind = kind
      self.node = node
      self.requirement = requirement
      self.target = target
    }
  }

  /// The nodes of both topologies: those of the new one in its order, then the obsolete ones. A node whose type is
  /// another is an obsolete and a novel one.
  public var nodes: [Change]
  /// The relationships of both, likewise.
  public var relationships: [Change]
  /// What is done, stage by stage: what is in one stage can be done at once.
  public var stages: [[Operation]]
  /// Circles of nodes that depend on each other: what is done there has an order only because they are cut.
  public var cycles: [[String]]

  /// Whether there is nothing to do.
  public var isEmpty: Bool { stages.isEmpty }

  /// The nodes of a category.
  public func nodes(_ category: Category) -> [String] { nodes.filter { $0.category == category }.map(\.node) }
}
