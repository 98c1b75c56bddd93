/// A requirement that is bound to a target node, with the relationship that leads there.
public struct Requirement: Hashable, Sendable, Codable {
  /// How the target was found.
  public enum Fulfilment: String, Hashable, Sendable, Codable {
    /// The template names it.
    case named
    /// The template assigns the requirement and leaves the target open; it is the only node that fits.
    case matched
    /// The template does not assign the requirement, whose type demands it (2.0, 8.5.4); it is the only node that fits.
    case implicit
  }

  /// The requirement's name in the node's type.
  public var name: String
  /// The node it is bound to.
  public var target: String
  /// Which of the nodes that are made of the target's template (2.0, 8.5.3); nil where it does not matter.
  public var targetIndex: Value?
  /// The capability of the target.
  public var capability: String?
  /// The type of the relationship.
  public var relationship: TypeReference
  /// The relationship template that it was made of.
  public var template: String?
  /// The relationship's properties.
  public var properties: [String: Value]
  /// The relationship's attributes whose first values are known.
  public var attributes: [String: Value]
  /// The relationship's interfaces.
  public var interfaces: [String: Interface]
  /// What it takes of the properties of the target's capability (2.0, 8.5.5).
  public var allocation: [String: Value]
  /// How many relationships it stands for; nil for one.
  public var count: Value?
  /// Whether the service is still valid where it cannot be fulfilled.
  public var isOptional: Bool
  /// How the target was found.
  public var fulfilment: Fulfilment
  /// Where the requirement is assigned.
  public var place: SourceRange

  /// A bound requirement.
  public init(
    name: String, target: String, targetIndex: Value? = nil, capability: String?, relationship: TypeReference,
    template: String? = nil, properties: [String: Value] = [:], attributes: [String: Value] = [:],
    interfaces: [String: Interface] = [:], allocation: [String: Value] = [:], count: Value? = nil,
    isOptional: Bool = false, fulfilment: Fulfilment = .named, place: SourceRange
  ) {
    self.name = name
    self.target = target
    self.targetIndex = targetIndex
    self.capability = capability
    self.relationship = relationship
    self.template = template
    self.properties = properties
    self.attributes = attributes
    self.interfaces = interfaces
    self.allocation = allocation
    self.count = count
    self.isOptional = isOptional
    self.fulfilment = fulfilment
    self.place = place
  }
}

/// A requirement that no node of the topology is bound to: none fits, or several do, or it is to be fulfilled from
/// outside.
public struct DanglingRequirement: Hashable, Sendable, Codable {
  /// The requirement's name in the node's type.
  public var name: String
  /// The type that the target must have.
  public var nodeType: TypeReference?
  /// The capability, by name, or the capability type that the target must offer.
  public var capability: String?
  /// The type of the relationship.
  public var relationship: TypeReference?
  /// What must hold of the target, as written.
  public var nodeFilter: Value?
  /// The nodes of the topology that fit, of which none is nearer than the others.
  public var candidates: [String]
  /// How many relationships it stands for; nil for one.
  public var count: Value?
  /// Whether the service is still valid where it cannot be fulfilled.
  public var isOptional: Bool
  /// Where the requirement is assigned, or, where it is not, the node.
  public var place: SourceRange

  /// A requirement without a target.
  public init(
    name: String, nodeType: TypeReference? = nil, capability: String? = nil, relationship: TypeReference? = nil,
    nodeFilter: Value? = nil, candidates: [String] = [], count: Value? = nil, isOptional: Bool = false,
    place: SourceRange
  ) {
    self.name = name
    self.nodeType = nodeType
    self.capability = capability
    self.relationship = relationship
    self.nodeFilter = nodeFilter
    self.candidates = candidates
    self.count = count
    self.isOptional = isOptional
    self.place = place
  }
}
