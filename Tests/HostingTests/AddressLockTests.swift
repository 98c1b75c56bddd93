import CHosting
import Glibc
import Testing

@testable import Hosting

/// Frames as an image that was broken into would write them to its TAP.
@Suite("The lock of addresses", .enabled(if: isRoot, "needs root"))
struct AddressLockTests {
  @Test("what an honest instance sends passes", arguments: Frames.honest)
  func passes(frame: Frames.Named) async throws {
    try await withPorts { ports in
      let passes = try await ports.passes(frame.bytes)
      #expect(passes, "\(frame.name)")
    }
  }

  @Test("what speaks for another is dropped", arguments: Frames.forged)
  func isDropped(frame: Frames.Named) async throws {
    try await withPorts { ports in
      let passes = try await ports.passes(frame.bytes)
      #expect(!passes, "\(frame.name)")
    }
  }

  @Test("a frame that ends early is dropped, wherever it ends, unless it is whole up to there")
  func truncated() async throws {
    try await withPorts { ports in
      for frame in [Frames.solicitation, Frames.advertisement, Frames.arpAnswer] {
        for count in 14..<frame.count {
          let passes = try await ports.passes(Array(frame[..<count]))
          #expect(!passes, "\(count) of \(frame.count) bytes")
        }
      }
    }
  }

  @Test("frames to another's address do not come to a port, also before that address was ever heard from")
  func unicast() async throws {
    try await withPorts { ports in
      // To the third: the second, which would see what is flooded, gets the sentinel only.
      for address in [Frames.hardware(4), [2, 0, 0, 0, 0, 9]] {
        let passes = try await ports.passes(Frames.ipv4(to: address))
        #expect(!passes)
      }
    }
  }

  @Test("the kernel has taken the lock: nothing is learned at the port, and it goes with the TAP")
  func isSet() async throws {
    try await withPorts { ports in
      let inside = "ip netns exec \(ports.network.name)"
      #expect(TestFolder.run("\(inside) bridge -d link show dev tapone | grep -q 'learning off.*flood off'") == 0)
      #expect(TestFolder.run("\(inside) bridge fdb show dev tapone | grep -q '\(Frames.text(2)).*static'") == 0)
      #expect(TestFolder.run("\(inside) tc filter show dev tapone ingress | grep -q 'bpf.*direct-action'") == 0)
    }
  }

  @Test(
    "a record with a malformed hardware address is refused",
    arguments: ["", "02:54:0a:4d:03", "03:54:0a:4d:03:02", "x"])
  func malformed(mac: String) {
    let network = ServiceNetwork(name: "testudo-1", subnet: "10.77.3.0/24")
    var record = InstanceRecord.sample(network, home: TestFolder.make("record"))
    record.mac = mac
    #expect(throws: HostingFault.self) { try PortAddresses(record) }
  }
}

/// Three locked ports of one bridge; the first is the attacker's, the second looks.
private final class Ports {
  let network: ServiceNetwork
  private let attacker: Int32
  private let witness: Int32
  private var number: UInt8 = 0

  init(network: ServiceNetwork, attacker: Int32, witness: Int32) {
    self.network = network
    self.attacker = attacker
    self.witness = witness
  }

  /// Whether a frame comes to the second port: it does before an honest frame that is sent after it, or it was dropped.
  func passes(_ frame: [UInt8]) async throws -> Bool {
    number &+= 1
    let sentinel = Frames.ipv4(to: Frames.hardware(3), payload: [0x5E, number])
    for bytes in [frame, sentinel] {
      let whole = [UInt8](repeating: 0, count: 10) + bytes
      let count = write(attacker, whole, whole.count)
      // Frames without a whole header are not even taken.
      #expect(count == whole.count || bytes.count < 14)
    }
    var hasPassed = false
    var buffer = [UInt8](repeating: 0, count: 4096)
    let isSeen = await eventually {
      while true {
        let count = read(witness, &buffer, buffer.count)
        guard count > 10 else { return false }
        let seen = Array(buffer[10..<count])
        if seen == sentinel { return true }
        if seen == frame { hasPassed = true }
      }
    }
    try #require(isSeen, "honest frames pass")
    return hasPassed
  }
}

private func withPorts(_ body: (Ports) async throws -> Void) async throws {
  try await withHost { host, network in
    try await host.createNetwork(network)
    let namespace = try NetworkNamespace(network)
    let first = try namespace.openTAP("tapone", for: Frames.addresses(2, network))
    let second = try namespace.openTAP("taptwo", for: Frames.addresses(3, network))
    let third = try namespace.openTAP("tapthree", for: Frames.addresses(4, network))
    #expect(first.lacking == nil)
    try await body(Ports(network: network, attacker: first.tap.number, witness: second.tap.number))
    withExtendedLifetime(third.tap.number) {}
    _ = consume third
  }
}

/// Frames from the instance with the number 2 to the one with the number 3, and forgeries of them.
enum Frames {
  struct Named: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
    var testDescription: String { name }
  }

  static func hardware(_ host: UInt8) -> [UInt8] { [0x02, 0x54, 0x0A, 0x4D, 0x03, host] }
  static func text(_ host: UInt8) -> String { "02:54:0a:4d:03:0\(host)" }
  static func ipv4(_ host: UInt8) -> [UInt8] { [10, 77, 3, host] }
  // The prefix follows from the network's name, which each test has its own; the lock is given this one.
  static func ipv6(_ host: UInt8) -> [UInt8] { [0xFD, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, host] }
  static func linkLocal(_ host: UInt8) -> [UInt8] {
    [0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0x00, 0x54, 0x0A, 0xFF, 0xFE, 0x4D, 0x03, host]
  }
  static let nobody = [UInt8](repeating: 0, count: 16)
  static let everybody: [UInt8] = [255, 255, 255, 255, 255, 255]
  static let allNodes: [UInt8] = [0x33, 0x33, 0, 0, 0, 1]

  static func addresses(_ host: UInt8, _ network: ServiceNetwork) -> PortAddresses {
    PortAddresses(hardware: hardware(host), ipv4: 10 << 24 | 77 << 16 | 3 << 8 | UInt32(host), ipv6: ipv6(host))
  }

  static func ethernet(_ type: UInt16, _ payload: [UInt8], from: UInt8 = 2, to: [UInt8] = hardware(3)) -> [UInt8] {
    to + hardware(from) + [UInt8(type >> 8), UInt8(type & 255)] + payload
  }

  static func ipv4(
    from: [UInt8] = ipv4(2), hardwareFrom: UInt8 = 2, to: [UInt8] = hardware(3), first: UInt8 = 0x45,
    payload: [UInt8] = [1, 2, 3, 4]
  ) -> [UInt8] {
    ethernet(
      0x0800,
      [first, 0, 0, UInt8(20 + payload.count), 0, 0, 0, 0, 64, 253, 0, 0] + from + ipv4(3) + payload,
      from: hardwareFrom, to: to)
  }

  static func arp(
    _ operation: UInt8, sender: UInt8 = 2, address: [UInt8] = ipv4(2), from: UInt8 = 2, hardwareLength: UInt8 = 6
  ) -> [UInt8] {
    ethernet(
      0x0806,
      [0, 1, 8, 0, hardwareLength, 4, 0, operation] + hardware(sender) + address + hardware(3) + ipv4(3), from: from,
      to: everybody)
  }

  static func ipv6(
    _ next: UInt8, _ payload: [UInt8], from: [UInt8] = ipv6(2), hardwareFrom: UInt8 = 2, length: Int? = nil,
    version: UInt8 = 0x60
  ) -> [UInt8] {
    let count = length ?? payload.count
    return ethernet(
      0x86DD,
      [version, 0, 0, 0, UInt8(count >> 8), UInt8(count & 255), next, 255] + from + ipv6(3) + payload,
      from: hardwareFrom)
  }

  static func discovery(
    _ type: UInt8, target: [UInt8] = ipv6(2), flags: UInt8 = 0x60, option: UInt8? = nil, naming: UInt8 = 2
  ) -> [UInt8] {
    [type, 0, 0, 0, flags, 0, 0, 0] + target + (option.map { [$0, 1] + hardware(naming) } ?? [])
  }

  /// A message of DHCP to all, as who has no address sends it.
  static func dhcp(
    from: [UInt8] = [0, 0, 0, 0], to: [UInt8] = [255, 255, 255, 255], ports: [UInt8] = [0, 68, 0, 67],
    naming: UInt8 = 2, fragment: UInt8 = 0x40
  ) -> [UInt8] {
    let message =
      [1, 1, 6, 0] + [UInt8](repeating: 0, count: 24) + hardware(naming) + [UInt8](repeating: 0, count: 202)
    let length = 28 + message.count
    return ethernet(
      0x0800,
      [0x45, 0, UInt8(length >> 8), UInt8(length & 255), 0, 0, fragment, 0, 64, 17, 0, 0] + from + to + ports
        + [UInt8((length - 20) >> 8), UInt8((length - 20) & 255), 0, 0] + message, to: everybody)
  }

  static let solicitation = ipv6(58, discovery(135, target: ipv6(3), flags: 0, option: 1))
  static let advertisement = ipv6(58, discovery(136, option: 2))
  static let arpAnswer = arp(2)

  /// A report of listeners, in its header of options.
  static let listenerReport: [UInt8] =
    [58, 0, 5, 2, 0, 0, 1, 0] + [143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0] + ipv6(2)

  static let honest = [
    Named("IPv4", ipv4()), Named("an ARP request", arp(1)), Named("an ARP answer", arpAnswer),
    Named("an ARP probe", arp(1, address: [0, 0, 0, 0])),
    Named("a question for an address", dhcp()), Named("the same from one's own address", dhcp(from: ipv4(2))),
    Named("TCP over IPv6", ipv6(6, [1, 2, 3, 4])), Named("UDP over IPv6", ipv6(17, [1, 2, 3, 4])),
    Named("IPv6 from the link's address", ipv6(17, [1, 2, 3, 4], from: linkLocal(2))),
    Named("an echo", ipv6(58, [128, 0, 0, 0, 0, 1, 0, 1])), Named("an error", ipv6(58, [1, 4, 0, 0, 0, 0, 0, 0])),
    Named("a fragment", ipv6(44, [6, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9])),
    Named("a solicitation", solicitation), Named("an advertisement", advertisement),
    Named("a solicitation for the link's address", ipv6(58, discovery(135, target: linkLocal(1), flags: 0, option: 1))),
    Named("an advertisement of the link's address", ipv6(58, discovery(136, target: linkLocal(2), option: 2))),
    Named("an advertisement without the hardware address", ipv6(58, discovery(136))),
    Named("duplicate address detection", ipv6(58, discovery(135, flags: 0), from: nobody)),
    Named("the same for the link's address", ipv6(58, discovery(135, target: linkLocal(2), flags: 0), from: nobody)),
    Named("a solicitation of routers", ipv6(58, [133, 0, 0, 0, 0, 0, 0, 0], from: nobody)),
    Named("the same with the hardware address", ipv6(58, [133, 0, 0, 0, 0, 0, 0, 0, 1, 1] + hardware(2))),
    Named("a listener report", ipv6(0, listenerReport, from: linkLocal(2))),
    Named("a listener report from nobody", ipv6(0, listenerReport, from: nobody)),
  ]

  static let forged = [
    Named("IPv4 from another's hardware address", ipv4(hardwareFrom: 3)),
    Named("IPv4 from the host's hardware address", ipv4(hardwareFrom: 1)),
    Named("IPv4 from another's address", ipv4(from: ipv4(4))), Named("IPv4 from the host", ipv4(from: ipv4(1))),
    Named("IPv4 from nobody", ipv4(from: [0, 0, 0, 0])), Named("IPv4 with options", ipv4(first: 0x46)),
    Named("a question for another's address", dhcp(naming: 4)),
    Named("an answer from nobody that lends addresses", dhcp(ports: [0, 67, 0, 68])),
    Named("a question for an address to one host", dhcp(to: ipv4(3))),
    Named("a part of a question for an address", dhcp(fragment: 0x20)),
    Named("a question for an address that is cut off", Array(dhcp()[..<75])),
    Named("IPv4 of version 5", ipv4(first: 0x55)),
    Named("ARP for another's address", arp(2, address: ipv4(4))), Named("ARP for the host", arp(2, address: ipv4(1))),
    Named("an ARP request from another's address", arp(1, address: ipv4(1))),
    Named("ARP that names another's hardware address", arp(2, sender: 4)),
    Named("ARP from another's hardware address", arp(2, from: 4)),
    Named("an ARP answer from nobody", arp(2, address: [0, 0, 0, 0])), Named("reverse ARP", arp(3)),
    Named("ARP with long addresses", arp(2, hardwareLength: 8)),
    Named("IPv6 from another's address", ipv6(17, [1, 2, 3, 4], from: ipv6(4))),
    Named("IPv6 from the host", ipv6(17, [1, 2, 3, 4], from: ipv6(1))),
    Named("IPv6 from another's address for the link", ipv6(17, [1, 2, 3, 4], from: linkLocal(4))),
    Named("IPv6 from another's hardware address", ipv6(17, [1, 2, 3, 4], hardwareFrom: 4)),
    Named("IPv6 from nobody", ipv6(17, [1, 2, 3, 4], from: nobody)),
    Named("IPv6 of version 4", ipv6(17, [1, 2, 3, 4], version: 0x40)),
    Named("IPv6 that is shorter than it says", ipv6(17, [1, 2, 3, 4], length: 5)),
    Named("an advertisement for another", ipv6(58, discovery(136, target: ipv6(4), option: 2))),
    Named("an advertisement for the host", ipv6(58, discovery(136, target: ipv6(1), option: 2))),
    Named(
      "an advertisement for the host's address of the link", ipv6(58, discovery(136, target: linkLocal(1), option: 2))),
    Named("an advertisement that names another's hardware", ipv6(58, discovery(136, option: 2, naming: 4))),
    Named("an advertisement with the other kind of address", ipv6(58, discovery(136, option: 1))),
    Named("an advertisement with two", ipv6(58, discovery(136, option: 2) + [2, 1] + hardware(4))),
    Named("an advertisement as a router", ipv6(58, discovery(136, flags: 0xE0, option: 2))),
    Named("a solicitation that names another's hardware", ipv6(58, discovery(135, flags: 0, option: 1, naming: 4))),
    Named("a probe for another's address", ipv6(58, discovery(135, target: ipv6(4), flags: 0), from: nobody)),
    Named("a probe with a hardware address", ipv6(58, discovery(135, flags: 0, option: 1), from: nobody)),
    Named("a router's advertisement", ipv6(58, [134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0])),
    Named(
      "a solicitation of routers with another's hardware", ipv6(58, [133, 0, 0, 0, 0, 0, 0, 0, 1, 1] + hardware(4))),
    Named("a redirect", ipv6(58, discovery(137) + ipv6(4))), Named("a listener query", ipv6(58, discovery(130))),
    Named("a listener query behind options", ipv6(0, [58, 0, 5, 2, 0, 0, 1, 0] + discovery(130))),
    Named(
      "an advertisement behind options",
      ipv6(0, [58, 0, 1, 4, 0, 0, 0, 0] + discovery(136, target: ipv6(4), option: 2))),
    Named(
      "the same behind options for the destination",
      ipv6(60, [58, 0, 1, 4, 0, 0, 0, 0] + discovery(136, target: ipv6(4)))),
    Named("a routing header", ipv6(43, [17, 0, 0, 0, 0, 0, 0, 0])),
    Named("options in a fragment", ipv6(44, [60, 0, 0, 0, 0, 0, 0, 1, 58, 0, 1, 4, 0, 0, 0, 0])),
    Named("a type nobody speaks", ethernet(0x88B5, [UInt8](repeating: 7, count: 60))),
    Named("a spanning tree", ethernet(0x0026, [UInt8](repeating: 0, count: 60), to: [1, 0x80, 0xC2, 0, 0, 0])),
    Named("a tag of a virtual network", ethernet(0x8100, [0, 0] + ipv4()[12...])),
    Named("two tags", ethernet(0x88A8, [0, 0, 0x81, 0, 0, 0] + ipv4()[12...])),
  ]
}
