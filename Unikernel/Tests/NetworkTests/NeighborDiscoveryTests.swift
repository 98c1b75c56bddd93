import Interchange
import LibraryOS
import Testing

@testable import Network

@Suite("Neighbor discovery and addresses of IPv6")
struct NeighborDiscoveryTests {
  @Test("an address is asked for before it is used, from no address, and its group is joined first")
  func detection() throws {
    let peer = try RawPeer6(isReady: false)
    let sent = SentDatagram.all(in: peer.peer.pass(.milliseconds(1)))
    #expect(sent.map(\.type) == [143, 135, 135])
    #expect(sent[0].hopLimit == 1)
    #expect(sent[0].packet.destination == IPAddress("ff02::16"))
    #expect(sent.dropFirst().allSatisfy { $0.hopLimit == 255 && $0.packet.source == IPAddress("::") })
    #expect(sent.contains { $0.packet.destination == IPAddress(peer.us.solicitedNode) })
    // Not yet: neither resolved nor answered.
    #expect(peer.exchange(peer.solicitation(of: peer.us)).isEmpty)
    #expect(peer.exchange(peer.echoRequest([1])).isEmpty)
    let later = SentDatagram.all(in: peer.peer.pass(.seconds(2)))
    #expect(later.map(\.type) == [143])
    #expect(later.first?.packet.source.ipv6?.isLinkLocal == true)
    #expect(SentDatagram.all(in: peer.exchange(peer.solicitation(of: peer.us))).map(\.type) == [136])
    #expect(peer.layer.addresses.map(\.state) == [.preferred, .preferred])
    #expect(peer.host.stack.deadline == nil)
  }

  @Test("an address that somebody else has, or wants, is not used", arguments: [true, false])
  func duplicate(byProbe: Bool) throws {
    let peer = try RawPeer6(isReady: false)
    _ = peer.peer.pass(.milliseconds(1))
    let frame =
      byProbe
      ? peer.solicitation(of: peer.us, source: .unspecified)
      : peer.advertisement(of: peer.us, flags: 0x20, destination: .allNodes)
    _ = peer.exchange(frame)
    _ = peer.peer.pass(.seconds(5))
    #expect(peer.host.count("address-conflicts") == 1)
    #expect(peer.layer.addresses.allSatisfy { $0.address.isLinkLocal })
    #expect(peer.exchange(peer.solicitation(of: peer.us)).isEmpty)
  }

  @Test("a link-local address that is taken gives way to another, a few times")
  func another() throws {
    let peer = try RawPeer6(isReady: false)
    var tried: Set<IPv6Address> = []
    for _ in 0...IPv6Layer.maximumConflicts {
      _ = peer.peer.pass(.milliseconds(1))
      let own = try #require(peer.layer.addresses.first { $0.address.isLinkLocal }).address
      #expect(tried.insert(own).inserted)
      _ = peer.exchange(peer.solicitation(of: own, source: .unspecified))
    }
    #expect(!peer.layer.addresses.contains { $0.address.isLinkLocal })
    #expect(tried.count == 4)
  }

  @Test("who asks for the address learns it, and is known from then on")
  func answer() throws {
    let peer = try RawPeer6(isReady: false)
    _ = peer.peer.pass(.seconds(3))
    let answers = SentDatagram.all(in: peer.exchange(peer.solicitation(of: peer.us)))
    #expect(answers.map(\.type) == [136])
    #expect(answers.first?.payload[4] == 0x60)
    #expect(answers.first?.hardware == peer.peer.hardware)
    #expect(answers.first.map { Array($0.payload.suffix(6)) } == [2, 0, 0, 0, 0, 2])
    #expect(peer.layer.neighbors.find(IPAddress(peer.address))?.state == .stale)
    #expect(SentDatagram.all(in: peer.exchange(peer.echoRequest([7]))).map(\.type) == [129])
    #expect(peer.layer.neighbors.find(IPAddress(peer.address))?.state == .delay)
  }

  @Test("a probe for the address is answered to all nodes, and teaches nothing")
  func probe() throws {
    let peer = try RawPeer6()
    let answers = SentDatagram.all(in: peer.exchange(peer.solicitation(of: peer.us, source: .unspecified)))
    #expect(answers.map(\.packet.destination) == [IPAddress(IPv6Address.allNodes)])
    #expect(answers.first?.payload[4] == 0x20)
  }

  @Test("a neighbor is asked whether it is there five seconds after it was used, and given up without an answer")
  func unreachability() throws {
    let peer = try RawPeer6()
    _ = peer.exchange(peer.echoRequest([1]))
    let probes = SentDatagram.all(in: peer.peer.pass(.milliseconds(5_500)))
    #expect(probes.map(\.type) == [135])
    #expect(probes.first?.hardware == peer.peer.hardware)
    #expect(probes.first?.packet.destination == IPAddress(peer.address))
    _ = peer.exchange(peer.advertisement(of: peer.address))
    let neighbor = try #require(peer.layer.neighbors.find(IPAddress(peer.address)))
    #expect(neighbor.state == .reachable)
    // Nothing is asked while it counts as reachable, and is asked again after it was used later than that.
    _ = peer.exchange(peer.echoRequest([1]))
    #expect(peer.peer.pass(.seconds(31)).isEmpty)
    _ = peer.exchange(peer.echoRequest([1]))
    #expect(SentDatagram.all(in: peer.peer.pass(.seconds(20))).map(\.type) == [135, 135, 135])
    #expect(!neighbor.isCached)
    #expect(peer.layer.neighbors.timedCount == 0)
  }

  @Test("a host is asked for in its group, three times; the latest frames wait for the answer")
  func resolution() throws {
    let peer = try RawPeer6(isReady: false)
    _ = peer.peer.pass(.seconds(3))
    var frames: [[UInt8]] = []
    for index in 0..<10 { frames += peer.exchange(peer.echoRequest([UInt8(index)])) }
    let asked = SentDatagram.all(in: frames)
    #expect(asked.map(\.type) == [135])
    #expect(asked.first?.packet.destination == IPAddress(peer.address.solicitedNode))
    #expect(asked.first?.hardware == peer.address.solicitedNode.groupHardware)
    let released = SentDatagram.all(in: peer.exchange(peer.advertisement(of: peer.address)))
    #expect(released.map(\.payload.last) == [6, 7, 8, 9])
    #expect(released.allSatisfy { $0.hardware == peer.peer.hardware })
  }

  @Test("an advertisement that nobody asked for teaches nothing, one without override changes nothing")
  func unsolicited() throws {
    let peer = try RawPeer6()
    let stranger = IPv6Address(high: 0xFD00_0000_0000_0000, low: 99)
    _ = peer.exchange(peer.advertisement(of: stranger))
    #expect(peer.layer.neighbors.find(IPAddress(stranger)) == nil)
    _ = peer.exchange(peer.advertisement(of: peer.address))
    let other = EthernetAddress(raw: 0x0200_0000_00AA)
    _ = peer.exchange(peer.advertisement(of: peer.address, flags: 0x40, hardware: other))
    let neighbor = try #require(peer.layer.neighbors.find(IPAddress(peer.address)))
    #expect(neighbor.hardware == peer.peer.hardware)
    #expect(neighbor.state == .stale)
  }

  @Test("a scan of the network exhausts nothing")
  func exhaustion() throws {
    let peer = try RawPeer6()
    for number in 100..<3000 {
      _ = peer.exchange(
        peer.tcp(.synchronize, to: 9, seq: 1, source: IPv6Address(high: 0xFD00_0000_0000_0000, low: UInt64(number))))
    }
    #expect(peer.layer.neighbors.incompleteCount == NeighborCache.maximumIncomplete)
    #expect(SentDatagram.all(in: peer.exchange(peer.tcp(.synchronize, to: 9, seq: 1))).count == 1)
    _ = peer.peer.pass(.seconds(10))
    #expect(peer.layer.neighbors.incompleteCount == 0)
    // Those that mention themselves make each other room.
    for number in 100..<3000 {
      // More than so many are not even looked at in a second.
      peer.peer.clock.now = peer.peer.clock.now + .milliseconds(10)
      _ = peer.exchange(
        peer.solicitation(of: peer.us, source: IPv6Address(high: 0xFD00_0000_0000_0000, low: UInt64(number))))
    }
    #expect(peer.layer.neighbors.find(IPAddress(IPv6Address(high: 0xFD00_0000_0000_0000, low: 100))) == nil)
  }

  /// Messages of neighbor discovery that must do nothing.
  static let flaws: [(name: String, make: @Sendable (RawPeer6) -> [UInt8])] = [
    ("hop limit 254", { $0.solicitation(of: $0.us, hopLimit: 254) }),
    ("code 1", { $0.message(135, code: 1, [0, 0, 0, 0] + $0.bytes($0.us), destination: $0.us.solicitedNode) }),
    ("too short", { $0.message(135, [0, 0, 0, 0] + $0.bytes($0.us).dropLast(), destination: $0.us.solicitedNode) }),
    (
      "an option without length",
      { $0.message(135, [0, 0, 0, 0] + $0.bytes($0.us) + [1, 0, 0, 0, 0, 0, 0, 0], destination: $0.us.solicitedNode) }
    ),
    (
      "an option cut short",
      { $0.message(135, [0, 0, 0, 0] + $0.bytes($0.us) + [1, 2, 0, 0, 0, 0, 0, 0], destination: $0.us.solicitedNode) }
    ),
    ("a group as target", { $0.message(135, [0, 0, 0, 0] + $0.bytes(.allNodes), destination: $0.us.solicitedNode) }),
    (
      "a probe to the address itself",
      {
        $0.message(135, [0, 0, 0, 0] + $0.bytes($0.us), source: .unspecified, destination: .allNodes)
      }
    ),
    (
      "in a fragment that is the whole",
      {
        let inner = $0.icmp(135, [0, 0, 0, 0] + $0.bytes($0.us) + $0.linkLayer(1), destination: $0.us.solicitedNode)
        return $0.datagram(
          44, [58, 0, 0, 0, 0, 0, 0, 9] + inner, destination: $0.us.solicitedNode, hopLimit: 255)
      }
    ),
    (
      "a source beyond the link",
      {
        $0.solicitation(of: $0.us, source: IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1))
      }
    ),
    ("a redirect", { $0.message(137, [0, 0, 0, 0] + $0.bytes($0.us) + $0.bytes($0.us)) }),
    (
      "an announcement, where none is asked for",
      {
        $0.message(
          134, [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0], source: IPv6Address(high: 0xFE80 << 48, low: 1),
          destination: .allNodes)
      }
    ),
  ]

  @Test("what is not a proper message of neighbor discovery does nothing", arguments: flaws.indices)
  func refused(index: Int) throws {
    let (name, make) = NeighborDiscoveryTests.flaws[index]
    let peer = try RawPeer6()
    let neighbors = peer.layer.neighbors.find(IPAddress("2001:db8::1")!)
    let before = peer.host.count("malformed") + peer.host.count("ignored")
    #expect(peer.exchange(make(peer)).isEmpty, "\(name)")
    #expect(peer.host.count("malformed") + peer.host.count("ignored") == before + 1, "\(name)")
    #expect(neighbors == nil)
    #expect(peer.layer.routers.isEmpty)
  }

  // MARK: Routers

  private func announcement(
    _ peer: RawPeer6, lifetime: UInt16 = 1800, valid: UInt32 = 86400, preferred: UInt32 = 14400,
    prefix: UInt64 = 0x2001_0DB8 << 32
  ) -> [UInt8] {
    func four(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) } }
    return peer.message(
      134,
      [32, 0, UInt8(lifetime >> 8), UInt8(lifetime & 255), 0, 0, 0, 0, 0, 0, 0, 0] + peer.linkLayer(1)
        + [3, 4, 64, 0xC0] + four(valid) + four(preferred) + [0, 0, 0, 0]
        + peer.bytes(IPv6Address(high: prefix, low: 0)), source: IPv6Address(high: 0xFE80 << 48, low: 1),
      destination: .allNodes)
  }

  @Test("where it is asked for, routers are asked, and an address is made of what they announce")
  func autoconfiguration() throws {
    let peer = try RawPeer6(autoconfigures: true, isReady: false)
    let asked = SentDatagram.all(in: peer.peer.pass(.seconds(20))).filter { $0.type == 133 }
    #expect(asked.count == 3)
    _ = peer.exchange(announcement(peer))
    _ = peer.peer.pass(.seconds(2))
    let own = try #require(peer.layer.addresses.last)
    #expect(own.address.high == 0x2001_0DB8 << 32)
    #expect(own.state == .preferred)
    #expect(peer.layer.hopLimit == 32)
    let far = IPAddress(IPv6Address(high: 0x2001_0DB8_0001_0000, low: 9))
    #expect(peer.host.stack.source(for: far) == IPAddress(own.address))
    // The same prefix again keeps the address, with a longer life.
    _ = peer.exchange(announcement(peer))
    #expect(peer.layer.addresses.count == 3)
    _ = peer.peer.pass(.seconds(14_500))
    #expect(peer.layer.addresses.last?.state == .deprecated)
    #expect(peer.layer.routers.isEmpty)
    _ = peer.peer.pass(.seconds(86_400))
    #expect(peer.layer.addresses.count == 2)
  }

  @Test("a forged announcement neither ends an address at once nor makes more than so many")
  func forgedAnnouncements() throws {
    let peer = try RawPeer6(autoconfigures: true)
    _ = peer.exchange(announcement(peer))
    _ = peer.peer.pass(.seconds(2))
    _ = peer.exchange(announcement(peer, valid: 0, preferred: 0))
    _ = peer.peer.pass(.seconds(3600))
    #expect(peer.layer.addresses.count == 3)
    for number in 0..<100 { _ = peer.exchange(announcement(peer, prefix: 0x2001_0DB8 << 32 | UInt64(number + 1) << 8)) }
    #expect(peer.layer.addresses.count == IPv6Layer.maximumAddresses)
    #expect(peer.layer.prefixes.count == IPv6Layer.maximumPrefixes)
    #expect(peer.layer.routers.count == 1)
  }

  @Test("identifiers differ by prefix and attempt, and say nothing of the hardware")
  func identifiers() {
    var random = RandomPool(SeededRandom(seed: 3))
    let identifiers = InterfaceIdentifiers(&random, hardware: EthernetAddress(raw: 0x0254_0A4D_0002))
    let one = identifiers.address(in: IPv6Address(high: 0xFD00 << 48, low: 0), conflicts: 0)
    #expect(identifiers.address(in: IPv6Address(high: 0xFD00 << 48, low: 0), conflicts: 0) == one)
    #expect(identifiers.address(in: IPv6Address(high: 0xFD01 << 48, low: 0), conflicts: 0).low != one.low)
    #expect(identifiers.address(in: IPv6Address(high: 0xFD00 << 48, low: 0), conflicts: 1).low != one.low)
    #expect(one.low >> 24 & 0xFFFF != 0xFFFE)
  }

  @Test("the address for the link follows from the hardware address")
  func linkLocal() throws {
    let address = EthernetAddress(raw: 0x0254_0A4D_0002).linkLocal
    #expect(address == IPv6Address(high: 0xFE80_0000_0000_0000, low: 0x0054_0AFF_FE4D_0002))
    let peer = try RawPeer6()
    #expect(peer.layer.addresses.contains { $0.address == peer.host.hardware.linkLocal && $0.origin == .linkLocal })
  }

  @Test("a router that asks who listens is told, of all groups")
  func listeners() throws {
    let peer = try RawPeer6()
    let router = IPv6Address(high: 0xFE80 << 48, low: 1)
    let query = peer.icmp(
      130, [0x03, 0xE8, 0, 0] + peer.bytes(.unspecified) + [2, 125, 0, 0], source: router, destination: .allNodes)
    let frame = peer.datagram(
      0, [58, 0, 5, 2, 0, 0, 1, 0] + query, source: router, destination: .allNodes, hopLimit: 1)
    #expect(peer.exchange(frame).isEmpty)
    let reports = SentDatagram.all(in: peer.peer.pass(.milliseconds(1_001)))
    #expect(reports.map(\.type) == [143])
    // Addresses that end alike share a group.
    let groups = Set(peer.layer.addresses.map { peer.bytes($0.address.solicitedNode) })
    #expect(groups.contains(peer.bytes(peer.us.solicitedNode)))
    let payload = try #require(reports.first).payload
    try #require(payload.count == 8 + 20 * groups.count)
    #expect(Set(stride(from: 12, to: payload.count, by: 20).map { Array(payload[$0..<$0 + 16]) }) == groups)
    // From further away than the link, nobody asks.
    #expect(
      peer.exchange(peer.datagram(0, [58, 0, 5, 2, 0, 0, 1, 0] + query, source: router, destination: .allNodes)).isEmpty
    )
    #expect(peer.peer.pass(.seconds(2)).isEmpty)
  }
}
