/// A queue of bytes in a ring that starts small and doubles up to a bound: nothing is moved when bytes are taken, and
/// an empty one has no memory. Bytes can be placed beyond the end, for segments that arrive out of order.
struct ByteRing: ~Copyable {
  /// What is allocated first.
  private static let initialCapacity = 2048
  /// The most bytes it holds; a power of two.
  let limit: Int
  /// The bytes queued.
  private(set) var count = 0
  private var storage: UnsafeMutableRawPointer?
  /// The bytes of memory it has.
  private(set) var capacity = 0
  private var head = 0

  /// An empty ring for up to `limit` bytes, rounded up to a power of two.
  init(limit: Int) {
    var rounded = ByteRing.initialCapacity
    while rounded < limit { rounded <<= 1 }
    self.limit = rounded
  }

  deinit {
    storage?.deallocate()
  }

  /// Bytes that `append` would take.
  var space: Int { limit - count }

  /// Appends what fits, from the front, and returns how many bytes that was.
  mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    let length = min(bytes.count, space)
    guard length > 0 else { return 0 }
    place(UnsafeRawBufferPointer(rebasing: bytes[0..<length]), at: count)
    count += length
    return length
  }

  /// Writes bytes at an offset from the front without queueing them. They end within the limit.
  mutating func place(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    guard let source = bytes.baseAddress, offset + bytes.count <= limit else { return }
    reserve(offset + bytes.count)
    guard let storage else { return }
    let start = (head + offset) & (capacity - 1)
    let first = min(bytes.count, capacity - start)
    (storage + start).copyMemory(from: source, byteCount: first)
    if first < bytes.count {
      storage.copyMemory(from: source + first, byteCount: bytes.count - first)
    }
  }

  /// Queues `length` bytes that were placed at the end before.
  mutating func extend(by length: Int) {
    count = min(count + length, capacity)
  }

  /// Copies `length` bytes at an offset from the front; they are within `count`.
  func copy(from offset: Int, count length: Int, to target: UnsafeMutableRawPointer) {
    guard let storage, offset >= 0, length > 0, offset + length <= count else { return }
    let start = (head + offset) & (capacity - 1)
    let first = min(length, capacity - start)
    target.copyMemory(from: storage + start, byteCount: first)
    if first < length {
      (target + first).copyMemory(from: storage, byteCount: length - first)
    }
  }

  /// Takes `length` bytes off the front. `isReleasable`: nothing is placed beyond the end.
  mutating func remove(_ length: Int, isReleasable: Bool) {
    let length = min(length, count)
    guard length > 0 else { return }
    head = (head + length) & (capacity - 1)
    count -= length
    if count == 0, isReleasable { release() }
  }

  /// Forgets everything, and gives the memory back.
  mutating func release() {
    storage?.deallocate()
    storage = nil
    capacity = 0
    head = 0
    count = 0
  }

  private mutating func reserve(_ needed: Int) {
    guard needed > capacity else { return }
    var grown = max(capacity, ByteRing.initialCapacity)
    while grown < needed { grown <<= 1 }
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
    if let storage {
      // All of it: what was placed beyond the end keeps its offset.
      let first = capacity - head
      fresh.copyMemory(from: storage + head, byteCount: first)
      (fresh + first).copyMemory(from: storage, byteCount: head)
      storage.deallocate()
    }
    storage = fresh
    capacity = grown
    head = 0
  }
}
