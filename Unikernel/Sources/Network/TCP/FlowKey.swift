import LibraryOS

/// What tells one connection from all others of this image: the other end, and address and port here.
struct FlowKey: Hashable {
  /// Of IPv4, which this image has one address of: address there, port there, port here. Of IPv6: the number of the
  /// address here, and the ports.
  let raw: UInt64
  /// The IPv6 address there; zero for IPv4.
  let high: UInt64
  let low: UInt64

  /// `localNumber`: which address of this image, as in `IPPacket`.
  @inline(__always)
  init(remote: Endpoint, localPort: UInt16, localNumber: UInt32 = 0) {
    let ports = UInt64(remote.port) << 16 | UInt64(localPort)
    if remote.address.isIPv4 {
      raw = remote.address.low << 32 | ports
      high = 0
      low = 0
    } else {
      raw = UInt64(localNumber) << 32 | ports
      high = remote.address.high
      low = remote.address.low
    }
  }

  @inline(__always)
  static func == (one: FlowKey, other: FlowKey) -> Bool {
    one.raw == other.raw && one.high == other.high && one.low == other.low
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
    var words = key.raw ^ seed
    if key.high != 0 {
      // The two halves of an IPv6 address, each mixed with a number that nobody outside knows.
      let high = (key.high ^ factor).multipliedFullWidth(by: seed | 1)
      words ^= high.high ^ high.low
      let low = (key.low ^ words).multipliedFullWidth(by: factor)
      words ^= low.high ^ low.low
    }
    let product = words.multipliedFullWidth(by: factor)
    let mixed = (product.high ^ product.low).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return Int(truncatingIfNeeded: mixed.high ^ mixed.low) & mask
  }
}
