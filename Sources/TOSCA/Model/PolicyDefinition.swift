/// A policy (1.3, 3.8.6).
struct PolicyDefinition: Sendable {
  /// Its name.
  var name: Name
  /// Its type.
  var type: Name
  /// Its description.
  var description: String?
  /// Its metadata.
  var metadata: OrderedMap<Name>
  /// The node templates and groups it applies to.
  var targets: [Name]
  /// The values of its properties, as written.
  var properties: OrderedMap<PropertyAssignment>
  /// Its triggers.
  var triggers: OrderedMap<TriggerDefinition>

  /// Reads a policy.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a policy", context)
    guard entity.isMap else { return nil }
    self.name = name
    let type = entity.string("type")
    description = entity.string("description")?.text
    metadata = entity.knows("metadata", from: .simple1_1) ? entity.metadata() : OrderedMap()
    targets = entity.strings("targets") ?? []
    properties = PropertyAssignment.readAll("properties", &entity)
    triggers =
      entity.knows("triggers", from: .simple1_1)
      ? entity.map("triggers") { TriggerDefinition.reading($0, $1, context) } : OrderedMap()
    entity.finish()
    guard let type else {
      if entity.key("type") == nil { entity.reportMissing("type", at: name.place) }
      return nil
    }
    self.type = type
  }
}
