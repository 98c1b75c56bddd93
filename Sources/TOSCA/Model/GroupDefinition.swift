/// A group of node templates (1.3, 3.8.5).
struct GroupDefinition: Sendable {
  /// Its name.
  var name: Name
  /// Its type.
  var type: Name
  /// Its description.
  var description: String?
  /// Its metadata.
  var metadata: OrderedMap<Name>
  /// The node templates in it.
  var members: [Name]
  /// The values of its properties, as written.
  var properties: OrderedMap<PropertyAssignment>
  /// The values of its attributes, as written.
  var attributes: OrderedMap<PropertyAssignment>
  /// Its interfaces, which groups had before 1.3.
  var interfaces: OrderedMap<InterfaceDefinition>

  /// Reads a group.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a group", context)
    guard entity.isMap else { return nil }
    self.name = name
    let type = entity.string("type")
    description = entity.string("description")?.text
    metadata = entity.knows("metadata", from: .simple1_1) ? entity.metadata() : OrderedMap()
    members = entity.strings("members") ?? []
    properties = PropertyAssignment.readAll("properties", &entity)
    attributes =
      entity.knows("attributes", from: .simple1_3)
      ? PropertyAssignment.readAll("attributes", &entity) : OrderedMap()
    interfaces = OrderedMap()
    if entity.knows("interfaces", to: .simple1_2) { interfaces = InterfaceDefinition.readAll(&entity, .template) }
    entity.finish()
    guard let type else {
      if entity.key("type") == nil { entity.reportMissing("type", at: name.place) }
      return nil
    }
    self.type = type
  }
}
