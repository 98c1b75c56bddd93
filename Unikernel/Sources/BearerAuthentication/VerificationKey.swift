import Cryptography
import Interchange
import LibraryOS

/// A key that tokens are verified with. The algorithm belongs to the key; a token cannot choose it (RFC 8725, 3.1).
struct VerificationKey: Equatable, Sendable {
  /// How a token is signed (RFC 7518, section 3.1).
  enum Algorithm: Sendable {
    /// ECDSA on P-256 with SHA-256.
    case es256
    /// HMAC with SHA-256.
    case hs256

    /// The algorithm of that name, which is compared exactly.
    init?(_ name: ByteString) {
      switch name {
      case "ES256": self = .es256
      case "HS256": self = .hs256
      default: return nil
      }
    }
  }

  /// The key's identifier: the header parameter `kid`.
  var id: ByteString
  /// What it verifies.
  var algorithm: Algorithm
  /// A point of 65 bytes, or a secret.
  var key: [UInt8]

  /// Reads one item of the parameter `keys`.
  init(_ value: ParameterValue) throws(ParameterFault) {
    guard case .map(let fields) = value else { throw VerificationKey.fault("a map with id, algorithm and key") }
    for field in fields {
      guard field.name == "id" || field.name == "algorithm" || field.name == "key" else {
        throw VerificationKey.fault("no fields but id, algorithm and key")
      }
    }
    guard fields.count == 3 else { throw VerificationKey.fault("id, algorithm and key, each once") }
    guard let id = value["id"]?.textValue, !id.isEmpty, id.count <= 256 else {
      throw VerificationKey.fault("an id of 1 to 256 bytes")
    }
    guard let name = value["algorithm"]?.textValue, let algorithm = Algorithm(name) else {
      throw VerificationKey.fault("algorithm ES256 or HS256")
    }
    guard let key = value["key"]?.bytesValue else { throw VerificationKey.fault("key as bytes") }
    switch algorithm {
    case .es256:
      guard P256.isValidPublicKey(key) else {
        throw VerificationKey.fault("for ES256 an uncompressed point of P-256, 65 bytes")
      }
    case .hs256:
      // RFC 7518, 3.2: at least as long as the hash.
      guard key.count >= 32, key.count <= 1024 else {
        throw VerificationKey.fault("for HS256 a secret of 32 to 1024 bytes")
      }
    }
    self.id = id
    self.algorithm = algorithm
    self.key = key
  }

  /// Whether `signature` is this key's for `message`.
  func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    switch algorithm {
    case .es256: P256.isValidSignature(signature, of: message, publicKey: key)
    case .hs256: constantTimeEquals(HMACSHA256.code(key: key, message: message), signature)
    }
  }

  static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("bearer-authentication.keys", expected: expected)
  }
}
