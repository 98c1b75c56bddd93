import BearerAuthentication
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

/// Tokens that must not be believed, each with the reason that the event must give.
struct ForgedTokenTests {
  typealias Forge = TokenForge

  static let good = Forge.es256Token()
  static let parts = good.split(separator: ".").map(String.init)
  static let embeddedKey =
    #"{"kty":"EC","crv":"P-256","x":"\#(Forge.encode(Array(Forge.publicKey(of: Forge.strangerKey)[1...32])))","#
    + #""y":"\#(Forge.encode(Array(Forge.publicKey(of: Forge.strangerKey)[33...])))"}"#

  static func header(_ header: String) -> String {
    Forge.token(header: header, claims: Forge.claims()) { Forge.es256($0) }
  }

  static func claims(_ claims: String) -> String { Forge.es256Token(claims: claims) }

  static func unsigned(_ algorithm: String) -> String {
    Forge.encode(#"{"alg":"\#(algorithm)"}"#) + "." + Forge.encode(Forge.claims()) + "."
  }

  static func altered(_ part: Int, _ change: (String) -> String) -> String {
    var parts = parts
    parts[part] = change(parts[part])
    return parts.joined(separator: ".")
  }

  /// Exchanges the last character for one with the same leading bits, which a lax decoder would not notice.
  static func strayBits(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    guard let last = text.last, let index = alphabet.firstIndex(of: last) else { return text }
    return text.dropLast() + String(alphabet[index ^ 1])
  }

  static let form: [(what: String, token: String)] = [
    ("nothing", ""),
    ("one part", "abc"),
    ("two parts", parts[0] + "." + parts[1]),
    ("four parts", good + ".abcd"),
    ("five parts, as of an encrypted token", good + ".abcd.abcd"),
    ("only dots", ".."),
    ("no header", "." + parts[1] + "." + parts[2]),
    ("no claims", parts[0] + ".." + parts[2]),
    ("no signature", parts[0] + "." + parts[1] + "."),
    ("no signature, and `alg` none", unsigned("none")),
    ("a signature with padding", good + "=="),
    ("a signature with stray bits", altered(2, strayBits)),
    ("a signature in base64", altered(2) { "+/" + $0.dropFirst(2) }),
    ("a space inside", altered(1) { $0.prefix(5) + " " + $0.dropFirst(5) }),
    ("a second word", good + " x"),
    ("quotes", "\"" + good + "\""),
    ("a NUL", good + "\0"),
    ("a letter beyond ASCII", "é" + good),
    ("more than 8 KiB", claims(Forge.claims(more: #""x":""# + String(repeating: "x", count: 8000) + #"""#))),
  ]

  @Test("what is not in compact form is refused", arguments: form.indices)
  func refusedForm(index: Int) throws {
    try expectRefusal(ForgedTokenTests.form[index].token, reason: "form", ForgedTokenTests.form[index].what)
  }

  static let headers: [(what: String, token: String, reason: ByteString)] = [
    ("a header that is no JSON", header("alg=ES256"), "header"),
    ("a header that is no object", header(#"["ES256"]"#), "header"),
    ("an empty header", header("{}"), "header"),
    ("a header that ends early", header(#"{"alg":"ES256""#), "header"),
    ("a header with something behind it", header(#"{"alg":"ES256"}{}"#), "header"),
    ("two algorithms", header(#"{"alg":"ES256","alg":"none"}"#), "header"),
    ("two algorithms, one of them escaped", header(#"{"alg":"ES256","\u0061lg":"none"}"#), "header"),
    ("an algorithm that is no text", header(#"{"alg":["ES256"]}"#), "header"),
    ("a key identifier that is no text", header(#"{"alg":"ES256","kid":1}"#), "header"),
    ("extensions that must be understood", header(#"{"alg":"ES256","kid":"e1","crit":["exp"],"exp":1}"#), "header"),
    ("extensions that must be understood, none named", header(#"{"alg":"ES256","crit":[]}"#), "header"),
    ("a token for a log-out", header(#"{"alg":"ES256","typ":"logout+jwt"}"#), "header"),
    ("a type that is no text", header(#"{"alg":"ES256","typ":null}"#), "header"),
    ("a header nested too deep", header(#"{"alg":"ES256","x":[[[[[[[[[]]]]]]]]]}"#), "header"),
    ("a header that is not UTF-8", invalidUTF8Header, "header"),
    ("`alg` none with a signature", header(#"{"alg":"none"}"#), "algorithm"),
    ("`alg` None", header(#"{"alg":"None"}"#), "algorithm"),
    ("`alg` NONE", header(#"{"alg":"NONE"}"#), "algorithm"),
    ("`alg` in lower case", header(#"{"alg":"es256","kid":"e1"}"#), "algorithm"),
    ("`alg` with a space", header(#"{"alg":"ES256 ","kid":"e1"}"#), "algorithm"),
    ("an empty `alg`", header(#"{"alg":"","kid":"e1"}"#), "algorithm"),
    ("`alg` RS256, and no such key", header(#"{"alg":"RS256","kid":"e1"}"#), "key"),
    ("`alg` HS512", header(#"{"alg":"HS512","kid":"h1"}"#), "algorithm"),
    ("`alg` ES384", header(#"{"alg":"ES384","kid":"e1"}"#), "algorithm"),
    ("a key that is unknown", header(#"{"alg":"ES256","kid":"e2"}"#), "key"),
    ("an empty key identifier", header(#"{"alg":"ES256","kid":""}"#), "key"),
    ("a path for a key identifier", header(#"{"alg":"HS256","kid":"../../dev/null"}"#), "key"),
    ("the other algorithm's key", header(#"{"alg":"ES256","kid":"h1"}"#), "key"),
    (
      "the public key as HMAC secret, by its identifier",
      Forge.token(header: #"{"alg":"HS256","kid":"e1"}"#, claims: Forge.claims()) {
        Forge.hs256($0, key: Forge.publicKey)
      }, "key"
    ),
  ]

  static var invalidUTF8Header: String {
    let header = Array(#"{"alg":"ES256","x":""#.utf8) + [0xC0, 0x80] + Array(#""}"#.utf8)
    let message = Forge.encode(header) + "." + Forge.encode(Forge.claims())
    return message + "." + Forge.encode(Forge.es256(message))
  }

  @Test("what its header disqualifies is refused, although it is signed", arguments: headers.indices)
  func refusedHeader(index: Int) throws {
    let (what, token, reason) = ForgedTokenTests.headers[index]
    try expectRefusal(token, reason: reason, what)
  }

  static let signatures: [(what: String, token: String)] = [
    (
      "a signature of another key",
      Forge.token(header: #"{"alg":"ES256","kid":"e1"}"#, claims: Forge.claims()) {
        Forge.es256($0, key: Forge.strangerKey)
      }
    ),
    (
      "a key brought along",
      Forge.token(header: #"{"alg":"ES256","jwk":\#(embeddedKey)}"#, claims: Forge.claims()) {
        Forge.es256($0, key: Forge.strangerKey)
      }
    ),
    (
      "a key to be fetched",
      Forge.token(
        header: #"{"alg":"ES256","jku":"https://evil.example/keys","x5u":"https://evil.example/x"}"#,
        claims: Forge.claims()
      ) { Forge.es256($0, key: Forge.strangerKey) }
    ),
    (
      "the public key as HMAC secret",
      Forge.token(header: #"{"alg":"HS256"}"#, claims: Forge.claims()) {
        Forge.hs256($0, key: Forge.publicKey)
      }
    ),
    (
      "an empty HMAC secret",
      Forge.token(header: #"{"alg":"HS256","kid":"h1"}"#, claims: Forge.claims()) {
        Forge.hs256($0, key: [])
      }
    ),
    ("claims of another token", altered(1) { _ in Forge.encode(Forge.claims(sub: #""mallory""#)) }),
    ("a header of another token", altered(0) { _ in Forge.encode(#"{"kid":"e1","alg":"ES256"}"#) }),
    ("a signature of nothing", altered(2) { _ in Forge.encode(Forge.es256("")) }),
    ("a signature of zeros", altered(2) { _ in Forge.encode([UInt8](repeating: 0, count: 64)) }),
    ("a signature cut short", altered(2) { String($0.prefix(40)) }),
    ("an HMAC cut short", hs256(signature: 31)),
    ("one byte of an HMAC", hs256(signature: 1)),
    ("a signature too long", altered(2) { $0.prefix(84) + "AAAAAAAA" }),
    (
      "an ECDSA signature for HS256",
      Forge.token(header: #"{"alg":"HS256","kid":"h1"}"#, claims: Forge.claims()) {
        Forge.es256($0)
      }
    ),
    (
      "an HMAC for ES256",
      Forge.token(header: #"{"alg":"ES256","kid":"e1"}"#, claims: Forge.claims()) {
        Forge.hs256($0)
      }
    ),
  ]

  static func hs256(signature length: Int) -> String {
    Forge.token(header: #"{"alg":"HS256","kid":"h1"}"#, claims: Forge.claims()) {
      Array(Forge.hs256($0).prefix(length))
    }
  }

  @Test("what is not signed by the key is refused", arguments: signatures.indices)
  func refusedSignature(index: Int) throws {
    let (what, token) = ForgedTokenTests.signatures[index]
    try expectRefusal(token, reason: "signature", what)
  }

  static let payloads: [(what: String, token: String, reason: ByteString)] = [
    ("claims that are no JSON", claims("alice"), "claims"),
    ("claims that are no object", claims(#""alice""#), "claims"),
    ("claims with a comma too many", claims(Forge.claims(more: "")), "claims"),
    ("two subjects", claims(Forge.claims(more: #""sub":"root""#)), "claims"),
    ("no expiry", claims(Forge.claims(exp: nil)), "claims"),
    ("an expiry as text", claims(Forge.claims(exp: #""1700000600""#)), "claims"),
    ("an expiry with an exponent", claims(Forge.claims(exp: "1e99")), "claims"),
    ("an expiry beyond all numbers", claims(Forge.claims(exp: "99999999999999999999")), "claims"),
    ("an expiry that is null", claims(Forge.claims(exp: "null")), "claims"),
    ("an expiry in octal", claims(Forge.claims(exp: "01700000600")), "claims"),
    ("expired this second", claims(Forge.claims(exp: "1700000000")), "expired"),
    ("expired in this second's fraction", claims(Forge.claims(exp: "1700000000.9")), "expired"),
    ("expired before time began", claims(Forge.claims(exp: "-1")), "expired"),
    ("not valid yet", claims(Forge.claims(nbf: "1700000001")), "not yet valid"),
    ("a beginning as text", claims(Forge.claims(nbf: #""1600000000""#)), "claims"),
    ("no issuer", claims(Forge.claims(iss: nil)), "issuer"),
    ("another issuer", claims(Forge.claims(iss: #""https://issuer.example/""#)), "issuer"),
    ("a list of issuers", claims(Forge.claims(iss: #"["https://issuer.example"]"#)), "issuer"),
    ("no audience", claims(Forge.claims(aud: nil)), "audience"),
    ("another audience", claims(Forge.claims(aud: #""shopping""#)), "audience"),
    ("an empty list of audiences", claims(Forge.claims(aud: "[]")), "audience"),
    ("audiences that are not all texts", claims(Forge.claims(aud: #"["shop",1]"#)), "audience"),
    ("no subject", claims(Forge.claims(sub: nil)), "claims"),
    ("an empty subject, as a visitor has", claims(Forge.claims(sub: #""""#)), "claims"),
    ("a subject that is a number", claims(Forge.claims(sub: "17")), "claims"),
    ("a subject with a line feed", claims(Forge.claims(sub: #""a\nb""#)), "claims"),
    ("a subject with a surrogate that is alone", claims(Forge.claims(sub: #""\ud800""#)), "claims"),
    ("a subject too long", claims(Forge.claims(sub: #"""# + String(repeating: "a", count: 257) + #"""#)), "claims"),
    ("roles as text", claims(Forge.claims(roles: #""clerk""#)), "claims"),
    ("roles that are not all texts", claims(Forge.claims(roles: #"["clerk",null]"#)), "claims"),
    ("an empty role", claims(Forge.claims(roles: #"[""]"#)), "claims"),
    (
      "too many roles",
      claims(Forge.claims(roles: "[" + Array(repeating: #""r""#, count: 65).joined(separator: ",") + "]")),
      "claims"
    ),
  ]

  @Test("what is signed, but claims what cannot be accepted, is refused", arguments: payloads.indices)
  func refusedClaims(index: Int) throws {
    let (what, token, reason) = ForgedTokenTests.payloads[index]
    try expectRefusal(token, reason: reason, what)
  }

  @Test("a good token with any one character altered is refused")
  func everyCharacter() throws {
    let fixture = try BearerFixture()
    let token = Array(Forge.hs256Token().utf8)
    for position in token.indices {
      var altered = token
      altered[position] = altered[position] == 0x41 ? 0x42 : 0x41
      let outcome = fixture.send(token: String(decoding: altered, as: UTF8.self), from: UInt8(position % 250))
      #expect(outcome.response?.status == 401, "\(position)")
    }
    #expect(fixture.send(token: String(decoding: token, as: UTF8.self)).response == nil)
  }

  @Test("a good token cut anywhere is refused")
  func everyLength() throws {
    let fixture = try BearerFixture()
    for length in 0..<ForgedTokenTests.good.count {
      let token = String(ForgedTokenTests.good.prefix(length))
      #expect(fixture.send(token: token, from: UInt8(length % 250)).response?.status == 401, "\(length)")
    }
  }

  private func expectRefusal(_ token: String, reason: ByteString, _ what: String) throws {
    let fixture = try BearerFixture()
    let outcome = fixture.send(token: token)
    #expect(outcome.response?.status == 401, "\(what)")
    #expect(outcome.principal.isVisitor, "\(what)")
    #expect(outcome.shownChallenges == ["Bearer realm=\"shop\", error=\"invalid_token\""], "\(what)")
    #expect(outcome.reason == reason, "\(what)")
    #expect(fixture.module.counter("refused") == 1)
    // Not believed the second time, either.
    #expect(fixture.send(token: token).response?.status == 401, "\(what)")
    #expect(fixture.module.counter("verified") == 0)
  }
}
