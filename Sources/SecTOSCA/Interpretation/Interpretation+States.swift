import TOSCA

/// What a trigger's level is due upon.
struct TriggerCondition {
  /// How many events of a kind must happen.
  var events: EventCount?
  /// What attributes must be.
  var attributes: [ContextCondition]
  /// The time it must be.
  var window: TimeWindow?
}

/// The conditions of triggers that follow the service's phase, the time, or vulnerability notices.
extension Interpretation {
  // MARK: Phases

  /// A condition on `phase`, and on attributes besides.
  mutating func readPhase(of trigger: Trigger) -> TriggerCondition? {
    guard var conditions = readCondition(of: trigger) else { return nil }
    let place = trigger.condition?.place ?? trigger.place
    let names = OrchestrationPhase.allCases.map(\.rawValue)
    guard conditions.contains(where: { $0.attribute == Vocabulary.phase }) else {
      report(
        "unsupported-condition", at: place, "the condition of `\(trigger.name)` does not say which phase",
        expected: isVersion2
          ? "such as `$equal: [ { $context: [ phase ] }, maintenance ]`" : "such as `phase: [ { equal: maintenance } ]`"
      )
      return nil
    }
    for index in conditions.indices where conditions[index].attribute == Vocabulary.phase {
      guard case .isOneOf(let phases) = conditions[index].comparison, phases.allSatisfy(names.contains) else {
        report(
          "unsupported-condition", at: place, "the condition of `\(trigger.name)` names a phase that there is not",
          expected: enumeration(names, last: "or"), suggestion: misspelt(conditions[index].comparison, among: names))
        return nil
      }
      conditions[index].attribute = ServiceState.phaseAttribute
    }
    return TriggerCondition(attributes: conditions)
  }

  private func misspelt(_ comparison: ContextCondition.Comparison, among names: [String]) -> String? {
    guard case .isOneOf(let values) = comparison else { return nil }
    return values.first { !names.contains($0) }.flatMap { nearest($0, among: names) }
  }

  // MARK: Notices

  /// Nothing, or conditions on attributes.
  mutating func readNotice(of trigger: Trigger) -> TriggerCondition? {
    let open = ContextCondition(
      attribute: ServiceState.noticeAttribute, comparison: .isOneOf([ServiceState.openNotice]))
    guard let written = trigger.condition, written.content != .null else { return TriggerCondition(attributes: [open]) }
    return readCondition(of: trigger).map { TriggerCondition(attributes: [open] + $0) }
  }

  // MARK: Windows of time

  /// `{ from: "22:00", until: "06:00", days: [ saturday ] }`, and assertions on attributes under `constraint`.
  mutating func readWindow(of trigger: Trigger) -> TriggerCondition? {
    let keys = ["from", "until", "days", "constraint"]
    let before = findings.count
    var conditions: [ContextCondition]? = []
    for entry in trigger.condition?.map ?? [] {
      if entry.key == "constraint" {
        conditions = readAssertions(entry.value, of: trigger, at: entry.place)
      } else if !keys.contains(entry.key) {
        report(
          "unsupported-condition", at: entry.place,
          "`\(entry.key)` in the condition of `\(trigger.name)` is not supported",
          expected: enumeration(keys, last: "or"), suggestion: nearest(entry.key, among: keys))
      }
    }
    guard findings.count == before else { return nil }
    let window = readWindow(
      from: trigger.condition?["from"], until: trigger.condition?["until"], on: trigger.condition?["days"], of: trigger)
    guard let window, let conditions else { return nil }
    return scheduled(window, conditions, trigger)
  }

  /// `{ $time_window: [ "22:00", "06:00", [ saturday ] ] }`, alone or under `$and` beside comparisons of attributes.
  mutating func readWindowExpression(of trigger: Trigger) -> TriggerCondition? {
    let before = findings.count
    var windows: [Call] = []
    var conditions: [ContextCondition] = []
    let call = trigger.condition.flatMap(Self.call)
    let parts = call?.name == "$and" ? call?.arguments ?? [] : trigger.condition.map { [$0] } ?? []
    for part in parts where part.content != .null {
      if let call = Self.call(part), Self.localName(call.name) == Vocabulary.windowFunction {
        windows.append(call)
      } else {
        conditions += readExpression(part, of: trigger) ?? []
      }
    }
    guard findings.count == before else { return nil }
    guard windows.count == 1, let written = windows.first, (2...3).contains(written.arguments.count) else {
      report(
        "unsupported-condition", at: windows.last?.place ?? trigger.condition?.place ?? trigger.place,
        "`\(trigger.name)` does not name one window of time", expected: Self.exampleWindow2)
      return nil
    }
    let window = readWindow(
      from: written.arguments[0], until: written.arguments[1],
      on: written.arguments.count > 2 ? written.arguments[2] : nil, of: trigger)
    return window.map { scheduled($0, conditions, trigger) }
  }

  private static let exampleWindow2 = "`$time_window: [ \"22:00\", \"06:00\" ]`"

  private func scheduled(
    _ window: TimeWindow, _ conditions: [ContextCondition], _ trigger: Trigger
  ) -> TriggerCondition {
    let open = ContextCondition(
      attribute: ServiceState.windowAttribute(trigger.name), comparison: .isOneOf([ServiceState.openWindow]))
    return TriggerCondition(attributes: [open] + conditions, window: window)
  }

  private mutating func readWindow(
    from: Value?, until: Value?, on days: Value?, of trigger: Trigger
  ) -> TimeWindow? {
    guard let from, let until else {
      report(
        "unsupported-condition", at: trigger.condition?.place ?? trigger.place,
        "`\(trigger.name)` does not say from when until when",
        expected: isVersion2 ? Self.exampleWindow2 : "`{ from: \"22:00\", until: \"06:00\" }`")
      return nil
    }
    return readWindow(from: from, until: until, on: days, of: "`\(trigger.name)`", code: "unsupported-condition")
  }

  /// A time that comes again, of a holder as messages name it.
  mutating func readWindow(
    from: Value, until: Value, on days: Value?, of holder: String, code: String
  ) -> TimeWindow? {
    guard let start = readTimeOfDay(from, of: holder, code: code),
      let end = readTimeOfDay(until, of: holder, code: code)
    else { return nil }
    guard start != end else {
      report(code, at: until.place, "the time of \(holder) ends when it begins", expected: "another time of day")
      return nil
    }
    guard let days else { return TimeWindow(startMinute: start, endMinute: end) }
    return readDays(days, of: holder, code: code).map { TimeWindow(startMinute: start, endMinute: end, days: $0) }
  }

  /// Days of the week, at least one.
  mutating func readDays(_ days: Value, of holder: String, code: String) -> Set<TimeWindow.Day>? {
    let names = TimeWindow.Day.allCases.map(\.rawValue)
    var named: Set<TimeWindow.Day> = []
    for day in days.list ?? [days] {
      guard let known = day.string.flatMap(TimeWindow.Day.init) else {
        report(
          code, at: day.place, "\(holder) names a day that there is not",
          expected: enumeration(names, last: "or"), suggestion: day.string.flatMap { nearest($0, among: names) })
        return nil
      }
      named.insert(known)
    }
    guard !named.isEmpty else {
      report(code, at: days.place, "\(holder) names no day", expected: "at least one day, or no `days`")
      return nil
    }
    return named
  }

  private mutating func readTimeOfDay(_ value: Value, of holder: String, code: String) -> Int? {
    if let minute = value.string.flatMap(TimeWindow.minute) { return minute }
    report(
      code, at: value.place, "\(holder) names no time of day",
      expected: "a time such as `\"22:00\"`, in quotes, in UTC")
    return nil
  }
}
