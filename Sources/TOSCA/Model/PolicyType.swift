/// A policy type (1.3, 3.7.12).
struct PolicyType: TypeDefinition {
  static let kind = TypeKind.policy
  var header: TypeHeader
  var properties: OrderedMap<PropertyDefinition>
  /// The node and group types its targets may have; empty means all.
  var targets: [Name]
  /// The triggers that every policy of the type has.
  var triggers: OrderedMap<TriggerDefinition>

  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a policy type", context)
    header = TypeHeader(name, &entity)
    properties = PropertyDefinition.readAll("properties", .property, &entity)
    targets = entity.strings("targets") ?? []
    triggers =
      entity.knows("triggers", from: .simple1_1)
      ? entity.map("triggers") { TriggerDefinition.reading($0, $1, context) } : OrderedMap()
    entity.finish()
  }

  func inheriting(from parent: PolicyType) -> PolicyType {
    var result = self
    result.properties = properties.over(parent.properties) { $0.refining($1) }
    if targets.isEmpty { result.targets = parent.targets }
    result.triggers = triggers.over(parent.triggers)
    return result
  }
}
