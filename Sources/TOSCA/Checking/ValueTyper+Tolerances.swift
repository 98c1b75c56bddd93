extension ValueTyper {
  /// The value that a node stands for where a tolerance lets it pass; nil where none does.
  func tolerated(_ node: YAMLNode, _ primitive: Primitive, _ context: ValueContext) -> Value? {
    guard !tolerances.isEmpty else { return nil }
    let place = findings.table.range(node.place)
    switch node.content {
    case .scalar(let text, let style):
      if let content = inBaseUnit(text, style, primitive) {
        warn(.defaultUnits, "\(context.subject) has no unit", node, context, expected: primitive.description)
        return Value(content, at: place)
      }
      if tolerances.contains(.oldBooleans), primitive == .boolean, style == .plain,
        let flag = CoreSchema.oldBoolean(text)
      {
        warn(.oldBooleans, "\(context.subject) is read as `\(flag)`", node, context, expected: "`\(flag)`")
        return Value(.boolean(flag), at: place)
      }
      guard tolerances.contains(.laxScalars), let content = Self.lax(text, style, primitive) else { return nil }
      warn(.laxScalars, "\(context.subject) is of another kind", node, context, expected: primitive.description)
      return Value(content, at: place)
    case .mapping(let entries):
      guard tolerances.contains(.customFunctions), entries.count == 1, let entry = entries.first else { return nil }
      warn(
        .customFunctions, "unknown function `\(entry.name.excerpt)`", entry.key, context,
        expected: primitive.description)
      return Value(.unresolved(function: entry.name, arguments: asWritten(entry.value)), at: place)
    case .sequence: return nil
    }
  }

  /// A number without a unit as a scalar in the base unit, where that is tolerated.
  func inBaseUnit(_ text: String, _ style: YAMLNode.ScalarStyle, _ primitive: Primitive) -> Value.Content? {
    guard tolerances.contains(.defaultUnits), style != .quoted, let unit = ScalarUnit.baseUnit(of: primitive),
      let number = CoreSchema.float(text), number.isFinite
    else { return nil }
    return .scalar(amount: number, text: text + " " + unit)
  }

  private static func lax(_ text: String, _ style: YAMLNode.ScalarStyle, _ primitive: Primitive) -> Value.Content? {
    switch primitive {
    case .string: style == .plain && !CoreSchema.isNull(text) ? .string(text) : nil
    case .integer, .float, .boolean, .null: scalar(text, .plain, primitive)
    default: nil
    }
  }

  private func warn(
    _ tolerance: Tolerance, _ message: String, _ node: YAMLNode, _ context: ValueContext, expected: String
  ) {
    findings.report(
      "tolerated", .warning, at: context.call ?? node.place, message + "; tolerated by `\(tolerance.name)`",
      expected: expected)
  }
}
