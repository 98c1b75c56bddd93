import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import StreamProxy

@Suite("What clients of PostgreSQL say before TLS")
struct PostgreSQLTests {
  private static let encrypt: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
  private static let encryptByGSSAPI: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x30]
  private static let cancel: [UInt8] = [0, 0, 0, 16, 0x04, 0xD2, 0x16, 0x2E, 0, 0, 0, 7, 1, 2, 3, 4]
  private static let startup: [UInt8] = [0, 0, 0, 9, 0, 3, 0, 0, 0]
  private static let hello: [UInt8] = [22, 3, 1, 0, 5, 1, 2, 3, 4, 5]

  private static func fixture(
    cancels: Bool = false, _ security: FakeSecurity? = FakeSecurity()
  ) throws -> (ProxyFixture, BackendServer) {
    let fixture = try ProxyFixture(
      [("negotiation", "postgresql"), ("cancel-in-clear", .boolean(cancels))], security: security)
    return (fixture, fixture.serve())
  }

  private static func send(_ pieces: [[UInt8]], _ fixture: ProxyFixture) -> InMemoryClient {
    let client = fixture.client()
    for piece in pieces {
      client.send(piece)
      fixture.network.run()
    }
    return client
  }

  @Test("a request for TLS is answered, and what follows is TLS's", arguments: [1, 3, 8, 100])
  func request(piece: Int) throws {
    let security = FakeSecurity()
    let (fixture, server) = try Self.fixture(security)
    #expect(security.protocols == ["postgresql"] && security.greeting == Self.encrypt)
    let bytes = Self.encrypt + Self.hello
    let client = Self.send(
      stride(from: 0, to: bytes.count, by: piece).map { Array(bytes[$0..<min($0 + piece, bytes.count)]) }, fixture)
    #expect(client.received == Array("S".utf8))
    #expect(server.received == Self.hello)
  }

  @Test("whoever begins with TLS is not answered, and all bytes are TLS's", arguments: [1, 4, 100])
  func direct(piece: Int) throws {
    let (fixture, server) = try Self.fixture()
    let client = Self.send(
      stride(from: 0, to: Self.hello.count, by: piece).map {
        Array(Self.hello[$0..<min($0 + piece, Self.hello.count)])
      }, fixture)
    #expect(client.received.isEmpty && server.received == Self.hello)
  }

  @Test("encryption by GSSAPI is declined, once, and TLS may be asked for then")
  func kerberos() throws {
    let (fixture, server) = try Self.fixture()
    let client = Self.send([Self.encryptByGSSAPI, Self.encrypt, Self.hello], fixture)
    #expect(client.received == Array("NS".utf8) && server.received == Self.hello)
    #expect(Self.send([Self.encryptByGSSAPI, Self.encryptByGSSAPI], fixture).closeReason == .reset)
  }

  @Test("what goes on in clear is refused, and nothing of it reaches the backend")
  func clear() throws {
    let (fixture, server) = try Self.fixture()
    let attempts: [[[UInt8]]] = [
      [Self.startup], [Self.cancel], [Self.encryptByGSSAPI, Self.startup], [Array("GET / HTTP/1.1\r\n\r\n".utf8)],
      [[0, 0, 0, 9] + Self.encrypt[4...]], [[0, 0, 0, 17] + Self.cancel[4...] + [0]], [[0, 0, 0, 0, 0, 0, 0, 0]],
    ]
    for attempt in attempts {
      #expect(Self.send(attempt, fixture).closeReason == .reset, "\(attempt)")
    }
    #expect(server.streams.isEmpty)
    #expect(fixture.proxy.counter("preface-refused") == UInt64(attempts.count))
    #expect(fixture.events.events.allSatisfy { $0.action == "clear-refused" })
  }

  @Test("a request to cancel goes on in clear where it may, and not a byte after it")
  func cancelling() throws {
    let (fixture, server) = try Self.fixture(cancels: true)
    _ = Self.send([Array(Self.cancel[..<5]), Array(Self.cancel[5...])], fixture)
    #expect(server.received == Self.cancel)
    server.streams[0].close()
    fixture.network.run()
    server.received = []
    let more = Self.send([Self.cancel + Self.startup], fixture)
    #expect(more.closeReason == .reset)
    #expect(server.received.isEmpty || server.received == Self.cancel)
    server.received = []
    let later = Self.send([Self.cancel, Self.startup], fixture)
    #expect(later.closeReason == .reset && server.received == Self.cancel)
    #expect(Self.send([Self.startup], fixture).closeReason == .reset)
  }

  @Test("a client that says nothing is given up")
  func silence() throws {
    let (fixture, server) = try Self.fixture()
    let client = Self.send([Array(Self.encrypt[..<7])], fixture)
    fixture.pass(.seconds(5))
    #expect(client.closeReason == .reset && server.streams.isEmpty)
  }

  @Test("where TLS is not due all of it is for the backend")
  func withoutSecurity() throws {
    let security = FakeSecurity()
    security.securesArrivals = false
    for security in [nil, security] {
      let (fixture, server) = try Self.fixture(security)
      _ = Self.send([Self.startup], fixture)
      #expect(server.received == Self.startup)
    }
  }

  @Test("no bytes make it trap, or get through in clear", arguments: 0..<200)
  func anything(seed: Int) throws {
    let random = RepeatableRandom(seed: UInt64(seed) + 7)
    let (fixture, server) = try Self.fixture()
    var bytes = random.bytes(random.number(below: 40))
    if random.number(below: 2) == 0 { bytes = [0, 0, 0, UInt8(random.number(below: 20)), 4, 0xD2, 22, 0x2E] + bytes }
    if bytes.first == 22 { bytes[0] = 23 }
    _ = Self.send(bytes.map { [$0] }, fixture)
    let asks = Array(bytes.prefix(8)) == Self.encrypt || Array(bytes.prefix(8)) == Self.encryptByGSSAPI
    #expect(asks || server.streams.isEmpty)
  }
}
