/// A node: of a template that makes one, or one of those that a template with a `count` makes.
public struct Node: Hashable, Sendable, Codable {
  /// The template's name; where several nodes are made of it, with the index of this one: `site[2]`.
  public var name: String
  /// The template's name, where several nodes are made of it (2.0, 14.2).
  public var template: String?
  /// Which of the nodes of its template it is.
  public var index: Int?
  /// Its type.
  public var type: TypeReference
  /// Its description.
  public var description: String?
  /// Its metadata.
  public var metadata: [String: String]
  /// What an orchestrator is to do with it: `create`, `select`, `substitute`, in order of preference; empty where the
  /// template does not say it.
  public var directives: [String]
  /// How many nodes are made of the template (2.0, 14.2), where that is not known yet; nil for one, and where each of
  /// them is a node of its own.
  public var count: Value?
  /// What must hold of the node that is selected for it, as written.
  public var nodeFilter: Value?
  /// The properties, defaults included.
  public var properties: [String: Value]
  /// The attributes whose first values are known.
  public var attributes: [String: Value]
  /// The capabilities by name, those of the type included.
  public var capabilities: [String: Capability]
  /// The requirements that are bound to a target, in order.
  public var requirements: [Requirement]
  /// The requirements that are not bound: the orchestrator has to find a target when the service is deployed.
  public var danglingRequirements: [DanglingRequirement]
  /// The interfaces by name, those of the type included.
  public var interfaces: [String: Interface]
  /// The artifacts by name.
  public var artifacts: [String: Artifact]
  /// The topology that stands for the node, where it is to be substituted and a template for it was found.
  public var substitution: Substitution? {
    get { substitutions.first }
    set { substitutions = newValue.map { [$0] } ?? [] }
  }
  // One or none, apart from the node, because few nodes have one, and it is large.
  private var substitutions: [Substitution]
  /// Where the template begins: its name.
  public var place: SourceRange

  /// A node template.
  public init(
    name: String, type: TypeReference, description: String? = nil, metadata: [String: String] = [:],
    directives: [String] = [], count: Value? = nil, nodeFilter: Value? = nil, properties: [String: Value],
    attributes: [String: Value] = [:], capabilities: [String: Capability], requirements: [Requirement],
    danglingRequirements: [DanglingRequirement] = [], interfaces: [String: Interface] = [:],
    artifacts: [String: Artifact], substitution: Substitution? = nil, place: SourceRange
  ) {
    self.name = name
    self.type = type
    self.description = description
    self.metadata = metadata
    self.directives = directives
    self.count = count
    self.nodeFilter = nodeFilter
    self.properties = properties
    self.attributes = attributes
    self.capabilities = capabilities
    self.requirements = requirements
    self.danglingRequirements = danglingRequirements
    self.interfaces = interfaces
    self.artifacts = artifacts
    substitutions = substitution.map { [$0] } ?? []
    self.place = place
  }
}

/// A capability of a node template.
public struct Capability: Hashable, Sendable, Codable {
  /// Its type.
  public var type: TypeReference
  /// The properties, defaults included.
  public var properties: [String: Value]
  /// The attributes whose first values are known.
  public var attributes: [String: Value]

  /// A capability.
  public init(type: TypeReference, properties: [String: Value], attributes: [String: Value] = [:]) {
    self.type = type
    self.properties = properties
    self.attributes = attributes
  }
}

/// An artifact of a node template.
public struct Artifact: Hashable, Sendable, Codable {
  /// Its type.
  public var type: TypeReference
  /// The file or folder, relative to the topology's root.
  public var file: String
  /// The repository that has the file.
  public var repository: String?
  /// The properties.
  public var properties: [String: Value]
  /// Where the artifact's file is named.
  public var place: SourceRange

  /// An artifact.
  public init(
    type: TypeReference, file: String, repository: String? = nil, properties: [String: Value] = [:],
    place: SourceRange
  ) {
    self.type = type
    self.file = file
    self.repository = repository
    self.properties = properties
    self.place = place
  }
}
