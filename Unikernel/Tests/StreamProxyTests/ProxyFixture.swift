import Interchange
import LibraryOS
import LibraryOSTesting

@testable import StreamProxy

/// A proxy between clients and backends, all in memory.
final class ProxyFixture {
  static let backend: ByteString = "10.77.0.3:5432"
  static let port: UInt16 = 5432

  let network = InMemoryNetwork()
  let clock = ManualClock()
  let events = EventRecorder()
  let registry: Registry
  let proxy: StreamProxy
  let observer = Observer()

  init(
    _ more: [(ByteString, ParameterValue)] = [], backends: [ByteString] = [ProxyFixture.backend],
    security: FakeSecurity? = nil, filter: (any ArrivalFilter)? = nil
  ) throws {
    registry = Registry(clock: clock, random: RepeatableRandom(), network: network, events: events)
    if let security { registry.add(streamSecurity: security) }
    if let filter { registry.add(arrivalFilter: filter) }
    registry.add(connectionObserver: observer)
    registry.serve { StreamProxy(registry: $0) }
    proxy = registry.server as! StreamProxy
    try proxy.configure(
      [("port", .integer(Int64(ProxyFixture.port))), ("backends", .list(backends.map { .text($0) }))] + more)
  }

  /// A server at a place.
  func serve(_ place: ByteString = ProxyFixture.backend) -> BackendServer {
    let server = BackendServer()
    network.serve(Endpoint(place)!, server)
    return server
  }

  func client(from source: IPv4Address = IPv4Address(10, 77, 0, 9)) -> InMemoryClient {
    let client = InMemoryClient(network, port: ProxyFixture.port, from: source)
    network.run()
    return client
  }

  func pass(_ time: TimeSpan) {
    clock.advance(by: time)
    for item in registry.timed + [proxy] {
      if let deadline = item.deadline, deadline <= clock.now { item.expire(at: clock.now) }
    }
    network.run()
  }
}

/// Notes what became of connections.
final class Observer: ConnectionObserver {
  var records: [ConnectionRecord] = []
  func connectionEnded(_ connection: ConnectionRecord) { records.append(connection) }
}

/// A backend: keeps what it gets, and sends what a test says.
final class BackendServer: StreamAcceptor, StreamHandler {
  var streams: [any ByteStream] = []
  var received: [UInt8] = []
  var ends = 0
  var closes: [CloseReason] = []
  var isReading = true
  var closesInTurn = true
  private var unsent: [UInt8] = []

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    streams.append(stream)
    return self
  }

  func streamOpened(_ stream: any ByteStream) {}
  func streamReadable(_ stream: any ByteStream) { if isReading { take(.max, from: stream) } }

  func take(_ limit: Int, from stream: any ByteStream) { received += stream.read(limit: limit) }

  func send(_ bytes: [UInt8]) {
    unsent += bytes
    if let stream = streams.last { streamWritable(stream) }
  }

  func streamWritable(_ stream: any ByteStream) {
    if !unsent.isEmpty { unsent.removeFirst(stream.write(unsent[...])) }
  }

  func streamEnded(_ stream: any ByteStream) {
    ends += 1
    if closesInTurn { stream.close() }
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) { closes.append(reason) }
}

/// Stands where TLS does, and lets all through as if it had shaken hands.
final class FakeSecurity: StreamSecurity {
  var securesArrivals = true
  var admissionVersion: UInt64 = 0
  var peer: Principal?
  private(set) var protocols: [ByteString?] = []
  private(set) var greeting: [UInt8] = []

  func greetBackends(saying request: [UInt8], expecting answer: [UInt8]) { greeting = request }
  func securing(_ network: any StreamNetwork) -> any StreamNetwork { network }

  func securing(_ acceptor: any StreamAcceptor, protocol name: ByteString?) -> any StreamAcceptor {
    protocols.append(name)
    return Arrivals(self, acceptor)
  }

  private final class Arrivals: StreamAcceptor {
    private let security: FakeSecurity
    private let acceptor: any StreamAcceptor

    init(_ security: FakeSecurity, _ acceptor: any StreamAcceptor) {
      self.security = security
      self.acceptor = acceptor
    }

    func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
      let secured = SecuredStream(over: stream, security)
      secured.handler = acceptor.accept(secured)
      return secured.handler == nil ? nil : secured
    }
  }
}

/// A stream that says it is secured.
private final class SecuredStream: ByteStream, StreamHandler {
  let under: any ByteStream
  let peer: Principal?
  let admission: UInt64
  let isSecure = true
  var handler: (any StreamHandler)?

  init(over under: any ByteStream, _ security: FakeSecurity) {
    self.under = under
    peer = security.peer
    admission = security.admissionVersion
  }

  var remote: Endpoint { under.remote }
  var local: Endpoint { under.local }
  var readableCount: Int { under.readableCount }
  var writableCount: Int { under.writableCount }
  func read(limit: Int) -> [UInt8] { under.read(limit: limit) }
  func write(_ bytes: ArraySlice<UInt8>) -> Int { under.write(bytes) }
  func close() { under.close() }
  func abort() { under.abort() }
  func streamOpened(_ stream: any ByteStream) {}
  func streamReadable(_ stream: any ByteStream) { handler?.streamReadable(self) }
  func streamWritable(_ stream: any ByteStream) { handler?.streamWritable(self) }
  func streamEnded(_ stream: any ByteStream) { handler?.streamEnded(self) }
  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    handler?.streamClosed(self, reason: reason)
    handler = nil
  }
}
