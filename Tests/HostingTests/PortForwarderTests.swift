import Glibc
import Testing

@testable import Hosting

@Suite(
  "Port forwarding",
  .enabled(if: isRoot, "needs root"),
  .enabled(if: access(forwarderProgram, X_OK) == 0, "testudo-forwarder was not built beside the tests"))
struct PortForwarderTests {
  private func withForwarder(
    _ body: (PortForwarder, ServiceNetwork, ProcessHost) async throws -> Void
  ) async throws {
    try await withHost { host, network in
      try await host.createNetwork(network)
      let forwarder = try await host.forwarder(for: network)
      try await body(forwarder, network, host)
      try await host.removeNetwork(network)
      #expect(!ProcessTable.isAlive(forwarder.process))
      #expect(access(forwarder.socket, F_OK) != 0)
    }
  }

  private func target(_ server: TestServer) -> String { "10.77.3.1:\(server.port)" }

  @Test("a client of this host reaches a server inside the network, and new connections follow a switch")
  func switching() async throws {
    try await withForwarder { forwarder, network, _ in
      let old = try TestServer(network, reply: .echo)
      let new = try TestServer(network, reply: .bytes(Array("new".utf8)))
      defer { old.stop(); new.stop() }
      let address = try await forwarder.publish("portal/storefront", listen: "127.0.0.1:0", target: target(old))
      #expect(address.hasPrefix("127.0.0.1:") && !address.hasSuffix(":0"))
      let client = try TestClient(address)
      await client.write([1, 2, 3])
      #expect(await client.read() == [1, 2, 3])
      try await forwarder.switchTarget("portal/storefront", to: target(new))
      #expect(try await TestClient.ask(address) == "new")
      await client.write([4])
      #expect(await client.read() == [4], "an established connection stays where it is")
      var status = try await forwarder.status()
      #expect(
        status.publications == [
          Publication(
            name: "portal/storefront", listen: address, target: target(new), connections: [target(old): 1])
        ])
      #expect(status.connections == 1 && status.accepted == 2 && status.failed == 0)
      client.endWriting()
      #expect(await client.readAll() == [])
      #expect(await eventually { (try? await forwarder.status().connections) == 0 })
      status = try await forwarder.status()
      #expect(status.publications.first?.connections == [:])
    }
  }

  @Test("each half of a connection ends by itself, and no byte is lost")
  func halfClose() async throws {
    try await withForwarder { forwarder, network, _ in
      let server = try TestServer(network, reply: .count)
      defer { server.stop() }
      let address = try await forwarder.publish("a", listen: "127.0.0.1:0", target: target(server))
      let client = try TestClient(address)
      let bytes = [UInt8](repeating: 7, count: 5_000_001)
      #expect(await client.write(bytes))
      client.endWriting()
      #expect(await client.readAll() == Array("5000001".utf8))
    }
  }

  @Test("a slow reader holds up its own connection only, and still gets everything")
  func backpressure() async throws {
    try await withForwarder { forwarder, network, _ in
      let server = try TestServer(network, reply: .echo)
      defer { server.stop() }
      let address = try await forwarder.publish("a", listen: "127.0.0.1:0", target: target(server))
      let slow = try TestClient(address)
      let bytes = (0..<16_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
      // More than all buffers on the way hold, so writing goes on only as reading does.
      let writing = Task {
        await slow.write(bytes)
        slow.endWriting()
      }
      #expect(await eventually { (try? await forwarder.status().connections) == 1 })
      for _ in 0..<20 {
        let quick = try TestClient(address)
        await quick.write([9])
        #expect(await quick.read() == [9])
      }
      #expect(await slow.readAll() == bytes)
      await writing.value
    }
  }

  @Test("a target that refuses is asked again for a while: one that starts meanwhile serves the client")
  func retry() async throws {
    try await withForwarder { forwarder, network, _ in
      let placeholder = try TestServer(network, reply: .silent)
      let port = placeholder.port
      placeholder.stop()
      let address = try await forwarder.publish("a", listen: "127.0.0.1:0", target: "10.77.3.1:\(port)")
      // Within one thread, since the forwarder does not wait for a pool of them that is busy.
      let (client, server) = try await Thread.run {
        Result {
          let client = try TestClient(address)
          usleep(100_000)
          return (client, try TestServer(network, port: port, reply: .echo))
        }
      }.get()
      defer { server.stop() }
      await client.write([1])
      #expect(await client.read() == [1])
      #expect(try await forwarder.status().failed == 0)
    }
  }

  @Test(
    "where nobody answers for some seconds, the client's connection is closed",
    arguments: ["10.77.3.1:9", "10.77.3.9:80"])
  func unreachable(target: String) async throws {
    try await withForwarder { forwarder, _, _ in
      let address = try await forwarder.publish("a", listen: "127.0.0.1:0", target: target)
      let client = try TestClient(address)
      await client.write([1])
      let answer = await client.read()
      #expect(answer == nil || answer == [])
      let status = try await forwarder.status()
      #expect(status.failed == 1 && status.connections == 0)
      #expect(status.publications.first?.connections == [:])
    }
  }

  @Test("connections that are not open yet go to the new target of a switch")
  func switchWhileConnecting() async throws {
    try await withForwarder { forwarder, network, _ in
      let server = try TestServer(network, reply: .echo)
      defer { server.stop() }
      let address = try await forwarder.publish("a", listen: "127.0.0.1:0", target: "10.77.3.9:80")
      let newTarget = target(server)
      // The forwarder gives a target three seconds; on a busy machine that may pass before the switch is asked for.
      var answer: [UInt8]?
      for _ in 0..<10 where answer != [5] {
        try await forwarder.switchTarget("a", to: "10.77.3.9:80")
        let client = try await Thread.run {
          Result {
            let client = try TestClient(address)
            usleep(100_000)
            #expect(UnixClient.talk(forwarder.socket, "switch a \(newTarget)\n") == "ok\n")
            return client
          }
        }.get()
        await client.write([5])
        answer = await client.read()
      }
      #expect(answer == [5])
    }
  }

  @Test("the connections to a target that is gone can be severed")
  func sever() async throws {
    try await withForwarder { forwarder, network, _ in
      let server = try TestServer(network, reply: .echo)
      defer { server.stop() }
      let address = try await forwarder.publish("a", listen: "127.0.0.1:0", target: target(server))
      let client = try TestClient(address)
      await client.write([1])
      #expect(await client.read() == [1])
      #expect(try await forwarder.sever("a", target: "10.77.3.9:80") == 0)
      #expect(try await forwarder.sever("a", target: target(server)) == 1)
      #expect(await client.read() == nil, "a reset, so that nobody takes what came for the whole")
      #expect(try await forwarder.status().connections == 0)
    }
  }

  @Test("a port in use is refused with its name; publishing again is no fault; a name moves only after it was given up")
  func publishing() async throws {
    try await withForwarder { forwarder, network, _ in
      let server = try TestServer(network, reply: .echo)
      defer { server.stop() }
      let first = try await forwarder.publish("a", listen: "127.0.0.1:0", target: target(server))
      await #expect(throws: HostingFault.refused("\(first) is in use by another program")) {
        _ = try await forwarder.publish("b", listen: first, target: target(server))
      }
      #expect(try await forwarder.publish("a", listen: first, target: target(server)) == first)
      #expect(try await forwarder.publish("a", listen: "127.0.0.1:0", target: target(server)) == first)
      await #expect(throws: HostingFault.refused("`a` is published at \(first) already")) {
        _ = try await forwarder.publish("a", listen: "127.0.0.1:1", target: target(server))
      }
      await #expect(throws: HostingFault.refused("192.0.2.1 is not an address of this host")) {
        _ = try await forwarder.publish("b", listen: "192.0.2.1:80", target: target(server))
      }
      try await forwarder.unpublish("a")
      #expect(throws: HostingFault.system(operation: "connect to \(first)", code: ECONNREFUSED)) {
        _ = try TestClient(first)
      }
      #expect(try await forwarder.publish("b", listen: first, target: target(server)) == first)
      await #expect(throws: HostingFault.refused("nothing is published as `a`")) {
        try await forwarder.switchTarget("a", to: target(server))
      }
    }
  }

  @Test(
    "a request that is malformed is answered with what was expected",
    arguments: [
      "", "dance", "publish a", "publish a 127.0.0.1:0 10.0.0.1:0", "publish a 127.0.0.1 10.0.0.1:80",
      "publish a! 127.0.0.1:0 10.0.0.1:80", "switch a 10.0.0.256:80", "status now",
      String(repeating: "a", count: 5000),
    ])
  func malformed(line: String) async throws {
    try await withForwarder { forwarder, _, _ in
      let answer = try #require(await UnixClient.ask(forwarder.socket, line + "\n"))
      #expect(answer.hasPrefix("error ") && answer.hasSuffix("\n"))
      #expect(answer.contains("expected"))
      #expect(try await forwarder.status().publications == [])
    }
  }

  @Test("a forwarder outlives the control plane and is found again; a second one at its socket is refused")
  func adoption() async throws {
    try await withForwarder { forwarder, network, host in
      let restarted = ProcessHost(home: host.home, tender: "", forwarder: forwarderProgram)
      let adopted = try await restarted.forwarder(for: network)
      #expect(adopted.process == forwarder.process)
      #expect(getsid(adopted.process) == adopted.process)
      await #expect {
        _ = try await PortForwarder.start(program: forwarderProgram, socket: forwarder.socket, network: network)
      } throws: { error in
        guard case .refused(let text)? = error as? HostingFault else { return false }
        return text.contains("runs at \(forwarder.socket) already")
      }
      // Killed, it leaves its socket, which the next one replaces.
      kill(adopted.process, SIGKILL)
      #expect(await eventually { !ProcessTable.isAlive(adopted.process) })
      #expect(access(forwarder.socket, F_OK) == 0)
      let next = try await restarted.forwarder(for: network)
      #expect(next.process != adopted.process)
      kill(next.process, SIGTERM)
      #expect(await eventually { access(next.socket, F_OK) != 0 })
      await #expect(throws: HostingFault.gone("no port forwarder listens at \(next.socket)")) {
        _ = try await next.status()
      }
    }
  }

  @Test("where it cannot start, it says why")
  func noStart() async throws {
    try await withHost { host, network in
      let socket = host.home + "/socket"
      await #expect {
        _ = try await PortForwarder.start(program: forwarderProgram, socket: socket, network: network)
      } throws: { error in
        guard case .refused(let text)? = error as? HostingFault else { return false }
        return text.contains(network.path) && text.contains("No such file")
      }
      #expect(access(socket, F_OK) != 0)
    }
  }

  @Test("hundreds of clients at once are all served")
  func many() async throws {
    try await withForwarder { forwarder, network, _ in
      let server = try TestServer(network, reply: .bytes([1]))
      defer { server.stop() }
      let address = try await forwarder.publish("a", listen: "127.0.0.1:0", target: target(server))
      var clients: [TestClient] = []
      for _ in 0..<300 {
        let client = try TestClient(address)
        await client.write([1])
        clients.append(client)
      }
      for client in clients { #expect(await client.readAll() == [1]) }
      clients = []
      let status = try await forwarder.status()
      #expect(status.accepted == 300 && status.failed == 0)
      #expect(await eventually { (try? await forwarder.status().connections) == 0 })
    }
  }
}
