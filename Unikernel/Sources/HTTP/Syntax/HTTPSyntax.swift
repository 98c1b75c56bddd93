import Interchange

/// The character classes of RFC 9110, 5.6, and comparisons that need no allocation.
enum HTTPSyntax {
  static let carriageReturn: UInt8 = 0x0D
  static let lineFeed: UInt8 = 0x0A

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39
  }

  @inline(__always)
  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
  }

  /// `tchar` (RFC 9110, 5.6.2): a set of the characters from 0x20 to 0x7F, one bit each.
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool {
    // 0-9 and ! # $ % & ' * + - . in the lower half; letters and ^ _ ` | ~ in the upper.
    let set: UInt64 = byte & 0x40 == 0 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
    return byte < 0x80 && set >> UInt64(byte & 0x3F) & 1 == 1
  }

  /// What a field value may consist of: `field-vchar`, space and tab (RFC 9110, 5.5).
  @inline(__always)
  static func isFieldContent(_ byte: UInt8) -> Bool {
    (byte >= 0x20 && byte != 0x7F) || byte == 0x09
  }

  @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }

  @inline(__always)
  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// Whether a field may be written: a name of token characters, and a value that cannot end its line.
  static func isWritable(_ field: HTTPFieldView) -> Bool {
    guard !field.name.isEmpty else { return false }
    for byte in field.name where !isToken(byte) { return false }
    for byte in field.value where !isFieldContent(byte) { return false }
    return true
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
