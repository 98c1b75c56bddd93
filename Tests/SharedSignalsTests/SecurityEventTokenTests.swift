import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import SharedSignals

@Suite("Security event tokens")
struct SecurityEventTokenTests {
  static let key = P256.Signing.PrivateKey()
  static let now = Date(timeIntervalSince1970: 1_700_000_000)
  static let audience = "https://testudo.example"

  static func encoded(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }

  static func json(_ object: [String: Any]) -> Data {
    (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
  }

  static func keySet(_ extra: [String: Any] = [:]) -> Data {
    let point = key.publicKey.rawRepresentation
    let one: [String: Any] = [
      "kty": "EC", "crv": "P-256", "kid": "a", "x": encoded(point.prefix(32)), "y": encoded(point.suffix(32)),
    ]
    return json(["keys": [one.merging(extra) { _, new in new }]])
  }

  static let high = [SharedSignal.Kind.riskLevelChange.type: ["principal": "USER", "current_level": "HIGH"]]

  /// A token with some header fields and claims other than those of a good one; NSNull leaves one out.
  static func token(
    header: [String: Any] = [:], claims: [String: Any] = [:],
    sign: (Data) throws -> Data = {
      try key.signature(for: $0).rawRepresentation
    }
  ) throws -> String {
    let head: [String: Any] = ["alg": "ES256", "kid": "a", "typ": "secevent+jwt"]
    let body: [String: Any] = [
      "iss": "https://idp.example", "aud": [audience], "jti": "1", "iat": 1_700_000_000, "events": high,
      "sub_id": ["format": "email", "email": "rita@example.com"],
    ]
    func part(_ base: [String: Any], _ changes: [String: Any]) -> String {
      encoded(json(base.merging(changes) { _, new in new }.filter { !($0.value is NSNull) }))
    }
    let signed = part(head, header) + "." + part(body, claims)
    return signed + "." + encoded(try sign(Data(signed.utf8)))
  }

  static func read(_ text: String, keys: Data = keySet()) throws -> [SharedSignal] {
    try SecurityEventToken(text).verified(with: try TransmitterKeys(json: keys), audience: audience, now: now)
  }

  @Test("a good token tells what happened, and about whom")
  func good() throws {
    let token = try Self.token()
    let signals = try Self.read(token)
    #expect(signals.map(\.kind) == [.riskLevelChange])
    #expect(signals[0].claims == ["principal": "USER", "current_level": "HIGH"])
    #expect(try SecurityEventToken(token).subject == "email=rita@example.com format=email")
  }

  @Test("RS256 is verified, too")
  func rsa() throws {
    let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    let primitives = try rsa.publicKey.getKeyPrimitives()
    let keys = Self.json([
      "keys": [
        [
          "kty": "RSA", "kid": "r", "n": Self.encoded(primitives.modulus), "e": Self.encoded(primitives.publicExponent),
        ]
      ]
    ])
    let token = try Self.token(header: ["alg": "RS256", "kid": "r"]) {
      try rsa.signature(for: SHA256.hash(data: $0), padding: .insecurePKCS1v1_5).rawRepresentation
    }
    #expect(try Self.read(token, keys: keys).count == 1)
    // The same signature said to be of another padding is of another algorithm.
    let pss = try Self.token(header: ["alg": "RS256", "kid": "r"]) {
      try rsa.signature(for: SHA256.hash(data: $0), padding: .PSS).rawRepresentation
    }
    #expect(throws: SignalRefusal(.authenticationFailed, "the signature is not valid")) {
      try Self.read(pss, keys: keys)
    }
  }

  @Test("all kinds of events are understood, and others are passed over")
  func kinds() throws {
    let events: [String: Any] = [
      SharedSignal.Kind.sessionRevoked.type: ["initiating_entity": "admin"],
      SharedSignal.Kind.credentialChange.type: ["credential_type": "password", "change_type": "revoke"],
      SharedSignal.Kind.deviceComplianceChange.type: [
        "previous_status": "compliant", "current_status": "not-compliant",
      ], "https://schemas.openid.net/secevent/ssf/event-type/verification": ["state": "x"],
    ]
    #expect(
      try Self.read(Self.token(claims: ["events": events])).map(\.kind) == [
        .sessionRevoked, .credentialChange, .deviceComplianceChange,
      ])
  }

  /// What is changed in a good token, and the code of the answer.
  static let refused: [(String, header: [String: String], claims: [String: String], SignalRefusal.Code)] = [
    ("another type", ["typ": "JWT"], [:], .invalidRequest), ("no type", ["typ": "-"], [:], .invalidRequest),
    ("no algorithm", ["alg": "none"], [:], .invalidKey), ("HS256", ["alg": "HS256"], [:], .invalidKey),
    ("RS256 with a key of P-256", ["alg": "RS256"], [:], .invalidKey),
    ("a strange key", ["kid": "b"], [:], .invalidKey),
    ("what is critical", ["crit": "exp"], [:], .invalidRequest),
    ("another audience", [:], ["aud": "https://other.example"], .invalidAudience),
    ("no audience", [:], ["aud": "-"], .invalidAudience), ("no identifier", [:], ["jti": "-"], .invalidRequest),
    ("no issuer", [:], ["iss": "-"], .invalidRequest), ("a time as text", [:], ["iat": "now"], .invalidRequest),
    ("no events", [:], ["events": "-"], .invalidRequest),
  ]

  @Test("each mistake has its code", arguments: refused.indices)
  func mistakes(_ index: Int) throws {
    let (name, header, claims, code) = Self.refused[index]
    func values(_ texts: [String: String]) -> [String: Any] { texts.mapValues { $0 == "-" ? NSNull() as Any : $0 } }
    let token = try Self.token(header: values(header), claims: values(claims))
    let error = #expect(throws: SignalRefusal.self, "\(name)") { try Self.read(token) }
    #expect(error?.code == code, "\(name)")
  }

  @Test(
    "payloads are held to the profile",
    arguments: [
      (.riskLevelChange, ["current_level": "HIGH"]),
      (.riskLevelChange, ["principal": "USER", "current_level": "high"]),
      (.deviceComplianceChange, ["current_status": "compliant"]),
      (.credentialChange, ["credential_type": "password", "change_type": "lost"]),
    ] as [(SharedSignal.Kind, [String: String])])
  func payloads(_ kind: SharedSignal.Kind, _ payload: [String: String]) throws {
    let token = try Self.token(claims: ["events": [kind.type: payload]])
    let error = #expect(throws: SignalRefusal.self) { try Self.read(token) }
    #expect(error?.code == .invalidRequest)
  }

  @Test(
    "tokens of yesterday and of tomorrow are refused",
    arguments: [(-86_401, false), (-86_399, true), (299, true), (301, false)])
  func time(_ offset: Int, _ isGood: Bool) throws {
    let token = try Self.token(claims: ["iat": 1_700_000_000 + offset])
    let signals = try? Self.read(token)
    #expect((signals != nil) == isGood)
  }

  @Test("whichever byte is changed, the token is refused")
  func altered() throws {
    let token = Array(try Self.token().utf8)
    for index in token.indices where token[index] != 0x2E {
      var other = token
      other[index] = token[index] == 0x41 ? 0x42 : 0x41
      let text = String(decoding: other, as: UTF8.self)
      // The last digit of a part may have bits that stand for nothing: then it is the same token.
      guard let same = try? Self.read(text) else { continue }
      #expect([0x2E].contains(token.dropFirst(index + 1).first) || index == token.count - 1, "\(same) at \(index)")
    }
  }

  @Test("what is no token is refused", arguments: ["", ".", "..", "a.b.c", "e30.e30.", "e30=.e30=.AA", "e30.e30"])
  func noToken(_ text: String) throws {
    let error = #expect(throws: SignalRefusal.self) { try SecurityEventToken(text) }
    #expect(error?.code == .invalidRequest)
  }

  @Test(
    "keys that are of no use are mistakes",
    arguments: [
      (["d": "AA"], "private part"), (["kty": "oct", "k": "AAAA"], "private part"), (["kty": "OKP"], "type"),
      (["crv": "P-384"], "point"), (["x": "AAAA"], "point"), (["use": "enc"], "use"), (["alg": "RS256"], "algorithm"),
      (["kty": "RSA", "n": "AQAB", "e": "AQAB"], "2048"),
    ] as [([String: String], String)])
  func keys(_ change: [String: String], _ part: String) {
    let error = #expect(throws: TransmitterKeys.Fault.self) { try TransmitterKeys(json: Self.keySet(change)) }
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test("a set of several keys names each, once")
  func names() throws {
    let one = try #require(try JSONSerialization.jsonObject(with: Self.keySet()) as? [String: [[String: Any]]])["keys"]
    let key = try #require(one?.first)
    for keys in [[key, key], [key, key.filter { $0.key != "kid" }], []] {
      #expect(throws: TransmitterKeys.Fault.self) { try TransmitterKeys(json: Self.json(["keys": keys])) }
    }
    // One key needs no name.
    let nameless = Self.json(["keys": [key.filter { $0.key != "kid" }]])
    #expect(try Self.read(Self.token(header: ["kid": NSNull()]), keys: nameless).count == 1)
    #expect(try Self.read(Self.token(), keys: nameless).count == 1)
    #expect(try Self.read(Self.token(header: ["kid": NSNull()])).count == 1)
  }
}
