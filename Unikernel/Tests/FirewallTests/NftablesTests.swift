import Firewall
import FirewallCompilation
import Foundation
import Interchange
import LibraryOS
import LibraryOSTesting
import RuleSetGeneration
import Testing

private let hasNftables = getuid() == 0 && access("/usr/sbin/nft", X_OK) == 0 && access("/usr/sbin/ip", X_OK) == 0

/// The same rules and packets, given to nftables in network namespaces and to the firewall.
struct NftablesTests {
  struct Batch: Encodable {
    var ruleset: String
    var packets: [[String]]
    var marks: [String: String]
  }

  /// Packets in an order, each with whether the firewall let it pass.
  private struct Session {
    var probes: [Probe] = []
    var verdicts: [Bool] = []
    let firewall: Firewall
    let clock: ManualClock
    /// The ends of TCP connections that there have been. Ports that are used again soon after are one of the differences.
    var used: Set<String> = []
    /// Whether some rule drops packets of connections.
    let dropsEstablished: Bool

    init(_ rules: [PacketRule], defaultPasses: Bool) throws {
      let fixture = try FirewallFixture(rules, defaultPasses: defaultPasses)
      firewall = fixture.firewall
      dropsEstablished = rules.contains { !$0.passes && $0.states.contains(.established) }
      clock = fixture.clock
    }

    mutating func give(_ probe: Probe, about sent: Probe? = nil) -> Bool {
      guard probe.isRoutable, probes.count < 60_000 else { return false }
      let passes =
        sent.map { firewall.admits(error: probe.summary, about: $0.summary, at: clock.now) }
        ?? firewall.admits(probe.summary, at: clock.now)
      probes.append(probe)
      verdicts.append(passes)
      return passes
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// A packet at the borders of some rule, as a probe.
  private static func probe(_ generator: inout RuleSetGenerator, _ rules: [PacketRule]) -> Probe {
    let packet = generator.packet(near: rules[generator.number(below: rules.count)])
    let (transport, isIPv6) = packet.kind.parts
    let values = packet.values
    let peer =
      isIPv6
      ? IPAddress(
        IPv6Address(
          high: UInt64(values[0]) << 32 | UInt64(values[1]), low: UInt64(values[2]) << 32 | UInt64(values[3])))
      : IPAddress(IPv4Address(raw: values[0]))
    let numbers: [PacketRule.Transport: UInt8] = [.tcp: 6, .udp: 17, .icmp: 1, .icmpv6: 58]
    let isPlain = !packet.isInbound && !transport.isControl
    return Probe(
      isInbound: packet.isInbound, number: numbers[transport] ?? 6, peer: peer,
      peerPort: isPlain ? packet.destinationPort : packet.sourcePort,
      ownPort: isPlain ? packet.sourcePort : packet.destinationPort, flags: transport == .tcp ? syn : 0)
  }

  private static let segments: [UInt8] = [
    syn, synAck, synAck, ack, ack, ack, ack | 8, ack | 8, finAck, finAck | 8, 0, 1, 3, 41, 6, 32, 48, 34, 63, 50, 21,
    11,
  ]

  private static func session(seed: UInt64, count: Int, states: Bool) throws -> (Session, String) {
    var generator = RuleSetGenerator(seed: seed)
    var rules = generator.rules(count)
    if states {
      for index in rules.indices where generator.number(below: 3) == 0 {
        rules[index].states = Set(
          FirewallTable.State.allCases.filter { _ in generator.number(below: 3) == 0 } + [.new])
      }
    }
    let defaultPasses = seed % 4 == 3
    var session = try Session(rules, defaultPasses: defaultPasses)
    var open: [Probe] = []
    for _ in 0..<900 {
      var first = probe(&generator, rules)
      switch generator.number(below: 12) {
      case 0: if first.number == 6 { first.flags = segments[generator.number(below: segments.count)] }
      case 1:
        // An error about a packet that was never sent.
        var sent = first
        if sent.number == 6 || sent.number == 17, !session.used.contains(sent.ends) {
          sent.isInbound = false
          _ = session.give(error(about: sent), about: sent)
        }
      default: break
      }
      if first.number == 6, session.used.contains(first.ends) { continue }
      let passed = session.give(first)
      guard passed, first.number == 6 ? first.flags == syn : true else { continue }
      if first.number == 6 { follow(first, &session, &generator, &open) } else { answer(first, &session, &generator) }
      if let known = open.last, generator.number(below: 3) == 0 {
        var sent = known
        sent.isInbound = false
        _ = session.give(error(about: sent), about: sent)
      }
    }
    return (session, NftablesRules.ruleset(rules, defaultPasses: defaultPasses))
  }

  /// What comes after the first segment: something that may be right at each step, until somebody resets it.
  private static func follow(
    _ first: Probe, _ session: inout Session, _ generator: inout RuleSetGenerator, _ open: inout [Probe]
  ) {
    var next = first
    var ends = 0
    session.used.insert(first.ends)
    for step in 0..<generator.number(below: 9) {
      let isRegular = generator.number(below: 2) == 0
      next.isInbound = isRegular && step < 2 ? (step == 0) != first.isInbound : generator.number(below: 2) == 0
      next.flags = isRegular && step < 2 ? [synAck, ack][step] : segments[generator.number(below: segments.count)]
      let passed = session.give(next)
      // nftables follows what its rules then drop, which is one of the differences.
      if !passed, session.dropsEstablished { return }
      if passed, next.flags == finAck || next.flags == finAck | 8 { ends += 1 }
      // What comes after both have ended, or one has twice, is one of the differences.
      if ends == 2 { return }
      if step == 1, isRegular, passed { open.append(first) }
    }
    if generator.number(below: 4) == 0 {
      next.flags = [rst, rstAck][generator.number(below: 2)]
      _ = session.give(next)
      open.removeAll { $0.peer == first.peer }
    }
  }

  /// Answers and more questions of UDP and ICMP.
  private static func answer(_ first: Probe, _ session: inout Session, _ generator: inout RuleSetGenerator) {
    var next = first
    for _ in 0..<generator.number(below: 4) {
      next.isInbound = generator.number(below: 2) == 0
      if first.number == 1 || first.number == 58 {
        let replies: [UInt16: UInt16] = [8: 0, 13: 14, 15: 16, 17: 18, 128: 129, 139: 140]
        guard let reply = replies[first.peerPort] else { return }
        next.peerPort = next.isInbound == first.isInbound ? first.peerPort : reply
      }
      _ = session.give(next)
    }
  }

  /// "Fragmentation needed" or "packet too big" about something that the image has sent; of UDP "port unreachable".
  private static func error(about sent: Probe) -> Probe {
    var quotes = sent.bytes(tag: 0)
    quotes = Array(quotes.prefix((sent.peer.isIPv4 ? 20 : 40) + 8))
    let isTCP = sent.number == 6
    return sent.peer.isIPv4
      ? Probe(isInbound: true, number: 1, peer: sent.peer, peerPort: 3, ownPort: isTCP ? 4 : 3, quotes: quotes)
      : Probe(
        isInbound: true, number: 58, peer: sent.peer, peerPort: isTCP ? 2 : 1, ownPort: isTCP ? 0 : 4, quotes: quotes)
  }

  @Test(
    "packets, connections and errors come to the same end as with nftables",
    .enabled(if: hasNftables, "needs root, nftables and iproute2"), .timeLimit(.minutes(5)))
  func differential() throws {
    var sessions: [Session] = []
    var batches: [Batch] = []
    let mark = Probe(
      isInbound: true, number: 17, peer: IPAddress(IPv4Address(192, 0, 2, 1)), peerPort: 9, ownPort: 9)
    var back = mark
    back.isInbound = false
    for seed in 1...8 as ClosedRange<UInt64> {
      let (session, ruleset) = try NftablesTests.session(
        seed: seed, count: [5, 40, 200, 600][Int(seed % 4)], states: seed > 4)
      sessions.append(session)
      batches.append(
        Batch(
          ruleset: ruleset,
          packets: session.probes.enumerated().map { index, probe in
            [probe.isInbound ? "o" : "i", NftablesTests.hex(probe.bytes(tag: index + 1))]
          },
          marks: [
            "o": NftablesTests.hex(mark.bytes(tag: 0xFFF0)), "i": NftablesTests.hex(back.bytes(tag: 0xFFF1)),
          ]))
    }
    let passed = try NftablesTests.ask(batches)
    var count = 0
    var admitted = 0
    for (index, session) in sessions.enumerated() {
      try #require(passed[index].count == session.probes.count)
      for (place, probe) in session.probes.enumerated() {
        count += 1
        if passed[index][place] { admitted += 1 }
        guard session.verdicts[place] != passed[index][place] else { continue }
        let before = session.probes[..<place].filter { $0.peer == probe.peer && $0.number == probe.number }
        Issue.record(
          "seed \(index + 1), packet \(place + 1): nftables \(passed[index][place]), firewall \(session.verdicts[place]): \(probe); before: \(before.map { "\($0.isInbound ? "in" : "out") \($0.peerPort) \($0.ownPort) \($0.flags)" })"
        )
      }
    }
    #expect(count > 8000 && admitted > count / 10 && admitted < count * 9 / 10, "\(admitted) of \(count)")
  }

  private static func ask(_ batches: [Batch]) throws -> [[Bool]] {
    let input = FileManager.default.temporaryDirectory.appending(path: "nftables-\(UUID().uuidString).json")
    try JSONEncoder().encode(batches).write(to: input)
    defer { try? FileManager.default.removeItem(at: input) }
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "nftables.py").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script]
    process.standardInput = try FileHandle(forReadingFrom: input)
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(complaint)")
    return try JSONDecoder().decode([[Bool]].self, from: answer)
  }
}
