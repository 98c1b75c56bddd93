import LibraryOS

// The TCP header (RFC 9293, 3.1) and its options: maximum segment size (3.2), window scale (RFC 7323, 2). Other options
// are skipped.

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
  /// The length of the options of a segment that synchronizes: maximum segment size, and window scale with padding.
  static let synchronizeOptionsLength = 8

  var sourcePort: UInt16
  var destinationPort: UInt16
  var sequence: SequenceNumber
  var acknowledgment: SequenceNumber
  var flags: TCPFlags
  /// The window field, not scaled.
  var window: Int
  /// The option, on a segment that synchronizes.
  var maximumSegmentSize: Int?
  /// The option, on a segment that synchronizes.
  var windowScale: Int?
  var payload: UnsafeRawBufferPointer

  /// Checks a datagram's payload.
  @inline(__always)
  init?(_ packet: IPv4Packet) {
    let bytes = packet.payload
    guard bytes.count >= TCPSegment.headerLength else { return nil }
    let headerLength = Int(bytes[12] >> 4) * 4
    guard headerLength >= TCPSegment.headerLength, headerLength <= bytes.count else { return nil }
    var checksum = InternetChecksum()
    checksum.addPseudoHeader(
      source: packet.source, destination: packet.destination, protocolNumber: ProtocolNumber.tcp, length: bytes.count)
    checksum.add(bytes)
    guard checksum.isValid else { return nil }
    sourcePort = bytes.number16(at: 0)
    destinationPort = bytes.number16(at: 2)
    guard sourcePort != 0, destinationPort != 0 else { return nil }
    sequence = SequenceNumber(bytes.number32(at: 4))
    acknowledgment = SequenceNumber(bytes.number32(at: 8))
    flags = TCPFlags(rawValue: bytes[13])
    window = Int(bytes.number16(at: 14))
    payload = bytes.suffix(from: headerLength)
    if flags.contains(.synchronize), headerLength > TCPSegment.headerLength {
      let options = UnsafeRawBufferPointer(rebasing: bytes[TCPSegment.headerLength..<headerLength])
      guard readOptions(options) else { return nil }
    }
  }

  private mutating func readOptions(_ options: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < options.count {
      let kind = options[index]
      if kind == 0 { return true }
      if kind == 1 {
        index += 1
        continue
      }
      guard index + 1 < options.count else { return false }
      let length = Int(options[index + 1])
      guard length >= 2, index + length <= options.count else { return false }
      if kind == 2 {
        guard length == 4 else { return false }
        maximumSegmentSize = Int(options.number16(at: index + 2))
      } else if kind == 3 {
        guard length == 3 else { return false }
        // RFC 7323, 2.3: a larger shift is to be taken as 14.
        windowScale = min(Int(options[index + 2]), 14)
      }
      index += length
    }
    return true
  }

  /// How many sequence numbers it takes.
  @inline(__always)
  var sequenceLength: Int {
    payload.count + (flags.contains(.synchronize) ? 1 : 0) + (flags.contains(.finish) ? 1 : 0)
  }

  /// Writes the header of a segment whose payload of `payloadLength` bytes already stands behind it, with the checksum
  /// over both. Options are written when `flags` synchronize.
  @inline(__always)
  static func writeHeader(
    to pointer: UnsafeMutableRawPointer, source: Endpoint, destination: Endpoint, sequence: SequenceNumber,
    acknowledgment: SequenceNumber, flags: TCPFlags, window: Int, maximumSegmentSize: Int = 0, windowScale: Int? = nil,
    payloadLength: Int
  ) -> Int {
    var headerLength = TCPSegment.headerLength
    if flags.contains(.synchronize) {
      pointer.store(number32: 0x0204_0000 | UInt32(truncatingIfNeeded: maximumSegmentSize), at: 20)
      headerLength += 4
      if let windowScale {
        pointer.store(number32: 0x0103_0300 | UInt32(truncatingIfNeeded: windowScale), at: 24)
        headerLength += 4
      }
    }
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
    checksum.add(UnsafeRawBufferPointer(start: pointer, count: length))
    (pointer + 16).storeBytes(of: checksum.storedField, as: UInt16.self)
    return length
  }
}
