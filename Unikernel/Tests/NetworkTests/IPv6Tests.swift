import Interchange
import LibraryOS
import Testing

@testable import Network

@Suite("IPv6, ICMPv6, and TCP over it")
struct IPv6Tests {
  @Test("an echo request is answered with its own bytes", arguments: [0, 1, 56, 1452, 1453, 4000])
  func echo(size: Int) throws {
    let peer = try RawPeer6()
    let request = peer.icmp(128, [0x12, 0x34, 0, 1] + pattern(size))
    var frames: [[UInt8]] = []
    if size <= 1452 {
      frames = peer.exchange(peer.datagram(58, request))
    } else {
      for offset in stride(from: 0, to: request.count, by: 1448) {
        let end = min(offset + 1448, request.count)
        let field = UInt16(offset) | (end < request.count ? 1 : 0)
        let header: [UInt8] = [58, 0, UInt8(field >> 8), UInt8(field & 255), 0, 0, 0, 77]
        frames += peer.exchange(peer.datagram(44, header + request[offset..<end]))
      }
    }
    let sent = SentDatagram.all(in: frames)
    #expect(frames.allSatisfy { $0.count <= 1514 })
    var reply: [UInt8] = []
    for part in sent {
      #expect((part.fragment?.offset ?? 0) == reply.count)
      reply += part.payload
    }
    #expect(reply.first == 129)
    #expect(Array(reply.dropFirst(8)) == pattern(size))
  }

  @Test("without the setting, IPv6 does not exist here")
  func off() throws {
    let six = try RawPeer6()
    let peer = try RawPeer()
    #expect(peer.exchange(six.echoRequest([1])).isEmpty)
    #expect(peer.exchange(six.solicitation(of: six.us)).isEmpty)
    #expect(peer.host.stack.connect(to: Endpoint("[fd00::1]:80")!, handler: StreamRecorder()) == nil)
    #expect(peer.pass(.seconds(10)).isEmpty)
  }

  /// Datagrams that must not be answered.
  static let flaws: [(name: String, make: @Sendable (RawPeer6) -> [UInt8])] = [
    ("version 4", { peer in peer.echoRequest([1]).replacing(14, with: 0x40) }),
    ("longer than the frame", { peer in peer.echoRequest([1]).replacing(19, with: 200) }),
    ("shorter than its message", { peer in peer.echoRequest([1]).replacing(19, with: 4) }),
    ("a wrong checksum", { peer in peer.echoRequest([1]).replacing(56, with: 1) }),
    ("for another host", { $0.echoRequest([1], destination: IPv6Address(high: 0xFD00 << 48, low: 9)) }),
    ("from a group", { $0.datagram(58, $0.icmp(128, [0, 0, 0, 1], source: .allNodes), source: .allNodes) }),
    ("from nobody", { $0.datagram(58, $0.icmp(128, [0, 0, 0, 1], source: .unspecified), source: .unspecified) }),
    ("from this image", { $0.datagram(58, $0.icmp(128, [0, 0, 0, 1], source: $0.us), source: $0.us) }),
    (
      "from an IPv4 address in disguise",
      { peer in
        let source = IPv6Address(high: 0, low: 0xFFFF_0A00_0001)
        return peer.datagram(58, peer.icmp(128, [0, 0, 0, 1], source: source), source: source)
      }
    ),
    ("an echo for all nodes", { $0.echoRequest([1], destination: .allNodes) }),
    (
      "one host's datagram in a group's frame",
      { peer in
        peer.datagram(58, peer.icmp(128, [0, 0, 0, 1]), hardware: IPv6Address.allNodes.groupHardware)
      }
    ),
    ("a route to somewhere else", { $0.datagram(43, [58, 2, 0, 1] + [UInt8](repeating: 0, count: 20)) }),
    (
      "hop-by-hop options that are not first",
      {
        $0.datagram(60, [0, 0, 1, 4, 0, 0, 0, 0] + [58, 0, 1, 4, 0, 0, 0, 0] + $0.icmp(128, [0, 0, 0, 1]))
      }
    ),
    (
      "too many headers",
      { peer in
        var headers: [UInt8] = []
        for _ in 0..<8 { headers += [60, 0, 1, 4, 0, 0, 0, 0] }
        return peer.datagram(60, headers + [58, 0, 1, 4, 0, 0, 0, 0] + peer.icmp(128, [0, 0, 0, 1]))
      }
    ),
    (
      "too many options",
      { peer in
        var options: [UInt8] = [58, 2]
        for _ in 0..<11 { options += [0x1E, 0] }
        return peer.datagram(60, options + peer.icmp(128, [0, 0, 0, 1]))
      }
    ),
    (
      "padding without end",
      { peer in
        peer.datagram(60, [58, 1, 1, 12] + [UInt8](repeating: 0, count: 12) + peer.icmp(128, [0, 0, 0, 1]))
      }
    ),
    ("an option that forbids itself", { $0.datagram(60, [58, 0, 0x40, 0, 1, 2, 0, 0] + $0.icmp(128, [0, 0, 0, 1])) }),
    ("a header cut short", { $0.datagram(60, [58, 9, 1, 4, 0, 0, 0, 0]) }),
    ("an option cut short", { $0.datagram(60, [58, 0, 1, 9, 0, 0, 0, 0] + $0.icmp(128, [0, 0, 0, 1])) }),
    ("ICMP of IPv4 in the packet of IPv6, as an echo", { $0.datagram(59, [8, 0, 0, 0]) }),
    (
      "two Fragment headers",
      {
        $0.datagram(44, [44, 0, 0, 0, 0, 0, 0, 1] + [58, 0, 0, 0, 0, 0, 0, 1] + $0.icmp(128, [0, 0, 0, 1]))
      }
    ),
  ]

  @Test("what is wrong or not for this host is counted and not answered", arguments: flaws.indices)
  func refused(index: Int) throws {
    let (name, make) = IPv6Tests.flaws[index]
    let peer = try RawPeer6()
    let before = peer.host.count("malformed") + peer.host.count("ignored")
    #expect(SentDatagram.all(in: peer.exchange(make(peer))).filter { $0.type != 4 }.isEmpty, "\(name)")
    #expect(peer.host.count("malformed") + peer.host.count("ignored") == before + 1, "\(name)")
  }

  @Test("headers that are in order are walked, and a fragment that is the whole is the whole")
  func headers() throws {
    let peer = try RawPeer6()
    let echo = peer.icmp(128, [0, 0, 0, 1])
    let chains: [(UInt8, [UInt8])] = [
      (0, [58, 0, 5, 2, 0, 0, 1, 0]), (60, [58, 0, 1, 4, 0, 0, 0, 0]), (44, [58, 0, 0, 0, 0, 0, 0, 1]),
      (0, [60, 0, 1, 4, 0, 0, 0, 0] + [43, 0, 1, 4, 0, 0, 0, 0] + [58, 0, 0, 0, 0, 0, 0, 0]),
      (60, [58, 0, 0x1E, 4, 1, 2, 3, 4]),
    ]
    for (first, headers) in chains {
      let answers = SentDatagram.all(in: peer.exchange(peer.datagram(first, headers + echo)))
      #expect(answers.map(\.type) == [129], "\(headers)")
    }
  }

  @Test("what is unknown is told, a few times a second only, and where filters let it")
  func parameterProblems() throws {
    let peer = try RawPeer6()
    let answers = SentDatagram.all(in: peer.exchange(peer.datagram(253, [1, 2, 3, 4])))
    #expect(answers.map(\.type) == [4])
    #expect(answers.first.map { Array($0.payload[1..<8]) }.map { [$0[0], $0[6]] } == [1, 6])
    #expect(answers.first.map { Array($0.payload.suffix(4)) } == [1, 2, 3, 4])
    let option = SentDatagram.all(
      in: peer.exchange(peer.datagram(60, [58, 0, 0x80, 4, 0, 0, 0, 0] + peer.icmp(128, [0, 0, 0, 1]))))
    #expect(option.map(\.type) == [4])
    #expect(option.first?.payload[7] == 42)
    var sent = 0
    for _ in 0..<1000 { sent += peer.exchange(peer.datagram(253, [1, 2, 3, 4])).count }
    #expect(sent == InternetLayer.errorsPerSecond - 2)
    peer.peer.clock.now = peer.peer.clock.now + .seconds(2)
    let filter = RefusingFilter()
    peer.host.stack.packetFilters = [filter]
    #expect(peer.exchange(peer.datagram(253, [1, 2, 3, 4])).isEmpty)
    #expect(peer.exchange(peer.echoRequest([1])).isEmpty)
  }

  // MARK: TCP

  private func server(_ network: SimulatedNetwork) -> Endpoint {
    Endpoint(IPAddress(IPv6Address(high: 0xFD00 << 48, low: 2)), port: 80)
  }

  @Test(
    "a megabyte each way over IPv6 arrives whole", arguments: LinkConditions.all,
    [(LinkFraming.ethernet, UInt64(1)), (.virtioNet, 2)])
  func transfer(conditions: LinkConditions, kind: (framing: LinkFraming, seed: UInt64)) throws {
    let network = try SimulatedNetwork(conditions, seed: kind.seed, framing: kind.framing, usesIPv6: true)
    // The addresses are had, or lost to a frame that was doubled, within some seconds.
    network.run(for: .seconds(5))
    let up = pattern(1 << 20, seed: kind.seed)
    let down = pattern(1 << 20, seed: kind.seed + 50)
    let acceptor = RecordingAcceptor()
    acceptor.configure = { $0.send(down, thenClose: true) }
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: server(network), handler: recorder)
    recorder.send(up, thenClose: true)
    #expect(
      network.run(for: .seconds(3600)) { recorder.closeReason != nil && acceptor.recorders.first?.closeReason != nil })
    #expect(recorder.received == down)
    #expect(acceptor.recorders.first?.received == up)
    #expect(recorder.closeReason == .finished)
    #expect(acceptor.recorders.first?.stream?.remote.address == IPAddress(IPv6Address(high: 0xFD00 << 48, low: 1)))
  }

  @Test("the segment size offered over IPv6 leaves room for its header; a closed port answers with a reset")
  func segmentSize() throws {
    let peer = try RawPeer6()
    #expect(peer.host.stack.listen(port: 80, acceptor: RecordingAcceptor()))
    let answers = SentDatagram.all(in: peer.exchange(peer.tcp(.synchronize, seq: 1)))
    #expect(answers.first?.segment?.flags == [.synchronize, .acknowledge])
    #expect(answers.first?.segment?.maximumSegmentSize == 1440)
    let refused = SentDatagram.all(in: peer.exchange(peer.tcp(.synchronize, to: 81, seq: 1)))
    #expect(refused.first?.segment?.flags == [.reset, .acknowledge])
  }

  @Test("a flood of SYNs is answered with cookies over IPv6 too, and the handshake completes")
  func cookies() throws {
    var limits = NetworkLimits()
    limits.halfOpenConnections = 4
    let peer = try RawPeer6(limits: limits)
    let acceptor = RecordingAcceptor()
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    for port in 1..<20 { _ = peer.exchange(peer.tcp(.synchronize, from: UInt16(port), seq: 1)) }
    #expect(peer.host.count("cookies-sent") == 17)
    var options = TCPOptions()
    options.maximumSegmentSize = 1440
    let answer = try #require(
      SentDatagram.all(in: peer.exchange(peer.tcp(.synchronize, seq: 500, options: options))).first?.segment)
    // Somebody else's cookie is none.
    let other = IPv6Address(high: 0xFD00 << 48, low: 77)
    _ = peer.exchange(peer.solicitation(of: peer.us, source: other))
    let forged = SentDatagram.all(
      in: peer.exchange(peer.tcp(.acknowledge, seq: 501, ack: answer.seq &+ 1, source: other)))
    #expect(forged.first?.segment?.flags == .reset)
    _ = peer.exchange(peer.tcp(.acknowledge, seq: 501, ack: answer.seq &+ 1, payload: [1, 2, 3]))
    #expect(acceptor.recorders.first?.received == [1, 2, 3])
  }

  @Test(
    "a router that says what passes is believed of what is in flight, down to 1280 bytes", arguments: [1300, 1280, 68])
  func pathMTU(limit: Int) throws {
    let peer = try RawPeer6()
    let acceptor = RecordingAcceptor()
    acceptor.configure = { $0.send(pattern(5000)) }
    #expect(peer.host.stack.listen(port: 80, acceptor: acceptor))
    var options = TCPOptions()
    options.maximumSegmentSize = 1440
    let answer = try #require(
      SentDatagram.all(in: peer.exchange(peer.tcp(.synchronize, seq: 500, options: options))).first?.segment)
    let sent = SentDatagram.all(in: peer.exchange(peer.tcp(.acknowledge, seq: 501, ack: answer.seq &+ 1)))
    #expect(sent.first?.segment?.payload.count == 1440)
    func tooBig(_ seq: UInt32) -> [UInt8] {
      var quoted = peer.datagram(
        6, [0, 80, 0x9C, 0x40] + (0..<4).map { UInt8(truncatingIfNeeded: seq >> UInt32(24 - 8 * $0)) })
      quoted.removeFirst(14)
      quoted.replaceSubrange(8..<24, with: peer.bytes(peer.us))
      quoted.replaceSubrange(24..<40, with: peer.bytes(peer.address))
      return peer.message(2, [0, 0, UInt8(limit >> 8), UInt8(limit & 255)] + quoted, hopLimit: 64)
    }
    #expect(peer.exchange(tooBig(answer.seq &- 90_000)).isEmpty)
    let again = SentDatagram.all(in: peer.exchange(tooBig(answer.seq &+ 1)))
    #expect(again.first?.segment?.payload.count == max(limit, 1280) - 60)
  }

  @Test("flows of IPv4 and IPv6, and of two addresses here, are different ones")
  func flows() throws {
    let four = FlowKey(remote: Endpoint("10.0.0.1:40000")!, localPort: 80)
    let six = Endpoint("[fd00::1]:40000")!
    let keys = [
      four, FlowKey(remote: six, localPort: 80, localNumber: 1), FlowKey(remote: six, localPort: 80, localNumber: 2),
      FlowKey(remote: Endpoint("[fd00::2]:40000")!, localPort: 80, localNumber: 1),
      FlowKey(remote: Endpoint("[fd01::1]:40000")!, localPort: 80, localNumber: 1),
    ]
    #expect(Set(keys).count == 5)
    var random = RandomPool(SeededRandom(seed: 8))
    let hash = FlowHash(&random)
    var places: Set<Int> = []
    for number in 0..<4096 {
      let remote = Endpoint(IPAddress(IPv6Address(high: 0xFD00 << 48, low: UInt64(number))), port: 1)
      places.insert(hash.place(of: FlowKey(remote: remote, localPort: 80, localNumber: 1), mask: 8191))
    }
    // As many as balls thrown at random: 8192 × (1 − e^−½) = 3223.
    #expect(places.count > 3000)
  }

  @Test(
    "settings of IPv6 that make no sense are refused by name",
    arguments: [
      ("fd00::2", nil, "ipv6-address"), ("fd00::/64", nil, "ipv6-address"), ("fe80::2/64", nil, "ipv6-address"),
      ("ff02::2/64", nil, "ipv6-address"), ("10.0.0.1/8", nil, "ipv6-address"), ("::1/64", nil, "ipv6-address"),
      ("fd00::2/64", "fd01::1", "ipv6-gateway"), ("fd00::2/64", "fd00::2", "ipv6-gateway"),
      ("fd00::2/64", "ff02::1", "ipv6-gateway"),
    ] as [(String, String?, String)])
  func settings(address: String, gateway: String?, fault: String) {
    let stack = NetworkStack(clock: ManualClock(), random: SeededRandom(seed: 1)) { _ in }
    var parameters =
      SimulatedHost.parameters(address: "10.77.0.2/24", hardware: EthernetAddress(raw: 0x0200_0000_0001))
      + [Parameter(module: "network", name: "ipv6-address", value: .text(ByteString(address)))]
    if let gateway {
      parameters.append(Parameter(module: "network", name: "ipv6-gateway", value: .text(ByteString(gateway))))
    }
    do {
      try stack.prepare(parameters)
      Issue.record("\(address) was taken")
    } catch {
      #expect(error.parameter == ByteString("network." + fault))
    }
  }

  @Test("whatever bits are flipped, nothing crashes and nothing grows", arguments: [UInt64(1), 2, 3, 4])
  func noise(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    let peer = try RawPeer6(autoconfigures: true)
    #expect(peer.host.stack.listen(port: 80, acceptor: RecordingAcceptor()))
    let echo = peer.icmp(128, [0, 0, 0, 1])
    let samples = [
      peer.echoRequest([1]), peer.solicitation(of: peer.us), peer.advertisement(of: peer.address),
      peer.tcp(.synchronize, seq: 1), peer.datagram(44, [58, 0, 0, 1, 0, 0, 0, 1] + echo),
      peer.datagram(0, [60, 0, 5, 2, 0, 0, 1, 0] + [43, 0, 1, 4, 0, 0, 0, 0] + [58, 0, 0, 0, 0, 0, 0, 0] + echo),
    ]
    for _ in 0..<20_000 {
      var frame = samples[random.below(samples.count)]
      for _ in 0...random.below(4) { frame[14 + random.below(frame.count - 14)] ^= 1 << UInt8(random.below(8)) }
      if random.below(4) == 0 { frame.removeLast(random.below(frame.count)) }
      _ = peer.exchange(frame)
      peer.peer.clock.now = peer.peer.clock.now + .milliseconds(random.below(20))
    }
    let internet = peer.host.stack.internet
    #expect(internet.reassembly.heldBytes <= Reassembly.maximumBytes)
    #expect(peer.layer.neighbors.incompleteCount <= NeighborCache.maximumIncomplete)
    #expect(peer.layer.addresses.count <= IPv6Layer.maximumAddresses)
  }
}

/// Admits nothing.
private final class RefusingFilter: PacketFilter {
  func admits(_ packet: PacketSummary, at now: Instant) -> Bool { false }
}

extension Array where Element == UInt8 {
  /// The same bytes but one.
  fileprivate func replacing(_ index: Int, with byte: UInt8) -> [UInt8] {
    var copy = self
    copy[index] = byte
    return copy
  }
}
