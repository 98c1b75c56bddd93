/// The connections, found by their flow. Each has a slot, a small number that the timers know it by. Bounded.
struct ConnectionTable {
  private var slots: [TCPConnection?] = []
  private var links: [Int32] = []
  private var free: [Int32] = []
  private var heads: [Int32]
  private let mask: Int
  private let capacity: Int
  private let hash: FlowHash
  /// How many connections there are.
  private(set) var count = 0

  init(capacity: Int, hash: FlowHash) {
    self.capacity = capacity
    self.hash = hash
    var size = 64
    while size < capacity * 2 { size <<= 1 }
    mask = size - 1
    heads = Array(repeating: -1, count: size)
  }

  /// Whether another connection would be refused.
  var isFull: Bool { count >= capacity }

  /// The connection of a flow.
  @inline(__always)
  func find(_ key: FlowKey) -> TCPConnection? {
    var slot = heads[hash.place(of: key, mask: mask)]
    while slot >= 0 {
      if let connection = slots[Int(slot)], connection.key == key { return connection }
      slot = links[Int(slot)]
    }
    return nil
  }

  /// The connection in a slot.
  @inline(__always)
  subscript(slot: Int) -> TCPConnection? { slots[slot] }

  /// The slots there are, in use or not.
  var slotCount: Int { slots.count }

  /// Adds a connection, of a flow that is not there yet; `false` when the table is full.
  mutating func insert(_ connection: TCPConnection) -> Bool {
    guard !isFull else { return false }
    let slot: Int
    if let reused = free.popLast() {
      slot = Int(reused)
      slots[slot] = connection
    } else {
      slot = slots.count
      slots.append(connection)
      links.append(-1)
    }
    let place = hash.place(of: connection.key, mask: mask)
    links[slot] = heads[place]
    heads[place] = Int32(truncatingIfNeeded: slot)
    connection.slot = slot
    count += 1
    return true
  }

  /// Removes a connection.
  mutating func remove(_ connection: TCPConnection) {
    let slot = connection.slot
    guard slot >= 0, slot < slots.count, slots[slot] === connection else { return }
    let place = hash.place(of: connection.key, mask: mask)
    if heads[place] == Int32(truncatingIfNeeded: slot) {
      heads[place] = links[slot]
    } else {
      var current = heads[place]
      while current >= 0, links[Int(current)] != Int32(truncatingIfNeeded: slot) { current = links[Int(current)] }
      if current >= 0 { links[Int(current)] = links[slot] }
    }
    links[slot] = -1
    slots[slot] = nil
    free.append(Int32(truncatingIfNeeded: slot))
    connection.slot = -1
    count -= 1
  }
}
