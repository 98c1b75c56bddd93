// Sequence numbers (RFC 9293, 3.4): arithmetic modulo 2**32. Two numbers are compared by the shorter way between them,
// which is right while they are less than 2**31 apart, as all numbers of one window are.

/// A place in a TCP stream.
struct SequenceNumber: Hashable, Comparable {
  var raw: UInt32

  @inline(__always)
  init(_ raw: UInt32) {
    self.raw = raw
  }

  @inline(__always)
  static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
    Int32(bitPattern: left.raw &- right.raw) < 0
  }

  @inline(__always)
  static func <= (left: SequenceNumber, right: SequenceNumber) -> Bool {
    Int32(bitPattern: left.raw &- right.raw) <= 0
  }

  @inline(__always)
  static func > (left: SequenceNumber, right: SequenceNumber) -> Bool { right < left }

  @inline(__always)
  static func >= (left: SequenceNumber, right: SequenceNumber) -> Bool { right <= left }

  /// The place `count` bytes further on, or back.
  @inline(__always)
  static func + (place: SequenceNumber, count: Int) -> SequenceNumber {
    SequenceNumber(place.raw &+ UInt32(truncatingIfNeeded: count))
  }

  @inline(__always)
  static func += (place: inout SequenceNumber, count: Int) {
    place = place + count
  }

  /// How far `left` is after `right`; negative when it is before.
  @inline(__always)
  static func - (left: SequenceNumber, right: SequenceNumber) -> Int {
    Int(Int32(bitPattern: left.raw &- right.raw))
  }
}
