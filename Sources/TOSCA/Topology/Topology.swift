/// The normalized form of a service template: what remains after imports, derivation, defaults and functions are worked
/// out, the same for every version of TOSCA. Names are unique per kind; order is the file's.
///
/// What many nodes have in common is shared: types, and what a node has of its type alone.
public struct Topology: Hashable, Sendable, Codable {
  /// The `tosca_definitions_version` of the template.
  public var version: String
  /// The template's `description`.
  public var description: String?
  /// The template's `metadata`.
  public var metadata: [String: String]
  /// The inputs and their values, where known.
  public var inputs: [String: Value]
  /// What the template declares of its inputs, in order.
  public var inputDeclarations: [ParameterDeclaration]
  /// The node templates.
  public var nodes: [Node]
  /// The groups.
  public var groups: [Group]
  /// The policies.
  public var policies: [Policy]
  /// The imperative workflows.
  public var workflows: [Workflow]
  /// The outputs, where their values are known.
  public var outputs: [String: Value]
  /// What the template declares of its outputs, in order.
  public var outputDeclarations: [ParameterDeclaration]
  /// What node of another topology this one can stand for.
  public var substitutionMapping: SubstitutionMapping?
  /// The folder that artifact files and other relative paths refer to.
  public var root: String

  /// The name of the template's file in findings: of one in an archive, `service.csar!/service.yaml`.
  public var file: String?

  /// A normalized service template.
  public init(
    version: String, description: String? = nil, metadata: [String: String] = [:], inputs: [String: Value] = [:],
    inputDeclarations: [ParameterDeclaration] = [], nodes: [Node] = [], groups: [Group] = [], policies: [Policy] = [],
    workflows: [Workflow] = [], outputs: [String: Value] = [:], outputDeclarations: [ParameterDeclaration] = [],
    substitutionMapping: SubstitutionMapping? = nil, root: String
  ) {
    self.version = version
    self.description = description
    self.metadata = metadata
    self.inputs = inputs
    self.inputDeclarations = inputDeclarations
    self.nodes = nodes
    self.groups = groups
    self.policies = policies
    self.workflows = workflows
    self.outputs = outputs
    self.outputDeclarations = outputDeclarations
    self.substitutionMapping = substitutionMapping
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
