import Interchange
import LibraryOS

/// Somebody who may prove who they are with a password, of which only a slow hash is known here.
struct Account: Equatable, Sendable {
  /// The user-id of RFC 7617, without colon.
  var name: ByteString
  /// The salt of PBKDF2.
  var salt: [UInt8]
  /// The iterations of PBKDF2.
  var iterations: Int
  /// PBKDF2-HMAC-SHA-256 of the password, 32 bytes.
  var hash: [UInt8]
  /// What the account may act as.
  var roles: [ByteString]

  /// Reads one item of the parameter `accounts`.
  init(_ value: ParameterValue) throws(ParameterFault) {
    guard case .map(let fields) = value else {
      throw Account.fault("a map with name, salt, iterations, hash and roles")
    }
    for field in fields {
      guard
        field.name == "name" || field.name == "salt" || field.name == "iterations" || field.name == "hash"
          || field.name == "roles"
      else { throw Account.fault("no fields but name, salt, iterations, hash and roles") }
    }
    guard fields.count == 5 else { throw Account.fault("name, salt, iterations, hash and roles, each once") }
    guard let name = value["name"]?.textValue, !name.isEmpty, name.count <= 256, name.isPrintable,
      !name.bytes.contains(0x3A)
    else { throw Account.fault("a name of 1 to 256 bytes without colon and control characters") }
    guard let salt = value["salt"]?.bytesValue, salt.count >= 8, salt.count <= 256 else {
      throw Account.fault("a salt of 8 to 256 bytes")
    }
    guard let iterations = value["iterations"]?.integerValue, iterations >= 1, iterations <= 10_000_000 else {
      throw Account.fault("iterations from 1 to 10000000")
    }
    guard let hash = value["hash"]?.bytesValue, hash.count == 32 else { throw Account.fault("a hash of 32 bytes") }
    guard let roles = value["roles"]?.listValue, roles.count <= 256 else {
      throw Account.fault("roles as a list of at most 256 texts")
    }
    self.name = name
    self.salt = salt
    self.iterations = Int(iterations)
    self.hash = hash
    self.roles = []
    for role in roles {
      guard let role = role.textValue, !role.isEmpty, role.isPrintable else {
        throw Account.fault("roles that are not empty and have no control characters")
      }
      self.roles.append(role)
    }
  }

  static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("basic-authentication.accounts", expected: expected)
  }
}

/// What a client shows: `user-id:password` (RFC 7617, section 2), decoded.
struct UserPassword: Equatable, Sendable {
  /// What comes before the first colon.
  var name: ByteString
  /// What comes after it.
  var password: [UInt8]

  /// Longer credentials are refused, in bytes.
  static let maximumLength = 1024

  /// Takes decoded credentials apart; `nil` if they have no colon, no user, control characters or too many bytes.
  init?(_ decoded: [UInt8]) {
    guard decoded.count <= UserPassword.maximumLength, ByteString(decoded).isPrintable,
      let colon = decoded.firstIndex(of: 0x3A), colon > 0
    else { return nil }
    name = ByteString(decoded[..<colon])
    password = Array(decoded[(colon + 1)...])
  }
}
