import Foundation

/// A network of IPv4 or IPv6 addresses in CIDR form (RFC 4632; RFC 4291, 2.3). No network of one version contains an
/// address of the other.
public struct IPNetwork: Hashable, Sendable, Comparable {
  /// Whether its addresses are IPv6 ones.
  public let isIPv6: Bool
  /// The first address; of IPv4 in the low 32 bits.
  public let address: UInt128
  /// How many leading bits are the network's.
  public let prefixLength: Int

  /// Why a text is not a network.
  enum Fault: Error, Hashable {
    /// It is not an address, a slash and a length.
    case malformed
    /// It has bits after the prefix; this is the network it is in.
    case hostBits(network: String)
  }

  /// Reads `10.0.0.0/8` or `2001:db8::/32`. An address without a length is malformed: write `/32` or `/128`.
  init(_ text: String) throws(Fault) {
    guard text.contains("/"), let network = IPNetwork(around: text) else { throw .malformed }
    guard IPNetwork.bits(text.prefix { $0 != "/" }, isIPv6: network.isIPv6) == network.address else {
      throw .hostBits(network: network.text)
    }
    self = network
  }

  /// The network that an address is in, written as in `10.0.0.5/24`; of an address alone, that of this one host.
  public init?(around text: String) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = halves.first, halves.count <= 2 else { return nil }
    let isIPv6 = first.contains(":")
    let width = isIPv6 ? 128 : 32
    guard let bits = IPNetwork.bits(first, isIPv6: isIPv6),
      let length = halves.count == 1 ? width : IPNetwork.number(halves[1], atMost: width)
    else { return nil }
    self.isIPv6 = isIPv6
    prefixLength = length
    address = bits & IPNetwork.mask(length, width)
  }

  /// The network in CIDR form, of IPv6 as RFC 5952 writes it.
  public var text: String {
    guard isIPv6 else {
      return [24, 16, 8, 0].map { String(address >> UInt128($0) & 0xFF) }.joined(separator: ".") + "/\(prefixLength)"
    }
    var bytes = (0..<16).map { UInt8(truncatingIfNeeded: address >> UInt128(120 - 8 * $0)) }
    var characters = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(AF_INET6, &bytes, &characters, socklen_t(characters.count))
    return String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      + "/\(prefixLength)"
  }

  /// The first and the last address.
  public var range: ClosedRange<UInt128> { address...(address | (IPNetwork.mask(width, width) & ~mask)) }

  /// Whether every address of the other network is in this one.
  public func contains(_ other: IPNetwork) -> Bool {
    other.isIPv6 == isIPv6 && other.prefixLength >= prefixLength && other.address & mask == address
  }

  /// IPv4 first, then by address, then the larger first.
  public static func < (one: IPNetwork, other: IPNetwork) -> Bool {
    if one.isIPv6 != other.isIPv6 { return other.isIPv6 }
    return (one.address, one.prefixLength) < (other.address, other.prefixLength)
  }

  private var width: Int { isIPv6 ? 128 : 32 }
  private var mask: UInt128 { IPNetwork.mask(prefixLength, width) }

  /// The bits of an address of this width that a prefix of this length has.
  private static func mask(_ length: Int, _ width: Int) -> UInt128 {
    guard length > 0 else { return 0 }
    let ones = UInt128.max << UInt128(128 - length)
    return ones >> UInt128(128 - width)
  }

  /// The number of an address. One that stands for an IPv4 address (RFC 4291, 2.5.5.2) is none of IPv6.
  private static func bits(_ text: Substring, isIPv6: Bool) -> UInt128? {
    if isIPv6 {
      var bytes = [UInt8](repeating: 0, count: 16)
      guard text.utf8.count <= 45, inet_pton(AF_INET6, String(text), &bytes) == 1 else { return nil }
      let bits = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
      return bits >> 32 == 0xFFFF ? nil : bits
    }
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 4 else { return nil }
    var bits: UInt128 = 0
    for number in numbers {
      guard let byte = IPNetwork.number(number, atMost: 255) else { return nil }
      bits = bits << 8 | UInt128(byte)
    }
    return bits
  }

  private static func number(_ text: Substring, atMost limit: Int) -> Int? {
    guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    guard text.utf8.count == 1 || !text.hasPrefix("0") else { return nil }
    return Int(text).flatMap { $0 <= limit ? $0 : nil }
  }
}

/// A set of addresses, as networks none of which is inside another.
public struct NetworkSet: Hashable, Sendable {
  /// The networks, in order.
  public private(set) var networks: [IPNetwork]

  /// The addresses of all of these networks.
  public init(_ networks: some Sequence<IPNetwork>) {
    var kept: [IPNetwork] = []
    for network in networks.sorted() where !(kept.last?.contains(network) ?? false) { kept.append(network) }
    self.networks = kept
  }

  /// The addresses of these networks in CIDR form. What is not a network admits nothing.
  public init(texts: [String]) {
    self.init(texts.compactMap { text in try? IPNetwork(text) })
  }

  /// Whether there is no address in it.
  public var isEmpty: Bool { networks.isEmpty }

  /// The addresses in both. Two networks are apart or one is inside the other.
  public func intersection(_ other: NetworkSet) -> NetworkSet {
    NetworkSet(
      networks.flatMap { one in
        other.networks.compactMap { one.contains($0) ? $0 : $0.contains(one) ? one : nil }
      })
  }

  /// Whether every address is in the other set, however it is cut into networks.
  public func isSubset(of other: NetworkSet) -> Bool {
    [false, true].allSatisfy { isIPv6 in
      let ranges = other.mergedRanges(isIPv6: isIPv6)
      return networks.filter { $0.isIPv6 == isIPv6 }.allSatisfy { network in
        ranges.contains { $0.lowerBound <= network.range.lowerBound && network.range.upperBound <= $0.upperBound }
      }
    }
  }

  /// The addresses of one version as ranges that neither overlap nor touch.
  private func mergedRanges(isIPv6: Bool) -> [ClosedRange<UInt128>] {
    var merged: [ClosedRange<UInt128>] = []
    for network in networks where network.isIPv6 == isIPv6 {
      if let last = merged.last, last.upperBound == .max || network.range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, network.range.upperBound)
      } else {
        merged.append(network.range)
      }
    }
    return merged
  }
}

extension IPNetwork: Codable {
  /// Reads a text in CIDR form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let network = IPNetwork(around: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected a network in CIDR form")
    }
    self = network
  }

  /// Writes it in CIDR form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
