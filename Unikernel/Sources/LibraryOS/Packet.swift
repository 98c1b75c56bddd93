/// What the firewall sees of a packet, before any other part does (inbound) and after all others (outbound).
public struct PacketSummary: Hashable, Sendable {
  /// Which way a packet goes.
  public enum Direction: UInt8, Sendable {
    /// Into the image.
    case inbound
    /// Out of it.
    case outbound
  }

  /// Which way it goes.
  public var direction: Direction
  /// The IP protocol number: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6; of IPv6 the one behind all extension
  /// headers.
  public var protocolNumber: UInt8
  /// Where it comes from.
  public var source: IPAddress
  /// Where it goes.
  public var destination: IPAddress
  /// The source port; 0 where the protocol has none; the type for ICMP and ICMPv6.
  public var sourcePort: UInt16
  /// The destination port; 0 where the protocol has none; the code for ICMP and ICMPv6.
  public var destinationPort: UInt16
  /// The TCP flags (RFC 9293, 3.1): FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32.
  public var tcpFlags: UInt8
  /// How many segments on the link this stands for: a platform may join segments of one flow that follow each other, and
  /// cut them on the way out. Their headers differ in sequence numbers only; FIN and PSH are the last one's.
  public var segments: Int

  /// The fields of a packet.
  public init(
    direction: Direction, protocolNumber: UInt8, source: IPAddress, destination: IPAddress,
    sourcePort: UInt16 = 0, destinationPort: UInt16 = 0, tcpFlags: UInt8 = 0, segments: Int = 1
  ) {
    self.direction = direction
    self.protocolNumber = protocolNumber
    self.source = source
    self.destination = destination
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.tcpFlags = tcpFlags
    self.segments = segments
  }

  /// The fields of a packet over IPv4.
  public init(
    direction: Direction, protocolNumber: UInt8, source: IPv4Address, destination: IPv4Address,
    sourcePort: UInt16 = 0, destinationPort: UInt16 = 0, tcpFlags: UInt8 = 0, segments: Int = 1
  ) {
    self.init(
      direction: direction, protocolNumber: protocolNumber, source: IPAddress(source),
      destination: IPAddress(destination), sourcePort: sourcePort, destinationPort: destinationPort,
      tcpFlags: tcpFlags, segments: segments)
  }
}

/// A module that decides about packets. The network asks it for every datagram that is for this image and well-formed,
/// whole and never for its fragments, and for every one that leaves it. What links need to find each other (ARP, neighbor
/// and listener discovery) never reaches anything above the network, and is not asked about.
public protocol PacketFilter: AnyObject {
  /// Whether the packet may pass. A refused one is dropped without an answer.
  func admits(_ packet: PacketSummary, at now: Instant) -> Bool
  /// Whether an ICMP error may pass that quotes `sent`, a packet that left this image. Asked only where the quotation fits
  /// what is on its way: a TCP connection's sequence numbers (RFC 5927, 4.1), or a socket's port.
  func admits(error packet: PacketSummary, about sent: PacketSummary, at now: Instant) -> Bool
}

extension PacketFilter {
  /// As any other packet.
  public func admits(error packet: PacketSummary, about sent: PacketSummary, at now: Instant) -> Bool {
    admits(packet, at: now)
  }
}
