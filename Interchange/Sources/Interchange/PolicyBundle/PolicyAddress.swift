/// An IPv4 or IPv6 address or network, as Cedar's type `ipaddr` has it: equal when address and prefix length are.
public struct PolicyAddress: Hashable, Sendable {
  /// Whether this is an IPv6 address.
  public var isIPv6: Bool
  /// The upper 64 bits of an IPv6 address; 0 for IPv4.
  public var high: UInt64
  /// The lower 64 bits; of IPv4 the 32 bits of the address.
  public var low: UInt64
  /// How many leading bits count: up to 32 or 128.
  public var prefixLength: UInt8

  /// An address or network from its parts.
  public init(isIPv6: Bool, high: UInt64, low: UInt64, prefixLength: UInt8) {
    self.isIPv6 = isIPv6
    self.high = high
    self.low = low
    self.prefixLength = prefixLength
  }

  /// A single IPv4 host, its address in host byte order.
  public init(ipv4 address: UInt32) {
    self.init(isIPv6: false, high: 0, low: UInt64(address), prefixLength: 32)
  }

  /// Whether the parts can belong to an address: no bits outside its width, and a prefix no longer than that.
  var isValid: Bool {
    isIPv6 ? prefixLength <= 128 : prefixLength <= 32 && high == 0 && low <= 0xFFFF_FFFF
  }

  /// Whether every address of this network is in `other`; never across versions.
  public func isInRange(of other: PolicyAddress) -> Bool {
    guard isIPv6 == other.isIPv6, prefixLength >= other.prefixLength else { return false }
    let length = UInt64(other.prefixLength)
    if !isIPv6 {
      return length == 0 || low >> (32 &- length) == other.low >> (32 &- length)
    }
    if length == 0 { return true }
    if length <= 64 { return high >> (64 &- length) == other.high >> (64 &- length) }
    return high == other.high && low >> (128 &- length) == other.low >> (128 &- length)
  }

  /// Whether this is in 127.0.0.0/8 or ::1/128.
  public var isLoopback: Bool {
    isInRange(
      of: isIPv6
        ? PolicyAddress(isIPv6: true, high: 0, low: 1, prefixLength: 128)
        : PolicyAddress(isIPv6: false, high: 0, low: 0x7F00_0000, prefixLength: 8))
  }

  /// Whether this is in 224.0.0.0/4 or ff00::/8.
  public var isMulticast: Bool {
    isInRange(
      of: isIPv6
        ? PolicyAddress(isIPv6: true, high: 0xFF00_0000_0000_0000, low: 0, prefixLength: 8)
        : PolicyAddress(isIPv6: false, high: 0, low: 0xE000_0000, prefixLength: 4))
  }
}

extension PolicyAddress {
  /// Reads an address (RFC 4291, 2.2 for IPv6, without the form that ends in dotted decimal), or an address, a slash
  /// and a prefix length without leading zeros; `nil` for anything else.
  public init?(_ text: ByteString) {
    let bytes = text.bytes
    guard bytes.count <= 64 else { return nil }
    var end = 0
    while end < bytes.count, bytes[end] != 0x2F { end += 1 }
    let address: PolicyAddress
    if let low = PolicyAddress.ipv4(bytes[..<end]) {
      address = PolicyAddress(isIPv6: false, high: 0, low: low, prefixLength: 32)
    } else if let (high, low) = PolicyAddress.ipv6(bytes[..<end]) {
      address = PolicyAddress(isIPv6: true, high: high, low: low, prefixLength: 128)
    } else {
      return nil
    }
    self = address
    guard end < bytes.count else { return }
    guard let length = PolicyAddress.decimal(bytes[(end + 1)...]), length <= UInt64(address.prefixLength) else {
      return nil
    }
    prefixLength = UInt8(length)
  }

  /// One to three digits, without a leading zero.
  private static func decimal(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard let first = text.first, text.count <= 3, first != 0x30 || text.count == 1 else { return nil }
    var value: UInt64 = 0
    for byte in text {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + UInt64(byte - 0x30)
    }
    return value
  }

  private static func ipv4(_ text: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    var parts = 0
    var start = text.startIndex
    while parts < 4 {
      var end = start
      while end < text.endIndex, text[end] != 0x2E { end += 1 }
      guard let part = decimal(text[start..<end]), part <= 255 else { return nil }
      value = value << 8 | part
      parts += 1
      if end == text.endIndex { return parts == 4 ? value : nil }
      start = end + 1
    }
    return nil
  }

  private static func ipv6(_ text: ArraySlice<UInt8>) -> (high: UInt64, low: UInt64)? {
    var groups: [UInt64] = []
    // Where the two colons stand that stand for at least one group of zeros.
    var gap = -1
    var index = text.startIndex
    func isColon(_ at: Int) -> Bool { at < text.endIndex && text[at] == 0x3A }
    if isColon(index), isColon(index + 1) {
      gap = 0
      index += 2
    }
    while index < text.endIndex {
      var group: UInt64 = 0
      var digits = 0
      while index < text.endIndex, let digit = hexadecimal(text[index]) {
        guard digits < 4 else { return nil }
        group = group << 4 | digit
        digits += 1
        index += 1
      }
      guard digits > 0, groups.count < 8 else { return nil }
      groups.append(group)
      if index == text.endIndex { break }
      guard isColon(index) else { return nil }
      index += 1
      if isColon(index) {
        guard gap < 0 else { return nil }
        gap = groups.count
        index += 1
      } else if index == text.endIndex {
        return nil
      }
    }
    if gap >= 0 {
      guard groups.count <= 7 else { return nil }
      while groups.count < 8 { groups.insert(0, at: gap) }
    }
    guard groups.count == 8 else { return nil }
    return (
      groups[0] << 48 | groups[1] << 32 | groups[2] << 16 | groups[3],
      groups[4] << 48 | groups[5] << 32 | groups[6] << 16 | groups[7]
    )
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt64? {
    switch byte {
    case 0x30...0x39: UInt64(byte - 0x30)
    case 0x41...0x46: UInt64(byte - 0x41 + 10)
    case 0x61...0x66: UInt64(byte - 0x61 + 10)
    default: nil
    }
  }
}
