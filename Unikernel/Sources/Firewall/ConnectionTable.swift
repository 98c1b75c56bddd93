import LibraryOS

/// The connections that are open, at most `capacity` of them, in a hash table with chains. The hash is seeded, so that
/// nobody outside can choose connections that meet in one chain.
///
/// No source can have them all: it gets another place only while it has fewer than are free (the dynamic thresholds of
/// Choudhury and Hahne), so that one alone gets half of them, two get a third each, and one more finds a place. A few each
/// source may have in any case, in the place of connections that can be replaced.
struct ConnectionTable {
  private static let none: Int32 = -1

  /// At most so many connections are followed.
  let capacity: Int
  /// How many are.
  private(set) var count = 0

  /// Into so many parts sources are divided to be counted. Those that share one share their places.
  private static let sourceParts = 4096
  /// How many a source may have although there are no more free.
  private static let leastShare = 8
  /// How many places are looked at to find one that can be freed.
  private static let searchLength = 64

  private let seed: UInt64
  /// How many live connections the sources of each part have; empty until there is one.
  private var held: [UInt16] = []
  /// How many live connections there are.
  private var live = 0
  /// Where the search for a place goes on.
  private var hand = 0
  /// The first connection of each chain, by index into `connections`. A power of two of them.
  private var heads: [Int32]
  /// Grows up to `capacity`; freed places are used again.
  private var connections: [Connection?] = []
  /// The next connection of the same chain, or the next free place.
  private var next: [Int32] = []
  private var firstFree = ConnectionTable.none

  /// An empty table.
  init(capacity: Int, seed: UInt64) {
    self.capacity = capacity
    self.seed = seed
    heads = Array(repeating: ConnectionTable.none, count: 64)
  }

  /// Where a connection is, if it is there and has not expired. One that has expired is removed.
  mutating func find(_ key: ConnectionKey, at now: Instant) -> Int? {
    var index = heads[bucket(key)]
    while index != ConnectionTable.none {
      if let connection = connections[Int(index)], connection.key == key {
        guard connection.expiry > now else {
          remove(Int(index))
          return nil
        }
        return Int(index)
      }
      index = next[Int(index)]
    }
    return nil
  }

  /// Follows a packet of the connection at `index`, which `find` returned, and removes it if it is over.
  mutating func follow(_ packet: PacketSummary, index: Int, at now: Instant) {
    guard var connection = connections[index] else { return }
    let wasLive = connection.isLive
    let goesOn = connection.follow(packet, at: now)
    if wasLive != connection.isLive { count(connection.key, wasLive ? -1 : 1) }
    connections[index] = connection
    if !goesOn { remove(index) }
  }

  /// The connection at `index`, which `find` returned.
  func connection(_ index: Int) -> Connection? {
    connections[index]
  }

  /// Whether the source of a connection may have another one.
  func hasShare(for key: ConnectionKey) -> Bool {
    held.isEmpty || Int(held[part(key)]) < max(capacity - live, ConnectionTable.leastShare)
  }

  /// Frees a place for a connection that comes: of one that has expired, or else of one that can be replaced. `false` if
  /// there is none among those that are looked at, which are others each time.
  mutating func makePlace(at now: Instant) -> Bool {
    var replaceable: Int?
    for _ in 0..<min(ConnectionTable.searchLength, connections.count) {
      hand = hand + 1 < connections.count ? hand + 1 : 0
      guard let connection = connections[hand] else { continue }
      if connection.expiry <= now || !connection.isLive {
        remove(hand)
        return true
      }
      if replaceable == nil, connection.isReplaceable { replaceable = hand }
    }
    guard let replaceable else { return false }
    remove(replaceable)
    return true
  }

  /// Adds a connection whose key is not in the table; `false` if the table is full.
  mutating func insert(_ connection: Connection) -> Bool {
    guard count < capacity else { return false }
    if held.isEmpty { held = Array(repeating: 0, count: ConnectionTable.sourceParts) }
    count(connection.key, 1)
    let index: Int
    if firstFree != ConnectionTable.none {
      index = Int(firstFree)
      firstFree = next[index]
      connections[index] = connection
    } else {
      index = connections.count
      connections.append(connection)
      next.append(ConnectionTable.none)
    }
    count += 1
    if count > heads.count { grow() }
    link(index, key: connection.key)
    return true
  }

  /// Removes the connection at `index`.
  mutating func remove(_ index: Int) {
    guard let connection = connections[index] else { return }
    let bucket = bucket(connection.key)
    if heads[bucket] == Int32(index) {
      heads[bucket] = next[index]
    } else {
      var previous = heads[bucket]
      while previous != ConnectionTable.none, next[Int(previous)] != Int32(index) { previous = next[Int(previous)] }
      if previous != ConnectionTable.none { next[Int(previous)] = next[index] }
    }
    if connection.isLive { count(connection.key, -1) }
    connections[index] = nil
    next[index] = firstFree
    firstFree = Int32(index)
    count -= 1
  }

  /// Removes the connections for which `isOver` holds, and returns how many they were.
  mutating func removeAll(where isOver: (Connection) -> Bool) -> Int {
    var removed = 0
    for index in 0..<connections.count {
      if let connection = connections[index], isOver(connection) {
        remove(index)
        removed += 1
      }
    }
    return removed
  }

  private mutating func count(_ key: ConnectionKey, _ change: Int) {
    let part = part(key)
    held[part] = UInt16(truncatingIfNeeded: Int(held[part]) + change)
    live += change
  }

  private func part(_ key: ConnectionKey) -> Int {
    Int(truncatingIfNeeded: key.remote.sourceKey.scattered(by: seed &+ 4)) & (ConnectionTable.sourceParts - 1)
  }

  private func bucket(_ key: ConnectionKey) -> Int {
    Int(truncatingIfNeeded: key.hash(seed: seed)) & (heads.count - 1)
  }

  private mutating func link(_ index: Int, key: ConnectionKey) {
    let bucket = bucket(key)
    next[index] = heads[bucket]
    heads[bucket] = Int32(index)
  }

  /// Doubles the number of chains. The newest connection, which is not linked yet, stays so.
  private mutating func grow() {
    var linked: [Int32] = []
    for head in heads {
      var index = head
      while index != ConnectionTable.none {
        linked.append(index)
        index = next[Int(index)]
      }
    }
    heads = Array(repeating: ConnectionTable.none, count: heads.count * 2)
    for index in linked {
      if let connection = connections[Int(index)] { link(Int(index), key: connection.key) }
    }
  }
}
