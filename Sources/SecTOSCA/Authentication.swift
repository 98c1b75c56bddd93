/// How whoever asks is identified.
public struct Authentication: Hashable, Sendable, Codable {
  /// The protection space (RFC 9110, 11.5); nil where the scheme has no challenge of its own.
  public var realm: String?
  /// What must be shown.
  public var scheme: Scheme

  /// What must be shown.
  public enum Scheme: Hashable, Sendable, Codable {
    /// A name and a password (RFC 7617), kept as PBKDF2 hashes.
    case basic(accounts: [Account])
    /// A signed token (RFC 6750, RFC 7519).
    case bearer(Tokens)
    /// A key, in a header field or in the query.
    case apiKey(APIKeys)
    /// A certificate, which TLS asks for.
    case certificate
    /// One of these, whichever is shown; of several that are shown, the first.
    case anyOf([Authentication])

    /// The name in templates.
    public var name: String {
      switch self {
      case .basic: "basic"
      case .bearer: "bearer"
      case .apiKey: "api_key"
      case .certificate: "certificate"
      case .anyOf: "any_of"
      }
    }
  }

  /// The ways in, in their order: this one, or those of which any will do.
  public var ways: [Authentication] {
    if case .anyOf(let members) = scheme { members.flatMap(\.ways) } else { [self] }
  }

  /// An authentication requirement.
  public init(realm: String?, scheme: Scheme) {
    self.realm = realm
    self.scheme = scheme
  }
}

/// Who may come in with a password.
public struct Account: Hashable, Sendable, Codable {
  /// The user's name.
  public var name: String
  /// The salt.
  public var salt: [UInt8]
  /// The iterations of PBKDF2-HMAC-SHA-256.
  public var iterations: Int
  /// The derived key, 32 bytes.
  public var hash: [UInt8]
  /// The roles the user has.
  public var roles: [String]

  /// An account.
  public init(name: String, salt: [UInt8], iterations: Int, hash: [UInt8], roles: [String]) {
    self.name = name
    self.salt = salt
    self.iterations = iterations
    self.hash = hash
    self.roles = roles
  }
}

/// What signed tokens must have.
public struct Tokens: Hashable, Sendable, Codable {
  /// The `iss` that they must have.
  public var issuer: String
  /// The `aud` that they must have; nil: any.
  public var audience: String?
  /// What they are verified with.
  public var keys: [VerificationKey]
  /// How far the issuer's clock may be from the image's, in seconds.
  public var leewaySeconds: Int
  /// Subjects whose tokens are not accepted, whoever signed them.
  public var revokedSubjects: [String]

  /// What signed tokens must have.
  public init(
    issuer: String, audience: String? = nil, keys: [VerificationKey], leewaySeconds: Int = 0,
    revokedSubjects: [String] = []
  ) {
    self.revokedSubjects = revokedSubjects
    self.issuer = issuer
    self.audience = audience
    self.keys = keys
    self.leewaySeconds = leewaySeconds
  }
}

/// A key that tokens are verified with.
public struct VerificationKey: Hashable, Sendable, Codable {
  /// The algorithm the key is for, and no other (RFC 8725, 3.1).
  public enum Algorithm: String, Hashable, Sendable, Codable {
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// RSA with PKCS #1 v1.5 and SHA-256.
    case rs256 = "RS256"
    /// HMAC with SHA-256.
    case hs256 = "HS256"
  }

  /// The key's identifier (`kid`).
  public var id: String
  /// What it is for.
  public var algorithm: Algorithm
  /// An uncompressed point of 65 bytes for ES256; an RSAPublicKey in DER for RS256; the secret for HS256.
  public var key: [UInt8]

  /// A verification key.
  public init(id: String, algorithm: Algorithm, key: [UInt8]) {
    self.id = id
    self.algorithm = algorithm
    self.key = key
  }
}

/// Keys of programs, of which only hashes are known.
public struct APIKeys: Hashable, Sendable, Codable {
  /// The header field that a key is shown in, in lower case; nil: in none.
  public var header: String?
  /// The parameter of the query that a key is shown in; nil: in none.
  public var query: String?
  /// The keys.
  public var keys: [APIKey]

  /// What a key is shown in unless a template says otherwise.
  public static let usualHeader = "x-api-key"

  /// Keys of programs.
  public init(header: String?, query: String?, keys: [APIKey]) {
    self.header = header
    self.query = query
    self.keys = keys
  }
}

/// One key of a program: what is shown is `ID.SECRET`.
public struct APIKey: Hashable, Sendable, Codable {
  /// What comes before the dot. It is no secret.
  public var id: String
  /// Whose it is: the principal's name. A client can have several keys, so that one can take another's place.
  public var client: String
  /// The salt, the key of HMAC.
  public var salt: [UInt8]
  /// HMAC-SHA-256 of the secret under the salt, 32 bytes.
  public var hash: [UInt8]
  /// The roles the client has.
  public var roles: [String]

  /// A key.
  public init(id: String, client: String, salt: [UInt8], hash: [UInt8], roles: [String]) {
    self.id = id
    self.client = client
    self.salt = salt
    self.hash = hash
    self.roles = roles
  }
}
