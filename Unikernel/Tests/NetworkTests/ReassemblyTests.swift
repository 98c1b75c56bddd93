import LibraryOS
import Testing

@testable import Network

@Suite("Reassembly of fragments")
struct ReassemblyTests {
  private let source = IPAddress(IPv4Address(10, 77, 0, 1))
  private let destination = IPAddress(IPv4Address(10, 77, 0, 2))
  private let now = Instant(nanoseconds: 1_000_000_000)

  private func add(
    _ table: Reassembly, _ bytes: [UInt8], at offset: Int, last: Bool = false, id: UInt32 = 1,
    number: UInt8 = ProtocolNumber.icmp, from source: IPAddress? = nil, time: Instant? = nil
  ) -> [UInt8]? {
    bytes.withUnsafeBytes { raw in
      table.add(
        Fragment(identification: id, offset: offset, isFollowed: !last, protocolNumber: number, bytes: raw),
        from: source ?? self.source, to: destination, at: time ?? now
      ).map { Array($0.bytes) }
    }
  }

  private func host(_ number: Int) -> IPAddress {
    IPAddress(IPv4Address(raw: 0x0A4E_0000 + UInt32(number)))
  }

  @Test("parts make the whole in whatever order they come", arguments: 0..<20)
  func anyOrder(seed: Int) {
    let random = SeededRandom(seed: UInt64(seed))
    let whole = pattern(4000 + random.below(5000))
    var parts = stride(from: 0, to: whole.count, by: 800).map { ($0, Array(whole[$0..<min($0 + 800, whole.count)])) }
    for index in parts.indices { parts.swapAt(index, random.below(parts.count)) }
    let table = Reassembly()
    var result: [UInt8]?
    for (index, part) in parts.enumerated() {
      result = add(table, part.1, at: part.0, last: part.0 + part.1.count == whole.count)
      #expect((result != nil) == (index == parts.count - 1))
      // What the link doubled changes nothing.
      if result == nil { #expect(add(table, part.1, at: part.0, last: part.0 + 800 >= whole.count) == nil) }
    }
    #expect(result == whole)
    #expect(table.count == 0)
    #expect(table.heldBytes == 0)
  }

  @Test(
    "parts that overlap drop the whole, with all that still comes",
    arguments: [(8, 16), (0, 24), (0, 8), (8, 24), (16, 16), (24, 8)])
  func overlap(offset: Int, count: Int) {
    let table = Reassembly()
    #expect(add(table, pattern(16), at: 0) == nil)
    #expect(add(table, pattern(16), at: 24, last: true) == nil)
    #expect(add(table, pattern(count, seed: 9), at: offset) == nil)
    #expect(add(table, pattern(8), at: 16) == nil)
    #expect(table.dropped == 1)
    #expect(table.completed == 0)
    #expect(table.heldBytes == Reassembly.overhead)
  }

  @Test("the same part with other bytes contradicts the first")
  func contradiction() {
    let table = Reassembly()
    #expect(add(table, pattern(16), at: 0) == nil)
    #expect(add(table, pattern(16, seed: 8), at: 0) == nil)
    #expect(add(table, pattern(8), at: 16, last: true) == nil)
    #expect(table.dropped == 1)
  }

  @Test("the end is where the last part says, once")
  func oneEnd() {
    for (offset, last) in [(32, false), (16, true), (40, true)] {
      let table = Reassembly()
      #expect(add(table, pattern(8), at: 24, last: true) == nil)
      #expect(add(table, pattern(8), at: offset, last: last) == nil)
      #expect(table.dropped == 1, "\(offset)")
    }
    let table = Reassembly()
    #expect(add(table, pattern(8), at: 24) == nil)
    #expect(add(table, pattern(8), at: 8, last: true) == nil)
    #expect(table.dropped == 1)
  }

  @Test("a TCP header is not hidden between parts")
  func tinyFragments() {
    let table = Reassembly()
    #expect(add(table, pattern(8), at: 0, id: 1, number: ProtocolNumber.tcp) == nil)
    #expect(add(table, pattern(16), at: 0, id: 2, number: ProtocolNumber.tcp) == nil)
    #expect(add(table, pattern(24), at: 0, id: 3, number: ProtocolNumber.tcp) == nil)
    #expect(add(table, pattern(24), at: 8, last: true, id: 3, number: ProtocolNumber.tcp) == nil)
    #expect(table.dropped == 3)
    #expect(add(table, pattern(24), at: 0, id: 4, number: ProtocolNumber.tcp) == nil)
    #expect(add(table, pattern(24), at: 24, last: true, id: 4, number: ProtocolNumber.tcp)?.count == 48)
  }

  @Test("parts of others with the same identification are others' parts")
  func keys() {
    let table = Reassembly()
    #expect(add(table, pattern(16), at: 0) == nil)
    #expect(add(table, pattern(8), at: 16, last: true, from: host(7)) == nil)
    #expect(add(table, pattern(8), at: 16, last: true, number: 17) == nil)
    #expect(add(table, pattern(8), at: 16, last: true)?.count == 24)
  }

  @Test("one source does not push out another's parts")
  func fairness() {
    let table = Reassembly()
    #expect(add(table, pattern(800), at: 0, id: 7, from: host(1)) == nil)
    for id in 0..<500 {
      #expect(add(table, pattern(1480), at: 0, id: UInt32(1000 + id), from: host(2)) == nil)
    }
    #expect(table.count == 1 + Reassembly.maximumPerSource)
    #expect(add(table, pattern(800), at: 800, last: true, id: 7, from: host(1))?.count == 1600)
  }

  @Test(
    "whatever comes, memory is bounded, and what is complete gets through afterwards", arguments: [UInt64(1), 2, 3])
  func bounds(seed: UInt64) {
    let random = SeededRandom(seed: seed)
    let table = Reassembly()
    for _ in 0..<20_000 {
      _ = add(
        table, pattern(8 * (1 + random.below(180))), at: 8 * random.below(8000), last: random.below(20) == 0,
        id: UInt32(random.below(6)), number: 200, from: host(random.below(300)))
      #expect(table.heldBytes <= Reassembly.maximumBytes)
      #expect(table.count <= Reassembly.maximumDatagrams)
    }
    #expect(add(table, pattern(16), at: 0, from: host(1000)) == nil)
    #expect(add(table, pattern(16), at: 16, last: true, from: host(1000))?.count == 32)
    table.expire(at: now + .seconds(61))
    #expect(table.count == 0)
    #expect(table.heldBytes == 0)
    #expect(table.deadline == nil)
  }

  @Test("a datagram has no more than so many parts")
  func pieces() {
    let table = Reassembly()
    for index in 0...Reassembly.maximumPieces {
      #expect(add(table, pattern(8), at: 16 * index, number: 200) == nil)
    }
    #expect(table.dropped == 1)
    #expect(table.heldBytes == Reassembly.overhead)
  }

  @Test("parts wait for a time only")
  func time() {
    let table = Reassembly()
    #expect(add(table, pattern(16), at: 0) == nil)
    #expect(table.deadline == now + .seconds(30))
    #expect(add(table, pattern(8), at: 16, last: true, time: now + .seconds(31)) == nil)
    #expect(table.dropped == 1)
  }

  @Test("an echo request in parts is answered in parts, and filters see both whole", arguments: [1473, 4000, 65_000])
  func echo(size: Int) throws {
    let peer = try RawPeer()
    let filter = DatagramCounter()
    peer.host.stack.packetFilters = [filter]
    let request = Array(peer.echoRequest(pattern(size)).dropFirst(34))
    var frames: [[UInt8]] = []
    for frame in peer.parts(of: request, number: ProtocolNumber.icmp, room: 1480) { frames += peer.exchange(frame) }
    #expect(filter.asked == 2)
    #expect(frames.count == (request.count + 1479) / 1480)
    #expect(frames.allSatisfy { $0.count <= 1514 })
    let table = Reassembly()
    var answer: [UInt8]?
    for frame in frames {
      frame.withUnsafeBytes { bytes in
        let datagram = bytes.suffix(from: 14)
        guard let packet = try? IPv4Packet(datagram) else { return }
        answer = table.add(packet.fragment(datagram), from: source, to: destination, at: now).map { Array($0.bytes) }
      }
    }
    #expect(answer?.first == 0)
    #expect(answer.map { Array($0.dropFirst(8)) } == pattern(size))
    #expect(peer.host.count("datagrams-reassembled") == 1)
  }

  @Test("a segment in parts reaches TCP, with its checksum looked at")
  func segment() throws {
    let peer = try RawPeer()
    let acceptor = RecordingAcceptor()
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    let iss = peer.handshake()
    var segment = Array(
      peer.tcp([.acknowledge, .push], seq: 1001, ack: iss &+ 1, payload: pattern(1000)).dropFirst(34))
    for frame in peer.parts(of: segment, number: ProtocolNumber.tcp, room: 400) { _ = peer.exchange(frame) }
    #expect(acceptor.recorders.first?.received == pattern(1000))
    segment[900] ^= 1
    for frame in peer.parts(of: segment, number: ProtocolNumber.tcp, room: 400, id: 78) { _ = peer.exchange(frame) }
    #expect(peer.host.count("malformed") == 1)
  }
}

/// Admits everything, and counts.
final class DatagramCounter: PacketFilter {
  var asked = 0

  func admits(_ packet: PacketSummary, at now: Instant) -> Bool {
    asked += 1
    return true
  }
}

extension RawPeer {
  /// The frames of a datagram in parts of `room` bytes.
  func parts(of payload: [UInt8], number: UInt8, room: Int, id: UInt16 = 77) -> [[UInt8]] {
    stride(from: 0, to: payload.count, by: room).map { offset in
      let part = payload[offset..<min(offset + room, payload.count)]
      var header = [UInt8](repeating: 0, count: IPv4Packet.headerLength)
      header.withUnsafeMutableBytes {
        IPv4Packet.writeHeader(
          to: $0.baseAddress.unsafelyUnwrapped, source: address, destination: host.address, protocolNumber: number,
          payloadLength: part.count, fragment: (id, offset, offset + room < payload.count))
      }
      return frame(type: EtherType.ipv4, header + part)
    }
  }
}
