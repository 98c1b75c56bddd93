import Interchange
import SecTOSCA

extension ConfigurationValues {
  /// What the security modules enforce. Requirements of one kind are put together so that each one holds.
  mutating func addProtection(of resource: Resource, due: [SecurityRequirement], environment: ResourceEnvironment) {
    let rules = FirewallRules(resource: resource, due: due, environment: environment)
    // Rules that cannot be compiled leave the parameter out, so that no image runs without them.
    if let tables = rules.packets.tables { set("filtering", "rules", tables) }
    if environment.forwarder != nil, let tables = rules.clients.tables { set("filtering", "clients", tables) }
    var filters: [(name: String, filter: RequestFilter)] = []
    var limits: [RateLimit] = []
    var severities: [Int] = []
    var ways: [Authentication] = []
    for requirement in due {
      switch requirement.protection {
      case .requestFilter(let filter): filters.append((requirement.name, filter))
      case .rateLimit(let limit): limits.append(limit)
      case .responseHeaders(let headers): addResponseHeaders(headers)
      case .audit(let audit): severities.append(audit.minimumSeverity)
      case .authentication(let authentication): ways += authentication.ways
      case .session(let session): addSession(session)
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
    if !filters.isEmpty { addRequestFilters(filters) }
    if !limits.isEmpty { addLimits(limits) }
    // The lowest reports what all ask for.
    if let severity = severities.min() { set("audit", "minimum-severity", .number(severity)) }
    let backends = due.compactMap { requirement -> BackendSecurity? in
      if case .backendSecurity(let security) = requirement.protection { security } else { nil }
    }
    let own = CombinedProtection(due).transportSecurity
    if own != nil || !backends.isEmpty { addTransportSecurity(own, towards: backends, of: resource, environment) }
    addAuthentication(ways)
  }

  /// What browsers are told. All values are always given, so that a level which lets no other origin in takes the place of
  /// one that does.
  private mutating func addResponseHeaders(_ headers: ResponseHeaders) {
    let crossOrigin = headers.crossOrigin ?? CrossOrigin(origins: [])
    set(
      "response-headers", "fields",
      .list(headers.fields.map { .record(["name": .string($0.name), "value": .string($0.value)]) }))
    set("response-headers", "origins", .strings(crossOrigin.origins))
    set("response-headers", "methods", .strings(crossOrigin.methods))
    set("response-headers", "headers", .strings(crossOrigin.headers))
    set("response-headers", "exposed", .strings(crossOrigin.exposed))
    set("response-headers", "credentials", .boolean(crossOrigin.allowsCredentials))
    set("response-headers", "max-age-s", .number(crossOrigin.maximumAgeSeconds))
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
          var fields = [
            ParameterField("addresses", .strings(environment.backends[backend.backend] ?? [])),
            ParameterField("name", .string(backend.name)),
            ParameterField("authorities", .list(backend.authorities.map { .bytes($0) })),
          ]
          if let identity = backend.identity { fields.append(ParameterField("identity", identity.value)) }
          return .map(fields)
        }))
    set("transport-security", "identities", .list(security.identities.map(\.value)))
    set("transport-security", "client-authentication", .string(security.clients.rawValue))
    set("transport-security", "client-authorities", .list(security.clientAuthorities.map { .bytes($0) }))
    set("transport-security", "allowed-clients", .strings(security.allowedClients ?? ["*"]))
    set("transport-security", "strict-seconds", .number(security.strictSeconds))
    // Half of the memory at most is for connections.
    set(
      "transport-security", "maximum-connections",
      .number(min(max(resource.memoryBytes / 2 / TransportSecurity.connectionBytes, 8), 8192)))
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
