/// What holds for one resource when all of a set of requirements hold: of each kind, what every requirement of the kind
/// admits.
public struct CombinedProtection: Hashable, Sendable, Codable {
  /// Which flows pass, of requirements without rules; nil: there is none.
  public var filtering: Filtering?
  /// Requirements with rules; each must let a packet pass.
  public var ruledFilterings: [Filtering]
  /// The filters; a request must pass each.
  public var requestFilters: [RequestFilter]
  /// The limits; each holds beside the others.
  public var rateLimits: [RateLimit]
  /// How whoever asks is identified; nil: not at all. Of several the strongest; the interpreter refuses several.
  public var authentication: Authentication?
  /// Sessions of browsers; nil: none. Of several the first; the interpreter refuses several.
  public var session: Session?
  /// What decides; nil: everything is permitted. Of several the first; the interpreter refuses several.
  public var authorization: Authorization?
  /// The most of what is asked of TLS; nil: none is due. Of several certificates the first; the interpreter refuses
  /// several.
  public var transportSecurity: TransportSecurity?
  /// What browsers are told; nil: nothing. Of several the first; the interpreter refuses several.
  public var responseHeaders: ResponseHeaders?
  /// The lowest of the thresholds; nil: nothing is reported.
  public var audit: Audit?
  /// The smallest of the bounds.
  public var surfaceBudget: SurfaceBudget?
  /// The shortest of the lives.
  public var lifetime: Lifetime?
  /// The shortest of the intervals between checks of memory; nil: none are made.
  public var runtimeIntegrity: RuntimeIntegrity?

  /// What holds when all of these requirements hold.
  public init(_ requirements: some Sequence<SecurityRequirement>) {
    self.init(protections: requirements.map(\.protection))
  }

  /// What holds when all of this holds.
  public init(protections: some Sequence<Protection>) {
    requestFilters = []
    rateLimits = []
    ruledFilterings = []
    for protection in protections {
      switch protection {
      case .filtering(let more) where more.hasRules: if !ruledFilterings.contains(more) { ruledFilterings.append(more) }
      case .filtering(let more): filtering = filtering?.combined(with: more) ?? more
      case .requestFilter(let more): if !requestFilters.contains(more) { requestFilters.append(more) }
      case .rateLimit(let more): if !rateLimits.contains(more) { rateLimits.append(more) }
      case .authentication(let more):
        if authentication.map({ $0.scheme.rank < more.scheme.rank }) ?? true { authentication = more }
      case .session(let more): session = session ?? more
      case .authorization(let more): authorization = authorization ?? more
      case .transportSecurity(let more):
        transportSecurity = transportSecurity?.combined(with: more) ?? more
      // It follows from what is due to the backend, whose strength is compared.
      case .backendSecurity: break
      case .responseHeaders(let more): responseHeaders = responseHeaders ?? more
      case .audit(let more):
        audit = Audit(minimumSeverity: min(audit?.minimumSeverity ?? .max, more.minimumSeverity))
      case .surfaceBudget(let more): surfaceBudget = surfaceBudget?.combined(with: more) ?? more
      case .lifetime(let more): lifetime = Lifetime(seconds: min(lifetime?.seconds ?? .max, more.seconds))
      case .runtimeIntegrity(let more): runtimeIntegrity = runtimeIntegrity?.combined(with: more) ?? more
      }
    }
  }
}

extension Filtering {
  /// What both admit. The flows of the topology are open where both say so; a network is admitted as far as both admit
  /// it. A network of one does not open a flow that the other closes.
  public func combined(with other: Filtering) -> Filtering {
    let sources = NetworkSet(texts: allowedSources).intersection(NetworkSet(texts: other.allowedSources))
    return Filtering(
      flows: flows == .declared && other.flows == .declared ? .declared : .none,
      allowedSources: sources.networks.map(\.text), allowsPing: allowsPing && other.allowsPing,
      commands: Filtering.commands(of: [self, other]))
  }

  /// What commands may have rules do where all of some filterings hold: keep out what one of them takes such rules for,
  /// let in what all do.
  public static func commands(of filterings: [Filtering]) -> [FilterRule.Action] {
    FilterRule.Action.allCases.filter { action in
      action == .deny
        ? filterings.contains { $0.commands.contains(.deny) }
        : !filterings.isEmpty && filterings.allSatisfy { $0.commands.contains(.allow) }
    }
  }

  /// Whether this admits nothing that the other does not.
  func isAtLeast(asStrongAs other: Filtering) -> Bool {
    (flows == .none || other.flows == .declared)
      && NetworkSet(texts: allowedSources).isSubset(of: NetworkSet(texts: other.allowedSources))
      && (!allowsPing || other.allowsPing) && hasRulesAtLeast(asStrongAs: other)
      && (!commands.contains(.allow) || other.commands.contains(.allow))
      && (commands.contains(.deny) || !other.commands.contains(.deny))
  }
}

extension CombinedProtection {
  /// All that say which flows pass.
  var filterings: [Filtering] { (filtering.map { [$0] } ?? []) + ruledFilterings }
}

extension Authorization {
  /// Whether its policies hold no longer without the control plane than the other's. What policies say is not compared:
  /// `testudo policy diff` does that.
  func isAtLeast(asStrongAs other: Authorization) -> Bool {
    (leaseSeconds ?? .max) <= (other.leaseSeconds ?? .max)
  }
}

extension Authentication.Scheme {
  /// Its place in the order of strength: a password can be guessed and is shown with each request; a token is signed,
  /// bound to an issuer, and ends. Between them is a key, which is sent as well and does not end, but is too long to be
  /// guessed; above them a certificate, whose key never leaves its owner. Where any of several will do, the weakest counts.
  var rank: Int {
    switch self {
    case .basic: 1
    case .apiKey: 2
    case .bearer: 3
    case .certificate: 4
    case .anyOf(let members): members.map(\.scheme.rank).min() ?? 0
    }
  }
}

extension TransportSecurity {
  private var version: [Int] { minimumVersion.split(separator: ".").map { Int($0) ?? 0 } }

  /// What both ask for: the higher version, the more of clients, those that both allow, the longer promise. Certificates are the first's.
  func combined(with other: TransportSecurity) -> TransportSecurity {
    let asking = clients.rank >= other.clients.rank ? self : other
    return TransportSecurity(
      minimumVersion: version.lexicographicallyPrecedes(other.version) ? other.minimumVersion : minimumVersion,
      identities: identities, clients: asking.clients, clientAuthorities: asking.clientAuthorities,
      allowedClients: allowedClients.map { own in other.allowedClients.map { own.filter($0.contains) } ?? own }
        ?? other.allowedClients,
      strictSeconds: max(strictSeconds, other.strictSeconds))
  }

  /// Whether this asks for at least what the other asks for. Other certificates and authorities are of equal strength.
  func isAtLeast(asStrongAs other: TransportSecurity) -> Bool {
    !version.lexicographicallyPrecedes(other.version) && clients.rank >= other.clients.rank
      && strictSeconds >= other.strictSeconds
      && other.allowedClients.map { theirs in allowedClients?.allSatisfy(theirs.contains) ?? false } ?? true
  }
}

extension TransportSecurity.ClientAuthentication {
  /// Its place in the order of strength.
  var rank: Int {
    switch self {
    case .none: 0
    case .requested: 1
    case .required: 2
    }
  }
}

extension SurfaceBudget {
  func combined(with other: SurfaceBudget) -> SurfaceBudget {
    SurfaceBudget(
      maximumImageBytes: [maximumImageBytes, other.maximumImageBytes].compactMap { $0 }.min(),
      maximumSystemCalls: [maximumSystemCalls, other.maximumSystemCalls].compactMap { $0 }.min())
  }

  func isAtLeast(asStrongAs other: SurfaceBudget) -> Bool {
    (maximumImageBytes ?? .max) <= (other.maximumImageBytes ?? .max)
      && (maximumSystemCalls ?? .max) <= (other.maximumSystemCalls ?? .max)
  }
}
