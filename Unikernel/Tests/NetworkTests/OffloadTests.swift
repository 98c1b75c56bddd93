import LibraryOS
import Testing

@testable import Network

/// Counts what passes, as a firewall would.
private final class CountingFilter: PacketFilter {
  var segments: [PacketSummary.Direction: Int] = [:]
  var frames: [PacketSummary.Direction: Int] = [:]

  func admits(_ packet: PacketSummary, at now: Instant) -> Bool {
    segments[packet.direction, default: 0] += packet.segments
    frames[packet.direction, default: 0] += 1
    return true
  }
}

@Suite("Offloads")
struct OffloadTests {
  @Test("a megabyte each way arrives whole through offloads", arguments: LinkConditions.all, [1, 2])
  func bothWays(conditions: LinkConditions, seed: UInt64) throws {
    let network = try SimulatedNetwork(conditions, seed: seed, framing: .virtioNet)
    let up = pattern(1 << 20, seed: seed)
    let down = pattern(1 << 20, seed: seed + 50)
    let acceptor = RecordingAcceptor()
    acceptor.configure = { $0.send(down, thenClose: true) }
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: Endpoint(network.server.address, port: 80), handler: recorder)
    recorder.send(up, thenClose: true)
    #expect(
      network.run(for: .seconds(3600)) { recorder.closeReason != nil && acceptor.recorders.first?.closeReason != nil })
    #expect(recorder.received == down)
    #expect(acceptor.recorders.first?.received == up)
    #expect(recorder.closeReason == .finished)
  }

  @Test("a frame carries many segments, and filters and counts see each of them")
  func counting() throws {
    let network = try SimulatedNetwork(framing: .virtioNet)
    let filters = network.hosts.map { host in
      let filter = CountingFilter()
      host.stack.packetFilters = [filter]
      return filter
    }
    let acceptor = RecordingAcceptor()
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: Endpoint(network.server.address, port: 80), handler: recorder)
    recorder.send(pattern(1 << 20))
    #expect(network.run { acceptor.recorders.first?.received.count == 1 << 20 })
    let segments = (1 << 20) / 1448
    let sent = try #require(filters[0].segments[.outbound])
    let received = try #require(filters[1].segments[.inbound])
    #expect(sent >= segments)
    #expect(sent == received)
    #expect(try #require(filters[0].frames[.outbound]) < segments / 3)
    #expect(try #require(filters[1].frames[.inbound]) < segments / 3)
    // ARP is not asked about.
    #expect(network.client.count("frames-sent") >= UInt64(sent))
    #expect(network.server.count("frames-received") >= UInt64(received))
  }

  @Test(
    "a virtio-net header that is cut short or speaks of what was not offered is refused",
    arguments: [[UInt8](repeating: 0, count: 9), [0, 4, 0, 0, 9, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]])
  func malformed(header: [UInt8]) throws {
    let network = try SimulatedNetwork(framing: .virtioNet)
    network.server.receive(header, at: network.clock.now)
    #expect(network.server.count("malformed") == 1)
    network.server.receive(header + [UInt8](repeating: 0, count: 60), at: network.clock.now)
    #expect(network.server.count("malformed") + network.server.count("ignored") == 2)
  }

  @Test("a checksum that is partial is not looked at, one that is not is")
  func checksums() throws {
    let network = try SimulatedNetwork(framing: .virtioNet)
    let peer = try RawPeer()
    var frame = peer.tcp(.synchronize, seq: 1)
    frame[50] ^= 1
    network.server.receive([UInt8](repeating: 0, count: 10) + frame, at: network.clock.now)
    #expect(network.server.count("malformed") == 1)
    network.server.receive([1, 0, 0, 0, 0, 0, 34, 0, 16, 0] + frame, at: network.clock.now)
    #expect(network.server.count("malformed") == 1)
    // Nobody listens.
    #expect(network.server.count("resets-sent") == 1)
  }
}
