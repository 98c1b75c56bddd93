import TOSCA

/// What can be due to a resource. It says what, never how: the catalogue knows which modules satisfy it.
public enum Protection: Hashable, Sendable, Codable {
  /// Only declared flows pass.
  case filtering(Filtering)
  /// A bound on how often requests are answered.
  case rateLimit(RateLimit)
  /// Whoever asks is identified.
  case authentication(Authentication)
  /// A policy decides who may do what.
  case authorization(Authorization)
  /// Traffic is encrypted.
  case transportSecurity(TransportSecurity)
  /// What is passed on to a backend is encrypted, and the backend proves who it is.
  case backendSecurity(BackendSecurity)
  /// Decisions are reported.
  case audit(Audit)
  /// The image stays within bounds.
  case surfaceBudget(SurfaceBudget)
  /// The image is replaced after a time.
  case lifetime(Lifetime)
  /// The memory of running instances is held against the image.
  case runtimeIntegrity(RuntimeIntegrity)

  /// The kind's name, as in the TOSCA type (`Filtering`) and in messages.
  public var kind: String {
    switch self {
    case .filtering: "filtering"
    case .rateLimit: "rate limit"
    case .authentication: "authentication"
    case .authorization: "authorization"
    case .transportSecurity: "transport security"
    case .backendSecurity: "backend security"
    case .audit: "audit"
    case .surfaceBudget: "surface budget"
    case .lifetime: "lifetime"
    case .runtimeIntegrity: "runtime integrity"
    }
  }
}

/// Which flows pass; all else is dropped.
public struct Filtering: Hashable, Sendable, Codable {
  /// Which flows the topology opens.
  public enum Flows: String, Hashable, Sendable, Codable {
    /// Those of `ConnectsTo` relationships and of public endpoints.
    case declared
    /// None: the resource is cut off.
    case none
  }

  /// Which flows the topology opens.
  public var flows: Flows
  /// Networks in CIDR form that may reach the endpoint besides.
  public var allowedSources: [String]
  /// Whether the resource answers ICMP echo.
  public var allowsPing: Bool

  /// Which flows pass.
  public init(flows: Flows, allowedSources: [String] = [], allowsPing: Bool = false) {
    self.flows = flows
    self.allowedSources = allowedSources
    self.allowsPing = allowsPing
  }
}

/// A token bucket per source address, and how many connections one may have.
public struct RateLimit: Hashable, Sendable, Codable {
  /// Requests that refill the bucket in each interval.
  public var requests: Int
  /// The interval in milliseconds.
  public var intervalMilliseconds: Int
  /// What the bucket holds.
  public var burst: Int
  /// Path prefixes the limit applies to; `["/"]` for all.
  public var paths: [String]
  /// The connections that a source may have open at once; nil: as many as its share is.
  public var connections: Int?

  /// A token bucket per source address.
  public init(requests: Int, intervalMilliseconds: Int, burst: Int, paths: [String], connections: Int? = nil) {
    self.connections = connections
    self.requests = requests
    self.intervalMilliseconds = intervalMilliseconds
    self.burst = burst
    self.paths = paths
  }
}

/// How whoever asks is identified.
public struct Authentication: Hashable, Sendable, Codable {
  /// The protection space (RFC 9110, 11.5).
  public var realm: String
  /// What must be shown.
  public var scheme: Scheme

  /// What must be shown.
  public enum Scheme: Hashable, Sendable, Codable {
    /// A name and a password (RFC 7617), kept as PBKDF2 hashes.
    case basic(accounts: [Account])
    /// A signed token (RFC 6750, RFC 7519).
    case bearer(Tokens)
  }

  /// An authentication requirement.
  public init(realm: String, scheme: Scheme) {
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

  /// What signed tokens must have.
  public init(issuer: String, audience: String? = nil, keys: [VerificationKey], leewaySeconds: Int = 0) {
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

/// Cedar policies that decide each request.
public struct Authorization: Hashable, Sendable, Codable {
  /// The policy files, relative to the service's root.
  public var policyFiles: [String]
  /// The schema file, relative to the service's root.
  public var schemaFile: String?
  /// For how many seconds the policies hold without a word of the control plane; then all is denied until it is there
  /// again. Nil: for ever.
  public var leaseSeconds: Int?
  /// Where the decision is made; `nil` for in the image, with the policies of the files.
  public var remote: RemoteDecision?

  /// That the tenant's decision point decides.
  public struct RemoteDecision: Hashable, Sendable, Codable {
    /// How long a request waits for the answer, in milliseconds; without one it is refused.
    public var deadlineMilliseconds: Int
    /// For how long an answer is used again at most, in milliseconds.
    public var cacheMilliseconds: Int

    /// That the tenant's decision point decides.
    public init(deadlineMilliseconds: Int, cacheMilliseconds: Int) {
      self.deadlineMilliseconds = deadlineMilliseconds
      self.cacheMilliseconds = cacheMilliseconds
    }
  }

  /// An authorization requirement.
  public init(
    policyFiles: [String], schemaFile: String?, leaseSeconds: Int? = nil, remote: RemoteDecision? = nil
  ) {
    self.policyFiles = policyFiles
    self.schemaFile = schemaFile
    self.leaseSeconds = leaseSeconds
    self.remote = remote
  }
}

/// Reports of decisions.
public struct Audit: Hashable, Sendable, Codable {
  /// The lowest severity that is reported: 1 informational to 4 high.
  public var minimumSeverity: Int

  /// Reports of decisions.
  public init(minimumSeverity: Int) {
    self.minimumSeverity = minimumSeverity
  }
}

/// Bounds on the image.
public struct SurfaceBudget: Hashable, Sendable, Codable {
  /// The most bytes the image may have.
  public var maximumImageBytes: Int?
  /// The most system calls it may use.
  public var maximumSystemCalls: Int?

  /// Bounds on the image.
  public init(maximumImageBytes: Int?, maximumSystemCalls: Int?) {
    self.maximumImageBytes = maximumImageBytes
    self.maximumSystemCalls = maximumSystemCalls
  }
}

/// A bound on how long an instance lives before a fresh one takes its place.
public struct Lifetime: Hashable, Sendable, Codable {
  /// The longest life, in seconds.
  public var seconds: Int

  /// A bound on life.
  public init(seconds: Int) {
    self.seconds = seconds
  }
}
