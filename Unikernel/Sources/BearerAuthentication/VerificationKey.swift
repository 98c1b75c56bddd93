import Cryptography
import Interchange
import LibraryOS

/// A key that tokens are verified with. The algorithm belongs to the key; a token cannot choose it (RFC 8725, 3.1).
struct VerificationKey: Equatable, Sendable {
  /// How a token is signed (RFC 7518, section 3.1).
  enum Algorithm: Sendable {
    /// ECDSA on P-256 with SHA-256.
    case es256
    /// RSA with PKCS #1 v1.5 and SHA-256.
    case rs256
    /// HMAC with SHA-256.
    case hs256

    /// The algorithm of that name, which is compared exactly.
    init?(_ name: ByteString) {
      switch name {
      case "ES256": self = .es256
      case "RS256": self = .rs256
      case "HS256": self = .hs256
      default: return nil
      }
    }
  }

  /// The key's identifier: the header parameter `kid`.
  var id: ByteString
  /// What it verifies.
  var algorithm: Algorithm
  /// What verifies it.
  var material: Material

  /// A key, of the kind that its algorithm needs.
  enum Material: Equatable, Sendable {
    /// A point of 65 bytes.
    case point([UInt8])
    /// A modulus with its exponent.
    case rsa(RSAPublicKey)
    /// A secret.
    case secret([UInt8])
  }

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
      throw VerificationKey.fault("algorithm ES256, RS256 or HS256")
    }
    guard let key = value["key"]?.bytesValue else { throw VerificationKey.fault("key as bytes") }
    switch algorithm {
    case .es256:
      guard P256.isValidPublicKey(key) else {
        throw VerificationKey.fault("for ES256 an uncompressed point of P-256, 65 bytes")
      }
      material = .point(key)
    case .rs256:
      guard let key = RSAPublicKey(der: key) else {
        throw VerificationKey.fault("for RS256 an RSAPublicKey in DER, of 2048 to 4096 bits")
      }
      material = .rsa(key)
    case .hs256:
      // RFC 7518, 3.2: at least as long as the hash.
      guard key.count >= 32, key.count <= 1024 else {
        throw VerificationKey.fault("for HS256 a secret of 32 to 1024 bytes")
      }
      material = .secret(key)
    }
    self.id = id
    self.algorithm = algorithm
  }

  /// Whether `signature` is this key's for `message`.
  func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    switch material {
    case .point(let point): P256.isValidSignature(signature, of: message, publicKey: point)
    case .rsa(let key): key.isValidSignature(signature, of: message)
    case .secret(let secret): constantTimeEquals(HMACSHA256.code(key: secret, message: message), signature)
    }
  }

  static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("bearer-authentication.keys", expected: expected)
  }
}
