// Ethernet II frames (RFC 894; field values from RFC 9542): destination, source, type, payload. The frame check
// sequence is the link's. Frames with VLAN tags are not for this image.

import LibraryOS

/// A 48-bit hardware address.
struct EthernetAddress: Hashable {
  /// The address in the low 48 bits, first byte on the wire most significant.
  var raw: UInt64

  /// An address from its number.
  init(raw: UInt64) {
    self.raw = raw
  }

  /// An address from its six bytes; `nil` for any other number of them.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == 6 else { return nil }
    raw = 0
    for byte in bytes { raw = raw << 8 | UInt64(byte) }
  }

  /// Reads an address; six bytes must be there.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    raw = UInt64(bytes.number16(at: offset)) << 32 | UInt64(bytes.number32(at: offset + 2))
  }

  /// Writes the six bytes.
  @inline(__always)
  func write(to pointer: UnsafeMutableRawPointer, at offset: Int) {
    pointer.store(number16: UInt16(truncatingIfNeeded: raw >> 32), at: offset)
    pointer.store(number32: UInt32(truncatingIfNeeded: raw), at: offset + 2)
  }

  /// The IPv6 address for the link that follows from it (RFC 4291, 2.5.6 and appendix A).
  var linkLocal: IPv6Address {
    IPv6Address(
      high: 0xFE80_0000_0000_0000,
      low: (raw >> 24 ^ 0x02_0000) << 40 | 0xFFFE << 24 | raw & 0xFF_FFFF)
  }

  /// All hosts of the link.
  static let broadcast = EthernetAddress(raw: 0xFFFF_FFFF_FFFF)

  /// Whether this names a group; no host may send from such an address.
  var isGroup: Bool { raw >> 40 & 1 == 1 }
}

/// What a frame carries.
enum EtherType {
  static let ipv4: UInt16 = 0x0800
  static let arp: UInt16 = 0x0806
  static let ipv6: UInt16 = 0x86DD
}

/// The 14 bytes before a frame's payload.
struct EthernetHeader {
  /// How long it is.
  static let length = 14

  var destination: EthernetAddress
  var source: EthernetAddress
  var type: UInt16

  @inline(__always)
  init(destination: EthernetAddress, source: EthernetAddress, type: UInt16) {
    self.destination = destination
    self.source = source
    self.type = type
  }

  /// Reads the header of a frame; `nil` if the frame is too short to have one.
  @inline(__always)
  init?(_ frame: UnsafeRawBufferPointer) {
    guard frame.count >= EthernetHeader.length else { return nil }
    destination = EthernetAddress(frame, at: 0)
    source = EthernetAddress(frame, at: 6)
    type = frame.number16(at: 12)
  }

  /// Writes the header at the start of a frame.
  @inline(__always)
  func write(to frame: UnsafeMutableRawPointer) {
    destination.write(to: frame, at: 0)
    source.write(to: frame, at: 6)
    frame.store(number16: type, at: 12)
  }
}
