import Interchange
import LibraryOS

/// Where requests go.
enum ProxyBackend: Equatable {
  case address(Endpoint)
  /// Whatever addresses the name has when a request comes.
  case name(ByteString, port: UInt16)

  /// Reads `10.77.0.3:80`, `[fd00::3]:80` or `api.example.org:8080`.
  init?(_ text: ByteString) {
    if let endpoint = Endpoint(text) {
      self = .address(endpoint)
      return
    }
    guard let colon = text.bytes.lastIndex(of: 0x3A), colon > 0, colon <= 253 else { return nil }
    let name = ByteString(text.bytes[..<colon])
    // Letters, digits, `-`, `_` and dots, and something that no address has.
    var hasLetter = false
    for byte in name.bytes {
      switch byte {
      case 0x41...0x5A, 0x61...0x7A: hasLetter = true
      case 0x30...0x39, 0x2D, 0x2E, 0x5F: continue
      default: return nil
      }
    }
    let host: ByteString = "0.0.0.1"
    guard hasLetter, let place = Endpoint(host + ByteString(text.bytes[colon...])) else { return nil }
    self = .name(name, port: place.port)
  }
}

/// A part of the tree of paths and the backends that serve it.
struct ProxyRoute: Equatable {
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
