public import Cedar

/// Something that is wrong in policies, and where. Lines and columns count from 1, columns in Unicode scalars.
public struct PolicyFinding: Hashable, Sendable, CustomStringConvertible {
  /// A stable name of this kind of finding: `syntax`, `unknown-attribute`, `type-mismatch`, …
  public var code: String
  /// The file, as it was given.
  public var file: String
  /// The first line.
  public var line: Int
  /// The first column on it.
  public var column: Int
  /// The last line.
  public var endLine: Int
  /// The column after the last one.
  public var endColumn: Int
  /// What was found: lower case, no final period, the user's text in backticks.
  public var message: String
  /// What would be right there.
  public var expected: String?
  /// A known name that is near the one found.
  public var suggestion: String?

  /// A finding at a place of a file.
  public init(
    _ code: String, in file: String, at span: SourceSpan, _ message: String, expected: String? = nil,
    suggestion: String? = nil
  ) {
    self.code = code
    self.file = file
    self.line = span.start.line
    self.column = span.start.column
    self.endLine = span.end.line
    self.endColumn = span.end.column
    self.message = message
    self.expected = expected
    self.suggestion = suggestion
  }

  /// `file:line:column: message, expected …; did you mean …?`
  public var description: String {
    "\(file):\(line):\(column): \(message)" + (expected.map { ", expected \($0)" } ?? "")
      + (suggestion.map { "; did you mean `\($0)`?" } ?? "")
  }
}

/// Why policies cannot be used: one finding at least, in the order of the text.
public struct PolicyFindings: Error, Hashable, Sendable, CustomStringConvertible {
  /// The findings.
  public var findings: [PolicyFinding]

  /// A line for each finding.
  public var description: String { findings.map(\.description).joined(separator: "\n") }
}
