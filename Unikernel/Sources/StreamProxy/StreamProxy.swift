import Interchange
import LibraryOS
import Prefaces

/// Passes connections on, whatever is spoken on them: what a client sends reaches a backend unread, and the other way
/// round. Who may connect, and how often, is up to the modules before it: the firewall, TLS, limits.
///
/// Bounds: connections (further ones are reset, unless they take the place of one of a source that holds more), the time to
/// reach a backend, the time for which nobody says anything, and one piece held in each direction. Backends can be replaced
/// while it runs: connections to those that are no longer named are ended, and so are all when what TLS lets in changes.
public final class StreamProxy: Server, StreamAcceptor {
  /// How many events are recorded in a second.
  static let eventsPerSecond = 10
  /// For how long connections go on when a drain's grace is over.
  static let finishTime = TimeSpan.seconds(10)

  /// `stream-proxy`.
  public let name: ByteString = "stream-proxy"

  let clock: any Clock
  /// Bytes on their way between two streams: used within one call at a time.
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: RelayEnd.pieceBytes, alignment: 64)
  private let registry: Registry
  private(set) var settings = StreamProxySettings()
  private var prepared: StreamProxySettings?
  private var isListening = false
  private var prefaces: [PrefaceAcceptor] = []
  private let sessions: Places<StreamSession>
  private var nextBackend = 0
  private var drain = Drain()
  private var earliest: Instant?
  private var allowance = EventAllowance(perSecond: StreamProxy.eventsPerSecond)
  var statistics = StreamProxyStatistics()

  /// A proxy that listens from its first parameters on.
  public init(registry: Registry) {
    self.registry = registry
    clock = registry.clock
    sessions = Places(seed: UInt64(leading: registry.random.bytes(8)))
  }

  deinit { buffer.deallocate() }

  /// How many connections are open.
  public var openConnections: Int { sessions.count }

  // MARK: Module

  /// Checks settings, and keeps them aside.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var settings = settings
    try settings.apply(parameters, isFirst: !isListening)
    prepared = settings
  }

  /// Puts settings in force, and listens once there are some.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    settings = prepared
    if !isListening { listen() }
  }

  /// Forgets settings that were prepared.
  public func rollback() {
    prepared = nil
  }

  private func listen() {
    var acceptor: any StreamAcceptor = self
    if let security = registry.streamSecurity {
      let isPostgreSQL = settings.negotiation == .postgresql
      acceptor = security.securing(acceptor, protocol: isPostgreSQL ? PostgreSQLPreface.protocolName : nil)
      if isPostgreSQL {
        security.greetBackends(
          saying: PostgreSQLPreface.encryptionRequest, expecting: PostgreSQLPreface.encryptionAnswer)
      }
      if isPostgreSQL, security.securesArrivals {
        acceptor = read(PostgreSQLPreface(clear: settings.cancelsInClear ? self : nil), before: acceptor)
      }
    }
    if let forwarder = settings.forwarder {
      acceptor = read(ForwarderPreface(forwarder, registry: registry), before: acceptor)
    }
    isListening = registry.network.listen(port: settings.port, acceptor: acceptor)
  }

  private func read(_ preface: any Preface, before acceptor: any StreamAcceptor) -> any StreamAcceptor {
    let prefaced = PrefaceAcceptor(preface, before: acceptor, registry: registry, server: self)
    prefaces.append(prefaced)
    return prefaced
  }

  /// Connections and what became of them since the start.
  public var counters: [Counter] {
    var refused: UInt64 = 0
    for preface in prefaces { refused &+= preface.refusedCount }
    return statistics.counters + [
      Counter("stream-proxy.preface-refused", refused),
      Counter("stream-proxy.open-connections", UInt64(sessions.count)),
      Counter("stream-proxy.places-yielded", registry.shares.yielded),
      Counter("stream-proxy.source-refused", registry.shares.refused),
    ]
  }

  // MARK: Connections

  /// Takes a connection and opens one to a backend, or refuses it.
  public func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    let now = clock.now
    // Behind a preface that was judged when the connection was opened, before it came.
    let isTooLate = prefaces.isEmpty && drain.refusesConnections(at: now)
    guard isListening, !isTooLate, !isOutdated(stream),
      registry.shares.admits(stream.remote, to: sessions, maximum: settings.maximumConnections, module: name)
    else {
      statistics.refused &+= 1
      return nil
    }
    for filter in registry.arrivalFilters where !filter.admits(arrival: stream.remote, at: now) {
      statistics.refused &+= 1
      return nil
    }
    statistics.connections &+= 1
    let session = StreamSession(proxy: self, client: stream, backends: backendsInTurn(), at: now)
    sessions.take(session)
    guard session.connect() else {
      session.leave(.unreachable)
      return nil
    }
    return session
  }

  /// Each backend has its turn as the first.
  private func backendsInTurn() -> [Endpoint] {
    guard !settings.backends.isEmpty else { return [] }
    nextBackend = (nextBackend + 1) % settings.backends.count
    return Array(settings.backends[nextBackend...] + settings.backends[..<nextBackend])
  }

  /// Whether a stream was let in, or opened, by settings of TLS that are no longer in force.
  private func isOutdated(_ stream: any ByteStream) -> Bool {
    stream.isSecure && stream.admission != registry.streamSecurity?.admissionVersion
  }

  /// Opens a connection to a backend.
  func connect(to backend: Endpoint, for session: StreamSession) -> (any ByteStream)? {
    registry.network.connect(to: backend, handler: session)
  }

  /// Forgets a connection that is over.
  func remove(_ session: StreamSession, _ record: ConnectionRecord) {
    guard sessions.free(session) else { return }
    statistics.count(record)
    for observer in registry.connectionObservers { observer.connectionEnded(record) }
    reportDrained()
  }

  /// Reports that a backend could not be reached.
  func recordUnreachable(_ backend: Endpoint, reason: CloseReason) {
    statistics.backendFailures &+= 1
    guard allowance.take(at: clock.now) else { return }
    registry.events.record(
      SecurityEvent(
        module: name, action: "backend-unreachable", severity: .medium, time: clock.wallMilliseconds,
        details: [
          ParameterField("backend", .text(backend.text)),
          ParameterField("reason", .text(reason == .timedOut ? "timed out" : "refused")),
        ]))
  }

  // MARK: Server

  /// Holds one piece in each direction of a connection, whatever it may hold.
  public func bound(heldBytes: Int) {}

  /// Ends connections whose backend is no longer named, or that were let in or opened by other settings of TLS.
  public func settingsChanged() {
    for session in sessions.holders
    where !session.goes(toOneOf: settings.backends) || session.streams.contains(where: isOutdated) {
      session.end()
    }
  }

  /// For `grace`, connections are taken; then those that are open have `finishTime` to end by themselves, and are ended.
  public func drain(grace: TimeSpan, completion: @escaping () -> Void) {
    drain.begin(grace: grace, at: clock.now, completion: completion)
    expire(at: clock.now)
    reportDrained()
  }

  /// Ends a drain.
  public func resume() {
    drain.cancel()
    for session in sessions.holders { session.spare() }
  }

  /// Whether a drain's grace is over.
  public var refusesConnections: Bool { drain.refusesConnections(at: clock.now) }

  /// Tells that a drain is over, once no connection is open.
  public func reportDrained() {
    guard sessions.count == 0, !prefaces.contains(where: { $0.isWaiting }), let completion = drain.complete() else {
      return
    }
    completion()
  }

  // MARK: Time

  /// The earliest time at which a connection may have to be ended. It may have got a later one since.
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

  /// Ends what takes too long, and has all connections finish when a drain's grace is over.
  public func expire(at now: Instant) {
    let graceEnds = drain.endGrace(at: now)
    guard graceEnds || earliest.map({ $0 <= now }) == true else { return }
    earliest = nil
    for session in sessions.holders {
      if graceEnds { session.finish(by: now + StreamProxy.finishTime) }
      if session.deadline <= now { session.expire(at: now) }
    }
    for session in sessions.holders { wantsExpiry(at: session.deadline) }
    reportDrained()
  }
}

/// What the proxy counts.
struct StreamProxyStatistics {
  var connections: UInt64 = 0
  var refused: UInt64 = 0
  var backendFailures: UInt64 = 0
  private var unreachable: UInt64 = 0
  private var broken: UInt64 = 0
  private var withdrawn: UInt64 = 0
  private var received: UInt64 = 0
  private var sent: UInt64 = 0

  mutating func count(_ record: ConnectionRecord) {
    received &+= record.received
    sent &+= record.sent
    switch record.outcome {
    case .finished: break
    case .broken: broken &+= 1
    case .withdrawn: withdrawn &+= 1
    case .unreachable: unreachable &+= 1
    }
  }

  var counters: [Counter] {
    [
      Counter("stream-proxy.connections", connections), Counter("stream-proxy.refused", refused),
      Counter("stream-proxy.backend-failures", backendFailures), Counter("stream-proxy.unreachable", unreachable),
      Counter("stream-proxy.broken", broken), Counter("stream-proxy.withdrawn", withdrawn),
      Counter("stream-proxy.received-bytes", received), Counter("stream-proxy.sent-bytes", sent),
    ]
  }
}
