import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import ReverseProxy
import Testing

/// A proxy on a network in memory, asked without a server in front of it.
final class ProxyFixture {
  /// What came back.
  final class Answers {
    var responses: [HTTPResponse] = []
    var statuses: [Int] { responses.map(\.status) }
    var texts: [String] { responses.map { String(decoding: $0.body, as: UTF8.self) } }
  }

  let network = InMemoryNetwork()
  let clock = ManualClock()
  let proxy: ReverseProxy
  let answers = Answers()

  init(limits: HTTPClientLimits = HTTPClientLimits(), names: (any NameService)? = nil) {
    proxy = ReverseProxy(clock: clock, network: network, names: names, limits: limits)
  }

  static func routes(_ routes: [(String, [String])]) -> [Parameter] {
    let items = routes.map { path, backends in
      ParameterValue.map([
        ParameterField("path", .text(ByteString(path))),
        ParameterField("backends", .list(backends.map { .text(ByteString($0)) })),
      ])
    }
    return [Parameter(module: "reverse-proxy", name: "routes", value: .list(items))]
  }

  func route(_ path: String, _ backends: Backend...) throws {
    try proxy.prepare(ProxyFixture.routes([(path, backends.map { $0.endpoint.text.description })]))
    proxy.commit()
    network.run()
  }

  func ask(
    _ path: String = "/", method: ByteString = "GET", query: ByteString = "", _ fields: [HTTPField] = [],
    body: String = ""
  ) {
    let request = HTTPRequest(
      method: method, path: ByteString(path), query: query, host: "shop.example", headers: fields,
      body: Array(body.utf8))
    let exchange = Exchange(
      request: request, source: Endpoint(IPv4Address(203, 0, 113, 9), port: 5), arrival: clock.now
    ) { [answers] in answers.responses.append($0) }
    proxy.respond(to: exchange)
    network.run()
  }

  func pass(_ time: TimeSpan) {
    clock.advance(by: time, proxy)
    network.run()
  }
}
