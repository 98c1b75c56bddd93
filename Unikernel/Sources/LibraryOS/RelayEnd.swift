/// One of two streams of which each gets what the other sends, unread. At most one piece is held, and whoever sends faster
/// than the other takes meets a closed window.
public struct RelayEnd {
  /// How much is taken from this end before the other has taken it.
  public static let pieceBytes = 16 << 10

  /// The stream; `nil` when it is gone.
  public var stream: (any ByteStream)?
  /// What this end has sent and the other has not taken.
  public var pending: [UInt8] = []
  /// Whether this end sends no more.
  public var hasEnded = false
  /// Whether the other end was told so: there is nothing left to pass on.
  public private(set) var isPassedOn = false

  /// An end without a stream.
  public init() {}

  /// Passes on until this end has nothing or the other takes nothing, and then this end's end. `buffer` has room for a
  /// piece. Returns how many bytes went on.
  public mutating func pass(to target: any ByteStream, through buffer: UnsafeMutableRawBufferPointer) -> Int {
    var passed = 0
    if !pending.isEmpty {
      passed = target.write(pending[...])
      guard passed == pending.count else {
        if passed > 0 { pending.removeFirst(passed) }
        return passed
      }
      pending = []
    }
    while let stream {
      let count = stream.read(into: buffer)
      guard count > 0 else { break }
      let taken = target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      passed += taken
      guard taken == count else {
        pending = Array(buffer[taken..<count])
        return passed
      }
    }
    if hasEnded, !isPassedOn {
      isPassedOn = true
      target.close()
    }
    return passed
  }

  /// Throws away what this end sends.
  public func discard(through buffer: UnsafeMutableRawBufferPointer) {
    while let stream, stream.read(into: buffer) > 0 {}
  }
}
