import Interchange
import LibraryOS

/// A part of the tree of paths and the backends that serve it.
struct ProxyRoute {
  /// The most routes in the parameter `routes`.
  static let maximumCount = 64
  /// The most backends in a route.
  static let maximumBackends = 16
  /// The longest that a WebSocket may stay open, in seconds.
  static let webSocketSeconds: ClosedRange<Int64> = 1...86_400

  let prefix: PathPrefix
  let backends: [ProxyBackend]
  /// How long a WebSocket may stay open, whatever passes on it; `nil` where none is let through.
  let webSocketLifetime: TimeSpan?
  /// The backend whose turn it is.
  var next = 0

  /// Reads the parameter `routes`: longest prefix first, so that the first match is the best.
  static func read(_ value: ParameterValue) throws(ParameterFault) -> [ProxyRoute] {
    guard let items = value.listValue, items.count <= maximumCount else {
      throw ParameterFault("reverse-proxy.routes", expected: "a list of at most 64 routes")
    }
    var routes: [ProxyRoute] = []
    for item in items {
      let route = try ProxyRoute(item)
      guard !routes.contains(where: { $0.prefix == route.prefix }) else {
        throw ParameterFault("reverse-proxy.routes", expected: "each path once; twice there: " + route.prefix.text)
      }
      let index = routes.firstIndex { $0.prefix.text.count < route.prefix.text.count } ?? routes.count
      routes.insert(route, at: index)
    }
    return routes
  }

  /// Lets its backends know which addresses names had in a route of before.
  func takeOver(from other: ProxyRoute) {
    for backend in backends {
      for known in other.backends { backend.remember(known) }
    }
  }

  private init(_ value: ParameterValue) throws(ParameterFault) {
    guard let prefix = value["path"]?.textValue.flatMap({ PathPrefix($0) }) else {
      throw ParameterFault("reverse-proxy.routes", expected: "path: a text such as / or /orders")
    }
    guard let items = value["backends"]?.listValue, !items.isEmpty, items.count <= ProxyRoute.maximumBackends else {
      throw ParameterFault("reverse-proxy.routes", expected: "backends: a list of 1 to 16 texts")
    }
    var backends: [ProxyBackend] = []
    for item in items {
      guard let backend = item.textValue.flatMap({ ProxyBackend($0) }) else {
        throw ParameterFault(
          "reverse-proxy.routes", expected: "backends: texts such as 10.77.0.3:80 or api.example.org:8080")
      }
      backends.append(backend)
    }
    var lifetime: TimeSpan?
    if let value = value["web-socket-seconds"] {
      guard let seconds = value.integerValue, ProxyRoute.webSocketSeconds.contains(seconds) else {
        throw ParameterFault("reverse-proxy.routes", expected: "web-socket-seconds: a number from 1 to 86400")
      }
      lifetime = TimeSpan.seconds(Int(seconds))
    }
    self.prefix = prefix
    self.backends = backends
    webSocketLifetime = lifetime
  }
}
