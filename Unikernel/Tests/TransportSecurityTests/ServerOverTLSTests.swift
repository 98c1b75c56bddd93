import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import TransportSecurity

/// The HTTP server as an image has it: behind TLS, with the module in the pipeline.
@Suite("HTTP over TLS")
struct ServerOverTLSTests {
  private final class Site: Application {
    let name: ByteString = "site"
    private(set) var last: Exchange?
    let body: [UInt8]

    init(body: [UInt8]) { self.body = body }

    func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
    func commit() {}
    func rollback() {}
    var counters: [Counter] { [] }
    func claim(_ path: ByteString) -> Int? { 0 }
    func respond(to exchange: Exchange) {
      last = exchange
      exchange.finish(HTTPResponse(status: 200, body: body))
    }
  }

  private final class Image {
    let network = InMemoryNetwork()
    let clock = ManualClock()
    let registry: Registry
    let module: TransportSecurity
    let server: HTTPServer
    let site: Site

    convenience init(_ more: [(ByteString, ParameterValue)]) throws {
      try self.init(body: Array("hello".utf8), more)
    }

    init(body: [UInt8] = Array("hello".utf8), _ more: [(ByteString, ParameterValue)] = []) throws {
      let events = EventRecorder()
      registry = Registry(clock: clock, random: RepeatableRandom(), network: network, events: events)
      module = TransportSecurity(
        clock: clock, random: RepeatableRandom(), events: events, shares: registry.shares)
      site = Site(body: body)
      registry.add(mechanism: module)
      registry.add(streamSecurity: module)
      registry.add(application: site)
      let server = HTTPServer(registry: registry)
      self.server = server
      registry.serve { _ in server }
      let settings: [(ByteString, ParameterValue)] =
        [
          (
            "identities",
            .list([identity(["portal.test"], TestCertificates.ecCertificate, TestCertificates.ecKey)])
          ), ("strict-seconds", .integer(60)),
        ] + more
      try registry.start(
        settings.map { Parameter(module: "transport-security", name: $0.0, value: $0.1) }
          + [Parameter(module: "http", name: "port", value: .integer(443))])
    }

    func run() {
      for _ in 0..<4 {
        network.run()
        for item in [module, server] as [any Timed] {
          if let deadline = item.deadline, deadline <= clock.now { item.expire(at: clock.now) }
        }
      }
    }

    func client(_ options: TLSClient.Options = TLSClient.Options()) -> TLSClient {
      let client = TLSClient(network, options)
      run()
      return client
    }
  }

  private static let request = "GET / HTTP/1.1\r\nHost: portal.test\r\n\r\n"

  @Test("requests are answered one after another on one connection, with the field that says how to come back")
  func keepAlive() throws {
    let image = try Image()
    let client = image.client()
    for _ in 0..<3 {
      client.send(Self.request)
      image.run()
    }
    let text = String(decoding: client.received, as: UTF8.self)
    #expect(text.components(separated: "HTTP/1.1 200 OK") == 3)
    #expect(text.components(separated: "Strict-Transport-Security: max-age=60") == 3)
    #expect(image.site.last?.isSecure == true)
    #expect(image.site.last?.principal.isVisitor == true)
  }

  @Test("who showed a certificate is who asks")
  func principal() throws {
    let image = try Image(SecureFixture.asking("required"))
    let client = image.client(
      TLSClient.Options(certificate: ([TestCertificates.ritaCertificate], TestCertificates.ritaKey)))
    client.send(Self.request)
    image.run()
    #expect(image.site.last?.principal.name == "rita")
    #expect(image.site.last?.principal.roles == ["reader", "writer"])
  }

  @Test("a long answer comes whole, to a client that reads slowly as well")
  func longAnswer() throws {
    let body = [UInt8](repeating: 0x62, count: 700_000)
    let image = try Image(body: body)
    image.network.window = 20_000
    let client = image.client()
    client.send(Self.request)
    for _ in 0..<200 {
      image.run()
      client.pump()
    }
    #expect(client.received.suffix(body.count) == body[...])
    #expect(client.received.count > body.count)
  }

  @Test("`Connection: close` ends with close_notify after the answer")
  func close() throws {
    let image = try Image()
    let client = image.client()
    client.send("GET / HTTP/1.1\r\nHost: portal.test\r\nConnection: close\r\n\r\n")
    image.run()
    #expect(String(decoding: client.received, as: UTF8.self).hasSuffix("hello"))
    #expect(client.hasEnded && client.error == 0 && !client.isOpen)
    #expect(image.module.openConnections == 0)
    #expect(image.server.openConnections == 0)
  }

  @Test("an idle connection is ended by the server's own time, with close_notify")
  func idle() throws {
    let image = try Image()
    let client = image.client()
    image.clock.advance(by: .seconds(31))
    image.run()
    #expect(client.hasEnded && client.error == 0)
    #expect(image.module.openConnections == 0)
  }

  @Test("a drain ends idle connections and completes when the last is gone")
  func drain() throws {
    let image = try Image()
    let client = image.client()
    var isDrained = false
    image.server.drain(grace: .milliseconds(100)) { isDrained = true }
    client.send(Self.request)
    image.run()
    #expect(String(decoding: client.received, as: UTF8.self).contains("Connection: close"))
    image.clock.advance(by: .milliseconds(100))
    image.run()
    #expect(isDrained)
    #expect(image.module.openConnections == 0)
  }

  @Test("a server that takes no more connections at its bound ends a handshake's with close_notify")
  func bound() throws {
    let image = try Image()
    let many = (0..<128).map { _ in image.client() }
    #expect(many.allSatisfy { $0.isOpen })
    #expect(image.client().closeReason == .refused)
    #expect(image.module.openConnections == 128)
  }
}

extension String {
  fileprivate func components(separated text: String) -> Int {
    ranges(of: text).count
  }
}
