import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import TransportSecurity

/// The client's side: connections that modules open to backends, over TLS to a server of the same module.
@Suite("TLS to backends")
struct BackendTests {
  /// A proxy's image and a backend's in one network.
  private final class Pair {
    let backend: SecureFixture
    let clock = ManualClock()
    let events = EventRecorder()
    let module: TransportSecurity
    let network: any StreamNetwork
    let client = Conversation()
    static let address: ByteString = "10.77.0.2:443"

    init(
      _ more: [(ByteString, ParameterValue)] = [], name: ByteString = "portal.test",
      trusting certificates: [[UInt8]] = [TestCertificates.authorityCertificate], at address: ByteString = Pair.address,
      certificate: [UInt8] = TestCertificates.ecCertificate, key: [UInt8] = TestCertificates.ecKey
    ) throws {
      backend = try SecureFixture(identities: [identity(["portal.test"], certificate, key)], more)
      module = TransportSecurity(
        clock: clock, random: RepeatableRandom(), events: events,
        shares: ConnectionShares(clock: clock, events: events))
      network = module.securing(backend.network)
      try module.configure([
        ("endpoint", .text("clear")), ("backends", Pair.trust(name, certificates, at: address)),
      ])
    }

    static func trust(_ name: ByteString, _ certificates: [[UInt8]], at address: ByteString) -> ParameterValue {
      .list([
        map([
          ("addresses", .list([.text(address)])), ("name", .text(name)),
          ("authorities", .list(certificates.map { .bytes($0) })),
        ])
      ])
    }

    func run() {
      for _ in 0..<6 {
        backend.run()
        if let deadline = module.deadline, deadline <= clock.now { module.expire(at: clock.now) }
      }
    }

    func connect() -> (any ByteStream)? {
      let stream = network.connect(to: Endpoint(backend.network.address, port: 443), handler: client)
      run()
      return stream
    }

    func count(_ name: ByteString) -> UInt64 {
      module.counters.first { $0.name == "transport-security." + name }?.value ?? 0
    }
  }

  /// What a module that opened a connection is told.
  private final class Conversation: StreamHandler {
    var opened = 0
    var received: [UInt8] = []
    var closed: [CloseReason] = []
    func streamOpened(_ stream: any ByteStream) { opened += 1 }
    func streamReadable(_ stream: any ByteStream) {
      while stream.readableCount > 0 { received += stream.read(limit: 4096) }
    }
    func streamWritable(_ stream: any ByteStream) {}
    func streamEnded(_ stream: any ByteStream) {}
    func streamClosed(_ stream: any ByteStream, reason: CloseReason) { closed.append(reason) }
  }

  @Test("content goes both ways, and none of it in clear")
  func content() throws {
    let pair = try Pair()
    let stream = try #require(pair.connect())
    #expect(pair.client.opened == 1)
    #expect(stream.isSecure)
    let text = Array("secret words".utf8)
    #expect(stream.write(text[...]) == text.count)
    pair.run()
    #expect(pair.client.received == Array("SECRET WORDS".utf8))
    #expect(pair.backend.server.received == text)
    #expect(pair.count("backend-handshakes") == 1)
    #expect(pair.module.openConnections == 1)
    stream.close()
    pair.run()
    pair.clock.advance(by: .seconds(4))
    pair.run()
    #expect(pair.client.closed.count <= 1)
    #expect(pair.module.openConnections == 0)
  }

  @Test("the next connection resumes the session; new settings begin a new one")
  func resumption() throws {
    let pair = try Pair()
    for _ in 0..<3 { _ = try #require(pair.connect()) }
    #expect(pair.client.opened == 3)
    #expect(pair.count("backend-handshakes") == 3)
    #expect(pair.count("backend-resumed") == 2)
    try pair.module.configure([
      ("backends", Pair.trust("portal.test", [TestCertificates.authorityCertificate], at: Pair.address))
    ])
    _ = pair.connect()
    #expect(pair.count("backend-handshakes") == 4)
    #expect(pair.count("backend-resumed") == 2)
  }

  @Test("after a session's lifetime the backend shows its certificate again")
  func oldSession() throws {
    let pair = try Pair()
    _ = pair.connect()
    pair.clock.advance(by: SessionCache.lifetime)
    _ = pair.connect()
    #expect(pair.count("backend-handshakes") == 2)
    #expect(pair.count("backend-resumed") == 0)
  }

  @Test("the backend's own certificate can be trusted itself")
  func direct() throws {
    let pair = try Pair(trusting: [TestCertificates.ecCertificate])
    _ = pair.connect()
    #expect(pair.client.opened == 1)
    // Another of the same name, by the same authority, is not it.
    let other = try Pair(trusting: [TestCertificates.rotatedCertificate])
    _ = other.connect()
    #expect(other.client.opened == 0)
  }

  private func expectRefused(_ pair: Pair, _ comment: Comment) {
    _ = pair.connect()
    #expect(pair.client.opened == 0, comment)
    #expect(pair.client.closed == [.refused], comment)
    #expect(pair.count("backend-handshakes") == 0, comment)
    #expect(pair.count("backend-failed") == 1, comment)
    #expect(pair.events.events.contains { $0.action == "backend-refused" }, comment)
    #expect(pair.backend.server.streams.isEmpty, comment)
    pair.clock.advance(by: TransportSecurity.lingerTime)
    pair.run()
    #expect(pair.module.openConnections == 0, comment)
  }

  @Test("a backend with another name, of another authority or with an expired certificate is refused")
  func refused() throws {
    expectRefused(try Pair(name: "other.test"), "another name")
    expectRefused(try Pair(name: "ortal.test"), "a part of the name")
    expectRefused(try Pair(trusting: [TestCertificates.strangersCertificate]), "another authority")
    expectRefused(
      try Pair(
        name: "rita", certificate: TestCertificates.expiredCertificate, key: TestCertificates.expiredKey), "expired")
    expectRefused(
      try Pair(
        name: "rita", trusting: [TestCertificates.expiredCertificate], certificate: TestCertificates.expiredCertificate,
        key: TestCertificates.expiredKey), "expired, and trusted itself")
  }

  @Test("a backend that requires client certificates refuses, and it is told as a refusal")
  func mutual() throws {
    let pair = try Pair(SecureFixture.asking("required"))
    _ = pair.connect()
    #expect(pair.client.opened == 0)
    #expect(pair.client.closed.count == 1)
    let asked = try Pair(SecureFixture.asking("requested"))
    _ = asked.connect()
    #expect(asked.client.opened == 1)
  }

  @Test("a backend that speaks no TLS gets nothing but a greeting")
  func clear() throws {
    let pair = try Pair(at: "10.77.0.2:80")
    let server = EchoServer()
    _ = pair.backend.network.listen(port: 80, acceptor: server)
    let stream = try #require(
      pair.network.connect(to: Endpoint(pair.backend.network.address, port: 80), handler: pair.client))
    _ = stream.write(Array("secret".utf8)[...])
    pair.run()
    #expect(pair.client.opened == 0)
    #expect(pair.client.closed == [.refused])
    #expect(server.received.first == 22)
  }

  @Test("what is no backend is reached as before, and nothing before there are settings")
  func others() throws {
    let pair = try Pair(at: "10.77.0.9:443")
    _ = pair.backend.network.listen(port: 80, acceptor: EchoServer())
    let stream = pair.network.connect(to: Endpoint(pair.backend.network.address, port: 80), handler: pair.client)
    pair.run()
    #expect(stream?.isSecure == false)
    #expect(pair.client.opened == 1)
    let unset = TransportSecurity(
      clock: pair.clock, random: RepeatableRandom(), events: pair.events,
      shares: ConnectionShares(clock: pair.clock, events: pair.events))
    let network = unset.securing(pair.backend.network)
    #expect(network.connect(to: Endpoint(pair.backend.network.address, port: 80), handler: pair.client) == nil)
  }

  @Test("a backend that says nothing is given up")
  func silence() throws {
    let pair = try Pair()
    pair.backend.network.silence(Endpoint(pair.backend.network.address, port: 443))
    _ = pair.connect()
    pair.clock.advance(by: .seconds(10))
    pair.run()
    #expect(pair.client.closed == [.timedOut])
    #expect(pair.module.openConnections == 0)
  }

  @Test("an endpoint in clear is one, and one over TLS needs a certificate")
  func endpoint() throws {
    let pair = try Pair()
    let server = EchoServer()
    _ = pair.backend.network.listen(port: 81, acceptor: pair.module.securing(server, protocol: "http/1.1"))
    let client = InMemoryClient(pair.backend.network, port: 81)
    client.send(Array("clear".utf8))
    pair.run()
    #expect(client.received == Array("CLEAR".utf8))
    let module = TransportSecurity(
      clock: pair.clock, random: RepeatableRandom(), events: pair.events,
      shares: ConnectionShares(clock: pair.clock, events: pair.events))
    #expect(throws: ParameterFault.self) {
      try module.configure([
        ("backends", Pair.trust("portal.test", [TestCertificates.authorityCertificate], at: Pair.address))
      ])
    }
    #expect(throws: ParameterFault.self) { try pair.module.configure([("endpoint", .text("tls"))]) }
  }

  @Test(
    "backends that cannot be used are refused, and the ones in force stay",
    arguments: [
      ("portal.test", [[1, 2, 3]], "10.77.0.2:443"), ("portal.test", [], "10.77.0.2:443"),
      ("", [TestCertificates.authorityCertificate], "10.77.0.2:443"),
      ("portal.test", [TestCertificates.authorityCertificate], "10.77.0.2"),
      ("portal.test", [TestCertificates.authorityCertificate], "10.77.0.2:0"),
    ] as [(String, [[UInt8]], String)])
  func faults(name: String, certificates: [[UInt8]], address: String) throws {
    let pair = try Pair()
    #expect(throws: ParameterFault.self) {
      try pair.module.configure([
        ("backends", Pair.trust(ByteString(name), certificates, at: ByteString(address)))
      ])
    }
    _ = pair.connect()
    #expect(pair.client.opened == 1)
  }
}
