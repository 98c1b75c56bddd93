import Interchange
import LibraryOS

/// What the firewall can follow; the raw value is the IP protocol number.
enum Transport: UInt8, Sendable {
  case icmp = 1
  case tcp = 6
  case udp = 17
  case icmpv6 = 58

  /// Whether there are types and no ports.
  var isControl: Bool { self == .icmp || self == .icmpv6 }

  /// The protocol of a packet; `nil` if it cannot be followed. ICMP belongs to IPv4, ICMPv6 to IPv6: the other one is no
  /// protocol there.
  init?(_ packet: PacketSummary) {
    guard let transport = Transport(rawValue: packet.protocolNumber),
      !transport.isControl || (transport == .icmp) == packet.source.isIPv4
    else { return nil }
    self = transport
  }

  /// What rules know it by.
  func kind(isIPv4: Bool) -> FirewallTable.Kind {
    switch self {
    case .icmp: .icmp4
    case .icmpv6: .icmp6
    case .tcp: isIPv4 ? .tcp4 : .tcp6
    case .udp: isIPv4 ? .udp4 : .udp6
    }
  }

  /// The name in events.
  var name: ByteString {
    switch self {
    case .icmp: "icmp"
    case .tcp: "tcp"
    case .udp: "udp"
    case .icmpv6: "icmpv6"
    }
  }

  /// Whether an ICMP message asks or answers, and what it asks: echo, timestamp, information and address mask (RFC 792,
  /// RFC 950), of ICMPv6 echo and node information (RFC 4443, RFC 4620). All others belong to no exchange.
  func exchange(type: UInt16) -> (asks: Bool, question: UInt16)? {
    switch (self, type) {
    case (.icmp, 8), (.icmp, 13), (.icmp, 15), (.icmp, 17), (.icmpv6, 128), (.icmpv6, 139): (true, type)
    case (.icmp, 0): (false, 8)
    case (.icmp, 14), (.icmp, 16), (.icmp, 18), (.icmpv6, 129): (false, type - 1)
    case (.icmpv6, 140): (false, 139)
    default: nil
    }
  }
}

extension FirewallTable.Packet {
  /// What rules see of a packet with this other end.
  @inline(__always)
  init(
    _ state: FirewallTable.State, _ direction: PacketSummary.Direction, _ transport: Transport, peer: IPAddress,
    sourcePort: UInt16, destinationPort: UInt16
  ) {
    let isIPv4 = peer.isIPv4
    let low = UInt32(truncatingIfNeeded: peer.low)
    self.init(
      state: state, isInbound: direction == .inbound, kind: transport.kind(isIPv4: isIPv4),
      peer: isIPv4
        ? (low, 0, 0, 0)
        : (
          UInt32(truncatingIfNeeded: peer.high >> 32), UInt32(truncatingIfNeeded: peer.high),
          UInt32(truncatingIfNeeded: peer.low >> 32), low
        ),
      sourcePort: sourcePort, destinationPort: destinationPort)
  }

  /// What rules see of a packet.
  @inline(__always)
  init(_ packet: PacketSummary, _ transport: Transport, _ state: FirewallTable.State) {
    self.init(
      state, packet.direction, transport, peer: packet.direction == .inbound ? packet.source : packet.destination,
      sourcePort: packet.sourcePort, destinationPort: packet.destinationPort)
  }
}
