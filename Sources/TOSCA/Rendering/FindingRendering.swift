/// How findings are written.
public enum FindingFormat: String, Sendable, CaseIterable {
  /// For people: the place, the message, the source line with a mark under it, what was expected.
  case text
  /// For programs: an array of findings.
  case json
}

/// Writes findings.
/// - Parameters:
///   - findings: The findings, in the order in which they are to be written.
///   - sources: The text of each file by its name in findings.
///   - format: How they are written.
///   - color: Whether text is coloured with ANSI escapes.
/// - Returns: The text, with a line feed at its end; for no findings, nothing or an empty array.
public func render(
  _ findings: [Finding], sources: [String: String], format: FindingFormat, color: Bool
) -> String {
  switch format {
  case .json: return JSONText.array(findings.map { $0.json() }).text() + "\n"
  case .text:
    var writer = FindingWriter(sources: sources, color: color)
    for finding in findings { writer.write(finding) }
    return writer.output
  }
}

extension Finding {
  /// The finding as JSON: `code`, `severity`, `file`, `line`, `column`, `endLine`, `endColumn`, `message`, and where
  /// there are any `expected`, `suggestion`, `related`.
  func json() -> JSONText {
    var members: [(String, JSONText)] = [("code", .string(code)), ("severity", .string(severity.rawValue))]
    members += Self.members(place)
    members.append(("message", .string(message)))
    if let expected { members.append(("expected", .string(expected))) }
    if let suggestion { members.append(("suggestion", .string(suggestion))) }
    if !related.isEmpty {
      let items = related.map { JSONText.object(Self.members($0.place) + [("message", .string($0.message))]) }
      members.append(("related", .array(items)))
    }
    return .object(members)
  }

  private static func members(_ place: SourceRange) -> [(String, JSONText)] {
    [
      ("file", .string(place.file)), ("line", .integer(place.line)), ("column", .integer(place.column)),
      ("endLine", .integer(place.endLine)), ("endColumn", .integer(place.endColumn)),
    ]
  }
}

/// Writes findings for people.
private struct FindingWriter {
  let sources: [String: String]
  let color: Bool
  var output = ""
  private var lines: [String: [Substring]] = [:]

  init(sources: [String: String], color: Bool) {
    self.sources = sources
    self.color = color
  }

  mutating func write(_ finding: Finding) {
    if !output.isEmpty { output += "\n" }
    let severity = painted(finding.severity.rawValue, finding.severity == .error ? "1;31" : "1;33")
    let place = painted(Self.text(finding.place), "1")
    output += "\(place): \(severity): \(Self.printable(finding.message)) [\(finding.code)]\n"
    excerpt(finding.place, suggestion: finding.suggestion)
    if let expected = finding.expected { output += "  expected: \(Self.printable(expected))\n" }
    for related in finding.related {
      output += "  \(Self.text(related.place)): \(Self.printable(related.message))\n"
      excerpt(related.place, suggestion: nil)
    }
  }

  /// The source line with a mark under the range, and the suggestion beside it.
  private mutating func excerpt(_ place: SourceRange, suggestion: String?) {
    let hint = suggestion.map { "did you mean `\(Self.printable($0))`?" }
    guard let line = line(place) else {
      if let hint { output += "  \(hint)\n" }
      return
    }
    let number = String(place.line)
    let margin = String(repeating: " ", count: number.count)
    let scalars = Array(line.unicodeScalars)
    // A line longer than a terminal is cut around the mark.
    let start = max(0, min(place.column - 1, scalars.count) - 60)
    let shown = scalars[min(start, scalars.count)...].prefix(120)
    let column = min(place.column - 1, scalars.count) - start
    let end = place.endLine == place.line ? place.endColumn - 1 - start : shown.count
    let width = max(1, min(end, shown.count) - column)
    var text = ""
    var indent = ""
    for (index, scalar) in shown.enumerated() {
      let printable = Self.printable(scalar)
      text += printable
      if index < column {
        indent += String(repeating: " ", count: printable.unicodeScalars.count)
      }
    }
    let mark = painted("^" + String(repeating: "~", count: width - 1), "1;32")
    output += "  \(number) | \(text)\n  \(margin) | \(indent)\(mark)\(hint.map { " " + $0 } ?? "")\n"
  }

  private mutating func line(_ place: SourceRange) -> Substring? {
    if lines[place.file] == nil {
      lines[place.file] =
        sources[place.file]?.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) ?? []
    }
    guard let all = lines[place.file], all.indices.contains(place.line - 1) else { return nil }
    return all[place.line - 1]
  }

  private static func text(_ place: SourceRange) -> String {
    "\(printable(place.file)):\(place.line):\(place.column)"
  }

  /// Text without control characters, which could make a terminal do things.
  private static func printable(_ text: String) -> String {
    text.unicodeScalars.allSatisfy { printable($0) == String($0) }
      ? text : text.unicodeScalars.map { printable($0) }.joined()
  }

  private static func printable(_ scalar: Unicode.Scalar) -> String {
    if scalar == "\t" { return "  " }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return "\u{FFFD}"
    default: return String(scalar)
    }
  }

  private func painted(_ text: String, _ code: String) -> String {
    color ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
