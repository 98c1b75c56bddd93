import TOSCA

/// Servers that routes name, and whom their addresses are asked of.
extension Interpretation {
  /// The most servers of a resolver.
  private static let mostServers = 3

  /// Reads a route to a server.
  mutating func readServer(
    _ text: Located<String>, prefix: String, of node: Node, connections: [String]
  ) -> ApplicationPart? {
    guard let server = NamedServer(text.value) else {
      report(
        "invalid-server", at: text.place,
        "a route of `\(node.name)` goes to `\(text.value)`, which is no name with a port",
        expected:
          "a name and a port such as `api.example.org:8080`; for an address, a name that a DNS server has for it")
      return nil
    }
    // Who answers in the service's network is decided by what the topology connects.
    if externalNames.contains(server.host) {
      report(
        "unusable-backend", at: text.place,
        "a route of `\(node.name)` goes to the server `\(server.host)`, which is an external service",
        expected: "`backend: \(server.host)`")
      return nil
    }
    if unikernels.contains(server.host), !connections.contains(server.host) {
      report(
        "unknown-backend", at: text.place,
        "a route of `\(node.name)` goes to `\(server.host)`, which no `backend` requirement of it names",
        expected: "the requirement `backend: \(server.host)` on `\(node.name)`")
      return nil
    }
    return .serverProxy(prefix: prefix, server: server)
  }

  /// Reads whom a node asks for addresses; that nobody is there to ask is a finding.
  mutating func readResolver(of node: Node, applications: [ApplicationPart], connections: [String]) -> Resolver? {
    let properties = Properties(of: node)
    guard let value = value("resolver", of: properties, required: false) else {
      let unknown = applications.lazy.compactMap { part -> String? in
        guard case .serverProxy(_, let server) = part, !connections.contains(server.host) else { return nil }
        return server.host
      }.first
      if let unknown {
        report(
          "missing-property", at: node.properties["routes"]?.place ?? node.place,
          "a route of `\(node.name)` goes to `\(unknown)`, and there is nobody to ask where that is",
          expected: "the property `resolver`, with `servers` and `networks`")
      }
      return nil
    }
    guard let resolver = Properties(value, holder: "the resolver of `\(node.name)`") else {
      report(
        "invalid-value", at: value.place, "`resolver` of `\(node.name)` is not a map",
        expected: "`servers` and `networks`")
      return nil
    }
    let before = findings.count
    let servers = texts("servers", of: resolver, required: true) ?? []
    let networks = texts("networks", of: resolver, required: true) ?? []
    for server in servers where server.value.contains("/") || IPNetwork(around: server.value) == nil {
      report(
        "invalid-value", at: server.place, "`servers` of \(resolver.holder) has `\(server.value)`, which is no address",
        expected: "an address such as `10.77.0.1` or `fd00::1`")
    }
    for (name, count, most) in [
      ("servers", servers.count, Self.mostServers), ("networks", networks.count, Self.longestNetworks),
    ] where findings.count == before && !(1...most).contains(count) {
      report(
        "invalid-value", at: resolver.values[name]?.place ?? resolver.place,
        "`\(name)` of \(resolver.holder) has \(count) entries", expected: "1 to \(most)")
    }
    for network in networks { checkNetwork(network, of: "networks", holder: resolver.holder) }
    guard findings.count == before else { return nil }
    return Resolver(servers: servers.map(\.value), networks: networks.map(\.value))
  }

  /// The most networks of a resolver.
  private static var longestNetworks: Int { 64 }
}
