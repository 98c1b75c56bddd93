/// The words of a Swift source and its attributes: identifiers and keywords outside comments and literals, and inside what
/// literals interpolate. As much of Swift's lexical structure as finding words needs.
struct SourceWords {
  /// A word, and where it stands. Lines and columns count from 1; columns count Unicode scalars.
  struct Word: Equatable {
    var text: String
    var line: Int
    var column: Int
    /// Whether it stands behind `@`.
    var isAttribute: Bool
    /// Whether it stands behind a dot, as members do.
    var followsDot: Bool
  }

  private(set) var words: [Word] = []
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private var column = 1
  /// What came last that is no white space.
  private var last: Unicode.Scalar = " "

  /// Literals that stand in interpolations of literals are read to this depth.
  static let maximumDepth = 64

  init(_ text: String) {
    // Swift takes a carriage return and a line feed for one line end, and so does this: the first one adds no line.
    scalars = Array(text.unicodeScalars)
    readCode(depth: 0)
  }

  private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    position + offset < scalars.count ? scalars[position + offset] : nil
  }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where position < scalars.count {
      if scalars[position] == "\n" {
        line += 1
        column = 1
      } else {
        column += 1
      }
      position += 1
    }
  }

  private func starts(with text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    return position + wanted.count <= scalars.count && Array(scalars[position..<position + wanted.count]) == wanted
  }

  /// Reads code: to the end, or, in an interpolation, to the parenthesis that ends it.
  private mutating func readCode(depth: Int) {
    var parentheses = 0
    while let scalar = peek() {
      if starts(with: "//") {
        while peek().map({ $0 != "\n" }) == true { advance() }
      } else if starts(with: "/*") {
        skipComment()
      } else if scalar == "\"" || scalar == "#" && isRawString {
        readString(depth: depth)
      } else if isWordStart(scalar) || scalar == "`" {
        readWord()
      } else {
        if scalar == "(" { parentheses += 1 }
        if scalar == ")" {
          parentheses -= 1
          if depth > 0, parentheses < 0 { return }
        }
        if !scalar.properties.isWhitespace { last = scalar }
        advance()
      }
    }
  }

  private func isWordStart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "$" || scalar.properties.isAlphabetic || scalar.value > 0x7F && scalar.properties.isEmoji
  }

  private func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    isWordStart(scalar) || scalar.properties.numericType != nil || scalar.properties.isXIDContinue
  }

  private mutating func readWord() {
    let start = (line, column)
    var text = ""
    if peek() == "`" {
      advance()
      while let next = peek(), next != "`", next != "\n" {
        text.unicodeScalars.append(next)
        advance()
      }
      advance()
    } else {
      while let next = peek(), isWordPart(next) {
        text.unicodeScalars.append(next)
        advance()
      }
    }
    words.append(
      Word(text: text, line: start.0, column: start.1, isAttribute: last == "@", followsDot: last == "."))
    last = "a"
  }

  private mutating func skipComment() {
    var depth = 0
    repeat {
      if starts(with: "/*") {
        depth += 1
        advance(2)
      } else if starts(with: "*/") {
        depth -= 1
        advance(2)
      } else {
        advance()
      }
    } while depth > 0 && position < scalars.count
  }

  /// Whether the number signs that stand here begin a literal.
  private var isRawString: Bool {
    var offset = 0
    while peek(offset) == "#" { offset += 1 }
    return peek(offset) == "\""
  }

  private mutating func readString(depth: Int) {
    var signs = 0
    while peek() == "#" {
      signs += 1
      advance()
    }
    let isMultiline = starts(with: "\"\"\"")
    let mark = String(repeating: "\"", count: isMultiline ? 3 : 1)
    advance(mark.count)
    let end = mark + String(repeating: "#", count: signs)
    let escape = "\\" + String(repeating: "#", count: signs)
    while let scalar = peek() {
      if starts(with: end) {
        advance(end.count)
        break
      }
      if !isMultiline, scalar == "\n" { break }
      if starts(with: escape) {
        advance(escape.count)
        let isInterpolation = peek() == "("
        advance()
        if isInterpolation, depth < SourceWords.maximumDepth {
          readCode(depth: depth + 1)
          advance()
        }
      } else {
        advance()
      }
    }
    last = "a"
  }
}
