import Certificates
import Foundation

/// The keys of a JWK set (RFC 7517) that tokens are verified with: P-256 keys for ES256, RSA keys for RS256, `oct`
/// keys for HS256 (RFC 7518, 6.2 to 6.4).
struct VerificationKeySet: Hashable, Sendable {
  /// Why a set cannot be used.
  struct Fault: Error, Hashable {
    /// What is wrong. Never with a part of a key.
    var message: String
    /// What would be right.
    var expected: String
  }

  static let mostKeys = 64

  var keys: [VerificationKey]

  /// Reads a set. Every key in it must be of use: a key that nothing can be verified with is a mistake.
  init(json: Data) throws(Fault) {
    let set: JSONWebKeySet
    do {
      set = try JSONDecoder().decode(JSONWebKeySet.self, from: json)
    } catch {
      throw Fault(message: "there is no JWK set", expected: "a JSON object with `keys`, an array of keys (RFC 7517, 5)")
    }
    guard (1...Self.mostKeys).contains(set.keys.count) else {
      throw Fault(message: "there are \(set.keys.count) keys", expected: "1 to \(Self.mostKeys) keys")
    }
    keys = []
    for (index, key) in set.keys.enumerated() {
      let verified = try Self.read(key, label: key.kid.map { "the key `\($0)`" } ?? "key \(index + 1)")
      guard !keys.contains(where: { $0.id == verified.id }) else {
        throw Fault(message: "there are two keys `\(verified.id)`", expected: "another `kid` for each key")
      }
      keys.append(verified)
    }
  }

  private static func read(_ key: JSONWebKey, label: String) throws(Fault) -> VerificationKey {
    guard let id = key.kid, !id.isEmpty, id.utf8.count <= 128 else {
      throw Fault(message: "\(label) has no usable `kid`", expected: "a `kid` of 1 to 128 bytes, which tokens name")
    }
    if let use = key.use, use != "sig" {
      throw Fault(message: "\(label) is for the use `\(use)`", expected: "`\"use\": \"sig\"`")
    }
    if let operations = key.key_ops, !operations.contains("verify") {
      throw Fault(message: "\(label) is not for verifying", expected: "`verify` among its `key_ops`")
    }
    switch key.kty {
    case "EC":
      guard key.crv == "P-256" else {
        throw Fault(message: "\(label) is not on the curve P-256", expected: "`\"crv\": \"P-256\"`")
      }
      guard key.d == nil else {
        throw Fault(message: "\(label) has its private part", expected: "the public key alone: no `d`")
      }
      try check(key.alg, is: .es256, label: label)
      guard let x = coordinate(key.x), let y = coordinate(key.y) else {
        throw Fault(message: "\(label) is not a point", expected: "`x` and `y`, 32 bytes each in base64url")
      }
      return VerificationKey(id: id, algorithm: .es256, key: [0x04] + x + y)
    case "RSA":
      guard key.d == nil else {
        throw Fault(message: "\(label) has its private part", expected: "the public key alone: no `d`")
      }
      try check(key.alg, is: .rs256, label: label)
      guard let modulus = key.n.flatMap(EncodedBytes.base64URL), let exponent = key.e.flatMap(EncodedBytes.base64URL),
        let encoded = Certificate.PublicKey.rsa(modulus: modulus, exponent: exponent).forVerifyingTokens
      else {
        throw Fault(
          message: "\(label) is not an RSA key of a usable size",
          expected: "`n` of 2048 to 4096 bits and `e` from 65537, odd and of at most 32 bits, in base64url")
      }
      return VerificationKey(id: id, algorithm: .rs256, key: encoded)
    case "oct":
      try check(key.alg, is: .hs256, label: label)
      guard let secret = key.k.flatMap(EncodedBytes.base64URL), (32...512).contains(secret.count) else {
        throw Fault(
          message: "\(label) is not a secret for HS256",
          expected: "`k`, 32 to 512 bytes in base64url (RFC 7518, 3.2)")
      }
      return VerificationKey(id: id, algorithm: .hs256, key: secret)
    default:
      throw Fault(message: "\(label) is of the type `\(key.kty)`", expected: "`EC` with P-256, `RSA`, or `oct`")
    }
  }

  private static func check(
    _ algorithm: String?, is due: VerificationKey.Algorithm, label: String
  ) throws(Fault) {
    if let algorithm, algorithm != due.rawValue {
      throw Fault(message: "\(label) is for the algorithm `\(algorithm)`", expected: "`\(due.rawValue)`")
    }
  }

  private static func coordinate(_ text: String?) -> [UInt8]? {
    guard let bytes = text.flatMap(EncodedBytes.base64URL), bytes.count == 32 else { return nil }
    return bytes
  }
}

/// A JWK set as it is written (RFC 7517, 5).
private struct JSONWebKeySet: Decodable {
  var keys: [JSONWebKey]
}

/// A key as it is written (RFC 7517, 4). Members of other names are passed over, as the standard says.
private struct JSONWebKey: Decodable {
  var kty: String
  var kid: String?
  var use: String?
  var alg: String?
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var key_ops: [String]?
  var crv: String?
  var x: String?
  var y: String?
  var d: String?
  var k: String?
  var n: String?
  var e: String?
}
