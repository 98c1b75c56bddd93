internal import CBearSSL

/// A public RSA key, and what it verifies: signatures by PKCS #1 v1.5 with SHA-256 (RFC 8017, 8.2), by BearSSL. An image
/// verifies; it never signs.
public struct RSAPublicKey: Equatable, Sendable {
  /// The sizes of keys that are accepted, in bits. Shorter ones are too weak (RFC 7518, 3.3), longer ones too slow.
  public static let acceptedBits = 2048...4096

  /// Most significant byte first, without leading zeros.
  private let modulus: [UInt8]
  private let exponent: [UInt8]

  /// Reads an `RSAPublicKey` in DER (RFC 8017, A.1.1). `nil` for any other encoding, for sizes that are not accepted, for
  /// an even modulus, and for an exponent that is even, below 65537 or above 32 bits (FIPS 186-5, 5.1, asks for more than
  /// 16).
  public init?(der: [UInt8]) {
    var outer = DERCursor(der[...])
    guard let content = outer.value(tag: 0x30), outer.isAtEnd else { return nil }
    var inner = DERCursor(content)
    guard let modulus = inner.positiveInteger(), let exponent = inner.positiveInteger(), inner.isAtEnd,
      let first = modulus.first, let last = modulus.last, last & 1 == 1,
      RSAPublicKey.acceptedBits.contains(modulus.count * 8 - first.leadingZeroBitCount), exponent.count <= 4,
      let lowest = exponent.last, lowest & 1 == 1
    else { return nil }
    var number: UInt64 = 0
    for byte in exponent { number = number << 8 | UInt64(byte) }
    guard number >= 65537 else { return nil }
    self.modulus = Array(modulus)
    self.exponent = Array(exponent)
  }

  /// Whether `signature`, as long as the modulus, is one of `message` by the owner of this key.
  public func isValidSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == modulus.count else { return false }
    var recovered = [UInt8](repeating: 0, count: SHA256.digestLength)
    var (modulus, exponent) = (modulus, exponent)
    let (modulusLength, exponentLength) = (modulus.count, exponent.count)
    let isWellFormed = modulus.withUnsafeMutableBufferPointer { modulus in
      exponent.withUnsafeMutableBufferPointer { exponent in
        var key = br_rsa_public_key(
          n: modulus.baseAddress, nlen: modulusLength, e: exponent.baseAddress, elen: exponentLength)
        return cbearssl_rsa_verify()(
          signature, signature.count, cbearssl_sha256_identifier(), SHA256.digestLength, &key, &recovered) == 1
      }
    }
    return isWellFormed && recovered == SHA256.hash(message)
  }
}

/// Reads values by the Distinguished Encoding Rules (ITU-T X.690, 8 and 10), as far as public keys have them.
private struct DERCursor {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  /// The content of the next value, which must have this tag and the shortest form of length, of two bytes at most.
  mutating func value(tag: UInt8) -> ArraySlice<UInt8>? {
    guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
    var length = Int(first)
    if first >= 0x80 {
      guard first == 0x81 || first == 0x82, let high = rest.popFirst() else { return nil }
      length = Int(high)
      if first == 0x82 {
        guard high > 0, let low = rest.popFirst() else { return nil }
        length = length << 8 | Int(low)
      }
      guard length >= 0x80 else { return nil }
    }
    guard rest.count >= length else { return nil }
    let content = rest.prefix(length)
    rest = rest.dropFirst(length)
    return content
  }

  /// The bytes of the next value, a whole number above zero, without leading zeros.
  mutating func positiveInteger() -> ArraySlice<UInt8>? {
    guard var content = value(tag: 0x02), let first = content.first, first < 0x80 else { return nil }
    if first == 0 {
      content = content.dropFirst()
      guard let next = content.first, next >= 0x80 else { return nil }
    }
    return content
  }
}
