import Cedar
import Foundation
import PolicyDecision
import TOSCA

/// Checks policies against a Cedar schema, as findings in the form users see all findings in.
enum PolicySchemaCheck {
  /// What is wrong with the schema, or else with the policies: syntax first, then types.
  static func findings(_ sources: [PolicySource], schema: PolicySource) -> [Finding] {
    let declared: Schema
    do throws(CedarSyntaxError) {
      declared = try Schema(parsing: schema.text)
    } catch {
      return [finding(error, in: schema.file)]
    }
    return sources.flatMap { source -> [Finding] in
      let (policies, errors) = PolicySet.parse(source.text, naming: .annotation)
      let mistakes = errors.map { finding($0, in: source.file) }
      let invalid = Validator(schema: declared).validate(PolicySet(policies)).map { found in
        Finding(
          code: "schema-mismatch", severity: found.severity == .error ? .error : .warning,
          place: place(found.range, in: source.file), message: "\(found.policy): \(found.message)",
          expected: found.expected, suggestion: found.suggestion)
      }
      return mistakes + invalid
    }
  }

  private static func finding(_ error: CedarSyntaxError, in file: String) -> Finding {
    Finding(code: "syntax", place: place(error.range, in: file), message: error.message, expected: error.expected)
  }

  private static func place(_ range: SourceSpan, in file: String) -> SourceRange {
    SourceRange(
      file: file, line: range.start.line, column: range.start.column, endLine: range.end.line,
      endColumn: range.end.column)
  }
}
