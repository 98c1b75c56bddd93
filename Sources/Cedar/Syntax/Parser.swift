/// Reads the human syntax of the language, version 4, by recursive descent.
struct Parser {
  /// How deep brackets and conditionals nest at most: each level takes several frames of the stack.
  static let maximumNesting = 100
  /// Reading goes on after a mistake, up to this many.
  static let maximumErrors = 100

  private var lexer: Lexer
  private var lookahead: [Token] = []
  private(set) var token = Token(
    kind: .end,
    span: SourceSpan(
      SourcePosition(line: 1, column: 1, offset: 0), SourcePosition(line: 1, column: 1, offset: 0)))
  /// The end of the token before the present one.
  private(set) var previous: SourceSpan
  var nesting = 0

  init(_ text: String) {
    self.lexer = Lexer(text)
    self.previous = token.span
  }

  // MARK: Tokens

  mutating func advance() throws(CedarSyntaxError) {
    previous = token.span
    token = lookahead.isEmpty ? try lexer.next() : lookahead.removeFirst()
  }

  /// The token after the present one.
  mutating func peek() throws(CedarSyntaxError) -> Token {
    if lookahead.isEmpty { lookahead.append(try lexer.next()) }
    return lookahead[0]
  }

  func at(_ symbol: String) -> Bool {
    token.kind == .symbol(symbol)
  }

  func at(word: String) -> Bool {
    token.kind == .identifier(word)
  }

  mutating func accept(_ symbol: String) throws(CedarSyntaxError) -> Bool {
    guard at(symbol) else { return false }
    try advance()
    return true
  }

  mutating func accept(word: String) throws(CedarSyntaxError) -> Bool {
    guard at(word: word) else { return false }
    try advance()
    return true
  }

  mutating func expect(_ symbol: String) throws(CedarSyntaxError) {
    guard try accept(symbol) else { throw unexpected("`\(symbol)`") }
  }

  func unexpected(_ expected: String) -> CedarSyntaxError {
    CedarSyntaxError("unexpected \(token.description)", expected: expected, at: token.span)
  }

  /// Any identifier, reserved or not.
  mutating func anyIdentifier(_ expected: String) throws(CedarSyntaxError) -> String {
    guard case .identifier(let text) = token.kind else { throw unexpected(expected) }
    try advance()
    return text
  }

  /// An identifier that is not reserved.
  mutating func identifier(_ expected: String) throws(CedarSyntaxError) -> String {
    let found = token
    let text = try anyIdentifier(expected)
    guard !Lexer.reserved.contains(text) else {
      throw CedarSyntaxError("`\(text)` is a reserved word", expected: expected, at: found.span)
    }
    return text
  }

  /// Items with commas between them, and perhaps one after the last, up to a closing bracket, which is taken too.
  mutating func list(
    until close: String, _ item: (inout Parser) throws(CedarSyntaxError) -> Void
  ) throws(CedarSyntaxError) {
    while !at(close) {
      try item(&self)
      if !(try accept(",")) {
        guard at(close) else { throw unexpected("`,` or `\(close)`") }
      }
    }
    try advance()
  }

  // MARK: Recovery

  mutating func parsePolicies(naming: PolicySet.Naming) -> (policies: [Policy], errors: [CedarSyntaxError]) {
    var policies: [Policy] = []
    var errors: [CedarSyntaxError] = []
    var names: Set<String> = []
    var position = 0
    do throws(CedarSyntaxError) {
      try advance()
    } catch {
      errors.append(error)
      skipPolicy()
      position += 1
    }
    while token.kind != .end, errors.count < Parser.maximumErrors {
      do throws(CedarSyntaxError) {
        var policy = try parsePolicy(id: "policy\(position)")
        let annotation = policy.annotations.first { $0.name == "id" }
        if naming == .annotation, let annotation { policy.id = annotation.value.string }
        if names.insert(policy.id).inserted {
          policies.append(policy)
        } else {
          errors.append(
            CedarSyntaxError(
              "another policy has the id \(CedarString(policy.id).quoted)", expected: "an id of its own",
              at: annotation?.range ?? policy.range))
        }
      } catch {
        errors.append(error)
        skipPolicy()
      }
      nesting = 0
      position += 1
    }
    return (policies, errors)
  }

  /// Skips to what follows the next semicolon.
  private mutating func skipPolicy() {
    while true {
      do throws(CedarSyntaxError) {
        while token.kind != .end {
          if try accept(";") { return }
          try advance()
        }
        return
      } catch {
        // A character that is not part of the language: the lexer has gone past it, unless it is at the end of the text.
        if error.message.hasPrefix("the string is not closed") {
          token = Token(kind: .end, span: error.range)
          return
        }
        token = Token(kind: .symbol(""), span: error.range)
      }
    }
  }
}
