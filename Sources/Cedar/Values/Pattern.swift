/// What `like` compares with: literal texts with any text between two neighbours.
public struct Pattern: Hashable, Sendable, CustomStringConvertible {
  /// The literal texts; between two of them stands a wildcard. Never empty.
  public let segments: [CedarString]

  /// A pattern of the texts between its wildcards.
  public init(segments: [CedarString]) {
    self.segments = segments.isEmpty ? [""] : segments
  }

  /// Whether the whole of `text` fits.
  public func matches(_ text: CedarString) -> Bool {
    let bytes = Array(text.string.utf8)[...]
    let literals = segments.map { Array($0.string.utf8) }
    guard let first = literals.first, let last = literals.last else { return false }
    guard literals.count > 1 else { return bytes.elementsEqual(first) }
    guard bytes.count >= first.count + last.count, bytes.starts(with: first),
      bytes.suffix(last.count).elementsEqual(last)
    else { return false }
    // Each literal is looked for from the left: the leftmost place leaves the most for those that follow.
    var rest = bytes.dropFirst(first.count).dropLast(last.count)
    for literal in literals.dropFirst().dropLast() where !literal.isEmpty {
      guard let found = Pattern.find(literal, in: rest) else { return false }
      rest = rest[(found + literal.count)...]
    }
    return true
  }

  private static func find(_ literal: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
    guard text.count >= literal.count else { return nil }
    for start in text.startIndex...(text.endIndex - literal.count)
    where text[start..<(start + literal.count)].elementsEqual(literal) {
      return start
    }
    return nil
  }

  /// As policies write it.
  public var description: String {
    let escaped = segments.map { segment in
      let quoted = segment.quoted.dropFirst().dropLast()
      return quoted.split(separator: "*", omittingEmptySubsequences: false).joined(separator: "\\*")
    }
    return "\"" + escaped.joined(separator: "*") + "\""
  }
}
