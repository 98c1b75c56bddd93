public import FirewallCompilation
public import Interchange

/// Makes rules as ClassBench does (Taylor and Turner, 2007): prefixes that lie in one another, of the lengths that are
/// common; ports that are mostly any, one that is well known, or a range; and packets at the borders of rules. Always the
/// same for a seed: for benchmarks and tests.
public struct RuleSetGenerator: Sendable {
  private var state: UInt64
  private var networks: [PolicyAddress] = []

  /// A generator.
  public init(seed: UInt64) { state = seed }

  /// A number below a bound (SplitMix64).
  public mutating func number(below bound: Int) -> Int {
    Int(bits() % UInt64(bound))
  }

  private mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  private mutating func chance(_ percent: Int) -> Bool { number(below: 100) < percent }

  /// A network: one in ten is everything; others have the lengths of routing tables and hosts, and half lie in one that was
  /// there before.
  public mutating func network(isIPv6: Bool) -> PolicyAddress {
    if chance(10) { return PolicyAddress(isIPv6: isIPv6, high: 0, low: 0, prefixLength: 0) }
    let lengths: [UInt8] =
      isIPv6 ? [32, 40, 48, 48, 56, 64, 64, 64, 128, 128] : [8, 12, 16, 16, 20, 22, 24, 24, 28, 32, 32, 32]
    let length = lengths[number(below: lengths.count)]
    var (high, low) = isIPv6 ? (0x2001_0DB8 << 32 | bits() >> 32, bits()) : (0, bits() >> 32)
    let around = networks.isEmpty ? nil : networks[number(below: networks.count)]
    if let around, around.isIPv6 == isIPv6, around.prefixLength < length, chance(50) {
      let width: UInt8 = isIPv6 ? 128 : 32
      let (outerHigh, outerLow) = RuleSetGenerator.mask(around.prefixLength, width)
      high = around.high & outerHigh | high & ~outerHigh
      low = around.low & outerLow | low & ~outerLow
      if !isIPv6 { high = 0 }
    }
    let mask = RuleSetGenerator.mask(length, isIPv6 ? 128 : 32)
    let network = PolicyAddress(isIPv6: isIPv6, high: high & mask.high, low: low & mask.low, prefixLength: length)
    networks.append(network)
    return network
  }

  private static func mask(_ length: UInt8, _ width: UInt8) -> (high: UInt64, low: UInt64) {
    guard width == 128 else { return (0, length == 0 ? 0 : 0xFFFF_FFFF & ~(0xFFFF_FFFF >> UInt64(length))) }
    let high: UInt64 = length >= 64 ? ~0 : ~(~0 >> UInt64(length))
    let low: UInt64 = length <= 64 ? 0 : length == 128 ? ~0 : ~(~0 >> UInt64(length - 64))
    return (high, low)
  }

  private mutating func ports(any: Int) -> [ClosedRange<UInt16>]? {
    if chance(any) { return nil }
    switch number(below: 10) {
    case 0...5:
      let known: [UInt16] = [20, 21, 22, 23, 25, 53, 80, 110, 123, 143, 161, 443, 445, 993, 1433, 3306, 5432, 8080]
      let port = chance(70) ? known[number(below: known.count)] : UInt16(number(below: 65_536))
      return [port...port]
    case 6: return [1024...65_535]
    case 7: return [0...1023]
    default:
      let start = number(below: 65_000)
      return [UInt16(start)...UInt16(min(65_535, start + number(below: 1000)))]
    }
  }

  /// A rule about new connections.
  public mutating func rule(isIPv6: Bool? = nil) -> PacketRule {
    let isIPv6 = isIPv6 ?? chance(20)
    var rule = PacketRule(
      passes: chance(60), directions: [chance(80) ? .inbound : .outbound], peers: [network(isIPv6: isIPv6)])
    switch number(below: 20) {
    case 0: rule.transports = [isIPv6 ? .icmpv6 : .icmp]
    case 1...5: rule.transports = [.udp]
    case 6: return rule
    default: rule.transports = [.tcp]
    }
    if rule.transports.contains(where: \.isControl) {
      if chance(60) { rule.types = [isIPv6 ? 128...128 : 8...8] }
    } else {
      rule.sourcePorts = ports(any: 90)
      rule.destinationPorts = ports(any: 20)
    }
    return rule
  }

  /// So many rules. Those about fewer addresses and ports mostly come first, as somebody who wants each to count would
  /// write them.
  public mutating func rules(_ count: Int, isIPv6: Bool? = nil) -> [PacketRule] {
    var ranked: [(rank: Int, rule: PacketRule)] = []
    for _ in 0..<count {
      let rule = rule(isIPv6: isIPv6)
      let length = rule.peers?.first.map { $0.isIPv6 ? Int($0.prefixLength) / 4 : Int($0.prefixLength) } ?? 0
      let width = (rule.destinationPorts?.first?.count ?? 65_536) + (rule.sourcePorts?.first?.count ?? 65_536)
      ranked.append((4 * length - width.bitWidth + width.leadingZeroBitCount + number(below: 12), rule))
    }
    return ranked.enumerated().sorted { ($1.element.rank, $0.offset) < ($0.element.rank, $1.offset) }.map(
      \.element.rule)
  }

  /// A packet; where there is a rule, mostly at its borders or just beyond them.
  public mutating func packet(near rule: PacketRule?, state: FirewallTable.State = .new) -> FirewallTable.Packet {
    let near = rule.flatMap { chance(85) ? $0 : nil }
    let network = near?.peers?.randomElement(using: &self)
    let isIPv6 = network?.isIPv6 ?? chance(30)
    var high = isIPv6 ? 0x2001_0DB8 << 32 | bits() >> 32 : 0
    var low = isIPv6 ? bits() : bits() >> 32
    if let network {
      let mask = RuleSetGenerator.mask(network.prefixLength, isIPv6 ? 128 : 32)
      let host = isIPv6 ? (~mask.high, ~mask.low) : (0, ~mask.low & 0xFFFF_FFFF)
      switch number(below: 6) {
      case 0: (high, low) = (network.high, network.low)
      case 1: (high, low) = (network.high | host.0, network.low | host.1)
      case 2:
        // The address before the first, or after the last.
        (high, low) = (network.high, isIPv6 ? network.low &- 1 : (network.low &- 1) & 0xFFFF_FFFF)
      case 3: (high, low) = (network.high | host.0, (network.low | host.1) &+ 1 & (isIPv6 ? ~0 : 0xFFFF_FFFF))
      default: (high, low) = (network.high | high & host.0, network.low | low & host.1)
      }
    }
    let transport =
      near?.transports.filter { !$0.isControl || ($0 == .icmpv6) == isIPv6 }.sorted { $0.rawValue < $1.rawValue }
      .randomElement(using: &self)
      ?? [.tcp, .udp, isIPv6 ? .icmpv6 : .icmp][number(below: 3)]
    let kind = FirewallTable.Kind.allCases.first { $0.parts == (transport, isIPv6) } ?? .tcp4
    var sourcePort = UInt16(1024 + number(below: 60_000))
    var destinationPort = border(near?.destinationPorts) ?? UInt16(number(below: 65_536))
    if let port = border(near?.sourcePorts) { sourcePort = port }
    if transport.isControl {
      sourcePort = near?.types?.first.map { UInt16($0.lowerBound) } ?? UInt16(number(below: 256))
      destinationPort = 0
    }
    return FirewallTable.Packet(
      state: state, isInbound: near.map { $0.directions.contains(.inbound) } ?? chance(80), kind: kind,
      peer: isIPv6
        ? (
          UInt32(truncatingIfNeeded: high >> 32), UInt32(truncatingIfNeeded: high),
          UInt32(truncatingIfNeeded: low >> 32), UInt32(truncatingIfNeeded: low)
        ) : (UInt32(truncatingIfNeeded: low), 0, 0, 0),
      sourcePort: sourcePort, destinationPort: destinationPort)
  }

  private mutating func border(_ ports: [ClosedRange<UInt16>]?) -> UInt16? {
    guard let range = ports?.randomElement(using: &self) else { return nil }
    switch number(below: 5) {
    case 0: return range.lowerBound &- 1
    case 1: return range.upperBound &+ 1
    case 2: return range.upperBound
    case 3: return range.lowerBound
    default: return UInt16(Int(range.lowerBound) + number(below: range.count))
    }
  }
}

extension RuleSetGenerator: RandomNumberGenerator {
  /// The next number.
  public mutating func next() -> UInt64 { bits() }
}
