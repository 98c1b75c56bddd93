import LibraryOS
import Testing

@testable import Network

@Suite("TCP between two stacks")
struct TransferTests {
  private func open(
    _ network: SimulatedNetwork, acceptor: RecordingAcceptor, port: UInt16 = 80
  ) -> StreamRecorder {
    #expect(network.server.stack.listen(port: port, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: Endpoint(network.server.address, port: port), handler: recorder)
    return recorder
  }

  @Test("a connection opens, each side sees the other's endpoint")
  func handshake() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    let recorder = open(network, acceptor: acceptor)
    #expect(recorder.events.isEmpty)
    #expect(network.run { acceptor.recorders.count == 1 && recorder.events == ["opened"] })
    #expect(acceptor.recorders[0].stream?.remote == recorder.stream?.local)
    #expect(acceptor.recorders[0].stream?.local == recorder.stream?.remote)
    #expect(network.client.stack.openConnections == 1)
    #expect(network.server.stack.openConnections == 1)
  }

  @Test("a megabyte each way at once arrives whole, then both sides close", arguments: LinkConditions.all, [1, 2, 3])
  func bothWays(conditions: LinkConditions, seed: UInt64) throws {
    let network = try SimulatedNetwork(conditions, seed: seed)
    let up = pattern(1 << 20, seed: seed)
    let down = pattern(1 << 20, seed: seed + 50)
    let acceptor = RecordingAcceptor()
    acceptor.configure = { $0.send(down, thenClose: true) }
    let recorder = open(network, acceptor: acceptor)
    recorder.send(up, thenClose: true)
    let isDone = network.run(for: .seconds(3600)) {
      recorder.closeReason != nil && acceptor.recorders.first?.closeReason != nil
    }
    #expect(isDone)
    let accepted = try #require(acceptor.recorders.first)
    #expect(recorder.received == down)
    #expect(accepted.received == up)
    #expect(recorder.closeReason == .finished)
    #expect(accepted.closeReason == .finished)
    #expect(recorder.events.last == "closed")
    #expect(accepted.events.last == "closed")
    #expect(network.client.stack.openConnections == 0)
    #expect(network.server.stack.openConnections == 0)
  }

  @Test("a perfect link needs no retransmission")
  func noNeedlessRetransmission() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    let recorder = open(network, acceptor: acceptor)
    recorder.send(pattern(1 << 20), thenClose: true)
    #expect(network.run { acceptor.recorders.first?.received.count == 1 << 20 })
    #expect(network.client.count("segments-retransmitted") == 0)
    #expect(network.server.count("segments-retransmitted") == 0)
  }

  @Test("a single lost segment is repaired by fast retransmit, before the timeout")
  func fastRetransmit() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    let recorder = open(network, acceptor: acceptor)
    #expect(network.run { acceptor.recorders.count == 1 })
    var dataSegments = 0
    network.isDropped = { from, frame in
      guard from == 0, frame.count > 1000 else { return false }
      dataSegments += 1
      return dataSegments == 3
    }
    let start = network.clock.now
    recorder.send(pattern(200_000))
    #expect(network.run { acceptor.recorders[0].received.count == 200_000 })
    #expect(network.clock.now - start < RetransmissionTimeout.minimum)
    #expect(network.client.count("segments-retransmitted") == 1)
  }

  @Test("requests and answers go back and forth, with one acknowledgement riding on each")
  func pingPong() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    acceptor.configure = { $0.onReadable = { $0.send($0.received.suffix(100)) } }
    let recorder = open(network, acceptor: acceptor)
    #expect(network.run { acceptor.recorders.count == 1 })
    network.run(for: .seconds(1))
    let framesBefore = network.server.sent.count
    var rounds = 0
    recorder.onReadable = { recorder in
      rounds += 1
      if rounds < 50 { recorder.send(pattern(100)) }
    }
    recorder.send(pattern(100))
    #expect(network.run { rounds == 50 })
    // One frame for each request: the answer, which acknowledges it.
    #expect(network.server.sent.count - framesBefore == 50)
  }

  @Test("a batch of segments is acknowledged once")
  func acknowledgesOnce() throws {
    let peer = try RawPeer()
    let acceptor = RecordingAcceptor()
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    let iss = peer.handshake()
    for index in 0..<10 {
      peer.host.receive(
        peer.tcp(.acknowledge, seq: 1001 + UInt32(index * 100), ack: iss + 1, payload: pattern(100)), at: peer.clock.now
      )
    }
    #expect(acceptor.recorders[0].received.count == 1000)
    let answers = SentSegment.all(in: peer.flush())
    #expect(answers.map(\.ack) == [2001])
  }

  @Test("a reader that does not read stops the writer; reading lets it go on, through lost window updates")
  func zeroWindow() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    acceptor.configure = { $0.reads = false }
    let recorder = open(network, acceptor: acceptor)
    let bytes = pattern(600_000)
    recorder.send(bytes, thenClose: true)
    network.run(for: .seconds(30))
    let accepted = try #require(acceptor.recorders.first)
    let stream = try #require(accepted.stream)
    // The last byte of the buffer is not offered alone.
    #expect(stream.readableCount == NetworkLimits.initialWindow - 1)
    #expect(recorder.outgoing.count == 600_000 - NetworkLimits().sendBuffer)
    // The window update is lost: only a probe finds out.
    var isCut = true
    network.isDropped = { from, _ in isCut && from == 1 }
    accepted.reads = true
    accepted.drain()
    network.run(for: .milliseconds(5))
    isCut = false
    #expect(network.run { accepted.events.contains("ended") })
    #expect(accepted.received == bytes)
    #expect(recorder.events.contains("writable"))
  }

  @Test("the window never shrinks, and is scaled once both sides agreed to")
  func windowScale() throws {
    let peer = try RawPeer()
    let acceptor = RecordingAcceptor()
    acceptor.configure = { $0.reads = false }
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    let answer = try #require(peer.exchange(.synchronize, seq: 1000, windowScale: 7).first)
    #expect(answer.maximumSegmentSize == 1460)
    #expect(answer.windowScale == 3)
    peer.exchange(.acknowledge, seq: 1001, ack: answer.seq + 1)
    var edge = 1001 + 65535
    var sequence: UInt32 = 1001
    for _ in 0..<50 {
      let after = peer.exchange(.acknowledge, seq: sequence, ack: answer.seq + 1, payload: pattern(1460))
      // A delayed acknowledgement comes with the next segment.
      guard let last = after.last else {
        sequence += 1460
        continue
      }
      sequence = last.ack
      let offered = Int(last.ack) + last.window << 3
      #expect(offered >= edge - 7)
      edge = max(edge, offered)
    }
    #expect(acceptor.recorders[0].stream?.readableCount == 65535)
  }
}
