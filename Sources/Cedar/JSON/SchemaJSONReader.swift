extension Schema {
  /// Reads the JSON format of schemas: namespaces by name, each with `entityTypes`, `actions` and `commonTypes`.
  public init(json text: String) throws(CedarJSONError) {
    guard text.utf8.count <= PolicySet.maximumLength else {
      throw CedarJSONError(
        at: "1:1", "the document has \(text.utf8.count) bytes", expected: "at most \(PolicySet.maximumLength)")
    }
    let reader = SchemaJSONReader()
    var namespaces = [SchemaSyntax.Namespace(name: "")]
    let document = try reader.object(try JSONText(parsing: text), at: "schema")
    for (name, json) in document.sorted(by: { $0.key < $1.key }) {
      guard name.string.isEmpty || EntityType.isName(name.string) else {
        throw CedarJSONError(at: "schema", "`\(name)` is not a namespace", expected: "names joined by `::`, or nothing")
      }
      namespaces.append(try reader.namespace(json, name: name.string, at: name.string.isEmpty ? "\"\"" : name.string))
    }
    do throws(CedarSyntaxError) {
      self = try SchemaResolver(namespaces).resolve()
    } catch {
      throw CedarJSONError(at: "schema", error.message, expected: error.expected)
    }
  }
}

/// Reads what a schema in JSON declares; what names mean is found afterwards, as for the human syntax.
struct SchemaJSONReader {
  private static let nowhere = SourceSpan(
    SourcePosition(line: 1, column: 1, offset: 0), SourcePosition(line: 1, column: 1, offset: 0))

  func object(_ json: JSONText, at place: String) throws(CedarJSONError) -> [CedarString: JSONText] {
    guard case .object(let fields) = json else {
      throw CedarJSONError(at: place, "\(json.kindName) stands here", expected: "an object")
    }
    return fields
  }

  private func array(_ json: JSONText?, at place: String) throws(CedarJSONError) -> [JSONText] {
    guard let json else { return [] }
    guard case .array(let items) = json else {
      throw CedarJSONError(at: place, "\(json.kindName) stands here", expected: "an array")
    }
    return items
  }

  private func string(_ json: JSONText?, at place: String) throws(CedarJSONError) -> CedarString {
    guard case .string(let text)? = json else {
      throw CedarJSONError(
        at: place, json.map { "\($0.kindName) stands here" } ?? "it is missing", expected: "a string")
    }
    return text
  }

  private func check(
    _ fields: [CedarString: JSONText], only known: Set<CedarString>, at place: String
  ) throws(CedarJSONError) {
    guard let other = fields.keys.filter({ !known.contains($0) && $0 != "annotations" }).min() else { return }
    throw CedarJSONError(
      at: place, "there is a field `\(other)`", expected: known.sorted().map { "`\($0)`" }.joined(separator: ", "))
  }

  private func reference(_ name: CedarString, at place: String) throws(CedarJSONError) -> SchemaSyntax.Reference {
    guard EntityType.isName(name.string) else {
      throw CedarJSONError(at: place, "`\(name)` is not a name", expected: "identifiers joined by `::`")
    }
    return SchemaSyntax.Reference(name: name.string, range: Self.nowhere)
  }

  private func references(_ json: JSONText?, at place: String) throws(CedarJSONError) -> [SchemaSyntax.Reference] {
    var result: [SchemaSyntax.Reference] = []
    for (index, item) in try array(json, at: place).enumerated() {
      let here = "\(place)[\(index)]"
      result.append(try reference(try string(item, at: here), at: here))
    }
    return result
  }

  func namespace(
    _ json: JSONText, name: String, at place: String
  ) throws(CedarJSONError) -> SchemaSyntax.Namespace {
    let fields = try object(json, at: place)
    try check(fields, only: ["entityTypes", "actions", "commonTypes"], at: place)
    var namespace = SchemaSyntax.Namespace(name: name)
    for (name, json) in try object(fields["commonTypes"] ?? .object([:]), at: place + ".commonTypes") {
      let here = "\(place).commonTypes.\(name)"
      namespace.types.append(
        SchemaSyntax.CommonType(name: try reference(name, at: here), type: try type(json, at: here)))
    }
    for (name, json) in try object(fields["entityTypes"] ?? .object([:]), at: place + ".entityTypes") {
      namespace.entities.append(try entity(json, name: name, at: "\(place).entityTypes.\(name)"))
    }
    for (name, json) in try object(fields["actions"] ?? .object([:]), at: place + ".actions") {
      namespace.actions.append(try action(json, name: name, at: "\(place).actions.\(name)"))
    }
    return namespace
  }

  private func entity(
    _ json: JSONText, name: CedarString, at place: String
  ) throws(CedarJSONError) -> SchemaSyntax.Entity {
    let fields = try object(json, at: place)
    try check(fields, only: ["memberOfTypes", "shape", "tags", "enum"], at: place)
    var entity = SchemaSyntax.Entity(names: [try reference(name, at: place)])
    entity.parents = try references(fields["memberOfTypes"], at: place + ".memberOfTypes")
    if let shape = fields["shape"] { entity.attributes = try type(shape, at: place + ".shape") }
    if let tags = fields["tags"] { entity.tags = try type(tags, at: place + ".tags") }
    if let list = fields["enum"] {
      var identifiers: [CedarString] = []
      for (index, item) in try array(list, at: place + ".enum").enumerated() {
        identifiers.append(try string(item, at: "\(place).enum[\(index)]"))
      }
      guard !identifiers.isEmpty else {
        throw CedarJSONError(at: place + ".enum", "the list is empty", expected: "an identifier at least")
      }
      entity.identifiers = identifiers
    }
    return entity
  }

  private func action(
    _ json: JSONText, name: CedarString, at place: String
  ) throws(CedarJSONError) -> SchemaSyntax.Action {
    let fields = try object(json, at: place)
    try check(fields, only: ["appliesTo", "memberOf", "attributes"], at: place)
    var action = SchemaSyntax.Action(names: [(name, Self.nowhere)])
    for (index, item) in try array(fields["memberOf"], at: place + ".memberOf").enumerated() {
      let here = "\(place).memberOf[\(index)]"
      let parent = try object(item, at: here)
      action.parents.append(
        SchemaSyntax.ActionParent(
          type: parent["type"] == nil ? nil : try string(parent["type"], at: here + ".type").string,
          id: try string(parent["id"], at: here + ".id"), range: Self.nowhere))
    }
    guard let appliesTo = fields["appliesTo"], appliesTo.kindName != "null" else { return action }
    let scope = try object(appliesTo, at: place + ".appliesTo")
    try check(scope, only: ["principalTypes", "resourceTypes", "context"], at: place + ".appliesTo")
    action.principals = try references(scope["principalTypes"], at: place + ".appliesTo.principalTypes")
    action.resources = try references(scope["resourceTypes"], at: place + ".appliesTo.resourceTypes")
    if let context = scope["context"] { action.context = try type(context, at: place + ".appliesTo.context") }
    return action
  }

  private func type(
    _ json: JSONText, at place: String, depth: Int = 0
  ) throws(CedarJSONError) -> SchemaSyntax.TypeExpression {
    let fields = try object(json, at: place)
    let name = try string(fields["type"], at: place + ".type")
    switch name {
    case "Boolean", "Bool": return .name(builtIn("Bool"))
    case "Long": return .name(builtIn("Long"))
    case "String": return .name(builtIn("String"))
    case "Set":
      guard let element = fields["element"] else {
        throw CedarJSONError(at: place, "`element` is missing", expected: "the type of the elements")
      }
      return .set(try type(element, at: place + ".element"))
    case "Record":
      var attributes: [SchemaSyntax.Attribute] = []
      let members = try object(fields["attributes"] ?? .object([:]), at: place + ".attributes")
      for (name, json) in members.sorted(by: { $0.key < $1.key }) {
        let here = "\(place).attributes.\(name)"
        var isRequired = true
        switch try object(json, at: here)["required"] {
        case nil: break
        case .bool(let flag)?: isRequired = flag
        case let other?:
          throw CedarJSONError(at: here + ".required", "\(other.kindName) stands here", expected: "true or false")
        }
        attributes.append(
          SchemaSyntax.Attribute(name: name, type: try type(json, at: here), isRequired: isRequired))
      }
      return .record(attributes)
    case "Entity": return .entity(try named(fields, at: place))
    case "EntityOrCommon": return .name(try named(fields, at: place))
    case "Extension": return .name(builtIn(try named(fields, at: place).name))
    default: return .name(try reference(name, at: place + ".type"))
    }
  }

  private func named(
    _ fields: [CedarString: JSONText], at place: String
  ) throws(CedarJSONError) -> SchemaSyntax.Reference {
    try reference(try string(fields["name"], at: place + ".name"), at: place + ".name")
  }

  private func builtIn(_ name: String) -> SchemaSyntax.Reference {
    SchemaSyntax.Reference(name: "__cedar::" + name, range: Self.nowhere)
  }
}
