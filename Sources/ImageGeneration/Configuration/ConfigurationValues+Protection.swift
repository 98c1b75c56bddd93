import Interchange
import SecTOSCA

extension ConfigurationValues {
  /// What the security modules enforce. Requirements of one kind are put together so that each one holds.
  mutating func addProtection(of resource: Resource, due: [SecurityRequirement], environment: ResourceEnvironment) {
    let flows = FirewallFlows(resource: resource, due: due, environment: environment)
    set("filtering", "flows", flows.value)
    if environment.forwarder != nil { set("filtering", "clients", .strings(flows.clients)) }
    var limits: [ParameterValue] = []
    var connections: [Int] = []
    var severities: [Int] = []
    var basic: [Authentication] = []
    var bearer: [Authentication] = []
    for requirement in due {
      switch requirement.protection {
      case .rateLimit(let limit):
        limits.append(limit.value)
        if let bound = limit.connections { connections.append(bound) }
      case .audit(let audit): severities.append(audit.minimumSeverity)
      case .authentication(let authentication):
        switch authentication.scheme {
        case .basic: basic.append(authentication)
        case .bearer: bearer.append(authentication)
        }
      case .authorization(let authorization):
        if let remote = authorization.remote {
          set("authorization.remote", "deadline-ms", .number(remote.deadlineMilliseconds))
          set("authorization.remote", "cache-ms", .number(remote.cacheMilliseconds))
        }
        if let bundle = environment.bundle { set("authorization", "bundle", .bytes(bundle)) }
        if let version = environment.policyVersion { set("authorization", "version", version.value) }
        // Always given, so that a level without a lease takes the place of one with a lease.
        set("authorization", "lease-ms", .number((authorization.leaseSeconds ?? 0) * 1000))
      // The first is worked out above, the others are not for a module to enforce by parameters.
      case .filtering, .transportSecurity, .backendSecurity, .surfaceBudget, .lifetime, .runtimeIntegrity: break
      }
    }
    let attributes = environment.attributes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    set(
      "authorization", "attributes",
      .map(attributes.map { ParameterField(ByteString($0.key), .string($0.value)) }))
    if !limits.isEmpty {
      set("rate-limit", "limits", .list(limits))
      // Always given, so that a level without a bound takes the place of one with a bound.
      set("rate-limit", "connections-per-source", .number(connections.min() ?? 0))
    }
    // The lowest reports what all ask for.
    if let severity = severities.min() { set("audit", "minimum-severity", .number(severity)) }
    let backends = due.compactMap { requirement -> BackendSecurity? in
      if case .backendSecurity(let security) = requirement.protection { security } else { nil }
    }
    let own = CombinedProtection(due).transportSecurity
    if own != nil || !backends.isEmpty { addTransportSecurity(own, towards: backends, of: resource, environment) }
    addBasic(basic)
    addBearer(bearer)
  }

  /// Certificates and keys. The values that other levels may leave out are always given, so that a level which asks for
  /// less is put in force by the same message as one which asks for more.
  private mutating func addTransportSecurity(
    _ own: TransportSecurity?, towards backends: [BackendSecurity], of resource: Resource,
    _ environment: ResourceEnvironment
  ) {
    let security = own ?? TransportSecurity()
    // A change of this needs another instance: connections in clear never outlive a level that asks for TLS.
    set("transport-security", "endpoint", .string(own == nil ? "clear" : "tls"))
    // Trust is given also where no address is known, so that a change of certificates is a change of settings.
    set(
      "transport-security", "backends",
      .list(
        backends.map { backend in
          .record([
            "addresses": .strings(environment.backends[backend.backend] ?? []), "name": .string(backend.name),
            "authorities": .list([.bytes(backend.authority)]),
          ])
        }))
    set("transport-security", "identities", .list(security.identities.map(\.value)))
    set("transport-security", "client-authentication", .string(security.clients.rawValue))
    set("transport-security", "client-authorities", .list(security.clientAuthorities.map { .bytes($0) }))
    set("transport-security", "strict-seconds", .number(security.strictSeconds))
    // Half of the memory at most is for connections.
    set(
      "transport-security", "maximum-connections",
      .number(min(max(resource.memoryBytes / 2 / TransportSecurity.connectionBytes, 8), 8192)))
  }

  /// Accounts of all requirements; the first of a name is the one that counts.
  private mutating func addBasic(_ requirements: [Authentication]) {
    guard let first = requirements.first else { return }
    var accounts: [Account] = []
    for case .basic(let added) in requirements.map(\.scheme) {
      for account in added where !accounts.contains(where: { $0.name == account.name }) { accounts.append(account) }
    }
    set("authentication.basic", "realm", .string(first.realm))
    set("authentication.basic", "accounts", .list(accounts.map(\.value)))
  }

  /// Keys of all requirements that name the first one's issuer and audience. Tokens of another issuer are refused, which
  /// is less than somebody wished but never less than is due.
  private mutating func addBearer(_ requirements: [Authentication]) {
    guard let first = requirements.first, case .bearer(let tokens) = first.scheme else { return }
    var keys: [VerificationKey] = []
    var leeway = tokens.leewaySeconds
    for case .bearer(let added) in requirements.map(\.scheme)
    where added.issuer == tokens.issuer && added.audience == tokens.audience {
      for key in added.keys where !keys.contains(where: { $0.id == key.id }) { keys.append(key) }
      leeway = min(leeway, added.leewaySeconds)
    }
    set("authentication.bearer", "realm", .string(first.realm))
    set("authentication.bearer", "issuer", .string(tokens.issuer))
    // Always given, so that a level without takes the place of one with them.
    set("authentication.bearer", "audience", .string(tokens.audience ?? ""))
    set("authentication.bearer", "leeway-s", .number(leeway))
    set("authentication.bearer", "keys", .list(keys.map(\.value)))
  }
}

extension RateLimit {
  fileprivate var value: ParameterValue {
    .record([
      "paths": .strings(paths), "requests": .number(requests), "interval-ms": .number(intervalMilliseconds),
      "burst": .number(burst),
    ])
  }
}

extension TransportSecurity {
  /// What one connection takes in an image: record buffers, keys and its place in TCP.
  fileprivate static let connectionBytes = 48 << 10
}

extension ServerIdentity {
  fileprivate var value: ParameterValue {
    .record([
      "names": .strings(names), "certificates": .list(certificates.map { .bytes($0) }), "key": .bytes(key),
    ])
  }
}

extension Account {
  fileprivate var value: ParameterValue {
    .record([
      "name": .string(name), "salt": .bytes(salt), "iterations": .number(iterations), "hash": .bytes(hash),
      "roles": .strings(roles),
    ])
  }
}

extension VerificationKey {
  fileprivate var value: ParameterValue {
    .record(["id": .string(id), "algorithm": .string(algorithm.rawValue), "key": .bytes(key)])
  }
}
