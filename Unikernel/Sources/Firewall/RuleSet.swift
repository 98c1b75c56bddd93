import Interchange
import LibraryOS

/// Rules in force: one list for each requirement. A packet passes if every list lets it.
struct RuleSet {
  /// The most lists.
  static let maximumLists = 16

  private var tables: [FirewallTable] = []

  /// No list: everything passes.
  init() {}

  /// Reads a parameter: a list of at least `minimum` tables.
  init(_ value: ParameterValue, of name: ByteString, minimum: Int) throws(ParameterFault) {
    guard let items = value.listValue, items.count >= minimum, items.count <= RuleSet.maximumLists else {
      throw ParameterFault(name, expected: minimum == 0 ? "a list of at most 16 tables" : "a list of 1 to 16 tables")
    }
    for item in items {
      guard case .bytes(let bytes) = item else { throw ParameterFault(name, expected: "tables of rules, as bytes") }
      do throws(DecodingFault) {
        tables.append(try FirewallTable(decoding: bytes))
      } catch {
        throw ParameterFault(name, expected: "tables that are whole, as the compiler of rules makes them")
      }
    }
  }

  /// Whether every list lets a packet pass, and if one does not, its rule. `clock` is asked where rules have times.
  func verdict(of packet: FirewallTable.Packet, clock: any Clock) -> FirewallTable.Verdict {
    var verdict = FirewallTable.Verdict(passes: true, rule: nil)
    for table in tables {
      verdict = table.verdict(of: packet) { RuleSet.minuteOfWeek(clock.wallMilliseconds) }
      if !verdict.passes { return verdict }
    }
    return verdict
  }

  /// Whether rules may say something else of such packets than what becomes of them anyway.
  @inline(__always)
  func concerns(_ state: FirewallTable.State, _ direction: PacketSummary.Direction) -> Bool {
    for table in tables where table.hasRules(state, isInbound: direction == .inbound) { return true }
    return false
  }

  /// The minutes since Monday 0:00 UTC. 1970-01-01 was a Thursday.
  private static func minuteOfWeek(_ wallMilliseconds: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: (wallMilliseconds / 60_000 + 3 * 1440) % 10_080)
  }
}
