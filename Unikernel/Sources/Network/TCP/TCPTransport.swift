import LibraryOS

// TCP above all connections: the table of them, LISTEN and CLOSED (RFC 9293, 3.10.7.1 and 3.10.7.2), OPEN (3.10.1),
// what is due at the next flush, and the timers. TIME-WAIT and segments on their way: TCPTransport+Input.

/// All connections of this image.
final class TCPTransport {
  let internet: InternetLayer
  let clock: any Clock
  private(set) var limits: NetworkLimits
  var random: RandomPool
  var table: ConnectionTable
  var timeWaits: TimeWaitTable
  var cookies = SynchronizeCookies()
  private(set) var halfOpen: [TCPConnection] = []
  private var listeners: [(port: UInt16, acceptor: any StreamAcceptor)] = []
  private var queued: [TCPConnection] = []
  private var wheel = TimerWheel()
  private var due: [Int32] = []
  /// Bytes of memory that receive buffers take.
  var heldMemory = 0

  /// The first port of those that connections from here use (RFC 6335, 6), and how many there are.
  private static let ephemeralPorts = (first: UInt32(49152), count: UInt32(16384))

  init(internet: InternetLayer, clock: any Clock, random: RandomPool, limits: NetworkLimits) {
    self.internet = internet
    self.clock = clock
    self.limits = limits
    self.random = random
    table = ConnectionTable(capacity: 0, hash: FlowHash())
    timeWaits = TimeWaitTable(capacity: 0, hash: FlowHash())
  }

  deinit {
    // Users may keep their streams; these must not come back here.
    for slot in 0..<table.slotCount {
      table[slot]?.state = .closed
      table[slot]?.handler = nil
    }
  }

  /// Makes the tables, with seeds of their own. Before this, no connection can be made. `connections`: the bound, where it
  /// is not the default.
  func start(connections: Int?) {
    if let connections { limits.connections = connections }
    cookies = SynchronizeCookies(&random)
    table = ConnectionTable(capacity: limits.connections, hash: FlowHash(&random))
    timeWaits = TimeWaitTable(capacity: limits.timeWaits, hash: FlowHash(&random))
  }

  /// Connections that are open or being opened from here.
  var openCount: Int { table.count - halfOpen.count }

  /// Whether receive buffers take so much memory that no more is offered or taken.
  @inline(__always)
  var isUnderPressure: Bool { heldMemory >= limits.receiveMemory }

  // MARK: Listeners

  /// Takes connections on a port; `false` if it is taken, or there are too many listeners.
  func listen(port: UInt16, acceptor: any StreamAcceptor) -> Bool {
    guard port != 0, listeners.count < limits.listeners, self.acceptor(port: port) == nil else { return false }
    listeners.append((port, acceptor))
    return true
  }

  /// Takes no more connections on a port. Half-open ones are reset when their handshake completes.
  func closeListener(port: UInt16) {
    listeners.removeAll { $0.port == port }
  }

  /// Who takes connections on a port.
  func acceptor(port: UInt16) -> (any StreamAcceptor)? {
    for listener in listeners where listener.port == port { return listener.acceptor }
    return nil
  }

  // MARK: Opening

  /// Opens a connection from a random port (RFC 6056, 3.3.1); its SYN leaves with the next flush.
  /// `localNumber`: which address of this image `address` is, as in `IPPacket`.
  func connect(
    to remote: Endpoint, from address: IPAddress, localNumber: UInt32, handler: any StreamHandler
  ) -> TCPConnection? {
    let now = clock.now
    guard !table.isFull, let key = freeFlow(to: remote, localNumber: localNumber, at: now) else {
      internet.counts.refused &+= 1
      return nil
    }
    let connection = TCPConnection(
      remote: remote, local: Endpoint(address, port: UInt16(truncatingIfNeeded: key.raw)), key: key,
      iss: SequenceNumber(random.next()), isActive: true, transport: self, at: now)
    guard table.insert(connection) else { return nil }
    connection.handler = handler
    queue(connection)
    return connection
  }

  private func freeFlow(to remote: Endpoint, localNumber: UInt32, at now: Instant) -> FlowKey? {
    let ports = TCPTransport.ephemeralPorts
    let start = random.next()
    for step in 0..<ports.count {
      let port = UInt16(truncatingIfNeeded: ports.first + (start &+ step) % ports.count)
      let key = FlowKey(remote: remote, localPort: port, localNumber: localNumber)
      if table.find(key) == nil, timeWaits.find(key, at: now) == nil, acceptor(port: port) == nil { return key }
    }
    return nil
  }

  /// Whether a source holds more than an eighth of the places for half-open connections, while half of them are taken.
  /// What it opens further is answered with cookies, so that others need none.
  private func isCrowding(_ source: IPAddress) -> Bool {
    guard halfOpen.count * 2 >= limits.halfOpenConnections else { return false }
    let key = source.sourceKey
    var held = 0
    for connection in halfOpen where connection.remote.address.sourceKey == key { held += 1 }
    return held * 8 >= limits.halfOpenConnections
  }

  /// Adds a half-open connection; `nil` at the bound, and at that of its source.
  func addHalfOpen(
    remote: Endpoint, local: Endpoint, key: FlowKey, iss: SequenceNumber, at now: Instant
  ) -> TCPConnection? {
    guard halfOpen.count < limits.halfOpenConnections, !table.isFull, !isCrowding(remote.address) else { return nil }
    let connection = TCPConnection(
      remote: remote, local: local, key: key, iss: iss, isActive: false, transport: self, at: now)
    guard table.insert(connection) else { return nil }
    halfOpen.append(connection)
    return connection
  }

  /// Adds a connection whose handshake the acknowledgement of a cookie ends; `nil` at the bound.
  func addConfirmed(
    remote: Endpoint, local: Endpoint, key: FlowKey, cookie: SequenceNumber, at now: Instant
  ) -> TCPConnection? {
    guard !table.isFull else { return nil }
    let connection = TCPConnection(
      remote: remote, local: local, key: key, iss: cookie, isActive: false, transport: self, at: now)
    guard table.insert(connection) else { return nil }
    connection.isSynchronizeDue = false
    connection.sndNxt = cookie + 1
    connection.sndMax = cookie + 1
    connection.timestampOffset = cookies.timestampOffset
    return connection
  }

  /// A half-open connection is open, or gone.
  func halfOpenEnded(_ connection: TCPConnection) {
    // The latest are the likeliest to complete.
    if let index = halfOpen.lastIndex(where: { $0 === connection }) { halfOpen.remove(at: index) }
  }

  // MARK: Closing

  /// Takes a connection out of everything. What was received can still be read.
  func detach(_ connection: TCPConnection) {
    guard connection.state != .closed else { return }
    if connection.state == .synReceived, !connection.isActive { halfOpenEnded(connection) }
    connection.state = .closed
    connection.timerPurpose = .none
    connection.sendQueue.release()
    connection.acknowledgmentDeadline = nil
    wheel.cancel(connection.slot)
    table.remove(connection)
    connection.neighbor = nil
  }

  /// Ends a connection, and tells its user why.
  func close(_ connection: TCPConnection, reason: CloseReason) {
    detach(connection)
    guard let handler = connection.handler else { return }
    connection.handler = nil
    handler.streamClosed(connection, reason: reason)
  }

  /// Ends connections without a word, since their address is this image's no more.
  func closeAll(where isGone: (TCPConnection) -> Bool) {
    for slot in 0..<table.slotCount {
      if let connection = table[slot], isGone(connection) { close(connection, reason: .timedOut) }
    }
  }

  /// Closes the attempts to reach hosts behind a neighbor that does not answer.
  func neighborLost(_ neighbor: Neighbor) {
    for slot in 0..<table.slotCount {
      if let connection = table[slot], connection.state == .synSent, connection.neighbor === neighbor {
        close(connection, reason: .timedOut)
      }
    }
  }

  // MARK: Flush and timers

  /// Has the next flush look at a connection.
  @inline(__always)
  func queue(_ connection: TCPConnection) {
    guard !connection.isQueued else { return }
    connection.isQueued = true
    queued.append(connection)
  }

  /// Whether a flush has something to do.
  var isFlushDue: Bool { !queued.isEmpty }

  /// Sends what is due. What this itself leads to (a refused attempt is tried again) waits for the next flush.
  func flush(at now: Instant) {
    let count = queued.count
    guard count > 0 else { return }
    for index in 0..<count {
      let connection = queued[index]
      connection.isQueued = false
      connection.output(at: now)
    }
    if queued.count == count {
      queued.removeAll(keepingCapacity: true)
    } else {
      queued.removeFirst(count)
    }
  }

  /// Has the timer of a connection run.
  @inline(__always)
  func schedule(_ connection: TCPConnection) {
    guard connection.slot >= 0, let deadline = connection.nextDeadline else { return }
    wheel.schedule(connection.slot, at: deadline)
  }

  /// The next timer.
  var deadline: Instant? { wheel.deadline }

  /// Runs the timers that are due.
  func expire(at now: Instant) {
    due.removeAll(keepingCapacity: true)
    wheel.advance(to: now, due: &due)
    for index in 0..<due.count {
      table[Int(due[index])]?.timePassed(at: now)
    }
  }
}
