import LibraryOS

// Neighbors (RFC 4861, 7): solicitations, advertisements and unreachability detection; duplicate address detection
// (RFC 4862, 5.4). Only hosts of the link are taken for neighbors, whatever their packets say (RFC 4861, 7.2.3 and 7.2.5;
// RFC 5942).

extension IPv6Layer {
  // MARK: Input

  func receiveSolicitation(_ message: DiscoveryMessage, of packet: IPv6Packet, at now: Instant) {
    let isProbe = packet.source == .unspecified
    if isProbe {
      guard packet.destination == message.target.solicitedNode, message.linkLayerAddress == nil else {
        link.counts.malformed &+= 1
        return
      }
    }
    guard let index = addresses.firstIndex(where: { $0.address == message.target }) else {
      link.counts.ignored &+= 1
      return
    }
    if addresses[index].state == .tentative {
      // Somebody else asks for the same address (RFC 4862, 5.4.3); who resolves it gets no answer yet.
      if isProbe { conflict(index, at: now) }
      return
    }
    guard isProbe || isOnLink(packet.source) else {
      link.counts.ignored &+= 1
      return
    }
    guard advertisements.take(at: now) else { return }
    if isProbe {
      advertise(message.target, to: .allNodes, IPv6Address.allNodes.groupHardware, [.overriding])
      return
    }
    let source = IPAddress(packet.source)
    if let hardware = message.linkLayerAddress {
      learn(source, hardware, at: now)
    }
    guard let neighbor = neighbors.find(source), neighbor.state != .incomplete else { return }
    advertise(message.target, to: packet.source, neighbor.hardware, [.solicited, .overriding])
  }

  /// Notes a hardware address that somebody mentioned (RFC 4861, 7.2.3): it is used, and looked at when it is.
  func learn(_ address: IPAddress, _ hardware: EthernetAddress, at now: Instant) {
    guard let neighbor = neighbors.find(address) else {
      neighbors.addKnown(address, hardware: hardware, isConfirmed: false, at: now)
      return
    }
    guard neighbor.state == .incomplete || neighbor.hardware != hardware else { return }
    link.release(neighbors.confirm(neighbor, hardware: hardware, as: .stale, at: now), to: hardware)
  }

  func receiveAdvertisement(_ message: DiscoveryMessage, of packet: IPv6Packet, at now: Instant) {
    let isSolicited = message.flags.contains(.solicited)
    guard packet.source != .unspecified, !(packet.destination.isMulticast && isSolicited) else {
      link.counts.malformed &+= 1
      return
    }
    if let index = addresses.firstIndex(where: { $0.address == message.target }) {
      if addresses[index].state == .tentative {
        conflict(index, at: now)
      } else {
        // Too late to give it up for whoever claims it (RFC 4862, 5.4.4 leaves this open).
        link.counts.addressConflicts &+= 1
      }
      return
    }
    // Nobody asked for it: nothing is learned (RFC 4861, 7.2.5).
    guard let neighbor = neighbors.find(IPAddress(message.target)) else { return }
    if neighbor.state == .incomplete {
      guard let hardware = message.linkLayerAddress else { return }
      let waiting = neighbors.confirm(neighbor, hardware: hardware, as: isSolicited ? .reachable : .stale, at: now)
      link.release(waiting, to: hardware)
    } else {
      let isOther = message.linkLayerAddress.map { $0 != neighbor.hardware } ?? false
      if isOther, !message.flags.contains(.overriding) {
        if neighbor.state == .reachable { neighbors.set(.stale, of: neighbor) }
        return
      }
      if isSolicited {
        _ = neighbors.confirm(neighbor, hardware: message.linkLayerAddress ?? neighbor.hardware, at: now)
      } else if isOther, let hardware = message.linkLayerAddress {
        _ = neighbors.confirm(neighbor, hardware: hardware, as: .stale, at: now)
      }
    }
    if neighbor.isRouter, !message.flags.contains(.router) {
      // It is one no more (RFC 4861, 7.2.5).
      neighbor.isRouter = false
      routers.removeAll { $0.expiry != nil && IPAddress($0.address) == neighbor.address }
    }
  }

  // MARK: Unreachability

  /// Something was sent to a neighbor whose hardware address is known (RFC 4861, 7.3.3).
  @inline(__always)
  func used(_ neighbor: Neighbor, at now: Instant) {
    switch neighbor.state {
    case .reachable: if neighbor.confirmed + IPv6Layer.reachableTime <= now { startDelay(neighbor, at: now) }
    case .stale: startDelay(neighbor, at: now)
    case .incomplete, .delay, .probe: break
    }
  }

  private func startDelay(_ neighbor: Neighbor, at now: Instant) {
    guard neighbor.isCached else { return }
    neighbors.set(.delay, of: neighbor)
    neighbor.attempts = 0
    neighbor.retry = now + IPv6Layer.delayTime
  }

  /// Asks for neighbors again whose time has come, and returns those that are given up.
  func expireNeighbors(at now: Instant) -> [Neighbor] {
    guard neighbors.timedCount > 0 else { return [] }
    var lost: [Neighbor] = []
    for neighbor in neighbors.due(at: now) {
      if neighbor.state == .delay { neighbors.set(.probe, of: neighbor) }
      if neighbor.attempts >= NeighborCache.maximumAttempts {
        link.counts.unreachable &+= UInt64(neighbor.waiting.count)
        neighbors.remove(neighbor)
        lost.append(neighbor)
      } else {
        solicit(neighbor, at: now)
      }
    }
    return lost
  }

  /// Asks a neighbor for its hardware address: all that might have the address, or itself where it is known
  /// (RFC 4861, 7.2.2).
  func solicit(_ neighbor: Neighbor, at now: Instant) {
    neighbor.attempts += 1
    neighbor.retry = now + NeighborCache.retryInterval
    guard let target = neighbor.address.ipv6, let source = source(for: target) else { return }
    let isKnown = neighbor.state != .incomplete
    let destination = isKnown ? target : target.solicitedNode
    solicit(
      target, from: source.address, to: destination, isKnown ? neighbor.hardware : destination.groupHardware)
  }

  // MARK: Output

  /// Asks whether somebody else has an address (RFC 4862, 5.4.2).
  func askForDuplicates(of address: IPv6Address) {
    let group = address.solicitedNode
    solicit(address, from: .unspecified, to: group, group.groupHardware)
  }

  private func solicit(
    _ target: IPv6Address, from source: IPv6Address, to destination: IPv6Address, _ hardware: EthernetAddress
  ) {
    let message = message
    message.store(number32: 0, at: 4)
    target.write(to: message, at: 8)
    var count = 24
    if source != .unspecified {
      writeLinkLayerAddress(1, at: message + count)
      count += 8
    }
    sendOnLink(type: DiscoveryMessage.neighborSolicitation, count: count, from: source, to: destination, hardware)
  }

  private func advertise(
    _ own: IPv6Address, to destination: IPv6Address, _ hardware: EthernetAddress, _ flags: DiscoveryMessage.Flags
  ) {
    let message = message
    message.store(number32: UInt32(flags.rawValue) << 24, at: 4)
    own.write(to: message, at: 8)
    writeLinkLayerAddress(2, at: message + 24)
    sendOnLink(type: DiscoveryMessage.neighborAdvertisement, count: 32, from: own, to: destination, hardware)
  }

  /// The option with this image's hardware address (RFC 4861, 4.6.1): 1 the source's, 2 the target's.
  func writeLinkLayerAddress(_ type: UInt8, at pointer: UnsafeMutableRawPointer) {
    pointer.store(byte: type, at: 0)
    pointer.store(byte: 1, at: 1)
    hardware.write(to: pointer, at: 2)
  }
}
