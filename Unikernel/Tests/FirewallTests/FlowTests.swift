import Firewall
import FirewallCompilation
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

struct FlowTests {
  static let flow = FirewallFixture.flow

  @Test("without flows nothing passes, configured or not")
  func nothing() throws {
    for fixture in [try FirewallFixture(), try FirewallFixture([])] {
      #expect(!fixture.tcpIn(syn))
      #expect(!fixture.tcpOut(syn, port: 80, from: 40_000))
      #expect(!fixture.admits(17, inboundFrom: friend, 5353, to: 53))
      #expect(!fixture.icmp(.inbound, type: 8))
      #expect(fixture.firewall.counter("dropped") == 4)
      #expect(fixture.firewall.counter("admitted") == 0)
    }
  }

  @Test(
    "a flow admits its direction, protocol, peer and port, and nothing else",
    arguments: [
      ("inbound", "tcp", "10.0.0.0/24", 80, true), ("inbound", "tcp", "10.0.0.7", 80, true),
      ("inbound", "tcp", "10.0.0.7/32", 0, true), ("inbound", "tcp", "0.0.0.0/0", 80, true),
      ("inbound", "tcp", "0.0.0.0/0", 0, true), ("inbound", "tcp", "10.0.0.99/24", 80, true),
      ("inbound", "tcp", "10.0.0.6", 80, false), ("inbound", "tcp", "10.0.1.0/24", 80, false),
      ("inbound", "tcp", "10.0.0.0/24", 81, false), ("inbound", "udp", "10.0.0.0/24", 80, false),
      ("outbound", "tcp", "10.0.0.0/24", 80, false), ("inbound", "icmp", "0.0.0.0/0", 0, false),
      ("inbound", "tcp", "10.0.0.0/29", 80, true), ("inbound", "tcp", "10.0.0.0/30", 80, false),
      ("inbound", "tcp", "0.0.0.0/1", 80, true), ("inbound", "tcp", "128.0.0.0/1", 80, false),
    ] as [(String, String, ByteString, UInt16, Bool)])
  func matching(direction: String, transport: String, peer: ByteString, port: UInt16, admitted: Bool) throws {
    let fixture = try FirewallFixture([FlowTests.flow(direction, transport, peer, port)])
    #expect(fixture.tcpIn(syn) == admitted)
  }

  @Test("for an outbound flow the peer is where the packet goes")
  func outbound() throws {
    let fixture = try FirewallFixture([FlowTests.flow("outbound", "tcp", "10.0.0.7", 80)])
    #expect(fixture.tcpOut(syn, to: friend, port: 80, from: 50_000))
    #expect(!fixture.tcpOut(syn, to: friend, port: 81, from: 50_000))
    #expect(!fixture.tcpOut(syn, to: stranger, port: 80, from: 50_000))
    #expect(!fixture.tcpIn(syn, from: friend, port: 50_000, to: 80))
    #expect(fixture.tcpIn(synAck, from: friend, port: 80, to: 50_000))
    #expect(!fixture.tcpIn(synAck, from: stranger, port: 80, to: 50_000))
  }

  private func six(
    _ fixture: FirewallFixture, _ text: ByteString, number: UInt8 = 6, port: UInt16 = 40_000, to local: UInt16 = 80,
    flags: UInt8 = syn
  ) throws -> Bool {
    fixture.firewall.admits(
      PacketSummary(
        direction: .inbound, protocolNumber: number, source: try #require(IPAddress(text)),
        destination: try #require(IPAddress("fd00::2")), sourcePort: port, destinationPort: local, tcpFlags: flags),
      at: fixture.clock.now)
  }

  @Test(
    "a flow with an IPv6 network admits its hosts, and no flow of IPv4 admits any",
    arguments: [
      ("fd00::/64", "fd00::7", true), ("fd00::7", "fd00::7", true), ("fd00::6", "fd00::7", false),
      ("fd00::/8", "fd00::7", true), ("fd01::/64", "fd00::7", false), ("::/0", "fd00::7", true),
      ("fd00:0:0:1::/64", "fd00:0:0:2::7", false), ("fd00:0:0:1::/63", "fd00:0:0:1::7", true),
      ("fd00::4/126", "fd00::7", true), ("fd00::4/127", "fd00::7", false),
      ("0.0.0.0/0", "fd00::7", false), ("10.0.0.0/8", "fd00::7", false), ("0.0.0.0/0", "a00::7", false),
    ] as [(ByteString, ByteString, Bool)])
  func versionSix(peer: ByteString, source: ByteString, admitted: Bool) throws {
    let fixture = try FirewallFixture([FlowTests.flow("inbound", "tcp", peer, 80)])
    #expect(try six(fixture, source) == admitted)
    #expect(try !six(fixture, source, to: 81))
  }

  @Test("no flow of IPv6 admits an IPv4 host")
  func noVersionFour() throws {
    let fixture = try FirewallFixture([
      FlowTests.flow("inbound", "tcp", "::/0", 0), FlowTests.flow("inbound", "icmp", "::/0", 0),
    ])
    #expect(!fixture.tcpIn(syn))
    #expect(!fixture.icmp(.inbound, type: 8))
    #expect(try six(fixture, "fd00::7"))
    // Echo of ICMPv6 passes, anything else of it does not, and neither does ICMP in IPv6.
    #expect(try six(fixture, "fd00::7", number: 58, port: 128, to: 0, flags: 0))
    #expect(try !six(fixture, "fd00::7", number: 58, port: 1, to: 0, flags: 0))
    #expect(try !six(fixture, "fd00::7", number: 58, port: 8, to: 0, flags: 0))
    #expect(try !six(fixture, "fd00::7", number: 1, port: 8, to: 0, flags: 0))
  }

  @Test("3,000 flows decide as one flow after the other would")
  func differential() throws {
    var generator = SystemRandomNumberGenerator()
    var flows: [(network: IPv4Network, port: UInt16)] = []
    for _ in 0..<3000 {
      let address = IPv4Address(raw: 0x0A00_0000 | UInt32.random(in: 0..<(1 << 16), using: &generator))
      let network = IPv4Network(address, prefixLength: Int.random(in: 20...32, using: &generator))
      flows.append((network, UInt16.random(in: 0..<20, using: &generator)))
    }
    let fixture = try FirewallFixture(
      flows.map {
        let prefix = $0.network.address.text + "/" + ByteString(decimal: $0.network.prefixLength)
        return FlowTests.flow("inbound", "udp", prefix, $0.port)
      })
    for number in 0..<2000 {
      let peer = IPv4Address(raw: 0x0A00_0000 | UInt32.random(in: 0..<(1 << 17), using: &generator))
      let port = UInt16.random(in: 1..<40, using: &generator)
      let expected = flows.contains { $0.network.contains(peer) && ($0.port == 0 || $0.port == port) }
      let source = UInt16(1000 + number)
      #expect(fixture.admits(17, inboundFrom: peer, source, to: port) == expected, "\(peer.text):\(port)")
    }
  }

  @Test("what is no table is refused, and what was in force stays")
  func refused() throws {
    let table = try FirewallCompiler.table([FlowTests.flow("inbound", "tcp", "0.0.0.0/0", 81)])
    let wrong: [ParameterValue] = [
      .list([]), .text("all"), .list([.text("table")]), .list([.bytes([])]),
      .list([.bytes(table), .bytes(table + [0])]),
      .list(Array(repeating: .bytes(table), count: 17)),
    ]
    let fixture = try FirewallFixture([FlowTests.flow("inbound", "tcp", "0.0.0.0/0", 80)])
    for value in wrong {
      do {
        try fixture.firewall.configure([("rules", value)])
        Issue.record("accepted: \(value)")
      } catch let fault as ParameterFault {
        #expect(fault.parameter == "firewall.rules")
        fixture.firewall.rollback()
      }
      fixture.firewall.commit()
      #expect(fixture.tcpIn(syn, to: 80))
      #expect(!fixture.tcpIn(syn, to: 81))
    }
  }

  @Test("rules must be given at the start, once, and nothing else may be")
  func parameters() throws {
    let firewall = try FirewallFixture().firewall
    let rules = try FirewallFixture.tables([[]])
    #expect(throws: ParameterFault("firewall.rules", expected: "to be given at the start")) {
      try firewall.configure([])
    }
    #expect(throws: ParameterFault("firewall.flows", expected: "no parameter but rules and clients")) {
      try firewall.configure([("flows", rules)])
    }
    #expect(throws: ParameterFault("firewall.rules", expected: "to be given once")) {
      try firewall.configure([("rules", rules), ("rules", rules)])
    }
    try firewall.configure([("rules", rules)])
    try firewall.configure([])
  }

  @Test("prepared rules count only when they are committed")
  func rollback() throws {
    let fixture = try FirewallFixture([])
    let all = try FirewallFixture.tables([[FlowTests.flow("inbound", "tcp", "0.0.0.0/0", 0)]])
    try fixture.firewall.prepare([Parameter(module: "firewall", name: "rules", value: all)])
    #expect(!fixture.tcpIn(syn))
    fixture.firewall.rollback()
    fixture.firewall.commit()
    #expect(!fixture.tcpIn(syn))
  }
}
