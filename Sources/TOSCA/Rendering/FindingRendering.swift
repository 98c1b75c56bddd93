/// How findings are written.
public enum FindingFormat: String, Sendable, CaseIterable {
  /// For people: the place, the message, the source lines with a mark under them, what was expected.
  case text
  /// For programs: an array of findings.
  case json
  /// For code-scanning tools: a log in the Static Analysis Results Interchange Format (SARIF) 2.1.0.
  case sarif
}

/// Writes findings.
/// - Parameters:
///   - findings: The findings, in the order in which they are to be written.
///   - sources: The text of each file by its name in findings.
///   - format: How they are written.
///   - color: Whether text is coloured with ANSI escapes.
/// - Returns: The text, with a line feed at its end; for no findings, nothing, an empty array or a log without results.
public func render(
  _ findings: [Finding], sources: [String: String], format: FindingFormat, color: Bool
) -> String {
  switch format {
  case .json: return JSONText.array(findings.map { $0.json() }).text() + "\n"
  case .sarif: return SARIFLog().text(findings, sources: sources)
  case .text:
    var writer = FindingTextWriter(sources: sources, color: color)
    for finding in findings { writer.write(finding) }
    return writer.output
  }
}

/// How many findings there are, for people: `2 errors and 1 warning in 2 files`; `no findings` for none.
public func summary(of findings: [Finding]) -> String {
  guard !findings.isEmpty else { return "no findings" }
  func count(_ number: Int, _ what: String) -> String? {
    number == 0 ? nil : "\(number) \(what)\(number == 1 ? "" : "s")"
  }
  let errors = findings.count { $0.severity == .error }
  let parts = [count(errors, "error"), count(findings.count - errors, "warning")].compactMap(\.self)
  return parts.joined(separator: " and ") + " in " + (count(Set(findings.map(\.place.file)).count, "file") ?? "")
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
