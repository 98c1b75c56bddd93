import Firewall
import FirewallCompilation
import Interchange
import LibraryOS
import Network
import RuleSetGeneration

// How long the firewall of images takes to decide about first packets, for 10 to 10,000 rules: the look-up by itself; all that
// it does about a packet that opens a connection, from the search for it to its entry; and the same with all else that
// the network does about such a frame, from reading its headers to the answer. The code is that of images, compiled for this
// machine. Medians of rounds over 4,096 packets, and of five lists of rules.

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

/// A frame with a packet of IPv4 as a driver brings it: SYN, a datagram, or a question of ICMP.
func frame(_ packet: FirewallTable.Packet) -> [UInt8] {
  func big(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
  func big(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)] }
  func sum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) { sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1]) }
    sum = (sum >> 16) + (sum & 0xFFFF)
    return ~UInt16(truncatingIfNeeded: sum + (sum >> 16))
  }
  let addresses = big(packet.values[0]) + [10, 77, 0, 2]
  var payload: [UInt8]
  let number: UInt8
  switch packet.kind {
  case .tcp4:
    number = 6
    payload =
      big(packet.sourcePort) + big(packet.destinationPort) + [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xFF, 0xFF, 0, 0, 0, 0]
    payload.replaceSubrange(16..<18, with: big(sum(addresses + [0, 6, 0, 20] + payload)))
  case .udp4:
    number = 17
    payload = big(packet.sourcePort) + big(packet.destinationPort) + [0, 8, 0, 0]
  default:
    number = 1
    payload = [UInt8(truncatingIfNeeded: packet.sourcePort), 0, 0, 0, 0, 7, 0, 1]
    payload.replaceSubrange(2..<4, with: big(sum(payload)))
  }
  var header: [UInt8] = [0x45, 0] + big(UInt16(20 + payload.count)) + [0, 0, 0x40, 0, 64, number, 0, 0] + addresses
  header.replaceSubrange(10..<12, with: big(sum(header)))
  return [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0] + header + payload
}

/// An image's network with a firewall.
func stack(_ firewall: Firewall) throws -> NetworkStack {
  let stack = NetworkStack(clock: StillClock(), random: FixedRandom()) { _ in }
  stack.packetFilters = [firewall]
  try stack.prepare([
    Parameter(module: "network", name: "address", value: .text("10.77.0.2/24")),
    Parameter(module: "network", name: "mac", value: .bytes([2, 0, 0, 0, 0, 2])),
    Parameter(module: "network", name: "gateway", value: .text("10.77.0.1")),
  ])
  stack.commit()
  return stack
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// What was decided in all, so that nothing is left out.
var decided = 0
/// For each number of rules, the medians.
var medians: [Int: [Double]] = [:]
let repeats = 21
print("rules  compile ms  table kB  diagrams  look-up ns  classification ns  whole frame ns")
for count in [10, 100, 1000, 10_000] {
  var figures: [[Double]] = []
  for seed in 1...5 as ClosedRange<UInt64> {
    var generator = RuleSetGenerator(seed: seed)
    let rules = generator.rules(count)
    var bytes: [UInt8] = []
    let compile = try nanoseconds { bytes = try FirewallCompiler.table(rules) }
    let table = try FirewallTable(decoding: bytes)
    let packets = (0..<4096).map { _ in generator.packet(near: rules[generator.number(below: count)]) }
    // Those that are let in, which costs more: the connection is noted.
    var admitted: [FirewallTable.Packet] = []
    while admitted.count < 4096 {
      let packet = generator.packet(near: rules[generator.number(below: count)])
      if table.verdict(of: packet, minuteOfWeek: { 0 }).passes { admitted.append(packet) }
    }
    let summaries = admitted.map(summary)
    let frames = admitted.filter { $0.isInbound && !$0.kind.parts.isIPv6 }.map(frame)
    func firewall() throws -> Firewall {
      let firewall = Firewall(clock: StillClock(), random: FixedRandom(), events: NoEvents())
      try firewall.prepare([Parameter(module: "firewall", name: "rules", value: .list([.bytes(bytes)]))])
      firewall.commit()
      return firewall
    }
    var times: [[Double]] = [[], [], []]
    let now = StillClock().now
    for _ in 0..<repeats {
      times[0].append(
        nanoseconds {
          for packet in packets where table.verdict(of: packet, minuteOfWeek: { 0 }).passes { decided += 1 }
        } / Double(packets.count))
      let alone = try firewall()
      times[1].append(
        nanoseconds { for packet in summaries where alone.admits(packet, at: now) { decided += 1 } }
          / Double(summaries.count))
      let inside = try firewall()
      let network = try stack(inside)
      times[2].append(
        nanoseconds { for frame in frames { frame.withUnsafeBytes { network.receive($0, at: now) } } }
          / Double(frames.count))
      decided += inside.connectionCount
    }
    figures.append([compile / 1e6, Double(table.byteCount) / 1024, Double(table.diagramCount)] + times.map(median))
  }
  let columns = (0..<6).map { column in median(figures.map { $0[column] }) }
  print(count, columns.map { Double(Int($0 * 10 + 0.5)) / 10 })
  medians[count] = columns
}
for (name, column) in [("look-up", 3), ("classification", 4), ("whole frame", 5)] {
  let ratio = (medians[10_000]?[column] ?? 0) / (medians[10]?[column] ?? 1)
  print("10,000 rules to 10,", name, Double(Int(ratio * 100 + 0.5)) / 100)
}
print("(\(decided) let pass)")
