import LibraryOS

/// The connections to one backend, and the requests that wait for one.
final class HTTPClientPool {
  let backend: Endpoint
  private(set) var isRetired = false
  private let client: HTTPClient
  private var connections: [HTTPClientConnection] = []
  /// Those of the connections on which nothing is in progress; the last was used most recently and is used next.
  private var idle: [HTTPClientConnection] = []
  private var waiting: [HTTPClientExchange] = []

  init(client: HTTPClient, backend: Endpoint) {
    self.client = client
    self.backend = backend
  }

  var connectionCount: Int { connections.count }

  var isEmpty: Bool { connections.isEmpty && waiting.isEmpty }

  /// Sends a request now or when a connection is free, or refuses it at the bound.
  func submit(_ exchange: HTTPClientExchange, at now: Instant) {
    if let connection = idle.popLast() {
      connection.start(exchange, at: now)
    } else if connections.count < client.limits.connectionsPerBackend {
      open(for: exchange, at: now)
    } else if waiting.count < client.limits.waitingPerBackend {
      waiting.append(exchange)
      client.wantsExpiry(at: exchange.waitDeadline)
    } else {
      exchange.finish(.failure(.overloaded))
    }
  }

  private func open(for exchange: HTTPClientExchange, at now: Instant) {
    let connection = HTTPClientConnection(client: client, pool: self, exchange: exchange, now: now)
    guard let stream = client.network.connect(to: backend, handler: connection) else {
      exchange.finish(.failure(.unreachable))
      return
    }
    // A network may tell of a refusal before `connect` returns.
    guard !connection.isGone else { return }
    connection.attach(stream)
    connections.append(connection)
  }

  /// Sends a request again, on a connection of its own.
  func retry(_ exchange: HTTPClientExchange, at now: Instant) {
    exchange.isRetry = true
    client.retries &+= 1
    open(for: exchange, at: now)
  }

  /// A connection has answered and can be used again; `false` if it is to be closed.
  func release(_ connection: HTTPClientConnection, at now: Instant) -> Bool {
    if !waiting.isEmpty {
      connection.start(waiting.removeFirst(), at: now)
      return true
    }
    guard !isRetired else { return false }
    idle.append(connection)
    return true
  }

  /// A connection is gone; who waits may open another.
  func remove(_ connection: HTTPClientConnection, at now: Instant) {
    connections.removeAll { $0 === connection }
    idle.removeAll { $0 === connection }
    while !waiting.isEmpty, connections.count < client.limits.connectionsPerBackend {
      open(for: waiting.removeFirst(), at: now)
    }
  }

  /// Whether connections are kept when nothing is in progress on them.
  func setRetired(_ retired: Bool) {
    isRetired = retired
    guard retired else { return }
    for connection in idle { connection.closeUnused() }
  }

  func expire(at now: Instant) {
    let late = waiting.filter { $0.waitDeadline <= now }
    waiting.removeAll { $0.waitDeadline <= now }
    for exchange in late { exchange.finish(.failure(.timedOut)) }
    for connection in connections where connection.deadline <= now { connection.expire(at: now) }
  }

  func noteDeadlines() {
    for exchange in waiting { client.wantsExpiry(at: exchange.waitDeadline) }
    for connection in connections { client.wantsExpiry(at: connection.deadline) }
  }
}
