import Interchange

/// Values by key, in the order of keys, within bounds. Sorted arrays are searched in a few comparisons, give listings and
/// prefixes without sorting, and cannot be made slow by chosen keys as a hash table could.
public struct KeyValueStore {
  /// A stored representation.
  public struct Entry {
    /// The key.
    public let key: ByteString
    /// The media type; empty where there is none.
    public var contentType: ByteString
    /// The entity tag; empty where there is none.
    public var entityTag: ByteString
    /// The value.
    public var body: [UInt8]

    /// A value with its key.
    public init(key: ByteString, contentType: ByteString = "", entityTag: ByteString = "", body: [UInt8]) {
      self.key = key
      self.contentType = contentType
      self.entityTag = entityTag
      self.body = body
    }

    /// What the entry counts against the capacity: its bytes and what it costs to keep it.
    public var cost: Int { key.count + contentType.count + body.count + KeyValueStore.overhead }
  }

  /// What an entry costs besides its key, type and value.
  public static let overhead = 128
  /// The most entries. An insertion moves the entries behind it, which bounds what it costs.
  public static let maximumCount = 16_384

  /// The entries, by key.
  public private(set) var entries: [Entry] = []
  /// What they cost together.
  public private(set) var usedBytes = 0
  /// The most that they may cost.
  public var capacityBytes: Int

  /// An empty store.
  public init(capacityBytes: Int) {
    self.capacityBytes = capacityBytes
  }

  /// The entry of a key.
  public subscript(_ key: ByteString) -> Entry? {
    let index = position(of: key)
    return index < entries.count && entries[index].key == key ? entries[index] : nil
  }

  /// Puts an entry in its place; `false`, and nothing changes, if there is no room.
  public mutating func put(_ entry: Entry) -> Bool {
    let index = position(of: entry.key)
    let replaces = index < entries.count && entries[index].key == entry.key
    let freed = replaces ? entries[index].cost : 0
    guard usedBytes - freed + entry.cost <= capacityBytes,
      replaces || entries.count < KeyValueStore.maximumCount
    else { return false }
    usedBytes += entry.cost - freed
    if replaces {
      entries[index] = entry
    } else {
      entries.insert(entry, at: index)
    }
    return true
  }

  /// Removes an entry; `false` if there is none.
  public mutating func remove(_ key: ByteString) -> Bool {
    let index = position(of: key)
    guard index < entries.count, entries[index].key == key else { return false }
    usedBytes -= entries[index].cost
    entries.remove(at: index)
    return true
  }

  /// The entries whose keys start with `prefix`, in order.
  public func entries(startingWith prefix: ByteString) -> ArraySlice<Entry> {
    let start = position(of: prefix)
    var end = start
    while end < entries.count, entries[end].key.hasPrefix(prefix) { end += 1 }
    return entries[start..<end]
  }

  /// The first position whose key is not less than `key`.
  private func position(of key: ByteString) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}
