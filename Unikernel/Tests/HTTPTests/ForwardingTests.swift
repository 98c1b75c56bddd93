import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import HTTP

/// Headers as a forwarder writes them.
struct HeaderWriter {
  static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  static let secret = [UInt8](repeating: 0xA5, count: 32)

  var version: UInt8 = 0x21
  var family: UInt8 = 0x11
  var addresses: [UInt8] = [203, 0, 113, 7, 127, 0, 0, 1, 0xC0, 0x01, 0x1F, 0x90]
  var secret: [UInt8]? = HeaderWriter.secret
  /// Vectors before the secret.
  var others: [UInt8] = []

  var bytes: [UInt8] {
    var rest = addresses + others
    if let secret { rest += [0xE0, UInt8(secret.count >> 8), UInt8(secret.count & 255)] + secret }
    return HeaderWriter.signature + [version, family, UInt8(rest.count >> 8), UInt8(rest.count & 255)] + rest
  }

  /// What the parser says of bytes that come in pieces of one length.
  static func parse(_ bytes: [UInt8], piece: Int = 1) throws(ProxyHeaderFault) -> ProxyHeader? {
    var parser = ProxyHeaderParser()
    var rest = bytes[...]
    while !rest.isEmpty, parser.missing > 0 {
      let next = rest.prefix(min(piece, parser.missing))
      rest = rest.dropFirst(next.count)
      if let header = try parser.append(Array(next)) { return header }
    }
    return nil
  }
}

@Suite("Headers of the PROXY protocol, version 2")
struct ProxyHeaderTests {
  private let client = Endpoint(IPv4Address(203, 0, 113, 7), port: 0xC001)

  @Test("a header says who the client is, whatever the pieces it comes in", arguments: [1, 2, 3, 7, 16, 1000])
  func pieces(piece: Int) throws {
    let header = try HeaderWriter.parse(HeaderWriter().bytes, piece: piece)
    #expect(header == ProxyHeader(source: client, secret: HeaderWriter.secret))
  }

  @Test("a header that is cut anywhere is no header yet, and not a byte after it is asked for")
  func cut() throws {
    let bytes = HeaderWriter().bytes
    for length in 0..<bytes.count {
      var parser = ProxyHeaderParser()
      #expect(try parser.append(Array(bytes[..<min(length, 16)])) == nil)
      if length > 16 { #expect(try parser.append(Array(bytes[16..<length])) == nil) }
      #expect(parser.missing == (length < 16 ? 16 : bytes.count) - length)
    }
  }

  @Test("vectors of other types are passed over")
  func vectors() throws {
    let header = try HeaderWriter.parse(HeaderWriter(others: [0x04, 0, 3, 0, 0, 0, 0x01, 0, 0]).bytes)
    #expect(header == ProxyHeader(source: client, secret: HeaderWriter.secret))
  }

  @Test("a forwarder that speaks for itself, or does not know the client, names none")
  func noClient() throws {
    #expect(try HeaderWriter.parse(HeaderWriter(version: 0x20).bytes)?.source == nil)
    #expect(try HeaderWriter.parse(HeaderWriter(family: 0, addresses: []).bytes)?.source == nil)
  }

  @Test("an IPv4 client of an IPv6 socket has its own address")
  func mapped() throws {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 203, 0, 113, 7]
    let addresses = mapped + [UInt8](repeating: 0, count: 15) + [1, 0xC0, 0x01, 0x1F, 0x90]
    #expect(try HeaderWriter.parse(HeaderWriter(family: 0x21, addresses: addresses).bytes)?.source == client)
  }

  @Test("an IPv6 client has its own address")
  func native() throws {
    let client = try #require(IPv6Address("2001:db8::7"))
    let bytes =
      (0..<8).map { UInt8(truncatingIfNeeded: client.high >> UInt64(56 - 8 * $0)) } + [0, 0, 0, 0, 0, 0, 0, 7]
    let addresses = bytes + [UInt8](repeating: 0, count: 15) + [1, 0xC0, 0x01, 0x1F, 0x90]
    let source = try HeaderWriter.parse(HeaderWriter(family: 0x21, addresses: addresses).bytes)?.source
    #expect(source == Endpoint(IPAddress(client), port: 0xC001))
  }

  @Test("what is no such header is refused as soon as that is known")
  func malformed() {
    for position in 0..<12 {
      var bytes = HeaderWriter().bytes
      bytes[position] ^= 0x20
      #expect(throws: ProxyHeaderFault.signature) { try HeaderWriter.parse(Array(bytes[...position])) }
    }
    for version in [0x00, 0x11, 0x31, 0xF1] as [UInt8] {
      #expect(throws: ProxyHeaderFault.version) { try HeaderWriter.parse(HeaderWriter(version: version).bytes) }
    }
    #expect(throws: ProxyHeaderFault.command) { try HeaderWriter.parse(HeaderWriter(version: 0x22).bytes) }
    for family in [0x12, 0x22, 0x31, 0xFF] as [UInt8] {
      #expect(throws: ProxyHeaderFault.family) { try HeaderWriter.parse(HeaderWriter(family: family).bytes) }
    }
    #expect(throws: ProxyHeaderFault.tooLong) {
      try HeaderWriter.parse(HeaderWriter(others: [4, 2, 0] + [UInt8](repeating: 0, count: 512)).bytes)
    }
  }

  @Test("lengths that lead out of the header are refused")
  func truncated() {
    let cases = [
      HeaderWriter(addresses: [1, 2, 3], secret: nil), HeaderWriter(family: 0x21, secret: nil),
      HeaderWriter(secret: nil, others: [0xE0]), HeaderWriter(secret: nil, others: [0xE0, 0, 9, 1]),
    ]
    for header in cases {
      #expect(throws: ProxyHeaderFault.truncated) { try HeaderWriter.parse(header.bytes) }
    }
  }

  @Test("whatever bytes come, the parser ends within its bound")
  func anyBytes() {
    let random = RepeatableRandom(seed: 7)
    for _ in 0..<5000 {
      var bytes = HeaderWriter().bytes
      for _ in 0..<4 { bytes[12 + random.number(below: bytes.count - 12)] = random.bytes(1)[0] }
      var parser = ProxyHeaderParser()
      var taken = 0
      while parser.missing > 0, taken < bytes.count {
        let next = min(parser.missing, bytes.count - taken)
        do throws(ProxyHeaderFault) {
          if try parser.append(Array(bytes[taken..<(taken + next)])) != nil { #expect(parser.missing == 0) }
        } catch {
          break
        }
        taken += next
      }
      #expect(taken <= ProxyHeader.fixedLength + ProxyHeader.maximumRest)
    }
  }
}

@Suite("Clients behind a forwarder")
struct ForwardingTests {
  private static let gateway = IPv4Address(10, 77, 0, 1)

  /// Admits clients as a test says.
  private final class Filter: ClientFilter {
    var refused: [IPv4Address] = []
    func admits(client: Endpoint, to port: UInt16) -> Bool {
      !refused.contains { Endpoint($0, port: client.port) == client }
    }
  }

  /// A server whose answers say who it takes the client for.
  private final class Fixture {
    let network = InMemoryNetwork()
    let clock = ManualClock()
    let recorder = EventRecorder()
    let filter = Filter()
    let registry: Registry
    let server: HTTPServer

    init(isConfigured: Bool = true) throws {
      registry = Registry(clock: clock, random: RepeatableRandom(), network: network, events: recorder)
      server = HTTPServer(registry: registry)
      registry.add(module: server)
      registry.add(application: WhoAmI())
      registry.add(clientFilter: filter)
      var parameters = ServerFixture.parameters(["port": 80])
      if isConfigured {
        parameters.append(
          Parameter(
            module: "http", name: "forwarder",
            value: .map([
              ParameterField("address", .text("10.77.0.1")), ParameterField("secret", .bytes(HeaderWriter.secret)),
            ])))
      }
      try registry.configure(parameters)
    }

    func send(_ bytes: [UInt8], from source: IPv4Address = gateway) -> InMemoryClient {
      let client = InMemoryClient(network, from: source)
      network.run()
      client.send(bytes)
      network.run()
      return client
    }
  }

  private final class WhoAmI: Application {
    let name: ByteString = "who"
    var counters: [Counter] { [] }
    func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
    func commit() {}
    func rollback() {}
    func claim(_ path: ByteString) -> Int? { 1 }
    func respond(to exchange: Exchange) {
      exchange.finish(HTTPResponse(status: 200, body: exchange.source.address.text.bytes))
    }
  }

  private let request = Array(get("/").utf8)

  @Test("the client that the header names is the source of every request of the connection")
  func source() throws {
    let fixture = try Fixture()
    let client = fixture.send(HeaderWriter().bytes + request)
    #expect(client.statuses == [200] && client.text.hasSuffix("203.0.113.7"))
    client.forget()
    client.send(String(decoding: request, as: UTF8.self), fixture.network)
    #expect(client.statuses == [200] && client.text.hasSuffix("203.0.113.7"))
  }

  @Test("header and request may come byte by byte")
  func byteByByte() throws {
    let fixture = try Fixture()
    let client = fixture.send([])
    for byte in HeaderWriter().bytes + request {
      client.send([byte])
      fixture.network.run()
    }
    #expect(client.statuses == [200] && client.text.hasSuffix("203.0.113.7"))
  }

  @Test("the forwarder itself is the source where it speaks for itself")
  func local() throws {
    let client = try Fixture().send(HeaderWriter(version: 0x20).bytes + request)
    #expect(client.text.hasSuffix("10.77.0.1"))
  }

  @Test("without the secret, with another's, or without a header, whoever has the forwarder's address is cut off")
  func forgedAddress() throws {
    let fixture = try Fixture()
    let wrong = HeaderWriter(secret: [UInt8](repeating: 0xA5, count: 31) + [0xA4])
    for bytes in [HeaderWriter(secret: nil).bytes, HeaderWriter(secret: []).bytes, wrong.bytes, []] {
      let client = fixture.send(bytes + request)
      #expect(client.received.isEmpty && client.closeReason == .reset)
    }
    #expect(fixture.recorder.events.count == 4)
    #expect(fixture.recorder.events.allSatisfy { $0.action == "forwarding-refused" })
    #expect(fixture.server.counters.contains { $0.name == "http.forwarding-refused" && $0.value == 4 })
  }

  @Test("from any other address a header, the secret included, is a malformed request, and the address is the source")
  func forgedHeader() throws {
    let fixture = try Fixture()
    let client = fixture.send(HeaderWriter().bytes + request, from: IPv4Address(10, 77, 0, 9))
    #expect(client.statuses == [400])
    #expect(fixture.send(request, from: IPv4Address(10, 77, 0, 9)).text.hasSuffix("10.77.0.9"))
  }

  @Test("where the settings name no forwarder, nobody's header is read")
  func notConfigured() throws {
    let fixture = try Fixture(isConfigured: false)
    #expect(fixture.send(HeaderWriter().bytes + request).statuses == [400])
    #expect(fixture.send(request).text.hasSuffix("10.77.0.1"))
  }

  @Test("a header that does not come is not waited for for ever, and one that is cut off is refused at once")
  func late() throws {
    let fixture = try Fixture()
    let late = fixture.send(Array(HeaderWriter().bytes.dropLast()))
    let forwarded = try #require(fixture.registry.timed.first { $0 is ForwardedAcceptor })
    fixture.clock.advance(by: .seconds(5), forwarded)
    fixture.network.run()
    #expect(late.closeReason == .reset)
    let cut = fixture.send([0x0D, 0x0A])
    cut.stream?.close()
    fixture.network.run()
    #expect(cut.closeReason == .reset)
    #expect(forwarded.deadline == nil)
  }

  @Test("a client that is not admitted gets no connection, and loses the one it has with its next request")
  func admission() throws {
    let fixture = try Fixture()
    let client = fixture.send(HeaderWriter().bytes + request)
    #expect(client.statuses == [200])
    fixture.filter.refused = [IPv4Address(203, 0, 113, 7)]
    client.forget()
    client.send(String(decoding: request, as: UTF8.self), fixture.network)
    #expect(client.received.isEmpty && client.closeReason == .reset)
    #expect(fixture.send(HeaderWriter().bytes + request).received.isEmpty)
    var other = HeaderWriter()
    other.addresses[3] = 8
    #expect(fixture.send(other.bytes + request).text.hasSuffix("203.0.113.8"))
    #expect(fixture.server.openConnections == 1)
  }

  @Test("settings of another form are refused")
  func settings() {
    let values: [ParameterValue] = [
      .text("10.77.0.1"), .map([ParameterField("address", .text("10.77.0.1"))]),
      .map([ParameterField("address", .text("10.77.0.1")), ParameterField("secret", .bytes([1, 2, 3]))]),
      .map([ParameterField("address", .text("gate")), ParameterField("secret", .bytes(HeaderWriter.secret))]),
    ]
    for value in values {
      #expect(throws: ParameterFault.self) { try TrustedForwarder(value) }
    }
  }
}
