/// A trigger of a policy (1.3, 3.6.22). The condition and the activities are kept as written.
struct TriggerDefinition: Sendable {
  /// Its name.
  var name: Name
  /// The event's type.
  var event: Name
  /// The node that the event comes from, where a filter says it.
  var source: Name?
  /// The condition.
  var condition: YAMLNode?
  /// What is to be done.
  var actions: [YAMLNode]
  /// When the trigger is active (1.3, 3.6.22), as written.
  var schedule: YAMLNode?
  /// What the event and the condition are about (1.3, 3.6.22), as written.
  var targetFilter: YAMLNode?

  /// Reads a trigger, of whatever form where that is tolerated.
  static func reading(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) -> TriggerDefinition? {
    context.findings.tolerating(.freeTriggers) { TriggerDefinition(name, node, context) }
  }

  /// Reads a trigger.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a trigger", context)
    guard entity.isMap else { return nil }
    self.name = name
    _ = entity.string("description")
    if context.isVersion2 { _ = entity.metadata() }
    var event = entity.string("event")
    // 1.0 to 1.2 call it event_type, and some writers keep that name.
    if event == nil, entity.key("event") == nil, !context.isVersion2 { event = Self.eventType(&entity) }
    if context.isVersion2 {
      condition = entity.take("condition")
      if let condition { Condition.check(condition, "the condition of a trigger", context) }
      actions =
        entity.take("action").flatMap { value in
          if value.items == nil { entity.reportForm(value, "the action of a trigger", "a list of activities") }
          return value.items
        } ?? []
      if entity.key("action") == nil { entity.reportMissing("action", at: name.place) }
      for action in actions { Activity.check(action, context) }
      entity.finish()
      guard let event else {
        if entity.key("event") == nil { entity.reportMissing("event", at: name.place) }
        return nil
      }
      self.event = event
      return
    }
    schedule = entity.take("schedule")
    if let schedule { Self.checkSchedule(schedule, context) }
    targetFilter = entity.take("target_filter")
    if let targetFilter { source = Self.filteredNode(targetFilter, context) }
    condition = entity.take("condition")
    for keyname in ["constraint", "period", "evaluations", "method"] where entity.knows(keyname, to: .simple1_2) {
      if let value = entity.take(keyname), condition == nil { condition = value }
    }
    if let condition, condition.entries == nil, condition.items == nil {
      entity.reportForm(condition, "the condition of a trigger", "a map, or a list, of conditions")
    }
    actions = []
    if let value = entity.take("action") {
      if let items = value.items {
        actions = items
      } else if value.entries != nil, context.version < .simple1_3 {
        actions = [value]
      } else {
        entity.reportForm(value, "the action of a trigger", "a list of activities such as `- call_operation: …`")
      }
    } else {
      entity.reportMissing("action", at: name.place)
    }
    for action in actions { Activity.check(action, context) }
    entity.finish()
    guard let event else {
      if entity.key("event") == nil, entity.key("event_type") == nil { entity.reportMissing("event", at: name.place) }
      return nil
    }
    self.event = event
  }
}

extension TriggerDefinition {
  /// When a trigger is active: an interval (1.3, 3.6.22.1), or a function that gives one.
  private static func checkSchedule(_ node: YAMLNode, _ context: SyntaxContext) {
    if let entries = node.entries, entries.count == 1, FunctionCall.Function(rawValue: entries[0].name) != nil {
      return
    }
    var entity = Entity(node, "the schedule of a trigger", context)
    for keyname in ["start_time", "end_time"] {
      if let value = entity.take(keyname), let text = value.text, TimestampText(text) == nil {
        entity.reportForm(value, "`\(keyname)` of a schedule", Primitive.timestamp.description)
      }
    }
    entity.finish()
  }

  /// What the event of a trigger comes from (1.3, 3.6.21).
  private static func filteredNode(_ node: YAMLNode, _ context: SyntaxContext) -> Name? {
    var entity = Entity(node, "the target filter of a trigger", context)
    let source = entity.string("node")
    if source == nil, entity.key("node") == nil { entity.reportMissing("node") }
    for keyname in ["requirement", "capability"] { _ = entity.string(keyname) }
    entity.finish()
    return source
  }

  /// The event of an earlier version: a name, or a map with the event's type.
  private static func eventType(_ entity: inout Entity) -> Name? {
    guard let value = entity.take("event_type") else { return nil }
    return entity.string(value["type"] ?? value, "`event_type` of a trigger")
  }
}

/// An activity of a trigger or of a workflow's step (1.3, 3.6.23).
enum Activity {
  /// The kinds of activities.
  static let kinds = ["call_operation", "delegate", "set_state", "inline"]

  /// Reports an activity that has not the form of one.
  static func check(_ node: YAMLNode, _ context: SyntaxContext, isStep: Bool = false) {
    if context.isVersion2 {
      _ = ActivityDefinition(node, context)
      return
    }
    guard let entries = node.entries, entries.count == 1, let entry = entries.first else {
      context.findings.report(
        "wrong-syntax", at: node.place, "an activity cannot be \(node.kindDescription)",
        expected: "a map with one of " + kinds.map { "`\($0)`" }.joined(separator: ", "))
      return
    }
    // Before 1.3 a trigger's action was any operation.
    guard kinds.contains(entry.name) || (context.version < .simple1_3 && !isStep) else {
      context.findings.report(
        "unknown-key", at: entry.key.place, "unknown activity `\(entry.name.excerpt)`",
        expected: "one of " + kinds.map { "`\($0)`" }.joined(separator: ", "),
        suggestion: nearest(entry.name, among: kinds))
      return
    }
    let what = "an activity `\(entry.name.excerpt)`"
    let main = ["call_operation": "operation", "delegate": "workflow", "inline": "workflow"][entry.name]
    if let main, let entries = entry.value.entries {
      guard !entries.isEmpty else { return }
      var entity = Entity(entry.value, what, context, orText: true)
      if entity.string(main) == nil, entity.key(main) == nil { entity.reportMissing(main) }
      _ = entity.map("inputs") { $1 }
      entity.finish()
    } else if kinds.contains(entry.name), entry.value.text == nil || entry.value.isNull {
      context.findings.report(
        "wrong-syntax", at: entry.value.place, "\(what) cannot be \(entry.value.kindDescription)",
        expected: main == nil ? "the name of a state" : "a name, or a map")
    }
  }
}
