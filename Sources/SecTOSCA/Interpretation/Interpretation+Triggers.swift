import TOSCA

extension Interpretation {
  /// Reads what changes the level.
  mutating func readTriggers() {
    for policy in policies(of: Vocabulary.Policy.adaptation) {
      let targets = readFollowers(of: policy)
      if policy.triggers.isEmpty {
        warn(
          "adaptation-without-trigger", at: policy.place, "`\(policy.name)` has no triggers, so it changes nothing",
          expected: "`triggers`")
      }
      let before = findings.count
      let dwell = amount(
        "minimum_dwell", of: Properties(of: policy), in: 0...Self.longestDwell, unit: "seconds")
      let isUsable = findings[before...].allSatisfy { $0.severity != .error }
      for trigger in policy.triggers where isUsable {
        let before = findings.count
        let event = readEvent(of: trigger)
        checkSchedule(of: trigger)
        let condition = readCondition(of: trigger, waitingFor: event)
        let level = readAction(of: trigger)
        guard let condition, let level, !findings[before...].contains(where: { $0.severity == .error }) else {
          continue
        }
        triggers.append(
          AdaptationTrigger(
            name: trigger.name, policy: policy.name, targets: targets, events: condition.events,
            conditions: condition.attributes, window: condition.window,
            minimumDwellSeconds: dwell.flatMap { $0 > 0 ? $0 : nil }, level: level, place: trigger.place))
      }
    }
  }

  /// The resources that follow an adaptation policy: all, where it names none.
  private mutating func readFollowers(of policy: Policy) -> [String] {
    let all = resources.map(\.name)
    guard !policy.targets.isEmpty else { return all }
    var named: Set<String> = []
    for target in policy.targets {
      if topology.node(target.value) != nil {
        named.insert(target.value)
      } else if let group = topology.groups.first(where: { $0.name == target.value }) {
        named.formUnion(group.members)
      } else {
        reportUnknown(target, of: policy)
      }
    }
    let left = all.filter { !named.contains($0) }
    if !left.isEmpty {
      warn(
        "partial-adaptation", at: policy.place,
        "`\(policy.name)` leaves out \(enumeration(left)), but a level is the whole service's and changes there, too",
        expected: "every unikernel of the service, or no `targets`")
    }
    return all
  }

  /// The longest time that a level can be made to stay, in seconds.
  static let longestDwell = 30 * 86_400

  /// What a trigger waits for.
  private mutating func readEvent(of trigger: Trigger) -> Vocabulary.Event {
    if let known = Vocabulary.events.first(where: { $0.name == trigger.event.value }) { return known.event }
    let names = Vocabulary.events.map(\.name)
    report(
      "unsupported-event", at: trigger.event.place,
      "`\(trigger.name)` waits for the event `\(trigger.event.value)`, which is not known",
      expected: enumeration(names, last: "or"), suggestion: nearest(trigger.event.value, among: names))
    return .context
  }

  /// The time interval of TOSCA 1.3 is one that does not come again, and so not what levels follow.
  private mutating func checkSchedule(of trigger: Trigger) {
    guard let schedule = trigger.schedule, schedule.content != .null else { return }
    report(
      "unsupported-condition", at: schedule.place, "the `schedule` of `\(trigger.name)` is not carried out",
      expected: "the event `sectosca.events.Schedule`, with `from` and `until` in its condition")
  }

  /// The level that a trigger's action sets.
  private mutating func readAction(of trigger: Trigger) -> String? {
    guard trigger.actions.count == 1, let action = trigger.actions.first else {
      report(
        "unsupported-action", at: trigger.actions.dropFirst().first?.place ?? trigger.place,
        "`\(trigger.name)` has \(trigger.actions.isEmpty ? "no action" : "\(trigger.actions.count) actions")",
        expected: "one `call_operation` of `\(Vocabulary.setLevel)`")
      return nil
    }
    guard let entries = action.map, let activity = entries.first, entries.count == 1, activity.key == "call_operation"
    else {
      let names = (action.map ?? []).map(\.key)
      report(
        "unsupported-action", at: action.map?.first?.place ?? action.place,
        "`\(trigger.name)` has the action \(names.isEmpty ? "`\(action.string ?? "")`" : enumeration(names))",
        expected: "`call_operation`", suggestion: names.first.flatMap { nearest($0, among: ["call_operation"]) })
      return nil
    }
    let operation = activity.value["operation"] ?? activity.value
    guard let name = operation.string, Vocabulary.setLevelNames.contains(name) else {
      report(
        "unsupported-action", at: operation.place,
        "`\(trigger.name)` calls \(operation.string.map { "`\($0)`" } ?? "no operation")",
        expected: "`\(Vocabulary.setLevel)`",
        suggestion: operation.string.flatMap { nearest($0, among: Vocabulary.setLevelNames) })
      return nil
    }
    return readLevel(activity.value["inputs"], of: trigger, call: activity)
  }

  private mutating func readLevel(_ inputs: Value?, of trigger: Trigger, call: Value.Entry) -> String? {
    for input in inputs?.map ?? [] where input.key != "level" {
      report(
        "unsupported-action", at: input.place, "`\(Vocabulary.setLevel)` has no input `\(input.key)`",
        expected: "`level`", suggestion: nearest(input.key, among: ["level"]))
      return nil
    }
    let written = inputs?["level"]
    guard let value = written?["value"] ?? written else {
      report(
        "unsupported-action", at: inputs?.place ?? call.place, "`\(trigger.name)` does not say which level to set",
        expected: "the input `level`")
      return nil
    }
    let names = policies(of: Vocabulary.Policy.level).map(\.name)
    guard let level = value.string, names.contains(level) else {
      let found = value.string.map { "the level `\($0)`, which does not exist" } ?? "a level that is not a name"
      report(
        "unknown-level", at: value.place,
        "`\(trigger.name)` sets \(found)",
        expected: names.isEmpty ? "a level" : enumeration(names, last: "or"),
        suggestion: value.string.flatMap { nearest($0, among: names) })
      return nil
    }
    return level
  }

  /// A trigger leads back where its event needs a level no lower than the one it sets: nothing else has to call for the
  /// level then, it keeps itself, or two levels keep each other. Every loop of triggers has one that leads back, since a
  /// higher level has all that lower ones have.
  private mutating func checkLoop(of trigger: AdaptationTrigger, _ events: EventCount) {
    guard let source = events.kind.source, let set = levels.first(where: { $0.name == trigger.level }),
      set.name != levels.first?.name
    else { return }
    let causes = Set(requirements.filter { $0.protection.kind == source }.map(\.name))
    guard let first = levels.first(where: { !causes.isDisjoint(with: $0.requires) }) else { return }
    if first.rank >= set.rank, first.name != levels.first?.name {
      warn(
        "trigger-loop", at: trigger.place,
        "`\(trigger.name)` sets `\(set.name)` upon \(events.kind.rawValue), which happens from `\(first.name)` on only: "
          + (first.name == set.name
            ? "the level keeps itself" : "it leads back from there, and the levels keep each other"),
        expected: "a level above `\(first.name)`, or \(source) at a lower level")
      return
    }
    // An instance that ends in time brings about the next, which does so, too.
    let lives = requirements.compactMap { requirement -> Int? in
      guard set.requires.contains(requirement.name), case .lifetime(let lifetime) = requirement.protection else {
        return nil
      }
      return lifetime.seconds
    }
    if events.kind == .lifeEnded, let life = lives.min(), life * events.count <= events.periodSeconds {
      warn(
        "trigger-loop", at: trigger.place,
        "`\(trigger.name)` sets `\(set.name)` for \(durationText(trigger.holdSeconds)), in which lives of "
          + "\(durationText(life)) end often enough to set it again: it never ends",
        expected: "a shorter period, or a longer lifetime")
    }
  }

  /// No two triggers that follow attributes may call for different levels at once, and each should be able to change
  /// something. Events happen as they will: where they call for several levels, the highest is due.
  mutating func checkTriggers() {
    for (index, trigger) in triggers.enumerated() {
      for earlier in triggers[..<index]
      where earlier.level != trigger.level && earlier.followsAttributesAlone && trigger.followsAttributesAlone {
        guard AttributeDomain.canHold(earlier.conditions + trigger.conditions) else { continue }
        let levels = enumeration([trigger.level, earlier.level])
        report(
          "conflicting-triggers", at: trigger.place,
          "`\(trigger.name)` and `\(earlier.name)` can hold at once and ask for different levels, \(levels)",
          expected: "conditions that exclude each other, or one level",
          related: [Finding.Related(place: earlier.place, message: "`\(earlier.name)` asks for `\(earlier.level)`")])
      }
      if let events = trigger.events, let source = events.kind.source,
        !requirements.contains(where: { $0.protection.kind == source })
      {
        warn(
          "event-never-happens", at: trigger.place,
          "`\(trigger.name)` waits for \(events.kind.rawValue), but no level asks for \(source)",
          expected: "a requirement of \(source), or another event")
      }
      if let events = trigger.events { checkLoop(of: trigger, events) }
      if trigger.level == levels.first?.name, levels.count > 1 {
        warn(
          "trigger-without-effect", at: trigger.place,
          "`\(trigger.name)` sets `\(trigger.level)`, the lowest level, which is due anyway", expected: "a higher level"
        )
      }
    }
  }
}
