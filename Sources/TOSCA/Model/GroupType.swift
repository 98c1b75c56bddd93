/// A group type (1.3, 3.7.11).
struct GroupType: TypeDefinition {
  static let kind = TypeKind.group
  var header: TypeHeader
  var properties: OrderedMap<PropertyDefinition>
  /// The attributes.
  var attributes: OrderedMap<PropertyDefinition>
  /// The node types its members may have; empty means all.
  var members: [Name]
  /// The interfaces, which groups had before 1.3.
  var interfaces: OrderedMap<InterfaceDefinition>

  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a group type", context)
    header = TypeHeader(name, &entity)
    properties = PropertyDefinition.readAll("properties", .property, &entity)
    attributes = PropertyDefinition.readAll("attributes", .attribute, &entity)
    members = entity.strings("members") ?? []
    interfaces = OrderedMap()
    if entity.knows("interfaces", to: .simple1_2) { interfaces = InterfaceDefinition.readAll(&entity, .type) }
    if entity.knows("capabilities", from: .simple1_1, to: .simple1_2) {
      _ = entity.map("capabilities") { CapabilityDefinition($0, $1, context) }
    }
    if entity.knows("requirements", from: .simple1_1, to: .simple1_2) {
      _ = entity.list("requirements") { RequirementDefinition($0, $1, context) }
    }
    entity.finish()
  }

  func inheriting(from parent: GroupType) -> GroupType {
    var result = self
    result.properties = properties.over(parent.properties) { $0.refining($1) }
    result.attributes = attributes.over(parent.attributes) { $0.refining($1) }
    result.interfaces = interfaces.over(parent.interfaces) { $0.refining($1) }
    if members.isEmpty { result.members = parent.members }
    return result
  }
}
