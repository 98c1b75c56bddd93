import LibraryOS

// ICMP (RFC 792): echo, and "fragmentation needed" (RFC 1191, 4). Errors are not sent: a closed port says nothing but
// TCP's reset, and what is not for this image gets no answer.

/// A message that was checked.
struct ICMPMessage {
  /// The length of type, code, checksum and the four bytes after them.
  static let headerLength = 8
  static let echoReply: UInt8 = 0
  static let unreachable: UInt8 = 3
  static let echoRequest: UInt8 = 8
  /// The code of `unreachable` for a datagram that was too large to pass and must not be split.
  static let fragmentationNeeded: UInt8 = 4

  var type: UInt8
  var code: UInt8
  /// The whole message.
  var bytes: UnsafeRawBufferPointer

  /// Checks length and checksum of a datagram's payload.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= ICMPMessage.headerLength else { return nil }
    var checksum = InternetChecksum()
    checksum.add(bytes)
    guard checksum.isValid else { return nil }
    type = bytes[0]
    code = bytes[1]
    self.bytes = bytes
  }

  /// Writes the answer to this echo request; the same number of bytes must be there.
  func writeEchoReply(to pointer: UnsafeMutableRawPointer) {
    UnsafeMutableRawBufferPointer(start: pointer, count: bytes.count).copyMemory(from: bytes)
    pointer.store(byte: ICMPMessage.echoReply, at: 0)
    pointer.store(byte: 0, at: 1)
    pointer.store(number16: 0, at: 2)
    var checksum = InternetChecksum()
    checksum.add(UnsafeRawBufferPointer(start: pointer, count: bytes.count))
    (pointer + 2).storeBytes(of: checksum.storedField, as: UInt16.self)
  }

  /// The TCP segment that an "unreachable: fragmentation needed" message quotes, and the largest datagram that passes.
  /// `nil` for any other message, and where the quotation is too short to tell. The quoted checksum is not looked at:
  /// what quotes it may have changed the header's time to live.
  var tooLargeSegment: (flow: FlowKey, source: IPv4Address, sequence: SequenceNumber, limit: Int)? {
    guard type == ICMPMessage.unreachable, code == ICMPMessage.fragmentationNeeded else { return nil }
    let quoted = bytes.suffix(from: ICMPMessage.headerLength)
    guard quoted.count >= IPv4Packet.headerLength + 8, quoted[0] >> 4 == 4 else { return nil }
    let headerLength = Int(quoted[0] & 15) * 4
    guard headerLength >= IPv4Packet.headerLength, quoted.count >= headerLength + 8, quoted[9] == ProtocolNumber.tcp
    else { return nil }
    let flow = FlowKey(
      remote: Endpoint(IPv4Address(raw: quoted.number32(at: 16)), port: quoted.number16(at: headerLength + 2)),
      localPort: quoted.number16(at: headerLength))
    return (
      flow, IPv4Address(raw: quoted.number32(at: 12)),
      SequenceNumber(quoted.number32(at: headerLength + 4)), Int(bytes.number16(at: 6))
    )
  }
}
