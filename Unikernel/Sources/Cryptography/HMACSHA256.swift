internal import CBearSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1), by BearSSL. A value is a key that has been prepared once and then
/// authenticates any number of messages.
public struct HMACSHA256 {
  /// The number of bytes in a code.
  public static let codeLength = 32

  private var prepared = br_hmac_key_context()

  /// Prepares a key of any length.
  public init(key: [UInt8]) {
    br_hmac_key_init(&prepared, cbearssl_sha256(), key, key.count)
  }

  /// The code of `message` under this key, 32 bytes.
  public func code(_ message: [UInt8]) -> [UInt8] {
    code(message[...])
  }

  /// The code of a part of a buffer under this key, 32 bytes.
  public func code(_ message: ArraySlice<UInt8>) -> [UInt8] {
    var context = br_hmac_context()
    withUnsafePointer(to: prepared) { br_hmac_init(&context, $0, 0) }
    message.withUnsafeBufferPointer { br_hmac_update(&context, $0.baseAddress, $0.count) }
    return [UInt8](unsafeUninitializedCapacity: HMACSHA256.codeLength) { buffer, count in
      count = br_hmac_out(&context, buffer.baseAddress)
    }
  }

  /// The code of one message under a key that is used once, 32 bytes.
  public static func code(key: [UInt8], message: [UInt8]) -> [UInt8] {
    HMACSHA256(key: key).code(message)
  }
}

/// Whether two byte sequences are equal, in a time that depends on their lengths only.
public func constantTimeEquals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  var difference: UInt8 = 0
  for index in 0..<a.count { difference |= a[index] ^ b[index] }
  return difference == 0
}
