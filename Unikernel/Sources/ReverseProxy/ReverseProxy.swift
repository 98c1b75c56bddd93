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
  let client: HTTPClient
  let names: (any NameService)?
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
    for known in routes ?? [] {
      for route in prepared { route.takeOver(from: known) }
    }
    routes = prepared
    retain()
  }

  /// Keeps connections to the backends of all routes, of those with names at their latest addresses.
  func retain() {
    var places: [Endpoint] = []
    for route in routes ?? [] {
      for backend in route.backends { places += backend.addresses }
    }
    client.retain(places)
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
    routes?[index].next = (route.next + 1) % route.backends.count
    var webSocketLifetime: TimeSpan?
    if let lifetime = route.webSocketLifetime, exchange.acceptUpgrade != nil {
      switch WebSocketHandshake.read(exchange.request) {
      case .none: break
      case .handshake:
        guard tunnels.count < ReverseProxy.maximumWebSockets else {
          failures &+= 1
          return exchange.finish(.text(503, "service unavailable: too many WebSockets are open"))
        }
        webSocketLifetime = lifetime
      case .malformed:
        return exchange.finish(
          .text(
            400, "bad request: expected a WebSocket handshake of version 13",
            headers: [HTTPField("sec-websocket-version", WebSocketHandshake.version)]))
      }
    }
    Delivery(exchange, through: self, by: route, webSocketLifetime: webSocketLifetime).goOn()
  }

  /// The answer where no backend gave one; without a fault, none has an address.
  func failure(_ fault: HTTPClientFault?) -> HTTPResponse {
    switch fault {
    case nil:
      failures &+= 1
      return .text(502, "bad gateway: the name of the backend has no address")
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

  /// Keeps a tunnel that has begun.
  func add(_ tunnel: WebSocketTunnel) {
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
