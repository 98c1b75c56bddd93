/// A JSON text (RFC 8259) that has been read: the value of a property of type `json`, or a JSON Schema.
indirect enum JSONDocument: Equatable, Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONDocument])
  /// The members in order; names are unique.
  case object(OrderedMap<JSONDocument>)

  /// Why a text is no JSON.
  struct Fault: Error {
    /// What is wrong, and where: `a comma is missing in line 3`.
    var message: String
  }

  /// Reads a text.
  /// - Parameter depth: How deep arrays and objects may nest.
  init(_ text: String, depth: Int) throws(Fault) {
    var parser = Parser(bytes: Array(text.utf8), depth: depth)
    self = try parser.document()
  }

  /// The members of an object; nil of anything else.
  var members: OrderedMap<JSONDocument>? { if case .object(let members) = self { members } else { nil } }

  /// The items of an array; nil of anything else.
  var items: [JSONDocument]? { if case .array(let items) = self { items } else { nil } }

  /// The text of a string; nil of anything else.
  var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The number; nil of anything else.
  var amount: Double? { if case .number(let number) = self { number } else { nil } }

  static func == (one: JSONDocument, other: JSONDocument) -> Bool {
    switch (one, other) {
    case (.null, .null): true
    case (.boolean(let left), .boolean(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): left == right
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)):
      left.count == right.count && left.allSatisfy { entry in right[entry.key].map { $0 == entry.element } ?? false }
    default: false
    }
  }
}

extension JSONDocument {
  /// Reads bytes from the left.
  fileprivate struct Parser {
    let bytes: [UInt8]
    let depth: Int
    var position = 0

    mutating func document() throws(Fault) -> JSONDocument {
      let result = try value(0)
      skipSpace()
      guard position == bytes.count else { throw fault("something follows the end") }
      return result
    }

    private func fault(_ message: String) -> Fault {
      let line = bytes.prefix(position).reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
      return Fault(message: "\(message) in line \(line)")
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
      while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard next == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    private mutating func take(word: StaticString) -> Bool {
      let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
      if matches { position += word.utf8CodeUnitCount }
      return matches
    }

    private mutating func value(_ level: Int) throws(Fault) -> JSONDocument {
      guard level < depth else { throw fault("arrays and objects nest more than \(depth) deep") }
      skipSpace()
      switch next {
      case UInt8(ascii: "{"): return try object(level)
      case UInt8(ascii: "["): return try array(level)
      case UInt8(ascii: "\""): return .string(try string())
      case UInt8(ascii: "t") where take(word: "true"): return .boolean(true)
      case UInt8(ascii: "f") where take(word: "false"): return .boolean(false)
      case UInt8(ascii: "n") where take(word: "null"): return .null
      case nil: throw fault("a value is missing")
      default: return try number()
      }
    }

    private mutating func array(_ level: Int) throws(Fault) -> JSONDocument {
      position += 1
      var items: [JSONDocument] = []
      skipSpace()
      if take("]") { return .array(items) }
      while true {
        items.append(try value(level + 1))
        skipSpace()
        if take("]") { return .array(items) }
        guard take(",") else { throw fault("`,` or `]` is missing") }
      }
    }

    private mutating func object(_ level: Int) throws(Fault) -> JSONDocument {
      position += 1
      var members = OrderedMap<JSONDocument>()
      skipSpace()
      if take("}") { return .object(members) }
      while true {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw fault("the name of a member is missing") }
        let name = try string()
        skipSpace()
        guard take(":") else { throw fault("`:` is missing") }
        let value = try value(level + 1)
        guard !members.contains(name) else { throw fault("`\(name.excerpt)` is there twice") }
        members[name] = value
        skipSpace()
        if take("}") { return .object(members) }
        guard take(",") else { throw fault("`,` or `}` is missing") }
      }
    }

    private mutating func number() throws(Fault) -> JSONDocument {
      let start = position
      func digits(_ parser: inout Parser) -> Int {
        let first = parser.position
        while let byte = parser.next, (0x30...0x39).contains(byte) { parser.position += 1 }
        return parser.position - first
      }
      _ = take("-")
      let first = next
      let whole = digits(&self)
      guard whole > 0, whole == 1 || first != UInt8(ascii: "0") else { throw fault("this is no value") }
      if take("."), digits(&self) == 0 { throw fault("digits are missing") }
      if take("e") || take("E") {
        if !take("+") { _ = take("-") }
        guard digits(&self) > 0 else { throw fault("digits are missing") }
      }
      guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
        throw fault("this is no number")
      }
      return .number(number)
    }

    private mutating func string() throws(Fault) -> String {
      position += 1
      var result: [UInt8] = []
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
        case UInt8(ascii: "\\"): result += String(try escape()).utf8
        case 0..<0x20: throw fault("a control character stands in a string")
        default: result.append(byte)
        }
      }
      throw fault("the end of a string is missing")
    }

    private mutating func escape() throws(Fault) -> Character {
      guard let byte = next else { throw fault("the end of a string is missing") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return "\""
      case UInt8(ascii: "\\"): return "\\"
      case UInt8(ascii: "/"): return "/"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "u"):
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code), take(word: "\\u") {
          let low = try hexadecimal()
          guard (0xDC00..<0xE000).contains(low) else { throw fault("half a surrogate pair stands in a string") }
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair stands in a string") }
        return Character(scalar)
      default: throw fault("an escape does not exist")
      }
    }

    private mutating func hexadecimal() throws(Fault) -> UInt32 {
      guard position + 4 <= bytes.count,
        bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
      else { throw fault("four hexadecimal digits are missing") }
      position += 4
      return code
    }
  }
}
