/// How a template meets a requirement (1.3, 3.8.2).
struct RequirementAssignment: Sendable {
  /// How the relationship is said.
  enum Relationship: Sendable {
    /// A relationship template, or a relationship type.
    case named(Name)
    /// A relationship written in place.
    case inline(type: Name?, properties: OrderedMap<PropertyAssignment>, interfaces: OrderedMap<InterfaceDefinition>)
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

  /// Reads an assignment, or its short form: the target.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    self.name = name
    if case .scalar(let text, let style) = node.content, CoreSchema.kind(of: text, style) == .string {
      self.node = Name(text: text, place: node.place)
      return
    }
    var entity = Entity(node, "a requirement assignment", context, orText: true)
    guard entity.isMap else { return nil }
    if context.isVersion2, let value = entity.take("node"), let items = value.items, let first = items.first {
      // A node of several: `[template, index]`.
      self.node = entity.string(first, "`node` of a requirement assignment")
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
        _ = PropertyAssignment.readAll("attributes", &inner)
        inner.finish()
        relationship = .inline(type: type, properties: properties, interfaces: interfaces)
      }
    }
    nodeFilter = entity.take("node_filter").map { NodeFilter($0, context) }
    if context.isVersion2 {
      for keyname in ["count", "allocation", "optional"] { _ = entity.take(keyname) }
      _ = entity.strings("directives")
      _ = entity.metadata()
    } else if entity.knows("occurrences", from: .simple1_3) {
      _ = entity.bounds("occurrences")
    }
    entity.finish()
  }
}
