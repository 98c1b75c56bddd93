import Interchange
import LibraryOS

/// An HTTP/1.1 client with kept connections to a few backends, for a reverse proxy. Its owner registers it as timed, or
/// passes `deadline` and `expire` on.
public final class HTTPClient: Timed {
  let clock: any Clock
  let network: any StreamNetwork
  let limits: HTTPClientLimits
  private var pools: [HTTPClientPool] = []
  private var retained: [Endpoint]?
  private var earliest: Instant?
  /// How often a request was sent again because a kept connection had been closed.
  public internal(set) var retries: UInt64 = 0

  /// A client without connections.
  public init(clock: any Clock, network: any StreamNetwork, limits: HTTPClientLimits = HTTPClientLimits()) {
    self.clock = clock
    self.network = network
    self.limits = limits
  }

  /// How many connections are open or being opened.
  public var openConnections: Int { pools.reduce(0) { $0 + $1.connectionCount } }

  /// Sends a request. An idempotent one is sent again, once, when a kept connection turns out to have been closed
  /// before anything of a response came (RFC 9112, 9.3.1). `completion` is called once, perhaps before this returns.
  /// `maySwitch`: whether it asks for another protocol, with `Connection` and `Upgrade` among its fields; to any other
  /// request, no answer is `switched`.
  public func send(
    _ request: HTTPRequest, to backend: Endpoint, maySwitch: Bool = false,
    completion: @escaping (Result<HTTPClientOutcome, HTTPClientFault>) -> Void
  ) {
    let host = request.host.isEmpty ? backend.text : request.host
    guard let bytes = HTTPClientExchange.encode(request, host: host) else {
      completion(.failure(.unwritable))
      return
    }
    let now = clock.now
    let exchange = HTTPClientExchange(
      bytes: bytes, method: request.method, maySwitch: maySwitch, waitDeadline: now + limits.responseTimeout,
      completion: completion)
    pool(for: backend).submit(exchange, at: now)
  }

  /// Keeps connections to these backends only. Others are closed, as soon as the exchanges on them have ended.
  public func retain(_ backends: [Endpoint]) {
    retained = backends
    for pool in pools { pool.setRetired(!backends.contains(pool.backend)) }
    forgetEmptyPools()
  }

  private func pool(for backend: Endpoint) -> HTTPClientPool {
    if let pool = pools.first(where: { $0.backend == backend }) { return pool }
    forgetEmptyPools()
    let pool = HTTPClientPool(client: self, backend: backend)
    if let retained { pool.setRetired(!retained.contains(backend)) }
    pools.append(pool)
    return pool
  }

  private func forgetEmptyPools() {
    pools.removeAll { $0.isRetired && $0.isEmpty }
  }

  /// The earliest time at which something may have to be given up.
  public var deadline: Instant? { earliest }

  func wantsExpiry(at instant: Instant) {
    if let earliest, earliest <= instant { return }
    earliest = instant
  }

  /// Gives up what waited too long, and closes what was unused too long.
  public func expire(at now: Instant) {
    guard let earliest, earliest <= now else { return }
    self.earliest = nil
    for pool in pools { pool.expire(at: now) }
    forgetEmptyPools()
    for pool in pools { pool.noteDeadlines() }
  }
}
