import Interchange
import SecTOSCA

/// The flows that pass, worked out from the topology and every filtering that is due. A flow passes only if all of them
/// let it: each one adds to the others.
struct FirewallFlows {
  private let filterings: [Filtering]
  private let port: Int
  private let resource: Resource
  private let environment: ResourceEnvironment

  init(resource: Resource, due: [SecurityRequirement], environment: ResourceEnvironment) {
    filterings = due.compactMap { if case .filtering(let filtering) = $0.protection { filtering } else { nil } }
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

  /// The value of the parameter `flows`: inbound ones first, each in the order of its peers.
  var value: ParameterValue {
    var admitted = sources
    if let forwarder = environment.forwarder, !clients.isEmpty {
      // The packets of clients from outside are the forwarder's; whose they are is judged by `clients`.
      admitted = SourceNetworks(admitted.texts + [forwarder.address + "/32"])
    }
    var flows = admitted.texts.map { flow("inbound", "tcp", $0, port) }
    if filterings.allSatisfy(\.allowsPing) {
      flows.append(flow("inbound", "icmp", "0.0.0.0/0", 0))
      if environment.addressIPv6 != nil { flows.append(flow("inbound", "icmp", "::/0", 0)) }
    }
    if filterings.allSatisfy({ $0.flows == .declared }) {
      for backend in Set(environment.backends.values.joined()).sorted() {
        let colon = backend.lastIndex(of: ":") ?? backend.endIndex
        guard let port = Int(backend[colon...].dropFirst()) else { continue }
        flows.append(flow("outbound", "tcp", SourceNetworks([String(backend[..<colon])]).texts[0], port))
      }
    }
    if filterings.allSatisfy({ $0.flows == .declared }) { flows += namedServers }
    return .list(flows)
  }

  /// The flows to servers that routes name: to those who know their addresses, and to where those may be.
  private var namedServers: [ParameterValue] {
    var ports: Set<Int> = []
    for case .serverProxy(_, let server) in resource.applications where !resource.connections.contains(server.host) {
      ports.insert(server.port)
    }
    guard let resolver = resource.resolver, !ports.isEmpty else { return [] }
    var flows: [ParameterValue] = []
    for server in SourceNetworks(resolver.servers).texts {
      flows += [flow("outbound", "udp", server, 53), flow("outbound", "tcp", server, 53)]
    }
    for port in ports.sorted() {
      flows += SourceNetworks(resolver.networks).texts.map { flow("outbound", "tcp", $0, port) }
    }
    return flows
  }

  /// The clients behind the port forwarder that every filtering lets reach the endpoint: networks, or `any`.
  var clients: [String] {
    let restricted = filterings.filter { $0.flows != .declared }.map { SourceNetworks($0.allowedSources) }
    guard let first = restricted.first else { return ["any"] }
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

  private func flow(_ direction: String, _ transport: String, _ peer: String, _ port: Int) -> ParameterValue {
    .map([
      ParameterField("direction", .text(ByteString(direction))),
      ParameterField("protocol", .text(ByteString(transport))),
      ParameterField("peer", .text(ByteString(peer))), ParameterField("port", .integer(Int64(port))),
    ])
  }
}
