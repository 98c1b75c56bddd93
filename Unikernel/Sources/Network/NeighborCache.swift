import LibraryOS

// What is known of the hosts on the link (RFC 826, "Packet Reception"; RFC 1122, 2.3.2: entries expire, requests are
// limited to one a second, the latest packets wait for the answer).

/// A whole frame without its destination.
struct WaitingFrame {
  var bytes: [UInt8]
  var offload: VirtioNetHeader
}

/// A host of the link, and the frames that wait for its hardware address.
final class Neighbor {
  /// How far resolution is.
  enum State {
    /// A request is under way.
    case incomplete
    /// The hardware address is known.
    case reachable
  }

  let address: IPv4Address
  var state = State.incomplete
  var hardware = EthernetAddress(raw: 0)
  /// When the address was last heard from the host itself.
  var confirmed = Instant(nanoseconds: 0)
  /// When it was last used; the cache gives up the one that was not used longest.
  var used = Instant(nanoseconds: 0)
  /// When the next request may be sent.
  var retry = Instant(nanoseconds: 0)
  /// Requests without an answer.
  var attempts = 0
  /// What is sent to it once the address is known.
  var waiting: [WaitingFrame] = []
  /// Whether it is still in the cache. Connections keep a reference, and look again when this is false.
  var isCached = true

  init(_ address: IPv4Address) {
    self.address = address
  }
}

/// The bounded table of neighbors. Few are looked up: a connection keeps its own.
struct NeighborCache {
  /// No more hosts than this are known at once; the one that was not used longest makes room.
  static let capacity = 512
  /// No more than this many are resolved at once; more are refused, so that a scan cannot displace what is known.
  static let maximumIncomplete = 64
  /// Frames that wait for one host; the oldest is dropped for the newest.
  static let maximumWaiting = 4
  /// Requests before a host is given up.
  static let maximumAttempts = 3
  /// The time between requests to one host.
  static let retryInterval = TimeSpan.seconds(1)
  /// How long an address is used without a look whether it still holds.
  static let confirmationInterval = TimeSpan.seconds(60)
  /// How long it is used at all while nobody confirms it.
  static let lifetime = TimeSpan.seconds(120)

  private var addresses: [UInt32] = []
  private var neighbors: [Neighbor] = []
  /// How many are being resolved.
  private(set) var incompleteCount = 0

  /// The host of that address, if known or being resolved.
  func find(_ address: IPv4Address) -> Neighbor? {
    for index in 0..<addresses.count where addresses[index] == address.raw {
      return neighbors[index]
    }
    return nil
  }

  /// Adds a host that is to be resolved; `nil` when too many are.
  mutating func addIncomplete(_ address: IPv4Address, at now: Instant) -> Neighbor? {
    guard incompleteCount < NeighborCache.maximumIncomplete else { return nil }
    let neighbor = insert(address, at: now)
    if neighbor != nil { incompleteCount += 1 }
    return neighbor
  }

  /// Adds a host whose hardware address is known.
  mutating func addReachable(_ address: IPv4Address, hardware: EthernetAddress, at now: Instant) {
    guard let neighbor = insert(address, at: now) else { return }
    neighbor.state = .reachable
    neighbor.hardware = hardware
    neighbor.confirmed = now
  }

  /// Notes what a host says its hardware address is, and returns the frames that waited for it.
  mutating func confirm(_ neighbor: Neighbor, hardware: EthernetAddress, at now: Instant) -> [WaitingFrame] {
    if neighbor.state == .incomplete { incompleteCount -= 1 }
    neighbor.state = .reachable
    neighbor.hardware = hardware
    neighbor.confirmed = now
    neighbor.attempts = 0
    let frames = neighbor.waiting
    neighbor.waiting = []
    return frames
  }

  /// Goes back to asking for a host that did not confirm its address; `false` when too many are being resolved, and the
  /// host is forgotten.
  mutating func invalidate(_ neighbor: Neighbor) -> Bool {
    guard neighbor.state == .reachable else { return true }
    guard incompleteCount < NeighborCache.maximumIncomplete else {
      remove(neighbor)
      return false
    }
    neighbor.state = .incomplete
    neighbor.attempts = 0
    incompleteCount += 1
    return true
  }

  /// Forgets a host and what waits for it.
  mutating func remove(_ neighbor: Neighbor) {
    for index in 0..<neighbors.count where neighbors[index] === neighbor {
      remove(at: index)
      return
    }
  }

  /// The hosts being resolved whose next request is due.
  func due(at now: Instant) -> [Neighbor] {
    neighbors.filter { $0.state == .incomplete && $0.retry <= now }
  }

  /// When the next request is due.
  var deadline: Instant? {
    guard incompleteCount > 0 else { return nil }
    var earliest: Instant?
    for neighbor in neighbors where neighbor.state == .incomplete {
      if let known = earliest, known <= neighbor.retry { continue }
      earliest = neighbor.retry
    }
    return earliest
  }

  private mutating func insert(_ address: IPv4Address, at now: Instant) -> Neighbor? {
    if neighbors.count >= NeighborCache.capacity {
      var oldest = -1
      for index in 0..<neighbors.count where neighbors[index].state == .reachable {
        if oldest < 0 || neighbors[index].used < neighbors[oldest].used { oldest = index }
      }
      guard oldest >= 0 else { return nil }
      remove(at: oldest)
    }
    let neighbor = Neighbor(address)
    neighbor.retry = now
    addresses.append(address.raw)
    neighbors.append(neighbor)
    return neighbor
  }

  private mutating func remove(at index: Int) {
    let neighbor = neighbors[index]
    if neighbor.state == .incomplete { incompleteCount -= 1 }
    neighbor.isCached = false
    neighbor.waiting = []
    addresses.swapAt(index, addresses.count - 1)
    neighbors.swapAt(index, neighbors.count - 1)
    addresses.removeLast()
    neighbors.removeLast()
  }
}
