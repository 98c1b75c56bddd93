import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting

/// An application that a test answers through.
final class TestApplication: Application {
  let name: ByteString = "test"
  var counters: [Counter] { [] }
  var requests: [HTTPRequest] = []
  var suspended: [Exchange] = []
  var answer: (HTTPRequest) -> HTTPResponse?

  init(_ answer: @escaping (HTTPRequest) -> HTTPResponse?) {
    self.answer = answer
  }

  func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  func commit() {}
  func rollback() {}
  func claim(_ path: ByteString) -> Int? { 1 }

  func respond(to exchange: Exchange) {
    requests.append(exchange.request)
    if let response = answer(exchange.request) {
      exchange.finish(response)
    } else {
      suspended.append(exchange)
    }
  }
}

/// A server on a network in memory. By default it answers with the path it was asked for.
final class ServerFixture {
  let network = InMemoryNetwork()
  let clock = ManualClock()
  let registry: Registry
  let server: HTTPServer
  let application: TestApplication

  init(
    _ parameters: [String: Int64] = [:],
    answer: @escaping (HTTPRequest) -> HTTPResponse? = { HTTPResponse(status: 200, body: $0.path.bytes) }
  ) throws {
    registry = Registry(clock: clock, random: RepeatableRandom(), network: network, events: EventRecorder())
    server = HTTPServer(registry: registry)
    application = TestApplication(answer)
    registry.add(module: server)
    registry.add(application: application)
    try registry.configure(ServerFixture.parameters(parameters.merging(["port": 80]) { own, _ in own }))
  }

  static func parameters(_ values: [String: Int64]) -> [Parameter] {
    values.map { Parameter(module: "http", name: ByteString($0.key), value: .integer($0.value)) }
  }

  func client() -> InMemoryClient {
    let client = InMemoryClient(network)
    network.run()
    return client
  }

  func pass(_ time: TimeSpan) {
    clock.advance(by: time, server)
    network.run()
  }

  func counter(_ name: String) -> UInt64? {
    server.counters.first { $0.name.description == name }?.value
  }
}

extension InMemoryClient {
  var text: String { String(decoding: received, as: UTF8.self) }

  /// Sends a text and lets everything happen that follows.
  func send(_ text: String, _ network: InMemoryNetwork) {
    send(Array(text.utf8))
    network.run()
  }

  /// The status codes received, interim ones included, wherever a status line starts a line.
  var statuses: [Int] {
    text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
  }
}

extension String {
  func components(separatedBy separator: String) -> [Substring] {
    var parts: [Substring] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts + [rest]
  }
}

func get(_ path: String, _ fields: String = "") -> String {
  "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
}
