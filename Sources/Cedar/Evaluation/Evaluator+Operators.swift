/// Operators and methods with two operands.
extension Evaluator {
  func binary(
    _ operation: Expression.BinaryOperator, _ left: Expression, _ right: Expression, at range: SourceSpan
  ) throws(EvaluationError) -> Value {
    switch operation {
    case .equal: return .bool(try evaluate(left) == (try evaluate(right)))
    case .notEqual: return .bool(try evaluate(left) != (try evaluate(right)))
    case .less: return .bool(try isOrdered(left, right, orEqual: false))
    case .lessOrEqual: return .bool(try isOrdered(left, right, orEqual: true))
    case .greater: return .bool(!(try isOrdered(left, right, orEqual: true)))
    case .greaterOrEqual: return .bool(!(try isOrdered(left, right, orEqual: false)))
    case .in:
      let uid = try entity(left)
      return .bool(try isEntity(uid, in: try evaluate(right), at: right.range))
    case .add: return .long(try arithmetic("+", left, right, range) { $0.addingReportingOverflow($1) })
    case .subtract: return .long(try arithmetic("-", left, right, range) { $0.subtractingReportingOverflow($1) })
    case .multiply: return .long(try arithmetic("*", left, right, range) { $0.multipliedReportingOverflow(by: $1) })
    case .contains:
      let items = try set(left)
      return .bool(items.contains(try evaluate(right)))
    case .containsAll:
      let items = try set(left)
      return .bool(items.isSuperset(of: try set(right)))
    case .containsAny:
      let items = try set(left)
      return .bool(!items.isDisjoint(with: try set(right)))
    case .getTag:
      let uid = try entity(left)
      let name = try string(right)
      guard isKnown(uid) else { throw EvaluationError(.noEntity(uid), at: left.range) }
      guard let tag = entities[uid]?.tags[name] else { throw EvaluationError(.noTag(name, of: uid), at: range) }
      return tag
    case .hasTag:
      let uid = try entity(left)
      let name = try string(right)
      return .bool(entities[uid]?.tags[name] != nil)
    }
  }

  /// Whether an entity is another or below it, as stored or as the request says.
  func isBelow(_ uid: EntityUID, _ ancestor: EntityUID) -> Bool {
    entities.isEntity(uid, in: ancestor) || (!overlay.isEmpty && overlay.ancestors[uid]?.contains(ancestor) == true)
  }

  /// Whether an entity is another, or below it, or below one of a set.
  func isEntity(_ uid: EntityUID, in value: Value, at range: SourceSpan) throws(EvaluationError) -> Bool {
    switch value {
    case .entity(let ancestor): return isBelow(uid, ancestor)
    case .set(let items):
      // Every element is looked at: one that is no entity is an error, whatever stands before it, and the same one each
      // time, though sets have no order.
      var found = false
      var other: String?
      for item in items {
        if case .entity(let ancestor) = item {
          found = found || isBelow(uid, ancestor)
        } else {
          other = min(other ?? item.typeName, item.typeName)
        }
      }
      if let other { throw EvaluationError(.type(expected: "set of entities", found: other), at: range) }
      return found
    default: throw typeError("entity or set of entities", value, range)
    }
  }

  private func isOrdered(
    _ left: Expression, _ right: Expression, orEqual: Bool
  ) throws(EvaluationError) -> Bool {
    let first = try evaluate(left)
    let second = try evaluate(right)
    let pair: (Int64, Int64)
    switch (first, second) {
    case (.long(let a), .long(let b)): pair = (a, b)
    case (.extension(.datetime(let a)), .extension(.datetime(let b))): pair = (a, b)
    case (.extension(.duration(let a)), .extension(.duration(let b))): pair = (a, b)
    case (.long, _): throw typeError("long", second, right.range)
    case (.extension(.datetime), _): throw typeError("datetime", second, right.range)
    case (.extension(.duration), _): throw typeError("duration", second, right.range)
    default: throw typeError("long, datetime or duration", first, left.range)
    }
    return orEqual ? pair.0 <= pair.1 : pair.0 < pair.1
  }

  private func arithmetic(
    _ name: String, _ left: Expression, _ right: Expression, _ range: SourceSpan,
    _ operation: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
  ) throws(EvaluationError) -> Int64 {
    let first = try long(left)
    let (result, overflow) = operation(first, try long(right))
    guard !overflow else { throw EvaluationError(.overflow(name), at: range) }
    return result
  }
}
