import LibraryOS

/// The protocols above IP that this image knows.
enum ProtocolNumber {
  static let icmp: UInt8 = 1
  static let tcp: UInt8 = 6
  static let udp: UInt8 = 17
  static let icmpv6: UInt8 = 58
}

/// A whole datagram for this image, of either version, whose headers were checked.
struct IPPacket {
  var source: IPAddress
  var destination: IPAddress
  /// Of IPv6, the protocol behind all extension headers.
  var protocolNumber: UInt8
  var payload: UnsafeRawBufferPointer
  /// Which address of this image it is for: 0 for the IPv4 address, else `LocalAddress.number`.
  var localNumber: UInt32 = 0
  /// The datagram from its header on, for errors to quote. Empty where it was put together from fragments.
  var quotation = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Where the field stands that names the protocol, from the start of the datagram.
  var protocolOffset = 9

  /// Whether it arrived in fragments; nobody vouches for its checksums then.
  var isReassembled: Bool { quotation.isEmpty }
}

/// A part of a datagram (RFC 791, 3.2; RFC 8200, 4.5).
struct Fragment {
  var identification: UInt32
  /// Where its bytes belong.
  var offset: Int
  /// Whether more follow.
  var isFollowed: Bool
  /// What the first part says the whole is.
  var protocolNumber: UInt8
  var bytes: UnsafeRawBufferPointer
}
