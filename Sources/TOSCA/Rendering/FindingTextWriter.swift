/// Writes findings for people.
struct FindingTextWriter {
  /// The lines of a range that are shown at most; of a longer one the first and the last.
  static let shownLines = 4
  /// The columns of a line that are shown at most.
  static let shownColumns = 100

  /// What was written.
  private(set) var output = ""
  private let sources: [String: String]
  private let color: Bool
  private var lines: [String: SourceLines] = [:]

  /// A writer that takes the lines it shows from the given texts.
  init(sources: [String: String], color: Bool) {
    self.sources = sources
    self.color = color
  }

  /// Writes a finding, after an empty line where one was written before.
  mutating func write(_ finding: Finding) {
    if !output.isEmpty { output += "\n" }
    let severity = painted(finding.severity.rawValue, finding.severity == .error ? "1;31" : "1;33")
    let place = painted(Self.text(finding.place), "1")
    output += "\(place): \(severity): \(TerminalText.printable(finding.message)) [\(finding.code)]\n"
    excerpt(finding.place, suggestion: finding.suggestion)
    if let expected = finding.expected { output += "  expected: \(TerminalText.printable(expected))\n" }
    for related in finding.related {
      output += "  \(Self.text(related.place)): \(TerminalText.printable(related.message))\n"
      excerpt(related.place, suggestion: nil)
    }
  }

  /// The source lines with marks under the range, and the suggestion beside the last mark.
  private mutating func excerpt(_ place: SourceRange, suggestion: String?) {
    let hint = suggestion.map { "did you mean `\(TerminalText.printable($0))`?" }
    let lines = lines(of: place.file)
    guard lines[place.line] != nil else {
      if let hint { output += "  \(hint)\n" }
      return
    }
    let last = lastLine(place, lines)
    let width = String(last).utf8.count
    func margin(_ number: Int?) -> String {
      let text = number.map(String.init) ?? ""
      return "  " + String(repeating: " ", count: width - text.utf8.count) + text + " | "
    }
    let count = last - place.line + 1
    for line in place.line...last {
      if count > Self.shownLines, line > place.line + 1, line < last {
        if line == place.line + 2 { output += String(repeating: " ", count: width + 2) + " …\n" }
        continue
      }
      guard let text = lines[line] else { continue }
      let from = line == place.line ? place.column - 1 : Self.indentation(text)
      let to = line == place.endLine ? place.endColumn - 1 : text.unicodeScalars.count
      let marked = TerminalText.marked(
        text, from: from, to: to, startsHere: line == place.line, limit: Self.shownColumns)
      let tail = line == last ? hint.map { " " + $0 } ?? "" : ""
      output += "\(margin(line))\(marked.text)\n"
      output += "\(margin(nil))\(marked.indent)\(painted(marked.mark, "1;32"))\(tail)\n"
    }
  }

  /// The last line of a range that has text of it.
  private func lastLine(_ place: SourceRange, _ lines: SourceLines) -> Int {
    var last = min(max(place.endLine, place.line), lines.count)
    while last > place.line {
      let text = lines[last] ?? ""
      let isReached = last < place.endLine || place.endColumn - 1 > Self.indentation(text)
      if isReached, Self.indentation(text) < text.unicodeScalars.count { break }
      last -= 1
    }
    return last
  }

  private static func indentation(_ line: Substring) -> Int {
    line.unicodeScalars.prefix { $0 == " " || $0 == "\t" }.count
  }

  private mutating func lines(of file: String) -> SourceLines {
    if let known = lines[file] { return known }
    let made = sources[file].map { SourceLines($0) } ?? SourceLines.none
    lines[file] = made
    return made
  }

  private static func text(_ place: SourceRange) -> String {
    "\(TerminalText.printable(place.file)):\(place.line):\(place.column)"
  }

  private func painted(_ text: String, _ code: String) -> String {
    color ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
