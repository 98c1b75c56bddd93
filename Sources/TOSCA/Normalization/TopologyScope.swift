/// A node template with what is known of it before values are worked out.
struct BoundNode {
  /// The template.
  var template: NodeTemplate
  /// Its type's number; nil where it is unknown.
  var type: Int?
  /// Its requirements with their targets.
  var bindings: [Binding] = []
}

/// A requirement assignment with what it stands for.
struct Binding {
  /// The requirement's name.
  var name: Name
  /// The target's number; nil where none is bound.
  var target: Int?
  /// The target's capability.
  var capability: String?
  /// The relationship's type.
  var relationshipType: Int?
  /// The values of the relationship's properties, as written.
  var properties = OrderedMap<PropertyAssignment>()
}

/// What the functions of a topology template look values up in.
final class TopologyScope {
  /// The template.
  let template: TopologyTemplate
  /// The file that has it.
  let file: UInt32
  /// The node templates.
  var nodes: [BoundNode] = []
  /// Their numbers by name.
  var nodeIndex: [String: Int] = [:]
  /// The inputs' values, where given or defaulted, as written.
  var inputValues: [String: YAMLNode] = [:]

  /// The inputs' definitions.
  var inputs: OrderedMap<PropertyDefinition> { template.inputs }

  /// The scope of a topology template.
  init(template: TopologyTemplate, file: UInt32) {
    self.template = template
    self.file = file
  }

  /// What the first argument of a function can stand for.
  enum Entity {
    /// A node template.
    case node(Int)
    /// The relationship of a requirement.
    case relationship(node: Int, requirement: Int)
    /// A relationship template, which may serve several requirements.
    case template(String)
    /// Something that is known when the service runs.
    case unknown
    /// Nothing.
    case none
  }

  /// What a name or keyword stands for, as seen from an owner.
  func entity(_ name: String, _ owner: ValueContext.Owner) -> Entity {
    switch (name, owner) {
    case ("SELF", .node(let index)): return .node(index)
    case ("SELF", .relationship(let node, let requirement)):
      return .relationship(node: node, requirement: requirement)
    case ("SOURCE", .relationship(let node, _)): return .node(node)
    case ("TARGET", .relationship(let node, let requirement)):
      return nodes[node].bindings[requirement].target.map { .node($0) } ?? .unknown
    case ("HOST", .node(let index)): return host(of: index).map { .node($0) } ?? .unknown
    case ("SELF", _), ("SOURCE", _), ("TARGET", _), ("HOST", _): return .unknown
    default:
      if let index = nodeIndex[name] { return .node(index) }
      return template.relationshipTemplates[name] == nil ? .none : .template(name)
    }
  }

  /// The node that a node's requirement `host` leads to.
  func host(of index: Int) -> Int? { nodes[index].bindings.first { $0.name.text == "host" }?.target }
}
