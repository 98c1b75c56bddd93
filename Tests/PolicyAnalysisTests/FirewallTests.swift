import Testing

@testable import PolicyAnalysis

@Suite("rules of packet filters")
struct FirewallTests {
  private static func rules(_ text: String) throws -> FirewallRules {
    let (rules, findings) = FirewallRules.read(text)
    try #require(findings.isEmpty, "\(findings)")
    return rules
  }

  struct Example: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var rules: String
    /// Code, rule, others; rules count from 1.
    var expected: [(FirewallRemark.Code, Int, [Int])]

    init(_ description: String, _ rules: String, _ expected: [(FirewallRemark.Code, Int, [Int])]) {
      (testDescription, self.rules, self.expected) = (description, rules, expected)
    }
  }

  static let examples = [
    Example(
      "nothing wrong", "allow tcp from any to 10.0.0.1 port 80\nallow tcp from any to 10.0.0.2 port 443", []),
    Example(
      "shadowed by one", "deny tcp from 10.0.0.0/8 to any\nallow tcp from 10.1.0.0/16 to any port 80",
      [(.shadowed, 2, [1])]),
    Example(
      "redundant before one", "allow tcp from 10.0.0.0/8 to any\nallow tcp from 10.1.0.0/16 to any port 80",
      [(.redundant, 2, [1])]),
    Example(
      "redundant after one", "allow tcp from 10.1.0.0/16 to any port 80\nallow tcp from 10.0.0.0/8 to any",
      [(.redundant, 1, [2])]),
    Example(
      "an exception, and what it is an exception of",
      "deny tcp from 10.1.0.0/16 to any\nallow tcp from 10.0.0.0/8 to any", [(.generalization, 2, [1])]),
    Example(
      "correlated", "allow tcp from 10.0.0.0/8 to any\ndeny tcp from any to any port 23", [(.correlation, 2, [1])]),
    Example(
      "shadowed by two halves together, by neither alone",
      "deny tcp from 10.0.0.0/9 to any\ndeny tcp from 10.128.0.0/9 to any\nallow tcp from 10.0.0.0/8 to any",
      [(.shadowed, 3, [1, 2])]),
    Example(
      "redundant by ports that meet",
      "allow udp from any to any port 1-100\nallow udp from any to any port 101-200\nallow udp from any to any port 50-150",
      [(.redundant, 3, [1, 2])]),
    Example(
      "an exception keeps an earlier rule from being redundant",
      "allow tcp from 10.1.0.0/16 to any\ndeny tcp from 10.1.0.0/24 to any\nallow tcp from 10.0.0.0/8 to any",
      [(.shadowed, 2, [1]), (.generalization, 3, [2])]),
    Example(
      "protocols and versions are apart",
      "deny udp from any to any\nallow tcp from any to any port 80\nallow icmp from 2001:db8::/32 to any\ndeny any from 192.0.2.1 to any",
      [(.correlation, 4, [2])]),
  ]

  @Test("each kind is found, with the rules that make it so", arguments: examples)
  func kinds(example: Example) throws {
    let rules = try Self.rules(example.rules)
    let found = FirewallAnalysis(rules.rules.map(\.rule)).remarks()
    #expect(
      found.map { "\($0.code.rawValue) \($0.rule + 1) \($0.others.map { $0 + 1 })" }
        == example.expected.map { "\($0.0.rawValue) \($0.1) \($0.2)" })
  }

  /// Filters over a small world, which can be looked at packet by packet.
  @Test("what is said agrees with deciding every packet of a small world", arguments: 0..<150)
  func agrees(seed: Int) {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func random(_ bound: UInt128) -> UInt128 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt128(state >> 33) % bound
    }
    func set(_ size: UInt128) -> RangeSet {
      if random(3) == 0 { return RangeSet([0...(size - 1)]) }
      let low = random(size)
      var ranges = [low...(low + random(size - low))]
      if random(4) == 0 {
        let one = random(size)
        ranges.append(one...one)
      }
      return RangeSet(ranges)
    }
    let one = RangeSet([0...0])
    var rules: [FirewallRule] = []
    for _ in 0..<(2 + random(5)) {
      rules.append(
        FirewallRule(
          random(2) == 0 ? .allow : .deny,
          PacketSet(
            version: 4, source: set(5), destination: set(4), transport: set(2), sourcePort: one,
            destinationPort: set(3))))
    }
    let fallback: FirewallRule.Action = random(2) == 0 ? .allow : .deny
    var packets: [PacketSet] = []
    for a in UInt128(0)..<5 {
      for b in UInt128(0)..<4 {
        for c in UInt128(0)..<2 {
          for d in UInt128(0)..<3 {
            func just(_ number: UInt128) -> RangeSet { RangeSet([number...number]) }
            packets.append(
              PacketSet(
                version: 4, source: just(a), destination: just(b), transport: just(c), sourcePort: one,
                destinationPort: just(d)))
          }
        }
      }
    }
    func deciding(_ packet: PacketSet, without left: Int? = nil) -> Int? {
      rules.indices.first { $0 != left && packet.isSubset(of: rules[$0].packets) }
    }
    func action(_ packet: PacketSet, without left: Int? = nil) -> FirewallRule.Action {
      deciding(packet, without: left).map { rules[$0].action } ?? fallback
    }
    let remarks = FirewallAnalysis(rules).remarks()
    for index in rules.indices {
      let own = remarks.filter { $0.rule == index }
      let matching = packets.filter { $0.isSubset(of: rules[index].packets) }
      let isDead = matching.allSatisfy { deciding($0) != index }
      let changesNothing = packets.allSatisfy { action($0) == action($0, without: index) }
      let isContradicted = matching.contains { action($0) != rules[index].action }
      let shadowed = own.contains { $0.code == .shadowed }
      let redundant = own.contains { $0.code == .redundant }
      #expect(shadowed == (isDead && isContradicted), "rule \(index) of seed \(seed)")
      if redundant { #expect(changesNothing, "rule \(index) of seed \(seed)") }
      if isDead, !isContradicted { #expect(redundant, "rule \(index) of seed \(seed)") }
      for earlier in 0..<index where !isDead && !redundant {
        let others = packets.filter { $0.isSubset(of: rules[earlier].packets) }
        let isMet = rules[earlier].action != rules[index].action && matching.contains { others.contains($0) }
        let isInside = others.allSatisfy { matching.contains($0) }
        let said = own.first { $0.others == [earlier] && [.generalization, .correlation].contains($0.code) }
        #expect(
          said?.code == (isMet ? isInside ? .generalization : .correlation : nil), "\(earlier), \(index), \(seed)")
      }
    }
  }

  @Test(
    "what is no rule is told with its place",
    arguments: [
      ("permit tcp from any to any", 1, "`permit`"), ("allow tcp any to any", 11, "`any`"),
      ("allow tcp from any", 19, "the rule ends"), ("allow foo from any to any", 7, "`foo`"),
      ("allow tcp from 10.0.0.300 to any", 16, "`10.0.0.300`"), ("allow tcp from any to any port 70000", 32, "`70000`"),
      ("allow icmp from any to any port 80", 28, "`port`"), ("allow any from any to any port 80", 27, "`port`"),
      ("allow tcp from any to any port 9-3", 32, "`9-3`"), ("allow tcp from any to any now", 27, "`now`"),
      ("allow tcp from 10.0.0.1 to ::1", 1, "no packet"), ("default maybe", 9, "`maybe`"),
      ("allow tcp from any, to any", 21, "`to`"),
    ])
  func mistakes(text: String, column: Int, said: String) {
    let (_, findings) = FirewallRules.read("# a comment\n" + text)
    #expect(findings.count == 1)
    #expect(findings.first?.line == 2 && findings.first?.column == column, "\(findings)")
    #expect(findings.first?.message.contains(said) == true, "\(findings)")
  }

  @Test("many rules that overlap everywhere are looked at within bounds")
  func entangled() throws {
    var text = ""
    for index in 0..<120 {
      text +=
        "deny tcp from 10.\(index).0.0/15, 172.16.\(index).0/24 to 10.0.\(index).0/23 port \(index)-\(index + 40)\n"
    }
    text += "allow any from any to any\n"
    let rules = try Self.rules(text)
    let remarks = FirewallAnalysis(rules.rules.map(\.rule)).remarks()
    #expect(remarks.filter { $0.code == .generalization }.count >= 100)
  }
}
