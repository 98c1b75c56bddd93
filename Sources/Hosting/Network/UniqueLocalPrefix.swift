/// The IPv6 prefix of a service's network: 64 bits of `fd00::/8` (RFC 4193, 3), of which the global ID follows from the
/// network's name, so that it need not be kept and is as good as never another network's.
struct UniqueLocalPrefix: Hashable {
  /// How many bits it has.
  static let length = 64

  /// The 64 bits.
  let bits: UInt64

  /// The prefix of the network of that name: `fd`, 40 bits of a hash of it (FNV-1a), subnet 0.
  init(network name: String) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let identifier = (hash ^ hash >> 40) & 0xFF_FFFF_FFFF
    bits = 0xFD << 56 | identifier << 16
  }

  /// The address of a host by its number, as text.
  func text(host: UInt32) -> String {
    let groups = [48, 32, 16].map { String(bits >> UInt64($0) & 0xFFFF, radix: 16) }
    return groups.joined(separator: ":") + "::" + UniqueLocalPrefix.group(host)
  }

  /// The address of a host by its number, 16 bytes.
  func bytes(host: UInt32) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) } + [0, 0, 0, 0]
      + (0..<4).map { UInt8(truncatingIfNeeded: host >> UInt32(24 - 8 * $0)) }
  }

  private static func group(_ host: UInt32) -> String {
    let low = String(host & 0xFFFF, radix: 16)
    return host >> 16 == 0 ? low : String(host >> 16, radix: 16) + ":" + low
  }
}
