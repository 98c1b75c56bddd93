/// The bytes of one input, taken from the front. What is missing reads as zero, so that every input means something.
struct FuzzInput {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ data: UnsafePointer<UInt8>?, _ count: Int) {
    bytes = UnsafeBufferPointer(start: data, count: data == nil ? 0 : count)
  }

  var isEmpty: Bool { position >= bytes.count }

  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func number16() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }
  mutating func number32() -> UInt32 { UInt32(number16()) << 16 | UInt32(number16()) }

  /// Up to `count` bytes.
  mutating func bytes(_ count: Int) -> [UInt8] {
    let end = min(bytes.count, position + count)
    defer { position = end }
    return Array(bytes[position..<end])
  }
}
