import LibraryOS

/// What tells one connection from all others of this image, which has one address: the other end, and the port here.
struct FlowKey: Hashable {
  /// Address, port there, port here.
  let raw: UInt64

  @inline(__always)
  init(remote: Endpoint, localPort: UInt16) {
    raw = UInt64(remote.address.raw) << 32 | UInt64(remote.port) << 16 | UInt64(localPort)
  }
}

/// Places flows in a table so that nobody outside can choose which ones collide: the seed is random and stays here.
struct FlowHash {
  private var seed: UInt64 = 0
  private var factor: UInt64 = 1

  /// A hash without a seed, for tables that stay empty.
  init() {}

  init(_ random: inout RandomPool) {
    seed = UInt64(random.next()) << 32 | UInt64(random.next())
    factor = UInt64(random.next()) << 32 | UInt64(random.next()) | 1
  }

  /// The place of a flow in a table of `mask + 1` places, a power of two.
  @inline(__always)
  func place(of key: FlowKey, mask: Int) -> Int {
    let product = (key.raw ^ seed).multipliedFullWidth(by: factor)
    let mixed = (product.high ^ product.low).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: mixed.high ^ mixed.low) & mask
  }
}
