import FirewallCompilation
import Interchange

/// Rules as nftables has them, in the forward hook of a router: `or` is its link to everybody else, `ir` that to the image.
enum NftablesRules {
  static func ruleset(_ rules: [PacketRule], defaultPasses: Bool) -> String {
    var lines = ["udp sport 9 udp dport 9 accept"]
    for rule in rules { lines += rule.lines }
    lines += ["ct state { established, related } accept", "ct state invalid drop", "ct state untracked drop"]
    return """
      table inet differential {
        chain forward {
          type filter hook forward priority 0; policy \(defaultPasses ? "accept" : "drop");
          \(lines.joined(separator: "\n    "))
        }
      }

      """
  }
}

extension PacketRule {
  /// The rule, once for each direction and version of IP that it is about.
  fileprivate var lines: [String] {
    Direction.allCases.filter(directions.contains).flatMap { direction in
      [false, true].compactMap { isIPv6 in line(direction, isIPv6) }
    }
  }

  private func line(_ direction: Direction, _ isIPv6: Bool) -> String? {
    var used = Transport.allCases.filter { transports.contains($0) && $0 != (isIPv6 ? .icmp : .icmpv6) }
    if types != nil { used.removeAll { !$0.isControl } }
    if sourcePorts != nil || destinationPorts != nil { used.removeAll(where: \.isControl) }
    guard !used.isEmpty else { return nil }
    var parts = [direction == .inbound ? "iifname \"or\"" : "iifname \"ir\"", "meta nfproto ipv\(isIPv6 ? 6 : 4)"]
    if let peers {
      let networks = peers.filter { $0.isIPv6 == isIPv6 }
      guard !networks.isEmpty else { return nil }
      // Networks that lie in one another are several matches of one line, which sets refuse: auto-merge is for named ones.
      if networks.contains(where: { $0.prefixLength == 0 }) == false {
        let field = "\(isIPv6 ? "ip6" : "ip") \(direction == .inbound ? "saddr" : "daddr")"
        parts.append("\(field) { \(networks.map(\.nftables).joined(separator: ", ")) }")
      }
    }
    parts.append("meta l4proto { \(used.map { $0 == .icmpv6 ? "ipv6-icmp" : $0.rawValue }.joined(separator: ", ")) }")
    if let sourcePorts { parts.append("th sport { \(Self.text(sourcePorts)) }") }
    if let destinationPorts { parts.append("th dport { \(Self.text(destinationPorts)) }") }
    if let types {
      parts.append(
        "\(isIPv6 ? "icmpv6" : "icmp") type { \(types.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")) }"
      )
    }
    let names = FirewallTable.State.allCases.filter(states.contains).map { "\($0)" }
    parts.append("ct state { \(names.joined(separator: ", ")) }")
    parts.append(passes ? "accept" : "drop")
    return parts.joined(separator: " ")
  }

  private static func text(_ ranges: [ClosedRange<UInt16>]) -> String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
  }
}

extension PolicyAddress {
  fileprivate var nftables: String {
    let size: UInt64 = isIPv6 ? 16 : 8
    let halves: [UInt64] = isIPv6 ? [high, low] : [low]
    var parts: [String] = []
    for half in halves {
      for index in stride(from: 3, through: 0, by: -1) {
        let part = half >> (size * UInt64(index)) & ((1 << size) - 1)
        parts.append(String(part, radix: isIPv6 ? 16 : 10))
      }
    }
    return parts.joined(separator: isIPv6 ? ":" : ".") + "/\(prefixLength)"
  }
}
