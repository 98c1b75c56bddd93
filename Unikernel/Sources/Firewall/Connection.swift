import Interchange
import LibraryOS

/// What tells connections apart. Both directions of a connection have the same key, since it is written from the
/// image's side.
struct ConnectionKey: Equatable, Sendable {
  var transport: Transport
  var remote: IPAddress
  var local: IPAddress
  /// Ports; of ICMP 0 and the type of the question.
  var remotePort: UInt16
  var localPort: UInt16

  /// The key of the connection that a packet belongs to.
  init(_ packet: PacketSummary, transport: Transport) {
    self.transport = transport
    let inbound = packet.direction == .inbound
    remote = inbound ? packet.source : packet.destination
    local = inbound ? packet.destination : packet.source
    if transport.isControl {
      remotePort = 0
      localPort = transport.exchange(type: packet.sourcePort)?.question ?? packet.sourcePort
    } else {
      remotePort = inbound ? packet.sourcePort : packet.destinationPort
      localPort = inbound ? packet.destinationPort : packet.sourcePort
    }
  }

  /// A number for the connection table's buckets.
  func hash(seed: UInt64) -> UInt64 {
    let addresses: UInt64
    if remote.high | local.high == 0 {
      addresses = (remote.low << 32 | local.low & 0xFFFF_FFFF).scattered(by: seed)
    } else {
      addresses =
        remote.low.scattered(by: seed) ^ local.low.scattered(by: seed &+ 1) ^ remote.high.scattered(by: seed &+ 2)
        ^ local.high.scattered(by: seed &+ 3)
    }
    let rest = UInt64(remotePort) << 24 | UInt64(localPort) << 8 | UInt64(transport.rawValue)
    return addresses ^ rest.scattered(by: ~seed)
  }
}

/// A connection that the rules admitted.
struct Connection: Sendable {
  /// How far a connection has come. The names follow what they mean to a filter, which does not see sequence numbers.
  enum State: Sendable {
    /// Only the side that opens it has spoken.
    case opening
    /// Both have asked for it at the same time (RFC 9293, figure 7).
    case crossed
    /// The other side has answered with SYN and ACK, and nobody has confirmed yet; after both had asked, either may.
    case answered(crossed: Bool)
    /// Both have spoken.
    case established
    /// One side has ended its direction; `byRemote` tells which.
    case halfClosed(byRemote: Bool)
    /// Both have ended it.
    case closing
    /// The other end has reset it, or somebody who forges packets in its name.
    case resetByRemote
  }

  var key: ConnectionKey
  /// Who opened it: `inbound` is the other end.
  var direction: PacketSummary.Direction
  var state: State
  /// When it is forgotten if no packet comes before.
  var expiry: Instant

  /// The packet that opened it, as rules see it.
  var opening: FirewallTable.Packet {
    let isInbound = direction == .inbound
    let (from, to) =
      key.transport.isControl
      ? (key.localPort, 0) : isInbound ? (key.remotePort, key.localPort) : (key.localPort, key.remotePort)
    return FirewallTable.Packet(
      .new, direction, key.transport, peer: key.remote, sourcePort: from, destinationPort: to)
  }

  /// Whether it counts as one of those that its source has: it is not over yet.
  var isLive: Bool {
    switch state {
    case .closing, .resetByRemote: false
    default: true
    }
  }

  /// Whether a packet is one more of the side that opened it, which has no answer yet: it is still new to rules, which have let
  /// it be opened.
  func isStillNew(_ packet: PacketSummary) -> Bool {
    guard packet.direction == direction, case .opening = state else { return false }
    return true
  }

  /// Whether it may give its place to another when there is none: it is over, or somebody from outside asked for it and has
  /// not shown yet that the packets are theirs.
  var isReplaceable: Bool {
    switch state {
    case .closing, .resetByRemote: true
    case .opening, .crossed, .answered: direction == .inbound
    default: false
    }
  }

  /// How long a connection in this state is remembered without a packet.
  var idleTime: TimeSpan {
    switch (key.transport, state) {
    case (.tcp, .opening), (.tcp, .crossed), (.tcp, .answered): direction == .inbound ? .seconds(5) : .seconds(30)
    case (.tcp, .established): .seconds(600)
    case (.tcp, .halfClosed): .seconds(120)
    case (.tcp, .closing), (.tcp, .resetByRemote): .seconds(5)
    case (.udp, .established): .seconds(60)
    case (.udp, _): .seconds(15)
    case (.icmp, _), (.icmpv6, _): .seconds(5)
    }
  }

  /// Follows a packet of this connection. `false`: the connection is over, and this packet was its last.
  mutating func follow(_ packet: PacketSummary, at now: Instant) -> Bool {
    switch key.transport {
    case .udp, .icmp, .icmpv6: if packet.direction != direction { state = .established }
    case .tcp: guard followTCP(packet) else { return false }
    }
    expiry = now + idleTime
    return true
  }

  /// Whether a segment may come now (RFC 9293, 3.10.7): until the other side has answered, neither sends FIN, and who opened
  /// it sends nothing but SYN. The other side may acknowledge before it answers, to ask what is meant (RFC 5961, section 4).
  /// Sequence numbers are left to TCP.
  func expects(_ flags: TCPFlags, from sender: PacketSummary.Direction) -> Bool {
    if flags.contains(.reset) { return true }
    let isOpener = sender == direction
    switch (state, flags.contains(.synchronize), flags.contains(.acknowledge)) {
    case (.opening, true, true): return !isOpener
    case (.opening, true, false), (.crossed, true, _): return true
    case (.opening, false, _), (.crossed, false, _): return !isOpener && !flags.contains(.finish)
    // Later the one repeats its SYN, the other its answer.
    case (.answered, true, true): return true
    case (_, true, let isAnswer): return isAnswer != isOpener
    default: return true
    }
  }

  private mutating func followTCP(_ packet: PacketSummary) -> Bool {
    let flags = TCPFlags(rawValue: packet.tcpFlags)
    if flags.contains(.reset) {
      // What the image itself resets is over. A reset from outside may be forged, which only TCP can tell, from its
      // sequence number: if the image goes on speaking, the connection lives (RFC 5961, section 3).
      guard packet.direction == .inbound else { return false }
      state = .resetByRemote
      return true
    }
    let byRemote = packet.direction == .inbound
    if flags.contains(.finish) {
      switch state {
      case .halfClosed(let other) where other != byRemote: state = .closing
      case .closing, .resetByRemote: break
      default: state = .halfClosed(byRemote: byRemote)
      }
      return true
    }
    switch state {
    case .opening:
      if packet.direction != direction, flags.contains(.synchronize) {
        state = flags.contains(.acknowledge) ? .answered(crossed: false) : .crossed
      }
    case .crossed: if flags.contains(.synchronize), flags.contains(.acknowledge) { state = .answered(crossed: true) }
    case .answered(let crossed):
      if !flags.contains(.synchronize), crossed || packet.direction == direction { state = .established }
    case .established, .halfClosed, .closing: break
    case .resetByRemote: if !byRemote { state = .established }
    }
    return true
  }

  /// A connection whose first packet is this one.
  init(_ packet: PacketSummary, key: ConnectionKey, at now: Instant) {
    self.key = key
    self.direction = packet.direction
    self.state = .opening
    self.expiry = now
    self.expiry = now + idleTime
  }
}

/// The flags of a TCP segment (RFC 9293, 3.1).
struct TCPFlags: OptionSet {
  var rawValue: UInt8

  static let finish = TCPFlags(rawValue: 1)
  static let synchronize = TCPFlags(rawValue: 2)
  static let reset = TCPFlags(rawValue: 4)
  static let acknowledge = TCPFlags(rawValue: 16)

  /// Whether this is the first segment of a connection.
  var opensConnection: Bool {
    contains(.synchronize) && !contains(.acknowledge)
  }

  /// Whether some state of RFC 9293 sends such a segment: SYN excludes FIN and RST, RST excludes FIN, and only SYN and RST
  /// come without ACK. PSH and what RFC 3168 added may come with any; URG with none that is a reset or an answer to SYN.
  var isSound: Bool {
    switch rawValue & 0b11_0111 {
    case 2, 34, 18, 4, 20, 17, 49, 16, 48: true
    default: false
    }
  }
}
