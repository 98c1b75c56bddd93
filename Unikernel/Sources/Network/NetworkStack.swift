import Interchange
import LibraryOS

// The stack as a whole: a state machine over (frame, time) to frames. It does no input or output of its own and reads
// no clock but the one given, so that the same inputs give the same outputs.

/// An image's network: Ethernet, ARP, IPv4, IPv6 with neighbor discovery, ICMP and TCP over frames that the platform brings
/// and takes.
///
/// The platform calls `receive` for each frame of a batch, then `flush`; `expire` at `deadline`. Handlers of streams
/// are called from within these three, never from `write`, `read`, `connect`, `close` or `abort`. None of the three
/// may be called from within `transmit`.
public final class NetworkStack: StreamNetwork, Module, Timed {
  let internet: InternetLayer
  let transport: TCPTransport
  private var prepared: NetworkConfiguration?
  var isAnnouncementDue = false
  /// What the settings say, whatever became of the address since.
  private var given: NetworkConfiguration?
  /// Who takes the datagrams of protocols that this stack does not speak itself.
  private var receivers: [(protocolNumber: UInt8, receiver: any DatagramReceiver)] = []

  /// A stack without an address: it drops everything until `prepare` and `commit` give it one.
  ///
  /// - Parameters:
  ///   - clock: read only where the caller gives no time, as in `connect`.
  ///   - random: for sequence numbers, ports, and the places of connections in tables. First asked by
  ///     `commit`.
  ///   - limits: what the stack holds at most.
  ///   - framing: how frames look, both ways.
  ///   - transmit: takes a frame that leaves; the bytes are valid during the call only.
  public init(
    clock: any Clock, random: any RandomSource, limits: NetworkLimits = NetworkLimits(),
    framing: LinkFraming = .ethernet, transmit: @escaping (UnsafeRawBufferPointer) -> Void
  ) {
    internet = InternetLayer(framing: framing, random: RandomPool(random), transmit: transmit)
    transport = TCPTransport(internet: internet, clock: clock, random: RandomPool(random), limits: limits)
  }

  /// What decides about packets: every well-formed datagram for this image, and every one that leaves it. All must
  /// admit a packet. What finds neighbors is not asked about. Set once, at the start.
  public var packetFilters: [any PacketFilter] {
    get { internet.filters }
    set { internet.filters = newValue }
  }

  // MARK: Frames

  /// Takes one Ethernet frame, without its frame check sequence. The bytes need not outlive the call.
  public func receive(_ frame: UnsafeRawBufferPointer, at now: Instant) {
    var offload = VirtioNetHeader()
    guard let packet = internet.receive(frame, &offload, at: now) else { return }
    switch packet.protocolNumber {
    case ProtocolNumber.tcp: receiveTCP(packet, offload, at: now)
    case ProtocolNumber.icmp where packet.source.isIPv4, ProtocolNumber.icmpv6 where !packet.source.isIPv4:
      receiveICMP(packet, at: now)
    default: receiveOther(packet, offload, at: now)
    }
  }

  @inline(__always)
  private func receiveTCP(_ packet: IPPacket, _ offload: VirtioNetHeader, at now: Instant) {
    // Who vouches for the checksum of a frame does not for that of a datagram put together.
    guard let segment = TCPSegment(packet, isChecksumTrusted: offload.isChecksumTrusted && !packet.isReassembled)
    else {
      internet.counts.malformed &+= 1
      return
    }
    var segments = 1
    if offload.segmentSize > 0, segment.payload.count > offload.segmentSize {
      segments = (segment.payload.count + offload.segmentSize - 1) / offload.segmentSize
      internet.counts.framesReceived &+= UInt64(segments - 1)
    }
    guard
      isAdmitted(
        packet, segment.sourcePort, segment.destinationPort, flags: segment.flags.rawValue, segments: segments, at: now)
    else { return }
    transport.receive(segment, of: packet, at: now)
  }

  private func receiveICMP(_ packet: IPPacket, at now: Instant) {
    guard let message = ICMPMessage(packet) else {
      internet.counts.malformed &+= 1
      return
    }
    let summary = PacketSummary(
      direction: .inbound, protocolNumber: packet.protocolNumber, source: packet.source,
      destination: packet.destination, sourcePort: UInt16(message.type), destinationPort: UInt16(message.code))
    if let quoted = message.quotation, quoted.local.address == packet.destination,
      receiveError(message, about: quoted, in: packet, summary, at: now)
    {
      return
    }
    guard internet.admits(summary, at: now) else { return }
    if message.isEchoRequest {
      internet.answerEcho(message, in: packet, at: now)
    } else {
      internet.counts.ignored &+= 1
    }
  }

  /// Takes an error about something that is on its way from here, if the filters let it pass; `false` if it is about
  /// nothing of that kind.
  private func receiveError(
    _ message: ICMPMessage, about quoted: ICMPMessage.Quotation, in packet: IPPacket, _ summary: PacketSummary,
    at now: Instant
  ) -> Bool {
    if let limit = message.largestDatagram, quoted.protocolNumber == ProtocolNumber.tcp {
      let flow = FlowKey(remote: quoted.remote, localPort: quoted.local.port, localNumber: packet.localNumber)
      guard let connection = transport.connection(flow, sending: quoted.sequence) else { return false }
      if internet.admits(error: summary, about: quoted.summary, at: now) {
        transport.reduceSegments(of: connection, limit: limit)
      }
      return true
    }
    guard message.isPortUnreachable,
      let receiver = receivers.first(where: { $0.protocolNumber == quoted.protocolNumber })?.receiver
    else { return false }
    if internet.admits(error: summary, about: quoted.summary, at: now) {
      receiver.datagramRefused(from: quoted.local, to: quoted.remote, at: now)
    }
    return true
  }

  private func receiveOther(_ packet: IPPacket, _ offload: VirtioNetHeader, at now: Instant) {
    var ports: (UInt16, UInt16) = (0, 0)
    if packet.protocolNumber == ProtocolNumber.udp {
      guard packet.payload.count >= 8 else {
        internet.counts.malformed &+= 1
        return
      }
      ports = (packet.payload.number16(at: 0), packet.payload.number16(at: 2))
    }
    // Asked so that the firewall sees and counts it, even where nothing here takes it.
    guard isAdmitted(packet, ports.0, ports.1, flags: 0, at: now) else { return }
    guard let receiver = receivers.first(where: { $0.protocolNumber == packet.protocolNumber })?.receiver else {
      internet.counts.ignored &+= 1
      // Nothing behind an extension header is unknown to a host without being told (RFC 8200, 4). 59: nothing follows.
      if !packet.source.isIPv4, packet.protocolNumber != 59, packet.protocolNumber != ProtocolNumber.udp {
        internet.sendError(
          type: ICMPMessage.parameterProblem, code: ICMPMessage.unknownHeader,
          value: UInt32(truncatingIfNeeded: packet.protocolOffset), about: packet, at: now)
      }
      return
    }
    switch receiver.receive(
      packet.payload, from: packet.source, to: packet.destination,
      isChecksumTrusted: offload.isChecksumTrusted && !packet.isReassembled, at: now)
    {
    case .taken: break
    case .malformed: internet.counts.malformed &+= 1
    case .unwanted:
      internet.counts.ignored &+= 1
      if packet.source.isIPv4 {
        internet.sendError(
          type: ICMPMessage.unreachable, code: ICMPMessage.portUnreachable, about: packet, at: now)
      } else {
        internet.sendError(
          type: ICMPMessage.unreachableIPv6, code: ICMPMessage.portUnreachableIPv6, about: packet, at: now)
      }
    }
  }

  @inline(__always)
  private func isAdmitted(
    _ packet: IPPacket, _ sourcePort: UInt16, _ destinationPort: UInt16, flags: UInt8, segments: Int = 1,
    at now: Instant
  ) -> Bool {
    if internet.filters.isEmpty { return true }
    return internet.admits(
      PacketSummary(
        direction: .inbound, protocolNumber: packet.protocolNumber, source: packet.source,
        destination: packet.destination, sourcePort: sourcePort, destinationPort: destinationPort, tcpFlags: flags,
        segments: segments),
      at: now)
  }

  /// Sends what is to be sent: acknowledgements, one for all that arrived since the last time, and what was written.
  public func flush(at now: Instant) {
    if isAnnouncementDue {
      isAnnouncementDue = false
      internet.announce()
    }
    transport.flush(at: now)
  }

  // MARK: Time

  /// When `expire` is to be called; a time that is past when something waits for a flush.
  public var deadline: Instant? {
    if isAnnouncementDue || transport.isFlushDue { return Instant(nanoseconds: 0) }
    guard let timer = transport.deadline else { return internet.deadline }
    guard let other = internet.deadline else { return timer }
    return min(timer, other)
  }

  /// Runs the timers that are due, and sends what they lead to.
  public func expire(at now: Instant) {
    for neighbor in internet.expire(at: now) { transport.neighborLost(neighbor) }
    transport.expire(at: now)
    flush(at: now)
  }

  // MARK: Streams

  /// Connections that are open or being opened from here. Not those that others have not finished opening, nor
  /// TIME-WAIT.
  public var openConnections: Int { transport.openCount }

  /// Takes connections on `port`; `false` if it is taken, zero, or there are too many listeners.
  public func listen(port: UInt16, acceptor: any StreamAcceptor) -> Bool {
    transport.listen(port: port, acceptor: acceptor)
  }

  /// Takes no more connections on `port`. Those that are open stay.
  public func closeListener(port: UInt16) {
    transport.closeListener(port: port)
  }

  /// Opens a connection from a random port. `nil` when no more connections can be made, or there is no way to `remote`.
  public func connect(to remote: Endpoint, handler: any StreamHandler) -> (any ByteStream)? {
    guard remote.port != 0, let source = internet.source(for: remote.address) else { return nil }
    return transport.connect(to: remote, from: source.address, localNumber: source.number, handler: handler)
  }

  // MARK: Module

  /// The name in the catalogue.
  public var name: ByteString { "network" }

  /// Checks `address` (text, `10.77.0.2/24`), `mac` (six bytes), and what is optional: `gateway` (text), `ipv6-address`
  /// (text, `fd00::2/64`), `ipv6-gateway` (text), `ipv6-autoconfiguration` (boolean), `maximum-connections` (integer). They are given at boot; later, only the same values are taken.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    let read = try NetworkConfiguration(parameters, limits: transport.limits)
    if let given, given != read {
      throw ParameterFault("network", expected: "the address that was given at boot")
    }
    prepared = read
  }

  /// Puts the address in force; the next flush announces it on the link.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    guard given == nil else { return }
    given = prepared
    transport.start(connections: prepared.maximumConnections)
    internet.configure(prepared, at: transport.clock.now)
    isAnnouncementDue = true
  }

  /// Forgets what was prepared.
  public func rollback() {
    prepared = nil
  }

  /// Frames, drops by cause, connections, retransmissions.
  public var counters: [Counter] {
    internet.counts.counters + [
      Counter("network.datagrams-reassembled", internet.reassembly.completed),
      Counter("network.fragments-dropped", internet.reassembly.dropped),
    ]
  }
}

extension NetworkStack: DatagramCarrier {
  /// Hands the datagrams of a protocol to `receiver`. Each protocol has one.
  public func carry(_ protocolNumber: UInt8, to receiver: any DatagramReceiver) {
    receivers.removeAll { $0.protocolNumber == protocolNumber }
    receivers.append((protocolNumber, receiver))
  }

  /// The address to send from; `nil` where there is no way, or no address yet.
  public func source(for destination: IPAddress) -> IPAddress? {
    internet.source(for: destination)?.address
  }

  /// Sends a datagram, in parts if it is too long for the link. `false` if a filter refused it, or there is no way.
  public func send(
    _ protocolNumber: UInt8, _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress,
    at now: Instant
  ) -> Bool {
    guard bytes.count >= 4 else { return false }
    let summary = PacketSummary(
      direction: .outbound, protocolNumber: protocolNumber, source: source, destination: destination,
      sourcePort: bytes.number16(at: 0), destinationPort: bytes.number16(at: 2))
    guard internet.admits(summary, at: now) else { return false }
    internet.sendDatagram(protocolNumber, bytes, from: source, to: destination, at: now)
    return true
  }
}
