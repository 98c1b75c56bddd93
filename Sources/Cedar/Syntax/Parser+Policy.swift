/// Policies: annotations, effect, scope, conditions.
extension Parser {
  mutating func parsePolicy(id: String) throws(CedarSyntaxError) -> Policy {
    let start = token.span
    let annotations = try parseAnnotations()
    guard case .identifier(let word) = token.kind, let effect = Effect(rawValue: word) else {
      throw unexpected("`permit` or `forbid`")
    }
    try advance()
    try expect("(")
    let principal = try parseScope("principal", slot: .principal)
    try expect(",")
    let action = try parseActionScope()
    try expect(",")
    let resource = try parseScope("resource", slot: .resource)
    _ = try accept(",")
    try expect(")")
    var conditions: [Condition] = []
    while case .identifier(let word) = token.kind {
      guard let kind = Condition.Kind(rawValue: word) else { throw unexpected("`when`, `unless` or `;`") }
      try advance()
      try expect("{")
      if at("}") { throw CedarSyntaxError("the condition is empty", expected: "an expression", at: token.span) }
      conditions.append(Condition(kind: kind, body: try parseExpression()))
      try expect("}")
    }
    let end = token.span
    guard try accept(";") else { throw unexpected("`when`, `unless` or `;`") }
    return Policy(
      id: id, annotations: annotations, effect: effect, principal: principal, action: action, resource: resource,
      conditions: conditions, range: start.through(end))
  }

  private mutating func parseAnnotations() throws(CedarSyntaxError) -> [Annotation] {
    var annotations: [Annotation] = []
    var names: Set<String> = []
    while at("@") {
      let start = token.span
      try advance()
      let name = try anyIdentifier("the annotation's name")
      var value: CedarString = ""
      if try accept("(") {
        value = try parseString("the annotation's text")
        try expect(")")
      }
      guard names.insert(name).inserted else {
        throw CedarSyntaxError(
          "the annotation `@\(name)` is repeated", expected: "each annotation once", at: start.through(previous))
      }
      annotations.append(Annotation(name: name, value: value, range: start.through(previous)))
    }
    return annotations
  }

  mutating func parseString(_ expected: String) throws(CedarSyntaxError) -> CedarString {
    guard case .string(let raw) = token.kind else { throw unexpected(expected + " in double quotes") }
    let value = try StringLiteral.text(raw, at: token.span)
    try advance()
    return value
  }

  private mutating func parseScope(
    _ variable: String, slot: Slot
  ) throws(CedarSyntaxError) -> ScopeConstraint {
    guard try accept(word: variable) else { throw unexpected("`\(variable)`") }
    if try accept("==") { return .equal(try parseReference(slot)) }
    if try accept(word: "in") { return .in(try parseReference(slot)) }
    if try accept(word: "is") {
      let start = token.span
      let type = TypeReference(type: try parseTypeName(), range: start.through(previous))
      if try accept(word: "in") { return .isIn(type, try parseReference(slot)) }
      return .is(type)
    }
    guard at(",") || at(")") else { throw unexpected("`==`, `in`, `is`, `,` or `)`") }
    return .any
  }

  private mutating func parseActionScope() throws(CedarSyntaxError) -> ActionConstraint {
    guard try accept(word: "action") else { throw unexpected("`action`") }
    if try accept("==") { return .equal(try parseAction()) }
    if try accept(word: "in") {
      guard try accept("[") else { return .in([try parseAction()]) }
      var references: [EntityReference] = []
      try list(until: "]") { (parser: inout Parser) throws(CedarSyntaxError) in
        references.append(try parser.parseAction())
      }
      return .in(references)
    }
    guard at(",") else { throw unexpected("`==`, `in` or `,`") }
    return .any
  }

  private mutating func parseAction() throws(CedarSyntaxError) -> EntityReference {
    let reference = try parseReference(nil)
    if let uid = reference.uid, uid.type.basename != "Action" {
      throw CedarSyntaxError(
        "`\(uid)` is not an action", expected: "an entity of type `Action`, with or without a namespace",
        at: reference.range)
    }
    return reference
  }

  private mutating func parseReference(_ slot: Slot?) throws(CedarSyntaxError) -> EntityReference {
    let start = token.span
    if case .slot(let text) = token.kind {
      guard let slot, slot.rawValue == text else {
        throw unexpected(slot.map { "an entity or `\($0.rawValue)`" } ?? "an entity")
      }
      try advance()
      return EntityReference(target: .slot(slot), range: start)
    }
    let (path, id) = try parsePath()
    guard let id else {
      throw CedarSyntaxError(
        "`\(path)` is not an entity", expected: "an entity such as `\(path)::\"id\"`", at: start.through(previous))
    }
    return EntityReference(
      target: .entity(EntityUID(type: EntityType(CedarString(path)), id: id)), range: start.through(previous))
  }

  mutating func parseTypeName() throws(CedarSyntaxError) -> EntityType {
    let start = token.span
    let (path, id) = try parsePath()
    guard id == nil else {
      throw CedarSyntaxError(
        "an entity stands where its type is asked for", expected: "`\(path)`", at: start.through(previous))
    }
    return EntityType(CedarString(path))
  }

  /// A name, and the identifier after it where it is that of an entity.
  mutating func parsePath() throws(CedarSyntaxError) -> (path: String, id: CedarString?) {
    var path = try identifier("a name")
    while try accept("::") {
      if case .string = token.kind { return (path, try parseString("an identifier")) }
      path += "::" + (try identifier("a name or an identifier in double quotes"))
    }
    return (path, nil)
  }
}
