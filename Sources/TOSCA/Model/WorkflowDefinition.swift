/// An imperative workflow (1.3, 3.8.7; 2.0, 13.2).
struct WorkflowDefinition: Sendable {
  /// A step of a workflow (1.3, 3.6.27; 2.0, 13.2.2).
  struct Step: Sendable {
    /// Its name.
    var name: Name
    /// The node template or group it acts on.
    var target: Name?
    /// The requirement of the target whose relationship it acts on.
    var targetRelationship: Name?
    /// The side of a relationship, or the node, where its operations are carried out.
    var operationHost: Name?
    /// What must hold for it to be carried out, as written.
    var filter: YAMLNode?
    /// The steps that follow when it succeeded, and when it failed.
    var onSuccess: [Name]
    var onFailure: [Name]
    /// What it does, as written.
    var activities: [YAMLNode]
  }

  /// Its name.
  var name: Name
  /// Its description.
  var description: String?
  /// Its metadata.
  var metadata: OrderedMap<Name>
  /// Its inputs.
  var inputs: OrderedMap<PropertyDefinition>
  /// What its preconditions are about.
  var preconditionTargets: [Name]
  /// What must hold when it begins, as written: a list of conditions, or since 2.0 one condition.
  var precondition: YAMLNode?
  /// Its steps.
  var steps: OrderedMap<Step>
  /// What carries it out in place of steps.
  var implementation: Implementation?
  /// The attributes that its outputs go to, as written.
  var outputs: OrderedMap<YAMLNode>

  /// Reads a workflow.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a workflow", context)
    guard entity.isMap else { return nil }
    self.name = name
    description = entity.string("description")?.text
    metadata = entity.metadata()
    inputs = PropertyDefinition.readAll("inputs", .incoming, &entity)
    if context.isVersion2, let value = entity.take("precondition") {
      Condition.check(value, "the precondition of a workflow", context)
      precondition = value
    }
    preconditionTargets = []
    if !context.isVersion2, let value = entity.take("preconditions") {
      if let items = value.items {
        preconditionTargets = items.compactMap { Self.preconditionTarget($0, context) }
        precondition = value
      } else {
        entity.reportForm(value, "`preconditions` of a workflow", "a list of conditions")
      }
    }
    steps = entity.map("steps") { Self.step($0, $1, context) }
    if entity.knows("implementation", from: .simple1_3) {
      implementation = entity.take("implementation").flatMap { Implementation($0, context) }
    }
    outputs = entity.knows("outputs", from: .simple1_3) ? entity.map("outputs") { $1 } : OrderedMap()
    if context.isVersion2, entity.key("steps") != nil, let place = entity.key("implementation") {
      context.findings.report(
        "wrong-syntax", at: place, "the workflow `\(name.text.excerpt)` has steps and an implementation",
        expected: "one of the two (TOSCA 2.0, 13.2)")
    }
    entity.finish()
  }

  /// A condition that must hold before a workflow runs (1.3, 3.6.26).
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
    let relationship = entity.string("target_relationship")
    let host = context.isVersion2 ? nil : entity.string("operation_host")
    if context.isVersion2, entity.key("target") == nil { entity.reportMissing("target", at: name.place) }
    let filter = entity.take("filter")
    if context.isVersion2, let filter {
      if filter.items == nil { entity.reportForm(filter, "`filter` of a workflow step", "a list of conditions") }
      for clause in filter.items ?? [] { Condition.check(clause, "a filter of a workflow step", context) }
    }
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
      name: name, target: target, targetRelationship: relationship, operationHost: host, filter: filter,
      onSuccess: onSuccess, onFailure: onFailure, activities: activities?.items ?? [])
  }

  /// The steps that follow; one may stand without a list.
  private static func names(_ keyname: String, _ entity: inout Entity) -> [Name] {
    guard let value = entity.take(keyname) else { return [] }
    return (value.items ?? [value]).compactMap { entity.string($0, "a step in `\(keyname)`") }
  }
}
