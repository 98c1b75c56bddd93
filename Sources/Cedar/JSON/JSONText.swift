/// A JSON document (RFC 8259), read strictly: names of an object are unique, and nesting is bounded.
package indirect enum JSONText: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number with a fraction or exponent, or beyond 64 bits.
  case number(String)
  case string(CedarString)
  case array([JSONText])
  case object([CedarString: JSONText])

  package static let maximumDepth = 128

  package init(parsing text: String) throws(CedarJSONError) {
    var reader = JSONReader(text)
    self = try reader.document()
  }

  /// What this is, for messages.
  package var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a Boolean"
    case .integer: "an integer"
    case .number(let text): "the number `\(text)`"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// Why a JSON document is not one, or does not say what it should.
public struct CedarJSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where in the document: `entities[3].attrs.name`, or `line:column` where it is not even JSON.
  public var place: String
  /// What was found: lower case, no final period.
  public var message: String
  /// What would be right there.
  public var expected: String?

  /// A mistake at a place.
  public init(at place: String, _ message: String, expected: String? = nil) {
    self.place = place
    self.message = message
    self.expected = expected
  }

  /// `place: message, expected …`.
  public var description: String {
    "\(place): \(message)" + (expected.map { ", expected \($0)" } ?? "")
  }
}

/// Reads a JSON document byte by byte.
private struct JSONReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    self.bytes = Array(text.utf8)
  }

  mutating func document() throws(CedarJSONError) -> JSONText {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw fault("more follows the document", "the end") }
    return value
  }

  private func fault(_ message: String, _ expected: String? = nil) -> CedarJSONError {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = (before.lastIndex(of: 0x0A) ?? -1) + 1
    let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    return CedarJSONError(at: "\(line):\(column)", message, expected: expected)
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func accept(_ byte: UInt8) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func accept(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func value(depth: Int) throws(CedarJSONError) -> JSONText {
    guard depth <= JSONText.maximumDepth else {
      throw fault("the document is nested too deep", "at most \(JSONText.maximumDepth) levels")
    }
    skipSpace()
    guard position < bytes.count else { throw fault("the document ends early", "a value") }
    switch bytes[position] {
    case 0x7B: return try object(depth: depth)
    case 0x5B: return try array(depth: depth)
    case 0x22: return .string(try string())
    case 0x2D, 0x30...0x39: return try number()
    default:
      if accept(word: "true") { return .bool(true) }
      if accept(word: "false") { return .bool(false) }
      if accept(word: "null") { return .null }
      throw fault("this is not JSON", "a value")
    }
  }

  private mutating func object(depth: Int) throws(CedarJSONError) -> JSONText {
    position += 1
    var fields: [CedarString: JSONText] = [:]
    if accept(0x7D) { return .object(fields) }
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == 0x22 else { throw fault("a name is missing", "a string") }
      let name = try string()
      guard accept(0x3A) else { throw fault("a value is missing", "`:`") }
      guard fields.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
        throw fault("the object has \(name.quoted) twice", "each name once")
      }
    } while accept(0x2C)
    guard accept(0x7D) else { throw fault("the object is not closed", "`,` or `}`") }
    return .object(fields)
  }

  private mutating func array(depth: Int) throws(CedarJSONError) -> JSONText {
    position += 1
    var items: [JSONText] = []
    if accept(0x5D) { return .array(items) }
    repeat { items.append(try value(depth: depth + 1)) } while accept(0x2C)
    guard accept(0x5D) else { throw fault("the array is not closed", "`,` or `]`") }
    return .array(items)
  }

  private mutating func number() throws(CedarJSONError) -> JSONText {
    let start = position
    if bytes[position] == 0x2D { position += 1 }
    let first = position
    digits()
    guard position > first, bytes[first] != 0x30 || position == first + 1 else {
      throw fault("this is not a number", "digits without a leading zero")
    }
    var isInteger = true
    if position < bytes.count, bytes[position] == 0x2E {
      isInteger = false
      position += 1
      try someDigits()
    }
    if position < bytes.count, bytes[position] | 0x20 == 0x65 {
      isInteger = false
      position += 1
      if position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D { position += 1 }
      try someDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard isInteger, let value = Int64(text) else { return .number(text) }
    return .integer(value)
  }

  private mutating func someDigits() throws(CedarJSONError) {
    let first = position
    digits()
    guard position > first else { throw fault("this is not a number", "digits") }
  }

  private mutating func digits() {
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
  }

  private mutating func string() throws(CedarJSONError) -> CedarString {
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case 0x22:
        position += 1
        return CedarString(String(decoding: text, as: UTF8.self))
      case 0x5C:
        position += 1
        text.append(contentsOf: try escape())
      case 0..<0x20: throw fault("a control character stands in a string", "an escape")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw fault("the string is not closed", "`\"`")
  }

  private mutating func escape() throws(CedarJSONError) -> [UInt8] {
    guard position < bytes.count else { throw fault("the string is not closed", "`\"`") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: return [byte]
    case 0x62: return [0x08]
    case 0x66: return [0x0C]
    case 0x6E: return [0x0A]
    case 0x72: return [0x0D]
    case 0x74: return [0x09]
    case 0x75:
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), accept(word: "\\u") {
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half a surrogate pair", "the other half") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair", "the other half") }
      return Array(String(scalar).utf8)
    default: throw fault("this is not an escape", "one of JSON's")
    }
  }

  private mutating func hexadecimal() throws(CedarJSONError) -> UInt32 {
    guard bytes.count - position >= 4,
      let code = UInt32(String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16),
      bytes[position] != 0x2B, bytes[position] != 0x2D
    else { throw fault("this is not an escape", "four hexadecimal digits") }
    position += 4
    return code
  }
}
