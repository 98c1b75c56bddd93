import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import StreamProxy

@Suite("Connections that are passed on")
struct StreamProxyTests {
  @Test("what either end sends reaches the other, unread, and each end closes for itself")
  func bothWays() throws {
    let fixture = try ProxyFixture()
    let server = fixture.serve()
    server.closesInTurn = false
    let client = fixture.client()
    client.closesInTurn = false
    client.send([0, 255, 22, 3])
    fixture.network.run()
    #expect(server.received == [0, 255, 22, 3])
    client.stream?.close()
    fixture.network.run()
    #expect(server.ends == 1 && !client.hasEnded)
    server.send(Array("after the client's end".utf8))
    fixture.network.run()
    #expect(client.received == Array("after the client's end".utf8))
    #expect(fixture.proxy.openConnections == 1)
    server.streams[0].close()
    fixture.network.run()
    #expect(client.hasEnded && client.closeReason == .finished && server.closes == [.finished])
    #expect(fixture.proxy.openConnections == 0)
    let record = try #require(fixture.observer.records.first)
    #expect(record.received == 4 && record.sent == 22 && record.outcome == .finished)
    #expect(record.backend == Endpoint("10.77.0.3:5432") && record.principal == .visitor)
  }

  @Test("what a client sends before the backend is there waits for it")
  func early() throws {
    let fixture = try ProxyFixture()
    let server = fixture.serve()
    let client = InMemoryClient(fixture.network, port: ProxyFixture.port)
    client.send([1, 2, 3])
    fixture.network.run()
    #expect(server.received == [1, 2, 3])
  }

  @Test("all of any bytes arrive in order, whoever takes them in whatever pieces", arguments: 1...20)
  func pieces(seed: Int) throws {
    let random = RepeatableRandom(seed: UInt64(seed))
    let fixture = try ProxyFixture()
    fixture.network.window = 1000 + random.number(below: 30_000)
    let server = fixture.serve()
    server.isReading = false
    let client = fixture.client()
    client.isReading = false
    let up = random.bytes(100_000 + random.number(below: 100_000))
    let down = random.bytes(100_000 + random.number(below: 100_000))
    client.send(up)
    server.send(down)
    for _ in 0..<100_000 where server.received.count < up.count || client.received.count < down.count {
      fixture.network.run()
      if random.number(below: 2) == 0 { server.take(1 + random.number(below: 9000), from: server.streams[0]) }
      if random.number(below: 2) == 0 { client.take(1 + random.number(below: 9000)) }
    }
    #expect(server.received == up)
    #expect(client.received == down)
  }

  @Test("whoever sends faster than the other end takes meets a closed window")
  func backPressure() throws {
    let fixture = try ProxyFixture()
    fixture.network.window = 10_000
    let server = fixture.serve()
    server.isReading = false
    let client = fixture.client()
    client.send([UInt8](repeating: 7, count: 1_000_000))
    fixture.network.run()
    // The windows of both connections and one piece.
    #expect(fixture.proxy.counter("received-bytes") == 0)
    let stuck = try #require(client.stream?.writableCount)
    #expect(stuck == 0)
    #expect(server.streams[0].readableCount == 10_000)
  }

  @Test("what a client sent before it went away still reaches a slow backend")
  func flush() throws {
    let fixture = try ProxyFixture()
    fixture.network.window = 4000
    let server = fixture.serve()
    server.isReading = false
    let client = fixture.client()
    client.send([UInt8](repeating: 9, count: 7000))
    fixture.network.run()
    client.stream?.close()
    fixture.network.run()
    server.isReading = true
    server.take(.max, from: server.streams[0])
    fixture.network.run()
    #expect(server.received.count == 7000 && server.ends == 1)
    #expect(fixture.proxy.openConnections == 0)
  }

  @Test("a backend that refuses is passed over for the next, and where none answers the client is reset")
  func unreachable() throws {
    let fixture = try ProxyFixture(backends: ["10.77.0.3:5432", "10.77.0.4:5432"])
    let server = fixture.serve("10.77.0.4:5432")
    for _ in 0..<4 { _ = fixture.client() }
    #expect(server.streams.count == 4)
    #expect(fixture.events.events.filter { $0.action == "backend-unreachable" }.count == 2)
    fixture.network.stopServing(Endpoint("10.77.0.4:5432")!)
    #expect(fixture.client().closeReason == .reset)
    #expect(fixture.observer.records.map(\.outcome) == [.unreachable])
    fixture.network.isExhausted = true
    #expect(fixture.client().closeReason != nil)
    #expect(fixture.proxy.openConnections == 4)
  }

  @Test("a backend that says nothing is given up")
  func connectTimeout() throws {
    let fixture = try ProxyFixture([("connect-timeout-ms", .integer(2000))])
    fixture.network.silence(Endpoint("10.77.0.3:5432")!)
    let client = fixture.client()
    fixture.pass(.milliseconds(1999))
    #expect(client.closeReason == nil)
    fixture.pass(.milliseconds(1))
    #expect(client.closeReason == .reset)
    #expect(fixture.proxy.openConnections == 0)
  }

  @Test("where nothing is said for too long both ends are closed, and whoever speaks has the time anew")
  func idle() throws {
    let fixture = try ProxyFixture([("idle-timeout-ms", .integer(60_000))])
    let server = fixture.serve()
    let client = fixture.client()
    for _ in 0..<5 {
      fixture.pass(.seconds(50))
      server.send([1])
      fixture.network.run()
    }
    #expect(client.closeReason == nil && client.received.count == 5)
    fixture.pass(.seconds(60))
    #expect(client.hasEnded && server.ends == 1)
    #expect(fixture.proxy.openConnections == 0)
    #expect(fixture.observer.records.map(\.outcome) == [.broken])
  }

  @Test("an end that is reset resets the other")
  func reset() throws {
    let fixture = try ProxyFixture()
    let server = fixture.serve()
    let client = fixture.client()
    server.streams[0].abort()
    fixture.network.run()
    #expect(client.closeReason == .reset)
    let other = fixture.client()
    other.stream?.abort()
    fixture.network.run()
    #expect(server.closes.last == .reset)
    #expect(fixture.proxy.openConnections == 0)
  }

  @Test("other backends end what goes to those that are no longer named, and nothing else")
  func otherBackends() throws {
    let fixture = try ProxyFixture()
    let server = fixture.serve()
    let other = fixture.serve("10.77.0.4:5432")
    let client = fixture.client()
    try fixture.proxy.configure([("backends", .list([.text(ProxyFixture.backend), "10.77.0.4:5432"]))])
    fixture.proxy.settingsChanged()
    fixture.network.run()
    #expect(client.closeReason == nil)
    try fixture.proxy.configure([("backends", .list(["10.77.0.4:5432"]))])
    fixture.proxy.settingsChanged()
    fixture.network.run()
    #expect(client.hasEnded && server.ends == 1)
    #expect(fixture.observer.records.map(\.outcome) == [.withdrawn])
    _ = fixture.client()
    #expect(other.streams.count == 1)
  }

  @Test("a drain takes connections for its grace, gives those that are open time to end, and ends the rest")
  func drain() throws {
    let fixture = try ProxyFixture()
    let server = fixture.serve()
    let first = fixture.client()
    var isDrained = false
    fixture.proxy.drain(grace: .milliseconds(250)) { isDrained = true }
    let second = fixture.client()
    #expect(second.closeReason == nil && server.streams.count == 2)
    fixture.pass(.milliseconds(250))
    #expect(fixture.client().closeReason != nil)
    #expect(first.closeReason == nil && !isDrained)
    first.send([1])
    first.stream?.close()
    fixture.network.run()
    #expect(server.received == [1] && !isDrained)
    fixture.pass(StreamProxy.finishTime)
    #expect(second.hasEnded && isDrained)
    #expect(fixture.proxy.openConnections == 0)
  }

  @Test("a drain that is taken back ends nothing")
  func resume() throws {
    let fixture = try ProxyFixture()
    let server = fixture.serve()
    let client = fixture.client()
    var isDrained = false
    fixture.proxy.drain(grace: .milliseconds(0)) { isDrained = true }
    fixture.proxy.resume()
    fixture.pass(StreamProxy.finishTime)
    client.send([5])
    fixture.network.run()
    #expect(server.received == [5] && !isDrained)
    #expect(fixture.client().closeReason == nil)
  }

  @Test("no more connections than places, nor more of a source than it may have, nor faster than it may open them")
  func bounds() throws {
    let fixture = try ProxyFixture([("maximum-connections", .integer(4))])
    _ = fixture.serve()
    let clients = (0..<4).map { _ in fixture.client() }
    #expect(fixture.client().closeReason == .refused)
    // A source that has none gets a place of one that has all.
    #expect(fixture.client(from: IPv4Address(10, 77, 0, 10)).closeReason == nil)
    #expect(clients.filter { $0.closeReason != nil }.count == 1)

    let limited = try ProxyFixture()
    _ = limited.serve()
    limited.registry.shares.limit = 2
    #expect((0..<3).map { _ in limited.client().closeReason } == [nil, nil, .refused])

    let filtered = try ProxyFixture(filter: Every(3))
    _ = filtered.serve()
    #expect((0..<6).map { _ in filtered.client().closeReason == nil } == [false, false, true, false, false, true])
  }

  private final class Every: ArrivalFilter {
    private let number: Int
    private var count = 0
    init(_ number: Int) { self.number = number }
    func admits(arrival client: Endpoint, at now: Instant) -> Bool {
      count += 1
      return count.isMultiple(of: number)
    }
  }

  @Test("clients behind a forwarder are the other end; without its header nobody gets through")
  func forwarder() throws {
    let fixture = try ProxyFixture([
      ("forwarder", map([("address", "10.77.0.1"), ("secret", .bytes(HeaderWriter.secret))]))
    ])
    let server = fixture.serve()
    let gateway = IPv4Address(10, 77, 0, 1)
    let client = fixture.client(from: gateway)
    client.send(HeaderWriter().bytes + [1, 2])
    fixture.network.run()
    #expect(server.received == [1, 2])
    client.stream?.close()
    fixture.network.run()
    #expect(fixture.observer.records.first?.source == Endpoint(IPv4Address(203, 0, 113, 7), port: 0xC001))
    let forged = fixture.client(from: gateway)
    forged.send([UInt8](repeating: 1, count: 64))
    fixture.network.run()
    #expect(forged.closeReason == .reset && server.streams.count == 1)
    #expect(fixture.events.events.contains { $0.module == "stream-proxy" && $0.action == "forwarding-refused" })
    #expect(fixture.proxy.counter("preface-refused") == 1)
  }

  @Test("who was let in by other settings of TLS is let in no longer, and who shows a certificate is named")
  func admission() throws {
    let security = FakeSecurity()
    security.peer = Principal(name: "spiffe://example.org/reports", roles: [], scheme: "certificate")
    let fixture = try ProxyFixture(security: security)
    let server = fixture.serve()
    #expect(security.protocols == [nil])
    let client = fixture.client()
    fixture.proxy.settingsChanged()
    fixture.network.run()
    #expect(client.closeReason == nil)
    security.admissionVersion = 1
    fixture.proxy.settingsChanged()
    fixture.network.run()
    #expect(client.hasEnded && server.ends == 1)
    #expect(fixture.observer.records.first?.principal.name == "spiffe://example.org/reports")
    #expect(fixture.client().closeReason == nil)
  }

  @Test(
    "settings of another form are refused, and none of the boot stage changes",
    arguments: [
      ("backends", ParameterValue.text("10.77.0.3:5432")), ("backends", .list(["10.77.0.3"])),
      ("backends", .list([ParameterValue](repeating: "10.77.0.3:1", count: 17))), ("backends", .list(["10.77.0.3:0"])),
      ("connect-timeout-ms", .integer(99)), ("idle-timeout-ms", .integer(0)), ("port", .integer(1)),
      ("negotiation", "postgresql"), ("cancel-in-clear", .boolean(true)), ("maximum-connections", .integer(5)),
      ("other", .integer(1)),
    ])
  func settings(name: String, value: ParameterValue) throws {
    let fixture = try ProxyFixture()
    #expect(throws: ParameterFault.self) { try fixture.proxy.configure([(ByteString(name), value)]) }
  }

  @Test("an image without a port or backends does not start")
  func missing() {
    let registry = Registry(
      clock: ManualClock(), random: RepeatableRandom(), network: InMemoryNetwork(), events: EventRecorder())
    #expect(throws: ParameterFault.self) { try registry.start([]) }
    let proxy = StreamProxy(registry: registry)
    #expect(throws: ParameterFault.self) { try proxy.configure([("port", .integer(1))]) }
    #expect(throws: ParameterFault.self) { try proxy.configure([("backends", .list([]))]) }
  }
}
