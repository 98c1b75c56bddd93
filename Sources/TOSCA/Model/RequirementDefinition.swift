/// A requirement that a node type defines (1.3, 3.7.3).
struct RequirementDefinition: Sendable {
  /// Its name.
  var name: Name
  /// The capability type that the target must offer.
  var capability: Name?
  /// The node type that the target must have.
  var node: Name?
  /// The relationship's type.
  var relationship: Name?
  /// The interfaces that the relationship gets.
  var interfaces: OrderedMap<InterfaceDefinition>
  /// What else must hold of the target.
  var nodeFilter: NodeFilter?
  /// How many targets it has.
  var occurrences: Bounds
  /// The file in whose namespace names are looked up.
  var file: UInt32

  /// Reads a definition, or its short form: the capability type's name.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    self.name = name
    file = context.file
    interfaces = OrderedMap()
    occurrences = context.isVersion2 ? Bounds(lower: 0, upper: nil) : Bounds(lower: 1, upper: 1)
    if case .scalar(let text, let style) = node.content, CoreSchema.kind(of: text, style) == .string {
      capability = Name(text: text, place: node.place)
      return
    }
    var entity = Entity(node, "a requirement definition", context, orText: true)
    guard entity.isMap else { return nil }
    _ = entity.string("description")
    if entity.knows("metadata", from: .simple1_3) { _ = entity.metadata() }
    capability = entity.string("capability")
    if capability == nil, entity.key("capability") == nil, !context.isVersion2 {
      entity.reportMissing("capability", at: name.place)
    }
    self.node = entity.string("node")
    if let value = entity.take("relationship") {
      if value.entries == nil {
        relationship = entity.string(value, "`relationship` of a requirement definition")
      } else {
        var inner = Entity(value, "the relationship of a requirement definition", context, orText: true)
        relationship = inner.string("type")
        interfaces = InterfaceDefinition.readAll(&inner, .type)
        if context.isVersion2 {
          _ = PropertyDefinition.readAll("properties", .property, &inner)
          _ = PropertyDefinition.readAll("attributes", .attribute, &inner)
        }
        if relationship == nil, inner.key("type") == nil, !context.isVersion2 { inner.reportMissing("type") }
        inner.finish()
      }
    }
    if entity.knows("node_filter", from: .simple1_3) {
      nodeFilter = entity.take("node_filter").map { NodeFilter($0, context) }
    }
    if context.isVersion2 { _ = entity.strings("directives") }
    if let bounds = entity.bounds(context.isVersion2 ? "count_range" : "occurrences") { occurrences = bounds }
    entity.finish()
  }
}

/// Conditions that a target node must fulfil (1.3, 3.6.6), as written.
struct NodeFilter: Sendable {
  /// Conditions on its properties.
  var properties: [(name: Name, constraints: [ConstraintClause])]
  /// Conditions on the properties of its capabilities, by the capability's name or type.
  var capabilities: [(name: Name, properties: [(name: Name, constraints: [ConstraintClause])])]
  /// Where the filter is written.
  var place: Place

  /// Reads a filter.
  init(_ node: YAMLNode, _ context: SyntaxContext) {
    place = node.place
    if context.isVersion2 {
      // Since 2.0 a filter is one condition, which holds of what is selected when it is.
      properties = []
      capabilities = []
      Condition.check(node, "a node filter", context)
      return
    }
    var entity = Entity(node, "a node filter", context)
    properties = entity.list("properties") { ($0, Self.constraints($1, context)) }
    capabilities = entity.list("capabilities") { name, value in
      var inner = Entity(value, "a capability filter", context)
      let properties = inner.list("properties") { ($0, Self.constraints($1, context)) }
      inner.finish()
      return (name, properties)
    }
    entity.finish()
  }

  private static func constraints(_ node: YAMLNode, _ context: SyntaxContext) -> [ConstraintClause] {
    if let items = node.items, items.isEmpty {
      context.findings.report(
        "wrong-syntax", at: node.place, "a property filter cannot be an empty list",
        expected: "a constraint such as `in_range: [1, 9]`, or a list of them")
    }
    let clauses = (node.items ?? [node]).compactMap { ConstraintClause.read($0, context) }
    for clause in clauses { clause.checkShape(context) }
    return clauses
  }
}
