/// What was written on a connection and not acknowledged. The arrays written are kept, not copied: a file that many
/// clients receive slowly is in memory once. They are let go as they are acknowledged.
struct SendQueue: ~Copyable {
  /// What each array counts beside its bytes, so that a writer of single bytes meets the bound as well.
  static let pieceCost = 128

  /// What it holds at most: bytes, and the cost of pieces.
  let limit: Int
  /// The bytes queued.
  private(set) var count = 0
  private var pieces: [ArraySlice<UInt8>] = []
  // Pieces before this one were acknowledged.
  private var first = 0
  // A piece, and how far from the front it starts: where the last copy ended.
  private var hint = (piece: 0, offset: 0)

  /// An empty queue.
  init(limit: Int) {
    self.limit = limit
  }

  /// Bytes that `append` would take.
  var space: Int { max(limit - count - (pieces.count - first) * SendQueue.pieceCost, 0) }

  /// Whether nothing is queued and little memory is used.
  var isEmpty: Bool { count == 0 }

  /// Appends what fits, from the front, and returns how many bytes that was.
  mutating func append(_ bytes: ArraySlice<UInt8>) -> Int {
    let length = min(bytes.count, space)
    guard length > 0 else { return 0 }
    if count == 0 { hint = (first, 0) }
    pieces.append(length == bytes.count ? bytes : bytes.prefix(length))
    count += length
    return length
  }

  /// Copies `length` bytes at an offset from the front; they are within `count`.
  mutating func copy(from offset: Int, count length: Int, to target: UnsafeMutableRawPointer) {
    guard offset >= 0, length > 0, offset + length <= count else { return }
    var (piece, start) = offset >= hint.offset ? hint : (first, 0)
    var copied = 0
    while copied < length, piece < pieces.count {
      let available = pieces[piece].count
      let skipped = offset + copied - start
      if skipped < available {
        let taken = min(available - skipped, length - copied)
        pieces[piece].withUnsafeBytes { bytes in
          guard let source = bytes.baseAddress else { return }
          (target + copied).copyMemory(from: source + skipped, byteCount: taken)
        }
        copied += taken
        if copied == length { break }
      }
      start += available
      piece += 1
    }
    hint = (piece, start)
  }

  /// Takes `length` bytes off the front.
  mutating func remove(_ length: Int) {
    var remaining = min(length, count)
    count -= remaining
    hint.offset -= remaining
    while remaining > 0, first < pieces.count {
      let available = pieces[first].count
      guard remaining >= available else {
        pieces[first] = pieces[first].dropFirst(remaining)
        break
      }
      pieces[first] = []
      first += 1
      remaining -= available
    }
    if count == 0 {
      reset()
    } else {
      if first >= 64, first * 2 >= pieces.count {
        pieces.removeFirst(first)
        hint.piece -= first
        first = 0
      }
      if hint.offset < 0 || hint.piece < first { hint = (first, 0) }
      // The front piece may have lost its beginning: the hint counts from the front as it is now.
      if hint.piece == first { hint.offset = 0 }
    }
  }

  /// Forgets everything.
  mutating func release() {
    count = 0
    pieces = []
    first = 0
    hint = (0, 0)
  }

  private mutating func reset() {
    first = 0
    hint = (0, 0)
    // An idle connection keeps room for an answer or two.
    pieces.removeAll(keepingCapacity: pieces.capacity <= 4)
  }
}
