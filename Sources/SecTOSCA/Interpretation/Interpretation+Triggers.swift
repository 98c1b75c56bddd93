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
      let interval = amount(
        "minimum_interval", of: Properties(of: policy), in: 1...Self.longestDwell, unit: "seconds (1 s to 30 d)")
      let isUsable = findings[before...].allSatisfy { $0.severity != .error }
      for trigger in policy.triggers where isUsable {
        let before = findings.count
        let event = readEvent(of: trigger)
        checkSchedule(of: trigger)
        let condition = readCondition(of: trigger, waitingFor: event)
        let actions = readActions(of: trigger, upon: event)
        let settings = readSettings(of: trigger, actions)
        guard let condition, !findings[before...].contains(where: { $0.severity == .error }) else { continue }
        triggers.append(
          AdaptationTrigger(
            name: trigger.name, policy: policy.name, targets: targets, events: condition.events,
            conditions: condition.attributes, window: condition.window,
            minimumDwellSeconds: dwell.flatMap { $0 > 0 ? $0 : nil }, actions: actions.map(\.action),
            settings: settings, minimumIntervalSeconds: interval ?? AdaptationTrigger.usualIntervalSeconds,
            place: trigger.place))
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

  /// A trigger leads back where its event needs a level no lower than the one it sets: nothing else has to call for the
  /// level then, it keeps itself, or two levels keep each other. Every loop of triggers has one that leads back, since a
  /// higher level has all that lower ones have.
  private mutating func checkLoop(of trigger: AdaptationTrigger, _ events: EventCount) {
    checkActionLoop(of: trigger, events)
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
      where earlier.followsAttributesAlone && trigger.followsAttributesAlone {
        guard let level = trigger.level, let other = earlier.level, level != other,
          AttributeDomain.canHold(earlier.conditions + trigger.conditions)
        else { continue }
        let levels = enumeration([level, other])
        report(
          "conflicting-triggers", at: trigger.place,
          "`\(trigger.name)` and `\(earlier.name)` can hold at once and ask for different levels, \(levels)",
          expected: "conditions that exclude each other, or one level",
          related: [Finding.Related(place: earlier.place, message: "`\(earlier.name)` asks for `\(other)`")])
      }
      checkSettings(of: trigger, beside: triggers[..<index])
      if let events = trigger.events, let source = events.kind.source,
        !requirements.contains(where: { $0.protection.kind == source })
      {
        warn(
          "event-never-happens", at: trigger.place,
          "`\(trigger.name)` waits for \(events.kind.rawValue), but no level asks for \(source)",
          expected: "a requirement of \(source), or another event")
      }
      if let events = trigger.events { checkLoop(of: trigger, events) }
      if let level = trigger.level, level == levels.first?.name, levels.count > 1 {
        warn(
          "trigger-without-effect", at: trigger.place,
          "`\(trigger.name)` sets `\(level)`, the lowest level, which is due anyway", expected: "a higher level")
      }
    }
  }
}
