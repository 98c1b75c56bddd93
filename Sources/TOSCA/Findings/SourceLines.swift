/// A text by its lines, as places count them: a line ends where YAML 1.1 ends it, and columns count Unicode scalars.
public struct SourceLines: Sendable {
  /// The text.
  public let text: String
  /// Where each line begins, and where it ends before its break, in UTF-8.
  private let bounds: [(start: Int, end: Int)]

  /// The lines of a text. A byte-order mark is not part of the first one.
  public init(_ text: String) {
    var text = text
    text.makeContiguousUTF8()
    self.text = text
    bounds = text.utf8.withContiguousStorageIfAvailable { Self.bounds($0) } ?? []
  }

  private init() {
    text = ""
    bounds = []
  }

  /// What a text that is not there has: not even an empty line.
  static let none = SourceLines()

  /// How many there are; a break at the end begins one more.
  public var count: Int { bounds.count }

  /// A line without its break, by its number from 1; nil beyond the text.
  public subscript(line: Int) -> Substring? {
    guard line >= 1, line <= bounds.count else { return nil }
    let (start, end) = bounds[line - 1]
    return text[index(start)..<index(end)]
  }

  /// The text of a range, without what lies beyond the text.
  public func text(of place: SourceRange) -> Substring? {
    guard let start = index(line: place.line, column: place.column),
      let end = index(line: place.endLine, column: place.endColumn), start <= end
    else { return nil }
    return text[start..<end]
  }

  /// Where a line and column are; columns beyond the line are its end. Nil beyond the text.
  public func index(line: Int, column: Int) -> String.Index? {
    guard let text = self[line] else { return nil }
    return text.unicodeScalars.index(text.startIndex, offsetBy: max(0, column - 1), limitedBy: text.endIndex)
      ?? text.endIndex
  }

  private func index(_ offset: Int) -> String.Index { text.utf8.index(text.startIndex, offsetBy: offset) }

  private static func bounds(_ bytes: UnsafeBufferPointer<UInt8>) -> [(start: Int, end: Int)] {
    var result: [(start: Int, end: Int)] = []
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var index = start
    while index < bytes.count {
      let length = breakLength(bytes, at: index)
      if length == 0 {
        index += 1
      } else {
        result.append((start, index))
        index += length
        start = index
      }
    }
    result.append((start, bytes.count))
    return result
  }

  /// The bytes of the line break at an offset: LF, CR, CR LF, NEL, LS or PS; 0 where there is none.
  private static func breakLength(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    func byte(_ offset: Int) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }
    switch bytes[index] {
    case 0x0A: return 1
    case 0x0D: return byte(1) == 0x0A ? 2 : 1
    case 0xC2: return byte(1) == 0x85 ? 2 : 0
    case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
    default: return 0
    }
  }
}
