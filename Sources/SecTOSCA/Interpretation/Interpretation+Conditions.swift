import TOSCA

/// The conditions of triggers: assertions on contextual attributes (TOSCA 1.3, 3.6.25), of which all must hold.
extension Interpretation {
  /// The operators that an assertion may use.
  static let operators = ["equal", "valid_values", "greater_or_equal", "less_or_equal", "in_range"]

  /// What a trigger waits for; nil where it cannot be used.
  mutating func readCondition(of trigger: Trigger, waitingFor event: Vocabulary.Event) -> TriggerCondition? {
    switch event {
    case .context: return readCondition(of: trigger).map { TriggerCondition(attributes: $0) }
    case .counted(let kind):
      let (events, attributes) = isVersion2 ? readCountingExpression(of: trigger, kind) : readCount(of: trigger, kind)
      return attributes.map { attributes in
        TriggerCondition(
          events: events,
          attributes: attributes.map { condition in
            guard kind.fields.contains(condition.attribute) else { return condition }
            let field = ServiceState.fieldAttribute(condition.attribute)
            return ContextCondition(attribute: field, comparison: condition.comparison)
          } + readTargetFilter(of: trigger, kind))
      }
    case .phase: return readPhase(of: trigger)
    case .schedule: return isVersion2 ? readWindowExpression(of: trigger) : readWindow(of: trigger)
    case .notice: return readNotice(of: trigger)
    }
  }

  /// The node that the event must be about (TOSCA 1.3, 3.6.22: `target_filter`).
  private mutating func readTargetFilter(of trigger: Trigger, _ kind: SecurityEventKind) -> [ContextCondition] {
    guard let filter = trigger.targetFilter, filter.content != .null else { return [] }
    let names = resources.map(\.name)
    guard kind.fields.contains("resource"), filter.map?.count == 1, let node = filter["node"],
      let name = node.string, names.contains(name)
    else {
      report(
        "unsupported-condition", at: filter.place, "the target filter of `\(trigger.name)` cannot be used",
        expected: kind.fields.contains("resource")
          ? "`node` alone, with the name of a unikernel of the template"
          : "no `target_filter`: the event is of no node",
        suggestion: filter["node"]?.string.flatMap { nearest($0, among: names) })
      return []
    }
    return [ContextCondition(attribute: ServiceState.fieldAttribute("resource"), comparison: .isOneOf([name]))]
  }

  /// The extended notation of a condition (TOSCA 1.3, 3.6.22.3): `evaluations` events within `period`, and assertions on
  /// attributes under `constraint`. Without a condition one event is enough.
  private mutating func readCount(
    of trigger: Trigger, _ kind: SecurityEventKind
  ) -> (EventCount?, [ContextCondition]?) {
    var events = EventCount(kind: kind, count: 1, periodSeconds: EventCount.defaultPeriodSeconds)
    guard let written = trigger.condition, written.content != .null else { return (events, []) }
    let keys = ["constraint", "period", "evaluations"]
    guard let entries = written.map, entries.contains(where: { keys.contains($0.key) }) else {
      return (events, readAssertions(written, of: trigger, at: written.place))
    }
    let before = findings.count
    var conditions: [ContextCondition]? = []
    for entry in entries {
      switch entry.key {
      case "constraint": conditions = readAssertions(entry.value, of: trigger, at: entry.place)
      case "period": events.periodSeconds = readPeriod(entry.value, of: trigger) ?? events.periodSeconds
      case "evaluations": events.count = readEvaluations(entry.value, of: trigger) ?? events.count
      default:
        report(
          "unsupported-condition", at: entry.place,
          "`\(entry.key)` in the condition of `\(trigger.name)` is not supported",
          expected: enumeration(keys, last: "or"), suggestion: nearest(entry.key, among: keys))
      }
    }
    return (events, findings.count == before ? conditions : nil)
  }

  /// A time such as `60 s`, in seconds.
  mutating func readPeriod(_ value: Value, of trigger: Trigger) -> Int? {
    let seconds = value.string.flatMap(Self.seconds) ?? value.amount.flatMap { Int(exactly: $0) }
    if let seconds, (1...86_400).contains(seconds) { return seconds }
    report(
      "unsupported-condition", at: value.place, "the period of `\(trigger.name)` cannot be used",
      expected: "a time from `1 s` to `1 d`")
    return nil
  }

  /// How often something must happen.
  mutating func readEvaluations(_ value: Value, of trigger: Trigger) -> Int? {
    if let count = number(value).flatMap({ Int(exactly: $0) }), (1...EventCount.maximumCount).contains(count) {
      return count
    }
    report(
      "unsupported-condition", at: value.place, "the number of events of `\(trigger.name)` cannot be used",
      expected: "an integer from 1 to \(EventCount.maximumCount)")
    return nil
  }

  /// Whole seconds of a time as `scalar-unit.time` writes it.
  static func seconds(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units = ["s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400]
    guard let count = Int(digits), count <= 86_400,
      let unit = units[text.dropFirst(digits.count).drop { $0 == " " }.lowercased()]
    else { return nil }
    return count * unit
  }

  /// A trigger's conditions; nil where it has none that can be used.
  mutating func readCondition(of trigger: Trigger) -> [ContextCondition]? {
    guard let written = trigger.condition, written.content != .null else {
      report(
        "unsupported-condition", at: trigger.place, "`\(trigger.name)` has no condition",
        expected: "a `condition` on a contextual attribute, such as "
          + (isVersion2
            ? "`$equal: [ { $context: [ threat_level ] }, high ]`" : "`threat_level: [ { equal: high } ]`"))
      return nil
    }
    if isVersion2 { return readExpression(written, of: trigger) }
    // The extended notation has the clause under `constraint`.
    let extended = written["constraint"]
    if extended != nil, let other = written.map?.first(where: { $0.key != "constraint" }) {
      report(
        "unsupported-condition", at: other.place,
        "`\(other.key)` in the condition of `\(trigger.name)` is not supported",
        expected: "`constraint` alone")
      return nil
    }
    return readAssertions(extended ?? written, of: trigger, at: written.place)
  }

  mutating func readAssertions(
    _ clause: Value, of trigger: Trigger, at place: SourceRange
  ) -> [ContextCondition]? {
    let before = findings.count
    var conditions: [ContextCondition] = []
    for assertion in clause.list ?? [clause] {
      guard let entries = assertion.map else {
        report(
          "unsupported-condition", at: assertion.place, "the condition of `\(trigger.name)` is not an assertion",
          expected: "an attribute and its constraints, such as `threat_level: [ { equal: high } ]`")
        continue
      }
      for entry in entries { conditions += readAssertion(entry, of: trigger) }
    }
    guard findings.count == before else { return nil }
    guard !conditions.isEmpty else {
      report(
        "unsupported-condition", at: place, "the condition of `\(trigger.name)` is empty",
        expected: "at least one assertion")
      return nil
    }
    return checked(conditions, of: trigger, at: place)
  }

  /// Conditions, with a warning where they can never hold.
  mutating func checked(
    _ conditions: [ContextCondition], of trigger: Trigger, at place: SourceRange
  ) -> [ContextCondition] {
    if !AttributeDomain.canHold(conditions) {
      warn(
        "condition-never-holds", at: place, "the condition of `\(trigger.name)` can never hold",
        expected: "assertions that can hold at once")
    }
    return conditions
  }

  private mutating func readAssertion(_ entry: Value.Entry, of trigger: Trigger) -> [ContextCondition] {
    if ["and", "or", "not", "assert"].contains(entry.key), entry.value.list?.first?.map?.first?.value.list != nil {
      report(
        "unsupported-condition", at: entry.place,
        "`\(entry.key)` in the condition of `\(trigger.name)` is not supported",
        expected: "assertions on attributes, of which all must hold")
      return []
    }
    var conditions: [ContextCondition] = []
    for constraint in entry.value.list ?? [entry.value] {
      guard let pair = constraint.map?.first, constraint.map?.count == 1 else {
        report(
          "unsupported-condition", at: constraint.place,
          "the constraint on `\(entry.key)` in `\(trigger.name)` is not an operator with its operand",
          expected: "such as `equal: high`")
        continue
      }
      guard let comparisons = comparisons(pair) else {
        let known = Self.operators.contains(pair.key)
        report(
          "unsupported-condition", at: known ? pair.value.place : pair.place,
          known
            ? "the operand of `\(pair.key)` on `\(entry.key)` in `\(trigger.name)` cannot be used"
            : "the operator `\(pair.key)` on `\(entry.key)` in `\(trigger.name)` is not supported",
          expected: known
            ? "text or numbers for `equal` and `valid_values`, numbers for the others"
            : enumeration(Self.operators, last: "or"),
          suggestion: known ? nil : nearest(pair.key, among: Self.operators))
        continue
      }
      conditions += comparisons.map { ContextCondition(attribute: entry.key, comparison: $0) }
    }
    return conditions
  }

  private func comparisons(_ constraint: Value.Entry) -> [ContextCondition.Comparison]? {
    switch constraint.key {
    case "equal":
      return attributeText(constraint.value).map { [.isOneOf([$0])] }
    case "valid_values":
      guard let values = constraint.value.list, !values.isEmpty else { return nil }
      let texts = values.compactMap(attributeText)
      return texts.count == values.count ? [.isOneOf(texts)] : nil
    case "greater_or_equal":
      return number(constraint.value).map { [.atLeast($0)] }
    case "less_or_equal":
      return number(constraint.value).map { [.atMost($0)] }
    case "in_range":
      guard let bounds = constraint.value.list, bounds.count == 2 else { return nil }
      if bounds[1].string == "UNBOUNDED" { return number(bounds[0]).map { [.atLeast($0)] } }
      guard let lower = number(bounds[0]), let upper = number(bounds[1]) else { return nil }
      return [.atLeast(lower), .atMost(upper)]
    default:
      return nil
    }
  }

  /// A value as contextual attributes have it: text.
  func attributeText(_ value: Value) -> String? {
    switch value.content {
    case .string(let text): text
    case .integer(let number): String(number)
    case .boolean(let flag): String(flag)
    case .float(let number): String(number)
    default: nil
    }
  }

  func number(_ value: Value) -> Double? {
    guard let number = value.number ?? value.string.flatMap(Double.init), number.isFinite else { return nil }
    return number
  }
}
