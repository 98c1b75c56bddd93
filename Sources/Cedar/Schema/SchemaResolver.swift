/// Finds what each name in a schema means.
struct SchemaResolver {
  private let namespaces: [SchemaSyntax.Namespace]
  private var entityTypes: Set<String> = []
  private var commonTypes: [String: (type: SchemaSyntax.TypeExpression, namespace: String)] = [:]

  init(_ namespaces: [SchemaSyntax.Namespace]) throws(CedarSyntaxError) {
    self.namespaces = namespaces
    for namespace in namespaces {
      for name in namespace.entities.flatMap(\.names) {
        try SchemaResolver.declare(
          entityTypes.insert(SchemaResolver.qualified(name.name, namespace.name)).inserted, name)
      }
      for type in namespace.types {
        let name = SchemaResolver.qualified(type.name.name, namespace.name)
        try SchemaResolver.declare(
          commonTypes.updateValue((type.type, namespace.name), forKey: name) == nil, type.name)
      }
    }
  }

  private static func declare(_ isNew: Bool, _ name: SchemaSyntax.Reference) throws(CedarSyntaxError) {
    guard isNew else {
      throw CedarSyntaxError(
        "`\(name.name)` is declared already", expected: "each name once in its namespace", at: name.range)
    }
  }

  private static func qualified(_ name: String, _ namespace: String) -> String {
    namespace.isEmpty ? name : namespace + "::" + name
  }

  func resolve() throws(CedarSyntaxError) -> Schema {
    var schema = Schema()
    for namespace in namespaces {
      for entity in namespace.entities {
        var declaration = EntityTypeDeclaration(
          parents: [], attributes: [:], tags: nil, identifiers: entity.identifiers)
        declaration.attributes = try record(entity.attributes, namespace.name, at: entity.names[0].range)
        if let tags = entity.tags { declaration.tags = try type(tags, namespace.name, []) }
        for parent in entity.parents { declaration.parents.insert(try entityType(parent, namespace.name)) }
        for name in entity.names {
          schema.entityTypes[EntityType(CedarString(Self.qualified(name.name, namespace.name)))] = declaration
        }
      }
    }
    for namespace in namespaces {
      let actionType = EntityType(CedarString(Self.qualified("Action", namespace.name)))
      for action in namespace.actions {
        var declaration = ActionDeclaration(parents: [], principals: [], resources: [], context: [:])
        for parent in action.parents {
          let type = parent.type.map { EntityType(CedarString($0)) } ?? actionType
          declaration.parents.insert(EntityUID(type: type, id: parent.id))
        }
        for name in action.principals { declaration.principals.insert(try entityType(name, namespace.name)) }
        for name in action.resources { declaration.resources.insert(try entityType(name, namespace.name)) }
        declaration.context = try record(action.context, namespace.name, at: action.names[0].range)
        for name in action.names {
          let uid = EntityUID(type: actionType, id: name.id)
          guard schema.actions.updateValue(declaration, forKey: uid) == nil else {
            throw CedarSyntaxError("`\(uid)` is declared already", expected: "each action once", at: name.range)
          }
        }
      }
    }
    return schema
  }

  private func entityType(
    _ reference: SchemaSyntax.Reference, _ namespace: String
  ) throws(CedarSyntaxError) -> EntityType {
    for name in [Self.qualified(reference.name, namespace), reference.name] where entityTypes.contains(name) {
      return EntityType(CedarString(name))
    }
    throw CedarSyntaxError(
      "there is no entity type `\(reference.name)`", expected: "an entity type of this schema", at: reference.range)
  }

  private func record(
    _ expression: SchemaSyntax.TypeExpression, _ namespace: String, at place: SourceSpan
  ) throws(CedarSyntaxError) -> [CedarString: SchemaAttribute] {
    guard case .record(let fields) = try type(expression, namespace, []) else {
      throw CedarSyntaxError("the attributes are not those of a record", expected: "a record", at: place)
    }
    return fields
  }

  /// The type that an expression stands for. `open` has the common types that are being resolved: one that comes up
  /// again would contain itself.
  private func type(
    _ expression: SchemaSyntax.TypeExpression, _ namespace: String, _ open: [String]
  ) throws(CedarSyntaxError) -> SchemaType {
    switch expression {
    case .set(let element): return .set(try type(element, namespace, open))
    case .record(let attributes):
      var fields: [CedarString: SchemaAttribute] = [:]
      for attribute in attributes {
        fields[attribute.name] = SchemaAttribute(
          type: try type(attribute.type, namespace, open), isRequired: attribute.isRequired)
      }
      return .record(fields)
    case .entity(let reference): return .entity(try entityType(reference, namespace))
    case .name(let reference):
      let builtIn = "__cedar::"
      if reference.name.hasPrefix(builtIn) {
        if let type = Self.builtIn(String(reference.name.dropFirst(builtIn.count))) { return type }
      } else {
        for name in [Self.qualified(reference.name, namespace), reference.name] {
          if let common = commonTypes[name] {
            guard !open.contains(name), open.count < 64 else {
              throw CedarSyntaxError(
                "the type `\(name)` contains itself", expected: "types without cycles", at: reference.range)
            }
            return try type(common.type, common.namespace, open + [name])
          }
          if entityTypes.contains(name) { return .entity(EntityType(CedarString(name))) }
        }
        if let type = Self.builtIn(reference.name) { return type }
      }
      throw CedarSyntaxError(
        "there is no type `\(reference.name)`",
        expected: "`Bool`, `Long`, `String`, `Set<…>`, an extension type, or one of this schema", at: reference.range)
    }
  }

  private static func builtIn(_ name: String) -> SchemaType? {
    switch name {
    case "Bool": .bool
    case "Long": .long
    case "String": .string
    case "ipaddr": .extension(.ip)
    case "decimal": .extension(.decimal)
    case "datetime": .extension(.datetime)
    case "duration": .extension(.duration)
    default: nil
    }
  }
}
