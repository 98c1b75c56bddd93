/// How a template meets a requirement (1.3, 3.8.2).
struct RequirementAssignment: Sendable {
  /// How the relationship is said.
  enum Relationship: Sendable {
    /// A relationship template, or a relationship type.
    case named(Name)
    /// A relationship written in place.
    case inline(
      type: Name?, properties: OrderedMap<PropertyAssignment>, attributes: OrderedMap<PropertyAssignment>,
      interfaces: OrderedMap<InterfaceDefinition>)
  }

  /// The requirement's name.
  var name: Name
  /// The target: a node template, or a node type that the orchestrator finds a node for.
  var node: Name?
  /// The target's capability: a name or a type.
  var capability: Name?
  /// The relationship.
  var relationship: Relationship?
  /// What must hold of the target.
  var nodeFilter: NodeFilter?
  /// Which of the nodes that are made of the target's template (2.0, 8.5.3), as written.
  var nodeIndex: YAMLNode?
  /// How many relationships it stands for (2.0, 8.5.3), as written.
  var count: YAMLNode?
  /// How many relationships it stands for (1.3, 3.8.2).
  var occurrences: Bounds?
  /// What it takes of the properties of the target's capability (2.0, 8.5.5).
  var allocation = OrderedMap<PropertyAssignment>()
  /// Whether the service is still valid where it is not fulfilled (2.0, 8.5.3).
  var isOptional = false
  /// Where its target is looked for: `internal`, `external` (2.0, 8.5.3).
  var directives: [Name] = []

  /// Reads an assignment, or its short form: the target.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    self.name = name
    if case .scalar(let text, let style) = node.content, CoreSchema.kind(of: text, style) == .string {
      self.node = Name(text: text, place: node.place)
      return
    }
    if context.isVersion2, let items = node.items, items.count == 2, let template = items[0].text {
      // The short form of a node of several: `[template, index]` (2.0, 14.3).
      self.node = Name(text: template, place: items[0].place)
      nodeIndex = items[1]
      return
    }
    var entity = Entity(node, "a requirement assignment", context, orText: true)
    guard entity.isMap else { return nil }
    if context.isVersion2, let value = entity.take("node"), let items = value.items, let first = items.first {
      // A node of several: `[template, index]`.
      self.node = entity.string(first, "`node` of a requirement assignment")
      nodeIndex = items.dropFirst().first
    } else {
      self.node = entity.string("node")
    }
    capability = entity.string("capability")
    if let value = entity.take("relationship") {
      if value.entries == nil {
        relationship = entity.string(value, "`relationship` of a requirement assignment").map { .named($0) }
      } else {
        var inner = Entity(value, "the relationship of a requirement assignment", context, orText: true)
        let type = inner.string("type")
        let properties = PropertyAssignment.readAll("properties", &inner)
        let interfaces = InterfaceDefinition.readAll(&inner, .template)
        let attributes = PropertyAssignment.readAll("attributes", &inner)
        inner.finish()
        relationship = .inline(type: type, properties: properties, attributes: attributes, interfaces: interfaces)
      }
    }
    nodeFilter = entity.take("node_filter").map { NodeFilter($0, context) }
    if context.isVersion2 {
      count = entity.take("count")
      allocation = PropertyAssignment.readAll("allocation", &entity)
      isOptional = entity.boolean("optional") ?? false
      directives = entity.strings("directives") ?? []
      _ = entity.metadata()
    } else {
      occurrences = entity.bounds("occurrences")
    }
    entity.finish()
  }
}
