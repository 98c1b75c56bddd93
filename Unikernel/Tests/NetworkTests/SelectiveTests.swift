import LibraryOS
import Testing

@testable import Network

@Suite("Selective acknowledgements, timestamps, cookies")
struct SelectiveTests {
  /// What a modern client says in its SYN.
  private static func modern(_ value: UInt32 = 100, echo: UInt32 = 0) -> TCPOptions {
    var options = TCPOptions()
    options.permitsSelectiveAcknowledgment = true
    options.timestamp = TCPOptions.Timestamp(value: value, echo: echo)
    return options
  }

  private static func stamped(_ value: UInt32) -> TCPOptions {
    var options = TCPOptions()
    options.timestamp = TCPOptions.Timestamp(value: value, echo: 0)
    return options
  }

  private func listening(
    limits: NetworkLimits = NetworkLimits()
  ) throws -> (peer: RawPeer, acceptor: RecordingAcceptor) {
    let peer = try RawPeer(limits: limits)
    let acceptor = RecordingAcceptor()
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    return (peer, acceptor)
  }

  private func open(_ peer: RawPeer) throws -> UInt32 {
    let answer = try #require(
      peer.exchange(.synchronize, seq: 1000, windowScale: 7, options: SelectiveTests.modern()).first)
    #expect(answer.permitsSelectiveAcknowledgment)
    #expect(answer.timestamp?.echo == 100)
    peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 1, options: SelectiveTests.stamped(100))
    return answer.seq
  }

  @Test("what was not asked for in the SYN is not answered with")
  func notAsked() throws {
    let (peer, _) = try listening()
    let answer = try #require(peer.exchange(.synchronize, seq: 1000).first)
    #expect(!answer.permitsSelectiveAcknowledgment)
    #expect(answer.timestamp == nil)
    #expect(answer.windowScale == nil)
  }

  @Test("segments out of order are told in blocks, the latest first, until the gap is filled")
  func blocks() throws {
    let (peer, acceptor) = try listening()
    let iss = try open(peer)
    func send(_ seq: UInt32, _ count: Int) throws -> SentSegment {
      try #require(
        peer.exchange(
          .acknowledge, seq: seq, ack: iss + 1, payload: pattern(count), options: SelectiveTests.stamped(101)
        ).first)
    }
    #expect(try send(1101, 100).sacked == [1101..<1201])
    #expect(try send(1401, 100).sacked == [1401..<1501, 1101..<1201])
    #expect(try send(1201, 100).sacked == [1101..<1301, 1401..<1501])
    let after = try send(1001, 100)
    #expect(after.ack == 1301)
    #expect(after.sacked == [1401..<1501])
    #expect(try send(1301, 100).ack == 1501)
    #expect(acceptor.recorders[0].received.count == 500)
  }

  @Test("only what is missing is sent again")
  func onlyMissing() throws {
    let (peer, acceptor) = try listening()
    acceptor.configure = { $0.send(pattern(10 * 1448)) }
    let iss = try open(peer)
    let first = iss + 1
    peer.clock.now = peer.clock.now + .milliseconds(10)
    // The third and the sixth of ten are lost.
    let again = peer.exchange(
      .acknowledge, seq: 1001, ack: first + 2 * 1448, window: 65535, options: SelectiveTests.stamped(110),
      sacked: [(first + 3 * 1448)..<(first + 5 * 1448), (first + 6 * 1448)..<(first + 10 * 1448)])
    #expect(again.filter { !$0.payload.isEmpty }.map(\.seq) == [first + 2 * 1448, first + 5 * 1448])
    #expect(peer.host.count("segments-retransmitted") == 2)
  }

  @Test("blocks that make no sense change nothing", arguments: [(5, 3), (-9000, -8000), (50_000, 60_000), (1, 1)])
  func senseless(offsets: (Int, Int)) throws {
    let (peer, acceptor) = try listening()
    acceptor.configure = { $0.send(pattern(10 * 1448)) }
    let iss = try open(peer)
    let block = (UInt32(truncatingIfNeeded: offsets.0), UInt32(truncatingIfNeeded: offsets.1))
    var frame = peer.tcp(
      .acknowledge, seq: 1001, ack: iss + 1, options: SelectiveTests.stamped(110), sacked: [0..<1])
    // The block behind padding and kind, in network byte order.
    for (index, number) in [iss &+ 1 &+ block.0, iss &+ 1 &+ block.1].enumerated() {
      for byte in 0..<4 {
        frame[70 + index * 4 + byte] = UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * byte))
      }
    }
    RawPeer.repair(&frame)
    peer.exchange(frame)
    #expect(peer.host.count("segments-retransmitted") == 0)
    #expect(peer.host.count("malformed") == 0)
  }

  @Test("a lost retransmission is found without waiting for the timer")
  func lostRetransmission() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: Endpoint(network.server.address, port: 80), handler: recorder)
    #expect(network.run { acceptor.recorders.count == 1 })
    var seen: [UInt32: Int] = [:]
    var victim: UInt32?
    network.isDropped = { from, frame in
      guard from == 0, let segment = SentSegment(frame), segment.payload.count > 1000 else { return false }
      seen[segment.seq, default: 0] += 1
      if victim == nil, seen.count == 5 { victim = segment.seq }
      return segment.seq == victim && (seen[segment.seq] ?? 0) <= 2
    }
    let start = network.clock.now
    recorder.send(pattern(400_000))
    #expect(network.run { acceptor.recorders[0].received.count == 400_000 })
    #expect(network.clock.now - start < RetransmissionTimeout.minimum)
    #expect(network.client.count("segments-retransmitted") == 2)
  }

  @Test("the loss of the last segments is probed for, before the retransmission timer")
  func tailLoss() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: Endpoint(network.server.address, port: 80), handler: recorder)
    #expect(network.run { acceptor.recorders.count == 1 })
    var count = 0
    network.isDropped = { from, frame in
      guard from == 0, frame.count > 500 else { return false }
      count += 1
      return count == 6 || count == 7
    }
    let start = network.clock.now
    recorder.send(pattern(7 * 1448))
    #expect(network.run { acceptor.recorders[0].received.count == 7 * 1448 })
    #expect(network.clock.now - start < RetransmissionTimeout.minimum)
  }

  @Test(
    "a loss probe that repaired a loss makes the window smaller, one that was for nothing does not",
    arguments: [true, false])
  func lossProbeOutcome(isDuplicate: Bool) throws {
    let (peer, acceptor) = try listening()
    acceptor.configure = { $0.send(pattern(3 * 1448)) }
    let first = try open(peer) + 1
    let connection = try #require(acceptor.recorders.first?.stream as? TCPConnection)
    let before = connection.congestion.window
    #expect(SentSegment.all(in: peer.pass(.milliseconds(50))).map(\.seq) == [first + 2 * 1448])
    peer.exchange(
      .acknowledge, seq: 1001, ack: first + 3 * 1448, options: SelectiveTests.stamped(110),
      sacked: isDuplicate ? [(first + 2 * 1448)..<(first + 3 * 1448)] : [])
    acceptor.recorders[0].send(pattern(1448))
    _ = peer.flush()
    peer.exchange(.acknowledge, seq: 1001, ack: first + 4 * 1448, options: SelectiveTests.stamped(120))
    #expect((connection.congestion.window < before) == !isDuplicate)
  }

  @Test("an old duplicate is not taken for new, and a segment without a timestamp is dropped")
  func protectionAgainstWrappedNumbers() throws {
    let (peer, acceptor) = try listening()
    let iss = try open(peer)
    peer.exchange(
      .acknowledge, seq: 1001, ack: iss + 1, payload: [1], options: SelectiveTests.stamped(200))
    let old = peer.exchange(
      .acknowledge, seq: 1002, ack: iss + 1, payload: [2], options: SelectiveTests.stamped(150))
    #expect(old.map(\.ack) == [1002])
    #expect(peer.exchange(.acknowledge, seq: 1002, ack: iss + 1, payload: [3]).isEmpty)
    peer.exchange(
      .acknowledge, seq: 1002, ack: iss + 1, payload: [4], options: SelectiveTests.stamped(201))
    #expect(acceptor.recorders[0].received == [1, 4])
  }

  @Test("a single segment is acknowledged after a while, two at once")
  func delayed() throws {
    let (peer, acceptor) = try listening()
    let iss = peer.handshake()
    var sequence: UInt32 = 1001
    func send(_ count: Int) -> [SentSegment] {
      defer { sequence += UInt32(count) }
      return peer.exchange(.acknowledge, seq: sequence, ack: iss + 1, payload: pattern(count))
    }
    // The first ones are acknowledged at once, so that the other end's window opens.
    for _ in 0..<16 { #expect(send(10).count == 1) }
    #expect(send(10).isEmpty)
    #expect(SentSegment.all(in: peer.pass(.milliseconds(20))).isEmpty)
    #expect(SentSegment.all(in: peer.pass(.milliseconds(30))).map(\.ack) == [sequence])
    #expect(send(1460).isEmpty)
    #expect(send(1460).map(\.ack) == [sequence])
    #expect(SentSegment.all(in: peer.pass(.seconds(1))).isEmpty)
    #expect(acceptor.recorders[0].received.count == 170 + 2920)
  }

  @Test("a silent end is asked whether it is there, and given up if it is not")
  func keepAlive() throws {
    var limits = NetworkLimits()
    limits.keepAlive = .seconds(60)
    let (peer, acceptor) = try listening(limits: limits)
    let iss = peer.handshake()
    let probes = SentSegment.all(in: peer.pass(.seconds(61)))
    #expect(probes.map(\.seq) == [iss])
    peer.exchange(.acknowledge, seq: 1001, ack: iss + 1)
    #expect(SentSegment.all(in: peer.pass(.seconds(50))).isEmpty)
    // ARP goes unanswered from here on as well; the probes are what counts.
    _ = peer.exchange(peer.arp(.request, sender: peer.address, target: peer.host.address))
    _ = peer.pass(.seconds(60 + 15 * 6))
    #expect(acceptor.recorders[0].closeReason == .timedOut)
    #expect(peer.host.stack.openConnections == 0)
  }

  @Test("under a flood of SYNs an honest client gets in through a cookie, with all it asked for")
  func cookies() throws {
    let (peer, acceptor) = try listening()
    for index in 0..<600 { peer.exchange(.synchronize, from: UInt16(1000 + index), seq: UInt32(index)) }
    #expect(peer.host.count("cookies-sent") == 600 - 256)
    let answer = try #require(
      peer.exchange(.synchronize, from: 9000, seq: 5000, windowScale: 7, options: SelectiveTests.modern()).first)
    #expect(answer.flags == [.synchronize, .acknowledge])
    #expect(answer.windowScale == 3)
    // Nothing is kept of it.
    #expect(peer.host.stack.transport.table.count == 256)
    peer.clock.now = peer.clock.now + .milliseconds(30)
    let stamp = TCPOptions.Timestamp(value: 130, echo: try #require(answer.timestamp?.value))
    var options = TCPOptions()
    options.timestamp = stamp
    peer.exchange(
      .acknowledge, from: 9000, seq: 5001, ack: answer.seq + 1, window: 512, payload: [1, 2, 3], options: options)
    let recorder = try #require(acceptor.recorders.first)
    #expect(recorder.received == [1, 2, 3])
    let connection = try #require(recorder.stream as? TCPConnection)
    #expect(connection.isSelective && connection.isTimestamped)
    #expect(connection.sndWnd == 512 << 7)
    #expect(connection.segmentSize == 1448)
  }

  @Test("a cookie that was not made here, or long ago, opens nothing")
  func forgedCookies() throws {
    let (peer, acceptor) = try listening()
    for index in 0..<512 { peer.exchange(.synchronize, from: UInt16(1000 + index), seq: UInt32(index)) }
    let answer = try #require(peer.exchange(.synchronize, from: 9000, seq: 5000).first)
    for bit in 0..<32 {
      let forged = answer.seq ^ (1 << UInt32(bit))
      #expect(peer.exchange(.acknowledge, from: 9000, seq: 5001, ack: forged &+ 1).map(\.flags) == [.reset])
    }
    // Another port, another sequence number.
    peer.exchange(.acknowledge, from: 9001, seq: 5001, ack: answer.seq + 1)
    peer.exchange(.acknowledge, from: 9000, seq: 5002, ack: answer.seq + 1)
    #expect(acceptor.recorders.isEmpty)
    peer.clock.now = peer.clock.now + .seconds(300)
    peer.exchange(.acknowledge, from: 9000, seq: 5001, ack: answer.seq + 1)
    #expect(acceptor.recorders.isEmpty)
  }

  @Test("readers that do not read cannot take more memory than there is for all of them")
  func receiveMemory() throws {
    var limits = NetworkLimits()
    limits.receiveMemory = 256 << 10
    let (peer, acceptor) = try listening(limits: limits)
    acceptor.configure = { $0.reads = false }
    for port in UInt16(2000)..<2032 {
      let iss = peer.handshake(from: port)
      for index in 0..<40 {
        peer.exchange(
          .acknowledge, from: port, seq: 1001 + UInt32(index * 1460), ack: iss + 1, payload: pattern(1460))
      }
    }
    #expect(acceptor.recorders.count == 32)
    #expect(peer.host.stack.transport.heldMemory <= limits.receiveMemory + 32 * 4096 + 65536)
    // One that reads is served all the same.
    acceptor.configure = { _ in }
    let iss = peer.handshake(from: 3000)
    var sequence: UInt32 = 1001
    for _ in 0..<100 {
      let answer = peer.exchange(
        .acknowledge, from: 3000, seq: sequence, ack: iss + 1, payload: pattern(1000))
      sequence = answer.last?.ack ?? sequence + 1000
    }
    #expect(acceptor.recorders[32].received.count >= 65_000)
    // And memory comes back.
    for recorder in acceptor.recorders { recorder.drain() }
    #expect(peer.host.stack.transport.heldMemory == 0)
  }
}
