import Interchange

/// An IPv6 address (RFC 4291), as two numbers in host byte order.
public struct IPv6Address: Hashable, Sendable {
  /// The first 64 bits.
  public var high: UInt64
  /// The last 64 bits.
  public var low: UInt64

  /// An address from its halves.
  @inline(__always)
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the text form of RFC 4291, 2.2, without the one that ends in dotted decimal; `nil` for anything else, and for
  /// addresses that stand for IPv4 ones.
  public init?(_ text: ByteString) {
    guard !text.bytes.contains(0x2F), let read = PolicyAddress(text), read.isIPv6 else { return nil }
    self.init(high: read.high, low: read.low)
    if isMapped { return nil }
  }

  /// `::`.
  public static let unspecified = IPv6Address(high: 0, low: 0)
  /// `ff02::1`, all nodes of the link (RFC 4291, 2.7.1).
  public static let allNodes = IPv6Address(high: 0xFF02_0000_0000_0000, low: 1)
  /// `ff02::2`, all routers of the link.
  public static let allRouters = IPv6Address(high: 0xFF02_0000_0000_0000, low: 2)

  /// Whether this names a group (RFC 4291, 2.7).
  @inline(__always)
  public var isMulticast: Bool { high >> 56 == 0xFF }

  /// Whether this is meant for one link only, `fe80::/10` (RFC 4291, 2.5.6).
  @inline(__always)
  public var isLinkLocal: Bool { high >> 54 == 0x3FA }

  /// Whether this is `::ffff:0:0/96`, an IPv4 address in IPv6 clothes (RFC 4291, 2.5.5.2), which no packet may carry.
  @inline(__always)
  public var isMapped: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// Whether a packet may come from here: one host, elsewhere. Groups are none, and all that begins with 64 zero bits is
  /// reserved: `::`, `::1`, and the forms that hold an IPv4 address (RFC 4291, 2.4 and 2.5).
  @inline(__always)
  public var isUnicastHost: Bool { !isMulticast && high != 0 }

  /// The group that a neighbor is asked for in (RFC 4291, 2.7.1).
  public var solicitedNode: IPv6Address {
    IPv6Address(high: 0xFF02_0000_0000_0000, low: 0x0000_0001_FF00_0000 | low & 0xFF_FFFF)
  }

  /// The address with all but the leading bits cleared.
  public func prefix(_ length: Int) -> IPv6Address {
    let upper = length >= 64 ? ~UInt64(0) : length <= 0 ? 0 : ~UInt64(0) << UInt64(64 - length)
    let lower = length >= 128 ? ~UInt64(0) : length <= 64 ? 0 : ~UInt64(0) << UInt64(128 - length)
    return IPv6Address(high: high & upper, low: low & lower)
  }

  /// How many leading bits are the same.
  public func commonPrefixLength(with other: IPv6Address) -> Int {
    high != other.high ? (high ^ other.high).leadingZeroBitCount : 64 + (low ^ other.low).leadingZeroBitCount
  }

  /// The canonical text form (RFC 5952): lower case, no leading zeros, the longest run of two or more zero groups as `::`.
  public var text: ByteString {
    var groups: [UInt64] = []
    for index in 0..<8 {
      let half = index < 4 ? high : low
      groups.append(half >> UInt64(48 - 16 * (index & 3)) & 0xFFFF)
    }
    var start = -1
    var length = 1
    var index = 0
    while index < 8 {
      var end = index
      while end < 8, groups[end] == 0 { end += 1 }
      if end - index > length {
        start = index
        length = end - index
      }
      index = max(end, index + 1)
    }
    var bytes: [UInt8] = []
    index = 0
    while index < 8 {
      if index == start {
        bytes.append(0x3A)
        bytes.append(0x3A)
        index += length
        continue
      }
      if index > 0, bytes.last != 0x3A { bytes.append(0x3A) }
      var isLeading = true
      for shift in [UInt64(12), 8, 4, 0] {
        let digit = UInt8(truncatingIfNeeded: groups[index] >> shift & 15)
        if isLeading, digit == 0, shift > 0 { continue }
        isLeading = false
        bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      }
      index += 1
    }
    return ByteString(bytes)
  }
}

/// An IPv6 network: an address and how many of its leading bits count (RFC 4291, 2.3).
public struct IPv6Network: Hashable, Sendable {
  /// The network's address, or a host's address inside it.
  public var address: IPv6Address
  /// The number of leading bits, 0 to 128.
  public var prefixLength: Int

  /// A network; `prefixLength` from 0 to 128.
  public init(_ address: IPv6Address, prefixLength: Int) {
    self.address = address
    self.prefixLength = prefixLength
  }

  /// Reads `fd00::/64`, or an address alone as the network of that one host.
  public init?(_ text: ByteString) {
    guard let read = PolicyAddress(text), read.isIPv6 else { return nil }
    let address = IPv6Address(high: read.high, low: read.low)
    if address.isMapped { return nil }
    self.init(address, prefixLength: Int(read.prefixLength))
  }

  /// Whether `host` is in this network.
  public func contains(_ host: IPv6Address) -> Bool {
    host.prefix(prefixLength) == address.prefix(prefixLength)
  }
}
