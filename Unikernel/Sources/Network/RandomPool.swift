import LibraryOS

/// Random numbers in small portions, fetched from the generator in larger ones. Initial sequence numbers (RFC 9293,
/// 3.4.1; drawn outright at random where RFC 6528 has a keyed hash and a clock) and ephemeral ports (RFC 6056, 3.3.1)
/// come from here.
struct RandomPool {
  private let source: any RandomSource
  private var bytes: [UInt8] = []

  /// A pool that fetches when it is first asked; the generator may be seeded until then.
  init(_ source: any RandomSource) {
    self.source = source
  }

  /// A random number. Its bytes are not used again.
  mutating func next() -> UInt32 {
    if bytes.count < 4 {
      bytes = source.bytes(256)
      precondition(bytes.count == 256, "a random source gives as many bytes as it was asked for")
    }
    var value: UInt32 = 0
    for _ in 0..<4 { value = value << 8 | UInt32(bytes.removeLast()) }
    return value
  }
}
