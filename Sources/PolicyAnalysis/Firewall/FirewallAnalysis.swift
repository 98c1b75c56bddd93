/// A rule of a packet filter whose first rule that matches decides.
public struct FirewallRule: Hashable, Sendable {
  /// What becomes of the packets.
  public enum Action: String, Hashable, Sendable, CaseIterable {
    /// They pass.
    case allow
    /// They are dropped.
    case deny
  }

  /// What becomes of the packets that match.
  public var action: Action
  /// Those packets.
  public var packets: PacketSet

  /// A rule.
  public init(_ action: Action, _ packets: PacketSet) {
    self.action = action
    self.packets = packets
  }
}

/// Something that is probably not meant in the rules of a packet filter, after the classification of Al-Shaer and Hamed,
/// of pairs of rules and of all that come before one together.
public struct FirewallRemark: Hashable, Sendable {
  /// What kind of remark it is; the raw value is its stable name.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// Every packet that matches is decided before, and some of them otherwise than the rule would.
    case shadowed = "firewall-shadowed"
    /// Without the rule, every packet would be decided in the same way.
    case redundant = "firewall-redundant"
    /// A later rule matches all that an earlier one does, and more, and decides otherwise: the earlier one is an exception.
    case generalization = "firewall-generalization"
    /// Two rules decide otherwise about some packets, and each matches others besides: their order matters.
    case correlation = "firewall-correlation"
    /// The rules are too entangled to be looked at within the bound.
    case undecided = "firewall-undecided"
  }

  /// What it is.
  public var code: Code
  /// The rule, by position.
  public var rule: Int
  /// The others that make it so, by position; empty for the default.
  public var others: [Int]
  /// A packet that shows it, where one does.
  public var example: [PacketSet.Field: UInt128]

  init(_ code: Code, _ rule: Int, _ others: [Int], _ example: PacketSet = .empty) {
    self.code = code
    self.rule = rule
    self.others = others
    self.example = example.example
  }
}

/// Looks at the rules of a packet filter, exactly.
public struct FirewallAnalysis: Sendable {
  /// No set is taken apart further than into so many products; a rule for which that would be needed is undecided.
  public static let maximumSize = 20_000

  let rules: [FirewallRule]

  /// Rules; what becomes of packets that none matches makes no difference to what is said.
  public init(_ rules: [FirewallRule]) {
    self.rules = rules
  }

  /// What is remarkable, by rule.
  public func remarks() -> [FirewallRemark] {
    var remarks: [FirewallRemark] = []
    for index in rules.indices {
      let before = remarks.count
      if let remark = deadness(index) ?? uselessness(index) { remarks.append(remark) }
      // Of a rule that never decides it goes without saying that it overlaps with others.
      if remarks.count == before { remarks += overlaps(index) }
    }
    return remarks
  }

  /// That a rule never decides, because of what comes before it.
  private func deadness(_ index: Int) -> FirewallRemark? {
    let rule = rules[index]
    var left = rule.packets
    var contributors: [Int] = []
    var otherwise = PacketSet.empty
    for earlier in 0..<index {
      let part = left.intersection(rules[earlier].packets)
      guard !part.isEmpty else { continue }
      contributors.append(earlier)
      if rules[earlier].action != rule.action { otherwise = otherwise.union(part) }
      left = left.subtracting(rules[earlier].packets)
      if left.size > Self.maximumSize { return FirewallRemark(.undecided, index, []) }
      guard left.isEmpty else { continue }
      // One alone that does it is the better reason.
      let alone = contributors.first { rule.packets.isSubset(of: rules[$0].packets) }
      if otherwise.isEmpty { return FirewallRemark(.redundant, index, alone.map { [$0] } ?? contributors) }
      let reason = alone.flatMap { rules[$0].action != rule.action ? [$0] : nil } ?? contributors
      return FirewallRemark(.shadowed, index, reason, otherwise)
    }
    return nil
  }

  /// That the packets a rule decides would be decided in the same way without it, by what comes after.
  private func uselessness(_ index: Int) -> FirewallRemark? {
    let rule = rules[index]
    var left = rule.packets
    for earlier in 0..<index {
      left = left.subtracting(rules[earlier].packets)
      if left.size > Self.maximumSize { return FirewallRemark(.undecided, index, []) }
    }
    var contributors: [Int] = []
    for later in rules.indices.dropFirst(index + 1) where !left.intersection(rules[later].packets).isEmpty {
      guard rules[later].action == rule.action else { return nil }
      contributors.append(later)
      left = left.subtracting(rules[later].packets)
      if left.size > Self.maximumSize { return FirewallRemark(.undecided, index, []) }
      if left.isEmpty { break }
    }
    // What the default decides may be said in a rule all the same: that is good style, not a mistake.
    guard left.isEmpty else { return nil }
    return FirewallRemark(.redundant, index, contributors)
  }

  /// The earlier rules with which a rule has packets in common that they decide otherwise.
  private func overlaps(_ index: Int) -> [FirewallRemark] {
    let rule = rules[index]
    return (0..<index).compactMap { earlier in
      let other = rules[earlier]
      guard other.action != rule.action else { return nil }
      let common = rule.packets.intersection(other.packets)
      guard !common.isEmpty else { return nil }
      let code: FirewallRemark.Code = other.packets.isSubset(of: rule.packets) ? .generalization : .correlation
      return FirewallRemark(code, index, [earlier], common)
    }
  }
}
