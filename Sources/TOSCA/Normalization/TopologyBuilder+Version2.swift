extension TopologyBuilder {
  /// Checks what 2.0 asks of a service template beyond what all versions do.
  func checkVersion2() {
    for index in scope.nodes.indices { checkVersion2(node: index) }
    for workflow in scope.template.workflows.values { checkVersion2(workflow) }
    for policy in scope.template.policies.values {
      for trigger in policy.triggers.values { check(trigger) }
    }
  }

  /// A trigger's condition gives a Boolean, and the workflows that it inlines exist (16.5).
  private func check(_ trigger: TriggerDefinition) {
    if let condition = trigger.condition {
      typer.checkCondition(
        condition, "the condition of `\(trigger.name.text.excerpt)`", ValueContext(subject: "the condition"))
    }
    for action in trigger.actions {
      guard let activity = ActivityDefinition(action, syntax), activity.kind == .inline else { continue }
      _ = workflow(named: activity.name)
    }
  }

  /// The context in which nodes of the template are read once more; what is wrong with them was reported.
  var syntax: SyntaxContext {
    SyntaxContext(
      findings: findings, version: file.content.version, file: file.id, tolerances: typer.tolerances)
  }

  /// Whether a node is only selected among those that are there, so that all but its type and filter is ignored (7.2.1).
  func isOnlySelected(_ template: NodeTemplate) -> Bool {
    typer.version == .tosca2_0 && !template.directives.isEmpty
      && template.directives.allSatisfy { $0.text == "select" }
  }

  private func checkVersion2(node index: Int) {
    let template = scope.nodes[index].template
    let definitions = DefinitionChecker(catalogue: catalogue, typer: typer, findings: findings)
    for artifact in template.artifacts.values { definitions.checkRepository(of: artifact) }
    let integer = SchemaDefinition(type: Name(text: "integer", place: template.name.place), file: file.id)
    if let count = template.count, Condition.isCall(count) {
      _ = typer.value(
        count, as: integer, ValueContext(subject: "`count` of `\(template.name.text.excerpt)`", owner: .none))
    }
    if let filter = template.nodeFilter?.condition, let type = scope.nodes[index].type {
      var context = ValueContext(subject: "the node filter", owner: .nodeType(type))
      context.isFilter = true
      typer.checkCondition(filter, "the node filter of `\(template.name.text.excerpt)`", context)
    }
    guard let type = scope.nodes[index].type, !isOnlySelected(template) else { return }
    let definition = catalogue.nodes.types[type]
    var sums: [String: RequirementCount] = [:]
    for assignment in template.requirements {
      guard let requirement = definition.requirements[assignment.name.text] else { continue }
      sums[assignment.name.text, default: RequirementCount()].add(assignment, count(of: assignment, index, integer))
      check(assignment, requirement, of: index, type)
    }
    for (name, sum) in sums {
      if let requirement = definition.requirements[name] { check(sum, requirement, of: template) }
    }
  }

  /// How many relationships an assignment stands for; nil where that is not known yet.
  private func count(of assignment: RequirementAssignment, _ node: Int, _ integer: SchemaDefinition) -> Int? {
    guard let written = assignment.count else { return 1 }
    // What is no count was reported when it was read.
    if !Condition.isCall(written), written.text.flatMap(CoreSchema.integer).map({ $0 < 0 }) ?? true { return nil }
    var context = ValueContext(
      subject: "`count` of the requirement `\(assignment.name.text.excerpt)`", owner: .node(node))
    context.isRequirement = true
    return typer.value(written, as: integer, context)?.integer
  }

  /// How many relationships the assignments of one requirement stand for (8.5.4).
  private struct RequirementCount {
    /// Those of all assignments whose counts are known.
    var total = 0
    /// Those that are not optional.
    var mandatory = 0
    /// Whether the counts of all are known.
    var isKnown = true
    /// Where the last assignment is.
    var place: Place?

    mutating func add(_ assignment: RequirementAssignment, _ count: Int?) {
      place = assignment.name.place
      guard let count else {
        isKnown = false
        return
      }
      total &+= max(0, min(count, 1 << 40))
      if !assignment.isOptional { mandatory &+= max(0, min(count, 1 << 40)) }
    }
  }

  private func check(_ sum: RequirementCount, _ requirement: RequirementDefinition, of template: NodeTemplate) {
    let bounds = requirement.occurrences
    let name = requirement.name.text.excerpt
    let place = sum.place ?? template.name.place
    if let upper = bounds.upper, sum.total > upper {
      findings.report(
        "too-many-requirements", at: place,
        "the assignments of `\(name)` of `\(template.name.text.excerpt)` count \(sum.total)",
        expected: "at most \(upper) (TOSCA 2.0, 8.5.4)", related: [(requirement.name.place, "it is defined here")])
    } else if sum.isKnown, sum.mandatory < bounds.lower {
      findings.report(
        "too-few-requirements", at: place,
        "the assignments of `\(name)` of `\(template.name.text.excerpt)` that are not optional count \(sum.mandatory)",
        expected: "at least \(bounds.lower) (TOSCA 2.0, 8.5.4)",
        related: [(requirement.name.place, "it is defined here")])
    }
  }
}

extension OrderedMap<PropertyDefinition> {
  /// These definitions where no value need be given.
  var optional: Self {
    var result = Self()
    for (name, definition) in self {
      var own = definition
      own.required = false
      result[name] = own
    }
    return result
  }
}
