/// Writes into memory that was sized for the whole message before. What would not fit is cut off, which the size excludes.
struct HTTPMessageWriter {
  private let target: UnsafeMutableBufferPointer<UInt8>
  /// Bytes written.
  private(set) var count = 0

  init(_ target: UnsafeMutableBufferPointer<UInt8>) {
    self.target = target
  }

  /// Writes a text of the source.
  @inline(__always)
  mutating func write(_ text: StaticString) {
    copy(text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Writes bytes.
  @inline(__always)
  mutating func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer {
      if let start = $0.baseAddress { copy(start, $0.count) }
    }
  }

  /// Writes one byte.
  @inline(__always)
  mutating func write(_ byte: UInt8) {
    guard count < target.count else { return }
    target[count] = byte
    count += 1
  }

  /// Writes the decimal digits of a number that is not negative.
  mutating func write(decimal value: Int) {
    var divisor = 1
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      write(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
      divisor /= 10
    }
  }

  @inline(__always)
  private mutating func copy(_ start: UnsafePointer<UInt8>, _ length: Int) {
    guard length <= target.count - count, let base = target.baseAddress else { return }
    // Raw: as typed memory it would be copied byte by byte.
    UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: length)
    count += length
  }
}
