import LibraryOS

// The client's side of DHCP (RFC 2131, 4.4, figure 5; variables and states have its names), as a state machine from
// (message, time) to actions. A new address is probed for (RFC 5227, 2.1.1) before it is used, and declined where somebody
// has it.

/// Gets an address from a server, and keeps it.
struct DHCPClient {
  /// The states of figure 5. BOUND with a time to probe before it is `probing`.
  enum State: Equatable {
    case initial
    /// Asks whether the address that it had is still its own.
    case rebooting
    case selecting
    case requesting
    /// The server acknowledged; whether somebody uses the address is being found out.
    case probing
    case bound
    case renewing
    case rebinding
  }

  /// What the client wants done.
  enum Action: Equatable {
    /// A message to all servers, from no address.
    case broadcast(DHCPMessage)
    /// A message from the client's address to one server.
    case send(DHCPMessage, to: IPv4Address)
    /// Ask on the link who has an address.
    case probe(IPv4Address)
    /// The address may be used from now on, or its time is longer now.
    case use(DHCPLease)
    /// The address that was had before is used without anybody's word (RFC 2131, 3.2, 4: no server answers).
    case useFormer
    /// The address is the client's no more.
    case withdraw
  }

  /// The first time for an answer; each further one is twice as long, give or take a second (RFC 2131, 4.1).
  static let firstWait = TimeSpan.seconds(4)
  static let longestWait = TimeSpan.seconds(64)
  /// How often an offer is asked for before other offers are looked for (RFC 2131, 3.1, 5), and the former address before it
  /// is used all the same.
  static let maximumRequests = 4
  static let maximumReboots = 2
  /// The wait after a declined address, and after a refusal (RFC 2131, 3.1, 5; the second so that a server that refuses all
  /// is not asked without end).
  static let declineWait = TimeSpan.seconds(10)
  static let refusalWait = TimeSpan.seconds(1)
  /// Probes for an address, and the time between them. RFC 5227 means links of unknown speed; these are one switch wide.
  static let probes = 3
  static let probeInterval = TimeSpan.milliseconds(250)
  /// The shortest time between two attempts to renew (RFC 2131, 4.4.5).
  static let shortestRetry = TimeSpan.seconds(60)

  private(set) var state = State.initial
  /// When `expire` is to be called.
  private(set) var deadline: Instant?
  /// What the server lent, in the states from `probing` on.
  private(set) var lease: DHCPLease?

  private let hardware: UInt64
  /// The address that was had before, until a server says that it is not this client's.
  private var former: IPv4Address?
  private let random: any RandomSource
  private var transaction: UInt32 = 0
  private var begun = Instant(nanoseconds: 0)
  private var attempts = 0
  private var offer: DHCPLease?
  /// When what was acknowledged had been asked for: lease times count from then (RFC 2131, 4.4.1).
  private var requested = Instant(nanoseconds: 0)
  /// When the lease began that is being renewed.
  private var leaseStart = Instant(nanoseconds: 0)
  private var usesFormer = false

  /// A client that has not begun. `hardware`: its Ethernet address; `former`: the address that it had before.
  init(hardware: UInt64, former: IPv4Address?, random: any RandomSource) {
    self.hardware = hardware
    self.former = former
    self.random = random
  }

  /// The address that is being found out about: an answer from the link means that somebody has it.
  var candidate: IPv4Address? { state == .probing ? lease?.network.address : nil }

  // MARK: Events

  /// Begins.
  mutating func start(at now: Instant) -> [Action] {
    restart(at: now)
    guard former != nil else { return discover(at: now) }
    state = .rebooting
    return request(at: now)
  }

  /// Takes what arrived at the client's port.
  mutating func receive(_ message: DHCPMessage, at now: Instant) -> [Action] {
    guard message.transaction == transaction, message.hardware == hardware else { return [] }
    switch (state, message.type) {
    case (.selecting, .offer):
      // The first that can be used: servers are not compared.
      guard let lease = DHCPLease(message) else { return [] }
      offer = lease
      attempts = 0
      state = .requesting
      return request(at: now)
    case (.requesting, .acknowledge), (.rebooting, .acknowledge):
      guard let lease = DHCPLease(message) else { return [] }
      if state == .requesting, let offer, offer.server != lease.server || offer.network.address != lease.network.address
      {
        return []
      }
      if state == .rebooting, lease.network.address != former { return [] }
      self.lease = lease
      if usesFormer { return bind(at: now) }
      state = .probing
      attempts = 1
      deadline = now + DHCPClient.probeInterval
      return [.probe(lease.network.address)]
    case (.renewing, .acknowledge), (.rebinding, .acknowledge):
      guard let new = DHCPLease(message), let lease, new.network.address == lease.network.address else { return [] }
      if state == .renewing, new.server != lease.server { return [] }
      self.lease = new
      return bind(at: now)
    case (.requesting, .refuse), (.rebooting, .refuse), (.renewing, .refuse), (.rebinding, .refuse):
      // Only the server that was asked can refuse, where one was.
      if state == .requesting, message.server != offer?.server { return [] }
      if state == .renewing, message.server != lease?.server { return [] }
      return giveUp(after: DHCPClient.refusalWait, at: now)
    default: return []
    }
  }

  /// Somebody on the link has the address that is being found out about.
  mutating func conflict(at now: Instant) -> [Action] {
    guard state == .probing, let lease else { return [] }
    var message = DHCPMessage(.decline, transaction: transaction, hardware: hardware)
    message.requested = lease.network.address
    message.server = lease.server
    return [.broadcast(message)] + giveUp(after: DHCPClient.declineWait, at: now)
  }

  /// The deadline has passed.
  mutating func expire(at now: Instant) -> [Action] {
    guard let deadline, deadline <= now else { return [] }
    switch state {
    case .initial, .selecting: return discover(at: now)
    case .rebooting:
      if usesFormer { return reask(at: now) }
      guard attempts >= DHCPClient.maximumReboots else { return request(at: now) }
      usesFormer = true
      restart(at: now)
      // A server may come to be there later.
      return [.useFormer] + reask(at: now)
    case .requesting:
      if attempts < DHCPClient.maximumRequests { return request(at: now) }
      restart(at: now)
      return discover(at: now)
    case .probing:
      guard let lease, attempts < DHCPClient.probes else { return bind(at: now) }
      attempts += 1
      self.deadline = now + DHCPClient.probeInterval
      return [.probe(lease.network.address)]
    case .bound, .renewing, .rebinding: return renew(at: now)
    }
  }

  // MARK: States

  private mutating func restart(at now: Instant) {
    begun = now
    attempts = 0
    offer = nil
    lease = nil
    let bytes = random.bytes(4)
    transaction = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// INIT again, after a while. What was in use is given back.
  private mutating func giveUp(after wait: TimeSpan, at now: Instant) -> [Action] {
    let wasUsed = usesFormer || state == .renewing || state == .rebinding || state == .bound
    usesFormer = false
    former = nil
    restart(at: now)
    state = .initial
    deadline = now + wait
    return wasUsed ? [.withdraw] : []
  }

  private mutating func discover(at now: Instant) -> [Action] {
    state = .selecting
    let message = outgoing(.discover, at: now)
    wait(at: now)
    return [.broadcast(message)]
  }

  private mutating func request(at now: Instant) -> [Action] {
    var message = outgoing(.request, at: now)
    if state == .rebooting {
      message.requested = former
    } else {
      message.requested = offer?.network.address
      message.server = offer?.server
    }
    requested = now
    wait(at: now)
    return [.broadcast(message)]
  }

  /// Asks about the former address, which is in use, now and then.
  private mutating func reask(at now: Instant) -> [Action] {
    requested = now
    deadline = now + DHCPClient.longestWait
    var message = outgoing(.request, at: now)
    message.requested = former
    return [.broadcast(message)]
  }

  private mutating func bind(at now: Instant) -> [Action] {
    guard let lease else { return [] }
    state = .bound
    usesFormer = false
    former = lease.network.address
    deadline = lease.time == nil ? nil : requested + lease.renewal
    return [.use(lease)]
  }

  /// T1, T2 and the end of the lease (RFC 2131, 4.4.5).
  private mutating func renew(at now: Instant) -> [Action] {
    guard let lease, let time = lease.time else { return [] }
    let granted = state == .bound ? requested : leaseStart
    let end = granted + time
    guard now < end else {
      let actions = giveUp(after: TimeSpan(nanoseconds: 0), at: now)
      return actions + discover(at: now)
    }
    if state == .bound {
      leaseStart = requested
      let bytes = random.bytes(4)
      transaction = bytes.reduce(0) { $0 << 8 | UInt32($1) }
      begun = now
    }
    let rebinding = granted + lease.rebinding
    state = now < rebinding ? .renewing : .rebinding
    let next = state == .renewing ? rebinding : end
    // Half of what is left, but a minute at least.
    let half = TimeSpan(nanoseconds: (next - now).nanoseconds / 2)
    deadline = min(now + max(half, DHCPClient.shortestRetry), next)
    requested = now
    var message = outgoing(.request, at: now)
    message.client = lease.network.address
    return [state == .renewing ? .send(message, to: lease.server) : .broadcast(message)]
  }

  private func outgoing(_ type: DHCPMessageType, at now: Instant) -> DHCPMessage {
    var message = DHCPMessage(type, transaction: transaction, hardware: hardware)
    message.seconds = UInt16(min((now - begun).nanoseconds / 1_000_000_000, 0xFFFF))
    return message
  }

  /// The time for an answer: doubled each time, with up to a second more or less.
  private mutating func wait(at now: Instant) {
    let doubled = TimeSpan(nanoseconds: DHCPClient.firstWait.nanoseconds << UInt64(min(attempts, 4)))
    let bytes = random.bytes(2)
    let spread = (UInt64(bytes[0]) << 8 | UInt64(bytes[1])) * 2_000_000_000 / 65_536
    attempts += 1
    deadline = now + TimeSpan(nanoseconds: min(doubled, DHCPClient.longestWait).nanoseconds - 1_000_000_000 + spread)
  }
}
