import Firewall
import FirewallCompilation
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

struct FirewallTests {
  static let web = FirewallFixture.flow("inbound", "tcp", "0.0.0.0/0", 80)

  @Test("of clients behind a forwarder those pass that may, the others are told of; new settings count at once")
  func clients() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    let client = Endpoint(stranger, port: 4711)
    #expect(fixture.firewall.admits(client: client, to: 80), "nothing was said of them")
    func set(_ networks: [ByteString]...) throws {
      let lists = networks.map { $0.map { FirewallFixture.flow("inbound", "tcp", $0, 80) } }
      try fixture.firewall.configure([("clients", try FirewallFixture.tables(lists))])
    }
    try set(["10.0.0.0/24", "198.51.100.1"])
    #expect(fixture.firewall.admits(client: Endpoint(friend, port: 1), to: 80))
    #expect(!fixture.firewall.admits(client: client, to: 80))
    #expect(fixture.firewall.counter("clients-refused") == 1)
    let event = try #require(fixture.recorder.events.last)
    #expect(event.action == "refused" && event.details.contains(ParameterField("source", .text("192.0.2.9"))))
    try set(["0.0.0.0/0"], ["10.0.0.0/24", "192.0.2.9"])
    #expect(fixture.firewall.admits(client: client, to: 80))
    #expect(!fixture.firewall.admits(client: client, to: 81))
    try set([])
    #expect(!fixture.firewall.admits(client: Endpoint(friend, port: 1), to: 80))
    for value in [ParameterValue.text("any"), .list([.integer(1)]), .list([.bytes([1])])] {
      #expect(throws: ParameterFault.self) { try fixture.firewall.configure([("clients", value)]) }
    }
    #expect(!fixture.firewall.admits(client: client, to: 80), "what was refused changes nothing")
    try set()
    #expect(fixture.firewall.admits(client: client, to: 80))
  }

  /// Opens connections from as many other sources as there are places left.
  private func fill(_ fixture: FirewallFixture) {
    for host in 0..<UInt32(Firewall.maximumConnections) {
      let source = IPv4Address(raw: 0x0B00_0000 + host)
      _ = fixture.tcpIn(syn, from: source) && fixture.tcpOut(synAck, to: source) && fixture.tcpIn(ack, from: source)
    }
  }

  @Test("a table full of established connections refuses new ones, counts them, and goes on with those it has")
  func full() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    fill(fixture)
    #expect(fixture.firewall.connectionCount == Firewall.maximumConnections)
    #expect(!fixture.tcpIn(syn, from: IPv4Address(raw: 0x0C00_0000)))
    #expect(fixture.firewall.counter("table-full") == 1)
    #expect(fixture.recorder.events.last?.details.last?.value == .text("table full"))
    let member = IPv4Address(raw: 0x0B00_0007)
    #expect(fixture.tcpIn(ack, from: member))
    #expect(fixture.tcpOut(rst, to: member))
    #expect(fixture.tcpIn(syn, from: IPv4Address(raw: 0x0C00_0000)), "a place became free")
  }

  @Test("one source gets half of the places, a second one half of the rest and no more, and others still find some")
  func shares() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    func greedy(_ source: IPv4Address) -> Int {
      (0..<UInt16(Firewall.maximumConnections)).reduce(0) {
        $0 + (fixture.tcpIn(syn, from: source, port: 1000 + $1) ? 1 : 0)
      }
    }
    #expect(greedy(friend) == Firewall.maximumConnections / 2)
    #expect(fixture.firewall.counter("share-used") == UInt64(Firewall.maximumConnections / 2))
    #expect(fixture.recorder.events.last?.details.last?.value == .text("source has its share"))
    #expect(greedy(stranger) == Firewall.maximumConnections / 4)
    #expect(fixture.tcpIn(syn, from: IPv4Address(192, 0, 2, 10)))
    #expect(!fixture.tcpIn(syn, from: friend, port: 60_000))
  }

  @Test("of IPv6, a network of 64 bits is one source")
  func sharesIPv6() throws {
    let fixture = try FirewallFixture([FirewallFixture.flow("inbound", "tcp", "::/0", 80)])
    let local = try #require(IPAddress("fd00::2"))
    var admitted = 0
    for host in 0..<UInt64(Firewall.maximumConnections) {
      let packet = PacketSummary(
        direction: .inbound, protocolNumber: 6, source: IPAddress(IPv6Address(high: 0x2001_0DB8 << 32, low: host)),
        destination: local, sourcePort: 4000, destinationPort: 80, tcpFlags: syn)
      if fixture.firewall.admits(packet, at: fixture.clock.now) { admitted += 1 }
    }
    #expect(admitted == Firewall.maximumConnections / 2)
  }

  @Test("a flood from a million sources takes no more places than there are, and new ones find one")
  func flood() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    #expect(fixture.establish())
    for host in 0..<1_000_000 as Range<UInt32> {
      _ = fixture.tcpIn(syn, from: IPv4Address(raw: 0x0B00_0000 &+ host &* 4099))
    }
    #expect(fixture.firewall.connectionCount == Firewall.maximumConnections)
    #expect(fixture.tcpIn(ack), "what is established is not replaced")
    #expect(fixture.tcpIn(syn, port: 40_001) && fixture.tcpOut(synAck, port: 40_001))
    fixture.clock.advance(by: .seconds(5))
    fixture.firewall.expire(at: fixture.clock.now)
    #expect(fixture.firewall.connectionCount == 1)
  }

  @Test("all connections are found again after any mixture of openings and ends")
  func churn() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    var open: Set<UInt16> = []
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let port = UInt16.random(in: 0..<3000, using: &generator)
      if open.contains(port) {
        #expect(fixture.tcpOut(rst, port: port))
        open.remove(port)
      } else {
        #expect(!fixture.tcpIn(ack, port: port))
        #expect(fixture.tcpIn(syn, port: port))
        open.insert(port)
      }
    }
    #expect(fixture.firewall.connectionCount == open.count)
    for port in 0..<3000 as Range<UInt16> {
      #expect(fixture.tcpOut(synAck, port: port) == open.contains(port))
    }
  }

  @Test("expiry frees what is idle and asks to be called again while anything is left")
  func expiry() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    #expect(fixture.firewall.deadline == nil)
    #expect(fixture.tcpIn(syn, port: 1))
    #expect(fixture.firewall.deadline == fixture.clock.now + .seconds(1))
    fixture.clock.advance(by: .seconds(3))
    #expect(fixture.establish(port: 2))
    fixture.clock.advance(by: .seconds(2))
    fixture.firewall.expire(at: fixture.clock.now)
    #expect(fixture.firewall.connectionCount == 1)
    #expect(fixture.firewall.deadline == fixture.clock.now + .seconds(1))
    fixture.clock.advance(by: .seconds(600))
    fixture.firewall.expire(at: fixture.clock.now)
    #expect(fixture.firewall.connectionCount == 0)
    #expect(fixture.firewall.deadline == nil)
  }

  @Test("new flows end at once the connections that they do not admit, and no others")
  func revocation() throws {
    let fixture = try FirewallFixture([FirewallTests.web, FirewallFixture.flow("outbound", "tcp", "10.0.0.0/24", 0)])
    #expect(fixture.establish(port: 1))
    #expect(fixture.tcpIn(syn, from: stranger, port: 2))
    #expect(fixture.tcpOut(syn, to: friend, port: 443, from: 3))
    #expect(fixture.tcpOut(syn, to: friend, port: 444, from: 4))
    try fixture.set([
      FirewallFixture.flow("inbound", "tcp", "10.0.0.0/8", 80),
      FirewallFixture.flow("outbound", "tcp", "10.0.0.7", 444),
    ])
    #expect(fixture.tcpOut(ack, port: 1))
    #expect(!fixture.tcpOut(synAck, to: stranger, port: 2))
    #expect(!fixture.tcpIn(synAck, from: friend, port: 443, to: 3))
    #expect(fixture.tcpIn(synAck, from: friend, port: 444, to: 4))
    #expect(fixture.firewall.counter("revoked") == 2)
    try fixture.set([])
    #expect(fixture.firewall.connectionCount == 0)
    #expect(!fixture.tcpOut(ack, port: 1))
  }

  @Test("a dropped opening is recorded, with who wanted what")
  func event() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    #expect(!fixture.tcpIn(syn, from: stranger, port: 1234, to: 22))
    let event = try #require(fixture.recorder.events.first)
    #expect(
      event
        == SecurityEvent(
          module: "firewall", action: "dropped", severity: .medium, time: 1_700_000_000_000,
          details: [
            ParameterField("direction", "inbound"), ParameterField("source", "192.0.2.9"),
            ParameterField("destination", "10.0.0.2"), ParameterField("destination-port", .integer(22)),
            ParameterField("protocol", "tcp"), ParameterField("reason", "no flow"),
          ]))
  }

  @Test("dropped packets that open nothing are counted, not recorded")
  func quiet() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    #expect(!fixture.tcpIn(ack))
    #expect(!fixture.tcpIn(rst))
    #expect(fixture.recorder.events.isEmpty)
    #expect(fixture.firewall.counter("dropped") == 2)
  }

  @Test("a flood is recorded ten times a second, and the rest is counted")
  func allowance() throws {
    let fixture = try FirewallFixture([FirewallTests.web])
    for port in 0..<1000 as Range<UInt16> { #expect(!fixture.tcpIn(syn, port: port, to: 22)) }
    #expect(fixture.recorder.events.count == 10)
    #expect(fixture.firewall.counter("events-suppressed") == 990)
    fixture.clock.advance(by: .seconds(1))
    #expect(!fixture.tcpIn(syn, to: 22))
    #expect(fixture.recorder.events.count == 11)
  }
}
