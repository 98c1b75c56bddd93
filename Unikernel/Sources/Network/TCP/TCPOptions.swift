// The options of TCP: maximum segment size (RFC 9293, 3.2), window scale and timestamps (RFC 7323, 2 and 3), selective
// acknowledgement (RFC 2018, 2 and 3). Others are skipped. They are laid out so that numbers stand on multiples of four.

/// The options of a segment, read or to be written.
struct TCPOptions {
  /// Timestamps with their padding.
  static let timestampLength = 12
  /// The most blocks that are written beside timestamps (RFC 2018, 3).
  static let maximumBlocks = 3

  /// Timestamps (RFC 7323, 3.2).
  struct Timestamp {
    var value: UInt32
    var echo: UInt32
  }

  /// On a segment that synchronizes.
  var maximumSegmentSize: Int?
  /// On a segment that synchronizes: how many bits the window is shifted by.
  var windowScale: Int?
  /// On a segment that synchronizes: whether selective acknowledgements may be sent to the one who says so.
  var permitsSelectiveAcknowledgment = false
  var timestamp: Timestamp?
  /// The blocks of a selective acknowledgement that was read, eight bytes each.
  var blocks = UnsafeRawBufferPointer(start: nil, count: 0)

  /// No options.
  init() {}

  /// Reads what stands between the header and the payload; `nil` if a length is wrong.
  @inline(__always)
  init?(_ bytes: UnsafeRawBufferPointer, synchronizes: Bool) {
    // The common case by far (RFC 7323, appendix A).
    if bytes.count == TCPOptions.timestampLength, bytes.number32(at: 0) == 0x0101_080A {
      timestamp = Timestamp(value: bytes.number32(at: 4), echo: bytes.number32(at: 8))
      return
    }
    if bytes.count > 0 {
      guard read(bytes, synchronizes: synchronizes) else { return nil }
    }
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer, synchronizes: Bool) -> Bool {
    var index = 0
    while index < bytes.count {
      let kind = bytes[index]
      if kind == 0 { return true }
      if kind == 1 {
        index += 1
        continue
      }
      guard index + 1 < bytes.count else { return false }
      let length = Int(bytes[index + 1])
      guard length >= 2, index + length <= bytes.count else { return false }
      switch kind {
      case 2 where synchronizes:
        guard length == 4 else { return false }
        maximumSegmentSize = Int(bytes.number16(at: index + 2))
      case 3 where synchronizes:
        guard length == 3 else { return false }
        // RFC 7323, 2.3: a larger shift is to be taken as 14.
        windowScale = min(Int(bytes[index + 2]), 14)
      case 4 where synchronizes:
        guard length == 2 else { return false }
        permitsSelectiveAcknowledgment = true
      case 5 where !synchronizes:
        guard length % 8 == 2 else { return false }
        blocks = UnsafeRawBufferPointer(rebasing: bytes[(index + 2)..<(index + length)])
      case 8:
        guard length == 10 else { return false }
        timestamp = Timestamp(value: bytes.number32(at: index + 2), echo: bytes.number32(at: index + 6))
      default: break
      }
      index += length
    }
    return true
  }

  /// The block at an index, where there is one.
  func block(_ index: Int) -> (start: SequenceNumber, end: SequenceNumber)? {
    guard index * 8 + 8 <= blocks.count else { return nil }
    return (
      SequenceNumber(blocks.number32(at: index * 8)), SequenceNumber(blocks.number32(at: index * 8 + 4))
    )
  }

  /// Writes the options and returns their length, a multiple of four, at most 40.
  @inline(__always)
  func write(to pointer: UnsafeMutableRawPointer, acknowledging held: ReassemblyMap.Blocks? = nil) -> Int {
    var length = 0
    if let maximumSegmentSize {
      pointer.store(number32: 0x0204_0000 | UInt32(truncatingIfNeeded: maximumSegmentSize), at: 0)
      length = 4
    }
    if let timestamp {
      pointer.store(number32: permitsSelectiveAcknowledgment ? 0x0402_080A : 0x0101_080A, at: length)
      pointer.store(number32: timestamp.value, at: length + 4)
      pointer.store(number32: timestamp.echo, at: length + 8)
      length += TCPOptions.timestampLength
    } else if permitsSelectiveAcknowledgment {
      pointer.store(number32: 0x0101_0402, at: length)
      length += 4
    }
    if let windowScale {
      pointer.store(number32: 0x0103_0300 | UInt32(truncatingIfNeeded: windowScale), at: length)
      length += 4
    }
    if let held, held.count > 0 {
      pointer.store(number32: 0x0101_0500 | UInt32(2 + 8 * held.count), at: length)
      length += 4
      for index in 0..<held.count {
        pointer.store(number32: held.block(index).start.raw, at: length)
        pointer.store(number32: held.block(index).end.raw, at: length + 4)
        length += 8
      }
    }
    return length
  }
}
