import HTTP
import Interchange
import LibraryOS

/// Passes requests on to other services (a gateway in the terms of RFC 9110, 3.7). Routes can be replaced while it runs:
/// requests in progress end where they were sent, and connections to backends that are no longer named are closed.
public final class ReverseProxy: Application, Timed {
  /// `reverse-proxy`.
  public let name: ByteString = "reverse-proxy"

  /// How many WebSockets may be open at once.
  static let maximumWebSockets = 1024

  let clock: any Clock
  /// Bytes on their way between two ends of a WebSocket: used within one call at a time. There once one was opened.
  private(set) lazy var buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: RelayEnd.pieceBytes, alignment: 64)
  private let client: HTTPClient
  private let names: (any NameService)?
  /// The addresses that names had last.
  private var resolved: [(backend: ProxyBackend, addresses: [Endpoint])] = []
  private var turn = 0
  private var routes: [ProxyRoute]?
  private var prepared: [ProxyRoute]?
  private var requests: UInt64 = 0
  private var failures: UInt64 = 0
  private var timeouts: UInt64 = 0
  private var tunnels: [WebSocketTunnel] = []
  private var tunnelDeadline: Instant?
  private var openedTunnels: UInt64 = 0

  /// A proxy without routes, which claims nothing until it has its parameters.
  /// `names`: what finds the addresses of backends that are named; without it, those cannot be reached.
  public init(
    clock: any Clock, network: any StreamNetwork, names: (any NameService)? = nil,
    limits: HTTPClientLimits = HTTPClientLimits()
  ) {
    self.names = names
    self.clock = clock
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
    resolved.removeAll { known in !prepared.contains { $0.backends.contains(known.backend) } }
    retain()
  }

  /// Keeps connections to the backends of all routes, of those with names at their latest addresses.
  private func retain() {
    var backends: [Endpoint] = []
    for route in routes ?? [] {
      for case .address(let endpoint) in route.backends { backends.append(endpoint) }
    }
    for known in resolved { backends += known.addresses }
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
      Counter("reverse-proxy.web-sockets", openedTunnels),
      Counter("reverse-proxy.open-web-sockets", UInt64(tunnels.count)),
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
    // In the order in which they are tried.
    let backends = Array(route.backends[first...] + route.backends[..<first])
    if let lifetime = route.webSocketLifetime, exchange.acceptUpgrade != nil {
      switch WebSocketHandshake.read(exchange.request) {
      case .none: break
      case .handshake: return openWebSocket(for: exchange, to: backends[...], lifetime: lifetime)
      case .malformed:
        return exchange.finish(
          .text(
            400, "bad request: expected a WebSocket handshake of version 13",
            headers: [HTTPField("sec-websocket-version", WebSocketHandshake.version)]))
      }
    }
    var request = exchange.request
    request.headers = ProxyFields.forward(
      exchange.request, source: exchange.source, isSecure: exchange.isSecure)
    send(request, for: exchange, to: backends[...])
  }

  /// Gives the first place to try, of a name once it was found, and what is left to try after it; `nil` where there is
  /// none.
  private func next(
    of backends: ArraySlice<ProxyBackend>, _ body: @escaping (Endpoint?, ArraySlice<ProxyBackend>) -> Void
  ) {
    guard let backend = backends.first else { return body(nil, []) }
    let rest = backends.dropFirst()
    switch backend {
    case .address(let endpoint): body(endpoint, rest)
    case .name(let name, let port):
      guard let names else { return next(of: rest, body) }
      names.resolve(name) { [self] addresses in
        let places = addresses.map { Endpoint($0, port: port) }
        // That nobody can say where it is does not mean that it moved.
        if !places.isEmpty { note(places, of: backend) }
        // Each address has its turn as the first.
        turn = turn &+ 1 & 0xFFFF
        let first = places.isEmpty ? 0 : turn % places.count
        let ordered = Array(places[first...] + places[..<first])
        next(of: (ordered.map { .address($0) } + Array(rest))[...], body)
      }
    }
  }

  private func note(_ addresses: [Endpoint], of backend: ProxyBackend) {
    guard routes?.contains(where: { $0.backends.contains(backend) }) == true else { return }
    if let index = resolved.firstIndex(where: { $0.backend == backend }) {
      // Servers give addresses in whatever order.
      guard
        resolved[index].addresses.count != addresses.count || !resolved[index].addresses.allSatisfy(addresses.contains)
      else { return }
      resolved[index].addresses = addresses
    } else {
      resolved.append((backend, addresses))
    }
    retain()
  }

  /// Tries the first backend, and the next ones only where nothing can have reached the one before.
  private func send(_ request: HTTPRequest, for exchange: Exchange, to backends: ArraySlice<ProxyBackend>) {
    next(of: backends) { [self] backend, rest in
      guard let backend else { return exchange.finish(unknown()) }
      client.send(request, to: backend) { [self] result in
        switch result {
        case .success(let response):
          exchange.finish(
            HTTPResponse(status: response.status, headers: ProxyFields.forward(response), body: response.body))
        case .failure(.unreachable) where !rest.isEmpty: send(request, for: exchange, to: rest)
        case .failure(let fault): exchange.finish(failure(fault))
        }
      }
    }
  }

  /// The answer where no backend has an address.
  private func unknown() -> HTTPResponse {
    failures &+= 1
    return .text(502, "bad gateway: the name of the backend has no address")
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

  // MARK: WebSockets

  private func openWebSocket(for exchange: Exchange, to backends: ArraySlice<ProxyBackend>, lifetime: TimeSpan) {
    guard tunnels.count < ReverseProxy.maximumWebSockets else {
      failures &+= 1
      return exchange.finish(.text(503, "service unavailable: too many WebSockets are open"))
    }
    var request = exchange.request
    request.headers = ProxyFields.forward(
      exchange.request, source: exchange.source, isSecure: exchange.isSecure, opensWebSocket: true)
    open(request, for: exchange, to: backends, lifetime: lifetime)
  }

  private func open(
    _ request: HTTPRequest, for exchange: Exchange, to backends: ArraySlice<ProxyBackend>, lifetime: TimeSpan
  ) {
    next(of: backends) { [self] backend, rest in
      guard let backend else { return exchange.finish(unknown()) }
      client.open(request, to: backend) { [self] result in
        switch result {
        case .success(.switched(let connection)):
          guard WebSocketHandshake.accepts(connection.response) else {
            connection.stream.abort()
            failures &+= 1
            return exchange.finish(.text(502, "bad gateway: the backend did not answer as expected"))
          }
          let tunnel = WebSocketTunnel(proxy: self, backend: connection, lifetime: lifetime)
          add(tunnel)
          exchange.finish(
            HTTPResponse(status: 101, headers: ProxyFields.forwardSwitching(connection.response)), switchingTo: tunnel)
        case .success(.response(let response)):
          exchange.finish(
            HTTPResponse(status: response.status, headers: ProxyFields.forward(response), body: response.body))
        case .failure(.unreachable) where !rest.isEmpty:
          open(request, for: exchange, to: rest, lifetime: lifetime)
        case .failure(let fault):
          exchange.finish(failure(fault))
        }
      }
    }
  }

  private func add(_ tunnel: WebSocketTunnel) {
    openedTunnels &+= 1
    tunnel.index = tunnels.count
    tunnels.append(tunnel)
    noteDeadline(of: tunnel)
  }

  /// Forgets a tunnel that is gone.
  func remove(_ tunnel: WebSocketTunnel) {
    let index = tunnel.index
    guard index < tunnels.count, tunnels[index] === tunnel else { return }
    let last = tunnels.removeLast()
    if last !== tunnel {
      tunnels[index] = last
      last.index = index
    }
  }

  /// A tunnel may have to be ended earlier than was known. Later deadlines are found when the earlier one has come.
  func noteDeadline(of tunnel: WebSocketTunnel) {
    if let tunnelDeadline, tunnelDeadline <= tunnel.deadline { return }
    tunnelDeadline = tunnel.deadline
  }

  private func expireTunnels(at now: Instant) {
    guard let tunnelDeadline, tunnelDeadline <= now else { return }
    self.tunnelDeadline = nil
    for tunnel in tunnels where tunnel.deadline <= now { tunnel.expire() }
    for tunnel in tunnels { noteDeadline(of: tunnel) }
  }

  // MARK: Timed

  /// The earliest time at which a backend may have taken too long, or a WebSocket has to end.
  public var deadline: Instant? {
    guard let tunnelDeadline else { return client.deadline }
    return client.deadline.map { min($0, tunnelDeadline) } ?? tunnelDeadline
  }

  /// Gives up what takes too long.
  public func expire(at now: Instant) {
    client.expire(at: now)
    expireTunnels(at: now)
  }
}
