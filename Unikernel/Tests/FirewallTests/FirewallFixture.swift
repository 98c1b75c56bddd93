import Firewall
import FirewallCompilation
import Interchange
import LibraryOS
import LibraryOSTesting

let image = IPv4Address(10, 0, 0, 2)
let friend = IPv4Address(10, 0, 0, 7)
let stranger = IPv4Address(192, 0, 2, 9)

/// TCP flags.
let syn: UInt8 = 2
let synAck: UInt8 = 18
let ack: UInt8 = 16
let finAck: UInt8 = 17
let rst: UInt8 = 4
let rstAck: UInt8 = 20

/// A firewall with a clock and a record of events.
final class FirewallFixture {
  let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
  let recorder = EventRecorder()
  let firewall: Firewall

  init(_ rules: [PacketRule]? = nil, defaultPasses: Bool = false) throws {
    firewall = Firewall(clock: clock, random: RepeatableRandom(), events: recorder)
    if let rules { try set(rules, defaultPasses: defaultPasses) }
  }

  func set(_ rules: [PacketRule], defaultPasses: Bool = false) throws {
    try firewall.configure([("rules", try FirewallFixture.tables([rules], defaultPasses: defaultPasses))])
  }

  /// The value of a parameter: one table for each list.
  static func tables(_ lists: [[PacketRule]], defaultPasses: Bool = false) throws -> ParameterValue {
    .list(try lists.map { .bytes(try FirewallCompiler.table($0, defaultPasses: defaultPasses)) })
  }

  /// A network as rules name it.
  static func network(_ text: ByteString) -> PolicyAddress {
    guard let network = IPNetwork(text) else { fatalError("no network: \(text)") }
    var address = network.address.policyAddress
    address.prefixLength = UInt8(network.prefixLength)
    return address
  }

  /// A rule that lets connections be opened; with port 0 to any port. ICMP means that of the network's version, and echo.
  static func flow(_ direction: String, _ transport: String, _ peer: ByteString, _ port: UInt16) -> PacketRule {
    let network = network(peer)
    let isControl = transport == "icmp"
    let type: UInt8 = network.isIPv6 ? 128 : 8
    return PacketRule(
      passes: true, directions: [direction == "inbound" ? .inbound : .outbound],
      transports: isControl ? [network.isIPv6 ? .icmpv6 : .icmp] : [transport == "tcp" ? .tcp : .udp],
      peers: [network], destinationPorts: port == 0 ? nil : [port...port], types: isControl ? [type...type] : nil)
  }

  /// A TCP segment from `remote` to the image.
  func tcpIn(_ flags: UInt8, from remote: IPv4Address = friend, port: UInt16 = 40_000, to local: UInt16 = 80) -> Bool {
    admits(6, inboundFrom: remote, port, to: local, flags)
  }

  /// A TCP segment from the image to `remote`.
  func tcpOut(_ flags: UInt8, to remote: IPv4Address = friend, port: UInt16 = 40_000, from local: UInt16 = 80) -> Bool {
    admits(6, outboundTo: remote, port, from: local, flags)
  }

  func admits(
    _ number: UInt8, inboundFrom remote: IPv4Address, _ port: UInt16, to local: UInt16, _ flags: UInt8 = 0
  ) -> Bool {
    firewall.admits(
      PacketSummary(
        direction: .inbound, protocolNumber: number, source: remote, destination: image, sourcePort: port,
        destinationPort: local, tcpFlags: flags), at: clock.now)
  }

  func admits(
    _ number: UInt8, outboundTo remote: IPv4Address, _ port: UInt16, from local: UInt16, _ flags: UInt8 = 0
  ) -> Bool {
    firewall.admits(
      PacketSummary(
        direction: .outbound, protocolNumber: number, source: image, destination: remote, sourcePort: local,
        destinationPort: port, tcpFlags: flags), at: clock.now)
  }

  /// An ICMP message of that type and code.
  func icmp(
    _ direction: PacketSummary.Direction, type: UInt16, code: UInt16 = 0, peer: IPv4Address = friend
  ) -> Bool {
    firewall.admits(
      PacketSummary(
        direction: direction, protocolNumber: 1, source: direction == .inbound ? peer : image,
        destination: direction == .inbound ? image : peer, sourcePort: type, destinationPort: code), at: clock.now)
  }

  /// An ICMP error from a router that quotes what the image sent.
  func error(
    about number: UInt8, to remote: IPv4Address = friend, port: UInt16 = 40_000, from local: UInt16 = 80
  ) -> Bool {
    firewall.admits(
      error: PacketSummary(
        direction: .inbound, protocolNumber: 1, source: stranger, destination: image, sourcePort: 3, destinationPort: 4),
      about: PacketSummary(
        direction: .outbound, protocolNumber: number, source: image, destination: remote, sourcePort: local,
        destinationPort: port), at: clock.now)
  }

  /// Opens a connection from `friend` to port 80, up to and with the third segment.
  func establish(port: UInt16 = 40_000) -> Bool {
    tcpIn(syn, port: port) && tcpOut(synAck, port: port) && tcpIn(ack, port: port)
  }
}
