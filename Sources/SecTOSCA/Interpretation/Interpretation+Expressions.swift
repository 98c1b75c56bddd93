import TOSCA

/// The conditions of triggers in TOSCA 2.0 (16.5): functions of contextual attributes, of which all must hold. They say
/// what the assertions of 1.3 say, and are read to the same.
extension Interpretation {
  /// The functions that a condition may use.
  static let functions = ["$and", "$equal", "$valid_values", "$greater_or_equal", "$less_or_equal"]

  /// What a trigger that waits for events says: `$greater_or_equal: [ { $event_count: [ PERIOD ] }, COUNT ]`, and
  /// comparisons of attributes besides, under `$and`. Without a condition one event is enough.
  mutating func readCountingExpression(
    of trigger: Trigger, _ kind: SecurityEventKind
  ) -> (EventCount?, [ContextCondition]?) {
    var events = EventCount(kind: kind, count: 1, periodSeconds: EventCount.defaultPeriodSeconds)
    guard let written = trigger.condition, written.content != .null else { return (events, []) }
    let before = findings.count
    var conditions: [ContextCondition] = []
    var counts = 0
    let call = Self.call(written)
    for part in call?.name == "$and" ? call?.arguments ?? [] : [written] {
      guard let comparison = Self.call(part), comparison.name == "$greater_or_equal", comparison.arguments.count == 2,
        let count = Self.call(comparison.arguments[0]), Self.localName(count.name) == Vocabulary.countFunction
      else {
        conditions += readExpression(part, of: trigger) ?? []
        continue
      }
      counts += 1
      if count.arguments.count != 1 || counts > 1 {
        report(
          "unsupported-condition", at: count.place,
          "`\(trigger.name)` does not count its events once, within one period",
          expected: "`$greater_or_equal: [ { $event_count: [ 60 s ] }, 10 ]`")
        continue
      }
      events.periodSeconds = readPeriod(count.arguments[0], of: trigger) ?? events.periodSeconds
      events.count = readEvaluations(comparison.arguments[1], of: trigger) ?? events.count
    }
    return (events, findings.count == before ? conditions : nil)
  }

  /// A function's name without the namespace that the profile is imported into.
  static func localName(_ name: String) -> String {
    "$" + (name.dropFirst().split(separator: ":").last ?? "")
  }

  /// The conditions that an expression stands for; nil where it cannot be used.
  mutating func readExpression(_ expression: Value, of trigger: Trigger) -> [ContextCondition]? {
    let before = findings.count
    var conditions: [ContextCondition] = []
    var pending = [expression]
    while let next = pending.popLast() {
      guard let call = Self.call(next) else {
        report(
          "unsupported-condition", at: next.place, "the condition of `\(trigger.name)` is no function",
          expected: "such as `$equal: [ { $context: [ threat_level ] }, high ]`")
        continue
      }
      if call.name == "$and" {
        pending += call.arguments.reversed()
      } else {
        conditions += readComparison(call, of: trigger)
      }
    }
    guard findings.count == before else { return nil }
    guard !conditions.isEmpty else {
      report(
        "unsupported-condition", at: expression.place, "the condition of `\(trigger.name)` is empty",
        expected: "at least one comparison")
      return nil
    }
    return checked(conditions, of: trigger, at: expression.place)
  }

  /// A function with its arguments.
  struct Call {
    var name: String
    var arguments: [Value]
    var place: SourceRange
    var argumentsPlace: SourceRange
  }

  /// The call that a value is: a map with the function's name as its only key.
  static func call(_ value: Value) -> Call? {
    guard let entries = value.map, entries.count == 1, let entry = entries.first, entry.key.hasPrefix("$") else {
      return nil
    }
    // `$name$1` tells calls apart that are keys of one map (10.1).
    let name = "$" + entry.key.dropFirst().prefix { $0 != "$" }
    return Call(
      name: name, arguments: entry.value.list ?? [entry.value], place: entry.place, argumentsPlace: entry.value.place)
  }

  private mutating func readComparison(_ call: Call, of trigger: Trigger) -> [ContextCondition] {
    guard Self.functions.contains(call.name) else {
      report(
        "unsupported-condition", at: call.place,
        "the function `\(call.name)` in the condition of `\(trigger.name)` is not supported",
        expected: enumeration(Self.functions, last: "or"), suggestion: nearest(call.name, among: Self.functions))
      return []
    }
    guard call.arguments.count == 2, let attribute = readAttribute(call.arguments[0]) else {
      report(
        "unsupported-condition", at: call.arguments.first?.place ?? call.argumentsPlace,
        "`\(call.name)` in the condition of `\(trigger.name)` compares no contextual attribute",
        expected: "`[ { $context: [ attribute ] }, value ]`")
      return []
    }
    guard let comparison = comparison(call.name, call.arguments[1]) else {
      report(
        "unsupported-condition", at: call.arguments[1].place,
        "the operand of `\(call.name)` on `\(attribute)` in `\(trigger.name)` cannot be used",
        expected: "text or numbers for `$equal` and `$valid_values`, numbers for the others")
      return []
    }
    return [ContextCondition(attribute: attribute, comparison: comparison)]
  }

  /// The attribute that `{ $context: [ name ] }` stands for. The profile may be imported into a namespace.
  private func readAttribute(_ value: Value) -> String? {
    guard let call = Self.call(value), call.arguments.count == 1 else { return nil }
    return Self.localName(call.name) == Vocabulary.contextFunction ? call.arguments[0].string : nil
  }

  private func comparison(_ function: String, _ operand: Value) -> ContextCondition.Comparison? {
    switch function {
    case "$equal": return attributeText(operand).map { .isOneOf([$0]) }
    case "$valid_values":
      guard let values = operand.list, !values.isEmpty else { return nil }
      let texts = values.compactMap(attributeText)
      return texts.count == values.count ? .isOneOf(texts) : nil
    case "$greater_or_equal": return number(operand).map { .atLeast($0) }
    case "$less_or_equal": return number(operand).map { .atMost($0) }
    default: return nil
    }
  }
}
