/// What expressions are made of: literals, variables, entities, sets, records, calls of functions, parentheses.
extension Parser {
  mutating func parsePrimary() throws(CedarSyntaxError) -> Expression {
    let start = token.span
    switch token.kind {
    case .number, .string, .slot: return try parseLiteral(at: start)
    case .symbol("("):
      try advance()
      let inner = try parseExpression()
      try expect(")")
      return Expression(inner.kind, start.through(previous), depth: inner.depth)
    case .symbol("["):
      try advance()
      let items = try parseArguments(until: "]")
      return try node(.set(items), start.through(previous))
    case .symbol("{"):
      try advance()
      return try parseRecord(from: start)
    case .identifier(let word):
      return try parseName(word, from: start)
    case .symbol, .end:
      throw unexpected("an expression")
    }
  }

  private mutating func parseLiteral(at start: SourceSpan) throws(CedarSyntaxError) -> Expression {
    switch token.kind {
    case .number(let digits):
      guard let value = Int64(digits) else { throw numberTooLarge(digits) }
      try advance()
      return try node(.literal(.long(value)), start)
    case .slot(let text):
      throw CedarSyntaxError(
        "`\(text)` stands in a condition", expected: "slots in the scope only, after `==` or `in`", at: start)
    default:
      return try node(.literal(.string(try parseString("a string"))), start)
    }
  }

  private mutating func parseRecord(from start: SourceSpan) throws(CedarSyntaxError) -> Expression {
    var fields: [Expression.Field] = []
    var names: Set<CedarString> = []
    try list(until: "}") { (parser: inout Parser) throws(CedarSyntaxError) in
      let place = parser.token.span
      let name: CedarString
      if case .string = parser.token.kind {
        name = try parser.parseString("a name")
      } else {
        name = CedarString(try parser.identifier("a name"))
      }
      guard names.insert(name).inserted else {
        throw CedarSyntaxError("the record has `\(name)` already", expected: "each name once", at: place)
      }
      try parser.expect(":")
      fields.append(Expression.Field(name: name, value: try parser.parseExpression()))
    }
    return try node(.record(fields), start.through(previous))
  }

  private mutating func parseName(_ word: String, from start: SourceSpan) throws(CedarSyntaxError) -> Expression {
    if word == "true" || word == "false" {
      try advance()
      return try node(.literal(.bool(word == "true")), start)
    }
    if word == "if" {
      throw CedarSyntaxError("`if` stands inside an expression", expected: "parentheses around it", at: start)
    }
    if let variable = Expression.Variable(rawValue: word) {
      let next = try peek()
      if next.kind != .symbol("::"), next.kind != .symbol("(") {
        try advance()
        return try node(.variable(variable), start)
      }
    }
    let (path, id) = try parsePath()
    if let id {
      let uid = EntityUID(type: EntityType(CedarString(path)), id: id)
      return try node(.literal(.entity(uid)), start.through(previous))
    }
    return try parseCall(path, at: start.through(previous))
  }

  private mutating func parseCall(_ path: String, at range: SourceSpan) throws(CedarSyntaxError) -> Expression {
    if try accept("(") {
      let arguments = try parseArguments(until: ")")
      guard let function = ExtensionFunction(rawValue: path) else {
        throw CedarSyntaxError(
          "there is no function `\(path)`", expected: "`ip`, `decimal`, `datetime` or `duration`", at: range)
      }
      guard function.isConstructor else {
        throw CedarSyntaxError("`\(path)` is a method", expected: "`value.\(path)(…)`", at: range)
      }
      return try node(.call(function, arguments), range.through(previous))
    }
    throw CedarSyntaxError(
      "`\(path)` is not known here",
      expected: "`principal`, `action`, `resource`, `context`, or an entity such as `\(path)::\"id\"`", at: range)
  }
}
