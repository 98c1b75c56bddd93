import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import ReverseProxy

/// A server with a proxy behind it, and a backend that speaks WebSocket, on a network in memory.
final class WebSocketFixture {
  let network = InMemoryNetwork()
  let clock = ManualClock()
  let server: HTTPServer
  let proxy: ReverseProxy
  let backend: WebSocketBackend

  init(seconds: Int64? = 600) throws {
    let registry = Registry(clock: clock, random: RepeatableRandom(), network: network, events: EventRecorder())
    server = HTTPServer(registry: registry)
    proxy = ReverseProxy(clock: clock, network: network)
    backend = WebSocketBackend(network)
    registry.add(module: server)
    registry.add(application: proxy)
    var route = [
      ParameterField("path", .text("/")), ParameterField("backends", .list([.text(backend.endpoint.text)])),
    ]
    if let seconds { route.append(ParameterField("web-socket-seconds", .integer(seconds))) }
    try registry.configure([
      Parameter(module: "http", name: "port", value: .integer(80)),
      Parameter(module: "reverse-proxy", name: "routes", value: .list([.map(route)])),
    ])
  }

  static let handshake =
    "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

  /// A client that has sent a text, and got all that follows.
  func client(sending text: String) -> InMemoryClient {
    let client = InMemoryClient(network)
    network.run()
    client.send(text, network)
    return client
  }

  func pass(_ time: TimeSpan) {
    clock.advance(by: time, proxy, server)
    network.run()
  }

  func counter(_ name: String) -> UInt64? {
    proxy.counters.first { $0.name.description == name }?.value
  }
}

extension InMemoryClient {
  var text: String { String(decoding: received, as: UTF8.self) }

  func send(_ text: String, _ network: InMemoryNetwork) {
    send(Array(text.utf8))
    network.run()
  }
}

/// Answers a handshake, then sends back in capitals what it gets.
final class WebSocketBackend: StreamAcceptor, StreamHandler {
  static let agreement =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

  let endpoint = Endpoint(IPv4Address(10, 77, 0, 3), port: 80)
  var answer = WebSocketBackend.agreement
  /// Whether it takes what arrives after the handshake.
  var isReading = true
  private(set) var handshake = ""
  private(set) var stream: (any ByteStream)?
  private var isSwitched = false
  private(set) var hasEnded = false
  private(set) var isClosed = false

  init(_ network: InMemoryNetwork) {
    network.serve(endpoint, self)
  }

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    self.stream = stream
    handshake = ""
    isSwitched = false
    isClosed = false
    return self
  }

  func streamOpened(_ stream: any ByteStream) {}

  func streamReadable(_ stream: any ByteStream) {
    guard isSwitched else {
      if handshake.hasSuffix("\r\n\r\n") { handshake = "" }
      handshake += String(decoding: stream.read(limit: .max), as: UTF8.self)
      guard handshake.hasSuffix("\r\n\r\n") else { return }
      isSwitched = answer.hasPrefix("HTTP/1.1 101")
      _ = stream.write(Array(answer.utf8)[...])
      return
    }
    guard isReading else { return }
    let text = String(decoding: stream.read(limit: .max), as: UTF8.self)
    _ = stream.write(Array(text.uppercased().utf8)[...])
  }

  func streamWritable(_ stream: any ByteStream) {}

  func streamEnded(_ stream: any ByteStream) {
    hasEnded = true
    stream.close()
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    isClosed = true
  }
}
