import FoundationEssentials
import Glibc

/// That a home made a network: other homes on this machine leave it alone.
struct NetworkRecord: Codable, Sendable {
  var home: String
  var network: ServiceNetwork
}

extension ProcessHost {
  private nonisolated var networksFolder: String { home + "/networks" }

  private nonisolated func recordPath(_ name: String) -> String { networksFolder + "/" + name + ".json" }

  /// Where the port forwarder of a network listens for requests.
  public nonisolated func forwarderSocket(_ network: ServiceNetwork) -> String {
    networksFolder + "/" + network.name + ".forwarder"
  }

  /// Makes a service's network, or completes what was begun. A namespace of that name that this home did not make is a
  /// conflict.
  public func createNetwork(_ network: ServiceNetwork) async throws(HostingFault) {
    let namespace = try NetworkNamespace(network)
    try HostingFault.requireRoot(to: "create network namespaces")
    let record = readNetwork(network.name)
    if let record {
      guard record.network == network else {
        throw .conflict(
          "network \(network.name) exists with the subnet \(record.network.subnet), not \(network.subnet)")
      }
    } else {
      guard !namespace.exists else {
        throw .conflict("a network namespace \(network.name) exists already, and not by this installation at \(home)")
      }
      // The record first: should we end before the namespace is whole, its owner is known.
      try Files.makeFolder(networksFolder)
      try Files.replace(
        recordPath(network.name), with: JSONRecord.encode(NetworkRecord(home: home, network: network)))
    }
    do throws(HostingFault) {
      try namespace.create()
    } catch {
      if record == nil { unlink(recordPath(network.name)) }
      throw error
    }
  }

  /// Removes a service's network and its port forwarder. An instance that still runs in it is a conflict. Nothing
  /// happens where this home has no such network.
  public func removeNetwork(_ network: ServiceNetwork) async throws(HostingFault) {
    let namespace = try NetworkNamespace(network)
    guard readNetwork(network.name) != nil else { return }
    let users = instances().filter { $0.network.name == network.name }.map(\.id)
    guard users.isEmpty else {
      throw .conflict("network \(network.name) is still used by \(users.joined(separator: ", "))")
    }
    await PortForwarder.end(at: forwarderSocket(network))
    try await HostFirewall(network).remove()
    try namespace.remove()
    guard unlink(recordPath(network.name)) == 0 || errno == ENOENT else {
      throw .failed("remove \(recordPath(network.name))", errno)
    }
  }

  /// The networks that this home has made, by name.
  public func networks() -> [ServiceNetwork] {
    Files.names(in: networksFolder).compactMap { name in
      name.hasSuffix(".json") ? readNetwork(String(name.dropLast(5)))?.network : nil
    }
  }

  private func readNetwork(_ name: String) -> NetworkRecord? {
    guard ServiceNetwork.isName(name), let bytes = Files.read(recordPath(name)),
      let record = try? JSONDecoder().decode(NetworkRecord.self, from: Data(bytes)), record.network.name == name
    else { return nil }
    return record
  }

  /// The port forwarder of a network: the one that runs, or else a new one, which outlives this process.
  public func forwarder(for network: ServiceNetwork) async throws(HostingFault) -> PortForwarder {
    let socket = forwarderSocket(network)
    if let running = try? await PortForwarder.adopt(socket: socket) { return running }
    guard readNetwork(network.name) != nil else { throw .gone("the network \(network.name) does not exist") }
    return try await PortForwarder.start(program: forwarder, socket: socket, network: network)
  }

  /// The port forwarder of a network, if one runs.
  public func runningForwarder(for network: ServiceNetwork) async -> PortForwarder? {
    try? await PortForwarder.adopt(socket: forwarderSocket(network))
  }
}
