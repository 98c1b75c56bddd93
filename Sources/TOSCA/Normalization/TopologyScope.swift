/// A node template with what is known of it before values are worked out.
struct BoundNode {
  /// The template.
  var template: NodeTemplate
  /// Its type's number; nil where it is unknown.
  var type: Int?
  /// Its requirements with their targets.
  var bindings: [Binding] = []
  /// How many nodes are made of it; nil where that is known only when the service is deployed.
  var count: Int? = 1
}

/// A requirement assignment with what it stands for.
struct Binding {
  /// The requirement's name; where the template does not assign it, the node's place.
  var name: Name
  /// The number of the assignment in the template; nil where the template has none.
  var assignment: Int?
  /// The target's number; nil where none is bound.
  var target: Int?
  /// How the target was found.
  var fulfilment = Requirement.Fulfilment.named
  /// The type that the target must have.
  var nodeType: Int?
  /// The nodes that fit, where there are several.
  var candidates: [Int] = []
  /// How many relationships it stands for; nil where that is known only when the service is deployed.
  var count: Int? = 1
  /// Whether the service is still valid where it is not fulfilled.
  var isOptional = false
  /// Whether no target is looked for: it names one that does not exist, or a requirement of the node that the topology
  /// stands for leads to it.
  var isLost = false
  /// The target's capability.
  var capability: String?
  /// The relationship's type.
  var relationshipType: Int?
  /// The relationship template that it is made of.
  var template: String?
  /// The values of the relationship's properties, as written.
  var properties = OrderedMap<PropertyAssignment>()
  /// The values of the relationship's attributes, as written.
  var attributes = OrderedMap<PropertyAssignment>()
  /// What is said of the relationship's interfaces.
  var interfaces = OrderedMap<InterfaceDefinition>()
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
  /// The inputs that get their values when the service is deployed: those of a substituting template that are mapped to
  /// what is not known yet.
  var laterInputs: Set<String> = []
  /// The relationship templates, copies worked out.
  var relationshipTemplates: OrderedMap<RelationshipTemplate>
  /// Whether requirements are bound, so that functions give what they will give from now on.
  var isBound = false

  /// Which of the nodes of a template values are worked out for; nil where it is the only one.
  var representation: Representation?
  /// The template whose nodes are looked at one by one, whether they fit a filter: then paths lead to that one of them which
  /// `representation` has.
  var judged: Int?
  /// Whether there are so many nodes of templates with counts that they are not spelled out.
  var isTooLarge = false

  /// One of the nodes of a template (2.0, 14).
  struct Representation: Hashable {
    /// The template's number.
    var node: Int
    /// The node's index among those of the template.
    var index: Int
    /// The relationship's index among those of one requirement assignment.
    var relationship: Int?
  }

  /// The inputs' definitions.
  var inputs: OrderedMap<PropertyDefinition> { template.inputs }

  /// The scope of a topology template.
  init(template: TopologyTemplate, file: UInt32) {
    self.template = template
    self.file = file
    relationshipTemplates = template.relationshipTemplates
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
