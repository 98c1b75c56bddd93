import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import Prefaces
import Testing

@testable import TransportSecurity

@Suite("Who is let in over TLS, and what is shown to backends")
struct AdmissionTests {
  private typealias Certificates = TestCertificates

  @Test("of clients with a valid certificate those come in that are named, by SPIFFE ID or common name")
  func allowed() throws {
    let fixture = try SecureFixture(
      SecureFixture.asking("required") + [("allowed-clients", .list(["spiffe://example.test/orders", "carl"]))])
    _ = fixture.client(showing: Certificates.workloadCertificate, key: Certificates.workloadKey)
    #expect(fixture.server.streams.count == 1)
    let refused = fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey)
    #expect(fixture.server.streams.count == 1 && refused.closeReason == .reset)
    let event = try #require(fixture.events.events.last)
    #expect(event.action == "client-refused")
    #expect(event.details.contains { $0.name == "principal" && $0.value.textValue == "rita" })
    #expect(fixture.module.openConnections == 1)
    try fixture.module.configure([("allowed-clients", .list(["rita"]))])
    _ = fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey)
    #expect(fixture.server.streams.count == 2)
    try fixture.module.configure([("allowed-clients", .list([]))])
    _ = fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey)
    #expect(fixture.server.streams.count == 2)
    try fixture.module.configure([("allowed-clients", .list(["*"]))])
    _ = fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey)
    #expect(fixture.server.streams.count == 3)
  }

  @Test(
    "names of another form are refused, and names where clients may have no certificate",
    arguments: [
      ("required", ParameterValue.text("rita")), ("required", .list([.integer(1)])), ("required", .list([""])),
      ("required", .list([ParameterValue](repeating: "rita", count: 257))), ("requested", .list(["rita"])),
    ])
  func faults(mode: String, value: ParameterValue) {
    #expect(throws: ParameterFault.self) {
      try SecureFixture(SecureFixture.asking(ByteString(mode)) + [("allowed-clients", value)])
    }
  }

  @Test("what was let in by other settings is told from what is let in now")
  func versions() throws {
    let fixture = try SecureFixture()
    _ = fixture.client()
    let first = try #require(fixture.server.streams.first)
    #expect(first.admission == fixture.module.admissionVersion)
    try fixture.module.configure([
      ("identities", .list([identity(["portal.test"], Certificates.rotatedCertificate, Certificates.rotatedKey)])),
      ("client-authentication", "none"),
    ])
    let after = fixture.module.admissionVersion
    try fixture.module.configure([("client-authentication", "none")])
    #expect(fixture.module.admissionVersion == after)
    try fixture.module.configure(SecureFixture.asking("required"))
    #expect(first.admission != fixture.module.admissionVersion)
    _ = fixture.client(showing: Certificates.ritaCertificate, key: Certificates.ritaKey)
    #expect(fixture.server.streams.last?.admission == fixture.module.admissionVersion)
  }

  @Test("where no protocol is named, whatever a client offers by ALPN is not looked at")
  func anyProtocol() throws {
    let fixture = try SecureFixture()
    let place = Endpoint(fixture.network.address, port: 443)
    fixture.network.stopServing(place)
    fixture.network.serve(place, fixture.module.securing(fixture.server, protocol: nil))
    let client = fixture.client(TLSClient.Options(protocols: ["postgresql"]))
    #expect(client.isOpen)
  }

  /// A proxy's side that is spoken to by a backend which asks for certificates, and perhaps has to be greeted.
  private struct Towards {
    let backend: SecureFixture
    let module: TransportSecurity
    let network: any StreamNetwork
    let client = Conversation()

    init(identity shown: ParameterValue?, _ more: [(ByteString, ParameterValue)]) throws {
      backend = try SecureFixture(more)
      module = TransportSecurity(
        clock: backend.clock, random: RepeatableRandom(), events: backend.events,
        shares: ConnectionShares(clock: backend.clock, events: backend.events))
      network = module.securing(backend.network)
      var fields: [(ByteString, ParameterValue)] = [
        ("addresses", .list(["10.77.0.2:443", "10.77.0.2:5432"])), ("name", "portal.test"),
        ("authorities", .list([.bytes(Certificates.authorityCertificate)])),
      ]
      if let shown { fields.append(("identity", shown)) }
      try module.configure([("endpoint", "clear"), ("backends", .list([map(fields)]))])
    }

    func connect(_ port: UInt16) {
      _ = network.connect(to: Endpoint(backend.network.address, port: port), handler: client)
      for _ in 0..<6 {
        backend.run()
        if let deadline = module.deadline, deadline <= backend.clock.now { module.expire(at: backend.clock.now) }
      }
    }
  }

  private final class Conversation: StreamHandler {
    var opened = 0
    var closed: [CloseReason] = []
    func streamOpened(_ stream: any ByteStream) { opened += 1 }
    func streamReadable(_ stream: any ByteStream) {}
    func streamWritable(_ stream: any ByteStream) {}
    func streamEnded(_ stream: any ByteStream) {}
    func streamClosed(_ stream: any ByteStream, reason: CloseReason) { closed.append(reason) }
  }

  @Test("a backend that asks for a certificate is shown the one that is for it")
  func shown() throws {
    let rita = identity([], Certificates.ritaCertificate, Certificates.ritaKey)
    let towards = try Towards(identity: rita, SecureFixture.asking("required"))
    towards.connect(443)
    #expect(towards.client.opened == 1)
    #expect(towards.backend.server.streams.first?.peer?.name == "rita")
    let without = try Towards(identity: nil, SecureFixture.asking("required"))
    without.connect(443)
    #expect(without.client.opened == 0)
    // One that does not ask is not shown any.
    let unasked = try Towards(identity: rita, [])
    unasked.connect(443)
    #expect(unasked.client.opened == 1 && unasked.backend.server.streams.first?.peer == nil)
  }

  /// Waits for a request, and answers it.
  private final class Greeted: Preface {
    let refusal: ByteString = "refused"
    let answer: [UInt8]
    init(_ answer: [UInt8]) { self.answer = answer }
    func isDue(on stream: any ByteStream) -> Bool { true }
    func makeReader() -> any PrefaceReader { Reader(answer) }
    func admits(_ stream: PrefacedStream) -> Bool { true }

    private final class Reader: PrefaceReader {
      let answer: [UInt8]
      var bytes: [UInt8] = []
      init(_ answer: [UInt8]) { self.answer = answer }
      var missing: Int { 4 - bytes.count }
      func take(_ more: [UInt8]) -> PrefaceStep {
        bytes += more
        guard bytes.count == 4 else { return .incomplete }
        guard bytes == Array("TLS?".utf8) else { return .refused("other") }
        var outcome = PrefaceOutcome()
        outcome.answer = answer
        return .complete(outcome)
      }
    }
  }

  @Test("a backend that has to be greeted is, and any other answer ends it", arguments: ["yes", "yeah", "N", "no"])
  func greeting(answer: String) throws {
    let towards = try Towards(identity: nil, [])
    towards.module.greetBackends(saying: Array("TLS?".utf8), expecting: Array("yes".utf8))
    let registry = Registry(
      clock: towards.backend.clock, random: RepeatableRandom(), network: towards.backend.network,
      events: EventRecorder())
    let acceptor = PrefaceAcceptor(
      Greeted(Array(answer.utf8)), before: towards.backend.module.securing(towards.backend.server, protocol: nil),
      registry: registry, server: HTTPServer(registry: registry))
    _ = towards.backend.network.listen(port: 5432, acceptor: acceptor)
    towards.connect(5432)
    #expect(towards.client.opened == (answer == "yes" ? 1 : 0))
    #expect(towards.client.closed == (answer == "yes" ? [] : [.refused]))
  }
}
