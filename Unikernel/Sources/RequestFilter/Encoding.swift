/// How bytes stand in a text.
enum Encoding: Sendable {
  /// As themselves.
  case plain
  /// Percent-encoded where that is so (RFC 3986, 2.1).
  case percent
  /// As in forms: a plus sign stands for a space, too.
  case form

  /// The byte at `index`, which moves behind it. A percent sign without two digits stands for itself.
  @inline(__always)
  func next(_ bytes: [UInt8], _ index: inout Int) -> UInt8 {
    let byte = bytes[index]
    index += 1
    if self == .plain { return byte }
    if byte == 0x25, let decoded = Encoding.decoded(bytes, index) {
      index += 2
      return decoded
    }
    return byte == 0x2B && self == .form ? 0x20 : byte
  }

  /// What the two hexadecimal digits at `index` stand for.
  private static func decoded(_ bytes: [UInt8], _ index: Int) -> UInt8? {
    guard index + 1 < bytes.count, let high = digit(bytes[index]), let low = digit(bytes[index + 1]) else { return nil }
    return high << 4 | low
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    if byte >= 0x30, byte <= 0x39 { return byte - 0x30 }
    let letter = byte | 0x20
    return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : nil
  }

  /// Whether two readers could decode a text differently: a percent sign without two digits (such as `%u0027`), an encoded
  /// NUL, what is percent-encoded once more when it is decoded (`%2527`), or bytes that are not UTF-8, as longer forms of
  /// a character than need be are (RFC 3629, 3 and 10).
  static func isAmbiguous(_ bytes: [UInt8]) -> Bool {
    var index = 0
    var text = UTF8Reading()
    // How much of a percent-encoding has been decoded.
    var nested = 0
    while index < bytes.count {
      var byte = bytes[index]
      index += 1
      var isDecoded = false
      if byte == 0x25 {
        guard let decoded = decoded(bytes, index) else { return true }
        byte = decoded
        index += 2
        isDecoded = true
        if byte == 0 { return true }
      }
      if isDecoded, byte == 0x25 {
        nested = 1
      } else if nested > 0, digit(byte) != nil {
        nested += 1
        if nested == 3 { return true }
      } else {
        nested = 0
      }
      guard text.take(byte) else { return true }
    }
    return !text.isWhole
  }
}

/// Reads UTF-8 byte by byte (RFC 3629, 4).
private struct UTF8Reading {
  private var missing = 0
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  /// Whether no character has begun and not ended.
  var isWhole: Bool { missing == 0 }

  /// Whether the byte may stand here.
  mutating func take(_ byte: UInt8) -> Bool {
    if missing > 0 {
      guard byte >= lowest, byte <= highest else { return false }
      missing -= 1
      lowest = 0x80
      highest = 0xBF
      return true
    }
    switch byte {
    case 0..<0x80: return true
    case 0xC2...0xDF: missing = 1
    case 0xE0...0xEF:
      missing = 2
      if byte == 0xE0 { lowest = 0xA0 }
      if byte == 0xED { highest = 0x9F }
    case 0xF0...0xF4:
      missing = 3
      if byte == 0xF0 { lowest = 0x90 }
      if byte == 0xF4 { highest = 0x8F }
    default: return false
    }
    return true
  }
}
