import Interchange
import LibraryOS
import Prefaces

/// An HTTP/1.1 server (RFC 9110, RFC 9112) that leads requests through the image's pipeline.
///
/// Applications that answer requests bring it. Bounds: `maximum-connections` (further ones are reset, unless they take the place of one of a source
/// that holds more), the limits on each message, and
/// `heldBytesLimit` for all incomplete requests together (beyond, the one that needs more is answered with 503).
public final class HTTPServer: Server, StreamAcceptor {
  /// How many bytes of incomplete requests are held in all.
  private(set) var heldBytesLimit = 32 << 20

  /// `http`.
  public let name: ByteString = "http"

  let pipeline: Pipeline
  let clock: any Clock
  private let registry: Registry
  private var prepared: HTTPServerSettings?
  private(set) var settings: HTTPServerSettings?
  private(set) var isListening = false
  private var forwarded: PrefaceAcceptor?

  private let connections: Places<HTTPServerConnection>
  var heldBytes = 0
  private var earliest: Instant?

  private var drain = Drain()

  private var date: [UInt8] = []
  private var dateSecond = UInt64.max
  var statistics = HTTPServerStatistics()

  /// A server that listens from its first parameters on.
  public init(registry: Registry) {
    self.pipeline = registry.pipeline
    self.clock = registry.clock
    self.registry = registry
    connections = Places(seed: UInt64(leading: registry.random.bytes(8)))
  }

  /// Holds no more than that of incomplete requests.
  public func bound(heldBytes: Int) { heldBytesLimit = heldBytes }

  /// How many connections are open.
  public var openConnections: Int { connections.count }

  /// What clients' connections are allowed.
  var shares: ConnectionShares { registry.shares }

  /// Whether every response must say that its connection ends.
  var isDraining: Bool { drain.isRunning }

  // MARK: Module

  /// Checks the first settings. Later ones are refused: all are of the boot stage.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    guard settings == nil else {
      throw ParameterFault("http", expected: "no change after the start: its parameters are of the boot stage")
    }
    prepared = try HTTPServerSettings(parameters)
  }

  /// Starts to listen.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    settings = prepared
    var acceptor: any StreamAcceptor = registry.streamSecurity?.securing(self, protocol: "http/1.1") ?? self
    if let forwarder = prepared.forwarder {
      let forwarded = PrefaceAcceptor(
        ForwarderPreface(forwarder, registry: registry), before: acceptor, registry: registry, server: self)
      self.forwarded = forwarded
      acceptor = forwarded
    }
    isListening = registry.network.listen(port: prepared.port, acceptor: acceptor)
  }

  /// Forgets settings that were prepared.
  public func rollback() {
    prepared = nil
  }

  /// Connections, requests and responses since the start.
  public var counters: [Counter] {
    let counters =
      statistics.counters + [
        Counter("http.places-yielded", registry.shares.yielded),
        Counter("http.source-refused", registry.shares.refused),
      ]
    guard let forwarded else { return counters }
    return counters + [Counter("http.forwarding-refused", forwarded.refusedCount)]
  }

  // MARK: Connections

  /// Takes a connection, or refuses it: at the bound on connections, at the bound of its source, and after a drain's grace.
  public func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    let now = clock.now
    // Behind a forwarder that was judged when the connection was opened, before its header came.
    let isTooLate = forwarded == nil && drain.refusesConnections(at: now)
    guard let settings, !isTooLate,
      registry.shares.admits(stream.remote, to: connections, maximum: settings.maximumConnections, module: name)
    else {
      statistics.refusedConnections &+= 1
      return nil
    }
    statistics.connections &+= 1
    let connection = HTTPServerConnection(server: self, settings: settings, stream: stream, now: now)
    connections.take(connection)
    return connection
  }

  /// Forgets a connection that is gone.
  func remove(_ connection: HTTPServerConnection) {
    if connections.free(connection) { reportDrained() }
  }

  /// The `Date` field's value, made once per second.
  func currentDate() -> [UInt8] {
    let milliseconds = clock.wallMilliseconds
    if milliseconds / 1000 != dateSecond {
      dateSecond = milliseconds / 1000
      date = HTTPDate.format(wallMilliseconds: milliseconds)
    }
    return date
  }

  // MARK: Time

  /// The earliest time at which a connection may have to be ended. It may have got a later deadline since: then `expire`
  /// finds nothing to do, which is cheaper than keeping connections sorted by a deadline that every request moves.
  public var deadline: Instant? {
    guard let graceEnd = drain.graceEnd else { return earliest }
    guard let earliest else { return graceEnd }
    return min(earliest, graceEnd)
  }

  /// A connection wants `expire` to be called at `instant`.
  func wantsExpiry(at instant: Instant) {
    if let earliest, earliest <= instant { return }
    earliest = instant
  }

  /// Ends what waited too long, and idle connections when a drain's grace is over.
  public func expire(at now: Instant) {
    let graceEnds = drain.endGrace(at: now)
    guard graceEnds || earliest.map({ $0 <= now }) == true else { return }
    earliest = nil
    for connection in connections.holders {
      if graceEnds { connection.endIfIdle(at: now) }
      if connection.deadline <= now { connection.expire(at: now) }
    }
    for connection in connections.holders { wantsExpiry(at: connection.deadline) }
    reportDrained()
  }

  // MARK: Draining

  /// Ends all connections without failing a request. From now on every response carries `Connection: close`. For `grace`,
  /// idle connections stay open, so that a request that is already on its way is answered, and new connections are
  /// served; then idle ones are closed, new ones are refused, and requests in progress finish. When the grace is over
  /// and no connection is left, `completion` is called, once; with no grace and no connection, before this returns. A
  /// second drain can only shorten the first.
  public func drain(grace: TimeSpan, completion: @escaping () -> Void) {
    let now = clock.now
    drain.begin(grace: grace, at: now, completion: completion)
    expire(at: now)
    reportDrained()
  }

  /// Ends what connections were switched to: it has to be asked for anew.
  public func settingsChanged() {
    for connection in connections.holders { connection.endUpgrade() }
  }

  /// Ends a drain, over or not: connections are taken and kept as before it. A `completion` that was not called yet never
  /// is.
  public func resume() {
    drain.cancel()
  }

  /// Whether a drain's grace is over, so that no new connection is taken.
  public var refusesConnections: Bool { drain.refusesConnections(at: clock.now) }

  /// Tells that a drain is over, once nothing is in progress.
  public func reportDrained() {
    guard connections.count == 0, forwarded?.isWaiting != true, let completion = drain.complete() else { return }
    completion()
  }
}
