import Cryptography
import Testing

/// The key and signatures are those of RFC 6979, A.2.5.
struct SignatureTests {
  static let publicKey =
    hex("04")
    + hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6")
    + hex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")
  static let message = Array("sample".utf8)
  static let r = hex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716")
  static let s = hex("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")
  static let order = hex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")
  static let zero = [UInt8](repeating: 0, count: 32)

  @Test("the signatures of RFC 6979 are valid")
  func valid() {
    #expect(
      P256.isValidSignature(
        SignatureTests.r + SignatureTests.s, of: SignatureTests.message, publicKey: SignatureTests.publicKey))
    let other =
      hex("F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367")
      + hex("019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083")
    #expect(P256.isValidSignature(other, of: Array("test".utf8), publicKey: SignatureTests.publicKey))
  }

  static let forged: [(what: String, signature: [UInt8])] = [
    ("empty", []),
    ("one byte short", Array((r + s).dropLast())),
    ("one byte long", r + s + [0]),
    ("all zero", zero + zero),
    ("r is zero", zero + s),
    ("s is zero", r + zero),
    ("r is the order of the group", order + s),
    ("s is the order of the group", r + order),
    ("both are all ones", Array(repeating: 0xFF, count: 64)),
    ("exchanged", s + r),
    ("of another message", hex("F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367") + s),
  ]

  @Test("what is no signature is refused", arguments: forged.indices)
  func refused(index: Int) {
    let (what, signature) = SignatureTests.forged[index]
    #expect(
      !P256.isValidSignature(signature, of: SignatureTests.message, publicKey: SignatureTests.publicKey), "\(what)")
  }

  @Test("a signature with any byte altered is refused", arguments: 0..<64)
  func altered(position: Int) {
    var signature = SignatureTests.r + SignatureTests.s
    signature[position] ^= 1
    #expect(
      !P256.isValidSignature(signature, of: SignatureTests.message, publicKey: SignatureTests.publicKey))
  }

  static let badKeys: [(what: String, key: [UInt8])] = [
    ("empty", []),
    ("compressed", [2] + publicKey[1...32]),
    ("one byte short", Array(publicKey.dropLast())),
    ("one byte long", publicKey + [0]),
    ("another form", [6] + publicKey[1...]),
    ("off the curve", publicKey.dropLast() + [0x98]),
    ("the origin", [4] + zero + zero),
    ("coordinates beyond the field", [4] + Array(repeating: 0xFF, count: 64)),
  ]

  @Test("what is no point of the curve is no key", arguments: badKeys.indices)
  func keys(index: Int) {
    let (what, key) = SignatureTests.badKeys[index]
    #expect(!P256.isValidPublicKey(key), "\(what)")
    #expect(
      !P256.isValidSignature(SignatureTests.r + SignatureTests.s, of: SignatureTests.message, publicKey: key),
      "\(what)")
  }

  @Test("the key of RFC 6979 is a point of the curve")
  func key() {
    #expect(P256.isValidPublicKey(SignatureTests.publicKey))
  }
}
