/// A capability type (1.3, 3.7.7).
struct CapabilityType: TypeDefinition {
  static let kind = TypeKind.capability
  var header: TypeHeader
  var properties: OrderedMap<PropertyDefinition>
  /// The attributes.
  var attributes: OrderedMap<PropertyDefinition>
  /// The node types that may use the capability; empty means all.
  var validSourceTypes: [Name]
  /// The relationship types that may lead to the capability (2.0, 8.1); empty means all.
  var validRelationshipTypes: [Name] = []

  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a capability type", context)
    header = TypeHeader(name, &entity)
    properties = PropertyDefinition.readAll("properties", .property, &entity)
    attributes = PropertyDefinition.readAll("attributes", .attribute, &entity)
    validSourceTypes = entity.strings(context.isVersion2 ? "valid_source_node_types" : "valid_source_types") ?? []
    if context.isVersion2 { validRelationshipTypes = entity.strings("valid_relationship_types") ?? [] }
    entity.finish()
  }

  func inheriting(from parent: CapabilityType) -> CapabilityType {
    var result = self
    result.properties = properties.over(parent.properties) { $0.refining($1) }
    result.attributes = attributes.over(parent.attributes) { $0.refining($1) }
    if validSourceTypes.isEmpty { result.validSourceTypes = parent.validSourceTypes }
    if validRelationshipTypes.isEmpty { result.validRelationshipTypes = parent.validRelationshipTypes }
    return result
  }
}
