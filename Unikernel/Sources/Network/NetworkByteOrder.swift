// Network byte order (RFC 791, appendix B): the most significant byte first. Every reader of these checks lengths
// before.

extension UnsafeRawBufferPointer {
  /// The 16-bit number at `offset`.
  @inline(__always)
  func number16(at offset: Int) -> UInt16 {
    UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// The 32-bit number at `offset`.
  @inline(__always)
  func number32(at offset: Int) -> UInt32 {
    UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The part from `offset` to the end; `offset` is at most `count`.
  @inline(__always)
  func suffix(from offset: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[offset..<count])
  }
}

extension UnsafeMutableRawPointer {
  /// Writes a 16-bit number at `offset`.
  @inline(__always)
  func store(number16 value: UInt16, at offset: Int) {
    (self + offset).storeBytes(of: value.bigEndian, as: UInt16.self)
  }

  /// Writes a 32-bit number at `offset`.
  @inline(__always)
  func store(number32 value: UInt32, at offset: Int) {
    (self + offset).storeBytes(of: value.bigEndian, as: UInt32.self)
  }

  /// Writes one byte at `offset`.
  @inline(__always)
  func store(byte value: UInt8, at offset: Int) {
    (self + offset).storeBytes(of: value, as: UInt8.self)
  }
}
