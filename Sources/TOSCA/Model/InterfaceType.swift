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
    properties = PropertyDefinition.readAll("inputs", context.isVersion2 ? .outgoing : .parameter, &entity)
    operations = OperationDefinition.readAll("operations", .type, &entity)
    notifications = OperationDefinition.readAll("notifications", .type, &entity)
    if context.isVersion2 {
      entity.finish()
    } else {
      for (name, operation) in OperationDefinition.readBeside(.type, &entity) { operations[name] = operation }
    }
    for operation in operations.values + notifications.values where operation.implementation != nil {
      // Files of 1.x have them all the same, and those who carry them out pass over them.
      context.findings.report(
        "wrong-syntax", context.isVersion2 ? .error : .warning, at: operation.name.place,
        "the operation `\(operation.name.text.excerpt)` of an interface type has an implementation",
        expected: "no implementation: node types and templates have them "
          + (context.isVersion2 ? "(TOSCA 2.0, 11.1)" : "(1.3, 3.7.5.4)"))
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
