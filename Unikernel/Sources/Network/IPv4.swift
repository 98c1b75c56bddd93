import LibraryOS

// IPv4 (RFC 791, 3.1): the header. Fragments: Reassembly. Datagrams that leave are atomic (RFC 6864, 4: DF set, identification zero), so that
// no counter tells how much this image sends; those too long for the link have random identifications.

/// A datagram that was checked.
struct IPv4Packet {
  /// The length of a header without options.
  static let headerLength = 20

  /// Why a datagram is not taken.
  enum Fault: Error {
    /// A field is wrong, the checksum is, or the bytes end too early.
    case malformed
    /// It carries a source route (RFC 7126, 4.3 and 4.4: to be dropped).
    case sourceRouted
  }

  var source: IPv4Address
  var destination: IPv4Address
  var protocolNumber: UInt8
  /// What follows the header, without the padding of a short frame.
  var payload: UnsafeRawBufferPointer
  /// Whether more fragments follow, and where this one belongs, in units of eight bytes; 0 for a whole datagram.
  var fragmentation: UInt16

  /// Checks what follows the Ethernet header.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    guard bytes.count >= IPv4Packet.headerLength, bytes[0] >> 4 == 4 else { throw .malformed }
    let headerLength = Int(bytes[0] & 15) * 4
    let totalLength = Int(bytes.number16(at: 2))
    guard headerLength >= IPv4Packet.headerLength, totalLength >= headerLength, totalLength <= bytes.count else {
      throw .malformed
    }
    var checksum = InternetChecksum()
    checksum.add(UnsafeRawBufferPointer(rebasing: bytes[0..<headerLength]))
    guard checksum.isValid else { throw .malformed }
    // More fragments, or an offset: a part. The reserved bit must be zero.
    let field = bytes.number16(at: 6)
    guard field & 0x8000 == 0 else { throw .malformed }
    fragmentation = field & 0x3FFF
    if headerLength > IPv4Packet.headerLength {
      try IPv4Packet.checkOptions(UnsafeRawBufferPointer(rebasing: bytes[IPv4Packet.headerLength..<headerLength]))
    }
    protocolNumber = bytes[9]
    source = IPv4Address(raw: bytes.number32(at: 12))
    destination = IPv4Address(raw: bytes.number32(at: 16))
    payload = UnsafeRawBufferPointer(rebasing: bytes[headerLength..<totalLength])
  }

  /// The part that this is, of a datagram whose identification stands in `header`.
  func fragment(_ header: UnsafeRawBufferPointer) -> Fragment {
    Fragment(
      identification: UInt32(header.number16(at: 4)), offset: Int(fragmentation & 0x1FFF) * 8,
      isFollowed: fragmentation & 0x2000 != 0, protocolNumber: protocolNumber, bytes: payload)
  }

  private static func checkOptions(_ options: UnsafeRawBufferPointer) throws(Fault) {
    var index = 0
    while index < options.count {
      switch options[index] {
      case 0: return
      case 1: index += 1
      case 131, 137: throw .sourceRouted
      default:
        guard index + 1 < options.count else { throw .malformed }
        let length = Int(options[index + 1])
        guard length >= 2, index + length <= options.count else { throw .malformed }
        index += length
      }
    }
  }

  /// Writes the header of a datagram of `payloadLength` bytes, with its checksum.
  @inline(__always)
  static func writeHeader(
    to pointer: UnsafeMutableRawPointer, source: IPv4Address, destination: IPv4Address, protocolNumber: UInt8,
    payloadLength: Int, fragment: (identification: UInt16, offset: Int, isFollowed: Bool)? = nil
  ) {
    pointer.store(number16: 0x4500, at: 0)
    pointer.store(number16: UInt16(truncatingIfNeeded: headerLength + payloadLength), at: 2)
    if let fragment {
      let field = UInt32(truncatingIfNeeded: fragment.offset / 8) | (fragment.isFollowed ? 0x2000 : 0)
      pointer.store(number32: UInt32(fragment.identification) << 16 | field, at: 4)
    } else {
      pointer.store(number32: 0x0000_4000, at: 4)
    }
    pointer.store(number32: 0x4000_0000 | UInt32(protocolNumber) << 16, at: 8)
    pointer.store(number32: source.raw, at: 12)
    pointer.store(number32: destination.raw, at: 16)
    var checksum = InternetChecksum()
    checksum.add(UnsafeRawBufferPointer(start: pointer, count: headerLength))
    (pointer + 10).storeBytes(of: checksum.storedField, as: UInt16.self)
  }
}

extension IPv4Address {
  /// Whether a datagram may come from here: one host, elsewhere (RFC 1122, 3.2.1.3).
  @inline(__always)
  var isUnicastHost: Bool {
    // 0.0.0.0/8 is "this network", 127.0.0.0/8 never leaves a host, 224.0.0.0 and above are groups, reserved,
    // broadcast.
    raw >> 24 != 0 && raw >> 24 != 127 && raw >> 28 < 14
  }
}
