import Patterns

extension ConstraintClause {
  /// Checks what can be said of the operand without knowing the type that it constrains (1.3, 3.6.3.1).
  func checkShape(_ context: SyntaxContext) {
    func report(_ expected: String) {
      context.findings.report(
        "wrong-constraint", at: operand.place,
        "the operand of `\(operation.rawValue)` cannot be \(operand.kindDescription)", expected: expected)
    }
    // A function gives what is not known yet.
    if let entries = operand.entries, entries.count == 1,
      let first = entries.first, FunctionCall.Function(rawValue: first.name) != nil
    {
      return
    }
    switch operation {
    case .inRange:
      if operand.items?.count != 2 { report("two bounds, such as `[1, 9]`") }
    case .validValues:
      if operand.items == nil { report("a list of values") }
    case .length, .minLength, .maxLength:
      if case .scalar(let text, .plain) = operand.content, let length = CoreSchema.integer(text), length >= 0 { return }
      report("an integer of 0 or more")
    case .pattern:
      guard let text = operand.text, !operand.isNull else { return report("a regular expression") }
      do throws(Pattern.Fault) { _ = try Pattern(text) } catch {
        context.findings.report(
          "wrong-constraint", at: operand.place, "this is no regular expression: \(error.message)",
          expected: "a regular expression")
      }
    default: break
    }
  }
}
