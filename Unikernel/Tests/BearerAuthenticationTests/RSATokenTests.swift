import BearerAuthentication
import CBearSSL
import Cryptography
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

/// RS256: keys, signatures, and what must not pass for one.
struct RSATokenTests {
  typealias Forge = TokenForge

  static let key = BearerFixture.key("r1", "RS256", Forge.rsaPublicKey())
  static let all = [BearerFixture.es256, key, BearerFixture.hs256]

  @Test("a token signed with RS256 makes a principal, with its key identifier and without")
  func accepted() throws {
    for header in [#"{"alg":"RS256","kid":"r1"}"#, #"{"alg":"RS256"}"#, #"{"alg":"RS256","typ":"JWT","x5t":"abc"}"#] {
      let fixture = try BearerFixture(keys: RSATokenTests.all)
      let outcome = fixture.send(token: Forge.rs256Token(header: header))
      #expect(outcome.response == nil, "\(header): \(String(describing: outcome.reason))")
      #expect(outcome.principal == Principal(name: "alice", roles: ["clerk", "reader"], scheme: "bearer"))
    }
  }

  static let digest = SHA256.hash(Array("x".utf8))

  static func header(_ header: String, sign: (String) -> [UInt8]) -> String {
    Forge.token(header: header, claims: Forge.claims(), sign: sign)
  }

  /// The whole block that a lax verifier would take: the padding cut short and garbage behind the digest, as in the attack
  /// on keys with the exponent 3, made with the right key.
  static let forged: [(what: String, token: String, reason: ByteString)] = [
    (
      "a signature of zeros", header(#"{"alg":"RS256","kid":"r1"}"#) { _ in Array(repeating: 0, count: 256) },
      "signature"
    ),
    (
      "a signature of ones", header(#"{"alg":"RS256","kid":"r1"}"#) { _ in Array(repeating: 0xFF, count: 256) },
      "signature"
    ),
    (
      "the number one", header(#"{"alg":"RS256","kid":"r1"}"#) { _ in Array(repeating: 0, count: 255) + [1] },
      "signature"
    ),
    ("the modulus", header(#"{"alg":"RS256","kid":"r1"}"#) { _ in Forge.rsaModulus }, "signature"),
    (
      "a signature one byte short", header(#"{"alg":"RS256","kid":"r1"}"#) { Array(Forge.rs256($0).dropLast()) },
      "signature"
    ),
    ("a signature one byte long", header(#"{"alg":"RS256","kid":"r1"}"#) { Forge.rs256($0) + [0] }, "signature"),
    ("a zero before the signature", header(#"{"alg":"RS256","kid":"r1"}"#) { [0] + Forge.rs256($0) }, "signature"),
    ("a signature of another message", header(#"{"alg":"RS256","kid":"r1"}"#) { Forge.rs256($0 + "x") }, "signature"),
    (
      "another digest of the same length",
      header(#"{"alg":"RS256","kid":"r1"}"#) { _ in
        Forge.rsa(digest: digest, identifier: cbearssl_sha256_identifier())
      }, "signature"
    ),
    (
      "a digest without its identifier",
      header(#"{"alg":"RS256","kid":"r1"}"#) {
        Forge.rsa(digest: SHA256.hash(Array($0.utf8)) + [0, 0, 0, 0], identifier: nil)
      }, "signature"
    ),
    (
      "the public key as HMAC secret, by its identifier",
      header(#"{"alg":"HS256","kid":"r1"}"#) {
        Forge.hs256($0, key: Forge.rsaPublicKey())
      }, "key"
    ),
    (
      "the public key as HMAC secret, by no identifier",
      header(#"{"alg":"HS256"}"#) {
        Forge.hs256($0, key: Forge.rsaPublicKey())
      }, "signature"
    ),
    (
      "the modulus as HMAC secret",
      header(#"{"alg":"HS256","kid":"h1"}"#) {
        Forge.hs256($0, key: Forge.rsaModulus)
      }, "signature"
    ),
    ("an HMAC under RS256", header(#"{"alg":"RS256","kid":"r1"}"#) { Forge.hs256($0) }, "signature"),
    ("an ECDSA signature under RS256", header(#"{"alg":"RS256","kid":"r1"}"#) { Forge.es256($0) }, "signature"),
    ("an RSA signature under ES256", header(#"{"alg":"ES256","kid":"e1"}"#) { Forge.rs256($0) }, "signature"),
    ("an RSA signature under HS256", header(#"{"alg":"HS256","kid":"h1"}"#) { Forge.rs256($0) }, "signature"),
    ("the key of ES256 under RS256", header(#"{"alg":"RS256","kid":"e1"}"#) { Forge.rs256($0) }, "key"),
    ("the key of RS256 under ES256", header(#"{"alg":"ES256","kid":"r1"}"#) { Forge.es256($0) }, "key"),
    ("RS384", header(#"{"alg":"RS384","kid":"r1"}"#) { Forge.rs256($0) }, "algorithm"),
    ("RS512", header(#"{"alg":"RS512","kid":"r1"}"#) { Forge.rs256($0) }, "algorithm"),
    ("PS256", header(#"{"alg":"PS256","kid":"r1"}"#) { Forge.rs256($0) }, "algorithm"),
    ("RS1", header(#"{"alg":"RS1","kid":"r1"}"#) { Forge.rs256($0) }, "algorithm"),
    ("RSA1_5, which encrypts", header(#"{"alg":"RSA1_5","kid":"r1"}"#) { Forge.rs256($0) }, "algorithm"),
    ("rs256 in lower case", header(#"{"alg":"rs256","kid":"r1"}"#) { Forge.rs256($0) }, "algorithm"),
    (
      "extensions that must be understood",
      header(#"{"alg":"RS256","kid":"r1","crit":["b64"],"b64":false}"#) {
        Forge.rs256($0)
      }, "header"
    ),
    ("`alg` none, signed", header(#"{"alg":"none","kid":"r1"}"#) { Forge.rs256($0) }, "algorithm"),
  ]

  @Test("what RS256's key has not signed as RS256 is refused", arguments: forged.indices)
  func refused(index: Int) throws {
    let (what, token, reason) = RSATokenTests.forged[index]
    let fixture = try BearerFixture(keys: RSATokenTests.all)
    let outcome = fixture.send(token: token)
    #expect(outcome.response?.status == 401, "\(what)")
    #expect(outcome.reason == reason, "\(what)")
    #expect(fixture.module.counter("verified") == 0, "\(what)")
  }

  @Test("a signature with any one bit altered is refused", arguments: [0, 1, 17, 34, 128, 200, 254, 255])
  func altered(position: Int) throws {
    let fixture = try BearerFixture(keys: RSATokenTests.all)
    let token = RSATokenTests.header(#"{"alg":"RS256","kid":"r1"}"#) { message in
      var signature = Forge.rs256(message)
      signature[position] ^= 1 << (position % 8)
      return signature
    }
    #expect(fixture.send(token: token).reason == "signature")
  }

  static let modulus = Forge.rsaModulus
  static let keys: [(what: String, key: [UInt8])] = [
    ("nothing", []),
    ("a modulus of 2040 bits", Forge.rsaPublicKey(modulus: Array(modulus.dropFirst()))),
    ("a modulus of 1024 bits", Forge.rsaPublicKey(modulus: Array(modulus.suffix(128)))),
    ("a modulus of 4104 bits", Forge.rsaPublicKey(modulus: modulus + modulus + [1])),
    ("an even modulus", Forge.rsaPublicKey(modulus: modulus.dropLast() + [2])),
    ("the exponent 3", Forge.rsaPublicKey(exponent: [3])),
    ("the exponent 1", Forge.rsaPublicKey(exponent: [1])),
    ("an even exponent", Forge.rsaPublicKey(exponent: [1, 0, 2])),
    ("an exponent of 40 bits", Forge.rsaPublicKey(exponent: [1, 0, 0, 0, 1])),
    ("something behind it", Forge.rsaPublicKey() + [0]),
    ("something inside behind it", Forge.value(0x30, Forge.integer(modulus) + Forge.integer([1, 0, 1]) + [5, 0])),
    ("no exponent", Forge.value(0x30, Forge.integer(modulus))),
    ("a negative modulus", Forge.value(0x30, Forge.value(2, modulus) + Forge.integer([1, 0, 1]))),
    ("a zero too many", Forge.value(0x30, Forge.value(2, [0, 0] + modulus) + Forge.integer([1, 0, 1]))),
    ("a length that is not the shortest", [0x30, 0x82, 0, 0x0A] + Array(repeating: 2, count: 10)),
    ("a length of its end", [0x30, 0x80] + Forge.integer(modulus) + Forge.integer([1, 0, 1]) + [0, 0]),
    ("an end too soon", Array(Forge.rsaPublicKey().dropLast())),
    ("a set", [0x31] + Forge.rsaPublicKey().dropFirst()),
    ("a point of P-256", Forge.publicKey),
  ]

  @Test("what is no RSA key of 2048 to 4096 bits is refused as a setting", arguments: keys.indices)
  func refusedKey(index: Int) throws {
    let (what, key) = RSATokenTests.keys[index]
    let fixture = try BearerFixture()
    #expect(throws: ParameterFault.self, "\(what)") {
      try fixture.module.configure([("keys", .list([BearerFixture.key("r1", "RS256", key)]))])
    }
  }

  @Test("keys of 3072 and 4096 bits are taken", arguments: [384, 512])
  func sizes(length: Int) throws {
    let long = (modulusOf(length))
    let fixture = try BearerFixture(keys: [BearerFixture.key("r1", "RS256", Forge.rsaPublicKey(modulus: long))])
    // Nobody knows the factors of this one: no signature verifies.
    #expect(fixture.send(token: Forge.rs256Token()).reason == "signature")
  }

  private func modulusOf(_ length: Int) -> [UInt8] {
    Array((RSATokenTests.modulus + RSATokenTests.modulus).prefix(length - 1)) + [1]
  }

  @Test("one key takes another's place without a gap, whatever their algorithms")
  func rotation() throws {
    let fixture = try BearerFixture(keys: [BearerFixture.es256])
    #expect(fixture.send(token: Forge.rs256Token()).reason == "key")
    try fixture.module.configure([("keys", .list([BearerFixture.es256, RSATokenTests.key]))])
    #expect(fixture.send(token: Forge.es256Token()).response == nil)
    #expect(fixture.send(token: Forge.rs256Token()).response == nil)
    try fixture.module.configure([("keys", .list([RSATokenTests.key]))])
    #expect(fixture.send(token: Forge.es256Token()).reason == "key")
    #expect(fixture.send(token: Forge.rs256Token()).response == nil)
  }

  @Test("an issuer's clock may be off by the leeway, and no more")
  func leeway() throws {
    func reason(_ claims: String, leeway: Int64) throws -> ByteString? {
      let fixture = try BearerFixture()
      try fixture.module.configure([("leeway-s", .integer(leeway))])
      return fixture.send(token: Forge.es256Token(claims: claims)).reason
    }
    let ended = Forge.claims(exp: "1699999990")
    #expect(try reason(ended, leeway: 0) == "expired")
    #expect(try reason(ended, leeway: 10) == "expired")
    #expect(try reason(ended, leeway: 11) == nil)
    let begins = Forge.claims(nbf: "1700000010")
    #expect(try reason(begins, leeway: 9) == "not yet valid")
    #expect(try reason(begins, leeway: 10) == nil)
    // At the end of the numbers nothing traps.
    #expect(try reason(Forge.claims(exp: "9223372036854775807"), leeway: 300) == nil)
    #expect(try reason(Forge.claims(nbf: "9223372036854775807"), leeway: 300) == "not yet valid")
    let fixture = try BearerFixture()
    for value in [ParameterValue.integer(-1), .integer(301), "5"] {
      #expect(throws: ParameterFault.self) { try fixture.module.configure([("leeway-s", value)]) }
    }
  }

  @Test("an audience is taken back by an empty one")
  func noAudience() throws {
    let fixture = try BearerFixture()
    let token = Forge.es256Token(claims: Forge.claims(aud: nil))
    #expect(fixture.send(token: token).reason == "audience")
    try fixture.module.configure([("audience", "")])
    #expect(fixture.send(token: token).response == nil)
  }
}
