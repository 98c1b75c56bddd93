/// The human syntax of schemas.
extension Parser {
  mutating func parseSchema() throws(CedarSyntaxError) -> [SchemaSyntax.Namespace] {
    var namespaces = [SchemaSyntax.Namespace(name: "")]
    try advance()
    while token.kind != .end {
      try skipAnnotations()
      if try accept(word: "namespace") {
        var namespace = SchemaSyntax.Namespace(name: try parseSchemaName().name)
        try expect("{")
        while !at("}") {
          try skipAnnotations()
          try parseDeclaration(into: &namespace)
        }
        try advance()
        namespaces.append(namespace)
      } else {
        try parseDeclaration(into: &namespaces[0])
      }
    }
    return namespaces
  }

  private mutating func skipAnnotations() throws(CedarSyntaxError) {
    while try accept("@") {
      _ = try anyIdentifier("the annotation's name")
      if try accept("(") {
        _ = try parseString("the annotation's text")
        try expect(")")
      }
    }
  }

  private mutating func parseDeclaration(into namespace: inout SchemaSyntax.Namespace) throws(CedarSyntaxError) {
    if try accept(word: "entity") {
      namespace.entities.append(try parseEntity())
    } else if try accept(word: "action") {
      namespace.actions.append(try parseActionDeclaration())
    } else if try accept(word: "type") {
      let start = token.span
      let name = SchemaSyntax.Reference(name: try identifier("the type's name"), range: start)
      try expect("=")
      namespace.types.append(SchemaSyntax.CommonType(name: name, type: try parseSchemaType()))
      try expect(";")
    } else {
      throw unexpected("`entity`, `action`, `type` or `namespace`")
    }
  }

  private mutating func parseSchemaName() throws(CedarSyntaxError) -> SchemaSyntax.Reference {
    let start = token.span
    var name = try anyIdentifier("a name")
    while try accept("::") { name += "::" + (try anyIdentifier("a name")) }
    return SchemaSyntax.Reference(name: name, range: start.through(previous))
  }

  /// One name, or several in brackets.
  private mutating func parseSchemaNames() throws(CedarSyntaxError) -> [SchemaSyntax.Reference] {
    guard try accept("[") else { return [try parseSchemaName()] }
    var names: [SchemaSyntax.Reference] = []
    try list(until: "]") { (parser: inout Parser) throws(CedarSyntaxError) in
      names.append(try parser.parseSchemaName())
    }
    return names
  }

  private mutating func parseEntity() throws(CedarSyntaxError) -> SchemaSyntax.Entity {
    var names: [SchemaSyntax.Reference] = []
    repeat {
      let start = token.span
      names.append(SchemaSyntax.Reference(name: try identifier("the entity type's name"), range: start))
    } while try accept(",")
    var entity = SchemaSyntax.Entity(names: names)
    if try accept(word: "enum") {
      try expect("[")
      var identifiers: [CedarString] = []
      try list(until: "]") { (parser: inout Parser) throws(CedarSyntaxError) in
        identifiers.append(try parser.parseString("an identifier"))
      }
      entity.identifiers = identifiers
    } else {
      if try accept(word: "in") { entity.parents = try parseSchemaNames() }
      _ = try accept("=")
      if at("{") { entity.attributes = try parseSchemaType() }
      if try accept(word: "tags") { entity.tags = try parseSchemaType() }
    }
    try expect(";")
    return entity
  }

  private mutating func parseActionDeclaration() throws(CedarSyntaxError) -> SchemaSyntax.Action {
    var action = SchemaSyntax.Action(names: [])
    repeat {
      let start = token.span
      action.names.append((try parseSchemaLabel("the action's name"), start))
    } while try accept(",")
    if try accept(word: "in") {
      if try accept("[") {
        try list(until: "]") { (parser: inout Parser) throws(CedarSyntaxError) in
          action.parents.append(try parser.parseActionParent())
        }
      } else {
        action.parents = [try parseActionParent()]
      }
    }
    if try accept(word: "appliesTo") {
      try expect("{")
      try list(until: "}") { (parser: inout Parser) throws(CedarSyntaxError) in
        let word = try parser.anyIdentifier("`principal`, `resource` or `context`")
        try parser.expect(":")
        switch word {
        case "principal": action.principals = try parser.parseSchemaNames()
        case "resource": action.resources = try parser.parseSchemaNames()
        case "context": action.context = try parser.parseSchemaType()
        default: throw parser.unexpected("`principal`, `resource` or `context` before it")
        }
      }
    }
    if try accept(word: "attributes") {
      try expect("{")
      try expect("}")
    }
    try expect(";")
    return action
  }

  /// An identifier or a string.
  private mutating func parseSchemaLabel(_ expected: String) throws(CedarSyntaxError) -> CedarString {
    if case .string = token.kind { return try parseString(expected) }
    return CedarString(try anyIdentifier(expected))
  }

  private mutating func parseActionParent() throws(CedarSyntaxError) -> SchemaSyntax.ActionParent {
    let start = token.span
    if case .string = token.kind {
      return SchemaSyntax.ActionParent(type: nil, id: try parseString("an action"), range: start)
    }
    var path = [try anyIdentifier("an action")]
    while try accept("::") {
      if case .string = token.kind {
        let id = try parseString("an action")
        return SchemaSyntax.ActionParent(
          type: path.joined(separator: "::"), id: id, range: start.through(previous))
      }
      path.append(try anyIdentifier("a name or an action in double quotes"))
    }
    guard path.count == 1 else { throw unexpected("`::` and an action in double quotes") }
    return SchemaSyntax.ActionParent(type: nil, id: CedarString(path[0]), range: start)
  }

  private mutating func parseSchemaType() throws(CedarSyntaxError) -> SchemaSyntax.TypeExpression {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Parser.maximumNesting else {
      throw CedarSyntaxError(
        "the type is nested too deep", expected: "at most \(Parser.maximumNesting) levels", at: token.span)
    }
    if try accept("{") {
      var attributes: [SchemaSyntax.Attribute] = []
      try list(until: "}") { (parser: inout Parser) throws(CedarSyntaxError) in
        try parser.skipAnnotations()
        let place = parser.token.span
        let name = try parser.parseSchemaLabel("an attribute's name")
        guard !attributes.contains(where: { $0.name == name }) else {
          throw CedarSyntaxError(
            "the attribute `\(name)` is declared already", expected: "each name once", at: place)
        }
        // `name?:` comes from the lexer as a name and a slot without one.
        var isRequired = true
        if case .slot("?") = parser.token.kind {
          isRequired = false
          try parser.advance()
        }
        try parser.expect(":")
        attributes.append(
          SchemaSyntax.Attribute(name: name, type: try parser.parseSchemaType(), isRequired: isRequired))
      }
      return .record(attributes)
    }
    let name = try parseSchemaName()
    if name.name == "Set", try accept("<") {
      let element = try parseSchemaType()
      try expect(">")
      return .set(element)
    }
    return .name(name)
  }
}
