import TOSCA

/// Properties of requirements that triggers set: what a requirement says then is read as if the template said it, so that a
/// value is held against its type and its bounds as any other.
extension Interpretation {
  /// How values of a property are written.
  private enum Notation {
    /// As they are.
    case plain
    /// A time.
    case time
  }

  /// The properties that take effect in what runs already. All others are of an image.
  private static let adjustable: [String: [String: Notation]] = [
    Vocabulary.Policy.filtering: ["flows": .plain, "allowed_sources": .plain, "ping": .plain, "default": .plain],
    Vocabulary.Policy.rateLimit: ["per_source": .plain, "burst": .plain, "connections": .plain, "paths": .plain],
    Vocabulary.Policy.session: ["idle": .time, "absolute": .time, "origins": .plain],
    Vocabulary.Policy.authorization: ["lease": .time, "on_lapse": .plain, "deadline": .time, "cache": .time],
    Vocabulary.Policy.transportSecurity: ["strict": .time],
    Vocabulary.Policy.responseHeaders: [
      "content_security_policy": .plain, "content_type_options": .plain, "referrer_policy": .plain,
      "permissions_policy": .plain, "opener_policy": .plain, "resource_policy": .plain,
    ],
    Vocabulary.Policy.audit: ["minimum_severity": .plain],
    Vocabulary.Policy.lifetime: ["maximum": .time],
    Vocabulary.Policy.runtimeIntegrity: ["interval": .time, "on_violation": .plain],
  ]

  private func kind(of policy: Policy) -> String? {
    Vocabulary.Policy.requirements.first { policy.type.derives(from: $0) }
  }

  /// Which property of which requirement an action sets.
  mutating func readParameter(_ inputs: Properties, of caller: ActionCaller) -> ParameterSetting? {
    let before = findings.count
    let name = text("requirement", of: inputs, required: true)
    let property = text("property", of: inputs, required: true)
    let written = value("value", of: inputs, required: true)
    let resource = text("resource", of: inputs)
    let known = policies(of: Vocabulary.Policy.requirement)
    guard findings.count == before, let name, let property, let written else { return nil }
    guard let policy = known.first(where: { $0.name == name.value }), let kind = kind(of: policy) else {
      report(
        "unknown-requirement", at: name.place,
        "\(caller.holder) sets a property of `\(name.value)`, which does not exist",
        expected: "a policy of a type derived from `\(Vocabulary.Policy.requirement)`",
        suggestion: nearest(name.value, among: known.map(\.name)))
      return nil
    }
    let properties = Self.adjustable[kind]?.keys.sorted() ?? []
    guard properties.contains(property.value) else {
      report(
        "unsupported-action", at: property.place,
        "`\(property.value)` of `\(name.value)`, a `\(kind)`, cannot be set while it is in force",
        expected: properties.isEmpty
          ? "a property of another requirement: none of this one's can" : enumeration(properties, last: "or"),
        suggestion: nearest(property.value, among: properties))
      return nil
    }
    let targets = requirements.first { $0.name == name.value }?.targets
    if let resource, let targets, !targets.contains(resource.value) {
      report(
        "unknown-target", at: resource.place, "`\(name.value)` does not protect `\(resource.value)`",
        expected: enumeration(targets, last: "or"), suggestion: nearest(resource.value, among: targets))
      return nil
    }
    return ParameterSetting(
      requirement: name.value, property: property.value, value: Self.shown(written), resource: resource?.value)
  }

  /// A value in words.
  private static func shown(_ value: Value) -> String {
    switch value.content {
    case .list(let items): "[ " + items.map(shown).joined(separator: ", ") + " ]"
    case .scalar(_, let text), .string(let text): text
    case .integer(let number): String(number)
    case .float(let number): String(number)
    case .boolean(let flag): String(flag)
    case .null, .map, .unresolved: "…"
    }
  }

  /// The requirements that a trigger changes, as they are while it holds. Several settings of a requirement hold together.
  mutating func readSettings(of trigger: Trigger, _ actions: [PlacedAction]) -> [SecurityRequirement] {
    var settings: [(setting: ParameterSetting, value: Value, place: SourceRange)] = []
    for action in actions {
      guard case .setParameter(let setting) = action.action, let value = action.value else { continue }
      if settings.contains(where: {
        $0.setting.requirement == setting.requirement && $0.setting.property == setting.property
          && $0.setting.resource == setting.resource
      }) {
        report(
          "conflicting-triggers", at: action.place,
          "`\(trigger.name)` sets `\(setting.property)` of `\(setting.requirement)` twice", expected: "one value")
      }
      settings.append((setting, value, action.place))
    }
    var changed: [SecurityRequirement] = []
    for requirement in requirements {
      let own = settings.filter { $0.setting.requirement == requirement.name }
      guard !own.isEmpty, let policy = topology.policies.first(where: { $0.name == requirement.name }),
        let kind = kind(of: policy)
      else { continue }
      // What is for all targets is one requirement, and what is for one of them besides another.
      let single = Set(own.compactMap(\.setting.resource)).sorted()
      let rest = requirement.targets.filter { !single.contains($0) }
      for targets in single.map({ [$0] }) + (rest.isEmpty ? [] : [rest]) {
        let fitting = own.filter { $0.setting.resource.map { targets == [$0] } ?? true }
        guard let last = fitting.last else { continue }
        var other = policy
        for (setting, value, _) in fitting {
          other.properties[setting.property] = Self.typed(value, Self.adjustable[kind]?[setting.property] ?? .plain)
        }
        guard let protection = readProtection(of: other, kind: kind) else { continue }
        let weakened = Strength.weakenings(
          from: [requirement],
          to: [
            SecurityRequirement(
              name: requirement.name, targets: targets, protection: protection, place: requirement.place)
          ])
        if let weakening = weakened.first {
          report(
            "setting-lowers-protection", at: last.place,
            "`\(trigger.name)` lowers what `\(requirement.name)` asks for: from `\(weakening.before)` to "
              + "`\(weakening.after)`", expected: "a value that asks for at least as much",
            related: [Finding.Related(place: requirement.place, message: "`\(requirement.name)`")])
        }
        changed.append(
          SecurityRequirement(
            name: requirement.name, targets: targets, protection: protection, place: requirement.place))
      }
    }
    return changed
  }

  private static func typed(_ value: Value, _ notation: Notation) -> Value {
    guard notation == .time, let text = value.string, let amount = time(text) else { return value }
    return Value(.scalar(amount: amount, text: text), at: value.place)
  }

  /// The seconds of a time such as `30 s` or `200 ms`.
  private static func time(_ text: String) -> Double? {
    let parts = text.split(separator: " ")
    if parts.count == 2, parts[1].lowercased() == "ms", let count = Int(parts[0]) { return Double(count) / 1000 }
    return seconds(text).map(Double.init)
  }

  /// Two triggers that can hold at once must not set properties of one requirement: it would not be known which values
  /// their writer meant.
  mutating func checkSettings(of trigger: AdaptationTrigger, beside others: ArraySlice<AdaptationTrigger>) {
    for other in others {
      let shared = trigger.settings.first { setting in
        other.settings.contains { $0.name == setting.name && !Set($0.targets).isDisjoint(with: setting.targets) }
      }
      guard let shared else { continue }
      if trigger.followsAttributesAlone, other.followsAttributesAlone,
        !AttributeDomain.canHold(other.conditions + trigger.conditions)
      {
        continue
      }
      report(
        "conflicting-triggers", at: trigger.place,
        "`\(trigger.name)` and `\(other.name)` can hold at once, and both set properties of `\(shared.name)`",
        expected: "conditions that exclude each other, or one trigger",
        related: [Finding.Related(place: other.place, message: "`\(other.name)`")])
    }
  }

  // MARK: Loops

  /// What a trigger does can bring its event about again: a stricter bound is exceeded more often, and credentials that are
  /// revoked fail.
  mutating func checkActionLoop(of trigger: AdaptationTrigger, _ events: EventCount) {
    guard let source = events.kind.source else { return }
    if let changed = trigger.settings.first(where: { $0.protection.kind == source }) {
      warn(
        "trigger-loop", at: trigger.place,
        "`\(trigger.name)` makes `\(changed.name)` stricter upon \(events.kind.rawValue), which happens the more often: "
          + "it keeps itself", expected: "another event, or a setting of another requirement")
    }
    let revokes = trigger.actions.contains { if case .revokeCredentials = $0 { true } else { false } }
    if revokes, events.kind == .authenticationFailed {
      warn(
        "trigger-loop", at: trigger.place,
        "`\(trigger.name)` revokes credentials upon \(events.kind.rawValue), which happens when they are shown again: "
          + "who guesses passwords of others keeps them out",
        expected: "another event, such as a shared signal, or another action")
    }
  }
}
