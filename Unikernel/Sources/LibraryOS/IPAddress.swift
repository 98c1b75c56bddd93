import Interchange

/// An IPv4 or IPv6 address, in 16 bytes and without a tag: an IPv4 address is held as `::ffff:a.b.c.d` (RFC 4291,
/// 2.5.5.2), which no packet and no setting may name as an IPv6 address.
public struct IPAddress: Hashable, Sendable {
  /// The first 64 bits; 0 for IPv4.
  public let high: UInt64
  /// The last 64 bits; for IPv4 `0xFFFF` and the address.
  public let low: UInt64

  /// An IPv4 address.
  @inline(__always)
  public init(_ address: IPv4Address) {
    high = 0
    low = 0xFFFF_0000_0000 | UInt64(address.raw)
  }

  /// An IPv6 address, which is none that stands for an IPv4 one.
  @inline(__always)
  public init(_ address: IPv6Address) {
    high = address.high
    low = address.low
  }

  /// Reads dotted decimal, or the text form of an IPv6 address.
  public init?(_ text: ByteString) {
    if let address = IPv4Address(text) {
      self.init(address)
    } else if let address = IPv6Address(text) {
      self.init(address)
    } else {
      return nil
    }
  }

  /// Whether this is an IPv4 address.
  @inline(__always)
  public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// The IPv4 address, if it is one.
  @inline(__always)
  public var ipv4: IPv4Address? { isIPv4 ? IPv4Address(raw: UInt32(truncatingIfNeeded: low)) : nil }

  /// The IPv6 address, if it is one.
  @inline(__always)
  public var ipv6: IPv6Address? { isIPv4 ? nil : IPv6Address(high: high, low: low) }

  /// Who counts as one source where somebody's doings are limited. An IPv4 host; of IPv6 the first 64 bits, since whoever
  /// has one address of such a network has all of them (RFC 4291, 2.5.1; RFC 6177).
  @inline(__always)
  public var sourceKey: UInt64 { isIPv4 ? low & 0xFFFF_FFFF : high }

  /// Dotted decimal, or the canonical form of RFC 5952.
  public var text: ByteString { ipv4?.text ?? IPv6Address(high: high, low: low).text }

  /// The same, an IPv6 address in brackets, as before a port (RFC 3986, 3.2.2).
  public var hostText: ByteString {
    if isIPv4 { return text }
    let open: ByteString = "["
    let close: ByteString = "]"
    return open + text + close
  }

  /// The address as policies compare it.
  public var policyAddress: PolicyAddress {
    isIPv4
      ? PolicyAddress(ipv4: UInt32(truncatingIfNeeded: low))
      : PolicyAddress(isIPv6: true, high: high, low: low, prefixLength: 128)
  }
}

/// An IPv4 or IPv6 network. No network of one version contains an address of the other, `::/0` no IPv4 address either.
public struct IPNetwork: Hashable, Sendable {
  /// The network's address, or a host's address inside it.
  public var address: IPAddress
  /// The number of leading bits, up to 32 or 128.
  public var prefixLength: Int

  /// An IPv4 network.
  public init(_ network: IPv4Network) {
    address = IPAddress(network.address)
    prefixLength = network.prefixLength
  }

  /// An IPv6 network.
  public init(_ network: IPv6Network) {
    address = IPAddress(network.address)
    prefixLength = network.prefixLength
  }

  /// Reads `10.0.0.0/24`, `fd00::/64`, or an address alone as the network of that one host.
  public init?(_ text: ByteString) {
    if let network = IPv4Network(text) {
      self.init(network)
    } else if let network = IPv6Network(text) {
      self.init(network)
    } else {
      return nil
    }
  }

  /// The leading bits that count of an address as it is held.
  public var mask: (high: UInt64, low: UInt64) {
    let all = IPv6Address(high: ~0, low: ~0).prefix(prefixLength + (address.isIPv4 ? 96 : 0))
    return (all.high, all.low)
  }

  /// Whether `host` is in this network.
  public func contains(_ host: IPAddress) -> Bool {
    let mask = mask
    return host.isIPv4 == address.isIPv4 && host.high & mask.high == address.high & mask.high
      && host.low & mask.low == address.low & mask.low
  }
}
