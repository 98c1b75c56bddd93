import LibraryOS

// The Internet checksum (RFC 1071): the one's complement sum of 16-bit words. Sections 1 and 2: the sum does not depend
// on byte order, so words are added as they lie in memory, four bytes at a time, and carries are folded at the end.

/// A one's complement sum in progress.
struct InternetChecksum {
  private var sum: UInt64 = 0

  /// Adds the pseudo-header that the checksums of TCP, UDP and ICMPv6 cover (RFC 9293, 3.1; RFC 8200, 8.1).
  @inline(__always)
  mutating func addPseudoHeader(
    source: IPAddress, destination: IPAddress, protocolNumber: UInt8, length: Int
  ) {
    if source.isIPv4 {
      sum &+= UInt64(UInt32(truncatingIfNeeded: source.low).bigEndian)
      sum &+= UInt64(UInt32(truncatingIfNeeded: destination.low).bigEndian)
    } else {
      add(source.high)
      add(source.low)
      add(destination.high)
      add(destination.low)
    }
    sum &+= UInt64(UInt16(protocolNumber).bigEndian)
    sum &+= UInt64(UInt16(truncatingIfNeeded: length).bigEndian)
  }

  @inline(__always)
  private mutating func add(_ half: UInt64) {
    let word = half.bigEndian
    sum &+= (word & 0xFFFF_FFFF) &+ (word >> 32)
  }

  /// Adds bytes that start at an even offset of what is summed.
  @inline(__always)
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    let count = bytes.count
    var index = 0
    var low: UInt64 = 0
    var high: UInt64 = 0
    while index &+ 8 <= count {
      let word = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      low &+= word & 0xFFFF_FFFF
      high &+= word >> 32
      index &+= 8
    }
    sum &+= low
    sum &+= high
    while index &+ 2 <= count {
      sum &+= UInt64(base.loadUnaligned(fromByteOffset: index, as: UInt16.self))
      index &+= 2
    }
    if index < count {
      // A zero byte is thought to follow the last one.
      let last = UInt16(base.load(fromByteOffset: index, as: UInt8.self)) << 8
      sum &+= UInt64(last.bigEndian)
    }
  }

  private var folded: UInt16 {
    var value = (sum & 0xFFFF_FFFF) &+ (sum >> 32)
    value = (value & 0xFFFF) &+ (value >> 16)
    value = (value & 0xFFFF) &+ (value >> 16)
    value = (value & 0xFFFF) &+ (value >> 16)
    return UInt16(truncatingIfNeeded: value)
  }

  /// What goes into the field of a checksum that somebody else completes (virtio 1.2, 5.1.6.2): the sum so far.
  var partialField: UInt16 { folded }

  /// What goes into the checksum field, as it is stored in memory.
  var storedField: UInt16 { ~folded }

  /// Whether the sum over bytes that include their checksum comes out right.
  var isValid: Bool { folded == 0xFFFF }
}
