import BearerAuthentication
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

struct BearerAuthenticationTests {
  typealias Forge = TokenForge

  static let accepted: [(what: String, token: String)] = [
    ("ES256 with a key identifier", Forge.es256Token()),
    ("HS256 with a key identifier", Forge.hs256Token()),
    ("ES256 without one", Forge.es256Token(header: #"{"alg":"ES256"}"#)),
    ("HS256 without one", Forge.hs256Token(header: #"{"alg":"HS256"}"#)),
    ("a type", Forge.es256Token(header: #"{"typ":"JWT","alg":"ES256"}"#)),
    ("the type of access tokens", Forge.es256Token(header: #"{"typ":"at+JWT","alg":"ES256"}"#)),
    ("the type as a media type", Forge.es256Token(header: #"{"typ":"application/jwt","alg":"ES256"}"#)),
    ("white space", Forge.es256Token(header: " {\r\n\t\"alg\" : \"ES256\" } ")),
    ("an unknown header parameter", Forge.es256Token(header: #"{"alg":"ES256","x":{"y":[1,null,true]}}"#)),
    ("several audiences", Forge.es256Token(claims: Forge.claims(aud: #"["other","shop"]"#))),
    ("no beginning", Forge.es256Token(claims: Forge.claims(nbf: nil))),
    ("a beginning in this second", Forge.es256Token(claims: Forge.claims(nbf: "1700000000"))),
    ("times with fractions", Forge.es256Token(claims: Forge.claims(exp: "1700000001.5", nbf: "1699999999.5"))),
    ("an escaped subject", Forge.es256Token(claims: Forge.claims(sub: #""\u0061lice""#))),
    ("an escaped claim", Forge.es256Token(claims: Forge.claims(sub: nil, more: #""s\u0075b":"alice""#))),
  ]

  @Test("a token that is in order makes a principal", arguments: accepted.indices)
  func success(index: Int) throws {
    let (what, token) = BearerAuthenticationTests.accepted[index]
    let fixture = try BearerFixture()
    let outcome = fixture.send(token: token)
    #expect(outcome.response == nil, "\(what)")
    #expect(outcome.principal == Principal(name: "alice", roles: ["clerk", "reader"], scheme: "bearer"), "\(what)")
    #expect(fixture.recorder.events.isEmpty)
  }

  @Test("a token without roles has none")
  func noRoles() throws {
    #expect(try BearerFixture().send(token: Forge.es256Token(claims: Forge.claims(roles: nil))).principal.roles == [])
  }

  @Test(
    "names outside ASCII arrive as they are", arguments: [#""Zoë 漢字 😀""#, #""Zo\u00EB \u6f22\u5b57 \ud83d\ude00""#])
  func unicode(name: String) throws {
    let token = Forge.es256Token(claims: Forge.claims(sub: name))
    #expect(try BearerFixture().send(token: token).principal.name == ByteString("Zoë 漢字 😀"))
  }

  @Test("the signed examples of RFC 7515 verify: what is wrong with them is only that they name nobody")
  func rfc7515() throws {
    let payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    let hs256 =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    let es256 =
      "eyJhbGciOiJFUzI1NiJ9." + payload
      + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    let fixture = try BearerFixture(
      keys: [
        BearerFixture.key("h", "HS256", decode(secret)), BearerFixture.key("e", "ES256", [4] + decode(x) + decode(y)),
      ], audience: nil, issuer: "joe")
    fixture.clock.wallMilliseconds = 1_300_000_000_000
    #expect(fixture.send(token: hs256).reason == "claims")
    #expect(fixture.send(token: es256).reason == "claims")
    #expect(fixture.send(token: String(es256.dropLast(2)) + "0Q").reason == "signature")
  }

  private func decode(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var bits = 0
    var accumulator = 0
    for character in text {
      let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      guard let index = alphabet.firstIndex(of: character) else { return [] }
      accumulator = (accumulator << 6 | alphabet.distance(from: alphabet.startIndex, to: index)) & 0xFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(accumulator >> bits & 0xFF))
      }
    }
    return bytes
  }

  @Test("a token is verified once, and believed until it expires")
  func remembering() throws {
    let fixture = try BearerFixture()
    for token in [Forge.es256Token(), Forge.hs256Token()] {
      for _ in 0..<10 { #expect(fixture.send(token: token).principal.name == "alice") }
    }
    #expect(fixture.module.counter("verified") == 2)
    #expect(fixture.module.counter("accepted") == 20)
    fixture.clock.advance(by: .milliseconds(599_999))
    #expect(fixture.send(token: Forge.es256Token()).response == nil)
    fixture.clock.advance(by: .milliseconds(1))
    #expect(fixture.send(token: Forge.es256Token()).reason == "expired")
    fixture.clock.wallMilliseconds = 1_600_000_000_000
    #expect(fixture.send(token: Forge.es256Token()).reason == "not yet valid")
  }

  @Test("a key that is taken away takes its tokens with it at once")
  func rotation() throws {
    let fixture = try BearerFixture()
    let token = Forge.es256Token()
    #expect(fixture.send(token: token).response == nil)
    let next = BearerFixture.key("e2", "ES256", Forge.publicKey(of: Forge.strangerKey))
    try fixture.module.configure([("keys", .list([BearerFixture.es256, next]))])
    #expect(fixture.send(token: token).response == nil, "old and new side by side: no gap")
    #expect(fixture.send(token: Forge.es256Token(header: #"{"alg":"ES256"}"#)).reason == "key", "which one?")
    try fixture.module.configure([("keys", .list([next]))])
    #expect(fixture.send(token: token).reason == "key")
    let new = Forge.token(header: #"{"alg":"ES256","kid":"e2"}"#, claims: Forge.claims()) {
      Forge.es256($0, key: Forge.strangerKey)
    }
    #expect(fixture.send(token: new).response == nil)
  }

  @Test("a subject that is revoked is not let in with a token that was verified before, until that is lifted")
  func revokedSubject() throws {
    let fixture = try BearerFixture()
    let token = Forge.es256Token(claims: Forge.claims(sub: #""alice""#))
    #expect(fixture.send(token: token).response == nil)
    try fixture.module.configure([("revoked", .list(["bob", "alice"]))])
    #expect(fixture.send(token: token).reason == "revoked")
    #expect(fixture.send(token: Forge.es256Token(claims: Forge.claims(sub: #""carl""#))).response == nil)
    try fixture.module.configure([("revoked", .list([]))])
    #expect(fixture.send(token: token).response == nil)
  }

  @Test("an audience that is asked for later counts for tokens that were verified before")
  func audienceChange() throws {
    let fixture = try BearerFixture(audience: nil)
    let token = Forge.es256Token(claims: Forge.claims(aud: nil))
    #expect(fixture.send(token: token).response == nil)
    try fixture.module.configure([("audience", "shop")])
    #expect(fixture.send(token: token).reason == "audience")
  }

  @Test("without credentials of this scheme the request goes on as a visitor's, with the challenge at hand")
  func visitor() throws {
    for fields in [[], ["Basic YTpi"], ["Bearers abc"], ["Digest x=y"]] {
      let outcome = try BearerFixture().send(fields)
      #expect(outcome.response == nil)
      #expect(outcome.principal.isVisitor)
      #expect(outcome.challenges == ["Bearer realm=\"shop\""])
    }
  }

  @Test("where credentials are required, a request without them is answered 401 at once")
  func required() throws {
    let fixture = try BearerFixture(required: true)
    for fields in [[], ["Basic YTpi"]] {
      let outcome = fixture.send(fields)
      #expect(outcome.response?.status == 401)
      #expect(outcome.shownChallenges == ["Bearer realm=\"shop\""])
    }
    #expect(fixture.send(token: Forge.es256Token()).response == nil)
  }

  @Test("who was authenticated before is left alone")
  func earlierModule() throws {
    let carol = Principal(name: "carol", roles: [], scheme: "basic")
    let outcome = try BearerFixture(required: true).send([], as: carol)
    #expect(outcome.response == nil)
    #expect(outcome.principal == carol)
  }

  @Test("two Authorization fields, or one without a scheme, are answered 400")
  func ambiguous() throws {
    let good = "Bearer " + Forge.es256Token()
    for fields in [[good, good], [good, "Basic YTpi"], [""], ["B(arer x"]] {
      #expect(try BearerFixture().send(fields).response?.status == 400)
    }
  }

  @Test("the scheme is compared without case")
  func schemes() throws {
    for scheme in ["bearer ", "BEARER ", "Bearer   "] {
      #expect(try BearerFixture().send([scheme + Forge.es256Token()]).principal.name == "alice")
    }
  }

  @Test("no event holds any part of a token")
  func secrets() throws {
    let fixture = try BearerFixture()
    let token = Forge.token(header: #"{"alg":"ES256","kid":"e1"}"#, claims: Forge.claims()) { _ in [1, 2, 3] }
    _ = fixture.send(token: token)
    let event = try #require(fixture.recorder.events.first)
    #expect(
      event
        == SecurityEvent(
          module: "bearer-authentication", action: "denied", severity: .medium, time: 1_700_000_000_000,
          details: [ParameterField("source", "10.0.0.7"), ParameterField("reason", "signature")]))
  }

  @Test("refusals are recorded ten times a second, and the rest is counted")
  func events() throws {
    let fixture = try BearerFixture()
    for host in 0..<50 { _ = fixture.send(token: "x", from: UInt8(host)) }
    #expect(fixture.recorder.events.count == 10)
    #expect(fixture.module.counter("events-suppressed") == 40)
  }

  @Test("a source that shows forged tokens has to wait, but not with those that are known; others do not")
  func bruteForce() throws {
    let fixture = try BearerFixture()
    #expect(fixture.send(token: Forge.es256Token()).response == nil)
    let forged = Forge.token(header: #"{"alg":"ES256","kid":"e1"}"#, claims: Forge.claims()) { _ in
      [UInt8](repeating: 1, count: 64)
    }
    for _ in 0..<FailureLog.allowedPerSource { #expect(fixture.send(token: forged).response?.status == 401) }
    let slowed = fixture.send(token: forged)
    #expect(slowed.response?.status == 429)
    #expect(slowed.response?.headers.contains(HTTPField("retry-after", "60")) == true)
    // A new token from there has to wait, too, though it is good; one that was verified before is served.
    #expect(fixture.send(token: Forge.hs256Token()).response?.status == 429)
    #expect(fixture.send(token: Forge.es256Token()).response == nil)
    #expect(fixture.send(token: Forge.hs256Token(), from: 8).response == nil)
    #expect(fixture.module.counter("throttled") == 2)
    fixture.clock.advance(by: .milliseconds(60_000))
    #expect(fixture.send(token: forged).response?.status == 401)
  }

  @Test("tokens that have ended, or are of a key that is gone, slow nobody down")
  func honestFailures() throws {
    let fixture = try BearerFixture()
    for token in [
      Forge.es256Token(claims: Forge.claims(exp: "1600000000")), Forge.es256Token(claims: Forge.claims(aud: #""x""#)),
      Forge.es256Token(header: #"{"alg":"ES256","kid":"gone"}"#),
    ] {
      for _ in 0..<50 { #expect(fixture.send(token: token).response?.status == 401) }
    }
    #expect(fixture.send(token: Forge.es256Token()).response == nil)
  }

  @Test("until it is configured, the answer is 503")
  func unconfigured() throws {
    #expect(try BearerFixture(keys: nil).send(token: Forge.es256Token()).response?.status == 503)
    #expect(try BearerFixture(keys: nil).send([]).response?.status == 503)
  }

  static let faults: [(what: String, name: ByteString, value: ParameterValue)] = [
    ("keys that are no list", "keys", .bytes(TokenForge.secret)), ("a key that is no map", "keys", .list(["k"])),
    ("an algorithm that is none", "keys", .list([BearerFixture.key("k", "none", [])])),
    ("RS256", "keys", .list([BearerFixture.key("k", "RS256", TokenForge.secret)])),
    ("a short secret", "keys", .list([BearerFixture.key("k", "HS256", Array(TokenForge.secret.prefix(31)))])),
    ("an empty secret", "keys", .list([BearerFixture.key("k", "HS256", [])])),
    ("a secret for a point", "keys", .list([BearerFixture.key("k", "ES256", TokenForge.secret)])),
    ("a point off the curve", "keys", .list([BearerFixture.key("k", "ES256", [4] + Array(repeating: 7, count: 64))])),
    ("an empty identifier", "keys", .list([BearerFixture.key("", "HS256", TokenForge.secret)])),
    (
      "two keys of one identifier", "keys",
      .list([BearerFixture.es256, BearerFixture.key("e1", "HS256", TokenForge.secret)])
    ),
    ("an issuer that is no text", "issuer", .integer(1)), ("a realm with a line feed", "realm", "a\nb"),
    ("required as a number", "required", .integer(1)), ("an unknown parameter", "leeway", .integer(1)),
    ("a precedence below 0", "precedence", .integer(-1)),
  ]

  @Test("settings that are wrong are refused, and what was in force stays", arguments: faults.indices)
  func refused(index: Int) throws {
    let (what, name, value) = BearerAuthenticationTests.faults[index]
    let fixture = try BearerFixture()
    #expect(throws: ParameterFault.self, "\(what)") { try fixture.module.configure([(name, value)]) }
    fixture.module.rollback()
    fixture.module.commit()
    #expect(fixture.send(token: Forge.es256Token()).response == nil)
  }

  @Test("realm, issuer and keys must be given at the start", arguments: ["realm", "issuer", "keys"])
  func start(missing: String) throws {
    let all: [(ByteString, ParameterValue)] = [("realm", "r"), ("issuer", "i"), ("keys", .list([]))]
    let module = try BearerFixture(keys: nil).module
    #expect(
      throws: ParameterFault(
        ByteString("bearer-authentication." + missing), expected: "to be given at the start")
    ) {
      try module.configure(all.filter { $0.0 != ByteString(missing) })
    }
    try module.configure(all)
  }
}
