import Crypto
import CryptoExtras
public import Foundation

/// The public keys of a transmitter, a JWK set (RFC 7517): P-256 keys for ES256 and RSA keys for RS256 (RFC 7518, 6.2 and
/// 6.3).
public struct TransmitterKeys: Sendable {
  /// Why a set cannot be used.
  public struct Fault: Error, Hashable, Sendable {
    /// What is wrong, and what was expected.
    public var message: String
  }

  enum Key: Sendable {
    case es256(P256.Signing.PublicKey)
    case rs256(_RSA.Signing.PublicKey)

    /// The algorithm's name (RFC 7518, 3.1).
    var algorithm: String {
      switch self {
      case .es256: "ES256"
      case .rs256: "RS256"
      }
    }
  }

  static let mostKeys = 64

  /// The keys by identifier. A set of one key may leave its identifier out.
  let keys: [String?: Key]

  /// Reads a set. Every key in it must be of use: a key that nothing can be verified with is a mistake.
  public init(json: Data) throws(Fault) {
    guard let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any],
      let list = object["keys"] as? [[String: Any]]
    else {
      throw Fault(message: "there is no JWK set, expected a JSON object with `keys`, an array of keys (RFC 7517, 5)")
    }
    guard (1...Self.mostKeys).contains(list.count) else {
      throw Fault(message: "there are \(list.count) keys, expected 1 to \(Self.mostKeys)")
    }
    var keys: [String?: Key] = [:]
    for (index, written) in list.enumerated() {
      let id = written["kid"] as? String
      let label = id.map { "the key `\($0)`" } ?? "key \(index + 1)"
      guard id != nil || list.count == 1 else {
        throw Fault(message: "\(label) has no `kid`, expected one that tokens name it by")
      }
      guard keys.updateValue(try Self.read(written, label), forKey: id) == nil else {
        throw Fault(message: "there are two keys `\(id ?? "")`, expected another `kid` for each key")
      }
    }
    self.keys = keys
  }

  private static func read(_ key: [String: Any], _ label: String) throws(Fault) -> Key {
    for secret in ["d", "p", "q", "k"] where key[secret] != nil {
      throw Fault(message: "\(label) has its private part, expected the public key alone")
    }
    if let use = key["use"] as? String, use != "sig" {
      throw Fault(message: "\(label) is for the use `\(use)`, expected `sig`")
    }
    func bytes(_ name: String) -> Data? { (key[name] as? String).flatMap(Base64URL.decode) }
    let read: Key
    switch key["kty"] as? String {
    case "EC":
      guard key["crv"] as? String == "P-256", let x = bytes("x"), let y = bytes("y"), x.count == 32, y.count == 32,
        let point = try? P256.Signing.PublicKey(rawRepresentation: x + y)
      else { throw Fault(message: "\(label) is no point of P-256, expected `crv`, `x` and `y`") }
      read = .es256(point)
    case "RSA":
      guard let modulus = bytes("n"), let exponent = bytes("e"),
        let rsa = try? _RSA.Signing.PublicKey(n: modulus, e: exponent), rsa.keySizeInBits >= 2048
      else { throw Fault(message: "\(label) is no RSA key of 2048 bits or more, expected `n` and `e`") }
      read = .rs256(rsa)
    case let type:
      throw Fault(message: "\(label) is of the type `\(type ?? "")`, expected `EC` with P-256, or `RSA`")
    }
    if let algorithm = key["alg"] as? String, algorithm != read.algorithm {
      throw Fault(message: "\(label) is for the algorithm `\(algorithm)`, expected `\(read.algorithm)`")
    }
    return read
  }
}

extension TransmitterKeys.Key {
  /// Whether a signature over bytes is this key's (RFC 7518, 3.3 and 3.4).
  func verifies(_ signature: Data, over signed: Data) -> Bool {
    switch self {
    case .es256(let key):
      guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
      return key.isValidSignature(signature, for: signed)
    case .rs256(let key):
      return key.isValidSignature(
        _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: signed),
        padding: .insecurePKCS1v1_5)
    }
  }
}

/// Base64url without padding (RFC 7515, 2).
enum Base64URL {
  /// The bytes that a text stands for; nil where it has other characters, padding among them.
  static func decode(_ text: String) -> Data? {
    guard text.utf8.allSatisfy(isDigit) else { return nil }
    let padded = text.utf8.count % 4 == 0 ? "" : String(repeating: "=", count: 4 - text.utf8.count % 4)
    return Data(
      base64Encoded: text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/") + padded)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
    default: false
    }
  }
}
