public import PolicyDecision
public import TOSCA

// Findings of parts that know nothing of TOSCA, or have no place of their own, in the form users see all findings in.

extension PolicyFindings {
  /// The same findings, as templates have them.
  public var templateFindings: [Finding] { findings.map(\.templateFinding) }
}

extension PolicyFinding {
  /// The same finding, as templates have it.
  public var templateFinding: Finding {
    Finding(
      code: code, place: SourceRange(file: file, line: line, column: column, endLine: endLine, endColumn: endColumn),
      message: message, expected: expected, suggestion: suggestion)
  }
}
