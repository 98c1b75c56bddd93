import Glibc
import Testing

@testable import Hosting

private let hasFirewall = access("/usr/sbin/nft", X_OK) == 0

@Suite(
  "Ways to external services",
  .enabled(if: isRoot, "needs root"),
  .enabled(if: access(forwarderProgram, X_OK) == 0, "testudo-forwarder was not built beside the tests"))
struct ExternalServiceTests {
  /// A server of this host, in a network namespace of its own whose only other inhabitant is the test.
  private func withWay(
    _ body: (PortForwarder, ServiceNetwork, HostServer) async throws -> Void
  ) async throws {
    try await withHost { host, network in
      try await host.createNetwork(network)
      let forwarder = try await host.forwarder(for: network)
      let server = try HostServer()
      defer { server.stop() }
      try await body(forwarder, network, server)
      try await host.removeNetwork(network)
    }
  }

  private func ask(_ network: ServiceNetwork, _ port: UInt16) async throws -> String {
    String(
      decoding: try await NetworkProbe(network).exchange(
        Array("hi".utf8), with: "10.77.3.1", port: port, deadline: .seconds(5)), as: UTF8.self)
  }

  @Test("an image's network reaches what is offered, at the port of the offer, and nothing else of the host")
  func offering() async throws {
    try await withWay { forwarder, network, server in
      await #expect(throws: HostingFault.self) { try await ask(network, server.port) }
      try await forwarder.offer("legacy", listen: "10.77.3.1:40000", target: "127.0.0.1:\(server.port)")
      #expect(try await ask(network, 40_000) == "from the host")
      await #expect(throws: HostingFault.self) { try await ask(network, server.port) }
      let offer = try #require(try await forwarder.status().publications.first)
      #expect(offer.isOffer && offer.name == "legacy" && offer.listen == "10.77.3.1:40000")
      #expect(offer.target == "127.0.0.1:\(server.port)")
      try await forwarder.unpublish("legacy")
      await #expect(throws: HostingFault.self) { try await ask(network, 40_000) }
    }
  }

  @Test("an offer at an address that the network does not have, or under a name that is published, is refused")
  func refused() async throws {
    try await withWay { forwarder, network, server in
      await #expect(throws: HostingFault.self) {
        try await forwarder.offer("legacy", listen: "192.0.2.1:40000", target: "127.0.0.1:\(server.port)")
      }
      _ = try await forwarder.publish("legacy", listen: "127.0.0.1:0", target: "10.77.3.2:80")
      await #expect(throws: HostingFault.self) {
        try await forwarder.offer("legacy", listen: "10.77.3.1:40000", target: "127.0.0.1:\(server.port)")
      }
    }
  }

  @Test(
    "one that is enclosed is reached by the forwarder only, until it is given free",
    .enabled(if: hasFirewall, "needs nftables"))
  func enclosing() async throws {
    try await withWay { forwarder, network, server in
      let target = "127.0.0.1:\(server.port)"
      let firewall = HostFirewall(network)
      #expect(await firewall.enclosed().isEmpty)
      #expect(server.answers())
      try await firewall.enclose([target])
      #expect(await firewall.enclosed() == [target])
      #expect(!server.answers())
      try await forwarder.offer("legacy", listen: "10.77.3.1:40000", target: target, mark: firewall.mark)
      #expect(try await ask(network, 40_000) == "from the host")
      try await firewall.enclose([])
      #expect(await firewall.enclosed().isEmpty)
      #expect(server.answers())
      // The network takes its rules with it.
      try await firewall.enclose([target])
    }
    let gone = ServiceNetwork(name: "testudo-none", subnet: "10.77.3.0/24")
    #expect(await HostFirewall(gone).enclosed().isEmpty)
  }

  @Test("each network has a mark of its own, and never none")
  func marks() {
    let marks = (0..<200).map { HostFirewall(ServiceNetwork(name: "testudo-\($0)", subnet: "10.77.3.0/24")).mark }
    #expect(Set(marks).count == 200)
    #expect(!marks.contains(0))
  }
}

/// A server on the loopback address of the host that answers each connection with a text.
private final class HostServer: Sendable {
  let port: UInt16
  private let socket: Int32

  init() throws {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(socket, address, length) == 0 && listen(socket, 64) == 0 && getsockname(socket, address, &length) == 0
      }
    }
    guard result else { throw HostingFault.failed("listen for a test", errno) }
    self.socket = socket
    port = UInt16(bigEndian: place.sin_port)
    Thread.start {
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        let text = Array("from the host".utf8)
        send(connection, text, text.count, Int32(MSG_NOSIGNAL))
        shutdown(connection, Int32(SHUT_WR))
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
        close(connection)
      }
    }
  }

  /// Whether a client of the host that nobody knows gets a connection within a second.
  func answers() -> Bool {
    let client = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    defer { close(client) }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = inet_addr("127.0.0.1")
    _ = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    var descriptor = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 1000) > 0 && descriptor.revents & Int16(POLLIN) != 0
  }

  func stop() {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }
}
