import Foundation
import Testing

/// An identity provider with RSA keys, as most have, made for one test.
struct TokenIssuer {
  let folder: URL

  /// Makes a key of that name with `openssl`.
  func makeKey(_ name: String, bits: Int = 2048) async throws {
    let outcome = try await openssl("genrsa", "-out", file(name), "\(bits)")
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  /// The JWK of a key (RFC 7518, 6.3).
  func jwk(_ name: String) async throws -> String {
    let shown = try await openssl("rsa", "-in", file(name), "-noout", "-modulus")
    let hexadecimal = try #require(shown.output.split(separator: "=").last).trimmingCharacters(in: .newlines)
    var modulus: [UInt8] = []
    var digits = Substring(hexadecimal)
    while digits.count >= 2 {
      modulus.append(try #require(UInt8(digits.prefix(2), radix: 16)))
      digits = digits.dropFirst(2)
    }
    return
      #"{"kty":"RSA","kid":"\#(name)","use":"sig","alg":"RS256","n":"\#(TokenIssuer.encode(Data(modulus)))","e":"AQAB"}"#
  }

  /// A token in compact form, signed by a key with SHA-256.
  func token(
    _ key: String, header: String? = nil, subject: String = "carl", role: String = "clerk",
    issuer: String = "https://id.example", audience: String = #""portal""#, lifetime: Int = 600
  ) async throws -> String {
    let now = Int(Date().timeIntervalSince1970)
    let claims =
      #"{"iss":"\#(issuer)","aud":\#(audience),"sub":"\#(subject)","roles":["\#(role)"],"exp":\#(now + lifetime)}"#
    let header = header ?? #"{"alg":"RS256","kid":"\#(key)","typ":"JWT"}"#
    let message = TokenIssuer.encode(Data(header.utf8)) + "." + TokenIssuer.encode(Data(claims.utf8))
    return message + "." + TokenIssuer.encode(try await signature(of: message, by: key))
  }

  private func signature(of message: String, by key: String) async throws -> Data {
    let (input, output) = (folder.appending(path: "message"), folder.appending(path: "signature"))
    try message.write(to: input, atomically: false, encoding: .utf8)
    let outcome = try await openssl("dgst", "-sha256", "-sign", file(key), "-out", output.path, input.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try Data(contentsOf: output)
  }

  private func file(_ name: String) -> String { folder.appending(path: "\(name).pem").path }

  private func openssl(_ arguments: String...) async throws -> Outcome {
    try await Command.run(Testbed.path(of: "openssl") ?? "openssl", arguments, deadline: 60)
  }

  static func encode(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}

/// Bearer tokens at the portal, whose orders are for those with tokens at every level here.
@Suite("Bearer tokens", .serialized, .realUnikernels)
struct TokenTests {
  /// The portal with tokens due from the start, and some seconds of leeway.
  static func template(_ text: String) -> String {
    text.replacing(
      "requires: [ declared_flows, passwords, order_rules ]", with: "requires: [ declared_flows, tokens, order_rules ]"
    )
    .replacing("          keys: keys.json\n", with: "          keys: keys.json\n          leeway: 20 s\n")
  }

  @Test("signed with RS256 are accepted; forged and malformed ones are not, whatever they claim")
  func rs256() async throws {
    try await Portal.up(changing: TokenTests.template) { portal in
      let issuer = TokenIssuer(folder: portal.folder)
      try await issuer.makeKey("first")
      try await issuer.makeKey("stranger")
      let secret = TokenIssuer.encode(Data("a shared secret of at least 32 bytes, no less".utf8))
      let set = #"{"keys":[\#(try await issuer.jwk("first")),{"kty":"oct","kid":"shared","k":"\#(secret)"}]}"#
      try portal.edit("keys.json") { _ in set }
      let up = try await portal.up()
      try #require(up.status == 0, "\(up.errors)")
      let order = "\(try await portal.url())/orders/17"

      let good = try await issuer.token("first")
      #expect(try await Client.request("PUT", order, as: .token(good), body: "wine").status == 201)
      let several = try await issuer.token("first", subject: "rita", role: "reader", audience: #"["other","portal"]"#)
      #expect(try await Client.request("GET", order, as: .token(several)).body == "wine")
      #expect(try await Client.request("PUT", order, as: .token(several), body: "x").status == 403)
      // The clock of the issuer goes after the image's by less than the leeway.
      #expect(
        try await Client.request("GET", order, as: .token(try await issuer.token("first", lifetime: -5))).status == 200)

      let parts = good.split(separator: ".").map(String.init)
      let stripped = TokenIssuer.encode(Data(#"{"alg":"none"}"#.utf8)) + "." + parts[1] + "."
      let forged: [(what: String, token: String)] = [
        ("another key", try await issuer.token("stranger", header: #"{"alg":"RS256","kid":"first"}"#)),
        ("an unknown key", try await issuer.token("stranger")),
        ("no algorithm", stripped),
        ("no algorithm, with a signature", stripped + parts[2]),
        ("the key of another algorithm", try await issuer.token("first", header: #"{"alg":"RS256","kid":"shared"}"#)),
        ("the algorithm of another key", try await issuer.token("first", header: #"{"alg":"HS256","kid":"first"}"#)),
        ("a signature for HS256", try await issuer.token("first", header: #"{"alg":"HS256","kid":"shared"}"#)),
        ("an algorithm that is not served", try await issuer.token("first", header: #"{"alg":"RS512","kid":"first"}"#)),
        ("an extension", try await issuer.token("first", header: #"{"alg":"RS256","kid":"first","crit":["x"],"x":1}"#)),
        ("another issuer", try await issuer.token("first", issuer: "https://evil.example")),
        ("another audience", try await issuer.token("first", audience: #""shop""#)),
        ("expired", try await issuer.token("first", lifetime: -60)),
        ("claims of another token", parts[0] + "." + several.split(separator: ".")[1] + "." + parts[2]),
        ("cut short", String(good.dropLast(4))),
        ("no claims", parts[0] + ".." + parts[2]),
      ]
      for (what, token) in forged {
        let answer = try await Client.request("GET", order, as: .token(token))
        #expect(answer.status == 401, "\(what): \(answer.status)")
        #expect(answer.headers["www-authenticate"]?.contains("error=\"invalid_token\"") == true, "\(what)")
      }
      #expect(try await Client.request("GET", order, as: .token(good)).status == 200)
    }
  }

  @Test("are verified with the old and the new key while one takes the other's place: no request fails")
  func rotation() async throws {
    try await Portal.up(changing: TokenTests.template) { portal in
      let issuer = TokenIssuer(folder: portal.folder)
      for name in ["old", "new"] { try await issuer.makeKey(name) }
      let (old, new) = (try await issuer.jwk("old"), try await issuer.jwk("new"))
      func publish(_ keys: String...) async throws {
        try portal.edit("keys.json") { _ in "{\"keys\":[\(keys.joined(separator: ","))]}" }
        let up = try await portal.up()
        try #require(up.status == 0, "\(up.errors)")
      }
      try await publish(old)
      let order = "\(try await portal.url())/orders"
      let (before, after) = (try await issuer.token("old"), try await issuer.token("new"))
      let instance = try await portal.unikernel("storefront").pid
      #expect(try await Client.request("GET", order, as: .token(after)).status == 401)

      let statuses = try await Crowd.gathered { crowd in
        await crowd.add("old", order, "-H", "Authorization: Bearer \(before)")
        try await publish(old, new)
        await crowd.add("new", order, "-H", "Authorization: Bearer \(after)")
        let isUnderWay = try await eventually { await crowd.count > 400 }
        #expect(isUnderWay)
        return try await crowd.stop()
      }
      #expect(statuses["old"].map { Set($0.keys) } == ["200"], "\(statuses)")
      #expect(statuses["new"].map { Set($0.keys) } == ["200"], "\(statuses)")

      try await publish(new)
      #expect(try await Client.request("GET", order, as: .token(before)).status == 401)
      #expect(try await Client.request("GET", order, as: .token(after)).status == 200)
      // It was a push, not another instance.
      #expect(try await portal.unikernel("storefront").pid == instance)
    }
  }
}
