import ArgumentParser
import ControlPlane
import Crypto
import Foundation

/// Signs what services accept as identity; not to be mixed up with the tokens of the API (`AccessTokenCommands`).
struct SignToken: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Signs a bearer token (JWT, ES256), for trying a service out without an identity provider.",
    discussion: """
      Example: testudo token sign --key Examples/portal/token-key.pem --key-id portal-2026 \\
        --issuer https://id.example --audience portal --subject carl --role clerk
      """)

  @Option(help: "A P-256 private key in PEM.")
  var key: String

  @Option(help: "The key's identifier.")
  var keyId: String

  @Option(help: "Who issues it.")
  var issuer: String

  @Option(help: "Whom it is meant for.")
  var audience: String?

  @Option(help: "Whom it is about.")
  var subject: String

  @Option(help: "A role of theirs. Repeatable.")
  var role: [String] = []

  @Option(help: "For how many seconds it is valid.")
  var lifetime = 3600

  private struct Header: Encodable {
    var alg = "ES256"
    var typ = "JWT"
    var kid: String
  }

  private struct Claims: Encodable {
    var iss: String
    var aud: String?
    var sub: String
    var roles: [String]
    var iat: Int
    var exp: Int
  }

  func run() throws {
    guard let data = FileManager.default.contents(atPath: key),
      let signer = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: data, as: UTF8.self))
    else {
      throw Problem(
        type: "urn:testudo:input", title: "Unreadable key", status: 422,
        detail: "\(key): expected a P-256 private key in PEM", kind: .input)
    }
    let now = Int(Date().timeIntervalSince1970)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let header = try encoder.encode(Header(kid: keyId))
    let claims = try encoder.encode(
      Claims(iss: issuer, aud: audience, sub: subject, roles: role, iat: now, exp: now + lifetime))
    let signed = SignToken.base64URL(header) + "." + SignToken.base64URL(claims)
    let signature = try signer.signature(for: Data(signed.utf8))
    print(signed + "." + SignToken.base64URL(signature.rawRepresentation))
  }

  /// Base 64 for URLs, without padding (RFC 4648, 5).
  static func base64URL(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}
