import HTTP
import Interchange
import LibraryOS

/// A request on its way to one of a route's backends: the next one is tried only where nothing can have reached the one
/// before.
final class Delivery {
  private let proxy: ReverseProxy
  private let exchange: Exchange
  private let request: HTTPRequest
  /// How long the WebSocket that the request asks for may stay open; `nil` where it asks for none.
  private let webSocketLifetime: TimeSpan?
  private let backends: [ProxyBackend]
  /// The backend that is next, and how many are left.
  private var next: Int
  private var left: Int
  /// Addresses of the backend before, the last one first, that were not tried.
  private var places: [Endpoint] = []
  private var fault: HTTPClientFault?

  /// A request that begins with the route's backend whose turn it is.
  init(_ exchange: Exchange, through proxy: ReverseProxy, by route: ProxyRoute, webSocketLifetime: TimeSpan?) {
    self.proxy = proxy
    self.exchange = exchange
    self.webSocketLifetime = webSocketLifetime
    backends = route.backends
    next = route.next
    left = route.backends.count
    var request = exchange.request
    request.headers = ProxyFields.forward(
      exchange.request, source: exchange.source, isSecure: exchange.isSecure, opensWebSocket: webSocketLifetime != nil)
    self.request = request
  }

  /// Sends it to the next place.
  func goOn() {
    if let place = places.popLast() {
      proxy.client.send(request, to: place, maySwitch: webSocketLifetime != nil) { [self] in finish($0) }
    } else if left > 0 {
      let backend = backends[next]
      next = (next + 1) % backends.count
      left -= 1
      backend.find(proxy.names) { [self] found, hasMoved in
        if hasMoved { proxy.retain() }
        places = found
        goOn()
      }
    } else {
      exchange.finish(proxy.failure(fault))
    }
  }

  private func finish(_ result: Result<HTTPClientOutcome, HTTPClientFault>) {
    switch result {
    case .success(.response(let response)):
      exchange.finish(
        HTTPResponse(status: response.status, headers: ProxyFields.forward(response), body: response.body))
    case .success(.switched(let connection)):
      // Without having been asked for, the parser has refused it already.
      guard let webSocketLifetime, WebSocketHandshake.accepts(connection.response) else {
        connection.stream.abort()
        return exchange.finish(proxy.failure(.malformed(.malformedStartLine)))
      }
      let tunnel = WebSocketTunnel(proxy: proxy, backend: connection, lifetime: webSocketLifetime)
      proxy.add(tunnel)
      exchange.finish(
        HTTPResponse(status: 101, headers: ProxyFields.forwardSwitching(connection.response)), switchingTo: tunnel)
    case .failure(.unreachable):
      fault = .unreachable
      goOn()
    case .failure(let fault):
      exchange.finish(proxy.failure(fault))
    }
  }
}
