/// A bounded table keyed by numbers that strangers may choose, such as addresses: where it is full, what was used least
/// recently makes room. It is set-associative: a key belongs to one of many small sets, so that every operation looks
/// at eight entries at most, and memory is taken only for sets in use.
public struct RecencyTable<Value> {
  private struct Entry {
    var key: UInt64
    var value: Value
  }

  private static var waysPerSet: Int { 8 }

  /// How many entries made room for others, since the start.
  public private(set) var evictions: UInt64 = 0
  /// How many entries there are.
  public private(set) var count = 0

  /// In each set, the most recently used entry comes first.
  private var sets: [[Entry]]
  private let seed: UInt64

  /// A table of at most `capacity` entries, rounded up to a power of two. `seed` should be random, so that nobody
  /// outside can choose keys that meet in one set.
  public init(capacity: Int, seed: UInt64) {
    var setCount = 1
    while setCount < 1 << 20, setCount * RecencyTable.waysPerSet < capacity { setCount *= 2 }
    self.sets = Array(repeating: [], count: setCount)
    self.seed = seed
  }

  /// The value of a key, if there is one. Does not count as a use.
  public func value(_ key: UInt64) -> Value? {
    for entry in sets[setIndex(key)] where entry.key == key {
      return entry.value
    }
    return nil
  }

  /// Lets `body` use and change the value of `key`, which is `initial` if there was none.
  public mutating func update<Result>(
    _ key: UInt64, initial: @autoclosure () -> Value, _ body: (inout Value) -> Result
  ) -> Result {
    let set = setIndex(key)
    var position = 0
    while position < sets[set].count, sets[set][position].key != key { position += 1 }
    if position == sets[set].count {
      if position == RecencyTable.waysPerSet {
        sets[set].removeLast()
        evictions &+= 1
      } else {
        count += 1
      }
      sets[set].insert(Entry(key: key, value: initial()), at: 0)
    } else if position > 0 {
      let entry = sets[set].remove(at: position)
      sets[set].insert(entry, at: 0)
    }
    return body(&sets[set][0].value)
  }

  /// Forgets a key.
  public mutating func remove(_ key: UInt64) {
    let set = setIndex(key)
    for position in 0..<sets[set].count where sets[set][position].key == key {
      sets[set].remove(at: position)
      count -= 1
      return
    }
  }

  /// Forgets all keys.
  public mutating func removeAll() {
    for index in 0..<sets.count { sets[index] = [] }
    count = 0
  }

  private func setIndex(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: key.scattered(by: seed)) & (sets.count - 1)
  }
}

extension UInt64 {
  /// A number in which every bit depends on every bit of this one and of `seed`, for hash tables. Not cryptography.
  public func scattered(by seed: UInt64) -> UInt64 {
    let first = (self ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15 ^ (seed | 1))
    let folded = first.high ^ first.low
    let second = (folded ^ (seed &>> 32)).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return second.high ^ second.low
  }

  /// The number that eight bytes of `bytes` write, most significant first; bytes that are missing count as 0.
  public init(leading bytes: [UInt8]) {
    var value: UInt64 = 0
    for index in 0..<8 { value = value << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0) }
    self = value
  }
}
