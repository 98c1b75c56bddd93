import Patterns

extension ValueTyper {
  /// Reports the constraints that a value does not fulfil.
  func check(
    _ value: Value, _ constraints: [ConstraintClause], _ schema: SchemaDefinition, _ node: YAMLNode,
    _ context: ValueContext
  ) {
    if case .unresolved = value.content { return }
    for constraint in constraints {
      if constraint.operation == .validation {
        guard holds(constraint.operand, of: node, schema, context) == false else { continue }
        let shown =
          context.isSensitive ? "the value given" : Self.text(of: value).map { "`\($0.excerpt)`" } ?? "the value"
        report(
          "constraint-violated", node, context, "\(context.subject) does not fulfil its validation clause: \(shown)",
          expected: "a value for which the clause holds")
        continue
      }
      if constraint.operation == .schema {
        guard let mistake = mistake(of: value, constraint.operand) else { continue }
        report(
          "constraint-violated", node, context,
          "\(context.subject) does not fulfil `schema`" + (context.isSensitive ? "" : ": \(mistake)"),
          expected: "a value that fits the schema")
        continue
      }
      if holds(constraint, of: value, schema) == false {
        let shown =
          context.isSensitive ? "the value given" : Self.text(of: value).map { "`\($0.excerpt)`" } ?? "the value"
        report(
          "constraint-violated", node, context,
          "\(context.subject) does not fulfil `\(constraint.operation.rawValue)`: \(shown)",
          expected: expectation(constraint))
      }
    }
  }

  /// Whether a constraint holds of a value; nil where that cannot be said, because the constraint itself is wrong
  /// (which is reported where it is defined).
  func holds(_ constraint: ConstraintClause, of value: Value, _ schema: SchemaDefinition) -> Bool? {
    let operand = constraint.operand
    switch constraint.operation {
    case .equal: return self.operand(operand, schema).map { Self.equal(value, $0) }
    case .greaterThan: return order(value, operand, schema).map { $0 > 0 }
    case .greaterOrEqual: return order(value, operand, schema).map { $0 >= 0 }
    case .lessThan: return order(value, operand, schema).map { $0 < 0 }
    case .lessOrEqual: return order(value, operand, schema).map { $0 <= 0 }
    case .inRange:
      guard let items = operand.items, items.count == 2 else { return nil }
      let aboveLower = items[0].text == "UNBOUNDED" ? true : order(value, items[0], schema).map { $0 >= 0 }
      let belowUpper = items[1].text == "UNBOUNDED" ? true : order(value, items[1], schema).map { $0 <= 0 }
      guard let aboveLower, let belowUpper else { return nil }
      return aboveLower && belowUpper
    case .validValues:
      guard let items = operand.items else { return nil }
      return items.contains { item in self.operand(item, schema).map { Self.equal(value, $0) } ?? false }
    case .length: return length(of: value, operand).map { $0 == $1 }
    case .minLength: return length(of: value, operand).map { $0 >= $1 }
    case .maxLength: return length(of: value, operand).map { $0 <= $1 }
    case .pattern:
      guard let text = value.string, let pattern = pattern(operand) else { return nil }
      return pattern.matches(text)
    case .schema: return mistake(of: value, operand) == nil
    case .validation: return nil
    }
  }

  /// The operand of a constraint as a value of the constrained type; what is wrong with it is not reported here.
  private func operand(_ node: YAMLNode, _ schema: SchemaDefinition) -> Value? {
    guard let primitive = primitive(of: schema) else { return asWritten(node) }
    return silentValue(node, primitive)
  }

  /// The primitive that a schema's values have in the end.
  func primitive(of schema: SchemaDefinition) -> Primitive? {
    switch catalogue.shape(schema.type, in: schema.file, report: false) {
    case .primitive(let primitive), .derived(_, let primitive): primitive
    case .complex, nil: nil
    }
  }

  /// A value of a primitive type without findings.
  func silentValue(_ node: YAMLNode, _ primitive: Primitive) -> Value? {
    let place = findings.table.range(node.place)
    switch primitive {
    case .list, .map: return asWritten(node)
    case .range: return Self.range(node).map { Value($0, at: place) }
    default:
      guard case .scalar(let text, let style) = node.content else { return nil }
      return (Self.scalar(text, style, primitive) ?? inBaseUnit(text, style, primitive)).map { Value($0, at: place) }
    }
  }

  private func order(_ value: Value, _ operand: YAMLNode, _ schema: SchemaDefinition) -> Int? {
    guard let primitive = primitive(of: schema), let other = silentValue(operand, primitive) else { return nil }
    return Self.order(value, other, primitive)
  }

  /// Below, at or above zero as one value comes before, with or after another; nil where they have no order.
  static func order(_ one: Value, _ other: Value, _ primitive: Primitive) -> Int? {
    func compare<Ordered: Comparable>(_ left: Ordered, _ right: Ordered) -> Int {
      left < right ? -1 : left == right ? 0 : 1
    }
    switch (one.content, other.content) {
    case (.integer(let left), .integer(let right)): return compare(left, right)
    case (.scalar(let left, _), .scalar(let right, _)): return compare(left, right)
    case (.string(let left), .string(let right)):
      switch primitive {
      case .version:
        guard let left = VersionText(left), let right = VersionText(right) else { return nil }
        return compare(left, right)
      case .timestamp:
        guard let left = TimestampText(left), let right = TimestampText(right) else { return nil }
        return compare(left, right)
      default: return compare(left, right)
      }
    default:
      guard let left = one.number, let right = other.number else { return nil }
      return compare(left, right)
    }
  }

  /// Whether two values are the same, wherever they are written.
  static func equal(_ one: Value, _ other: Value) -> Bool {
    switch (one.content, other.content) {
    case (.list(let left), .list(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { equal($0, $1) }
    case (.map(let left), .map(let right)):
      return left.count == right.count
        && left.allSatisfy { entry in right.contains { $0.key == entry.key && equal($0.value, entry.value) } }
    case (.scalar(let left, _), .scalar(let right, _)): return left == right
    default:
      if let left = one.number, let right = other.number { return left == right }
      return one.content == other.content
    }
  }

  private func length(of value: Value, _ operand: YAMLNode) -> (Int, Int)? {
    guard case .scalar(let text, .plain) = operand.content, let wanted = CoreSchema.integer(text) else { return nil }
    switch value.content {
    case .string(let text): return (text.unicodeScalars.count, wanted)
    case .list(let items): return (items.count, wanted)
    case .map(let entries): return (entries.count, wanted)
    default: return nil
    }
  }

  /// The compiled pattern of an operand; nil where it is none.
  func pattern(_ operand: YAMLNode) -> Pattern? {
    guard let text = operand.text else { return nil }
    if let known = patterns[text] { return known }
    guard let pattern = try? Pattern(text) else { return nil }
    patterns[text] = pattern
    return pattern
  }

  private func expectation(_ constraint: ConstraintClause) -> String {
    let operand = Self.text(of: asWritten(constraint.operand)) ?? "its operand"
    return switch constraint.operation {
    case .equal: "`\(operand)`"
    case .greaterThan: "more than `\(operand)`"
    case .greaterOrEqual: "`\(operand)` or more"
    case .lessThan: "less than `\(operand)`"
    case .lessOrEqual: "`\(operand)` or less"
    case .inRange: "a value in the range `\(operand)`"
    case .validValues: "one of `\(operand)`"
    case .length: "a length of \(operand)"
    case .minLength: "a length of at least \(operand)"
    case .maxLength: "a length of at most \(operand)"
    case .pattern: "text of the form `\(operand)`"
    case .schema, .validation: "a value that fits the schema"
    }
  }

  /// A value as text, for messages.
  static func text(of value: Value) -> String? {
    switch value.content {
    case .null: "nothing"
    case .boolean(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .float(let number): "\(number)"
    case .string(let text): text
    case .scalar(_, let text): text
    case .list(let items):
      "[" + items.prefix(20).map { text(of: $0) ?? "…" }.joined(separator: ", ") + (items.count > 20 ? ", …]" : "]")
    case .map, .unresolved: nil
    }
  }
}
