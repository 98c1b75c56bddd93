import Firewall
import FirewallCompilation
import Interchange
import LibraryOS
import RuleSetGeneration

// How long the firewall of images takes to decide about first packets, for 10 to 10,000 rules: the look-up by itself, and all
// that it does about a packet that opens a connection. The code is that of images, compiled for this machine.

final class StillClock: Clock {
  let now = Instant(nanoseconds: 1_000_000_000)
  let wallMilliseconds: UInt64 = 1_700_000_000_000
}

final class FixedRandom: RandomSource {
  func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }
}

final class NoEvents: EventSink {
  func record(_ event: SecurityEvent) {}
}

let clock = ContinuousClock()

func nanoseconds(_ body: () throws -> Void) rethrows -> Double {
  let start = clock.now
  try body()
  return Double((clock.now - start) / .nanoseconds(1))
}

func address(_ packet: FirewallTable.Packet) -> IPAddress {
  let values = packet.values
  return packet.kind.parts.isIPv6
    ? IPAddress(
      IPv6Address(high: UInt64(values[0]) << 32 | UInt64(values[1]), low: UInt64(values[2]) << 32 | UInt64(values[3])))
    : IPAddress(IPv4Address(raw: values[0]))
}

func summary(_ packet: FirewallTable.Packet) -> PacketSummary {
  let numbers: [PacketRule.Transport: UInt8] = [.tcp: 6, .udp: 17, .icmp: 1, .icmpv6: 58]
  let peer = address(packet)
  let own = peer.isIPv4 ? IPAddress(IPv4Address(10, 77, 0, 2)) : IPAddress(IPv6Address(high: 0xFD << 56, low: 2))
  return PacketSummary(
    direction: packet.isInbound ? .inbound : .outbound, protocolNumber: numbers[packet.kind.parts.transport] ?? 6,
    source: packet.isInbound ? peer : own, destination: packet.isInbound ? own : peer, sourcePort: packet.sourcePort,
    destinationPort: packet.destinationPort, tcpFlags: 2)
}

/// The sum of what was decided, so that nothing is left out.
var decided = 0
var first: [String: Double] = [:]
print("rules   compile ms   table kB   look-up ns   first packet ns")
for count in [10, 100, 1000, 10_000] {
  var figures: [[Double]] = []
  for seed in 1...5 as ClosedRange<UInt64> {
    var generator = RuleSetGenerator(seed: seed)
    let rules = generator.rules(count)
    var bytes: [UInt8] = []
    let compile = try nanoseconds { bytes = try FirewallCompiler.table(rules) }
    let table = try FirewallTable(decoding: bytes)
    let packets = (0..<4096).map { _ in generator.packet(near: rules[generator.number(below: count)]) }
    let summaries = packets.map(summary)
    var lookUp = Double.infinity
    var whole = Double.infinity
    for _ in 0..<20 {
      let time = nanoseconds {
        for packet in packets where table.verdict(of: packet, minuteOfWeek: { 0 }).passes { decided += 1 }
      }
      lookUp = min(lookUp, time / 4096)
      let firewall = Firewall(clock: StillClock(), random: FixedRandom(), events: NoEvents())
      try firewall.prepare([Parameter(module: "firewall", name: "rules", value: .list([.bytes(bytes)]))])
      firewall.commit()
      let now = StillClock().now
      let all = nanoseconds { for packet in summaries where firewall.admits(packet, at: now) { decided += 1 } }
      whole = min(whole, all / 4096)
    }
    figures.append([compile / 1e6, Double(table.byteCount) / 1024, lookUp, whole])
  }
  let medians = (0..<4).map { column in figures.map { $0[column] }.sorted()[figures.count / 2] }
  print(count, medians.map { Double(Int($0 * 10 + 0.5)) / 10 })
  first["\(count)"] = medians[3]
  first["\(count) look-up"] = medians[2]
}
@MainActor func ratio(_ what: String) -> Double {
  Double(Int((first["10000" + what] ?? 0) / (first["10" + what] ?? 1) * 100 + 0.5)) / 100
}
print("10,000 rules to 10: look-up", ratio(" look-up"), "first packet", ratio(""), "(\(decided) let pass)")
