import Interchange
import SecTOSCA

extension ConfigurationValues {
  /// Where the image is in the network, and whom it obeys.
  mutating func addPlatform(resource: Resource, environment: ResourceEnvironment, controlPublicKey: [UInt8]) {
    set("control", "public-key", .bytes(controlPublicKey))
    set("network", "address", .string(environment.address))
    if let address = environment.addressIPv6 { set("network", "ipv6-address", .string(address)) }
    set("network", "mac", .bytes(environment.mac))
    if let gateway = environment.gateway { set("network", "gateway", .string(gateway)) }
    set("server", "port", .number(resource.endpoint.port))
    if let forwarder = environment.forwarder {
      set(
        "server", "forwarder",
        .record(["address": .string(forwarder.address), "secret": .bytes(forwarder.secret)]))
    }
  }

  /// What the applications serve.
  mutating func addApplications(of resource: Resource, environment: ResourceEnvironment, files: SiteFiles) {
    var sites: [(prefix: String, files: [SiteFiles.File])] = []
    var routes: [ParameterValue] = []
    var stores: [(prefix: String, capacity: Int)] = []
    var handlerPaths: [String] = []
    for part in resource.applications {
      switch part {
      case .staticSite(let prefix, let folder):
        sites.append((prefix, files.sites[folder] ?? []))
      case .reverseProxy(let prefix, let backend, let webSocketSeconds):
        var route = [
          ParameterField("path", .string(prefix)),
          ParameterField("backends", .strings(environment.backends[backend] ?? [])),
        ]
        if let webSocketSeconds { route.append(ParameterField("web-socket-seconds", .number(webSocketSeconds))) }
        routes.append(.map(route))
      case .serverProxy(let prefix, let server):
        routes.append(.record(["path": .string(prefix), "backends": .strings(["\(server.host):\(server.port)"])]))
      case .streamProxy(let proxy): addStreamProxy(proxy, environment: environment)
      case .keyValue(let prefix, let capacity):
        stores.append((prefix, capacity))
      case .handler(let prefix, _, let capacity, let steps):
        handlerPaths.append(prefix)
        set("application.handler", "capacity-bytes", .number(capacity))
        set("application.handler", "maximum-steps", .number(steps))
      }
    }
    addNames(of: resource, environment: environment)
    if !sites.isEmpty { addSites(sites) }
    if !routes.isEmpty { set("application.reverse-proxy", "routes", .list(routes)) }
    if !handlerPaths.isEmpty { set("application.handler", "paths", .strings(handlerPaths)) }
    if !stores.isEmpty {
      // Several stores become one below the path they share, with room for all.
      set("application.key-value", "prefix", .string(SitePath.shared(by: stores.map(\.prefix))))
      set("application.key-value", "capacity-bytes", .number(stores.reduce(0) { $0 + $1.capacity }))
    }
  }

  /// Where connections go, and within what bounds.
  private mutating func addStreamProxy(_ proxy: StreamForwarding, environment: ResourceEnvironment) {
    let module = "application.stream-proxy"
    set(module, "backends", .strings(environment.backends[proxy.backend] ?? []))
    set(module, "negotiation", .string(proxy.negotiation.rawValue))
    set(module, "cancel-in-clear", .boolean(proxy.cancelsInClear))
    set(module, "maximum-connections", .number(proxy.maximumConnections))
    set(module, "connect-timeout-ms", .number(proxy.connectSeconds * 1000))
    set(module, "idle-timeout-ms", .number(proxy.idleSeconds * 1000))
  }

  /// What the names of servers mean: those of resources that this one connects to are known, others are asked for.
  private mutating func addNames(of resource: Resource, environment: ResourceEnvironment) {
    var hosts: [ParameterField] = []
    for name in resource.connections.sorted() where NamedServer.isName(name) {
      let addresses = (environment.backends[name] ?? []).map { String($0[..<($0.lastIndex(of: ":") ?? $0.endIndex)]) }
      if !addresses.isEmpty { hosts.append(ParameterField(ByteString(name), .strings(addresses))) }
    }
    set("name-resolution", "hosts", .map(hosts))
    set("name-resolution", "servers", .strings(resource.resolver?.servers ?? []))
    set("name-resolution", "networks", .strings(resource.resolver?.networks ?? []))
  }

  /// Several sites become one below the path they share; where two have the same path, the first one has it.
  private mutating func addSites(_ sites: [(prefix: String, files: [SiteFiles.File])]) {
    let prefix = SitePath.shared(by: sites.map(\.prefix))
    var entries: [String: [UInt8]] = [:]
    for site in sites {
      let below = SitePath.segments(site.prefix).dropFirst(SitePath.segments(prefix).count).map { "/\($0)" }.joined()
      for file in site.files where entries[below + file.path] == nil { entries[below + file.path] = file.body }
    }
    let paths = entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    set("application.static-site", "prefix", .string(prefix))
    set(
      "application.static-site", "files",
      .list(
        paths.map { path in
          let body = entries[path] ?? []
          return .record([
            "path": .string(path), "type": .string(MediaType.ofFile(path)),
            "etag": .string(String(Digest(of: body).hex.prefix(16))), "body": .bytes(body),
          ])
        }))
  }
}

/// Paths as sequences of segments.
enum SitePath {
  static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }

  /// The longest path that all of these are or are below.
  static func shared(by paths: [String]) -> String {
    guard var shared = paths.first.map(segments) else { return "/" }
    for path in paths.dropFirst() {
      shared = zip(shared, segments(path)).prefix { $0 == $1 }.map(\.0)
    }
    return "/" + shared.joined(separator: "/")
  }
}
