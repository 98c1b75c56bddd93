public import Interchange

/// A rule of a packet filter. Of the rules that match a packet the first decides.
public struct PacketRule: Hashable, Sendable {
  /// What a packet is made of.
  public enum Transport: String, Hashable, Sendable, CaseIterable {
    case tcp, udp, icmp, icmpv6

    /// Whether it has types and no ports.
    public var isControl: Bool { self == .icmp || self == .icmpv6 }
  }

  /// Which way packets go.
  public enum Direction: String, Hashable, Sendable, CaseIterable {
    /// Into the image.
    case inbound
    /// Out of it.
    case outbound
  }

  /// Whether packets that match pass.
  public var passes: Bool
  /// Which way they go.
  public var directions: Set<Direction>
  /// What they are made of. ICMP is of IPv4 alone, ICMPv6 of IPv6.
  public var transports: Set<Transport>
  /// Where the other end is; `nil`: anywhere. A network of one version has no address of the other.
  public var peers: [PolicyAddress]?
  /// The ports that they come from; `nil`: all, also where there are none.
  public var sourcePorts: [ClosedRange<UInt16>]?
  /// The ports that they go to; `nil`: all, also where there are none.
  public var destinationPorts: [ClosedRange<UInt16>]?
  /// The types of ICMP and ICMPv6; `nil`: all, also where there are none.
  public var types: [ClosedRange<UInt8>]?
  /// What the connection table knows of them.
  public var states: Set<FirewallTable.State>
  /// When the rule holds; `nil`: always.
  public var window: FirewallTable.Window?

  /// A rule; about new connections of all protocols with everybody, unless something else is said.
  public init(
    passes: Bool, directions: Set<Direction>, transports: Set<Transport> = Set(Transport.allCases),
    peers: [PolicyAddress]? = nil, sourcePorts: [ClosedRange<UInt16>]? = nil,
    destinationPorts: [ClosedRange<UInt16>]? = nil, types: [ClosedRange<UInt8>]? = nil,
    states: Set<FirewallTable.State> = [.new], window: FirewallTable.Window? = nil
  ) {
    self.passes = passes
    self.directions = directions
    self.transports = transports
    self.peers = peers
    self.sourcePorts = sourcePorts
    self.destinationPorts = destinationPorts
    self.types = types
    self.states = states
    self.window = window
  }

  /// Whether it says anything of a packet at a minute of the week: what a table is compiled to say.
  public func matches(_ packet: FirewallTable.Packet, minuteOfWeek: UInt32) -> Bool {
    guard states.contains(packet.state), directions.contains(packet.isInbound ? .inbound : .outbound) else {
      return false
    }
    let (transport, isIPv6) = packet.kind.parts
    guard transports.contains(transport), window?.contains(minuteOfWeek) ?? true else { return false }
    let address =
      isIPv6
      ? PolicyAddress(
        isIPv6: true, high: UInt64(packet.values[0]) << 32 | UInt64(packet.values[1]),
        low: UInt64(packet.values[2]) << 32 | UInt64(packet.values[3]), prefixLength: 128)
      : PolicyAddress(ipv4: packet.values[0])
    guard peers?.contains(where: { address.isInRange(of: $0) }) ?? true else { return false }
    if transport.isControl {
      guard sourcePorts == nil, destinationPorts == nil else { return false }
      return types?.contains { $0.contains(UInt8(truncatingIfNeeded: packet.sourcePort)) } ?? true
    }
    return types == nil && sourcePorts?.contains { $0.contains(packet.sourcePort) } ?? true
      && destinationPorts?.contains { $0.contains(packet.destinationPort) } ?? true
  }
}

extension FirewallTable.Packet {
  /// The port it comes from; the type of ICMP.
  public var sourcePort: UInt16 { UInt16(truncatingIfNeeded: values[4]) }
  /// The port it goes to; the code of ICMP.
  public var destinationPort: UInt16 { UInt16(truncatingIfNeeded: values[5]) }
}

extension FirewallTable.Kind {
  /// The protocol, and whether it is over IPv6.
  public var parts: (transport: PacketRule.Transport, isIPv6: Bool) {
    switch self {
    case .tcp4: (.tcp, false)
    case .udp4: (.udp, false)
    case .icmp4: (.icmp, false)
    case .tcp6: (.tcp, true)
    case .udp6: (.udp, true)
    case .icmp6: (.icmpv6, true)
    }
  }
}
