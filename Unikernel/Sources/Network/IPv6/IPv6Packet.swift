import LibraryOS

// IPv6 (RFC 8200): the header (3) and extension headers (4), of which as many are walked as a legitimate sender has a use
// for (RFC 8504, 5.3). Routing headers with somewhere left to go are refused (RFC 5095). Fragments: Reassembly; a
// fragment that is the whole datagram is taken as such (RFC 6946).

/// A datagram, or the part of one, that was checked.
struct IPv6Packet {
  /// The length of the header.
  static let headerLength = 40
  /// The length of a Fragment header.
  static let fragmentHeaderLength = 8
  /// Extension headers of one datagram.
  static let maximumHeaders = 8
  /// Options of one header, padding aside.
  static let maximumOptions = 8

  /// Why a datagram is not taken.
  enum Fault: Error {
    /// A field is wrong, the bytes end too early, or there are more headers or options than anybody needs.
    case malformed
    /// It carries a route to somewhere else.
    case sourceRouted
    /// It has an option that the sender wants to be told about if it is unknown (RFC 8200, 4.2); where it stands.
    case unknownOption(at: Int, tellsGroups: Bool)
  }

  /// The extension headers (RFC 8200, 4; RFC 4302 and 4303 name protocols that end the walk).
  private enum Extension {
    static let hopByHop: UInt8 = 0
    static let routing: UInt8 = 43
    static let fragment: UInt8 = 44
    static let destination: UInt8 = 60
  }

  var source: IPv6Address
  var destination: IPv6Address
  var hopLimit: UInt8
  /// What is behind all extension headers; for a part, behind those it has.
  var protocolNumber: UInt8
  /// Where the field stands that says so.
  var protocolOffset: Int
  var payload: UnsafeRawBufferPointer
  /// The whole datagram, without the padding of a short frame.
  var bytes: UnsafeRawBufferPointer
  /// Set on a part of a datagram: `payload` is empty then.
  var fragment: Fragment?
  /// Whether there was a Fragment header, even if this is the whole.
  var hasFragmentHeader = false

  /// Checks what follows the Ethernet header.
  init(_ frame: UnsafeRawBufferPointer) throws(Fault) {
    guard frame.count >= IPv6Packet.headerLength, frame[0] >> 4 == 6 else { throw .malformed }
    let length = IPv6Packet.headerLength + Int(frame.number16(at: 4))
    guard length <= frame.count else { throw .malformed }
    bytes = UnsafeRawBufferPointer(rebasing: frame[..<length])
    hopLimit = frame[7]
    source = IPv6Address(bytes, at: 8)
    destination = IPv6Address(bytes, at: 24)
    protocolNumber = frame[6]
    protocolOffset = 6
    payload = bytes.suffix(from: IPv6Packet.headerLength)
    try walk(isFirst: true)
  }

  /// Goes on with a datagram that was put together: `protocolNumber` and `payload` are what its parts held.
  init(
    source: IPv6Address, destination: IPv6Address, protocolNumber: UInt8, payload: UnsafeRawBufferPointer
  ) throws(Fault) {
    self.source = source
    self.destination = destination
    self.protocolNumber = protocolNumber
    self.payload = payload
    hopLimit = 0
    protocolOffset = 0
    bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    hasFragmentHeader = true
    try walk(isFirst: false)
  }

  private mutating func walk(isFirst: Bool) throws(Fault) {
    var count = 0
    while true {
      switch protocolNumber {
      case Extension.hopByHop:
        // Only as the first of all (RFC 8200, 4.1).
        guard isFirst, count == 0 else { throw .malformed }
        try skipOptions()
      case Extension.destination: try skipOptions()
      case Extension.routing:
        guard payload.count >= 8, payload[3] == 0 else { throw .sourceRouted }
        try skip()
      case Extension.fragment:
        guard !hasFragmentHeader, payload.count >= IPv6Packet.fragmentHeaderLength else { throw .malformed }
        hasFragmentHeader = true
        let field = payload.number16(at: 2)
        let part = Fragment(
          identification: payload.number32(at: 4), offset: Int(field & 0xFFF8), isFollowed: field & 1 == 1,
          protocolNumber: payload[0], bytes: payload.suffix(from: IPv6Packet.fragmentHeaderLength))
        if part.offset > 0 || part.isFollowed {
          fragment = part
          payload = UnsafeRawBufferPointer(start: nil, count: 0)
          return
        }
        enter(payload[0], IPv6Packet.fragmentHeaderLength)
      default: return
      }
      count += 1
      guard count <= IPv6Packet.maximumHeaders else { throw .malformed }
    }
  }

  /// Goes to what is behind a header of `length` bytes.
  private mutating func enter(_ next: UInt8, _ length: Int) {
    protocolNumber = next
    protocolOffset = bytes.isEmpty ? 0 : bytes.count - payload.count
    payload = payload.suffix(from: length)
  }

  private mutating func skip() throws(Fault) {
    guard payload.count >= 8 else { throw .malformed }
    let length = (Int(payload[1]) + 1) * 8
    guard length <= payload.count else { throw .malformed }
    enter(payload[0], length)
  }

  private mutating func skipOptions() throws(Fault) {
    guard payload.count >= 8 else { throw .malformed }
    let length = (Int(payload[1]) + 1) * 8
    guard length <= payload.count else { throw .malformed }
    var index = 2
    var count = 0
    var padding = 0
    while index < length {
      let type = payload[index]
      if type == 0 {
        index += 1
        padding += 1
      } else {
        guard index + 1 < length else { throw .malformed }
        let end = index + 2 + Int(payload[index + 1])
        guard end <= length else { throw .malformed }
        if type == 1 {
          padding += end - index
        } else {
          padding = 0
          count += 1
          guard count <= IPv6Packet.maximumOptions else { throw .malformed }
          // Router Alert (RFC 2711) says nothing to a host. What is unknown says itself what is to be done.
          if type != 5, type >> 6 != 0 {
            guard type >> 6 != 1 else { throw .malformed }
            throw .unknownOption(
              at: bytes.isEmpty ? 0 : bytes.count - payload.count + index, tellsGroups: type >> 6 == 2)
          }
        }
        index = end
      }
      // Nobody needs more to align what follows (RFC 8504, 5.3).
      guard padding <= 7 else { throw .malformed }
    }
    enter(payload[0], length)
  }

  /// Writes the header of a datagram of `payloadLength` bytes.
  @inline(__always)
  static func writeHeader(
    to pointer: UnsafeMutableRawPointer, source: IPv6Address, destination: IPv6Address, protocolNumber: UInt8,
    payloadLength: Int, hopLimit: UInt8
  ) {
    pointer.store(number32: 0x6000_0000, at: 0)
    pointer.store(number16: UInt16(truncatingIfNeeded: payloadLength), at: 4)
    pointer.store(byte: protocolNumber, at: 6)
    pointer.store(byte: hopLimit, at: 7)
    source.write(to: pointer, at: 8)
    destination.write(to: pointer, at: 24)
  }

  /// Writes both headers of a part (RFC 8200, 4.5).
  static func writeFragmentHeaders(
    to pointer: UnsafeMutableRawPointer, source: IPv6Address, destination: IPv6Address, protocolNumber: UInt8,
    payloadLength: Int, hopLimit: UInt8, fragment: (identification: UInt32, offset: Int, isFollowed: Bool)
  ) {
    writeHeader(
      to: pointer, source: source, destination: destination, protocolNumber: Extension.fragment,
      payloadLength: fragmentHeaderLength + payloadLength, hopLimit: hopLimit)
    let header = pointer + headerLength
    header.store(byte: protocolNumber, at: 0)
    header.store(byte: 0, at: 1)
    header.store(number16: UInt16(truncatingIfNeeded: fragment.offset) | (fragment.isFollowed ? 1 : 0), at: 2)
    header.store(number32: fragment.identification, at: 4)
  }
}

extension IPv6Address {
  /// Reads an address; 16 bytes must be there.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    self.init(
      high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
      low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
  }

  /// Writes the 16 bytes.
  @inline(__always)
  func write(to pointer: UnsafeMutableRawPointer, at offset: Int) {
    (pointer + offset).storeBytes(of: high.bigEndian, as: UInt64.self)
    (pointer + offset + 8).storeBytes(of: low.bigEndian, as: UInt64.self)
  }

  /// The hardware address of a group (RFC 2464, 7).
  var groupHardware: EthernetAddress { EthernetAddress(raw: 0x3333_0000_0000 | low & 0xFFFF_FFFF) }
}
