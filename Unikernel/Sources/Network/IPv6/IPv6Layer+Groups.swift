import LibraryOS

// Groups (RFC 4861, 7.2.1: all nodes, and the solicited-node group of each address) and listener discovery (MLDv2,
// RFC 3810, in the part that a host with so few groups and no filters of sources needs; RFC 5790): reports when a group is
// joined and when a router asks, so that switches that look at reports let neighbor discovery through.

extension IPv6Layer {
  static let listenerQuery: UInt8 = 130
  static let listenerReport: UInt8 = 143
  /// Reports when something was joined, since one may be lost (RFC 3810, 9.1), and the time between them (9.11).
  static let reportCount = 2
  static let reportInterval = TimeSpan.seconds(1)
  /// `ff02::16`, all routers that speak MLDv2 (RFC 3810, 5.2.14).
  private static let reportGroup = IPv6Address(high: 0xFF02_0000_0000_0000, low: 0x16)

  /// Whether datagrams to a group are for this image.
  func isMember(of group: IPv6Address) -> Bool {
    if group == .allNodes { return true }
    for own in addresses where own.address.solicitedNode == group { return true }
    return false
  }

  /// Has the groups reported, now and once more.
  func reportGroups(at now: Instant) {
    reportsLeft = IPv6Layer.reportCount
    nextReport = now
  }

  func receiveListenerMessage(_ message: ICMPMessage, of packet: IPv6Packet, at now: Instant) {
    guard message.type == IPv6Layer.listenerQuery, message.bytes.count >= 24, packet.hopLimit == 1,
      packet.source.isLinkLocal
    else {
      link.counts.ignored &+= 1
      return
    }
    let group = IPv6Address(message.bytes, at: 8)
    guard group == .unspecified || group != .allNodes && isMember(of: group) else { return }
    // At a random time within what the router allows (RFC 3810, 5.1.3 and 6.2); one report tells of all groups.
    var milliseconds = Int(message.bytes.number16(at: 4))
    if message.bytes.count >= 28, milliseconds >= 32768 {
      milliseconds = ((milliseconds & 0xFFF) | 0x1000) << ((milliseconds >> 12 & 7) + 3)
    }
    let time = now + .milliseconds(Int(link.random.next()) % (min(milliseconds, 60_000) + 1))
    if let nextReport, nextReport <= time { return }
    nextReport = time
    reportsLeft = max(reportsLeft, 1)
  }

  /// Tells of all groups but that of all nodes (RFC 3810, 5.2 and 6).
  func sendReport(at now: Instant) {
    reportsLeft -= 1
    nextReport = reportsLeft > 0 ? now + IPv6Layer.reportInterval : nil
    var groups: [IPv6Address] = []
    for own in addresses where !groups.contains(own.address.solicitedNode) {
      groups.append(own.address.solicitedNode)
    }
    guard !groups.isEmpty else { return }
    // From no address as long as there is none (RFC 3590, 4).
    let source = addresses.first { $0.address.isLinkLocal && $0.state != .tentative }?.address ?? .unspecified
    let frame = link.announcement
    let options = frame + EthernetHeader.length + IPv6Packet.headerLength
    let message = options + 8
    let count = 8 + 20 * groups.count
    EthernetHeader(
      destination: IPv6Layer.reportGroup.groupHardware, source: hardware, type: EtherType.ipv6
    ).write(to: frame)
    IPv6Packet.writeHeader(
      to: frame + EthernetHeader.length, source: source, destination: IPv6Layer.reportGroup, protocolNumber: 0,
      payloadLength: 8 + count, hopLimit: 1)
    // A Hop-by-Hop header with Router Alert for MLD (RFC 2711, 2.1), padded.
    options.store(number32: UInt32(ProtocolNumber.icmpv6) << 24 | 0x0502, at: 0)
    options.store(number32: 0x0000_0100, at: 4)
    message.store(number32: UInt32(truncatingIfNeeded: groups.count), at: 4)
    for index in 0..<groups.count {
      let record = message + 8 + 20 * index
      // Everything sent to the group is wanted: MODE_IS_EXCLUDE of no source.
      record.store(number32: 0x0200_0000, at: 0)
      groups[index].write(to: record, at: 4)
    }
    ICMPMessage.complete(
      message, count: count, type: IPv6Layer.listenerReport, code: 0, from: IPAddress(source),
      to: IPAddress(IPv6Layer.reportGroup))
    link.transmit(frame, count: EthernetHeader.length + IPv6Packet.headerLength + 8 + count)
  }
}
