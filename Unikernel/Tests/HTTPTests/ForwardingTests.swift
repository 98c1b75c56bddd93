import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import HTTP
@testable import Prefaces

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
    let forwarded = try #require(fixture.registry.timed.first { $0 is PrefaceAcceptor })
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
      #expect(throws: ParameterFault.self) { try TrustedForwarder(value, of: "http.forwarder") }
    }
  }
}
