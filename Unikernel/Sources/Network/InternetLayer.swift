import LibraryOS

// The host's side of IPv4 and ARP (RFC 1122, 3; RFC 826): what is below TCP. One frame is composed at a time, in one
// buffer, in its place: the layers above write behind where the headers will be.

/// Takes datagrams out of frames, and puts them into frames.
final class InternetLayer {
  /// The longest datagram on the link (the maximum transmission unit of Ethernet).
  static let maximumDatagram = 1500
  /// The longest datagram there is, which stands for several on the link (RFC 791, 3.1: a length of 16 bits).
  static let largestDatagram = 65535
  /// The longest payload of one.
  static let maximumPayload = maximumDatagram - IPv4Packet.headerLength

  /// Where this image is; frames are dropped until it is known.
  private(set) var configuration: NetworkConfiguration?
  var filters: [any PacketFilter] = []
  var counts = NetworkCounts()
  var neighbors = NeighborCache()
  /// Whether the platform cuts TCP segments and completes their checksums.
  let hasOffloads: Bool
  /// Where the payload of the next datagram is written.
  let payload: UnsafeMutableRawPointer

  private let frame: UnsafeMutableRawPointer
  private let announcement: UnsafeMutableRawPointer
  private let transmitFrame: (UnsafeRawBufferPointer) -> Void
  // The room before a frame is for the virtio-net header, and aligns the headers behind Ethernet's.
  private static let headroom = 18

  init(framing: LinkFraming, transmit: @escaping (UnsafeRawBufferPointer) -> Void) {
    hasOffloads = framing == .virtioNet
    transmitFrame = transmit
    let longest = hasOffloads ? InternetLayer.largestDatagram : InternetLayer.maximumDatagram
    frame = InternetLayer.allocateFrame(EthernetHeader.length + longest)
    announcement = InternetLayer.allocateFrame(EthernetHeader.length + ARPPacket.length)
    payload = frame + EthernetHeader.length + IPv4Packet.headerLength
  }

  private static func allocateFrame(_ length: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: headroom + length, alignment: 16) + headroom
  }

  deinit {
    (frame - InternetLayer.headroom).deallocate()
    (announcement - InternetLayer.headroom).deallocate()
  }

  /// Puts an address in force.
  func configure(_ configuration: NetworkConfiguration) {
    self.configuration = configuration
  }

  /// Hands a frame to the platform, with room for a virtio-net header before it.
  @inline(__always)
  private func transmit(
    _ start: UnsafeMutableRawPointer, count: Int, _ offload: VirtioNetHeader = VirtioNetHeader(), segments: Int = 1
  ) {
    counts.framesSent &+= UInt64(segments)
    guard hasOffloads else {
      transmitFrame(UnsafeRawBufferPointer(start: start, count: count))
      return
    }
    let header = start - VirtioNetHeader.length
    offload.write(to: header)
    transmitFrame(UnsafeRawBufferPointer(start: header, count: VirtioNetHeader.length + count))
  }

  // MARK: Filters

  /// Whether all filters let a packet pass; counts it if not.
  @inline(__always)
  func admits(_ packet: PacketSummary, at now: Instant) -> Bool {
    if filters.isEmpty { return true }
    return asksFilters(packet, at: now)
  }

  private func asksFilters(_ packet: PacketSummary, at now: Instant) -> Bool {
    for filter in filters where !filter.admits(packet, at: now) {
      if packet.direction == .inbound {
        counts.filteredInbound &+= UInt64(packet.segments)
      } else {
        counts.filteredOutbound &+= UInt64(packet.segments)
      }
      return false
    }
    return true
  }

  // MARK: Output

  /// The neighbor that a datagram to `destination` is handed to. `nil` where there is no way, or no room to find one.
  func neighbor(for destination: IPv4Address, at now: Instant) -> Neighbor? {
    guard let hop = configuration?.nextHop(to: destination),
      let neighbor = neighbors.find(hop) ?? neighbors.addIncomplete(hop, at: now)
    else {
      counts.unreachable &+= 1
      return nil
    }
    return neighbor
  }

  /// Sends the datagram whose payload of `length` bytes is at `payload`, or keeps it until the neighbor is found.
  /// `segments`: how many it stands for on the link.
  func send(
    _ protocolNumber: UInt8, to destination: IPv4Address, through neighbor: Neighbor, length: Int,
    _ offload: VirtioNetHeader = VirtioNetHeader(), segments: Int = 1, at now: Instant
  ) {
    guard let configuration else { return }
    IPv4Packet.writeHeader(
      to: frame + EthernetHeader.length, source: configuration.address, destination: destination,
      protocolNumber: protocolNumber, payloadLength: length)
    EthernetHeader(destination: neighbor.hardware, source: configuration.hardware, type: EtherType.ipv4)
      .write(to: frame)
    let count = EthernetHeader.length + IPv4Packet.headerLength + length
    if neighbor.state == .reachable {
      neighbor.used = now
      transmit(frame, count: count, offload, segments: segments)
      if neighbor.confirmed + NeighborCache.confirmationInterval <= now { reconfirm(neighbor, at: now) }
      return
    }
    // What is longer than a frame of the link does not wait: TCP sends it again, and this stays small.
    if count <= EthernetHeader.length + InternetLayer.maximumDatagram {
      if neighbor.waiting.count >= NeighborCache.maximumWaiting { neighbor.waiting.removeFirst() }
      neighbor.waiting.append(
        WaitingFrame(bytes: Array(UnsafeRawBufferPointer(start: frame, count: count)), offload: offload))
    }
    if neighbor.attempts == 0 { solicit(neighbor, at: now) }
  }

  private func reconfirm(_ neighbor: Neighbor, at now: Instant) {
    if neighbor.confirmed + NeighborCache.lifetime <= now {
      guard neighbors.invalidate(neighbor) else { return }
    } else if neighbor.retry > now {
      return
    }
    solicit(neighbor, at: now)
  }

  private func solicit(_ neighbor: Neighbor, at now: Instant) {
    neighbor.attempts += 1
    neighbor.retry = now + NeighborCache.retryInterval
    sendARP(
      .request, to: neighbor.state == .reachable ? neighbor.hardware : .broadcast,
      targetHardware: EthernetAddress(raw: 0), targetAddress: neighbor.address)
  }

  /// Asks again for neighbors that did not answer, and returns those that are given up.
  func expireNeighbors(at now: Instant) -> [Neighbor] {
    guard neighbors.incompleteCount > 0 else { return [] }
    var lost: [Neighbor] = []
    for neighbor in neighbors.due(at: now) {
      if neighbor.attempts >= NeighborCache.maximumAttempts {
        counts.unreachable &+= UInt64(neighbor.waiting.count)
        neighbors.remove(neighbor)
        lost.append(neighbor)
      } else {
        solicit(neighbor, at: now)
      }
    }
    return lost
  }

  /// Tells the link which hardware address this image has (RFC 5227, 2.3).
  func announce() {
    guard let configuration else { return }
    sendARP(
      .request, to: .broadcast, targetHardware: EthernetAddress(raw: 0), targetAddress: configuration.address)
  }

  private func sendARP(
    _ operation: ARPPacket.Operation, to destination: EthernetAddress, targetHardware: EthernetAddress,
    targetAddress: IPv4Address
  ) {
    guard let configuration else { return }
    EthernetHeader(destination: destination, source: configuration.hardware, type: EtherType.arp)
      .write(to: announcement)
    ARPPacket(
      operation: operation, senderHardware: configuration.hardware, senderAddress: configuration.address,
      targetHardware: targetHardware, targetAddress: targetAddress
    ).write(to: announcement + EthernetHeader.length)
    transmit(announcement, count: EthernetHeader.length + ARPPacket.length)
  }
}

extension InternetLayer {
  // MARK: Input

  /// Takes a frame. Returns the datagram that is in it, if it is one for this image; ARP is answered here.
  @inline(__always)
  func receive(
    _ frame: UnsafeRawBufferPointer, _ offload: inout VirtioNetHeader, at now: Instant
  ) -> IPv4Packet? {
    guard let configuration else { return nil }
    counts.framesReceived &+= 1
    var frame = frame
    if hasOffloads {
      guard let header = VirtioNetHeader(frame) else {
        counts.malformed &+= 1
        return nil
      }
      offload = header
      frame = frame.suffix(from: VirtioNetHeader.length)
    }
    guard let header = EthernetHeader(frame) else {
      counts.malformed &+= 1
      return nil
    }
    if header.destination == configuration.hardware, header.type == EtherType.ipv4 {
      return datagram(in: frame.suffix(from: EthernetHeader.length), configuration)
    }
    if header.type == EtherType.arp,
      header.destination == configuration.hardware || header.destination == .broadcast
    {
      receiveARP(frame.suffix(from: EthernetHeader.length), configuration, at: now)
    } else {
      counts.ignored &+= 1
    }
    return nil
  }

  @inline(__always)
  private func datagram(in bytes: UnsafeRawBufferPointer, _ configuration: NetworkConfiguration) -> IPv4Packet? {
    do throws(IPv4Packet.Fault) {
      let packet = try IPv4Packet(bytes)
      // A packet from this image's own address cannot have come over the link (LAND).
      guard packet.destination == configuration.address, packet.source.isUnicastHost,
        packet.source != configuration.address,
        !configuration.network.contains(packet.source)
          || NetworkConfiguration.isHost(packet.source, in: configuration.network)
      else {
        counts.ignored &+= 1
        return nil
      }
      return packet
    } catch {
      switch error {
      case .fragment: counts.fragments &+= 1
      case .malformed: counts.malformed &+= 1
      case .sourceRouted: counts.ignored &+= 1
      }
      return nil
    }
  }

  private func receiveARP(
    _ bytes: UnsafeRawBufferPointer, _ configuration: NetworkConfiguration, at now: Instant
  ) {
    guard let packet = ARPPacket(bytes) else {
      counts.malformed &+= 1
      return
    }
    if packet.senderAddress == configuration.address {
      if packet.senderHardware != configuration.hardware { counts.addressConflicts &+= 1 }
      return
    }
    let isForUs = packet.targetAddress == configuration.address
    // A probe (RFC 5227, 2.1.1) has no sender address: it is answered, and nothing is learned.
    if NetworkConfiguration.isHost(packet.senderAddress, in: configuration.network) {
      if let neighbor = neighbors.find(packet.senderAddress) {
        let waiting = neighbors.confirm(neighbor, hardware: packet.senderHardware, at: now)
        for item in waiting {
          frame.copyMemory(from: item.bytes, byteCount: item.bytes.count)
          packet.senderHardware.write(to: frame, at: 0)
          transmit(frame, count: item.bytes.count, item.offload)
        }
      } else if isForUs {
        neighbors.addReachable(packet.senderAddress, hardware: packet.senderHardware, at: now)
      }
    } else if packet.senderAddress.raw != 0 {
      counts.ignored &+= 1
      return
    }
    if isForUs, packet.operation == .request {
      sendARP(
        .reply, to: packet.senderHardware, targetHardware: packet.senderHardware,
        targetAddress: packet.senderAddress)
    }
  }

  /// Answers an echo request. The filters let it in already, and are asked about the answer.
  func answerEcho(_ message: ICMPMessage, from source: IPv4Address, at now: Instant) {
    guard let configuration, message.bytes.count <= InternetLayer.maximumPayload else { return }
    let summary = PacketSummary(
      direction: .outbound, protocolNumber: ProtocolNumber.icmp, source: configuration.address, destination: source,
      sourcePort: UInt16(ICMPMessage.echoReply))
    guard admits(summary, at: now), let neighbor = neighbor(for: source, at: now) else { return }
    message.writeEchoReply(to: payload)
    send(ProtocolNumber.icmp, to: source, through: neighbor, length: message.bytes.count, at: now)
  }
}
