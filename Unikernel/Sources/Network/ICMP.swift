import LibraryOS

// ICMP (RFC 792) and ICMPv6 (RFC 4443): echo (4.1, 4.2); "fragmentation needed" and "packet too big" (RFC 1191, 4;
// RFC 8201, 4); and the form of errors. Of these, "port unreachable" answers UDP, and "parameter problem" what IPv6 wants
// answered. A closed TCP port says nothing but TCP's reset. Neighbor and listener discovery: IPv6Layer.

/// A message that was checked.
struct ICMPMessage {
  /// The length of type, code, checksum and the four bytes after them.
  static let headerLength = 8
  static let echoReply: UInt8 = 0
  static let unreachable: UInt8 = 3
  static let echoRequest: UInt8 = 8
  /// The code of `unreachable` for a port that nobody listens at.
  static let portUnreachable: UInt8 = 3
  /// The code of `unreachable` for a datagram that was too large to pass and must not be split.
  static let fragmentationNeeded: UInt8 = 4

  static let unreachableIPv6: UInt8 = 1
  /// The code of `unreachableIPv6` for a port that nobody listens at.
  static let portUnreachableIPv6: UInt8 = 4
  static let packetTooBig: UInt8 = 2
  static let parameterProblem: UInt8 = 4
  /// The codes of `parameterProblem` for a protocol and an option that are not known.
  static let unknownHeader: UInt8 = 1
  static let unknownOption: UInt8 = 2
  static let echoRequestIPv6: UInt8 = 128
  static let echoReplyIPv6: UInt8 = 129

  var type: UInt8
  var code: UInt8
  /// The whole message.
  var bytes: UnsafeRawBufferPointer
  private let isIPv4: Bool

  /// Checks length and checksum of a datagram's payload.
  init?(_ packet: IPPacket) {
    bytes = packet.payload
    isIPv4 = packet.source.isIPv4
    guard bytes.count >= ICMPMessage.headerLength else { return nil }
    var checksum = InternetChecksum()
    if !isIPv4 {
      checksum.addPseudoHeader(
        source: packet.source, destination: packet.destination, protocolNumber: ProtocolNumber.icmpv6,
        length: bytes.count)
    }
    checksum.add(bytes)
    guard checksum.isValid else { return nil }
    type = bytes[0]
    code = bytes[1]
  }

  /// Whether this asks for an echo.
  var isEchoRequest: Bool { type == (isIPv4 ? ICMPMessage.echoRequest : ICMPMessage.echoRequestIPv6) && code == 0 }

  /// Writes type, code and checksum of a message whose other `count - 4` bytes stand there.
  static func complete(
    _ pointer: UnsafeMutableRawPointer, count: Int, type: UInt8, code: UInt8, from source: IPAddress,
    to destination: IPAddress
  ) {
    pointer.store(byte: type, at: 0)
    pointer.store(byte: code, at: 1)
    pointer.store(number16: 0, at: 2)
    var checksum = InternetChecksum()
    if !source.isIPv4 {
      checksum.addPseudoHeader(
        source: source, destination: destination, protocolNumber: ProtocolNumber.icmpv6, length: count)
    }
    checksum.add(UnsafeRawBufferPointer(start: pointer, count: count))
    (pointer + 2).storeBytes(of: checksum.storedField, as: UInt16.self)
  }

  /// What an error says of a datagram of this image's.
  struct Quotation {
    var protocolNumber: UInt8
    var local: Endpoint
    var remote: Endpoint
    /// The four bytes after the ports: TCP's sequence number.
    var sequence: SequenceNumber

    /// The quoted packet, as filters saw it leave.
    var summary: PacketSummary {
      PacketSummary(
        direction: .outbound, protocolNumber: protocolNumber, source: local.address, destination: remote.address,
        sourcePort: local.port, destinationPort: remote.port)
    }
  }

  /// What an error of the two kinds below quotes; `nil` where the quotation is too short to tell, or of a part but the first. Extension headers
  /// are not looked for: this image sends none but the Fragment header. The quoted checksum is not looked at: what quotes
  /// it may have changed the header's time to live.
  var quotation: Quotation? {
    guard largestDatagram != nil || isPortUnreachable else { return nil }
    let quoted = bytes.suffix(from: ICMPMessage.headerLength)
    let start: Int
    let source: IPAddress
    let destination: IPAddress
    let number: UInt8
    if isIPv4 {
      guard quoted.count >= IPv4Packet.headerLength + 8, quoted[0] >> 4 == 4, quoted.number16(at: 6) & 0x1FFF == 0
      else { return nil }
      start = Int(quoted[0] & 15) * 4
      number = quoted[9]
      source = IPAddress(IPv4Address(raw: quoted.number32(at: 12)))
      destination = IPAddress(IPv4Address(raw: quoted.number32(at: 16)))
      guard start >= IPv4Packet.headerLength else { return nil }
    } else {
      guard quoted.count >= IPv6Packet.headerLength + 8, quoted[0] >> 4 == 6 else { return nil }
      start = IPv6Packet.headerLength
      number = quoted[6]
      source = IPAddress(IPv6Address(quoted, at: 8))
      destination = IPAddress(IPv6Address(quoted, at: 24))
    }
    guard quoted.count >= start + 8 else { return nil }
    return Quotation(
      protocolNumber: number, local: Endpoint(source, port: quoted.number16(at: start)),
      remote: Endpoint(destination, port: quoted.number16(at: start + 2)),
      sequence: SequenceNumber(quoted.number32(at: start + 4)))
  }

  /// The largest datagram that passes, if this says that one was too large.
  var largestDatagram: Int? {
    if isIPv4 {
      return type == ICMPMessage.unreachable && code == ICMPMessage.fragmentationNeeded
        ? Int(bytes.number16(at: 6)) : nil
    }
    return type == ICMPMessage.packetTooBig && code == 0 ? Int(min(bytes.number32(at: 4), 65535)) : nil
  }

  /// Whether this says that nobody listens at a port.
  var isPortUnreachable: Bool {
    isIPv4
      ? type == ICMPMessage.unreachable && code == ICMPMessage.portUnreachable
      : type == ICMPMessage.unreachableIPv6 && code == ICMPMessage.portUnreachableIPv6
  }
}
