import Interchange

/// Why a text is not JSON, or more than is accepted here.
enum JSONFault: Error, Equatable, Sendable {
  /// The grammar of RFC 8259 is violated.
  case syntax
  /// A string is not UTF-8 (RFC 3629), or has an escaped surrogate that is alone.
  case encoding
  /// A name occurs twice in an object. RFC 8259 leaves open what that means, so that two readers may differ.
  case duplicateName
  /// Nested too deep, or too many members or items.
  case tooLarge
}

/// A strict reader of JSON for input from strangers: it accepts what RFC 8259 defines and no more, in bounded depth and
/// size.
struct JSONParser {
  /// How deep arrays and objects may nest.
  static let maximumDepth = 8
  /// How many members an object, and how many items an array, may have.
  static let maximumCount = 256

  private let text: [UInt8]
  private var position = 0

  /// Reads a whole text.
  static func parse(_ text: [UInt8]) throws(JSONFault) -> JSONValue {
    var parser = JSONParser(text: text)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == text.count else { throw .syntax }
    return value
  }

  private init(text: [UInt8]) {
    self.text = text
  }

  private var current: UInt8? {
    position < text.count ? text[position] : nil
  }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private mutating func expect(_ byte: UInt8) throws(JSONFault) {
    guard current == byte else { throw .syntax }
    position += 1
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    skipSpace()
    switch current {
    case 0x7B:
      guard depth < JSONParser.maximumDepth else { throw .tooLarge }
      return try object(depth: depth + 1)
    case 0x5B:
      guard depth < JSONParser.maximumDepth else { throw .tooLarge }
      return try array(depth: depth + 1)
    case 0x22: return .string(try string())
    case 0x2D, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39: return .number(whole: try number())
    case 0x74:
      try literal("true")
      return .boolean(true)
    case 0x66:
      try literal("false")
      return .boolean(false)
    case 0x6E:
      try literal("null")
      return .null
    default: throw .syntax
    }
  }

  private mutating func literal(_ word: ByteString) throws(JSONFault) {
    for byte in word.bytes { try expect(byte) }
  }

  private mutating func object(depth: Int) throws(JSONFault) -> JSONValue {
    try expect(0x7B)
    var members: [JSONMember] = []
    skipSpace()
    if current == 0x7D {
      position += 1
      return .object(members)
    }
    while true {
      skipSpace()
      let name = try string()
      guard !members.contains(where: { $0.name == name }) else { throw .duplicateName }
      guard members.count < JSONParser.maximumCount else { throw .tooLarge }
      skipSpace()
      try expect(0x3A)
      members.append(JSONMember(name: name, value: try value(depth: depth)))
      skipSpace()
      if current == 0x7D {
        position += 1
        return .object(members)
      }
      try expect(0x2C)
    }
  }

  private mutating func array(depth: Int) throws(JSONFault) -> JSONValue {
    try expect(0x5B)
    var items: [JSONValue] = []
    skipSpace()
    if current == 0x5D {
      position += 1
      return .array(items)
    }
    while true {
      guard items.count < JSONParser.maximumCount else { throw .tooLarge }
      items.append(try value(depth: depth))
      skipSpace()
      if current == 0x5D {
        position += 1
        return .array(items)
      }
      try expect(0x2C)
    }
  }

  /// Reads a number (RFC 8259, section 6) and gives its integer part, if it has no exponent and fits.
  private mutating func number() throws(JSONFault) -> Int64? {
    let isNegative = current == 0x2D
    if isNegative { position += 1 }
    var whole: Int64? = 0
    if current == 0x30 {
      position += 1
    } else {
      guard let first = current, first >= 0x31, first <= 0x39 else { throw .syntax }
      while let byte = current, byte >= 0x30, byte <= 0x39 {
        whole = JSONParser.append(digit: byte - 0x30, to: whole)
        position += 1
      }
    }
    if current == 0x2E {
      position += 1
      try digits()
    }
    if current == 0x65 || current == 0x45 {
      position += 1
      if current == 0x2B || current == 0x2D { position += 1 }
      try digits()
      whole = nil
    }
    guard let whole else { return nil }
    return isNegative ? -whole : whole
  }

  private mutating func digits() throws(JSONFault) {
    let start = position
    while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
    guard position > start else { throw .syntax }
  }

  private static func append(digit: UInt8, to number: Int64?) -> Int64? {
    guard let number else { return nil }
    let (tenfold, first) = number.multipliedReportingOverflow(by: 10)
    let (sum, second) = tenfold.addingReportingOverflow(Int64(digit))
    return first || second ? nil : sum
  }

  private mutating func string() throws(JSONFault) -> ByteString {
    try expect(0x22)
    var bytes: [UInt8] = []
    while let byte = current {
      switch byte {
      case 0x22:
        position += 1
        return ByteString(bytes)
      case 0x5C:
        position += 1
        try escape(into: &bytes)
      case 0x20...0x7F:
        bytes.append(byte)
        position += 1
      case 0x80...: try multibyte(into: &bytes)
      default: throw .syntax
      }
    }
    throw .syntax
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(JSONFault) {
    guard let byte = current else { throw .syntax }
    position += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: bytes.append(byte)
    case 0x62: bytes.append(0x08)
    case 0x66: bytes.append(0x0C)
    case 0x6E: bytes.append(0x0A)
    case 0x72: bytes.append(0x0D)
    case 0x74: bytes.append(0x09)
    case 0x75:
      var code = try hexadecimal()
      if code >= 0xD800, code <= 0xDBFF {
        guard current == 0x5C else { throw .encoding }
        position += 1
        guard current == 0x75 else { throw .encoding }
        position += 1
        let low = try hexadecimal()
        guard low >= 0xDC00, low <= 0xDFFF else { throw .encoding }
        code = 0x1_0000 + (code - 0xD800) << 10 + (low - 0xDC00)
      } else if code >= 0xDC00, code <= 0xDFFF {
        throw .encoding
      }
      JSONParser.append(scalar: code, to: &bytes)
    default: throw .syntax
    }
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current else { throw .syntax }
      position += 1
      switch byte {
      case 0x30...0x39: code = code << 4 | UInt32(byte - 0x30)
      case 0x41...0x46: code = code << 4 | UInt32(byte - 0x41 + 10)
      case 0x61...0x66: code = code << 4 | UInt32(byte - 0x61 + 10)
      default: throw .syntax
      }
    }
    return code
  }

  /// Reads one character of two to four bytes: no overlong form, no surrogate, nothing above U+10FFFF.
  private mutating func multibyte(into bytes: inout [UInt8]) throws(JSONFault) {
    let lead = text[position]
    let (length, least): (Int, UInt32)
    switch lead {
    case 0xC2...0xDF: (length, least) = (2, 0x80)
    case 0xE0...0xEF: (length, least) = (3, 0x800)
    case 0xF0...0xF4: (length, least) = (4, 0x1_0000)
    default: throw .encoding
    }
    guard position + length <= text.count else { throw .encoding }
    var code = UInt32(lead) & (0xFF >> UInt32(length + 1))
    for index in 1..<length {
      let byte = text[position + index]
      guard byte & 0xC0 == 0x80 else { throw .encoding }
      code = code << 6 | UInt32(byte & 0x3F)
    }
    guard code >= least, code <= 0x10_FFFF, !(code >= 0xD800 && code <= 0xDFFF) else { throw .encoding }
    bytes.append(contentsOf: text[position..<(position + length)])
    position += length
  }

  private static func append(scalar code: UInt32, to bytes: inout [UInt8]) {
    func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | (code >> shift) & 0x3F) }
    switch code {
    case 0..<0x80: bytes.append(UInt8(code))
    case 0x80..<0x800: bytes.append(contentsOf: [UInt8(0xC0 | code >> 6), tail(0)])
    case 0x800..<0x1_0000: bytes.append(contentsOf: [UInt8(0xE0 | code >> 12), tail(6), tail(0)])
    default: bytes.append(contentsOf: [UInt8(0xF0 | (code >> 18) & 7), tail(12), tail(6), tail(0)])
    }
  }
}
