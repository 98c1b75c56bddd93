/// What `like` compares with: literal texts with any text between two neighbours.
public struct PolicyPattern: Hashable, Sendable {
  /// The literal texts; between two of them stands a wildcard. Never empty.
  public var segments: [ByteString]

  /// A pattern of the texts between its wildcards; at least one.
  public init(segments: [ByteString]) {
    self.segments = segments
  }

  /// Whether the whole of `text` fits. Takes at most the product of both lengths.
  public func matches(_ text: ByteString) -> Bool {
    let bytes = text.bytes
    guard let first = segments.first, let last = segments.last else { return false }
    if segments.count == 1 { return text == first }
    guard bytes.count - first.count >= last.count, PolicyPattern.has(bytes, first, at: 0),
      PolicyPattern.has(bytes, last, at: bytes.count - last.count)
    else { return false }
    // Each text is looked for from the left: the leftmost place leaves the most for those that follow.
    var position = first.count
    let end = bytes.count - last.count
    for index in 1..<(segments.count - 1) {
      let segment = segments[index]
      while true {
        guard end - position >= segment.count else { return false }
        if PolicyPattern.has(bytes, segment, at: position) { break }
        position += 1
      }
      position += segment.count
    }
    return true
  }

  private static func has(_ bytes: [UInt8], _ segment: ByteString, at position: Int) -> Bool {
    var index = 0
    while index < segment.count {
      if bytes[position + index] != segment.bytes[index] { return false }
      index += 1
    }
    return true
  }
}
