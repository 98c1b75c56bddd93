import TOSCA

/// What can be due to a resource. It says what, never how: the catalogue knows which modules satisfy it.
public enum Protection: Hashable, Sendable, Codable {
  /// Only declared flows pass.
  case filtering(Filtering)
  /// Requests that rules refuse do not get in.
  case requestFilter(RequestFilter)
  /// A bound on how often requests are answered.
  case rateLimit(RateLimit)
  /// Whoever asks is identified.
  case authentication(Authentication)
  /// Browsers are known by a cookie after a login.
  case session(Session)
  /// A policy decides who may do what.
  case authorization(Authorization)
  /// Traffic is encrypted.
  case transportSecurity(TransportSecurity)
  /// What is passed on to a backend is encrypted, and the backend proves who it is.
  case backendSecurity(BackendSecurity)
  /// Browsers are told what they may do.
  case responseHeaders(ResponseHeaders)
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
    case .requestFilter: "request filter"
    case .rateLimit: "rate limit"
    case .authentication: "authentication"
    case .session: "session"
    case .authorization: "authorization"
    case .transportSecurity: "transport security"
    case .backendSecurity: "backend security"
    case .responseHeaders: "response headers"
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
  /// Rules that come before all this, the first that matches decides.
  public var rules: [FilterRule]
  /// Whether connections pass that nothing says anything of.
  public var allowsByDefault: Bool
  /// What commands may have rules do that come before all this (`Documentation/OpenC2.md`).
  public var commands: [FilterRule.Action]

  /// Which flows pass.
  public init(
    flows: Flows, allowedSources: [String] = [], allowsPing: Bool = false, rules: [FilterRule] = [],
    allowsByDefault: Bool = false, commands: [FilterRule.Action] = [.deny]
  ) {
    self.flows = flows
    self.allowedSources = allowedSources
    self.allowsPing = allowsPing
    self.rules = rules
    self.allowsByDefault = allowsByDefault
    self.commands = commands
  }

  /// Whether it has rules of its own, so that it cannot be put together with others: each must let a packet pass.
  public var hasRules: Bool { !rules.isEmpty || allowsByDefault }
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
