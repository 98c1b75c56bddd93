/// Where to go from a table of an index with a symbol: open addressing over pairs of 32-bit numbers, since this is asked
/// several times for each decision.
struct EdgeTable: Sendable {
  private var keys: [UInt64] = Array(repeating: EdgeTable.empty, count: 16)
  private var targets: [Int32] = Array(repeating: 0, count: 16)
  private var count = 0

  private static let empty = UInt64.max

  /// The target of a pair.
  subscript(table: Int32, symbol: Int32) -> Int32? {
    let key = Self.key(table, symbol)
    var slot = Self.hash(key) & (keys.count - 1)
    while keys[slot] != Self.empty {
      if keys[slot] == key { return targets[slot] }
      slot = (slot + 1) & (keys.count - 1)
    }
    return nil
  }

  /// Adds a pair that is not there yet.
  mutating func add(_ table: Int32, _ symbol: Int32, target: Int32) {
    if count * 2 >= keys.count { grow() }
    place(Self.key(table, symbol), target)
    count += 1
  }

  private mutating func place(_ key: UInt64, _ target: Int32) {
    var slot = Self.hash(key) & (keys.count - 1)
    while keys[slot] != Self.empty { slot = (slot + 1) & (keys.count - 1) }
    keys[slot] = key
    targets[slot] = target
  }

  private mutating func grow() {
    let (oldKeys, oldTargets) = (keys, targets)
    keys = Array(repeating: Self.empty, count: oldKeys.count * 2)
    targets = Array(repeating: 0, count: oldKeys.count * 2)
    for (key, target) in zip(oldKeys, oldTargets) where key != Self.empty { place(key, target) }
  }

  private static func key(_ table: Int32, _ symbol: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: table)) << 32 | UInt64(UInt32(bitPattern: symbol))
  }

  /// Spreads the pair's bits; symbols and tables are numbers of our own making, so nobody can choose collisions.
  private static func hash(_ key: UInt64) -> Int {
    let mixed = (key ^ (key >> 32)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 20)
  }
}
