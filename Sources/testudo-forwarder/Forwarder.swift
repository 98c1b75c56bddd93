import CHosting
import Glibc

/// The event loop. Everything happens in one thread, which is in the service's network namespace. Sockets of the host's
/// network are made in another, which stays there, since an ordinary user cannot go back: a socket stays in the namespace
/// it was made in.
final class Forwarder {
  /// No more connections are open at once; more wait in the listeners' backlogs.
  static let maximumConnections = 4096
  /// The most that is read at once, and so the most that waits for one side of a connection.
  static let chunk = 16 << 10
  /// How long a target may take to accept a connection, all attempts together, in milliseconds.
  static let connectTimeout = 3000
  /// How long one attempt may take: a packet may be lost while an instance starts.
  static let attemptTimeout = 500
  /// How long a connection that one side has ended may be silent.
  static let halfClosedTimeout = 30_000
  static let maximumPublications = 64
  /// No more directions of connections go through pipes at once; the others are copied.
  static let maximumPipes = 64

  let poller: Poller
  let scratch = UnsafeMutableRawPointer.allocate(byteCount: Forwarder.chunk, alignment: 4096)
  let limit: Int
  var now = 0

  // Connections by slot; a slot's generation tells a late event for the connection that had it before.
  var connections: [Connection?] = []
  var generations: [UInt32] = []
  var freeSlots: [Int] = []
  var openCount = 0
  var accepted = 0
  var failed = 0
  // Slots of connections that are not open yet.
  var connecting: Set<Int> = []
  var halfClosed: Set<Int> = []
  // Pipes that exist are idle, with nothing in them, or belong to a side; there are so many in all.
  var idlePipes: [Pipe] = []
  var pipeCount = 0

  var ports: [String: PublishedPort] = [:]
  var portsByIdentifier: [UInt32: PublishedPort] = [:]
  var nextIdentifier: UInt32 = 1
  var isAccepting = true
  var acceptAgain = Int.max

  let requests: RequestSocket
  var requesters: [UInt32: Requester] = [:]
  private let signals: Int32
  var isRunning = true

  init(socketPath: String, network: String) throws(ForwarderFault) {
    limit = Forwarder.raiseDescriptorLimit()
    let serviceNetwork = open(network, O_RDONLY | O_CLOEXEC)
    guard serviceNetwork >= 0 else { throw ForwarderFault("open the network \(network)", code: errno) }
    defer { close(serviceNetwork) }
    let stayed = hosting_stay()
    guard stayed == 0 else { throw ForwarderFault("start a thread", code: stayed) }
    let entered = hosting_enter_network(serviceNetwork)
    guard entered == 0 else { throw ForwarderFault("enter the network \(network)", code: entered) }
    poller = try Poller()
    signals = hosting_signal_descriptor()
    guard signals >= 0 else { throw ForwarderFault("receive signals", code: signals) }
    requests = try RequestSocket(path: socketPath)
    guard poller.add(signals, .readable, .signals), poller.add(requests.descriptor, .readable, .requests) else {
      requests.remove()
      throw ForwarderFault("watch descriptors", code: errno)
    }
  }

  deinit { scratch.deallocate() }

  /// Two descriptors for each connection and some for pipes and the rest; fewer connections where the host does not allow as
  /// many.
  private static func raiseDescriptorLimit() -> Int {
    var limits = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return 256 }
    limits.rlim_cur = min(limits.rlim_max, rlim_t(2 * maximumConnections + 256))
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    return max(16, min(maximumConnections, (Int(clamping: limits.rlim_cur) - 256) / 2))
  }

  /// Runs until it is stopped.
  func run() {
    while isRunning {
      poller.wait(milliseconds: timeToNextEvent()) { source, readiness in
        now = Forwarder.monotonicMilliseconds()
        handle(source, readiness)
      }
      now = Forwarder.monotonicMilliseconds()
      advanceTime()
    }
    requests.remove()
  }

  private func handle(_ source: EventSource, _ readiness: Readiness) {
    switch source {
    case .client(let slot, let generation):
      if let connection = connection(slot, generation) { clientReady(connection, readiness) }
    case .target(let slot, let generation):
      if let connection = connection(slot, generation) { targetReady(connection, readiness) }
    case .listener(let identifier):
      if let port = portsByIdentifier[identifier] { accept(from: port) }
    case .requests: acceptRequester()
    case .requester(let identifier): readRequest(identifier)
    case .signals: readSignal()
    }
  }

  private func connection(_ slot: Int, _ generation: UInt32) -> Connection? {
    guard slot < connections.count, let connection = connections[slot], connection.generation == generation else {
      return nil
    }
    return connection
  }

  private func readSignal() {
    while case let signal = hosting_signal_next(signals), signal > 0 {
      // The end of a terminal is none of its business.
      if signal != SIGHUP { isRunning = false }
    }
  }

  static func monotonicMilliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  // MARK: - Publishing

  /// Makes a socket in the service's network, or in the host's; a negative error number where that fails.
  func makeSocket(inHostNetwork: Bool) -> Int32 {
    var result: Int32 = -1
    var work: () -> Void = {
      let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
      result = socket >= 0 ? socket : -errno
    }
    if inHostNetwork {
      withUnsafeMutablePointer(to: &work) { work in
        hosting_run_in_stay({ $0?.assumingMemoryBound(to: (() -> Void).self).pointee() }, work)
      }
    } else {
      work()
    }
    return result
  }

  /// Makes the listening socket of a port.
  func listen(
    at endpoint: Endpoint, _ direction: Direction
  ) throws(ForwarderFault) -> (socket: Int32, endpoint: Endpoint) {
    let socket = makeSocket(inHostNetwork: direction == .inward)
    guard socket >= 0 else { throw ForwarderFault("make a socket", code: socket) }
    // A port whose old connections are still remembered can be used again at once.
    set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
    let bound = endpoint.withSocketAddress { bind(socket, $0, $1) }
    guard bound == 0, Glibc.listen(socket, 1024) == 0, let actual = Endpoint(boundTo: socket) else {
      let code = errno
      close(socket)
      switch code {
      case EADDRINUSE: throw ForwarderFault("\(endpoint.text) is in use by another program")
      case EADDRNOTAVAIL:
        throw ForwarderFault(
          "\(endpoint.host) is not an address of this host" + (direction == .inward ? "" : " in the service's network"))
      case EACCES: throw ForwarderFault("\(endpoint.text) is for root: choose a port from 1024 on")
      default: throw ForwarderFault("listen at \(endpoint.text)", code: code)
      }
    }
    return (socket, actual)
  }

  func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
