/// A relationship type (1.3, 3.7.10).
struct RelationshipType: TypeDefinition {
  static let kind = TypeKind.relationship
  var header: TypeHeader
  var properties: OrderedMap<PropertyDefinition>
  /// The attributes.
  var attributes: OrderedMap<PropertyDefinition>
  /// The interfaces.
  var interfaces: OrderedMap<InterfaceDefinition>
  /// The capability types (in practice also node types) it may lead to; empty means all.
  var validTargetTypes: [Name]
  /// The node types it may lead to (2.0, 7.3); empty means all.
  var validTargetNodeTypes: [Name] = []
  /// The node types it may start from (2.0, 7.3); empty means all.
  var validSourceNodeTypes: [Name] = []

  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a relationship type", context)
    header = TypeHeader(name, &entity)
    properties = PropertyDefinition.readAll("properties", .property, &entity)
    attributes = PropertyDefinition.readAll("attributes", .attribute, &entity)
    interfaces = InterfaceDefinition.readAll(&entity, .type)
    if context.isVersion2 {
      validTargetTypes = entity.strings("valid_capability_types") ?? []
      validTargetNodeTypes = entity.strings("valid_target_node_types") ?? []
      validSourceNodeTypes = entity.strings("valid_source_node_types") ?? []
    } else {
      validTargetTypes = entity.strings("valid_target_types") ?? []
    }
    entity.finish()
  }

  func inheriting(from parent: RelationshipType) -> RelationshipType {
    var result = self
    result.properties = properties.over(parent.properties) { $0.refining($1) }
    result.attributes = attributes.over(parent.attributes) { $0.refining($1) }
    result.interfaces = interfaces.over(parent.interfaces) { $0.refining($1) }
    if validTargetTypes.isEmpty { result.validTargetTypes = parent.validTargetTypes }
    if validTargetNodeTypes.isEmpty { result.validTargetNodeTypes = parent.validTargetNodeTypes }
    if validSourceNodeTypes.isEmpty { result.validSourceNodeTypes = parent.validSourceNodeTypes }
    return result
  }
}
