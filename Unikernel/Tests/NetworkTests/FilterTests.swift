import LibraryOS
import Testing

@testable import Network

/// Admits what a closure says, and keeps what it was asked.
private final class ScriptedFilter: PacketFilter {
  var asked: [PacketSummary] = []
  var admits: (PacketSummary) -> Bool
  /// What errors were about, and whether they pass.
  var askedErrors: [PacketSummary] = []
  var admitsErrors = true

  init(_ admits: @escaping (PacketSummary) -> Bool = { _ in true }) {
    self.admits = admits
  }

  func admits(_ packet: PacketSummary, at now: Instant) -> Bool {
    asked.append(packet)
    return admits(packet)
  }

  func admits(error packet: PacketSummary, about sent: PacketSummary, at now: Instant) -> Bool {
    askedErrors.append(sent)
    return admitsErrors
  }
}

@Suite("Packet filters")
struct FilterTests {
  @Test("a packet that one filter refuses is dropped without an answer, on the way in")
  func inbound() throws {
    let peer = try RawPeer()
    let acceptor = RecordingAcceptor()
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    let willing = ScriptedFilter()
    let strict = ScriptedFilter { $0.direction == .outbound || $0.destinationPort == 80 }
    peer.host.stack.packetFilters = [willing, strict]
    #expect(peer.exchange(.synchronize, to: 81, seq: 1).isEmpty)
    #expect(peer.exchange(peer.echoRequest([1])).isEmpty)
    #expect(peer.host.count("filtered-inbound") == 2)
    #expect(peer.exchange(.synchronize, to: 80, seq: 1).count == 1)
    #expect(
      strict.asked.first
        == PacketSummary(
          direction: .inbound, protocolNumber: 6, source: peer.address, destination: peer.host.address,
          sourcePort: 40000, destinationPort: 81, tcpFlags: 2))
    #expect(
      strict.asked[1]
        == PacketSummary(
          direction: .inbound, protocolNumber: 1, source: peer.address, destination: peer.host.address,
          sourcePort: 8, destinationPort: 0))
    #expect(strict.asked.last?.direction == .outbound)
    #expect(strict.asked.last?.tcpFlags == 18)
    #expect(willing.asked.count == strict.asked.count)
  }

  @Test(
    "a router's word of what passes is heard behind a filter: only of what is on its way, and if the filter lets it",
    arguments: [true, false])
  func tooBig(_ admits: Bool) throws {
    let peer = try RawPeer()
    let acceptor = RecordingAcceptor()
    acceptor.configure = { $0.send(pattern(5000)) }
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    let filter = ScriptedFilter { $0.protocolNumber == 6 }
    filter.admitsErrors = admits
    peer.host.stack.packetFilters = [filter]
    let answer = try #require(peer.exchange(.synchronize, seq: 500).first)
    let sent = peer.exchange(.acknowledge, seq: 501, ack: answer.seq &+ 1)
    #expect(sent.first?.payload.count == 1460)
    // A number that was acknowledged, one far ahead, another port: no answer, and the filter sees ICMP like any other.
    for (seq, port) in [(answer.seq, 40000), (answer.seq &+ 90_000, 40000), (answer.seq &+ 1, 40001)] {
      #expect(peer.exchange(peer.fragmentationNeeded(1000, sequence: seq, to: UInt16(port))).isEmpty)
    }
    #expect(filter.askedErrors.isEmpty && peer.host.count("filtered-inbound") == 3)
    let again = SentSegment.all(
      in: peer.exchange(peer.fragmentationNeeded(1000, sequence: answer.seq &+ 1, to: 40000)))
    #expect(again.first?.payload.count == (admits ? 960 : nil))
    #expect(
      filter.askedErrors == [
        PacketSummary(
          direction: .outbound, protocolNumber: 6, source: peer.host.address, destination: peer.address, sourcePort: 80,
          destinationPort: 40000)
      ])
    #expect(peer.host.count("filtered-inbound") == (admits ? 3 : 4))
  }

  @Test("nothing leaves that a filter refuses")
  func outbound() throws {
    let peer = try RawPeer()
    let acceptor = RecordingAcceptor()
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    peer.host.stack.packetFilters = [ScriptedFilter { $0.direction == .inbound }]
    #expect(peer.exchange(.synchronize, to: 80, seq: 1).isEmpty)
    #expect(peer.exchange(.synchronize, to: 81, seq: 1).isEmpty)
    #expect(peer.exchange(peer.echoRequest([1])).isEmpty)
    #expect(peer.host.count("filtered-outbound") == 3)
    // ARP is not asked about.
    #expect(peer.exchange(peer.arp(.request, sender: peer.address, target: peer.host.address)).count == 1)
  }

  @Test("an attempt that a filter forbids is refused at the next flush, not inside connect")
  func forbiddenAttempt() throws {
    let peer = try RawPeer()
    peer.host.stack.packetFilters = [ScriptedFilter { $0.direction == .inbound }]
    let recorder = StreamRecorder()
    recorder.stream = peer.host.stack.connect(to: Endpoint(peer.address, port: 7000), handler: recorder)
    #expect(recorder.events.isEmpty)
    #expect(peer.flush().isEmpty)
    #expect(recorder.closeReason == .refused)
    #expect(peer.host.stack.openConnections == 0)
  }

  @Test("malformed packets never reach a filter; well-formed ones of other protocols do")
  func wellFormedOnly() throws {
    let peer = try RawPeer()
    let filter = ScriptedFilter()
    peer.host.stack.packetFilters = [filter]
    var broken = peer.tcp(.synchronize, seq: 1)
    broken[40] ^= 1
    peer.exchange(broken)
    #expect(filter.asked.isEmpty)
    peer.exchange(peer.ipv4(17, [0x12, 0x34, 0, 53, 0, 8, 0, 0]))
    #expect(filter.asked.map(\.protocolNumber) == [17])
    #expect(filter.asked.map(\.sourcePort) == [0x1234])
    #expect(filter.asked.map(\.destinationPort) == [53])
  }

  @Test("a connection lives on when a filter lets it through again")
  func interrupted() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: Endpoint(network.server.address, port: 80), handler: recorder)
    #expect(network.run { acceptor.recorders.count == 1 })
    var isOpen = false
    network.client.stack.packetFilters = [ScriptedFilter { _ in isOpen }]
    recorder.send(pattern(10_000))
    network.run(for: .seconds(3))
    #expect(acceptor.recorders[0].received.isEmpty)
    isOpen = true
    #expect(network.run { acceptor.recorders[0].received == pattern(10_000) })
  }
}
