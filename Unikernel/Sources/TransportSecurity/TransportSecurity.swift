internal import CBearSSL
public import Interchange
public import LibraryOS

/// TLS 1.2 (RFC 5246) between the network and the server, and between the reverse proxy and its backends, on BearSSL.
///
/// Suites are those with forward secrecy and authenticated encryption, and there is no other version, renegotiation or
/// compression. Certificates and keys come as settings and can be replaced while the image runs: handshakes that have
/// begun, and connections that are open, go on with what they began with. Everything is bounded: connections (further ones
/// are reset, unless their source holds fewer than another), the time for a handshake, buffers, and sessions that can be resumed.
public final class TransportSecurity: RequestModule, StreamSecurity, Timed {
  /// How many events are recorded in a second.
  static let eventsPerSecond = 10
  /// How many sessions are kept for the next connections.
  static let maximumSpare = 32
  /// How long a client that was refused may take to close its end.
  static let lingerTime = TimeSpan.seconds(2)

  /// `transport-security`.
  public let name: ByteString = "transport-security"
  /// First, so that every answer has the fields that say how to come back.
  public let stage = Stage.filter

  let clock: any Clock
  private let random: any RandomSource
  private let events: any EventSink
  private let constants = TransportConstants()

  private var settings = TransportSettings()
  private var prepared: TransportSettings?
  private var environment: TransportEnvironment?
  /// Counts the settings by which connections are let in, or opened.
  public private(set) var admissionVersion: UInt64 = 0
  private var strictField: HTTPField?
  /// What is said to backends before the handshake, and what they have to answer.
  private(set) var greeting: (request: [UInt8], answer: [UInt8])?

  private let shares: ConnectionShares
  private let streams: Places<SecureStream>
  private var spare: [Session] = []
  private var deferred: [SecureStream] = []
  private var earliest: Instant?
  private var allowance = EventAllowance(perSecond: TransportSecurity.eventsPerSecond)
  var statistics = TransportStatistics()

  /// A module without certificates, which refuses every connection. `shares` says what part of the connections one source
  /// may have.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink, shares: ConnectionShares) {
    self.shares = shares
    streams = Places(seed: UInt64(leading: random.bytes(8)))
    self.clock = clock
    self.random = random
    self.events = events
  }

  /// How many connections are open.
  public var openConnections: Int { streams.count }

  /// Connections, handshakes and how they ended since the start.
  public var counters: [Counter] {
    statistics.counters + [Counter("transport-security.events-suppressed", allowance.suppressed)]
  }

  // MARK: Settings

  /// Reads and checks settings, and keeps them aside. One certificate or key that cannot be used refuses all.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var settings = settings
    try settings.apply(parameters, isFirst: environment == nil, curves: constants.curves)
    prepared = settings
  }

  /// Uses what was prepared for handshakes that begin from now on.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    if settings.admission != prepared.admission { admissionVersion &+= 1 }
    settings = prepared
    environment = TransportEnvironment(prepared, shared: constants)
    if prepared.strictSeconds > 0 {
      let prefix: ByteString = "max-age="
      var digits: [UInt8] = []
      var rest = prepared.strictSeconds
      while rest > 0 {
        digits.insert(UInt8(0x30 + rest % 10), at: 0)
        rest /= 10
      }
      strictField = HTTPField("strict-transport-security", prefix + ByteString(digits))
    } else {
      strictField = nil
    }
  }

  /// Forgets what was prepared.
  public func rollback() {
    prepared = nil
  }

  /// Adds `Strict-Transport-Security` (RFC 6797, 6.1) to the answer, if it is set.
  public func examine(_ exchange: Exchange) -> Verdict {
    if let strictField { exchange.responseHeaders.append(strictField) }
    return .proceed
  }

  // MARK: Connections

  /// How a connection is opened.
  enum Way {
    case clear
    case secure(BackendEnvironment)
    /// Not at all: nothing is known yet of where TLS is due.
    case none
  }

  /// How connections to an address are opened now.
  func way(to address: Endpoint) -> Way {
    guard let environment else { return .none }
    return environment.backend(at: address).map { .secure($0) } ?? .clear
  }

  /// Opens connections to backends for modules.
  public func securing(_ network: any StreamNetwork) -> any StreamNetwork {
    SecureNetwork(module: self, network: network)
  }

  /// Has the handshake with each backend follow upon a request and its answer.
  public func greetBackends(saying request: [UInt8], expecting answer: [UInt8]) {
    greeting = (request, answer)
  }

  /// Begins a handshake with a backend on a connection that is being opened; `nil` at the bound.
  func connect(
    over under: any ByteStream, to backend: BackendEnvironment, for handler: any StreamHandler
  ) -> SecureStream? {
    guard
      shares.admits(
        backend.address, to: streams, maximum: settings.maximumConnections, module: name, isLimited: false)
    else { return nil }
    let now = clock.now
    let session = spare.popLast() ?? Session()
    guard
      session.begin(to: backend, seed: random.bytes(48), wallMilliseconds: clock.wallMilliseconds, at: now)
    else { return nil }
    let secured = SecureStream(
      module: self, acceptor: nil, handler: handler, under: under, session: session,
      deadline: now + settings.handshakeTimeout)
    add(secured)
    return secured
  }

  private func add(_ stream: SecureStream) {
    streams.take(stream)
    wantsExpiry(at: stream.deadline)
  }

  /// Whether connections from the network are to begin with a handshake.
  public var securesArrivals: Bool { settings.servesSecurely }

  /// Whether a client that has shown a valid certificate is one of those that may come in.
  func admits(_ client: Principal) -> Bool {
    settings.allowedClients?.contains(client.name) ?? true
  }

  /// Takes connections for `acceptor`, which gets those whose handshake succeeded.
  public func securing(_ acceptor: any StreamAcceptor, protocol name: ByteString?) -> any StreamAcceptor {
    SecureAcceptor(module: self, acceptor: acceptor, protocol: name.map { ProtocolName($0) })
  }

  /// Takes a connection, or refuses it at the bound.
  func accept(
    _ stream: any ByteStream, for acceptor: any StreamAcceptor, protocol spoken: ProtocolName?
  ) -> (any StreamHandler)? {
    if environment != nil, !settings.servesSecurely { return acceptor.accept(stream) }
    guard let environment,
      shares.admits(stream.remote, to: streams, maximum: settings.maximumConnections, module: name)
    else {
      statistics.refused &+= 1
      return nil
    }
    let now = clock.now
    environment.cache?.refresh(at: now)
    let session = spare.popLast() ?? Session()
    guard
      session.begin(
        in: environment, protocol: spoken, seed: random.bytes(48), wallMilliseconds: clock.wallMilliseconds)
    else {
      statistics.refused &+= 1
      return nil
    }
    statistics.connections &+= 1
    let secured = SecureStream(
      module: self, acceptor: acceptor, under: stream, session: session, deadline: now + settings.handshakeTimeout)
    add(secured)
    return secured
  }

  /// Forgets a connection and takes its session back.
  func remove(_ stream: SecureStream, session: Session) {
    guard streams.free(stream) else { return }
    session.clear()
    if spare.count < TransportSecurity.maximumSpare { spare.append(session) }
  }

  /// Reports that a client or a backend was refused.
  func record(_ action: ByteString, source: Endpoint, error: Int32, client: Principal? = nil) {
    guard allowance.take(at: clock.now) else { return }
    var details = [ParameterField("source", .text(source.text)), ParameterField("error", .integer(Int64(error)))]
    if let client { details.append(ParameterField("principal", .text(client.name))) }
    events.record(
      SecurityEvent(
        module: name, action: action, severity: .low, time: clock.wallMilliseconds, details: details))
  }

  // MARK: Time

  /// When something has to be told or ended, if at all.
  public var deadline: Instant? { deferred.isEmpty ? earliest : Instant(nanoseconds: 0) }

  func wantsExpiry(at instant: Instant) {
    if let earliest, earliest <= instant { return }
    earliest = instant
  }

  /// Has a stream's owner told later what may not be told from inside its own call.
  func tellLater(_ stream: SecureStream) {
    deferred.append(stream)
  }

  /// Tells what was put off, and ends handshakes that take too long.
  public func expire(at now: Instant) {
    let due = deferred
    deferred = []
    for stream in due { stream.tell() }
    guard let earliest, earliest <= now else { return }
    self.earliest = nil
    for stream in streams.holders where stream.deadline <= now { stream.expire() }
    for stream in streams.holders where stream.hasDeadline { wantsExpiry(at: stream.deadline) }
  }
}

/// Stands where connections come in.
private final class SecureAcceptor: StreamAcceptor {
  private let module: TransportSecurity
  private let acceptor: any StreamAcceptor
  private let name: ProtocolName?

  init(module: TransportSecurity, acceptor: any StreamAcceptor, protocol name: ProtocolName?) {
    self.module = module
    self.acceptor = acceptor
    self.name = name
  }

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    module.accept(stream, for: acceptor, protocol: name)
  }
}

/// Counts since the start.
struct TransportStatistics {
  var connections: UInt64 = 0
  var refused: UInt64 = 0
  var handshakes: UInt64 = 0
  var resumed: UInt64 = 0
  var failed: UInt64 = 0
  var certificatesRefused: UInt64 = 0
  var timeouts: UInt64 = 0
  var broken: UInt64 = 0
  var backendHandshakes: UInt64 = 0
  var backendResumed: UInt64 = 0
  var backendFailed: UInt64 = 0

  var counters: [Counter] {
    [
      Counter("transport-security.connections", connections), Counter("transport-security.refused", refused),
      Counter("transport-security.handshakes", handshakes), Counter("transport-security.resumed", resumed),
      Counter("transport-security.handshakes-failed", failed),
      Counter("transport-security.certificates-refused", certificatesRefused),
      Counter("transport-security.timeouts", timeouts), Counter("transport-security.records-refused", broken),
      Counter("transport-security.backend-handshakes", backendHandshakes),
      Counter("transport-security.backend-resumed", backendResumed),
      Counter("transport-security.backend-failed", backendFailed),
    ]
  }
}
