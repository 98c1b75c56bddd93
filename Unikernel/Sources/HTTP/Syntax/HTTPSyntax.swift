import Interchange

/// The character classes of RFC 9110, 5.6 and RFC 3986, 2, and comparisons that need no allocation.
enum HTTPSyntax {
  static let carriageReturn: UInt8 = 0x0D
  static let lineFeed: UInt8 = 0x0A

  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
  }

  /// `tchar` (RFC 9110, 5.6.2).
  static func isToken(_ byte: UInt8) -> Bool {
    if isAlphanumeric(byte) { return true }
    switch byte {
    case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: return true
    default: return false
    }
  }

  /// What a field value may consist of: `field-vchar`, space and tab (RFC 9110, 5.5).
  static func isFieldContent(_ byte: UInt8) -> Bool {
    (byte >= 0x20 && byte != 0x7F) || byte == 0x09
  }

  /// `unreserved` (RFC 3986, 2.3): the characters whose percent-encoding means the same as themselves.
  static func isUnreserved(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// The value of a hexadecimal digit.
  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte - 0x30 }
    let letter = byte | 0x20
    return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : nil
  }

  /// Whether a field may be written: a name of token characters, and a value that cannot end its line.
  static func isWritable(_ field: HTTPFieldView) -> Bool {
    !field.name.isEmpty && field.name.allSatisfy(isToken) && field.value.allSatisfy(isFieldContent)
  }

  /// A field's parts, to be checked.
  typealias HTTPFieldView = (name: [UInt8], value: [UInt8])

  /// Whether `value`, a comma-separated list of tokens (RFC 9110, 5.6.1), has `token` in it, in any case.
  static func list(_ value: ByteString, has token: StaticString) -> Bool {
    var found = false
    forEachElement(of: value) { element in
      if equalsIgnoringCase(element, token) { found = true }
    }
    return found
  }

  /// Calls `body` with each element of a comma-separated list, without the white space around it.
  static func forEachElement(of value: ByteString, _ body: (ArraySlice<UInt8>) -> Void) {
    let bytes = value.bytes
    var start = 0
    while start <= bytes.count {
      let end = bytes[start...].firstIndex(of: 0x2C) ?? bytes.count
      let element = trimmed(bytes[start..<end])
      if !element.isEmpty { body(element) }
      start = end + 1
    }
  }

  /// Without spaces and tabs at both ends.
  static func trimmed(_ slice: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var slice = slice
    while let first = slice.first, isBlank(first) { slice.removeFirst() }
    while let last = slice.last, isBlank(last) { slice.removeLast() }
    return slice
  }

  static func equalsIgnoringCase(_ slice: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
    guard slice.count == text.utf8CodeUnitCount else { return false }
    var index = 0
    for byte in slice {
      guard lowercased(byte) == lowercased(text.utf8Start[index]) else { return false }
      index += 1
    }
    return true
  }
}

extension ByteString {
  /// Whether these are the bytes of `text`; makes no copy of it, as a comparison with a literal would.
  func equals(_ text: StaticString) -> Bool {
    let count = bytes.count
    guard count == text.utf8CodeUnitCount else { return false }
    let start = text.utf8Start
    for index in 0..<count where bytes[index] != start[index] {
      return false
    }
    return true
  }

  /// Whether these are the bytes of `text` in any case.
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    HTTPSyntax.equalsIgnoringCase(bytes[...], text)
  }
}

extension [UInt8] {
  /// Appends a text written in the source.
  mutating func append(text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends the decimal digits of a number that is not negative.
  mutating func append(decimal value: Int) {
    var divisor = 1
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
      divisor /= 10
    }
  }
}
