extension Entities {
  /// Reads entities from their JSON format: an array of objects with `uid`, `attrs`, `parents` and perhaps `tags`, where
  /// a reference is `{"__entity": {"type", "id"}}` (the escape may be left out in `uid` and `parents`) and a value of an
  /// extension type `{"__extn": {"fn", "arg"}}` or, with more arguments, `{"__extn": {"fn", "args"}}`.
  public init(
    json text: String, types: some EntityAttributeTypes = UnspecifiedAttributeTypes()
  ) throws(CedarJSONError) {
    guard case .array(let items) = try JSONText(parsing: text) else {
      throw CedarJSONError(at: "entities", "the document is not an array", expected: "an array of entities")
    }
    var list: [Entity] = []
    for (index, item) in items.enumerated() {
      list.append(try JSONValues(types: types).entity(item, at: "entities[\(index)]"))
    }
    do throws(EntitiesError) {
      try self.init(list)
    } catch {
      throw CedarJSONError(at: "entities", error.description)
    }
  }
}

extension Request {
  /// Reads a request from an object with `principal`, `action`, `resource` (each `{"type", "id"}`, or an entity as
  /// policies write it) and `context`, which may be left out.
  public init(json text: String) throws(CedarJSONError) {
    self = try Request(json: try JSONText(parsing: text), at: "request")
  }

  /// Reads an array of requests.
  public static func list(json text: String) throws(CedarJSONError) -> [Request] {
    guard case .array(let items) = try JSONText(parsing: text) else {
      throw CedarJSONError(at: "requests", "the document is not an array", expected: "an array of requests")
    }
    var requests: [Request] = []
    for (index, item) in items.enumerated() {
      requests.append(try Request(json: item, at: "requests[\(index)]"))
    }
    return requests
  }

  init(json: JSONText, at place: String) throws(CedarJSONError) {
    guard case .object(let fields) = json else {
      throw CedarJSONError(at: place, "the request is \(json.kindName)", expected: "an object")
    }
    let values = JSONValues(types: UnspecifiedAttributeTypes())
    func uid(_ name: CedarString) throws(CedarJSONError) -> EntityUID {
      guard let value = fields[name] else {
        throw CedarJSONError(at: place, "the request has no `\(name)`", expected: "`{\"type\": …, \"id\": …}`")
      }
      return try values.uid(value, at: "\(place).\(name)")
    }
    var context: [CedarString: Value] = [:]
    if let json = fields["context"] {
      guard case .record(let record) = try values.value(json, .unspecified, at: "\(place).context") else {
        throw CedarJSONError(at: "\(place).context", "the context is \(json.kindName)", expected: "an object")
      }
      context = record
    }
    self.init(
      principal: try uid("principal"), action: try uid("action"), resource: try uid("resource"), context: context)
  }
}

/// Reads values of the language from JSON.
package struct JSONValues<Types: EntityAttributeTypes> {
  let types: Types

  package init(types: Types) { self.types = types }

  func entity(_ json: JSONText, at place: String) throws(CedarJSONError) -> Entity {
    guard case .object(let fields) = json else {
      throw CedarJSONError(at: place, "the entity is \(json.kindName)", expected: "an object")
    }
    let known: Set<CedarString> = ["uid", "attrs", "parents", "tags"]
    if let other = fields.keys.filter({ !known.contains($0) }).min() {
      throw CedarJSONError(
        at: place, "the entity has a field `\(other)`", expected: "`uid`, `attrs`, `parents` or `tags`")
    }
    guard let identity = fields["uid"] else { throw CedarJSONError(at: place, "the entity has no `uid`") }
    var entity = Entity(try uid(identity, at: place + ".uid"))
    if let json = fields["attrs"] {
      for (name, value) in try object(json, at: place + ".attrs") {
        let type = types.type(ofAttribute: name, of: entity.uid.type)
        entity.attributes[name] = try self.value(value, type, at: "\(place).attrs.\(name)")
      }
    }
    if let json = fields["tags"] {
      for (name, value) in try object(json, at: place + ".tags") {
        entity.tags[name] = try self.value(
          value, types.typeOfTags(of: entity.uid.type), at: "\(place).tags.\(name)")
      }
    }
    if let json = fields["parents"] {
      guard case .array(let items) = json else {
        throw CedarJSONError(at: place + ".parents", "the parents are \(json.kindName)", expected: "an array")
      }
      for (index, item) in items.enumerated() {
        entity.parents.insert(try uid(item, at: "\(place).parents[\(index)]"))
      }
    }
    return entity
  }

  /// An entity's identity, with the escape or without.
  func uid(_ json: JSONText, at place: String) throws(CedarJSONError) -> EntityUID {
    if case .object(let fields) = json {
      if let inner = fields["__entity"] { return try uid(inner, at: place) }
      if case .string(let type)? = fields["type"], case .string(let id)? = fields["id"] {
        guard EntityType.isName(type.string) else {
          throw CedarJSONError(
            at: place + ".type", "`\(type)` is not the name of a type", expected: "names joined by `::`")
        }
        return EntityUID(type: EntityType(type), id: id)
      }
    }
    throw CedarJSONError(
      at: place, "\(json.kindName) is not an entity", expected: "`{\"type\": …, \"id\": …}` with two strings")
  }

  package func value(_ json: JSONText, _ type: AttributeType, at place: String) throws(CedarJSONError) -> Value {
    switch json {
    case .null: throw CedarJSONError(at: place, "the value is null", expected: "a value of the language")
    case .bool(let value): return .bool(value)
    case .integer(let value): return .long(value)
    case .number(let text):
      throw CedarJSONError(at: place, "`\(text)` is not a 64-bit integer", expected: "an integer, or `decimal`")
    case .string(let value):
      if case .extension(let function) = type, function.isConstructor {
        return try call(function, [.string(value)], at: place)
      }
      return .string(value)
    case .array(let items):
      var element = AttributeType.unspecified
      if case .set(let type) = type { element = type }
      var values: Set<Value> = []
      for (index, item) in items.enumerated() {
        values.insert(try value(item, element, at: "\(place)[\(index)]"))
      }
      return .set(values)
    case .object(let fields):
      return try record(fields, type, at: place, json)
    }
  }

  private func record(
    _ fields: [CedarString: JSONText], _ type: AttributeType, at place: String, _ json: JSONText
  ) throws(CedarJSONError) -> Value {
    if fields.count == 1 {
      if let inner = fields["__entity"] { return .entity(try uid(inner, at: place)) }
      if let inner = fields["__extn"] { return try extensionValue(inner, at: place) }
      if fields["__expr"] != nil {
        throw CedarJSONError(at: place, "the escape `__expr` is not supported", expected: "`__entity` or `__extn`")
      }
    }
    switch type {
    case .entity: return .entity(try uid(json, at: place))
    case .extension: return try extensionValue(json, at: place)
    default: break
    }
    var values: [CedarString: Value] = [:]
    var fieldTypes: [CedarString: AttributeType] = [:]
    if case .record(let types) = type { fieldTypes = types }
    for (name, field) in fields {
      values[name] = try value(field, fieldTypes[name] ?? .unspecified, at: "\(place).\(name)")
    }
    return .record(values)
  }

  private func extensionValue(_ json: JSONText, at place: String) throws(CedarJSONError) -> Value {
    guard case .object(let fields) = json, case .string(let name)? = fields["fn"],
      let function = ExtensionFunction(rawValue: name.string)
    else {
      throw CedarJSONError(
        at: place, "`__extn` does not name a function", expected: "`{\"fn\": \"ip\", \"arg\": …}` or the like")
    }
    var arguments: [Value] = []
    if let argument = fields["arg"] {
      arguments = [try value(argument, .unspecified, at: place + ".arg")]
    } else if case .array(let items)? = fields["args"] {
      for (index, item) in items.enumerated() {
        arguments.append(try value(item, .unspecified, at: "\(place).args[\(index)]"))
      }
    }
    return try call(function, arguments, at: place)
  }

  private func call(
    _ function: ExtensionFunction, _ arguments: [Value], at place: String
  ) throws(CedarJSONError) -> Value {
    do throws(EvaluationError.Kind) {
      return try function.apply(to: arguments)
    } catch {
      throw CedarJSONError(at: place, error.description)
    }
  }

  private func object(_ json: JSONText, at place: String) throws(CedarJSONError) -> [CedarString: JSONText] {
    guard case .object(let fields) = json else {
      throw CedarJSONError(at: place, "\(json.kindName) stands here", expected: "an object")
    }
    return fields
  }
}
