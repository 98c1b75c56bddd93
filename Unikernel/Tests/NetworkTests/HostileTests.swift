import LibraryOS
import Testing

@testable import Network

@Suite("TCP under attack")
struct HostileTests {
  private func listening(
    limits: NetworkLimits = NetworkLimits()
  ) throws -> (peer: RawPeer, acceptor: RecordingAcceptor) {
    let peer = try RawPeer(limits: limits)
    let acceptor = RecordingAcceptor()
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    return (peer, acceptor)
  }

  @Test("a flood of SYNs is bounded, and an honest client still gets in")
  func synFlood() throws {
    let (peer, acceptor) = try listening()
    let bound = NetworkLimits().halfOpenConnections
    var answers = 0
    for index in 0..<5000 {
      answers += peer.exchange(.synchronize, from: UInt16(1000 + index), seq: UInt32(index)).count
    }
    // Those beyond the part of one source were answered with a cookie.
    #expect(answers == 5000)
    #expect(peer.host.count("cookies-sent") == UInt64(5000 - bound / 2))
    #expect(peer.host.stack.transport.halfOpen.count == bound / 2)
    #expect(peer.host.stack.openConnections == 0)
    #expect(peer.handshake(from: 999) != 0)
    #expect(acceptor.recorders.count == 1)
    #expect(peer.host.stack.openConnections == 1)
    // And in the end all are given up.
    _ = peer.pass(.seconds(60))
    #expect(peer.host.stack.transport.halfOpen.isEmpty)
  }

  @Test("a source that opens many connections and completes none takes part of the places only")
  func halfOpenShare() throws {
    let (peer, _) = try listening()
    let bound = NetworkLimits().halfOpenConnections
    for index in 0..<2000 { peer.exchange(.synchronize, from: UInt16(1000 + index), seq: UInt32(index)) }
    // It may have half of them while nobody else wants any.
    #expect(peer.host.stack.transport.halfOpen.count == bound / 2)
    let other = IPv4Address(10, 77, 0, 77)
    peer.exchange(peer.arp(.request, sender: other, target: peer.host.address))
    let cookies = peer.host.count("cookies-sent")
    for index in 0..<(bound / 8) {
      peer.exchange(peer.tcp(.synchronize, from: UInt16(1000 + index), seq: 1, source: other))
    }
    #expect(peer.host.count("cookies-sent") == cookies)
    #expect(peer.host.stack.transport.halfOpen.count == bound / 2 + bound / 8)
  }

  @Test("at the bound of connections, new ones are not answered and those that are open go on")
  func connectionBound() throws {
    var limits = NetworkLimits()
    limits.connections = 8
    let (peer, acceptor) = try listening(limits: limits)
    var iss: UInt32 = 0
    for index in 0..<8 { iss = peer.handshake(from: UInt16(2000 + index)) }
    #expect(acceptor.recorders.count == 8)
    #expect(peer.exchange(.synchronize, from: 3000, seq: 1).isEmpty)
    #expect(peer.host.stack.connect(to: Endpoint(peer.address, port: 9), handler: StreamRecorder()) == nil)
    peer.exchange(.acknowledge, from: 2007, seq: 1001, ack: iss + 1, payload: [1, 2, 3])
    #expect(acceptor.recorders[7].received == [1, 2, 3])
    peer.exchange(.reset, from: 2000, seq: 1001)
    #expect(peer.exchange(.synchronize, from: 3000, seq: 1).count == 1)
  }

  @Test("a reset counts only with the exact number; another in the window is challenged, one outside is dropped")
  func blindReset() throws {
    let (peer, acceptor) = try listening()
    let iss = peer.handshake()
    let challenge = peer.exchange(.reset, seq: 1001 + 500)
    #expect(challenge.map(\.flags) == [.acknowledge])
    #expect(challenge.first?.ack == 1001)
    #expect(challenge.first?.seq == iss + 1)
    // Challenges are limited.
    #expect(peer.exchange(.reset, seq: 1001 + 600).isEmpty)
    #expect(peer.exchange(.reset, seq: 1001 + 500_000).isEmpty)
    #expect(peer.exchange(.reset, seq: 999).isEmpty)
    #expect(acceptor.recorders[0].closeReason == nil)
    #expect(peer.exchange(.reset, seq: 1001).isEmpty)
    #expect(acceptor.recorders[0].closeReason == .reset)
  }

  @Test("a SYN in an open connection is challenged and changes nothing", arguments: [1000, 1001, 1500, 900_000])
  func blindSynchronize(sequence: UInt32) throws {
    let (peer, acceptor) = try listening()
    let iss = peer.handshake()
    #expect(peer.exchange(.synchronize, seq: sequence).map(\.flags) == [.acknowledge])
    peer.exchange(.acknowledge, seq: 1001, ack: iss + 1, payload: [9])
    #expect(acceptor.recorders[0].received == [9])
  }

  @Test("data that acknowledges what was never sent is challenged and dropped")
  func blindData() throws {
    let (peer, acceptor) = try listening()
    let iss = peer.handshake()
    let answers = peer.exchange(.acknowledge, seq: 1001, ack: iss &+ 5000, payload: [6, 6, 6])
    #expect(answers.map(\.ack) == [1001])
    peer.exchange(.acknowledge, seq: 1001, ack: iss &- 100_000, payload: [6, 6, 6])
    #expect(acceptor.recorders[0].received.isEmpty)
  }

  @Test("an acknowledgement of the handshake with a wrong number is reset and opens nothing")
  func wrongHandshake() throws {
    let (peer, acceptor) = try listening()
    let answer = try #require(peer.exchange(.synchronize, seq: 1000).first)
    let resets = peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 2)
    #expect(resets.map(\.flags) == [.reset])
    #expect(acceptor.recorders.isEmpty)
    peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 1)
    #expect(acceptor.recorders.count == 1)
  }

  @Test("initial sequence numbers differ from connection to connection")
  func initialNumbers() throws {
    let (peer, _) = try listening()
    var seen: Set<UInt32> = []
    for index in 0..<100 {
      seen.insert(try #require(peer.exchange(.synchronize, from: UInt16(2000 + index), seq: 1).first).seq)
    }
    #expect(seen.count == 100)
  }

  @Test("segments out of order are put in order, whatever their overlap")
  func overlaps() throws {
    let bytes = pattern(20_000)
    for seed in 1...20 {
      let (peer, acceptor) = try listening()
      let iss = peer.handshake()
      let random = SeededRandom(seed: UInt64(seed))
      var received = 0
      for _ in 0..<3000 where received < bytes.count {
        let start = min(max(received - 500 + random.below(4000), 0), bytes.count - 1)
        let end = min(start + 1 + random.below(1400), bytes.count)
        peer.exchange(
          .acknowledge, seq: 1001 + UInt32(start), ack: iss + 1, payload: Array(bytes[start..<end]))
        received = acceptor.recorders[0].received.count
      }
      #expect(acceptor.recorders[0].received == bytes)
    }
  }

  @Test("many holes in what arrives take bounded room")
  func holes() throws {
    let (peer, acceptor) = try listening()
    let iss = peer.handshake()
    let bytes = pattern(4000)
    for index in stride(from: 1, to: 4000, by: 2) {
      peer.exchange(.acknowledge, seq: 1001 + UInt32(index), ack: iss + 1, payload: [bytes[index]])
    }
    let answers = peer.exchange(.acknowledge, seq: 1001, ack: iss + 1, payload: [bytes[0]])
    #expect(answers.last?.ack == 1003)
    peer.exchange(.acknowledge, seq: 1001, ack: iss + 1, payload: Array(bytes[0..<1460]))
    peer.exchange(.acknowledge, seq: 1001 + 1400, ack: iss + 1, payload: Array(bytes[1400..<2800]))
    peer.exchange(.acknowledge, seq: 1001 + 2700, ack: iss + 1, payload: Array(bytes[2700..<4000]))
    #expect(acceptor.recorders[0].received == bytes)
  }

  @Test("a peer that keeps its window closed is probed, and given up in the end")
  func closedWindow() throws {
    let (peer, acceptor) = try listening()
    acceptor.configure = { $0.send(pattern(5000)) }
    let answer = try #require(peer.exchange(.synchronize, seq: 1000, window: 0).first)
    peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 1, window: 0)
    let probes = SentSegment.all(in: peer.pass(.seconds(30)))
    #expect(probes.count >= 4)
    #expect(probes.allSatisfy { $0.payload.count == 1 && $0.seq == answer.seq + 1 })
    // The window opens: everything comes at once.
    let data = peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 1, window: 65535)
    #expect(data.map(\.payload.count) == [1460, 1460, 1460, 620])
    peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 5001, window: 0)
    acceptor.recorders[0].send(pattern(10))
    for _ in 0..<3000 where acceptor.recorders[0].closeReason == nil {
      for probe in SentSegment.all(in: peer.pass(.seconds(1))) where !probe.payload.isEmpty {
        peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 5001, window: 0)
      }
    }
    #expect(acceptor.recorders[0].closeReason == .timedOut)
    #expect(peer.host.stack.openConnections == 0)
  }

  @Test("an offer of tiny segments is not taken up")
  func tinySegments() throws {
    let (peer, acceptor) = try listening()
    acceptor.configure = { $0.send(pattern(1000)) }
    let answer = try #require(peer.exchange(.synchronize, seq: 1000, maximumSegmentSize: 1).first)
    let data = peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 1)
    #expect(data.first?.payload.count == TCPConnection.smallestSegment)
  }

  @Test("a router's word that segments are too large is believed only of what is in flight")
  func pathMTU() throws {
    let (peer, acceptor) = try listening()
    let iss = peer.handshake()
    acceptor.recorders[0].send(pattern(3000))
    let sent = peer.flush()
    func tooLarge(_ frame: [UInt8], limit: UInt8) -> [UInt8] {
      var bytes: [UInt8] = [3, 4, 0, 0, 0, 0, limit, 0] + frame[14..<42]
      bytes.withUnsafeMutableBytes {
        var checksum = InternetChecksum()
        checksum.add(UnsafeRawBufferPointer($0))
        $0.storeBytes(of: checksum.storedField, toByteOffset: 2, as: UInt16.self)
      }
      return peer.ipv4(1, bytes)
    }
    var forged = sent[0]
    forged[38] ^= 0x55
    #expect(peer.exchange(tooLarge(forged, limit: 4)).isEmpty)
    // 1024 bytes of datagram.
    let again = SentSegment.all(in: peer.exchange(tooLarge(sent[0], limit: 4)))
    #expect(again.map(\.payload.count) == [984, 984, 984, 48])
    #expect(again.first?.seq == iss + 1)
  }

  @Test("TIME-WAIT answers a late FIN, ignores resets, and makes way for a later SYN")
  func timeWait() throws {
    let (peer, acceptor) = try listening()
    let iss = peer.handshake()
    acceptor.recorders[0].stream?.close()
    #expect(SentSegment.all(in: peer.flush()).map(\.flags) == [[.acknowledge, .push, .finish]])
    peer.exchange([.acknowledge, .finish], seq: 1001, ack: iss + 2)
    #expect(acceptor.recorders[0].closeReason == .finished)
    #expect(peer.host.stack.openConnections == 0)
    // The last acknowledgement was lost.
    let again = peer.exchange([.acknowledge, .finish], seq: 1001, ack: iss + 2)
    #expect(again.map(\.ack) == [1002])
    #expect(peer.exchange(.reset, seq: 1002).isEmpty)
    #expect(peer.exchange(.acknowledge, seq: 1002, ack: iss + 2).isEmpty)
    // A SYN with an old number is no new connection.
    #expect(peer.exchange(.synchronize, seq: 900).map(\.flags) == [.acknowledge])
    let reopened = peer.exchange(.synchronize, seq: 500_000)
    #expect(reopened.map(\.flags) == [[.synchronize, .acknowledge]])
    #expect(reopened.first.map { SequenceNumber($0.seq) > SequenceNumber(iss + 2) } == true)
    peer.exchange(.acknowledge, seq: 500_001, ack: try #require(reopened.first).seq + 1, payload: [1])
    #expect(acceptor.recorders.count == 2)
    #expect(acceptor.recorders[1].received == [1])
  }

  @Test("TIME-WAIT ends, and is bounded: the oldest is forgotten")
  func timeWaitBound() throws {
    var limits = NetworkLimits()
    limits.timeWaits = 16
    let (peer, acceptor) = try listening(limits: limits)
    acceptor.configure = { $0.stream?.close() }
    func run(_ port: UInt16) throws {
      let answer = try #require(peer.exchange(.synchronize, from: port, seq: 1000).first)
      peer.exchange(.acknowledge, from: port, seq: 1001, ack: answer.seq + 1)
      peer.exchange([.acknowledge, .finish], from: port, seq: 1001, ack: answer.seq + 2)
    }
    for port in 5000..<5100 { try run(UInt16(port)) }
    #expect(peer.host.stack.transport.timeWaits.count == 16)
    // Forgotten: the segment belongs to nothing. Remembered: acknowledged.
    #expect(peer.exchange([.acknowledge, .finish], from: 5000, seq: 1001, ack: 7).map(\.flags) == [.reset])
    #expect(peer.exchange([.acknowledge, .finish], from: 5099, seq: 1001, ack: 7).map(\.flags) == [.acknowledge])
    peer.clock.now = peer.clock.now + TimeWaitTable.duration
    #expect(peer.exchange([.acknowledge, .finish], from: 5099, seq: 1001, ack: 7).map(\.flags) == [.reset])
  }

  @Test("every truncation of valid frames is survived")
  func truncation() throws {
    let (peer, _) = try listening()
    let iss = peer.handshake()
    let frames = [
      peer.arp(.request, sender: peer.address, target: peer.host.address),
      peer.echoRequest(pattern(40)),
      peer.tcp(.synchronize, from: 41000, seq: 5, windowScale: 7),
      peer.tcp([.acknowledge, .push], seq: 1001, ack: iss + 1, payload: pattern(100)),
      peer.ipv4(17, [0, 1, 0, 2, 0, 8, 0, 0]),
    ]
    for frame in frames {
      for length in 0..<frame.count { #expect(peer.exchange(Array(frame[0..<length])).count <= 1) }
    }
    #expect(peer.exchange(peer.echoRequest([1])).count == 1)
  }

  @Test("twenty thousand mutated frames, with right checksums half of the time, are survived")
  func mutation() throws {
    var limits = NetworkLimits()
    limits.connections = 64
    let (peer, acceptor) = try listening(limits: limits)
    acceptor.configure = { $0.onReadable = { $0.send($0.received.suffix(10)) } }
    let random = SeededRandom(seed: 99)
    var iss = peer.handshake()
    for round in 0..<20_000 {
      if round % 500 == 0 { iss = peer.handshake(from: UInt16(10_000 + round)) }
      let port = UInt16(10_000 + round / 500 * 500)
      let flags = TCPFlags(rawValue: UInt8(random.below(64)))
      var frame: [UInt8]
      switch random.below(6) {
      case 0: frame = random.bytes(random.below(200))
      case 1: frame = peer.arp(.request, sender: peer.address, target: peer.host.address)
      case 2: frame = peer.echoRequest(random.bytes(random.below(100)))
      default:
        frame = peer.tcp(
          flags, from: port, seq: 1001 &+ UInt32(truncatingIfNeeded: random.below(3000) - 1000),
          ack: iss &+ UInt32(truncatingIfNeeded: random.below(60) - 20), window: random.below(65536),
          payload: random.bytes(random.below(300)))
      }
      if random.below(2) == 0, !frame.isEmpty {
        for _ in 0...random.below(4) { frame[random.below(frame.count)] = UInt8(random.below(256)) }
        if random.below(2) == 0 { RawPeer.repair(&frame) }
      }
      peer.exchange(frame)
      if random.below(10) == 0 { _ = peer.pass(.milliseconds(random.below(3000))) }
    }
    #expect(peer.host.stack.transport.table.count <= 64)
    // Whatever the state, it ends; and the host still answers.
    _ = peer.exchange(peer.arp(.request, sender: peer.address, target: peer.host.address))
    #expect(peer.exchange(peer.echoRequest([1])).count == 1)
  }
}

extension RawPeer {
  /// Makes the checksums of a frame right again where it still has the shape for them.
  static func repair(_ frame: inout [UInt8]) {
    if frame.count >= 74, frame[12] == 0x86, frame[20] == 6 {
      frame.withUnsafeMutableBytes { bytes in
        bytes.storeBytes(of: 0, toByteOffset: 70, as: UInt16.self)
        let view = UnsafeRawBufferPointer(bytes)
        var segment = InternetChecksum()
        segment.addPseudoHeader(
          source: IPAddress(IPv6Address(view, at: 22)), destination: IPAddress(IPv6Address(view, at: 38)),
          protocolNumber: 6, length: bytes.count - 54)
        segment.add(view.suffix(from: 54))
        bytes.storeBytes(of: segment.storedField, toByteOffset: 70, as: UInt16.self)
      }
      return
    }
    guard frame.count >= 34, frame[14] >> 4 == 4 else { return }
    let headerLength = Int(frame[14] & 15) * 4
    guard headerLength >= 20, frame.count >= 14 + headerLength else { return }
    frame.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: 0, toByteOffset: 24, as: UInt16.self)
      var header = InternetChecksum()
      header.add(UnsafeRawBufferPointer(rebasing: bytes[14..<(14 + headerLength)]))
      bytes.storeBytes(of: header.storedField, toByteOffset: 24, as: UInt16.self)
      let start = 14 + headerLength
      guard bytes[23] == 6, bytes.count >= start + 20 else { return }
      bytes.storeBytes(of: 0, toByteOffset: start + 16, as: UInt16.self)
      let view = UnsafeRawBufferPointer(bytes)
      var segment = InternetChecksum()
      segment.addPseudoHeader(
        source: IPAddress(IPv4Address(raw: view.number32(at: 26))),
        destination: IPAddress(IPv4Address(raw: view.number32(at: 30))),
        protocolNumber: 6, length: bytes.count - start)
      segment.add(view.suffix(from: start))
      bytes.storeBytes(of: segment.storedField, toByteOffset: start + 16, as: UInt16.self)
    }
  }
}
