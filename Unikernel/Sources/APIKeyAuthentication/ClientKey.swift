import Cryptography
import Interchange
import LibraryOS

/// A key of a program, of which only a salted hash is known here. Several may be of one client.
struct ClientKey: Equatable, Sendable {
  /// What comes before the dot of a key. It is no secret.
  var id: ByteString
  /// Whose key it is.
  var client: ByteString
  /// The key of HMAC.
  var salt: [UInt8]
  /// HMAC-SHA-256 of what comes after the dot.
  var hash: [UInt8]
  /// What the client may act as.
  var roles: [ByteString]

  /// Reads one item of the parameter `keys`.
  init(_ value: ParameterValue) throws(ParameterFault) {
    guard case .map(let fields) = value, fields.count == 5 else {
      throw ClientKey.fault("a map with id, client, salt, hash and roles, each once")
    }
    guard let id = value["id"]?.textValue, ShownKey.isIdentifier(id) else {
      throw ClientKey.fault("an id of 1 to 64 letters, digits, - and _")
    }
    guard let client = value["client"]?.textValue, !client.isEmpty, client.count <= 256, client.isPrintable else {
      throw ClientKey.fault("a client of 1 to 256 bytes without control characters")
    }
    guard let salt = value["salt"]?.bytesValue, salt.count >= 8, salt.count <= 64 else {
      throw ClientKey.fault("a salt of 8 to 64 bytes")
    }
    guard let hash = value["hash"]?.bytesValue, hash.count == HMACSHA256.codeLength else {
      throw ClientKey.fault("a hash of 32 bytes")
    }
    guard let roles = value["roles"]?.listValue, roles.count <= 256 else {
      throw ClientKey.fault("roles as a list of at most 256 texts")
    }
    self.id = id
    self.client = client
    self.salt = salt
    self.hash = hash
    self.roles = []
    for role in roles {
      guard let role = role.textValue, !role.isEmpty, role.isPrintable else {
        throw ClientKey.fault("roles that are not empty and have no control characters")
      }
      self.roles.append(role)
    }
  }

  static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("api-key-authentication.keys", expected: expected)
  }
}

extension [ClientKey] {
  /// The key of that identifier, in a list that is sorted by it.
  func identified(by id: ByteString) -> ClientKey? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].id == id ? self[low] : nil
  }
}

/// What a client shows, `ID.SECRET`, taken apart.
struct ShownKey {
  /// What comes before the dot.
  var id: ByteString
  /// What comes after it.
  var secret: [UInt8]

  /// A shorter secret could be guessed and is refused, whatever its hash: 32 characters, such as 24 random bytes in base64.
  static let minimumSecret = 32
  /// A longer one is refused.
  static let maximumSecret = 256

  /// Takes a key apart; `nil` if it has not that form.
  init?(_ text: ByteString) {
    guard text.count <= 64 + 1 + ShownKey.maximumSecret, let dot = text.bytes.firstIndex(of: 0x2E) else { return nil }
    id = ByteString(text.bytes[..<dot])
    secret = Array(text.bytes[(dot + 1)...])
    guard ShownKey.isIdentifier(id), secret.count >= ShownKey.minimumSecret, secret.count <= ShownKey.maximumSecret
    else { return nil }
  }

  static func isIdentifier(_ text: ByteString) -> Bool {
    for byte in text.bytes {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: continue
      default: return false
      }
    }
    return !text.isEmpty && text.count <= 64
  }
}
