/// A node type (1.3, 3.7.9).
struct NodeType: TypeDefinition {
  static let kind = TypeKind.node
  var header: TypeHeader
  var properties: OrderedMap<PropertyDefinition>
  /// The attributes.
  var attributes: OrderedMap<PropertyDefinition>
  /// What nodes of the type offer.
  var capabilities: OrderedMap<CapabilityDefinition>
  /// What nodes of the type need, in order.
  var requirements: OrderedMap<RequirementDefinition>
  /// The interfaces.
  var interfaces: OrderedMap<InterfaceDefinition>
  /// The artifacts.
  var artifacts: OrderedMap<ArtifactDefinition>

  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a node type", context)
    header = TypeHeader(name, &entity)
    properties = PropertyDefinition.readAll("properties", .property, &entity)
    attributes = PropertyDefinition.readAll("attributes", .attribute, &entity)
    capabilities = entity.map("capabilities") { CapabilityDefinition($0, $1, context) }
    requirements = OrderedMap()
    for requirement in entity.list("requirements", read: { RequirementDefinition($0, $1, context) }) {
      if let earlier = requirements[requirement.name.text] {
        context.findings.report(
          "duplicate-name", at: requirement.name.place,
          "the requirement `\(requirement.name.text.excerpt)` is already defined",
          expected: "each name once", related: [(earlier.name.place, "it is first defined here")])
      } else {
        requirements[requirement.name.text] = requirement
      }
    }
    interfaces = InterfaceDefinition.readAll(&entity, .type)
    artifacts = entity.map("artifacts") { ArtifactDefinition($0, $1, context) }
    entity.finish()
  }

  func inheriting(from parent: NodeType) -> NodeType {
    var result = self
    result.properties = properties.over(parent.properties) { $0.refining($1) }
    result.attributes = attributes.over(parent.attributes) { $0.refining($1) }
    result.capabilities = capabilities.over(parent.capabilities) { $0.refining($1) }
    result.requirements = requirements.over(parent.requirements) { $0.refining($1) }
    result.interfaces = interfaces.over(parent.interfaces) { $0.refining($1) }
    result.artifacts = artifacts.over(parent.artifacts)
    return result
  }
}
