import LibraryOS

// The way in: what Ethernet frames carry (RFC 1122, 3.2.1), ARP (RFC 826), fragments, and the answers that this layer
// gives on its own.

extension InternetLayer {
  // MARK: Input

  /// Takes a frame. Returns the datagram that is in it, if it is one for this image; ARP is answered here.
  @inline(__always)
  func receive(
    _ frame: UnsafeRawBufferPointer, _ offload: inout VirtioNetHeader, at now: Instant
  ) -> IPPacket? {
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
      return datagram(in: frame.suffix(from: EthernetHeader.length), configuration, offload, at: now)
    }
    if header.type == EtherType.ipv6, let ipv6 {
      return ipv6.receive(frame.suffix(from: EthernetHeader.length), header, at: now)
    }
    if header.type == EtherType.arp,
      header.destination == configuration.hardware || header.destination == .broadcast
    {
      receiveARP(frame.suffix(from: EthernetHeader.length), configuration, at: now)
    } else if addressSource != nil, header.type == EtherType.ipv4, header.destination == .broadcast {
      // What else is sent to all is for nobody here.
      if let packet = try? IPv4Packet(frame.suffix(from: EthernetHeader.length)) {
        _ = takeAddressMessage(packet, isChecksumTrusted: offload.isChecksumTrusted, at: now)
      }
    } else {
      counts.ignored &+= 1
    }
    return nil
  }

  @inline(__always)
  private func datagram(
    in bytes: UnsafeRawBufferPointer, _ configuration: NetworkConfiguration, _ offload: VirtioNetHeader,
    at now: Instant
  ) -> IPPacket? {
    do throws(IPv4Packet.Fault) {
      let packet = try IPv4Packet(bytes)
      if addressSource != nil,
        takeAddressMessage(packet, isChecksumTrusted: offload.isChecksumTrusted, at: now)
          || configuration.address.raw == 0
      {
        return nil
      }
      // A packet from this image's own address cannot have come over the link (LAND).
      guard packet.destination == configuration.address, packet.source.isUnicastHost,
        packet.source != configuration.address,
        !configuration.network.contains(packet.source)
          || NetworkConfiguration.isHost(packet.source, in: configuration.network)
      else {
        counts.ignored &+= 1
        return nil
      }
      if packet.fragmentation != 0 { return reassemble(packet, bytes, at: now) }
      return IPPacket(
        source: IPAddress(packet.source), destination: IPAddress(packet.destination),
        protocolNumber: packet.protocolNumber, payload: packet.payload, quotation: bytes)
    } catch {
      switch error {
      case .malformed: counts.malformed &+= 1
      case .sourceRouted: counts.ignored &+= 1
      }
      return nil
    }
  }

  private func reassemble(_ packet: IPv4Packet, _ bytes: UnsafeRawBufferPointer, at now: Instant) -> IPPacket? {
    let source = IPAddress(packet.source)
    let destination = IPAddress(packet.destination)
    guard let whole = reassembly.add(packet.fragment(bytes), from: source, to: destination, at: now) else { return nil }
    return IPPacket(
      source: source, destination: destination, protocolNumber: whole.protocolNumber, payload: whole.bytes)
  }

  private func receiveARP(
    _ bytes: UnsafeRawBufferPointer, _ configuration: NetworkConfiguration, at now: Instant
  ) {
    guard let packet = ARPPacket(bytes) else {
      counts.malformed &+= 1
      return
    }
    if let addressSource {
      if packet.senderHardware != configuration.hardware {
        addressSource.addressSeen(packet.senderAddress.raw == 0 ? packet.targetAddress : packet.senderAddress, at: now)
      }
      if configuration.address.raw == 0 { return }
    }
    if packet.senderAddress == configuration.address {
      if packet.senderHardware != configuration.hardware { counts.addressConflicts &+= 1 }
      return
    }
    let isForUs = packet.targetAddress == configuration.address
    // A probe (RFC 5227, 2.1.1) has no sender address: it is answered, and nothing is learned.
    if NetworkConfiguration.isHost(packet.senderAddress, in: configuration.network) {
      let sender = IPAddress(packet.senderAddress)
      if let neighbor = neighbors.find(sender) {
        release(neighbors.confirm(neighbor, hardware: packet.senderHardware, at: now), to: packet.senderHardware)
      } else if isForUs {
        neighbors.addKnown(sender, hardware: packet.senderHardware, at: now)
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

  // MARK: Answers

  /// Answers an echo request. The filters let it in already, and are asked about the answer. One that came in fragments
  /// is answered in fragments.
  func answerEcho(_ message: ICMPMessage, in packet: IPPacket, at now: Instant) {
    let type = packet.source.isIPv4 ? ICMPMessage.echoReply : ICMPMessage.echoReplyIPv6
    let summary = PacketSummary(
      direction: .outbound, protocolNumber: packet.protocolNumber, source: packet.destination,
      destination: packet.source, sourcePort: UInt16(type))
    guard admits(summary, at: now) else { return }
    var reply = Array(message.bytes)
    reply.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      ICMPMessage.complete(
        start, count: bytes.count, type: type, code: 0, from: packet.destination, to: packet.source)
      sendDatagram(
        packet.protocolNumber, UnsafeRawBufferPointer(bytes), from: packet.destination, to: packet.source, at: now)
    }
  }

  /// Sends an error about a datagram that the filters let in: at most so many a second, and none about what arrived in
  /// fragments. It never answers an error, nor anything sent to a group: no such datagram comes here.
  func sendError(type: UInt8, code: UInt8, value: UInt32 = 0, about packet: IPPacket, at now: Instant) {
    let isIPv4 = packet.source.isIPv4
    guard !packet.isReassembled, errors.take(at: now) else { return }
    let protocolNumber = isIPv4 ? ProtocolNumber.icmp : ProtocolNumber.icmpv6
    let summary = PacketSummary(
      direction: .outbound, protocolNumber: protocolNumber, source: packet.destination, destination: packet.source,
      sourcePort: UInt16(type), destinationPort: UInt16(code))
    guard admits(summary, at: now), let neighbor = neighbor(for: packet.source, at: now) else { return }
    let start = payload(isIPv4: isIPv4)
    // As much as fits into what every link carries (RFC 1812, 4.3.2.3; RFC 4443, 2.4 c).
    let most = (isIPv4 ? 576 : 1280) - InternetLayer.headerLength(isIPv4: isIPv4) - ICMPMessage.headerLength
    let quoted = min(packet.quotation.count, most)
    start.store(number32: value, at: 4)
    if let base = packet.quotation.baseAddress {
      (start + ICMPMessage.headerLength).copyMemory(from: base, byteCount: quoted)
    }
    let length = ICMPMessage.headerLength + quoted
    ICMPMessage.complete(
      start, count: length, type: type, code: code, from: packet.destination, to: packet.source)
    counts.errorsSent &+= 1
    send(protocolNumber, from: packet.destination, to: packet.source, through: neighbor, length: length, at: now)
  }
}
