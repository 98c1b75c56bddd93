import Glibc
import Testing

@testable import Hosting

@Suite(
  "The client's address behind the port forwarder",
  .enabled(if: isRoot, "needs root"),
  .enabled(if: access(forwarderProgram, X_OK) == 0, "testudo-forwarder was not built beside the tests"))
struct ClientAddressTests {
  private static let secret = String(repeating: "0a", count: 32)

  /// A connection's first bytes as the target sees them: it sends them back.
  private func seen(_ client: TestClient, sending bytes: [UInt8], count: Int) async -> [UInt8] {
    await client.write(bytes)
    var all: [UInt8] = []
    while all.count < count, let more = await client.read(), !more.isEmpty { all += more }
    return all
  }

  @Test("a target that shares a secret is told the client's address and port first, another one nothing")
  func header() async throws {
    try await withHost { host, network in
      try await host.createNetwork(network)
      let forwarder = try await host.forwarder(for: network)
      let server = try TestServer(network, reply: .echo)
      defer { server.stop() }
      let target = "10.77.3.1:\(server.port)"
      let address = try await forwarder.publish(
        "a", listen: "127.0.0.1:0", target: target, secret: ClientAddressTests.secret)
      for source in ["127.0.0.1", "127.0.0.2"] {
        let client = try TestClient(address, from: source)
        let bytes = await seen(client, sending: [1, 2, 3], count: 66)
        try #require(bytes.count == 66)
        #expect(bytes[0..<12] == [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A])
        #expect(bytes[12..<16] == [0x21, 0x11, 0, 47])
        #expect(bytes[16..<20] == [127, 0, 0, source.hasSuffix("2") ? 2 : 1])
        #expect(bytes[20..<24] == [127, 0, 0, 1])
        #expect(UInt16(bytes[24]) << 8 | UInt16(bytes[25]) == client.port)
        #expect(UInt16(bytes[26]) << 8 | UInt16(bytes[27]) == UInt16(address.split(separator: ":")[1]))
        #expect(bytes[28..<31] == [0xE0, 0, 32])
        #expect(Array(bytes[31..<63]) == [UInt8](repeating: 0x0A, count: 32))
        #expect(bytes[63...] == [1, 2, 3])
      }
      try await forwarder.switchTarget("a", to: target)
      #expect(await seen(try TestClient(address), sending: [1, 2, 3], count: 3) == [1, 2, 3])
      // The secret is nobody else's business.
      #expect(try await forwarder.status().publications.map(\.target) == [target])
      try await host.removeNetwork(network)
    }
  }

  @Test(
    "a secret that is too short, too long or no number is refused, and the answer does not repeat it",
    arguments: ["0a0b", String(repeating: "a", count: 33), String(repeating: "xy", count: 16)]
      + [String(repeating: "ab", count: 65)])
  func malformed(secret: String) async throws {
    try await withHost { host, network in
      try await host.createNetwork(network)
      let forwarder = try await host.forwarder(for: network)
      await #expect {
        _ = try await forwarder.publish("a", listen: "127.0.0.1:0", target: "10.77.3.9:80", secret: secret)
      } throws: { error in
        guard case .refused(let text)? = error as? HostingFault else { return false }
        return text.contains("expected a secret of 32 to 128 hexadecimal digits") && !text.contains(secret)
      }
      try await host.removeNetwork(network)
    }
  }
}
