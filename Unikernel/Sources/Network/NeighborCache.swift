import LibraryOS

// What is known of the hosts on the link, for ARP (RFC 826, "Packet Reception"; RFC 1122, 2.3.2: entries expire, requests
// are limited to one a second, the latest packets wait for the answer) and for neighbor discovery (RFC 4861, 5.1 and
// 7.3). Each has a cache of its own, so that what fills one leaves the other alone.

/// A whole frame without its destination.
struct WaitingFrame {
  var bytes: [UInt8]
  var offload: VirtioNetHeader
}

/// A host of the link, and the frames that wait for its hardware address.
final class Neighbor {
  /// How far resolution is (RFC 4861, 7.3.2). ARP knows the first two only.
  enum State: UInt8 {
    /// A request is under way.
    case incomplete
    /// The hardware address is known, and was confirmed lately.
    case reachable
    /// It is known, and nobody sent anything there since it was heard of.
    case stale
    /// Something was sent; a hint that it arrived is waited for.
    case delay
    /// It is asked whether it is still there.
    case probe
  }

  let address: IPAddress
  fileprivate(set) var state = State.incomplete
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
  /// Whether it is a router (RFC 4861, 5.1: IsRouter).
  var isRouter = false
  /// Whether it is still in the cache. Connections keep a reference, and look again when this is false.
  var isCached = true

  init(_ address: IPAddress) {
    self.address = address
  }
}

/// The bounded table of neighbors. Few are looked up: a connection keeps its own.
struct NeighborCache {
  /// No more hosts than this are known at once; the one that was not used longest makes room.
  static let capacity = 512
  /// No more than this many are resolved at once; more are refused, so that a scan cannot displace what is known
  /// (RFC 6583, 6.2 for IPv6, whose networks never end).
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

  private var addresses: [IPAddress] = []
  private var neighbors: [Neighbor] = []
  /// How many are being resolved.
  private(set) var incompleteCount = 0
  /// How many wait for their time: those, and those in DELAY and PROBE.
  private(set) var timedCount = 0

  /// The host of that address, if known or being resolved.
  func find(_ address: IPAddress) -> Neighbor? {
    for index in 0..<addresses.count where addresses[index] == address {
      return neighbors[index]
    }
    return nil
  }

  /// Changes the state of a host that is in the cache.
  mutating func set(_ state: Neighbor.State, of neighbor: Neighbor) {
    count(neighbor.state, -1)
    neighbor.state = state
    count(state, 1)
  }

  private mutating func count(_ state: Neighbor.State, _ step: Int) {
    switch state {
    case .incomplete:
      incompleteCount += step
      timedCount += step
    case .delay, .probe: timedCount += step
    case .reachable, .stale: break
    }
  }

  /// Adds a host that is to be resolved; `nil` when too many are.
  mutating func addIncomplete(_ address: IPAddress, at now: Instant) -> Neighbor? {
    guard incompleteCount < NeighborCache.maximumIncomplete else { return nil }
    return insert(address, at: now)
  }

  /// Adds a host whose hardware address is known; `isConfirmed`: it was asked for, and not only mentioned.
  @discardableResult
  mutating func addKnown(
    _ address: IPAddress, hardware: EthernetAddress, isConfirmed: Bool = true, at now: Instant
  ) -> Neighbor? {
    guard let neighbor = insert(address, at: now) else { return nil }
    set(isConfirmed ? .reachable : .stale, of: neighbor)
    neighbor.hardware = hardware
    neighbor.confirmed = now
    return neighbor
  }

  /// Notes what a host says its hardware address is, and returns the frames that waited for it.
  mutating func confirm(
    _ neighbor: Neighbor, hardware: EthernetAddress, as state: Neighbor.State = .reachable, at now: Instant
  ) -> [WaitingFrame] {
    set(state, of: neighbor)
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
    set(.incomplete, of: neighbor)
    neighbor.attempts = 0
    return true
  }

  /// Forgets a host and what waits for it.
  mutating func remove(_ neighbor: Neighbor) {
    for index in 0..<neighbors.count where neighbors[index] === neighbor {
      remove(at: index)
      return
    }
  }

  /// The hosts whose time has come.
  func due(at now: Instant) -> [Neighbor] {
    neighbors.filter { $0.state != .reachable && $0.state != .stale && $0.retry <= now }
  }

  /// When the next one's time comes.
  var deadline: Instant? {
    guard timedCount > 0 else { return nil }
    var earliest: Instant?
    for neighbor in neighbors where neighbor.state != .reachable && neighbor.state != .stale {
      if let known = earliest, known <= neighbor.retry { continue }
      earliest = neighbor.retry
    }
    return earliest
  }

  private mutating func insert(_ address: IPAddress, at now: Instant) -> Neighbor? {
    if neighbors.count >= NeighborCache.capacity {
      var oldest = -1
      for index in 0..<neighbors.count where neighbors[index].state != .incomplete {
        if oldest < 0 || neighbors[index].used < neighbors[oldest].used { oldest = index }
      }
      guard oldest >= 0 else { return nil }
      remove(at: oldest)
    }
    let neighbor = Neighbor(address)
    neighbor.retry = now
    addresses.append(address)
    neighbors.append(neighbor)
    count(.incomplete, 1)
    return neighbor
  }

  private mutating func remove(at index: Int) {
    let neighbor = neighbors[index]
    count(neighbor.state, -1)
    neighbor.isCached = false
    neighbor.waiting = []
    addresses.swapAt(index, addresses.count - 1)
    neighbors.swapAt(index, neighbors.count - 1)
    addresses.removeLast()
    neighbors.removeLast()
  }
}
