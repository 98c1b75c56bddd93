extension Text {
  /// Whether this begins with `prefix`.
  @export(interface)
  public func hasPrefix(_ prefix: Text) -> Bool {
    guard bytes.count >= prefix.bytes.count else { return false }
    for index in 0..<prefix.bytes.count where bytes[index] != prefix.bytes[index] { return false }
    return true
  }

  /// What follows `prefix`, or `nil` if this does not begin with it.
  @export(interface)
  public func dropping(prefix: Text) -> Text? {
    guard hasPrefix(prefix) else { return nil }
    return Text(bytes: Array(bytes[prefix.bytes.count...]))
  }

  /// The parts between occurrences of an ASCII character such as `","`: one more than there are occurrences. Of a
  /// separator that is not one byte long, there are none.
  @export(interface)
  public func split(separator: Text) -> [Text] {
    guard separator.bytes.count == 1 else { return [self] }
    var parts: [Text] = []
    var start = 0
    for index in bytes.indices where bytes[index] == separator.bytes[0] {
      parts.append(Text(bytes: Array(bytes[start..<index])))
      start = index + 1
    }
    parts.append(Text(bytes: Array(bytes[start...])))
    return parts
  }

  /// This without spaces, tabs and line ends at both ends.
  public var trimmed: Text {
    @export(interface) get {
      var start = 0
      var end = bytes.count
      while start < end, Text.isSpace(bytes[start]) { start += 1 }
      while end > start, Text.isSpace(bytes[end - 1]) { end -= 1 }
      return Text(bytes: Array(bytes[start..<end]))
    }
  }

  /// The whole number that this is, in decimal digits with an optional minus sign; `nil` if it is none, or too large.
  public var integer: Int? {
    @export(interface) get {
      let isNegative = bytes.first == 0x2D
      let digits = isNegative ? bytes.dropFirst() : bytes[...]
      guard !digits.isEmpty else { return nil }
      var value = 0
      for byte in digits {
        guard (0x30...0x39).contains(byte) else { return nil }
        let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
        let digit = Int(byte - 0x30)
        let (next, overflows) =
          isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
        guard !tooLarge, !overflows else { return nil }
        value = next
      }
      return value
    }
  }

  /// This with what HTML would take for markup (`& < > " '`) replaced by references.
  public var escapedForHTML: Text {
    @export(interface) get {
      var result = Text(bytes: [])
      result.bytes.reserveCapacity(bytes.count)
      for byte in bytes {
        switch byte {
        case 0x26: result += "&amp;"
        case 0x3C: result += "&lt;"
        case 0x3E: result += "&gt;"
        case 0x22: result += "&quot;"
        case 0x27: result += "&#39;"
        default: result.bytes.append(byte)
        }
      }
      return result
    }
  }

  /// This as a string of JSON (RFC 8259, 7), with its quotation marks.
  public var quotedForJSON: Text {
    @export(interface) get {
      var result: Text = "\""
      for byte in bytes {
        switch byte {
        case 0x22, 0x5C:
          result.bytes.append(0x5C)
          result.bytes.append(byte)
        case 0..<0x20:
          result += "\\u00"
          result.bytes.append(Text.hexadecimalDigit(byte >> 4))
          result.bytes.append(Text.hexadecimalDigit(byte & 15))
        default: result.bytes.append(byte)
        }
      }
      result.bytes.append(0x22)
      return result
    }
  }

  /// The value of a name in `application/x-www-form-urlencoded` (URL Standard, 5.1), as queries and the bodies of forms
  /// are; of several, the first. What is no valid escape stands for itself.
  @export(interface)
  public func formValue(_ name: Text) -> Text? {
    for pair in split(separator: "&") {
      guard let equals = pair.bytes.firstIndex(of: 0x3D) else {
        if pair.formDecoded == name { return "" }
        continue
      }
      if Text(bytes: Array(pair.bytes[..<equals])).formDecoded == name {
        return Text(bytes: Array(pair.bytes[(equals + 1)...])).formDecoded
      }
    }
    return nil
  }

  private var formDecoded: Text {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == 0x25, index + 2 < bytes.count, let high = Text.value(ofDigit: bytes[index + 1]),
        let low = Text.value(ofDigit: bytes[index + 2])
      {
        result.append(high << 4 | low)
        index += 3
      } else {
        result.append(bytes[index] == 0x2B ? 0x20 : bytes[index])
        index += 1
      }
    }
    return Text(bytes: result)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  private static func value(ofDigit byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
