import CBearSSL
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import TransportSecurity

@Suite("Certificates and keys")
struct CertificateTests {
  private typealias Certificates = TestCertificates

  // MARK: Of clients

  @Test("a client's subject becomes its identity, and its organizational units its roles")
  func subject() throws {
    let fixture = try SecureFixture(SecureFixture.asking("required"))
    let client = fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey)
    #expect(client.isOpen)
    let peer = try #require(fixture.server.streams.first?.peer)
    #expect(peer.name == "rita")
    #expect(peer.roles == ["reader", "writer"])
    #expect(peer.scheme == "certificate")
  }

  @Test("a SPIFFE ID comes before the subject")
  func workload() throws {
    let fixture = try SecureFixture(SecureFixture.asking("requested"))
    let client = fixture.client(showing: Certificates.workloadCertificate, key: Certificates.workloadKey)
    #expect(client.isOpen)
    #expect(fixture.server.streams.first?.peer?.name == "spiffe://example.test/orders")
  }

  @Test("clients that are not asked are nobody, even if they could show something")
  func notAsked() throws {
    let fixture = try SecureFixture()
    let client = fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey)
    #expect(client.isOpen)
    #expect(fixture.server.streams.first?.peer == nil)
  }

  @Test("without a certificate: nobody where it is requested, refused where it is required")
  func without() throws {
    let requesting = try SecureFixture(SecureFixture.asking("requested"))
    #expect(requesting.client().isOpen)
    #expect(requesting.server.streams.first?.peer == nil)
    let requiring = try SecureFixture(SecureFixture.asking("required"))
    let client = requiring.client()
    #expect(client.error == 256 + 40)
    #expect(requiring.server.streams.isEmpty)
    #expect(requiring.module.counter("certificates-refused") == 1)
    #expect(requiring.events.events.first?.action == "certificate-refused")
  }

  @Test(
    "a certificate that cannot be trusted is refused, requested or required, and the client is told why",
    arguments: [
      ("expired", Certificates.expiredCertificate, Certificates.expiredKey, 45),
      ("of another authority", Certificates.strangerCertificate, Certificates.strangerKey, 48),
      ("with another key", Certificates.ritaCertificate, Certificates.workloadKey, 51),
      ("cut short", Array(Certificates.ritaCertificate.dropLast(1)), Certificates.ritaKey, 42),
    ] as [(String, [UInt8], [UInt8], Int32)], ["requested", "required"] as [ByteString])
  func untrusted(certificate: (String, [UInt8], [UInt8], Int32), mode: ByteString) throws {
    let fixture = try SecureFixture(SecureFixture.asking(mode))
    let client = fixture.client(showing: certificate.1, key: certificate.2)
    #expect(!client.isOpen, "\(certificate.0)")
    #expect(client.error == 256 + certificate.3, "\(certificate.0)")
    #expect(fixture.server.streams.isEmpty)
  }

  @Test("validity is judged by the platform's clock")
  func clock() throws {
    let fixture = try SecureFixture(SecureFixture.asking("required"))
    fixture.clock.wallMilliseconds = 1_590_000_000_000
    #expect(fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey).error == 256 + 45)
    // In May 2020 the other one was valid, but its authority's certificate is a key, not a period.
    #expect(fixture.client(showing: Certificates.expiredCertificate, key: Certificates.expiredKey).isOpen)
  }

  @Test(
    "a certificate that does not say who it is for is refused",
    arguments: [
      (Certificates.namelessCertificate, Certificates.namelessKey),
      (Certificates.ambiguousCertificate, Certificates.ambiguousKey),
    ] as [([UInt8], [UInt8])])
  func nameless(certificate: ([UInt8], [UInt8])) throws {
    let fixture = try SecureFixture(SecureFixture.asking("requested"))
    _ = fixture.client(showing: certificate.0, key: certificate.1)
    #expect(fixture.server.streams.isEmpty)
    #expect(fixture.module.counter("certificates-refused") == 1)
  }

  @Test("where clients are asked, sessions are not resumed: each handshake shows who it is")
  func noResumption() throws {
    let fixture = try SecureFixture(SecureFixture.asking("requested"))
    let first = fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey)
    let second = fixture.client(TLSClient.Options(session: first.session))
    #expect(second.isOpen)
    #expect(fixture.module.counter("resumed") == 0)
    #expect(fixture.server.streams.last?.peer == nil)
  }

  // MARK: Of the server

  @Test("another pair is shown to new connections, and open ones go on")
  func rotation() throws {
    let fixture = try SecureFixture()
    let old = fixture.client()
    try fixture.module.configure([
      ("identities", .list([identity(["portal.test"], Certificates.rotatedCertificate, Certificates.rotatedKey)]))
    ])
    old.send("old")
    let new = fixture.client()
    new.send("new")
    fixture.run()
    #expect(String(decoding: old.received, as: UTF8.self) == "OLD")
    #expect(String(decoding: new.received, as: UTF8.self) == "NEW")
    #expect(old.serverCertificate == Certificates.ecCertificate)
    #expect(new.serverCertificate == Certificates.rotatedCertificate)
  }

  @Test("a handshake that began with the old pair ends with it")
  func rotationDuringHandshake() throws {
    let fixture = try SecureFixture()
    let client = TLSClient(fixture.network)
    // One event at a time would need another network; a hello that is held back does as well.
    fixture.network.run()
    try fixture.module.configure([
      ("identities", .list([identity(["portal.test"], Certificates.rotatedCertificate, Certificates.rotatedKey)]))
    ])
    fixture.run()
    #expect(client.isOpen)
    #expect(client.serverCertificate == Certificates.ecCertificate)
  }

  @Test("keys in PKCS #8 and in their older forms are read")
  func keyForms() throws {
    let fixture = try SecureFixture(identities: [
      identity(["portal.test"], Certificates.ecCertificate, Certificates.ecKeyInPKCS8)
    ])
    #expect(fixture.client().isOpen)
  }

  @Test(
    "a pair that cannot be used is refused as a whole, and what was in force stays",
    arguments: [
      ("another key", Certificates.ecCertificate, Certificates.rotatedKey),
      ("a key of another kind", Certificates.ecCertificate, Certificates.rsaKey),
      ("a certificate of another kind", Certificates.rsaCertificate, Certificates.ecKey),
      ("no certificate", [UInt8](repeating: 48, count: 40), Certificates.ecKey),
      ("a certificate cut short", Array(Certificates.ecCertificate.dropLast(40)), Certificates.ecKey),
      ("no key", Certificates.ecCertificate, [1, 2, 3]),
      ("a key cut short", Certificates.ecCertificate, Array(Certificates.ecKey.prefix(20))),
      ("another curve", Certificates.p384Certificate, Certificates.p384Key),
      ("a short RSA key", Certificates.weakCertificate, Certificates.weakKey),
    ] as [(String, [UInt8], [UInt8])])
  func badPairs(pair: (String, [UInt8], [UInt8])) throws {
    let fixture = try SecureFixture()
    let fault = #expect(throws: ParameterFault.self, "\(pair.0)") {
      try fixture.module.configure([
        (
          "identities",
          .list([
            identity(["portal.test"], Certificates.rotatedCertificate, Certificates.rotatedKey),
            identity(["portal.test"], pair.1, pair.2),
          ])
        ), ("strict-seconds", .integer(100)),
      ])
    }
    #expect(fault?.parameter == "transport-security.identities")
    fixture.module.rollback()
    fixture.module.commit()
    #expect(fixture.client().serverCertificate == Certificates.ecCertificate)
  }

  @Test(
    "settings that are no settings are refused by name",
    arguments: [
      ("identities", .list([])), ("identities", .integer(1)), ("identities", .list([.integer(1)])),
      ("client-authentication", "maybe"), ("client-authentication", "required"),
      ("client-authorities", .list([.bytes([1])])),
      ("client-authorities", .list([.bytes(TestCertificates.ecCertificate)])),
      ("strict-seconds", .integer(-1)), ("handshake-timeout-ms", .integer(1000)), ("maximum-connections", .integer(5)),
      ("other", .integer(1)),
    ] as [(ByteString, ParameterValue)])
  func badSettings(setting: (ByteString, ParameterValue)) throws {
    let fixture = try SecureFixture()
    #expect(throws: ParameterFault.self) { try fixture.module.configure([setting]) }
    #expect(fixture.client().isOpen)
  }

  @Test("an image without certificates does not start")
  func nothingGiven() {
    let module = TransportSecurity(
      clock: ManualClock(), random: RepeatableRandom(), events: EventRecorder(),
      shares: ConnectionShares(clock: ManualClock(), events: EventRecorder()))
    let fault = #expect(throws: ParameterFault.self) { try module.prepare([]) }
    #expect(fault?.parameter == "transport-security.identities")
  }

  @Test("the strict transport security field is added where it is set")
  func strict() throws {
    let fixture = try SecureFixture([("strict-seconds", .integer(31_536_000))])
    var response: HTTPResponse?
    let exchange = Exchange(
      request: HTTPRequest(method: "GET", path: "/"), source: Endpoint(IPv4Address(1, 2, 3, 4), port: 5),
      arrival: fixture.clock.now, completion: { response = $0 })
    guard case .proceed = fixture.module.examine(exchange) else {
      Issue.record("the request was not let through")
      return
    }
    exchange.finish(.text(200, "hello"))
    #expect(response?.headers.contains(HTTPField("strict-transport-security", "max-age=31536000")) == true)
  }
}
