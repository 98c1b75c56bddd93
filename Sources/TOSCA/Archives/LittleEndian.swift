/// Numbers in an archive's bytes, least significant byte first. Beyond the end there is none.
struct LittleEndian {
  /// The bytes.
  let bytes: [UInt8]

  /// A number of some bytes at a position; nil beyond the end, and where it is larger than any archive.
  func number(_ count: Int, at position: Int) -> Int? {
    guard position >= 0, count <= 8, position <= bytes.count - count else { return nil }
    var value: UInt64 = 0
    for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[position + index]) }
    return Int(exactly: value)
  }

  /// The bytes of a range; nil where it is not within the archive.
  func slice(_ start: Int, _ count: Int) -> ArraySlice<UInt8>? {
    guard start >= 0, count >= 0, start <= bytes.count, count <= bytes.count - start else { return nil }
    return bytes[start..<start + count]
  }

  /// Appends a number of some bytes.
  static func append(_ value: Int, _ count: Int, to bytes: inout [UInt8]) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }
}
