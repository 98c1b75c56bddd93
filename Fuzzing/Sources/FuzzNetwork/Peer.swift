/// The other host's view of one flow: what it would send next, and what the image has sent.
struct Peer {
  /// The port at this end, and at the image's.
  var port: UInt16
  var imagePort: UInt16
  /// This end's initial sequence number, and the next one to send.
  var initial: UInt32 = 0
  var next: UInt32 = 0
  var hasBegun = false
  /// The image's initial sequence number, and the end of what it has sent; `nil` before its SYN.
  var imageInitial: UInt32?
  var imageNext: UInt32 = 0
  /// What the image last put into a timestamp.
  var imageTimestamp: UInt32 = 0

  /// The byte at an offset of a stream, so that one out of place shows.
  static func content(_ offset: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: offset &* 0x9E37_79B1 >> 13) }

  /// The bytes of a segment of this end.
  func payload(at sequence: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { Peer.content(sequence &- initial &- 1 &+ UInt32($0)) }
  }

  /// Learns from a segment of the image's, and checks that what it carries is what was written to the stream.
  mutating func learn(_ sequence: UInt32, flags: UInt8, payload: ArraySlice<UInt8>, timestamp: UInt32?, isChecked: Bool)
  {
    if let timestamp { imageTimestamp = timestamp }
    if flags & 4 != 0 { return }
    if flags & 2 != 0 {
      imageInitial = sequence
      imageNext = sequence &+ 1
    }
    guard let imageInitial else { return }
    if isChecked {
      for (index, byte) in payload.enumerated() {
        precondition(
          byte == Peer.content(sequence &- imageInitial &- 1 &+ UInt32(index)), "the image sent what was not written")
      }
    }
    let end = sequence &+ UInt32(payload.count) &+ UInt32(flags & 1)
    if Int32(bitPattern: end &- imageNext) > 0 { imageNext = end }
  }
}
