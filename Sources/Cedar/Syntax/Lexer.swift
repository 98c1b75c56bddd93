/// Cuts a text into the words of the language; white space and comments fall away.
struct Lexer {
  /// The words that cannot be names.
  static let reserved: Set<String> = [
    "true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar",
  ]

  private let bytes: [UInt8]
  private var position = SourcePosition(line: 1, column: 1, offset: 0)

  init(_ text: String) {
    self.bytes = Array(text.utf8)
  }

  static func isIdentifierStart(_ byte: UInt8) -> Bool {
    byte == 0x5F || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  static func isIdentifierByte(_ byte: UInt8) -> Bool {
    isIdentifierStart(byte) || (0x30...0x39).contains(byte)
  }

  /// The next word.
  mutating func next() throws(CedarSyntaxError) -> Token {
    skipSpace()
    let start = position
    guard let byte = peek() else { return Token(kind: .end, span: SourceSpan(start, start)) }
    if Lexer.isIdentifierStart(byte) {
      let text = take(while: Lexer.isIdentifierByte)
      return Token(kind: .identifier(text), span: SourceSpan(start, position))
    }
    if (0x30...0x39).contains(byte) {
      let text = take { (0x30...0x39).contains($0) }
      return Token(kind: .number(text), span: SourceSpan(start, position))
    }
    switch byte {
    case 0x22: return try string(from: start)
    case 0x3F:
      advance()
      let text = take(while: Lexer.isIdentifierByte)
      return Token(kind: .slot("?" + text), span: SourceSpan(start, position))
    default: return try symbol(from: start)
    }
  }

  private func peek(_ distance: Int = 0) -> UInt8? {
    let index = position.offset + distance
    return index < bytes.count ? bytes[index] : nil
  }

  private mutating func advance() {
    let byte = bytes[position.offset]
    position.offset += 1
    if byte == 0x0A {
      position.line += 1
      position.column = 1
    } else if position.offset >= bytes.count || bytes[position.offset] & 0xC0 != 0x80 {
      position.column += 1
    }
  }

  private mutating func take(while condition: (UInt8) -> Bool) -> String {
    let start = position.offset
    while let byte = peek(), condition(byte) { advance() }
    return String(decoding: bytes[start..<position.offset], as: UTF8.self)
  }

  private mutating func skipSpace() {
    while let byte = peek() {
      if byte == 0x20 || (0x09...0x0D).contains(byte) {
        advance()
      } else if byte == 0x2F, peek(1) == 0x2F {
        while let byte = peek(), byte != 0x0A, byte != 0x0D { advance() }
      } else if byte >= 0x80, scalar()?.properties.isWhitespace == true {
        repeat { advance() } while peek().map { $0 & 0xC0 == 0x80 } == true
      } else {
        return
      }
    }
  }

  /// The scalar at the position.
  private func scalar() -> Unicode.Scalar? {
    let end = min(bytes.count, position.offset + 4)
    return String(decoding: bytes[position.offset..<end], as: UTF8.self).unicodeScalars.first
  }

  private mutating func string(from start: SourcePosition) throws(CedarSyntaxError) -> Token {
    advance()
    let first = position.offset
    while let byte = peek() {
      if byte == 0x22 {
        let text = String(decoding: bytes[first..<position.offset], as: UTF8.self)
        advance()
        return Token(kind: .string(text), span: SourceSpan(start, position))
      }
      if byte == 0x5C {
        advance()
        guard let escaped = peek(), escaped != 0x0A else { break }
      }
      advance()
    }
    throw CedarSyntaxError(
      "the string is not closed", expected: "`\"` at its end",
      at: SourceSpan(start, SourcePosition(line: start.line, column: start.column + 1, offset: start.offset + 1)))
  }

  private mutating func symbol(from start: SourcePosition) throws(CedarSyntaxError) -> Token {
    let pairs: Set<String> = ["==", "!=", "<=", ">=", "&&", "||", "::"]
    if let first = peek(), let second = peek(1) {
      let pair = String(decoding: [first, second], as: UTF8.self)
      if pairs.contains(pair) {
        advance()
        advance()
        return Token(kind: .symbol(pair), span: SourceSpan(start, position))
      }
    }
    let found = scalar().map { String($0) } ?? ""
    repeat { advance() } while peek().map { $0 & 0xC0 == 0x80 } == true
    let span = SourceSpan(start, position)
    guard "@.,;:(){}[]<>+-*/%!=".unicodeScalars.contains(where: { String($0) == found }) else {
      let hint: String? =
        switch found {
        case "&": "`&&`"
        case "|": "`||`"
        case "'": "a string in double quotes"
        default: nil
        }
      throw CedarSyntaxError("`\(found)` is not part of the language", expected: hint, at: span)
    }
    return Token(kind: .symbol(found), span: span)
  }
}
