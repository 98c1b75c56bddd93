/// An IPv4 or IPv6 address or network, of the extension type `ipaddr`.
///
/// Two are equal when address and prefix length are: `10.0.0.1/24` is not `10.0.0.2/24`.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// Whether this is an IPv6 address.
  public let isIPv6: Bool
  /// The address as a number; of IPv4 the low 32 bits.
  public let bits: UInt128
  /// How many leading bits count.
  public let prefixLength: Int

  /// An address or network from its parts; the prefix length goes up to 32 or 128.
  public init(isIPv6: Bool, bits: UInt128, prefixLength: Int) {
    self.isIPv6 = isIPv6
    self.bits = bits
    self.prefixLength = prefixLength
  }

  /// The number of bits of an address of this version.
  public var width: Int { isIPv6 ? 128 : 32 }

  /// Reads an address (RFC 4291, 2.2 for IPv6, without the form that ends in dotted decimal), or an address, a slash
  /// and a prefix length without leading zeros; `nil` for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= 64 else { return nil }
    let slash = bytes.firstIndex(of: 0x2F)
    let address = bytes[..<(slash ?? bytes.endIndex)]
    if let bits = IPAddress.ipv4(address) {
      (self.isIPv6, self.bits) = (false, bits)
    } else if let bits = IPAddress.ipv6(address) {
      (self.isIPv6, self.bits) = (true, bits)
    } else {
      return nil
    }
    guard let slash else {
      self.prefixLength = isIPv6 ? 128 : 32
      return
    }
    guard let length = IPAddress.decimal(bytes[(slash + 1)...], digits: 3), length <= (isIPv6 ? 128 : 32) else {
      return nil
    }
    self.prefixLength = length
  }

  /// Whether every address of this network is in `other`; never across versions.
  public func isInRange(of other: IPAddress) -> Bool {
    guard isIPv6 == other.isIPv6, prefixLength >= other.prefixLength else { return false }
    guard other.prefixLength > 0 else { return true }
    let shift = UInt128(width - other.prefixLength)
    return bits >> shift == other.bits >> shift
  }

  /// Whether this is in 127.0.0.0/8 or ::1/128.
  public var isLoopback: Bool {
    isInRange(
      of: isIPv6
        ? IPAddress(isIPv6: true, bits: 1, prefixLength: 128)
        : IPAddress(isIPv6: false, bits: 0x7F00_0000, prefixLength: 8))
  }

  /// Whether this is in 224.0.0.0/4 or ff00::/8.
  public var isMulticast: Bool {
    isInRange(
      of: isIPv6
        ? IPAddress(isIPv6: true, bits: 0xFF << 120, prefixLength: 8)
        : IPAddress(isIPv6: false, bits: 0xE000_0000, prefixLength: 4))
  }

  /// The address, and the prefix length where it is not that of a single host.
  public var description: String {
    var text = ""
    if isIPv6 {
      text = stride(from: 112, through: 0, by: -16).map { String((bits >> UInt128($0)) & 0xFFFF, radix: 16) }
        .joined(separator: ":")
    } else {
      text = stride(from: 24, through: 0, by: -8).map { String((bits >> UInt128($0)) & 0xFF) }.joined(separator: ".")
    }
    return prefixLength == width ? text : "\(text)/\(prefixLength)"
  }

  private static func decimal(_ text: ArraySlice<UInt8>, digits: Int) -> Int? {
    guard let first = text.first, text.count <= digits, first != 0x30 || text.count == 1 else { return nil }
    var value = 0
    for byte in text {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }

  private static func ipv4(_ text: ArraySlice<UInt8>) -> UInt128? {
    let parts = text.split(separator: 0x2E, maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt128 = 0
    for part in parts {
      guard let value = decimal(part, digits: 3), value <= 255 else { return nil }
      bits = bits << 8 | UInt128(value)
    }
    return bits
  }

  private static func ipv6(_ text: ArraySlice<UInt8>) -> UInt128? {
    var head: [UInt128] = []
    var tail: [UInt128]?
    var rest = text
    if rest.starts(with: [0x3A, 0x3A]) {
      tail = []
      rest = rest.dropFirst(2)
      if rest.isEmpty { return 0 }
    }
    while true {
      var group: UInt128 = 0
      var digits = 0
      while let byte = rest.first, let digit = hexDigit(byte) {
        group = group << 4 | UInt128(digit)
        digits += 1
        rest.removeFirst()
      }
      guard (1...4).contains(digits) else { return nil }
      if tail == nil { head.append(group) } else { tail?.append(group) }
      guard head.count + (tail?.count ?? 0) <= 8 else { return nil }
      guard let separator = rest.popFirst() else { break }
      guard separator == 0x3A else { return nil }
      if rest.first == 0x3A {
        guard tail == nil else { return nil }
        tail = []
        rest.removeFirst()
        if rest.isEmpty { break }
      }
    }
    var groups = head
    if let tail {
      // The two colons stand for at least one group of zeros.
      guard head.count + tail.count <= 7 else { return nil }
      groups += Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }
    guard groups.count == 8 else { return nil }
    return groups.reduce(0) { $0 << 16 | $1 }
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
