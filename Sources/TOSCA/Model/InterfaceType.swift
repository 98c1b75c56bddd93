/// An interface type (1.3, 3.7.5).
struct InterfaceType: TypeDefinition {
  static let kind = TypeKind.interface
  var header: TypeHeader
  /// The inputs that every operation gets.
  var properties: OrderedMap<PropertyDefinition>
  /// The operations.
  var operations: OrderedMap<OperationDefinition>
  /// The notifications.
  var notifications: OrderedMap<OperationDefinition>

  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "an interface type", context)
    header = TypeHeader(name, &entity)
    properties = PropertyDefinition.readAll("inputs", .outgoing, &entity)
    operations = entity.map("operations") { OperationDefinition($0, $1, .type, context) }
    notifications = entity.map("notifications") { OperationDefinition($0, $1, .type, context) }
    if context.isVersion2 {
      for operation in operations.values + notifications.values where operation.implementation != nil {
        context.findings.report(
          "wrong-syntax", at: operation.name.place,
          "the operation `\(operation.name.text.excerpt)` of an interface type has an implementation",
          expected: "no implementation: node types and templates have them (TOSCA 2.0, 11.1)")
      }
      entity.finish()
      return
    }
    // Before 1.3 operations stood beside the keynames; in 1.3 that form is deprecated and still everywhere.
    for entry in entity.remaining {
      guard let name = entity.string(entry.key, "an operation's name") else { continue }
      operations[name.text] = OperationDefinition(name, entry.value, .type, context)
    }
  }

  func inheriting(from parent: InterfaceType) -> InterfaceType {
    var result = self
    result.properties = properties.over(parent.properties) { $0.refining($1) }
    result.operations = operations.over(parent.operations) { $0.refining($1) }
    result.notifications = notifications.over(parent.notifications) { $0.refining($1) }
    return result
  }
}
