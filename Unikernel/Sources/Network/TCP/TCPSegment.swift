import LibraryOS

// The TCP header (RFC 9293, 3.1).

/// The control bits of a segment.
struct TCPFlags: OptionSet {
  let rawValue: UInt8
  static let finish = TCPFlags(rawValue: 1)
  static let synchronize = TCPFlags(rawValue: 2)
  static let reset = TCPFlags(rawValue: 4)
  static let push = TCPFlags(rawValue: 8)
  static let acknowledge = TCPFlags(rawValue: 16)
}

/// A segment that was checked.
struct TCPSegment {
  /// The length of a header without options.
  static let headerLength = 20
  /// Where the checksum is in it.
  static let checksumOffset = 16

  var sourcePort: UInt16
  var destinationPort: UInt16
  var sequence: SequenceNumber
  var acknowledgment: SequenceNumber
  var flags: TCPFlags
  /// The window field, not scaled.
  var window: Int
  var options: TCPOptions
  var payload: UnsafeRawBufferPointer

  /// Checks a datagram's payload. `isChecksumTrusted`: the link vouches for the checksum.
  @inline(__always)
  init?(_ packet: IPPacket, isChecksumTrusted: Bool = false) {
    let bytes = packet.payload
    guard bytes.count >= TCPSegment.headerLength else { return nil }
    let headerLength = Int(bytes[12] >> 4) * 4
    guard headerLength >= TCPSegment.headerLength, headerLength <= bytes.count else { return nil }
    if !isChecksumTrusted {
      var checksum = InternetChecksum()
      checksum.addPseudoHeader(
        source: packet.source, destination: packet.destination, protocolNumber: ProtocolNumber.tcp,
        length: bytes.count)
      checksum.add(bytes)
      guard checksum.isValid else { return nil }
    }
    sourcePort = bytes.number16(at: 0)
    destinationPort = bytes.number16(at: 2)
    guard sourcePort != 0, destinationPort != 0 else { return nil }
    sequence = SequenceNumber(bytes.number32(at: 4))
    acknowledgment = SequenceNumber(bytes.number32(at: 8))
    flags = TCPFlags(rawValue: bytes[13])
    window = Int(bytes.number16(at: 14))
    payload = bytes.suffix(from: headerLength)
    guard
      let options = TCPOptions(
        UnsafeRawBufferPointer(rebasing: bytes[TCPSegment.headerLength..<headerLength]),
        synchronizes: flags.contains(.synchronize))
    else { return nil }
    self.options = options
  }

  /// The option, on a segment that synchronizes.
  var maximumSegmentSize: Int? { options.maximumSegmentSize }
  /// The option, on a segment that synchronizes.
  var windowScale: Int? { options.windowScale }

  /// How many sequence numbers it takes.
  @inline(__always)
  var sequenceLength: Int {
    payload.count + (flags.contains(.synchronize) ? 1 : 0) + (flags.contains(.finish) ? 1 : 0)
  }

  /// Writes the header of a segment whose options and payload already stand behind it, with the checksum over all of it,
  /// or, if that `isPartial`, over the pseudo-header only. Returns the length of the segment.
  @inline(__always)
  static func writeHeader(
    to pointer: UnsafeMutableRawPointer, source: Endpoint, destination: Endpoint, sequence: SequenceNumber,
    acknowledgment: SequenceNumber, flags: TCPFlags, window: Int, optionsLength: Int = 0, payloadLength: Int,
    isPartial: Bool = false
  ) -> Int {
    let headerLength = TCPSegment.headerLength + optionsLength
    pointer.store(number16: source.port, at: 0)
    pointer.store(number16: destination.port, at: 2)
    pointer.store(number32: sequence.raw, at: 4)
    pointer.store(number32: acknowledgment.raw, at: 8)
    pointer.store(byte: UInt8(truncatingIfNeeded: headerLength << 2), at: 12)
    pointer.store(byte: flags.rawValue, at: 13)
    pointer.store(number16: UInt16(truncatingIfNeeded: window), at: 14)
    pointer.store(number32: 0, at: 16)
    let length = headerLength + payloadLength
    var checksum = InternetChecksum()
    checksum.addPseudoHeader(
      source: source.address, destination: destination.address, protocolNumber: ProtocolNumber.tcp, length: length)
    if !isPartial { checksum.add(UnsafeRawBufferPointer(start: pointer, count: length)) }
    (pointer + checksumOffset)
      .storeBytes(of: isPartial ? checksum.partialField : checksum.storedField, as: UInt16.self)
    return length
  }
}
