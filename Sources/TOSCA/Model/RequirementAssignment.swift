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
  /// Which of the nodes that are made of the target's template (2.0, 8.5.1), as written.
  var nodeIndex: YAMLNode?
  /// How many relationships it stands for (2.0, 8.5.1), as written.
  var count: YAMLNode?
  /// How many relationships it stands for (1.3, 3.8.2).
  var occurrences: Bounds?
  /// What it takes of the properties of the target's capability (2.0, 8.5.5).
  var allocation = OrderedMap<PropertyAssignment>()
  /// Whether the service is still valid where it is not fulfilled (2.0, 8.5.1).
  var isOptional = false
  /// Where its target is looked for: `internal`, `external` (2.0, 8.5.1).
  var directives: [Name] = []

  /// Reads an assignment, or its short form: the target.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    self.name = name
    if case .scalar(let text, let style) = node.content, CoreSchema.kind(of: text, style) == .string {
      self.node = Name(text: text, place: node.place)
      return
    }
    if context.isVersion2, let items = node.items {
      // The short form may also name one of several nodes (2.0, 14.3.4).
      setTarget(items, node, context)
      return
    }
    var entity = Entity(node, "a requirement assignment", context, orText: true)
    guard entity.isMap else { return nil }
    if context.isVersion2, let value = entity.take("node"), let items = value.items {
      setTarget(items, value, context)
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
      if let count { Count.check(count, "`count` of a requirement assignment", context) }
      allocation = PropertyAssignment.readAll("allocation", &entity)
      isOptional = entity.boolean("optional") ?? false
      directives = entity.strings("directives") ?? []
      Directive.check(directives, Directive.ofRequirements, context)
      _ = entity.metadata()
    } else if entity.knows("occurrences", from: .simple1_3) {
      occurrences = entity.bounds("occurrences")
    }
    entity.finish()
  }

  /// Sets the target to one of the nodes that are made of a template: `[template, index]` (2.0, 8.5.1).
  private mutating func setTarget(_ items: [YAMLNode], _ node: YAMLNode, _ context: SyntaxContext) {
    let entity = Entity(YAMLNode(content: .mapping([]), place: node.place), "a requirement assignment", context)
    guard items.count == 2 else {
      entity.reportForm(node, "`node` of a requirement assignment", "a name, or `[node template, index]`")
      return
    }
    self.node = entity.string(items[0], "`node` of a requirement assignment")
    nodeIndex = items[1]
    Count.check(items[1], "the index of a node", context)
  }
}

/// A number of nodes or relationships, or the index of one (2.0, 14): an integer that is not negative, or a function.
enum Count {
  /// Reports what is none.
  static func check(_ node: YAMLNode, _ what: String, _ context: SyntaxContext) {
    if Condition.isCall(node) { return }
    if case .scalar(let text, .plain) = node.content, let number = CoreSchema.integer(text), number >= 0 { return }
    context.findings.report(
      "wrong-syntax", at: node.place, "\(what) cannot be \(node.kindDescription)",
      expected: "an integer of 0 or more, or a function that gives one")
  }
}

/// The directives that 2.0 knows.
enum Directive {
  /// How the node of a template comes about (7.2.1).
  static let ofNodes = ["create", "select", "substitute"]
  /// Where a requirement looks for its target (8.5.2).
  static let ofRequirements = ["internal", "external"]

  /// Reports directives that are not among those known.
  static func check(_ directives: [Name], _ known: [String], _ context: SyntaxContext) {
    for directive in directives where !known.contains(directive.text) {
      context.findings.report(
        "unknown-value", at: directive.place, "unknown directive `\(directive.text.excerpt)`",
        expected: "one of " + known.map { "`\($0)`" }.joined(separator: ", "),
        suggestion: nearest(directive.text, among: known))
    }
  }
}
