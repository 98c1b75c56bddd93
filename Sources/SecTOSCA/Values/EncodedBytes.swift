import Foundation

/// Bytes written as text.
enum EncodedBytes {
  /// Reads hexadecimal where the text has an even number of hexadecimal digits and nothing else, or else base64
  /// (RFC 4648, 4), with or without its padding.
  static func decode(_ text: String) -> [UInt8]? {
    guard !text.isEmpty, text.utf8.count <= 1024 else { return nil }
    return hexadecimal(text) ?? base64(text)
  }

  /// Reads base64url without padding (RFC 7515, 2).
  static func base64URL(_ text: String) -> [UInt8]? {
    guard !text.contains(where: { "+/=".contains($0) }) else { return nil }
    return base64(String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }))
  }

  private static func base64(_ text: String) -> [UInt8]? {
    let missing = text.hasSuffix("=") ? 0 : (4 - text.utf8.count % 4) % 4
    guard missing < 3 else { return nil }
    return Data(base64Encoded: text + String(repeating: "=", count: missing)).map { Array($0) }
  }

  private static func hexadecimal(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digit(digits[index]), let low = digit(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
