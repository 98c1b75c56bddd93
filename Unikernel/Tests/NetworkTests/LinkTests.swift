import Interchange
import LibraryOS
import Testing

@testable import Network

@Suite("ARP, IPv4 and ICMP")
struct LinkTests {
  private func arpPackets(_ frames: [[UInt8]]) -> [ARPPacket] {
    frames.compactMap { frame in
      frame.withUnsafeBytes { bytes in
        guard let header = EthernetHeader(bytes), header.type == EtherType.arp else { return nil }
        return ARPPacket(bytes.suffix(from: EthernetHeader.length))
      }
    }
  }

  private func icmpPayloads(_ frames: [[UInt8]]) -> [[UInt8]] {
    frames.compactMap { frame in
      frame.withUnsafeBytes { bytes in
        guard let header = EthernetHeader(bytes), header.type == EtherType.ipv4,
          let packet = try? IPv4Packet(bytes.suffix(from: EthernetHeader.length)),
          let message = ICMPMessage(packet.whole)
        else { return nil }
        return Array(message.bytes)
      }
    }
  }

  @Test("the address is announced with the first flush after it was given, once")
  func announcement() throws {
    let peer = try RawPeer(knowsUs: false)
    #expect(peer.host.stack.deadline != nil)
    let packets = arpPackets(peer.flush())
    #expect(packets.count == 1)
    #expect(packets.first?.operation == .request)
    #expect(packets.first?.senderAddress == peer.host.address)
    #expect(packets.first?.targetAddress == peer.host.address)
    #expect(packets.first?.senderHardware == peer.host.hardware)
    #expect(peer.flush().isEmpty)
    #expect(peer.host.stack.deadline == nil)
  }

  @Test("a request for the address is answered; one for another is not")
  func answers() throws {
    let peer = try RawPeer()
    let replies = arpPackets(peer.exchange(peer.arp(.request, sender: peer.address, target: peer.host.address)))
    #expect(replies.map(\.operation) == [.reply])
    #expect(replies.first?.senderHardware == peer.host.hardware)
    #expect(replies.first?.targetAddress == peer.address)
    #expect(peer.exchange(peer.arp(.request, sender: peer.address, target: IPv4Address(10, 77, 0, 9))).isEmpty)
  }

  @Test("a probe without a sender address is answered and teaches nothing")
  func probe() throws {
    let peer = try RawPeer(knowsUs: false)
    _ = peer.flush()
    let replies = arpPackets(
      peer.exchange(peer.arp(.request, sender: IPv4Address(raw: 0), target: peer.host.address)))
    #expect(replies.map(\.operation) == [.reply])
    #expect(peer.host.stack.internet.neighbors.find(IPAddress(IPv4Address(raw: 0))) == nil)
  }

  @Test("an answer to an unknown host waits while its hardware address is asked for, the latest frames only")
  func resolution() throws {
    let peer = try RawPeer(knowsUs: false)
    _ = peer.flush()
    var frames: [[UInt8]] = []
    for index in 0..<10 { frames += peer.exchange(peer.echoRequest([UInt8(index)])) }
    #expect(arpPackets(frames).map(\.targetAddress) == [peer.address])
    #expect(icmpPayloads(frames).isEmpty)
    let released = peer.exchange(peer.arp(.reply, sender: peer.address, target: peer.host.address))
    #expect(icmpPayloads(released).map(\.last) == [6, 7, 8, 9])
    #expect(released.allSatisfy { Array($0[0..<6]) == [2, 0, 0, 0, 0, 1] })
  }

  @Test("a request is repeated twice, a second apart, then what waits is dropped")
  func resolutionFails() throws {
    let peer = try RawPeer(knowsUs: false)
    _ = peer.flush()
    var frames = peer.exchange(peer.echoRequest([1]))
    frames += peer.pass(.seconds(10))
    #expect(arpPackets(frames).count == 3)
    #expect(peer.host.count("unreachable") == 1)
    #expect(peer.host.stack.deadline == nil)
    #expect(peer.host.stack.internet.neighbors.incompleteCount == 0)
  }

  @Test("a scan of the network does not fill the table of neighbors")
  func boundedNeighbors() throws {
    let peer = try RawPeer()
    for number in 3..<250 {
      _ = peer.exchange(
        peer.tcp(.synchronize, to: 9, seq: 1, source: IPv4Address(10, 77, 0, UInt8(number))))
    }
    #expect(peer.host.stack.internet.neighbors.incompleteCount == NeighborCache.maximumIncomplete)
    #expect(peer.exchange(.synchronize, to: 9, seq: 1).map(\.flags) == [[.reset, .acknowledge]])
  }

  @Test("an address that is in use for long is asked for again, without a pause")
  func reconfirmation() throws {
    let peer = try RawPeer()
    peer.clock.now = peer.clock.now + .seconds(61)
    let frames = peer.exchange(peer.echoRequest([1]))
    #expect(icmpPayloads(frames).count == 1)
    #expect(arpPackets(frames).map(\.operation) == [.request])
    peer.clock.now = peer.clock.now + .seconds(61)
    // Nobody confirmed: this answer leaves, as the last one.
    #expect(icmpPayloads(peer.exchange(peer.echoRequest([2]))).count == 1)
    #expect(icmpPayloads(peer.exchange(peer.echoRequest([3]))).isEmpty)
  }

  @Test("another host that claims the address is counted and not believed")
  func conflict() throws {
    let peer = try RawPeer()
    #expect(peer.exchange(peer.arp(.request, sender: peer.host.address, target: peer.host.address)).isEmpty)
    #expect(peer.host.count("address-conflicts") == 1)
  }

  @Test("an echo request is answered with its own bytes", arguments: [0, 1, 56, 57, 1472])
  func echo(size: Int) throws {
    let peer = try RawPeer()
    let payload = pattern(size)
    let replies = icmpPayloads(peer.exchange(peer.echoRequest(payload)))
    #expect(replies.count == 1)
    #expect(replies.first?.first == 0)
    #expect(replies.first.map { Array($0.dropFirst(8)) } == payload)
  }

  @Test("the padding of a short frame is not part of the datagram")
  func padding() throws {
    let peer = try RawPeer()
    let replies = icmpPayloads(peer.exchange(peer.echoRequest([1, 2, 3]) + [UInt8](repeating: 0xEE, count: 20)))
    #expect(replies.first.map { Array($0.dropFirst(8)) } == [1, 2, 3])
  }

  @Test("beyond the network, frames go to the gateway")
  func gateway() throws {
    let peer = try RawPeer(number: 254)
    let segments = peer.exchange(
      peer.tcp(.synchronize, to: 9, seq: 1, source: IPv4Address(192, 0, 2, 7)))
    #expect(SentSegment.all(in: segments).count == 1)
    #expect(segments.first.map { Array($0[0..<6]) } == [2, 0, 0, 0, 0, 254])
  }

  /// Datagrams that must not be answered, made from a good echo request.
  static let flaws: [(name: String, counter: String, change: @Sendable (inout [UInt8]) -> Void)] = [
    ("a part that is no multiple of eight bytes", "fragments-dropped", { $0[20] = 0x20 }),
    (
      "a part that ends beyond the longest datagram", "fragments-dropped",
      {
        $0[20] = 0x1F; $0[21] = 0xFF
      }
    ),
    ("version 6", "malformed", { $0[14] = 0x65 }),
    ("short header", "malformed", { $0[14] = 0x44 }),
    ("total length beyond the frame", "malformed", { $0[16] = 0xFF }),
    (
      "total length below the header", "malformed",
      {
        $0[16] = 0; $0[17] = 10
      }
    ),
    ("for another host", "ignored", { $0[33] = 9 }),
    ("from this host", "ignored", { $0[29] = 2 }),
    ("from a group", "ignored", { $0[26] = 224 }),
    ("from the loopback network", "ignored", { $0[26] = 127 }),
    ("from the network's broadcast address", "ignored", { $0[29] = 255 }),
    ("for another hardware address", "ignored", { $0[5] = 9 }),
    ("of an unknown type", "ignored", { $0[12] = 0x86 }),
  ]

  @Test("what is wrong or not for this host is counted and not answered", arguments: LinkTests.flaws.indices)
  func refused(index: Int) throws {
    let (name, counter, change) = LinkTests.flaws[index]
    let peer = try RawPeer()
    var frame = peer.echoRequest([1, 2, 3, 4])
    change(&frame)
    // The header's checksum comes right again.
    frame[24] = 0
    frame[25] = 0
    frame.withUnsafeMutableBytes { bytes in
      var checksum = InternetChecksum()
      checksum.add(UnsafeRawBufferPointer(rebasing: bytes[14..<34]))
      bytes.storeBytes(of: checksum.storedField, toByteOffset: 24, as: UInt16.self)
    }
    let before = peer.host.count(counter)
    #expect(peer.exchange(frame).isEmpty, "\(name)")
    #expect(peer.host.count(counter) == before + 1, "\(name)")
  }

  @Test("before it has an address, a stack is silent")
  func unconfigured() {
    var frames = 0
    let stack = NetworkStack(clock: ManualClock(), random: SeededRandom(seed: 1)) { _ in frames += 1 }
    [UInt8](repeating: 0xFF, count: 60).withUnsafeBytes { stack.receive($0, at: Instant(nanoseconds: 0)) }
    stack.flush(at: Instant(nanoseconds: 0))
    #expect(stack.connect(to: Endpoint(IPv4Address(10, 0, 0, 1), port: 1), handler: StreamRecorder()) == nil)
    #expect(frames == 0)
    #expect(stack.deadline == nil)
  }

  @Test(
    "settings that make no sense are refused by name",
    arguments: [
      ("10.77.0.2", "10.77.0.1", "network.address"), ("10.77.0.0/24", "10.77.0.1", "network.address"),
      ("10.77.0.255/24", "10.77.0.1", "network.address"), ("127.0.0.1/8", "127.0.0.2", "network.address"),
      ("10.77.0.2/33", "10.77.0.1", "network.address"), ("10.77.0.2/24", "10.78.0.1", "network.gateway"),
      ("10.77.0.2/24", "10.77.0.2", "network.gateway"), ("10.77.0.2/24", "nowhere", "network.gateway"),
    ])
  func parameters(address: String, gateway: String, fault: String) {
    let stack = NetworkStack(clock: ManualClock(), random: SeededRandom(seed: 1)) { _ in }
    let expected = ByteString(fault)
    let parameters = SimulatedHost.parameters(
      address: address, hardware: EthernetAddress(raw: 0x0200_0000_0001), gateway: gateway)
    do {
      try stack.prepare(parameters)
      Issue.record("\(address) \(gateway) was taken")
    } catch {
      #expect(error.parameter == expected)
    }
  }

  @Test("address and hardware address are required, once; afterwards they stay")
  func required() throws {
    let stack = NetworkStack(clock: ManualClock(), random: SeededRandom(seed: 1)) { _ in }
    let hardware = EthernetAddress(raw: 0x0200_0000_0001)
    let good = SimulatedHost.parameters(address: "10.77.0.2/24", hardware: hardware, gateway: nil)
    #expect(throws: ParameterFault.self) { try stack.prepare([good[0]]) }
    #expect(throws: ParameterFault.self) { try stack.prepare([good[1]]) }
    #expect(throws: ParameterFault.self) {
      try stack.prepare(good + [Parameter(module: "network", name: "mtu", value: .integer(9000))])
    }
    try stack.prepare(good)
    stack.rollback()
    stack.commit()
    #expect(stack.internet.configuration == nil)
    try stack.prepare(good)
    stack.commit()
    #expect(stack.internet.configuration?.address == IPv4Address(10, 77, 0, 2))
    try stack.prepare(good)
    #expect(throws: ParameterFault.self) {
      try stack.prepare(SimulatedHost.parameters(address: "10.77.0.3/24", hardware: hardware))
    }
  }

  @Test("no more connections can be asked for than there is memory for")
  func connectionsForMemory() throws {
    var limits = NetworkLimits()
    limits.largestConnections = 1000
    let stack = NetworkStack(clock: ManualClock(), random: SeededRandom(seed: 1), limits: limits) { _ in }
    let place = SimulatedHost.parameters(address: "10.77.0.2/24", hardware: EthernetAddress(raw: 0x0200_0000_0002))
    func asked(_ number: Int64) -> [Parameter] {
      place + [Parameter(module: "network", name: "maximum-connections", value: .integer(number))]
    }
    for number: Int64 in [-1, 0, 1001, .max] {
      #expect(throws: ParameterFault.self) { try stack.prepare(asked(number)) }
    }
    try stack.prepare(asked(1000))
    stack.commit()
    #expect(stack.transport.limits.connections == 1000)
  }
}
