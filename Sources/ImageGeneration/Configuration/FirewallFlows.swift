import FirewallCompilation
import Interchange
import SecTOSCA

/// The flows that pass, worked out from the topology and some filterings. A flow passes only if all of them let it: each one
/// adds to the others.
struct FirewallFlows {
  private let filterings: [Filtering]
  private let port: Int
  private let resource: Resource
  private let environment: ResourceEnvironment

  init(_ filterings: [Filtering], resource: Resource, environment: ResourceEnvironment) {
    self.filterings = filterings
    port = resource.endpoint.port
    self.resource = resource
    self.environment = ResourceEnvironment(
      address: environment.address, addressIPv6: environment.addressIPv6, mac: environment.mac,
      peers: environment.peers,
      backends: environment.backends.filter { name, _ in
        resource.connections.contains(name) || resource.externals.contains { $0.name == name }
      },
      forwarder: environment.forwarder)
  }

  /// A rule for each flow: inbound ones first, each in the order of its peers.
  var rules: [PacketRule] {
    var flows = sources.texts.map { flow(.inbound, .tcp, $0, port) }
    if filterings.allSatisfy(\.allowsPing) {
      flows.append(PacketRule(passes: true, directions: [.inbound], transports: [.icmp], types: [8...8]))
      if environment.addressIPv6 != nil {
        flows.append(PacketRule(passes: true, directions: [.inbound], transports: [.icmpv6], types: [128...128]))
      }
    }
    if filterings.allSatisfy({ $0.flows == .declared }) {
      for backend in Set(environment.backends.values.joined()).sorted() {
        let colon = backend.lastIndex(of: ":") ?? backend.endIndex
        guard let port = Int(backend[colon...].dropFirst()) else { continue }
        flows.append(flow(.outbound, .tcp, SourceNetworks([String(backend[..<colon])]).texts[0], port))
      }
    }
    if filterings.allSatisfy({ $0.flows == .declared }) { flows += namedServers }
    return flows
  }

  /// The way in for the port forwarder, in whose packets those of clients from outside come. Whose they are is judged by the
  /// rules for clients.
  var door: [PacketRule] {
    guard let forwarder = environment.forwarder, clients != [] else { return [] }
    return [flow(.inbound, .tcp, forwarder.address + "/32", port)]
  }

  /// Rules for the clients behind the port forwarder that every filtering lets reach the endpoint.
  var clientRules: [PacketRule] {
    guard let clients else { return [flow(.inbound, .tcp, nil, port)] }
    return clients.map { flow(.inbound, .tcp, $0, port) }
  }

  /// The flows to servers that routes name: to those who know their addresses, and to where those may be.
  private var namedServers: [PacketRule] {
    var ports: Set<Int> = []
    for case .serverProxy(_, let server) in resource.applications where !resource.connections.contains(server.host) {
      ports.insert(server.port)
    }
    guard let resolver = resource.resolver, !ports.isEmpty else { return [] }
    var flows: [PacketRule] = []
    for server in SourceNetworks(resolver.servers).texts {
      flows += [flow(.outbound, .udp, server, 53), flow(.outbound, .tcp, server, 53)]
    }
    for port in ports.sorted() {
      flows += SourceNetworks(resolver.networks).texts.map { flow(.outbound, .tcp, $0, port) }
    }
    return flows
  }

  /// The networks of clients behind the port forwarder that every filtering lets reach the endpoint; nil: all.
  private var clients: [String]? {
    let restricted = filterings.filter { $0.flows != .declared }.map { SourceNetworks($0.allowedSources) }
    guard let first = restricted.first else { return nil }
    return restricted.dropFirst().reduce(first) { $0.intersection($1) }.texts
  }

  /// The networks that every filtering lets reach the endpoint.
  private var sources: SourceNetworks {
    let admitted = filterings.map { filtering in
      SourceNetworks((filtering.flows == .declared ? environment.peers : []) + filtering.allowedSources)
    }
    guard let first = admitted.first else { return SourceNetworks([]) }
    return admitted.dropFirst().reduce(first) { $0.intersection($1) }
  }

  private func flow(
    _ direction: PacketRule.Direction, _ transport: PacketRule.Transport, _ peer: String?, _ port: Int
  ) -> PacketRule {
    let port = UInt16(clamping: port)
    return PacketRule(
      passes: true, directions: [direction], transports: [transport],
      peers: peer.map { IPNetwork(around: $0).map { [$0.policyAddress] } ?? [] }, destinationPorts: [port...port])
  }
}

extension IPNetwork {
  /// The network as rules and policies have it.
  var policyAddress: PolicyAddress {
    PolicyAddress(
      isIPv6: isIPv6, high: UInt64(truncatingIfNeeded: address >> 64), low: UInt64(truncatingIfNeeded: address),
      prefixLength: UInt8(prefixLength))
  }
}
