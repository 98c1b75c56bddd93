/// A capability that a node type defines (1.3, 3.7.2).
struct CapabilityDefinition: Sendable {
  /// Its name.
  var name: Name
  /// Its type.
  var type: Name
  /// Properties added to those of its type, or refining them.
  var properties: OrderedMap<PropertyDefinition>
  /// Attributes added to those of its type, or refining them.
  var attributes: OrderedMap<PropertyDefinition>
  /// The node types that may use it; empty means those the type allows.
  var validSourceTypes: [Name]
  /// The relationship types that may lead to it (2.0, 8.2); empty means those the type allows.
  var validRelationshipTypes: [Name] = []
  /// How many relationships it takes.
  var occurrences: Bounds
  /// The file in whose namespace names are looked up.
  var file: UInt32

  /// A capability of which only the type is known, as the target of a requirement that has no target yet.
  init(ofType type: Name) {
    name = type
    self.type = type
    properties = OrderedMap()
    attributes = OrderedMap()
    validSourceTypes = []
    occurrences = Bounds(lower: 0, upper: nil)
    file = type.place.file
  }

  /// Reads a definition, or its short form: the type's name.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    self.name = name
    file = context.file
    properties = OrderedMap()
    attributes = OrderedMap()
    validSourceTypes = []
    occurrences = Bounds(lower: 1, upper: nil)
    if case .scalar(let text, let style) = node.content, CoreSchema.kind(of: text, style) == .string {
      type = Name(text: text, place: node.place)
      return
    }
    var entity = Entity(node, "a capability definition", context, orText: true)
    if context.isVersion2, entity.key("type") == nil {
      // A refinement may leave the type as it is.
      type = Name(text: "", place: name.place)
      readRest(&entity)
      return
    }
    guard let type = entity.string("type") else {
      if entity.key("type") == nil { entity.reportMissing("type", at: name.place) }
      type = Name(text: "", place: name.place)
      readRest(&entity)
      return nil
    }
    self.type = type
    readRest(&entity)
  }

  private mutating func readRest(_ entity: inout Entity) {
    _ = entity.string("description")
    properties = PropertyDefinition.readAll("properties", .property, &entity)
    attributes = PropertyDefinition.readAll("attributes", .attribute, &entity)
    if entity.context.isVersion2 {
      validSourceTypes = entity.strings("valid_source_node_types") ?? []
      validRelationshipTypes = entity.strings("valid_relationship_types") ?? []
      _ = entity.metadata()
    } else {
      validSourceTypes = entity.strings("valid_source_types") ?? []
      if let bounds = entity.bounds("occurrences") { occurrences = bounds }
    }
    entity.finish()
  }

  /// This definition as a refinement of an inherited one.
  func refining(_ base: CapabilityDefinition) -> CapabilityDefinition {
    var result = self
    if type.text.isEmpty { result.type = base.type }
    result.properties = properties.over(base.properties) { $0.refining($1) }
    result.attributes = attributes.over(base.attributes) { $0.refining($1) }
    if validSourceTypes.isEmpty { result.validSourceTypes = base.validSourceTypes }
    if validRelationshipTypes.isEmpty { result.validRelationshipTypes = base.validRelationshipTypes }
    return result
  }
}
