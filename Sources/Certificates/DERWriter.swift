/// Encodings by the Distinguished Encoding Rules (ITU-T X.690, 8 and 10).
enum DER {
  /// A value with a tag.
  static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length: [UInt8]
    if content.count < 0x80 {
      length = [UInt8(content.count)]
    } else {
      var digits: [UInt8] = []
      var rest = content.count
      while rest > 0 {
        digits.insert(UInt8(rest & 0xFF), at: 0)
        rest >>= 8
      }
      length = [0x80 | UInt8(digits.count)] + digits
    }
    return [tag] + length + content
  }

  static func sequence(_ parts: [UInt8]...) -> [UInt8] { value(DERValue.sequence, parts.flatMap { $0 }) }

  /// A whole number that is not negative, from its bytes, the most significant first.
  static func integer(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var digits = Array(bytes.drop { $0 == 0 })
    if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
    return value(DERValue.integer, digits)
  }

  static func boolean(_ flag: Bool) -> [UInt8] { value(DERValue.boolean, [flag ? 0xFF : 0]) }

  static func octetString(_ content: [UInt8]) -> [UInt8] { value(DERValue.octetString, content) }

  /// A string of bits, of which the last byte leaves some out.
  static func bitString(_ content: [UInt8], unused: UInt8 = 0) -> [UInt8] {
    value(DERValue.bitString, [unused] + content)
  }

  static func utf8String(_ text: String) -> [UInt8] { value(DERValue.utf8String, Array(text.utf8)) }

  static func objectIdentifier(_ identifier: ObjectIdentifier) -> [UInt8] {
    value(DERValue.objectIdentifier, identifier.bytes)
  }
}

/// The object identifiers that certificates here use, as they are encoded.
struct ObjectIdentifier: Hashable {
  var bytes: [UInt8]

  static let commonName = ObjectIdentifier(bytes: [0x55, 4, 3])
  static let organizationalUnit = ObjectIdentifier(bytes: [0x55, 4, 11])
  static let subjectAlternativeName = ObjectIdentifier(bytes: [0x55, 0x1D, 17])
  static let basicConstraints = ObjectIdentifier(bytes: [0x55, 0x1D, 19])
  static let keyUsage = ObjectIdentifier(bytes: [0x55, 0x1D, 15])
  static let extendedKeyUsage = ObjectIdentifier(bytes: [0x55, 0x1D, 37])
  static let serverAuthentication = ObjectIdentifier(bytes: [0x2B, 6, 1, 5, 5, 7, 3, 1])
  static let clientAuthentication = ObjectIdentifier(bytes: [0x2B, 6, 1, 5, 5, 7, 3, 2])
  static let ecPublicKey = ObjectIdentifier(bytes: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1])
  static let p256 = ObjectIdentifier(bytes: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7])
  static let rsaEncryption = ObjectIdentifier(bytes: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1])
  static let ecdsaWithSHA256 = ObjectIdentifier(bytes: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2])
}

extension Certificate.PublicKey {
  /// A key for RSA as tokens are verified with it, an `RSAPublicKey` (RFC 8017, A.1.1); nil for other keys, for one of less
  /// than 2048 or more than 4096 bits, and for an exponent that is even, below 65537 or of more than 32 bits. Images refuse
  /// the same.
  public var forVerifyingTokens: [UInt8]? {
    guard case .rsa(let modulus, let exponent) = self else { return nil }
    let digits = Array(modulus.drop { $0 == 0 })
    let power = Array(exponent.drop { $0 == 0 })
    guard let first = digits.first, let last = digits.last, last & 1 == 1,
      (2048...4096).contains(digits.count * 8 - first.leadingZeroBitCount), power.count <= 4, let lowest = power.last,
      lowest & 1 == 1, power.reduce(0, { $0 << 8 | Int($1) }) >= 65537
    else { return nil }
    return DER.sequence(DER.integer(digits), DER.integer(power))
  }
}
