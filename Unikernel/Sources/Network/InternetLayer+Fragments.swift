import LibraryOS

// Datagrams that may be longer than the link carries, and are split then (RFC 791, 3.2; RFC 8200, 4.5). Identifications
// are random (RFC 7739, 5.2), so that nobody can guess the next. The parts fit the link; routers further on that carry
// less are met by TCP only.

extension InternetLayer {
  /// Sends a datagram with that payload, in as many parts as it needs. The filters were asked.
  func sendDatagram(
    _ protocolNumber: UInt8, _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress,
    at now: Instant
  ) {
    let isIPv4 = source.isIPv4
    let header = InternetLayer.headerLength(isIPv4: isIPv4)
    guard bytes.count <= InternetLayer.largestDatagram - header, let base = bytes.baseAddress,
      let neighbor = neighbor(for: destination, at: now)
    else { return }
    guard bytes.count > InternetLayer.maximumDatagram - header else {
      payload(isIPv4: isIPv4).copyMemory(from: base, byteCount: bytes.count)
      send(protocolNumber, from: source, to: destination, through: neighbor, length: bytes.count, at: now)
      return
    }
    let start = frame + EthernetHeader.length
    let room = InternetLayer.maximumDatagram - header - (isIPv4 ? 0 : IPv6Packet.fragmentHeaderLength)
    let identification = random.next()
    var offset = 0
    while offset < bytes.count {
      let isFollowed = bytes.count - offset > room
      let count = isFollowed ? room & ~7 : bytes.count - offset
      if let own = source.ipv4, let target = destination.ipv4 {
        IPv4Packet.writeHeader(
          to: start, source: own, destination: target, protocolNumber: protocolNumber, payloadLength: count,
          fragment: (UInt16(truncatingIfNeeded: identification), offset, isFollowed))
        (start + header).copyMemory(from: base + offset, byteCount: count)
        hand(EtherType.ipv4, header + count, to: neighbor, at: now)
      } else if let own = source.ipv6, let target = destination.ipv6 {
        IPv6Packet.writeFragmentHeaders(
          to: start, source: own, destination: target, protocolNumber: protocolNumber, payloadLength: count,
          hopLimit: ipv6?.hopLimit ?? 64, fragment: (identification, offset, isFollowed))
        (start + header + IPv6Packet.fragmentHeaderLength).copyMemory(from: base + offset, byteCount: count)
        hand(EtherType.ipv6, header + IPv6Packet.fragmentHeaderLength + count, to: neighbor, at: now)
      }
      offset += count
    }
  }
}
