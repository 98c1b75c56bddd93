/// What a schema declares, in an order that is always the same, whichever form it was read from.
extension Schema: CustomStringConvertible {
  private var namespaces: [String] {
    Set(entityTypes.keys.map { $0.namespace } + actions.keys.map { $0.type.namespace }).sorted()
  }

  /// The schema in the human syntax, common types written out and all names in full.
  public var description: String {
    namespaces.map { namespace in
      let lines = declarations(in: namespace)
      if namespace.isEmpty { return lines.joined(separator: "\n") + "\n" }
      return "namespace \(namespace) {\n" + lines.map { "  \($0)\n" }.joined() + "}\n"
    }.joined(separator: "\n")
  }

  private func declarations(in namespace: String) -> [String] {
    var lines: [String] = []
    for (type, declaration) in entityTypes.sorted(by: { $0.key < $1.key }) where type.namespace == namespace {
      if let identifiers = declaration.identifiers {
        lines.append("entity \(type.basename) enum [\(identifiers.map(\.quoted).joined(separator: ", "))];")
        continue
      }
      var line = "entity \(type.basename)"
      if !declaration.parents.isEmpty {
        line += " in [\(declaration.parents.sorted().map(\.description).joined(separator: ", "))]"
      }
      if !declaration.attributes.isEmpty { line += " = \(SchemaType.record(declaration.attributes))" }
      if let tags = declaration.tags { line += " tags \(tags)" }
      lines.append(line + ";")
    }
    for (uid, declaration) in actions.sorted(by: { $0.key < $1.key }) where uid.type.namespace == namespace {
      var line = "action \(uid.id.quoted)"
      if !declaration.parents.isEmpty {
        line += " in [\(declaration.parents.sorted().map(\.description).joined(separator: ", "))]"
      }
      if !declaration.principals.isEmpty || !declaration.resources.isEmpty {
        let principals = declaration.principals.sorted().map(\.description).joined(separator: ", ")
        let resources = declaration.resources.sorted().map(\.description).joined(separator: ", ")
        line += " appliesTo { principal: [\(principals)], resource: [\(resources)]"
        line += ", context: \(SchemaType.record(declaration.context)) }"
      }
      lines.append(line + ";")
    }
    return lines
  }

  /// The schema in the JSON format.
  public var json: String {
    var document: [CedarString: JSONText] = [:]
    for namespace in namespaces {
      var types: [CedarString: JSONText] = [:]
      for (type, declaration) in entityTypes where type.namespace == namespace {
        types[CedarString(type.basename)] = declaration.json
      }
      var own: [CedarString: JSONText] = [:]
      for (uid, declaration) in actions where uid.type.namespace == namespace { own[uid.id] = declaration.json }
      document[CedarString(namespace)] = .object(["entityTypes": .object(types), "actions": .object(own)])
    }
    return JSONText.object(document).description
  }
}

extension EntityType {
  /// What stands before the last `::`; empty where nothing does.
  var namespace: String {
    let text = name.string
    let base = basename
    return base.utf8.count == text.utf8.count ? "" : String(text.dropLast(base.count + 2))
  }
}

extension SchemaType: CustomStringConvertible {
  /// The type in the human syntax.
  public var description: String {
    switch self {
    case .bool: return "__cedar::Bool"
    case .long: return "__cedar::Long"
    case .string: return "__cedar::String"
    case .entity(let type): return type.description
    case .extension(let function): return "__cedar::\(function.extensionTypeName)"
    case .set(let element): return "Set<\(element)>"
    case .record(let fields):
      let parts = fields.sorted { $0.key < $1.key }.map { name, attribute in
        "\(name.quoted)\(attribute.isRequired ? "" : "?"): \(attribute.type)"
      }
      return "{\(parts.joined(separator: ", "))}"
    }
  }

  fileprivate var json: [CedarString: JSONText] {
    switch self {
    case .bool: return ["type": "Boolean"]
    case .long: return ["type": "Long"]
    case .string: return ["type": "String"]
    case .entity(let type): return ["type": "Entity", "name": .string(type.name)]
    case .extension(let function):
      return ["type": "Extension", "name": .string(CedarString(function.extensionTypeName))]
    case .set(let element): return ["type": "Set", "element": .object(element.json)]
    case .record(let fields):
      let attributes = fields.mapValues { attribute in
        var json = attribute.type.json
        json["required"] = .bool(attribute.isRequired)
        return JSONText.object(json)
      }
      return ["type": "Record", "attributes": .object(attributes)]
    }
  }
}

extension ExtensionFunction {
  /// The name of the type that this function makes values of.
  fileprivate var extensionTypeName: String { self == .ip ? "ipaddr" : rawValue }
}

extension EntityTypeDeclaration {
  fileprivate var json: JSONText {
    if let identifiers { return .object(["enum": .array(identifiers.map { .string($0) })]) }
    var fields: [CedarString: JSONText] = [
      "memberOfTypes": .array(parents.sorted().map { .string($0.name) }),
      "shape": .object(SchemaType.record(attributes).json),
    ]
    if let tags { fields["tags"] = .object(tags.json) }
    return .object(fields)
  }
}

extension ActionDeclaration {
  fileprivate var json: JSONText {
    var fields: [CedarString: JSONText] = ["memberOf": .array(parents.sorted().map(\.json))]
    if !principals.isEmpty || !resources.isEmpty {
      fields["appliesTo"] = .object([
        "principalTypes": .array(principals.sorted().map { .string($0.name) }),
        "resourceTypes": .array(resources.sorted().map { .string($0.name) }),
        "context": .object(SchemaType.record(context).json),
      ])
    }
    return .object(fields)
  }
}
