import CBearSSL
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import TransportSecurity

@Suite("TLS handshakes")
struct HandshakeTests {
  @Test("content passes both ways over TLS 1.2, and the server knows that it is secure")
  func exchange() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    client.send("hello")
    fixture.run()
    #expect(String(decoding: client.received, as: UTF8.self) == "HELLO")
    #expect(client.session.version == UInt16(BR_TLS12))
    #expect(client.serverCertificate == TestCertificates.ecCertificate)
    #expect(fixture.server.streams.first?.isSecure == true)
    #expect(fixture.server.streams.first?.peer == nil)
    #expect(fixture.module.counter("handshakes") == 1)
  }

  @Test(
    "each suite with forward secrecy and AEAD works, with the key that it is for",
    arguments: [0xC02B, 0xC02F, 0xCCA9, 0xCCA8, 0xC02C, 0xC030] as [UInt16])
  func suites(suite: UInt16) throws {
    let fixture = try SecureFixture(identities: [
      identity(["portal.test"], TestCertificates.ecCertificate, TestCertificates.ecKey),
      identity(["portal.test"], TestCertificates.rsaCertificate, TestCertificates.rsaKey),
    ])
    let client = fixture.client(TLSClient.Options(suites: [suite]))
    client.send("abc")
    fixture.run()
    #expect(client.suite == suite)
    #expect(String(decoding: client.received, as: UTF8.self) == "ABC")
  }

  @Test(
    "suites without forward secrecy or with CBC are refused with an alert",
    arguments: [0x009C, 0x002F, 0xC009, 0xC023, 0xC013, 0x000A] as [UInt16])
  func weakSuites(suite: UInt16) throws {
    let fixture = try SecureFixture()
    let client = fixture.client(TLSClient.Options(suites: [suite]))
    #expect(!client.isOpen)
    #expect(client.error == 256 + 40)
    #expect(fixture.module.counter("handshakes-failed") == 1)
    #expect(fixture.server.streams.isEmpty)
  }

  @Test("a client whose key type nobody has is refused")
  func otherKey() throws {
    let fixture = try SecureFixture()
    let client = fixture.client(TLSClient.Options(suites: [0xC02F]))
    #expect(!client.isOpen)
  }

  @Test("TLS 1.0 and 1.1 are refused with `protocol_version`", arguments: [0x0301, 0x0302] as [UInt32])
  func oldVersions(version: UInt32) throws {
    let fixture = try SecureFixture()
    let client = fixture.client(TLSClient.Options(version: version, suites: [0xC009, 0xC013, 0x002F]))
    #expect(!client.isOpen)
    // A fatal alert in clear.
    #expect(client.rawReceived == [21, 3, 3, 0, 2, 2, 70])
    guard case .integer(let error) = fixture.events.events.first?.details.last?.value else {
      Issue.record("nothing was recorded")
      return
    }
    // BearSSL's number for the alert that was sent: `protocol_version`.
    #expect(error == 512 + 70)
  }

  @Test("the name that the client asks for selects the certificate; unknown names get the first one")
  func serverNames() throws {
    let fixture = try SecureFixture(identities: [
      identity(["portal.test"], TestCertificates.ecCertificate, TestCertificates.ecKey),
      identity(["*.other.test"], TestCertificates.otherCertificate, TestCertificates.otherKey),
    ])
    for (name, certificate) in [
      ("portal.test", TestCertificates.ecCertificate), ("PORTAL.test", TestCertificates.ecCertificate),
      ("a.other.test", TestCertificates.otherCertificate), ("a.b.other.test", TestCertificates.ecCertificate),
      ("other.test", TestCertificates.ecCertificate), (".other.test", TestCertificates.ecCertificate),
      ("elsewhere.test", TestCertificates.ecCertificate),
    ] {
      let client = fixture.client(TLSClient.Options(serverName: name))
      #expect(client.isOpen, "\(name)")
      #expect(client.serverCertificate == certificate, "\(name)")
    }
  }

  @Test("ALPN selects http/1.1; a client that wants only something else is refused; one without ALPN is served")
  func protocols() throws {
    let fixture = try SecureFixture()
    let both = fixture.client(TLSClient.Options(protocols: ["h2", "http/1.1"]))
    #expect(both.isOpen)
    #expect(both.selectedProtocol == "http/1.1")
    let other = fixture.client(TLSClient.Options(protocols: ["h2"]))
    #expect(!other.isOpen)
    #expect(other.error == 256 + 120)
    #expect(fixture.client().isOpen)
  }

  @Test("a session is resumed, and resumed sessions carry content")
  func resumption() throws {
    let fixture = try SecureFixture()
    let first = fixture.client()
    first.close()
    fixture.run()
    let second = fixture.client(TLSClient.Options(session: first.session))
    second.send("again")
    fixture.run()
    #expect(String(decoding: second.received, as: UTF8.self) == "AGAIN")
    #expect(fixture.module.counter("resumed") == 1)
    // No certificate was shown.
    #expect(second.serverCertificate.isEmpty)
  }

  @Test("sessions end after an hour, and with the key they were made with")
  func sessionsEnd() throws {
    let fixture = try SecureFixture()
    let first = fixture.client()
    fixture.clock.advance(by: .seconds(3601))
    let second = fixture.client(TLSClient.Options(session: first.session))
    #expect(second.isOpen)
    #expect(fixture.module.counter("resumed") == 0)
    try fixture.module.configure([
      (
        "identities",
        .list([identity(["portal.test"], TestCertificates.rotatedCertificate, TestCertificates.rotatedKey)])
      )
    ])
    let third = fixture.client(TLSClient.Options(session: second.session))
    #expect(third.isOpen)
    #expect(fixture.module.counter("resumed") == 0)
    #expect(third.serverCertificate == TestCertificates.rotatedCertificate)
  }

  @Test("the cache of sessions is bounded: the oldest gives way")
  func boundedCache() throws {
    let fixture = try SecureFixture()
    let first = fixture.client()
    for _ in 0..<SessionCache.capacity {
      let client = fixture.client()
      client.stream?.abort()
      fixture.run()
    }
    _ = fixture.client(TLSClient.Options(session: first.session))
    #expect(fixture.module.counter("resumed") == 0)
  }

  @Test("renegotiation is refused with a warning, and no second handshake happens")
  func renegotiation() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    client.send("one")
    fixture.run()
    #expect(br_ssl_engine_renegotiate(client.engine) == 1)
    client.pump()
    fixture.run()
    // `no_renegotiation`, which BearSSL's client takes for the end; the server goes on with the connection.
    #expect(client.error == 256 + 100)
    fixture.server.send(Array("more".utf8), on: try #require(fixture.server.streams.first))
    fixture.run()
    #expect(fixture.module.counter("handshakes") == 1)
    #expect(fixture.module.openConnections == 1)
    #expect(fixture.module.counter("records-refused") == 0)
  }

  @Test("a handshake that takes too long is ended")
  func slowHandshake() throws {
    let fixture = try SecureFixture([("handshake-timeout-ms", .integer(5000))])
    let client = fixture.client(TLSClient.Options(tampering: { index, record in index == 0 ? record : nil }))
    #expect(fixture.module.openConnections == 1)
    fixture.clock.advance(by: .milliseconds(4999), fixture.module)
    #expect(fixture.module.openConnections == 1)
    fixture.clock.advance(by: .milliseconds(1), fixture.module)
    fixture.run()
    #expect(fixture.module.openConnections == 0)
    #expect(client.closeReason == .reset)
    #expect(fixture.module.counter("timeouts") == 1)
  }

  @Test("an open connection has no such deadline")
  func openConnection() throws {
    let fixture = try SecureFixture()
    let client = fixture.client()
    fixture.clock.advance(by: .seconds(1000), fixture.module)
    client.send("still")
    fixture.run()
    #expect(String(decoding: client.received, as: UTF8.self) == "STILL")
  }

  @Test("at the bound, connections are refused; when one ends, there is room again")
  func bound() throws {
    let fixture = try SecureFixture([("maximum-connections", .integer(2))])
    let clients = [fixture.client(), fixture.client()]
    #expect(clients.allSatisfy { $0.isOpen })
    let third = fixture.client()
    #expect(third.closeReason == .refused)
    #expect(fixture.module.counter("refused") == 1)
    clients[0].close()
    clients[0].closeBelow()
    fixture.run()
    #expect(fixture.client().isOpen)
  }

  @Test("a source that opens connections and shakes no hands yields to others")
  func hoarding() throws {
    let fixture = try SecureFixture([("maximum-connections", .integer(4))])
    let silent = (0..<5).map { _ in
      InMemoryClient(fixture.network, port: 443, from: IPv4Address(10, 77, 0, 66))
    }
    fixture.run()
    #expect(silent.map(\.closeReason) == [nil, nil, nil, nil, .refused])
    #expect(fixture.client().isOpen && fixture.client().isOpen)
    #expect(silent.filter { $0.closeReason == .reset }.count == 2)
    #expect(fixture.events.events.map(\.action) == ["place-yielded", "place-yielded"])
    // Both hold two now.
    #expect(fixture.client().closeReason == .refused)
  }

  @Test("without settings every connection is refused")
  func unconfigured() throws {
    let network = InMemoryNetwork()
    let module = TransportSecurity(
      clock: ManualClock(), random: RepeatableRandom(), events: EventRecorder(),
      shares: ConnectionShares(clock: ManualClock(), events: EventRecorder()))
    _ = network.listen(port: 443, acceptor: module.securing(EchoServer(), protocol: "http/1.1"))
    let client = TLSClient(network)
    network.run()
    #expect(client.closeReason == .refused)
  }

  @Test("no more than ten refusals a second become events")
  func events() throws {
    let fixture = try SecureFixture()
    for _ in 0..<15 { _ = fixture.client(TLSClient.Options(suites: [0x009C])) }
    #expect(fixture.events.events.count == 10)
    #expect(fixture.module.counter("events-suppressed") == 5)
    #expect(fixture.events.events.first?.action == "handshake-refused")
  }
}
