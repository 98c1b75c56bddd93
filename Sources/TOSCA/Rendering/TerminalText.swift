/// Text as a terminal shows it.
enum TerminalText {
  /// A line cut to what is shown of it, the space before the mark, and the mark.
  struct Marked {
    /// What is shown of the line.
    var text = ""
    /// The space under what stands before the range.
    var indent = ""
    /// The mark under the range, one column at least.
    var mark = ""
  }

  /// Text without control characters, which could make a terminal do things.
  static func printable(_ text: String) -> String {
    text.unicodeScalars.allSatisfy { printable($0) == String($0) }
      ? text : text.unicodeScalars.map { printable($0) }.joined()
  }

  /// A character, or what stands for it where a terminal would obey it.
  static func printable(_ scalar: Unicode.Scalar) -> String {
    if (0x20..<0x7F).contains(scalar.value) { return String(scalar) }
    if scalar == "\t" { return "  " }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return "\u{FFFD}"
    default: return String(scalar)
    }
  }

  /// The columns that a character takes, as `printable` writes it: none for one that is drawn over the character before
  /// it, two for one of East Asia or an emoji (Unicode Standard Annex 11).
  static func width(_ scalar: Unicode.Scalar) -> Int {
    if (0x20..<0x7F).contains(scalar.value) { return 1 }
    if scalar == "\t" { return 2 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return scalar.properties.isEmojiPresentation || isWide(scalar.value) ? 2 : 1
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  /// A line with a mark under a range of its characters. A line that is longer than the limit is cut around the mark's
  /// beginning.
  /// - Parameters:
  ///   - from: The first character of the range, from 0.
  ///   - to: The character after the last one.
  ///   - startsHere: Whether the range begins on this line, which its mark shows.
  ///   - limit: The columns that are shown at most.
  static func marked(_ line: Substring, from: Int, to: Int, startsHere: Bool, limit: Int) -> Marked {
    let scalars = Array(line.unicodeScalars)
    let from = max(0, min(from, scalars.count))
    let to = max(from, min(to, scalars.count))
    // Two thirds of the room are for what stands before the mark.
    var start = from
    var room = limit * 2 / 3
    while start > 0, room - width(scalars[start - 1]) >= 0 {
      start -= 1
      room -= width(scalars[start])
    }
    if scalars.map({ width($0) }).reduce(0, +) <= limit { start = 0 }
    var result = Marked()
    if start > 0 { (result.text, result.indent) = ("…", " ") }
    var columns = 0
    for index in start..<scalars.count {
      let wide = width(scalars[index])
      guard columns + wide <= limit else {
        result.text += "…"
        break
      }
      columns += wide
      result.text += printable(scalars[index])
      if index < from {
        result.indent += String(repeating: " ", count: wide)
      } else if index < to {
        result.mark += String(repeating: "~", count: wide)
      }
    }
    if result.mark.isEmpty { result.mark = "~" }
    if startsHere { result.mark = "^" + result.mark.dropFirst() }
    return result
  }
}
