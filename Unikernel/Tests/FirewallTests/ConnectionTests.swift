import Firewall
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

struct ConnectionTests {
  static let web = FirewallFixture.flow("inbound", "tcp", "0.0.0.0/0", 80)

  @Test("only SYN without ACK opens a connection", arguments: UInt8.min...63)
  func openers(flags: UInt8) throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    let opens = flags & 2 != 0 && flags & (1 | 4 | 16) == 0
    #expect(fixture.tcpIn(flags) == opens)
    #expect(fixture.firewall.connectionCount == (opens ? 1 : 0))
  }

  @Test("segments that no state sends are dropped inside a connection, too", arguments: [0, 1, 3, 6, 7, 8, 32, 41, 19])
  func unsound(flags: UInt8) throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    #expect(fixture.establish())
    #expect(!fixture.tcpIn(flags))
    #expect(fixture.tcpIn(ack))
  }

  @Test("replies pass, and only of that connection")
  func replies() throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    #expect(!fixture.tcpOut(synAck), "before the connection is there")
    #expect(fixture.establish())
    #expect(fixture.tcpOut(ack | 8))
    #expect(!fixture.tcpOut(ack, port: 40_001))
    #expect(!fixture.tcpOut(ack, to: stranger))
    #expect(!fixture.tcpOut(ack, from: 81))
    #expect(!fixture.tcpIn(ack, from: stranger))
    #expect(!fixture.tcpIn(ack, to: 443))
  }

  @Test("an opening that nobody answers is forgotten after 5 seconds")
  func opening() throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    #expect(fixture.tcpIn(syn))
    fixture.clock.advance(by: .milliseconds(4999))
    #expect(fixture.tcpOut(synAck))
    fixture.clock.advance(by: .milliseconds(5000))
    #expect(!fixture.tcpIn(ack))
    #expect(fixture.firewall.connectionCount == 0)
  }

  @Test("an established connection lives for 10 minutes without a packet")
  func idle() throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    #expect(fixture.establish())
    fixture.clock.advance(by: .seconds(599))
    #expect(fixture.tcpIn(ack))
    fixture.clock.advance(by: .seconds(599))
    #expect(fixture.tcpOut(ack))
    fixture.clock.advance(by: .seconds(600))
    #expect(!fixture.tcpIn(ack))
  }

  @Test("a connection closed by both sides is forgotten after 5 seconds, and its port can open another")
  func close() throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    #expect(fixture.establish())
    #expect(fixture.tcpIn(finAck))
    fixture.clock.advance(by: .seconds(60))
    #expect(fixture.tcpOut(ack), "one side closed: the other may still send")
    fixture.clock.advance(by: .seconds(100))
    #expect(fixture.tcpOut(finAck))
    #expect(fixture.tcpIn(ack), "the last acknowledgement")
    #expect(fixture.tcpIn(syn))
    #expect(fixture.tcpOut(synAck))
    #expect(fixture.tcpIn(finAck))
    #expect(fixture.tcpOut(finAck))
    fixture.clock.advance(by: .seconds(5))
    #expect(!fixture.tcpIn(ack))
  }

  @Test("a repeated FIN of one side does not close the other")
  func repeatedFIN() throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    #expect(fixture.establish())
    #expect(fixture.tcpIn(finAck))
    #expect(fixture.tcpIn(finAck))
    fixture.clock.advance(by: .seconds(100))
    #expect(fixture.tcpOut(ack))
  }

  @Test("a port used again after its end is judged by the flows in force")
  func reuse() throws {
    let fixture = try FirewallFixture([FirewallFixture.flow("outbound", "tcp", "10.0.0.7", 80)])
    #expect(fixture.tcpOut(syn, port: 80, from: 50_000))
    #expect(fixture.tcpIn(synAck, port: 80, to: 50_000))
    #expect(fixture.tcpOut(finAck, port: 80, from: 50_000))
    #expect(fixture.tcpIn(finAck, port: 80, to: 50_000))
    #expect(!fixture.tcpIn(syn, port: 80, to: 50_000), "the peer may not open one in the other direction")
    #expect(fixture.firewall.connectionCount == 0)
  }

  @Test("a reset by the image ends a connection at once")
  func ownReset() throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    #expect(fixture.establish())
    #expect(fixture.tcpOut(rstAck))
    #expect(fixture.firewall.connectionCount == 0)
    #expect(!fixture.tcpIn(ack))
  }

  @Test("a reset by the peer ends a connection soon, unless the image goes on")
  func foreignReset() throws {
    let fixture = try FirewallFixture([ConnectionTests.web])
    #expect(fixture.establish())
    #expect(fixture.tcpIn(rst))
    fixture.clock.advance(by: .seconds(5))
    #expect(!fixture.tcpOut(ack))

    #expect(fixture.establish())
    #expect(fixture.tcpIn(rst), "forged: TCP answers with a challenge")
    #expect(fixture.tcpOut(ack))
    fixture.clock.advance(by: .seconds(500))
    #expect(fixture.tcpIn(ack))
  }

  @Test("UDP replies pass until the flow is idle")
  func udp() throws {
    let fixture = try FirewallFixture([FirewallFixture.flow("outbound", "udp", "10.0.0.7", 53)])
    #expect(!fixture.admits(17, inboundFrom: friend, 53, to: 50_000))
    #expect(fixture.admits(17, outboundTo: friend, 53, from: 50_000))
    #expect(fixture.admits(17, inboundFrom: friend, 53, to: 50_000))
    #expect(!fixture.admits(17, inboundFrom: friend, 54, to: 50_000))
    fixture.clock.advance(by: .seconds(59))
    #expect(fixture.admits(17, inboundFrom: friend, 53, to: 50_000))
    fixture.clock.advance(by: .seconds(60))
    #expect(!fixture.admits(17, inboundFrom: friend, 53, to: 50_000))
  }

  @Test("a UDP flow without answer is forgotten after 15 seconds")
  func unansweredUDP() throws {
    let fixture = try FirewallFixture([FirewallFixture.flow("outbound", "udp", "10.0.0.7", 53)])
    #expect(fixture.admits(17, outboundTo: friend, 53, from: 50_000))
    fixture.clock.advance(by: .seconds(15))
    #expect(!fixture.admits(17, inboundFrom: friend, 53, to: 50_000))
  }

  @Test("echo passes only where a flow says so, and nothing else of ICMP ever does")
  func icmp() throws {
    let fixture = try FirewallFixture([FirewallFixture.flow("inbound", "icmp", "10.0.0.0/24", 0)])
    #expect(!fixture.icmp(.outbound, type: 0), "a reply that nobody asked for")
    #expect(fixture.icmp(.inbound, type: 8))
    #expect(fixture.icmp(.outbound, type: 0))
    #expect(!fixture.icmp(.outbound, type: 8), "the other direction has no flow")
    #expect(!fixture.icmp(.inbound, type: 8, peer: stranger))
    #expect(!fixture.icmp(.inbound, type: 8, code: 1))
    for type in [3, 4, 5, 9, 10, 11, 12, 13, 17, 255, 65_535] as [UInt16] {
      #expect(!fixture.icmp(.inbound, type: type), "type \(type)")
    }
    #expect(fixture.icmp(.inbound, type: 8))
    fixture.clock.advance(by: .seconds(5))
    #expect(!fixture.icmp(.outbound, type: 0))
  }

  @Test("other protocols are dropped", arguments: [0, 2, 41, 47, 50, 58, 132, 255] as [UInt8])
  func otherProtocols(number: UInt8) throws {
    let fixture = try FirewallFixture([FirewallFixture.flow("inbound", "udp", "0.0.0.0/0", 0), ConnectionTests.web])
    #expect(!fixture.admits(number, inboundFrom: friend, 0, to: 0))
  }

  @Test("an error passes, wherever it comes from, if it is about a connection that some flow admitted")
  func related() throws {
    let fixture = try FirewallFixture([
      FirewallFixture.flow("inbound", "tcp", "10.0.0.0/24", 80),
      FirewallFixture.flow("outbound", "udp", "10.0.0.7", 53),
    ])
    #expect(!fixture.error(about: 6))
    #expect(fixture.establish())
    #expect(fixture.error(about: 6))
    #expect(!fixture.error(about: 6, port: 40_001))
    #expect(!fixture.error(about: 6, to: stranger))
    #expect(!fixture.error(about: 17))
    #expect(!fixture.error(about: 200))
    #expect(fixture.admits(17, outboundTo: friend, 53, from: 50_000))
    #expect(fixture.error(about: 17, port: 53, from: 50_000))
    // The same message that quotes nothing of the kind is dropped as before.
    #expect(!fixture.icmp(.inbound, type: 3, code: 4, peer: stranger))
    // Errors do not keep a connection alive.
    fixture.clock.advance(by: .seconds(599))
    #expect(fixture.error(about: 6))
    fixture.clock.advance(by: .seconds(1))
    #expect(!fixture.error(about: 6))
  }
}
