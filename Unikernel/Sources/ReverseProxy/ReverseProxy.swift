import HTTP
import Interchange
import LibraryOS

/// Passes requests on to other services (a gateway in the terms of RFC 9110, 3.7). Routes can be replaced while it runs:
/// requests in progress end where they were sent, and connections to backends that are no longer named are closed.
public final class ReverseProxy: Application, Timed {
  /// `reverse-proxy`.
  public let name: ByteString = "reverse-proxy"

  private let client: HTTPClient
  private var routes: [ProxyRoute]?
  private var prepared: [ProxyRoute]?
  private var requests: UInt64 = 0
  private var failures: UInt64 = 0
  private var timeouts: UInt64 = 0

  /// A proxy without routes, which claims nothing until it has its parameters.
  public init(clock: any Clock, network: any StreamNetwork, limits: HTTPClientLimits = HTTPClientLimits()) {
    self.client = HTTPClient(clock: clock, network: network, limits: limits)
  }

  /// How many connections to backends are open.
  public var openConnections: Int { client.openConnections }

  // MARK: Module

  /// Checks `routes`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var routes: [ProxyRoute]?
    for parameter in parameters {
      guard parameter.name == "routes" else {
        throw ParameterFault("reverse-proxy." + parameter.name, expected: "a parameter of reverse-proxy")
      }
      routes = try ProxyRoute.read(parameter.value)
    }
    guard let routes else { throw ParameterFault("reverse-proxy.routes", expected: "a list of at most 64 routes") }
    prepared = routes
  }

  /// Uses the routes that were prepared.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    routes = prepared
    var backends: [Endpoint] = []
    for route in prepared { backends.append(contentsOf: route.backends) }
    client.retain(backends)
  }

  /// Forgets routes that were prepared.
  public func rollback() {
    prepared = nil
  }

  /// Requests passed on, and how many of them failed.
  public var counters: [Counter] {
    [
      Counter("reverse-proxy.requests", requests), Counter("reverse-proxy.failures", failures),
      Counter("reverse-proxy.timeouts", timeouts), Counter("reverse-proxy.retries", client.retries),
    ]
  }

  // MARK: Application

  /// Claims what is below a route's path.
  public func claim(_ path: ByteString) -> Int? {
    guard let routes else { return nil }
    for route in routes {
      if let length = route.prefix.claim(path) { return length }
    }
    return nil
  }

  /// Passes a request on to the route's next backend.
  public func respond(to exchange: Exchange) {
    guard let index = routes?.firstIndex(where: { $0.prefix.claim(exchange.request.path) != nil }),
      let route = routes?[index]
    else {
      exchange.finish(.text(404, "not found"))
      return
    }
    requests &+= 1
    guard ProxyFields.hops(exchange.request) < ProxyFields.maximumHops else {
      failures &+= 1
      exchange.finish(.text(502, "bad gateway: the request goes round in circles"))
      return
    }
    let first = route.next
    routes?[index].next = (first + 1) % route.backends.count
    var request = exchange.request
    request.headers = ProxyFields.forward(
      exchange.request, source: exchange.source, isSecure: exchange.isSecure)
    // In the order in which they are tried.
    let backends = Array(route.backends[first...] + route.backends[..<first])
    send(request, for: exchange, to: backends[...])
  }

  /// Tries the first backend, and the next ones only where nothing can have reached the one before.
  private func send(_ request: HTTPRequest, for exchange: Exchange, to backends: ArraySlice<Endpoint>) {
    guard let backend = backends.first else { return }
    client.send(request, to: backend) { [self] result in
      switch result {
      case .success(let response):
        exchange.finish(
          HTTPResponse(status: response.status, headers: ProxyFields.forward(response), body: response.body))
      case .failure(.unreachable) where backends.count > 1:
        send(request, for: exchange, to: backends.dropFirst())
      case .failure(let fault):
        exchange.finish(failure(fault))
      }
    }
  }

  private func failure(_ fault: HTTPClientFault) -> HTTPResponse {
    switch fault {
    case .timedOut:
      timeouts &+= 1
      return .text(504, "gateway timeout: the backend did not answer in time")
    case .overloaded:
      failures &+= 1
      return .text(503, "service unavailable: too many requests wait for the backend")
    case .unreachable:
      failures &+= 1
      return .text(502, "bad gateway: the backend cannot be reached")
    case .closed, .malformed, .unwritable:
      failures &+= 1
      return .text(502, "bad gateway: the backend did not answer as expected")
    }
  }

  // MARK: Timed

  /// The earliest time at which a backend may have taken too long.
  public var deadline: Instant? { client.deadline }

  /// Gives up what takes too long.
  public func expire(at now: Instant) {
    client.expire(at: now)
  }
}
