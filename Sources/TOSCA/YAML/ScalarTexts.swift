/// Makes strings of the bytes of scalars. Keynames, type names and file names come again and again in a template; those
/// that do not fit into a string's own bytes share one copy.
struct ScalarTexts {
  private var known: [String]
  private static var slots: Int { 1024 }

  /// No texts yet.
  init() { known = Array(repeating: "", count: Self.slots) }

  /// The text of bytes that are UTF-8.
  mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    guard bytes.count > 15, bytes.count <= 128 else { return String(decoding: bytes, as: UTF8.self) }
    let slot = Self.slot(of: bytes)
    let isKnown = known[slot].utf8.withContiguousStorageIfAvailable { $0.elementsEqual(bytes) } ?? false
    if !isKnown { known[slot] = String(decoding: bytes, as: UTF8.self) }
    return known[slot]
  }

  private static func slot(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int((hash ^ (hash >> 15)) % UInt32(slots))
  }
}
