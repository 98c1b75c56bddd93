import Crypto

/// A SHA-256 digest (FIPS 180-4), written `sha256:` and 64 hexadecimal digits.
struct Digest: Hashable, CustomStringConvertible {
  /// The 64 digits.
  let hex: String

  /// The digest of bytes.
  init(of bytes: some Collection<UInt8>) {
    var hash = SHA256()
    if bytes.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
      hash.update(data: Array(bytes))
    }
    hex = Digest.digits(hash.finalize())
  }

  /// Reads a digest as it is written; `nil` if it is none.
  init?(_ text: String) {
    guard text.hasPrefix("sha256:") else { return nil }
    let digits = text.dropFirst(7)
    guard digits.utf8.count == 64, digits.utf8.allSatisfy(Digest.isDigit) else { return nil }
    hex = String(digits)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }

  /// Bytes as lower-case hexadecimal digits.
  static func digits(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of hexadecimal digits; `nil` where they are none.
  static func bytes(ofDigits text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2), digits.allSatisfy(isDigit) else { return nil }
    func value(_ digit: UInt8) -> UInt8 { digit < 0x61 ? digit - 0x30 : digit - 0x61 + 10 }
    return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
  }

  /// As it is written.
  var description: String { "sha256:\(hex)" }
}
