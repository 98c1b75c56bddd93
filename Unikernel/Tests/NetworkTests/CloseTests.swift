import LibraryOS
import Testing

@testable import Network

@Suite("The end of a TCP connection")
struct CloseTests {
  private struct Pair {
    let network: SimulatedNetwork
    let client: StreamRecorder
    let server: StreamRecorder
    let acceptor: RecordingAcceptor
  }

  private func pair(_ conditions: LinkConditions = .perfect) throws -> Pair {
    let network = try SimulatedNetwork(conditions)
    let acceptor = RecordingAcceptor()
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: Endpoint(network.server.address, port: 80), handler: recorder)
    #expect(network.run { acceptor.recorders.count == 1 })
    return Pair(network: network, client: recorder, server: acceptor.recorders[0], acceptor: acceptor)
  }

  /// Who closes: the client, the server, or both at once.
  enum Order: CaseIterable { case clientFirst, serverFirst, together }

  @Test("either side closes first, or both at once", arguments: Order.allCases, [LinkConditions.perfect, .terrible])
  func orders(order: Order, conditions: LinkConditions) throws {
    let pair = try pair(conditions)
    switch order {
    case .clientFirst:
      pair.server.closesWhenEnded = true
      pair.client.stream?.close()
    case .serverFirst:
      pair.client.closesWhenEnded = true
      pair.server.stream?.close()
    case .together:
      pair.client.stream?.close()
      pair.server.stream?.close()
    }
    #expect(pair.network.run { pair.client.closeReason != nil && pair.server.closeReason != nil })
    #expect(pair.client.closeReason == .finished)
    #expect(pair.server.closeReason == .finished)
    #expect(pair.client.events.filter { $0 == "closed" }.count == 1)
    #expect(pair.network.client.stack.openConnections == 0)
    #expect(pair.network.server.stack.openConnections == 0)
  }

  @Test("after one side has closed, the other can still send")
  func halfClose() throws {
    let pair = try pair()
    pair.client.send(pattern(10), thenClose: true)
    #expect(pair.network.run { pair.server.events.contains("ended") })
    #expect(pair.client.stream?.write([1]) == 0)
    let late = pattern(300_000)
    pair.server.send(late, thenClose: true)
    #expect(pair.network.run { pair.client.closeReason != nil })
    #expect(pair.client.received == late)
    #expect(pair.client.closeReason == .finished)
  }

  @Test("closing twice is closing once")
  func closeTwice() throws {
    let pair = try pair()
    pair.server.closesWhenEnded = true
    pair.client.stream?.close()
    pair.client.stream?.close()
    #expect(pair.network.run { pair.client.closeReason != nil })
    pair.client.stream?.close()
    #expect(pair.client.events.filter { $0 == "closed" }.count == 1)
  }

  @Test("what was received can be read after the connection is gone")
  func readAfterClose() throws {
    let pair = try pair()
    pair.server.reads = false
    pair.server.closesWhenEnded = true
    pair.client.send(pattern(1000), thenClose: true)
    #expect(pair.network.run { pair.server.closeReason != nil })
    pair.server.drain()
    #expect(pair.server.received == pattern(1000))
    #expect(pair.server.stream?.write([1]) == 0)
  }

  @Test("abort resets the other side and tells its own user nothing more")
  func abort() throws {
    let pair = try pair()
    pair.client.send(pattern(100))
    pair.network.run(for: .seconds(1))
    let events = pair.client.events
    pair.client.stream?.abort()
    #expect(pair.network.run { pair.server.closeReason != nil })
    #expect(pair.server.closeReason == .reset)
    #expect(pair.client.events == events)
    #expect(pair.network.client.stack.openConnections == 0)
    #expect(pair.network.server.stack.openConnections == 0)
  }

  @Test("abort from within a callback is the end")
  func abortInCallback() throws {
    let pair = try pair()
    pair.server.onReadable = { $0.stream?.abort() }
    pair.client.send(pattern(100), thenClose: true)
    #expect(pair.network.run { pair.client.closeReason != nil })
    #expect(pair.client.closeReason == .reset)
    #expect(pair.server.events == ["accepted", "readable"])
  }

  @Test("nobody listens: refused")
  func refused() throws {
    let network = try SimulatedNetwork()
    let recorder = StreamRecorder()
    #expect(
      network.client.stack.connect(to: Endpoint(network.server.address, port: 81), handler: recorder) != nil)
    #expect(network.run { recorder.closeReason != nil })
    #expect(recorder.closeReason == .refused)
    #expect(recorder.events == ["closed"])
  }

  @Test("an acceptor that wants nobody resets")
  func unwanted() throws {
    let network = try SimulatedNetwork()
    let acceptor = RecordingAcceptor()
    acceptor.refuses = true
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(
      to: Endpoint(network.server.address, port: 80), handler: recorder)
    #expect(network.run { recorder.closeReason != nil })
    #expect(recorder.closeReason == .reset)
    #expect(network.server.stack.openConnections == 0)
  }

  @Test("a listener can be closed, and its port taken again")
  func closeListener() throws {
    let pair = try pair()
    let stack = pair.network.server.stack
    #expect(!stack.listen(port: 80, acceptor: pair.acceptor))
    stack.closeListener(port: 80)
    let late = StreamRecorder()
    late.stream = pair.network.client.stack.connect(
      to: Endpoint(pair.network.server.address, port: 80), handler: late)
    #expect(pair.network.run { late.closeReason == .refused })
    // The open one goes on.
    pair.client.send(pattern(10))
    #expect(pair.network.run { pair.server.received.count == 10 })
    #expect(stack.listen(port: 80, acceptor: pair.acceptor))
  }

  @Test("a host that does not exist: the attempt times out after three requests for its address")
  func noSuchHost() throws {
    let network = try SimulatedNetwork()
    let recorder = StreamRecorder()
    let start = network.clock.now
    recorder.stream = network.client.stack.connect(
      to: Endpoint(IPv4Address(10, 77, 0, 99), port: 80), handler: recorder)
    #expect(network.run { recorder.closeReason != nil })
    #expect(recorder.closeReason == .timedOut)
    #expect(network.clock.now - start < .seconds(4))
    #expect(network.client.stack.openConnections == 0)
  }

  @Test("a peer that falls silent: the connection times out, on both sides of the limit")
  func silence() throws {
    let pair = try pair()
    pair.network.isDropped = { _, _ in true }
    pair.client.send(pattern(1000))
    pair.network.run(for: .seconds(100))
    #expect(pair.client.closeReason == nil)
    #expect(pair.network.run(for: .seconds(300)) { pair.client.closeReason != nil })
    #expect(pair.client.closeReason == .timedOut)
  }

  @Test("a closed connection whose other end never closes ends all the same")
  func finWait2() throws {
    let pair = try pair()
    pair.client.stream?.close()
    pair.network.run(for: .seconds(100))
    #expect(pair.client.closeReason == nil)
    #expect(pair.network.run(for: .seconds(60)) { pair.client.closeReason != nil })
    #expect(pair.client.closeReason == .timedOut)
  }

  @Test("both ends open at once towards each other")
  func simultaneousOpen() throws {
    let peer = try RawPeer()
    let recorder = StreamRecorder()
    recorder.stream = peer.host.stack.connect(to: Endpoint(peer.address, port: 7000), handler: recorder)
    let syn = try #require(SentSegment.all(in: peer.flush()).first)
    let port = try #require(recorder.stream).local.port
    let answer = try #require(peer.exchange(.synchronize, from: 7000, to: port, seq: 500).first)
    #expect(answer.flags == [.synchronize, .acknowledge])
    #expect(answer.seq == syn.seq)
    #expect(answer.ack == 501)
    peer.exchange([.synchronize, .acknowledge], from: 7000, to: port, seq: 500, ack: syn.seq + 1)
    #expect(recorder.events == ["opened"])
    peer.exchange(.acknowledge, from: 7000, to: port, seq: 501, ack: syn.seq + 1, payload: pattern(5))
    #expect(recorder.received == pattern(5))
  }
}
