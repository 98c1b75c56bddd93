/// An imperative workflow (1.3, 3.8.7).
struct WorkflowDefinition: Sendable {
  /// A step of a workflow (1.3, 3.6.26).
  struct Step: Sendable {
    /// Its name.
    var name: Name
    /// The node template or group it acts on.
    var target: Name?
    /// The steps that follow when it succeeded, and when it failed.
    var onSuccess: [Name]
    var onFailure: [Name]
    /// What it does, as written.
    var activities: [YAMLNode]
  }

  /// Its name.
  var name: Name
  /// Its inputs.
  var inputs: OrderedMap<PropertyDefinition>
  /// What its preconditions are about.
  var preconditionTargets: [Name]
  /// Its steps.
  var steps: OrderedMap<Step>

  /// Reads a workflow.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a workflow", context)
    guard entity.isMap else { return nil }
    self.name = name
    _ = entity.string("description")
    _ = entity.metadata()
    inputs = PropertyDefinition.readAll("inputs", .parameter, &entity)
    if context.isVersion2, let value = entity.take("precondition") {
      Condition.check(value, "the precondition of a workflow", context)
    }
    preconditionTargets = []
    if !context.isVersion2, let value = entity.take("preconditions") {
      if let items = value.items {
        preconditionTargets = items.compactMap { Self.preconditionTarget($0, context) }
      } else {
        entity.reportForm(value, "`preconditions` of a workflow", "a list of conditions")
      }
    }
    steps = entity.map("steps") { Self.step($0, $1, context) }
    if entity.knows("implementation", from: .simple1_3) {
      _ = entity.take("implementation").flatMap { Implementation($0, context) }
    }
    if entity.knows("outputs", from: .simple1_3) { _ = entity.map("outputs") { $1 } }
    entity.finish()
  }

  /// A condition that must hold before a workflow runs (1.3, 3.6.27).
  private static func preconditionTarget(_ node: YAMLNode, _ context: SyntaxContext) -> Name? {
    var entity = Entity(node, "a precondition", context)
    let target = entity.string("target")
    if target == nil, entity.key("target") == nil { entity.reportMissing("target") }
    _ = entity.string("target_relationship")
    _ = entity.take("condition")
    entity.finish()
    return target
  }

  private static func step(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) -> Step? {
    var entity = Entity(node, "a workflow step", context)
    guard entity.isMap else { return nil }
    let target = entity.string("target")
    _ = entity.string("target_relationship")
    _ = entity.string("operation_host")
    _ = entity.take("filter")
    let activities = entity.take("activities")
    if let value = activities {
      if let items = value.items {
        for item in items { Activity.check(item, context, isStep: true) }
      } else {
        entity.reportForm(value, "`activities` of a workflow step", "a list of activities")
      }
    } else {
      entity.reportMissing("activities", at: name.place)
    }
    let onSuccess = names("on_success", &entity)
    let onFailure = names("on_failure", &entity)
    entity.finish()
    return Step(
      name: name, target: target, onSuccess: onSuccess, onFailure: onFailure, activities: activities?.items ?? [])
  }

  /// The steps that follow; one may stand without a list.
  private static func names(_ keyname: String, _ entity: inout Entity) -> [Name] {
    guard let value = entity.take(keyname) else { return [] }
    return (value.items ?? [value]).compactMap { entity.string($0, "a step in `\(keyname)`") }
  }
}
