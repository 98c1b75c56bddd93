/// Expressions, from the loosest binding to the tightest.
extension Parser {
  mutating func parseExpression() throws(CedarSyntaxError) -> Expression {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Parser.maximumNesting else { throw tooDeep(token.span) }
    return at(word: "if") ? try parseConditional() : try parseOr()
  }

  private mutating func parseConditional() throws(CedarSyntaxError) -> Expression {
    let start = token.span
    try advance()
    let test = try parseExpression()
    guard try accept(word: "then") else { throw unexpected("`then`") }
    let first = try parseExpression()
    guard try accept(word: "else") else { throw unexpected("`else`") }
    let second = try parseExpression()
    return try node(.conditional(test, then: first, else: second), start.through(second.range))
  }

  /// Makes an expression, unless it would be nested too deep.
  func node(_ kind: Expression.Kind, _ range: SourceSpan) throws(CedarSyntaxError) -> Expression {
    let depth = 1 + (kind.children.map(\.depth).max() ?? 0)
    guard depth <= Expression.maximumDepth else { throw tooDeep(range) }
    return Expression(kind, range, depth: depth)
  }

  private func tooDeep(_ range: SourceSpan) -> CedarSyntaxError {
    CedarSyntaxError(
      "the expression is nested too deep", expected: "at most \(Parser.maximumNesting) levels", at: range)
  }

  /// Alternatives of conjunctions, both in one function: each level of nesting takes fewer frames of the stack.
  private mutating func parseOr() throws(CedarSyntaxError) -> Expression {
    var alternatives: [Expression] = []
    repeat {
      var operands: [Expression] = []
      repeat { operands.append(try parseRelation()) } while try accept("&&")
      alternatives.append(try joined(operands, Expression.Kind.and))
    } while try accept("||")
    return try joined(alternatives, Expression.Kind.or)
  }

  private func joined(
    _ operands: [Expression], _ kind: ([Expression]) -> Expression.Kind
  ) throws(CedarSyntaxError) -> Expression {
    guard operands.count > 1 else { return operands[0] }
    return try node(kind(operands), operands[0].range.through(previous))
  }

  private mutating func parseRelation() throws(CedarSyntaxError) -> Expression {
    let left = try parseSum()
    if let operation = relation() {
      try advance()
      let right = try parseSum()
      let result = try node(.binary(operation, left, right), left.range.through(right.range))
      guard relation() == nil, !at(word: "has"), !at(word: "like"), !at(word: "is") else { throw secondComparison() }
      return result
    }
    if try accept(word: "is") {
      let type = try parseTypeName()
      let ancestor = try accept(word: "in") ? try parseSum() : nil
      return try node(.is(left, type, in: ancestor), left.range.through(previous))
    }
    return try parseTest(of: left)
  }

  private func secondComparison() -> CedarSyntaxError {
    CedarSyntaxError(
      "\(token.description) follows another comparison", expected: "parentheses around one of them", at: token.span)
  }

  private mutating func parseTest(of left: Expression) throws(CedarSyntaxError) -> Expression {
    if try accept(word: "has") {
      let names = try parseAttributePath()
      return try node(.has(left, names), left.range.through(previous))
    }
    guard try accept(word: "like") else { return left }
    guard case .string(let raw) = token.kind else { throw unexpected("a pattern in double quotes") }
    let pattern = try StringLiteral.pattern(raw, at: token.span)
    try advance()
    return try node(.like(left, pattern), left.range.through(previous))
  }

  private func relation() -> Expression.BinaryOperator? {
    switch token.kind {
    case .symbol("=="): .equal
    case .symbol("!="): .notEqual
    case .symbol("<"): .less
    case .symbol("<="): .lessOrEqual
    case .symbol(">"): .greater
    case .symbol(">="): .greaterOrEqual
    case .identifier("in"): .in
    default: nil
    }
  }

  private mutating func parseAttributePath() throws(CedarSyntaxError) -> [CedarString] {
    if case .string = token.kind { return [try parseString("an attribute's name")] }
    var names = [CedarString(try identifier("an attribute's name"))]
    while try accept(".") { names.append(CedarString(try identifier("an attribute's name"))) }
    return names
  }

  private mutating func parseSum() throws(CedarSyntaxError) -> Expression {
    var sum: Expression?
    var operation = Expression.BinaryOperator.add
    while true {
      var product = try parseUnary()
      while try acceptProduct() {
        let factor = try parseUnary()
        product = try node(.binary(.multiply, product, factor), product.range.through(factor.range))
      }
      if let left = sum {
        product = try node(.binary(operation, left, product), left.range.through(product.range))
      }
      guard at("+") || at("-") else { return product }
      operation = at("+") ? .add : .subtract
      try advance()
      sum = product
    }
  }

  private mutating func acceptProduct() throws(CedarSyntaxError) -> Bool {
    if at("/") || at("%") {
      throw CedarSyntaxError("the language has no operator \(token.description)", expected: "`*`", at: token.span)
    }
    return try accept("*")
  }

  private mutating func parseUnary() throws(CedarSyntaxError) -> Expression {
    guard at("!") || at("-") else { return try parseAccesses(of: try parsePrimary()) }
    let isNot = at("!")
    var places = try signs(isNot ? "!" : "-")
    var operand: Expression
    if !isNot, let literal = try negativeNumber(after: places.last) {
      places.removeLast()
      operand = try parseAccesses(of: literal)
    } else {
      operand = try parseAccesses(of: try parsePrimary())
    }
    for place in places.reversed() {
      operand = try node(isNot ? .not(operand) : .negate(operand), place.through(operand.range))
    }
    return operand
  }

  private mutating func signs(_ sign: String) throws(CedarSyntaxError) -> [SourceSpan] {
    var places: [SourceSpan] = []
    while at(sign) {
      guard places.count < 4 else {
        throw CedarSyntaxError("too many \(token.description) in a row", expected: "at most four", at: token.span)
      }
      places.append(token.span)
      try advance()
    }
    return places
  }

  /// The least number has no positive counterpart, so the sign belongs to the literal.
  private mutating func negativeNumber(after sign: SourceSpan?) throws(CedarSyntaxError) -> Expression? {
    guard let sign, case .number(let digits) = token.kind else { return nil }
    guard let value = Int64("-" + digits) else { throw numberTooLarge("-" + digits) }
    try advance()
    return try node(.literal(.long(value)), sign.through(previous))
  }

  func numberTooLarge(_ digits: String) -> CedarSyntaxError {
    CedarSyntaxError(
      "`\(digits)` is not a 64-bit number", expected: "a number from \(Int64.min) to \(Int64.max)", at: token.span)
  }

  private mutating func parseAccesses(of base: Expression) throws(CedarSyntaxError) -> Expression {
    var base = base
    while true {
      if try accept(".") {
        let name = token.span
        let word = try identifier("an attribute's or method's name")
        if at("(") {
          base = try parseMethod(word, at: name, of: base)
        } else {
          base = try node(.attribute(base, CedarString(word)), base.range.through(previous))
        }
      } else if try accept("[") {
        let name = try parseString("an attribute's name")
        try expect("]")
        base = try node(.attribute(base, name), base.range.through(previous))
      } else {
        return base
      }
    }
  }

  private mutating func parseMethod(
    _ name: String, at place: SourceSpan, of base: Expression
  ) throws(CedarSyntaxError) -> Expression {
    try advance()
    let arguments = try parseArguments(until: ")")
    let range = base.range.through(previous)
    switch name {
    case "contains", "containsAll", "containsAny", "getTag", "hasTag":
      guard let operation = Expression.BinaryOperator(rawValue: name), arguments.count == 1 else {
        throw wrongCount(name, 1, arguments.count, place)
      }
      return try node(.binary(operation, base, arguments[0]), range)
    case "isEmpty":
      guard arguments.isEmpty else { throw wrongCount(name, 0, arguments.count, place) }
      return try node(.isEmpty(base), range)
    default:
      guard let function = ExtensionFunction(rawValue: name) else {
        throw CedarSyntaxError("there is no method `\(name)`", expected: Parser.near(name, Parser.methods), at: place)
      }
      guard !function.isConstructor else {
        throw CedarSyntaxError("`\(name)` is a function, not a method", expected: "`\(name)(…)`", at: place)
      }
      return try node(.call(function, [base] + arguments), range)
    }
  }

  private static let methods =
    ["contains", "containsAll", "containsAny", "isEmpty", "getTag", "hasTag"]
    + ExtensionFunction.allCases.filter { !$0.isConstructor }.map(\.rawValue)

  /// The known names that begin as `name` does, or all.
  private static func near(_ name: String, _ known: [String]) -> String {
    let prefix = name.prefix(3).lowercased()
    let close = known.filter { $0.lowercased().hasPrefix(prefix) }
    return "one of " + (close.isEmpty ? known : close).map { "`\($0)`" }.joined(separator: ", ")
  }

  private func wrongCount(_ name: String, _ expected: Int, _ found: Int, _ place: SourceSpan) -> CedarSyntaxError {
    CedarSyntaxError(
      "`\(name)` has \(found) argument\(found == 1 ? "" : "s")",
      expected: expected == 0 ? "none" : "\(expected)", at: place)
  }

  mutating func parseArguments(until close: String) throws(CedarSyntaxError) -> [Expression] {
    var arguments: [Expression] = []
    try list(until: close) { (parser: inout Parser) throws(CedarSyntaxError) in
      arguments.append(try parser.parseExpression())
    }
    return arguments
  }
}
