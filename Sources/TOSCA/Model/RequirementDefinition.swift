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
  /// The properties that the relationship's type gets, or refines (2.0, 8.4).
  var properties = OrderedMap<PropertyDefinition>()
  /// The attributes that the relationship's type gets, or refines (2.0, 8.4).
  var attributes = OrderedMap<PropertyDefinition>()
  /// What else must hold of the target.
  var nodeFilter: NodeFilter?
  /// How many targets it has.
  var occurrences: Bounds
  /// Whether it says itself how many targets it has.
  var statesOccurrences = false
  /// Whether it is the short form, which names the capability type only.
  var isShortForm = false
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
      isShortForm = true
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
          properties = PropertyDefinition.readAll("properties", .property, &inner)
          attributes = PropertyDefinition.readAll("attributes", .attribute, &inner)
        }
        if relationship == nil, inner.key("type") == nil, !context.isVersion2 { inner.reportMissing("type") }
        inner.finish()
      }
    }
    if entity.knows("node_filter", from: .simple1_3) {
      nodeFilter = entity.take("node_filter").map { NodeFilter($0, context) }
    }
    let range = context.isVersion2 ? "count_range" : "occurrences"
    if let bounds = entity.bounds(range) { occurrences = bounds }
    statesOccurrences = entity.key(range) != nil
    entity.finish()
  }
}

extension RequirementDefinition {
  /// This definition as a refinement of an inherited one: what it does not say is the other's, and both node filters
  /// hold (2.0, 8.4.1).
  func refining(_ base: RequirementDefinition) -> RequirementDefinition {
    var result = self
    result.capability = capability ?? base.capability
    result.node = node ?? base.node
    result.relationship = relationship ?? base.relationship
    result.interfaces = interfaces.over(base.interfaces) { $0.refining($1) }
    result.properties = properties.over(base.properties) { $0.refining($1) }
    result.attributes = attributes.over(base.attributes) { $0.refining($1) }
    result.nodeFilter = nodeFilter.map { own in base.nodeFilter.map { own.adding($0) } ?? own } ?? base.nodeFilter
    if !statesOccurrences {
      result.occurrences = base.occurrences
      result.statesOccurrences = base.statesOccurrences
    }
    return result
  }
}

/// Conditions that a target node must fulfil (1.3, 3.6.5), as written.
struct NodeFilter: Sendable {
  /// Conditions on its properties.
  var properties: [(name: Name, constraints: [ConstraintClause])]
  /// Conditions on the properties of its capabilities, by the capability's name or type.
  var capabilities: [(name: Name, properties: [(name: Name, constraints: [ConstraintClause])])]
  /// The condition that it is in 2.0 (8.6).
  var condition: YAMLNode?
  /// The filter as written.
  var written: YAMLNode
  /// Where the filter is written.
  var place: Place

  /// Reads a filter.
  init(_ node: YAMLNode, _ context: SyntaxContext) {
    place = node.place
    written = node
    if context.isVersion2 {
      condition = node
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

  /// This filter and another, both of which must hold.
  func adding(_ other: NodeFilter) -> NodeFilter {
    var result = self
    result.properties = other.properties + properties
    result.capabilities = other.capabilities + capabilities
    if let own = condition, let inherited = other.condition {
      let both = YAMLNode(content: .sequence([inherited, own]), place: own.place)
      result.condition = YAMLNode(
        content: .mapping([YAMLEntry(key: .string("$and", at: own.place), value: both)]), place: own.place)
    }
    return result
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
