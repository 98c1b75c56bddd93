/// A relationship template (1.3, 3.8.4).
struct RelationshipTemplate: Sendable {
  /// Its name.
  var name: Name
  /// Its type.
  var type: Name
  /// The values of its properties, as written.
  var properties: OrderedMap<PropertyAssignment>
  /// The values of its attributes, as written.
  var attributes: OrderedMap<PropertyAssignment>
  /// Its interfaces.
  var interfaces: OrderedMap<InterfaceDefinition>
  /// The template it is a copy of.
  var copy: Name?

  /// Reads a template.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a relationship template", context)
    guard entity.isMap else { return nil }
    self.name = name
    let type = entity.string("type")
    _ = entity.string("description")
    if entity.knows("metadata", from: .simple1_1) { _ = entity.metadata() }
    properties = PropertyAssignment.readAll("properties", &entity)
    attributes = PropertyAssignment.readAll("attributes", &entity)
    interfaces = InterfaceDefinition.readAll(&entity, .template)
    copy = entity.string("copy")
    entity.finish()
    guard let type = type ?? copy else {
      if entity.key("type") == nil { entity.reportMissing("type", at: name.place) }
      return nil
    }
    self.type = type
  }

  /// This template as a copy of another: what it does not say is the other's (1.3, 3.8.4.1, `copy`).
  func copying(_ source: RelationshipTemplate) -> RelationshipTemplate {
    var result = self
    if type.text == copy?.text { result.type = source.type }
    result.properties = properties.over(source.properties)
    result.attributes = attributes.over(source.attributes)
    result.interfaces = interfaces.over(source.interfaces)
    return result
  }
}
