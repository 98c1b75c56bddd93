/// A network of IPv4 addresses in CIDR form (RFC 4632).
struct IPv4Network: Hashable, Sendable, Comparable {
  /// The first address.
  var address: UInt32
  /// How many leading bits are the network's.
  var prefixLength: Int

  /// Why a text is not a network.
  enum Fault: Error, Hashable {
    /// It is not four numbers, a slash and a length.
    case malformed
    /// It has bits after the prefix; this is the network it is in.
    case hostBits(network: String)
  }

  /// Reads `10.0.0.0/8`. An address without a length is malformed: write `/32`.
  init(_ text: String) throws(Fault) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2, let length = Self.number(halves[1], atMost: 32) else { throw .malformed }
    let numbers = halves[0].split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 4 else { throw .malformed }
    var address: UInt32 = 0
    for number in numbers {
      guard let byte = Self.number(number, atMost: 255) else { throw .malformed }
      address = address << 8 | UInt32(byte)
    }
    let network = Self(address: address & Self.mask(length), prefixLength: length)
    guard network.address == address else { throw .hostBits(network: network.text) }
    self = network
  }

  private init(address: UInt32, prefixLength: Int) {
    self.address = address
    self.prefixLength = prefixLength
  }

  /// The network in CIDR form.
  var text: String {
    let bytes = [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }
    return bytes.joined(separator: ".") + "/\(prefixLength)"
  }

  /// The first and the last address.
  var range: ClosedRange<UInt32> { address...(address | ~Self.mask(prefixLength)) }

  /// Whether every address of the other network is in this one.
  func contains(_ other: IPv4Network) -> Bool {
    other.prefixLength >= prefixLength && other.address & Self.mask(prefixLength) == address
  }

  static func < (one: IPv4Network, other: IPv4Network) -> Bool {
    (one.address, one.prefixLength) < (other.address, other.prefixLength)
  }

  private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~0 << UInt32(32 - length) }

  private static func number(_ text: Substring, atMost limit: Int) -> Int? {
    guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    guard text.utf8.count == 1 || !text.hasPrefix("0") else { return nil }
    return Int(text).flatMap { $0 <= limit ? $0 : nil }
  }
}

/// A set of IPv4 addresses, as networks none of which is inside another.
struct IPv4Set: Hashable, Sendable {
  private(set) var networks: [IPv4Network]

  /// The addresses of all of these networks.
  init(_ networks: some Sequence<IPv4Network>) {
    var kept: [IPv4Network] = []
    for network in networks.sorted() where !(kept.last?.contains(network) ?? false) { kept.append(network) }
    self.networks = kept
  }

  /// The addresses of these networks in CIDR form. What is not a network admits nothing.
  init(texts: [String]) {
    self.init(texts.compactMap { text in try? IPv4Network(text) })
  }

  /// The addresses in both. Two networks are apart or one is inside the other.
  func intersection(_ other: IPv4Set) -> IPv4Set {
    IPv4Set(
      networks.flatMap { one in
        other.networks.compactMap { one.contains($0) ? $0 : $0.contains(one) ? one : nil }
      })
  }

  /// Whether every address is in the other set, however it is cut into networks.
  func isSubset(of other: IPv4Set) -> Bool {
    let ranges = other.mergedRanges
    return networks.allSatisfy { network in
      ranges.contains { $0.lowerBound <= network.range.lowerBound && network.range.upperBound <= $0.upperBound }
    }
  }

  /// The addresses as ranges that neither overlap nor touch.
  private var mergedRanges: [ClosedRange<UInt32>] {
    var merged: [ClosedRange<UInt32>] = []
    for network in networks {
      if let last = merged.last, last.upperBound == .max || network.range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, network.range.upperBound)
      } else {
        merged.append(network.range)
      }
    }
    return merged
  }
}
