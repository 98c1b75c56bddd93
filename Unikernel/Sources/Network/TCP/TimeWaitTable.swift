import LibraryOS

// TIME-WAIT (RFC 9293, 3.6.1): what is left of a connection that this image closed first. A record of some forty
// bytes instead of a connection; bounded, and at the bound the oldest is forgotten, which the other end then learns
// by a reset.

/// The last state of a closed connection.
struct TimeWaitRecord {
  var key: FlowKey
  var sndNxt: SequenceNumber
  var rcvNxt: SequenceNumber
  /// The window field of its acknowledgements.
  var window: UInt16
  /// What is added to the clock in timestamps, and the other end's last; `nil` where none are used.
  var timestamp: TCPOptions.Timestamp?
  var expiry: Instant
  var isLive: Bool
  var next: Int32
}

/// Records in the order they expire, found by their flow.
struct TimeWaitTable {
  /// Twice the maximum segment lifetime, taken as 30 s.
  static let duration = TimeSpan.seconds(60)

  private var records: [TimeWaitRecord] = []
  private var heads: [Int32]
  private let mask: Int
  private let capacity: Int
  private let hash: FlowHash
  private var oldest = 0
  /// How many records are kept, expired ones included.
  private(set) var count = 0

  init(capacity: Int, hash: FlowHash) {
    self.capacity = max(capacity, 1)
    self.hash = hash
    var size = 64
    while size < capacity { size <<= 1 }
    mask = size - 1
    heads = Array(repeating: -1, count: size)
  }

  /// Remembers a connection. Its flow has no record.
  mutating func insert(
    _ key: FlowKey, sndNxt: SequenceNumber, rcvNxt: SequenceNumber, window: UInt16,
    timestamp: TCPOptions.Timestamp? = nil, at now: Instant
  ) {
    let place = hash.place(of: key, mask: mask)
    var record = TimeWaitRecord(
      key: key, sndNxt: sndNxt, rcvNxt: rcvNxt, window: window, timestamp: timestamp,
      expiry: now + TimeWaitTable.duration, isLive: true, next: -1)
    let index: Int
    if records.count < capacity {
      index = records.count
      record.next = heads[place]
      records.append(record)
    } else {
      index = oldest
      oldest = (oldest + 1) % capacity
      forget(index)
      // The chain may have begun with the forgotten record.
      record.next = heads[place]
      records[index] = record
    }
    heads[place] = Int32(truncatingIfNeeded: index)
    count += 1
  }

  /// The index of a flow's record, if it has not expired.
  func find(_ key: FlowKey, at now: Instant) -> Int? {
    guard count > 0 else { return nil }
    var index = heads[hash.place(of: key, mask: mask)]
    while index >= 0 {
      let record = records[Int(index)]
      if record.key == key { return record.expiry > now ? Int(index) : nil }
      index = record.next
    }
    return nil
  }

  /// The record at an index.
  subscript(index: Int) -> TimeWaitRecord { records[index] }

  /// Forgets a flow, so that it can be used again.
  mutating func remove(_ key: FlowKey) {
    guard count > 0 else { return }
    var index = heads[hash.place(of: key, mask: mask)]
    while index >= 0 {
      let record = records[Int(index)]
      if record.key == key {
        forget(Int(index))
        return
      }
      index = record.next
    }
  }

  private mutating func forget(_ index: Int) {
    guard records[index].isLive else { return }
    let record = records[index]
    let place = hash.place(of: record.key, mask: mask)
    if heads[place] == Int32(truncatingIfNeeded: index) {
      heads[place] = record.next
    } else {
      var current = heads[place]
      while current >= 0, records[Int(current)].next != Int32(truncatingIfNeeded: index) {
        current = records[Int(current)].next
      }
      if current >= 0 { records[Int(current)].next = record.next }
    }
    records[index].isLive = false
    count -= 1
  }
}
