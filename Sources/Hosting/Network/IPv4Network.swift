/// An IPv4 address together with the length of its network's prefix, as in `10.77.3.2/24` (RFC 4632).
struct IPv4Network: Hashable, Sendable {
  /// The address, most significant byte first.
  var address: UInt32
  /// 0 to 32.
  var prefix: Int

  /// Reads `A.B.C.D/P`; leading zeros and anything beyond are refused.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPv4Network.address(String(parts[0])),
      let prefix = IPv4Network.decimal(parts[1], limit: 32)
    else { return nil }
    self.address = address
    self.prefix = prefix
  }

  /// The mask of the network part.
  var mask: UInt32 { prefix == 0 ? 0 : UInt32.max << UInt32(32 - prefix) }

  /// The network's own address.
  var base: UInt32 { address & mask }

  /// Whether an address lies in this network.
  func contains(_ other: UInt32) -> Bool { other & mask == base }

  /// The host's own address: the first of the network.
  var hostAddress: UInt32 { base + 1 }

  /// Reads `A.B.C.D`.
  static func address(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let byte = decimal(part, limit: 255) else { return nil }
      value = value << 8 | UInt32(byte)
    }
    return value
  }

  /// Writes `A.B.C.D`.
  static func text(_ address: UInt32) -> String {
    "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
  }

  private static func decimal(_ text: Substring, limit: Int) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 3, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
      text.count == 1 || text.first != "0", let value = Int(text), value <= limit
    else { return nil }
    return value
  }
}
