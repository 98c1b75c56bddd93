import FirewallCompilation
import Interchange
import RuleSetGeneration
import Testing

struct FirewallTableTests {
  /// The verdict of the rules as they stand.
  private func naive(
    _ rules: [PacketRule], _ packet: FirewallTable.Packet, at minute: UInt32, defaultPasses: Bool
  ) -> FirewallTable.Verdict {
    if let index = rules.firstIndex(where: { $0.matches(packet, minuteOfWeek: minute) }) {
      return FirewallTable.Verdict(passes: rules[index].passes, rule: index)
    }
    let passes = packet.state == .new ? defaultPasses : packet.state != .invalid
    return FirewallTable.Verdict(passes: passes, rule: nil)
  }

  @Test("a table decides as the first rule that matches does", arguments: 0..<40 as Range<UInt64>)
  func differential(seed: UInt64) throws {
    var generator = RuleSetGenerator(seed: seed)
    var rules = generator.rules([1, 3, 10, 40, 150][Int(seed % 5)])
    for index in rules.indices {
      // Several networks, ports, states and times in some rules.
      if generator.number(below: 4) == 0 {
        rules[index].peers = (0...generator.number(below: 4)).map { _ in generator.network(isIPv6: seed % 3 == 0) }
      }
      if generator.number(below: 6) == 0 { rules[index].peers = nil }
      if generator.number(below: 4) == 0 {
        rules[index].states = Set(FirewallTable.State.allCases.filter { _ in generator.number(below: 2) == 0 } + [.new])
      }
      if generator.number(below: 4) == 0 {
        rules[index].window = FirewallTable.Window(
          days: UInt8(1 + generator.number(below: 127)), startMinute: UInt16(generator.number(below: 1440)),
          endMinute: UInt16(generator.number(below: 1440)))
      }
      if generator.number(below: 5) == 0 { rules[index].directions = [.inbound, .outbound] }
    }
    let defaultPasses = seed % 2 == 0
    let table = try FirewallTable(decoding: try FirewallCompiler.table(rules, defaultPasses: defaultPasses))
    var matched = 0
    for _ in 0..<3000 {
      let state = FirewallTable.State.allCases[generator.number(below: 8) % 5 % 4]
      let packet = generator.packet(near: rules[generator.number(below: rules.count)], state: state)
      let minute = UInt32(generator.number(below: 10_080))
      let expected = naive(rules, packet, at: minute, defaultPasses: defaultPasses)
      let verdict = table.verdict(of: packet) { minute }
      #expect(verdict == expected, "\(packet)")
      if expected.rule != nil { matched += 1 }
    }
    #expect(matched > 30, "packets are about the rules")
  }

  @Test("ten thousand rules fit into a table, and decide in order")
  func many() throws {
    var generator = RuleSetGenerator(seed: 7)
    let rules = generator.rules(10_000)
    let bytes = try FirewallCompiler.table(rules)
    let table = try FirewallTable(decoding: bytes)
    #expect(table.byteCount < 12 << 20)
    for _ in 0..<2000 {
      let packet = generator.packet(near: rules[generator.number(below: rules.count)])
      #expect(table.verdict(of: packet) { 0 } == naive(rules, packet, at: 0, defaultPasses: false), "\(packet)")
    }
    #expect(try FirewallCompiler.table(rules) == bytes, "always the same")
  }

  @Test("what is no table is refused, wherever it was altered, or decides without end or trap")
  func altered() throws {
    var generator = RuleSetGenerator(seed: 3)
    var rules = generator.rules(60)
    rules[5].window = FirewallTable.Window(days: 3, startMinute: 60, endMinute: 30)
    let bytes = try FirewallCompiler.table(rules)
    _ = try FirewallTable(decoding: bytes)
    for length in [0, 3, 4, 11, 12, 13, bytes.count - 1] {
      #expect(throws: DecodingFault.self) { try FirewallTable(decoding: Array(bytes.prefix(length))) }
    }
    #expect(throws: DecodingFault.self) { try FirewallTable(decoding: bytes + [0]) }
    var refused = 0
    for _ in 0..<3000 {
      var other = bytes
      for _ in 0...generator.number(below: 3) {
        other[generator.number(below: bytes.count)] ^= UInt8(1 << generator.number(below: 8))
      }
      guard let table = try? FirewallTable(decoding: other) else {
        refused += 1
        continue
      }
      for _ in 0..<5 { _ = table.verdict(of: generator.packet(near: rules[generator.number(below: 60)])) { 61 } }
    }
    #expect(refused > 500)
  }

  @Test("a time lasts from its beginning to its end, over midnight and over Sunday")
  func windows() {
    func window(_ days: UInt8, _ start: UInt16, _ end: UInt16) -> (UInt32) -> Bool {
      FirewallTable.Window(days: days, startMinute: start, endMinute: end).contains
    }
    let night = window(0b100_0000, 1320, 360)
    #expect(!night(6 * 1440 + 1319) && night(6 * 1440 + 1320) && night(10_079) && night(0) && night(359) && !night(360))
    let day = window(0b1, 480, 1020)
    #expect(!day(479) && day(480) && day(1019) && !day(1020) && !day(1440 + 500))
    let always = window(0b111_1111, 0, 0)
    #expect((0..<10_080).allSatisfy(always))
  }

  @Test("more rules with times about the same packets than a way may have are refused, not cut")
  func entangled() {
    let rules = (0..<200).map {
      PacketRule(
        passes: true, directions: [.inbound],
        window: FirewallTable.Window(days: 1, startMinute: UInt16($0), endMinute: UInt16($0 + 1)))
    }
    #expect(throws: FirewallCompiler.Fault.tooEntangled) { try FirewallCompiler.table(rules) }
  }
}
