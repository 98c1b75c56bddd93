import LibraryOS

// The way in (RFC 8200, 3 and 4; RFC 4443, 2.4). What finds neighbors, routers and listeners is carried out here and goes
// no further; all else that is for an address of this image goes to the filters.

extension IPv6Layer {
  /// Takes what a frame holds. Returns the datagram, if it is a whole one for this image.
  func receive(_ bytes: UnsafeRawBufferPointer, _ frame: EthernetHeader, at now: Instant) -> IPPacket? {
    do throws(IPv6Packet.Fault) {
      var packet = try IPv6Packet(bytes)
      guard isAcceptable(packet, frame) else {
        link.counts.ignored &+= 1
        return nil
      }
      let whole = packet.bytes
      if let fragment = packet.fragment {
        guard !packet.destination.isMulticast,
          let joined = link.reassembly.add(
            fragment, from: IPAddress(packet.source), to: IPAddress(packet.destination), at: now)
        else { return nil }
        packet = try IPv6Packet(
          source: packet.source, destination: packet.destination, protocolNumber: joined.protocolNumber,
          payload: joined.bytes)
      }
      return take(packet, whole: packet.bytes.isEmpty ? packet.bytes : whole, at: now)
    } catch {
      switch error {
      case .malformed: link.counts.malformed &+= 1
      case .sourceRouted: link.counts.ignored &+= 1
      case .unknownOption(let offset, let tellsGroups): answerOption(bytes, frame, at: offset, tellsGroups, now)
      }
      return nil
    }
  }

  /// Whether a datagram is from another host and for this one, or for a group it is in, and came in a frame for it.
  private func isAcceptable(_ packet: IPv6Packet, _ frame: EthernetHeader) -> Bool {
    let source = packet.source
    guard source == .unspecified || source.isUnicastHost else { return false }
    // A packet from this image's own address cannot have come over the link (LAND).
    for own in addresses where own.address == source { return false }
    if packet.destination.isMulticast {
      return isMember(of: packet.destination)
        && (frame.destination == packet.destination.groupHardware || frame.destination == hardware)
    }
    return frame.destination == hardware && source != .unspecified && usable(packet.destination) != nil
  }

  private func take(_ packet: IPv6Packet, whole: UnsafeRawBufferPointer, at now: Instant) -> IPPacket? {
    var taken = IPPacket(
      source: IPAddress(packet.source), destination: IPAddress(packet.destination),
      protocolNumber: packet.protocolNumber, payload: packet.payload, quotation: whole,
      protocolOffset: packet.protocolOffset)
    if packet.protocolNumber == ProtocolNumber.icmpv6, let type = packet.payload.first, isOfTheLink(type) {
      guard let message = ICMPMessage(taken), !packet.hasFragmentHeader else {
        link.counts.malformed &+= 1
        return nil
      }
      receive(message, of: packet, at: now)
      return nil
    }
    guard let own = usable(packet.destination) else {
      // Nothing for groups but what this layer takes: no answer is ever made into many.
      link.counts.ignored &+= 1
      return nil
    }
    taken.localNumber = own.number
    return taken
  }

  /// Listener discovery (RFC 3810) and neighbor discovery.
  private func isOfTheLink(_ type: UInt8) -> Bool {
    type >= IPv6Layer.listenerQuery && type <= DiscoveryMessage.redirect || type == IPv6Layer.listenerReport
  }

  private func receive(_ message: ICMPMessage, of packet: IPv6Packet, at now: Instant) {
    if message.type < DiscoveryMessage.routerSolicitation || message.type == IPv6Layer.listenerReport {
      receiveListenerMessage(message, of: packet, at: now)
      return
    }
    // Redirects are not believed: whoever is on the link could send them.
    guard message.type != DiscoveryMessage.redirect, message.type != DiscoveryMessage.routerSolicitation else {
      link.counts.ignored &+= 1
      return
    }
    guard let discovery = DiscoveryMessage(message, hopLimit: packet.hopLimit) else {
      link.counts.malformed &+= 1
      return
    }
    switch discovery.type {
    case DiscoveryMessage.neighborSolicitation: receiveSolicitation(discovery, of: packet, at: now)
    case DiscoveryMessage.neighborAdvertisement: receiveAdvertisement(discovery, of: packet, at: now)
    default: receiveRouterAdvertisement(discovery, of: packet, at: now)
    }
  }

  /// An option that the sender wants to be told about. Asked of the filters first, like any datagram.
  private func answerOption(
    _ bytes: UnsafeRawBufferPointer, _ frame: EthernetHeader, at offset: Int, _ tellsGroups: Bool, _ now: Instant
  ) {
    link.counts.malformed &+= 1
    let source = IPv6Address(bytes, at: 8)
    let destination = IPv6Address(bytes, at: 24)
    guard offset > 0, frame.destination == hardware, source.isUnicastHost, let own = usable(destination) else { return }
    let length = min(bytes.count, IPv6Packet.headerLength + Int(bytes.number16(at: 4)))
    let packet = IPPacket(
      source: IPAddress(source), destination: IPAddress(destination), protocolNumber: bytes[6],
      payload: UnsafeRawBufferPointer(start: nil, count: 0), localNumber: own.number,
      quotation: UnsafeRawBufferPointer(rebasing: bytes[..<length]))
    let summary = PacketSummary(
      direction: .inbound, protocolNumber: packet.protocolNumber, source: packet.source,
      destination: packet.destination)
    guard link.admits(summary, at: now) else { return }
    link.sendError(
      type: ICMPMessage.parameterProblem, code: ICMPMessage.unknownOption, value: UInt32(truncatingIfNeeded: offset),
      about: packet, at: now)
  }

  // MARK: Messages on the link

  /// Sends a message of `count` bytes, whose bytes behind the checksum were written at `message`.
  func sendOnLink(
    type: UInt8, count: Int, from source: IPv6Address, to destination: IPv6Address, _ target: EthernetAddress
  ) {
    let frame = link.announcement
    EthernetHeader(destination: target, source: hardware, type: EtherType.ipv6).write(to: frame)
    IPv6Packet.writeHeader(
      to: frame + EthernetHeader.length, source: source, destination: destination,
      protocolNumber: ProtocolNumber.icmpv6, payloadLength: count, hopLimit: 255)
    ICMPMessage.complete(
      message, count: count, type: type, code: 0, from: IPAddress(source), to: IPAddress(destination))
    link.transmit(frame, count: EthernetHeader.length + IPv6Packet.headerLength + count)
  }

  /// Where such a message is composed.
  var message: UnsafeMutableRawPointer { link.announcement + EthernetHeader.length + IPv6Packet.headerLength }
}
