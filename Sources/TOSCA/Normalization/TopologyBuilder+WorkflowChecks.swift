extension TopologyBuilder {
  /// Checks an imperative workflow of 2.0 (13.2); the names of its targets and steps are checked with those of all
  /// versions.
  func checkVersion2(_ workflow: WorkflowDefinition) {
    let definitions = DefinitionChecker(catalogue: catalogue, typer: typer, findings: findings)
    definitions.check(parameters: workflow.inputs, inherited: nil, .none)
    definitions.check(workflow.implementation)
    if let condition = workflow.precondition {
      var context = ValueContext(subject: "the precondition")
      context.workflowInputs = workflow.inputs
      typer.checkCondition(condition, "the precondition of `\(workflow.name.text.excerpt)`", context)
    }
    for (name, mapping) in workflow.outputs {
      guard let items = mapping.items, items.count >= 2 else {
        findings.report(
          "wrong-syntax", at: mapping.place, "the output `\(name.excerpt)` cannot be \(mapping.kindDescription)",
          expected: "a list of a node template and an attribute, such as `[server, address]` (TOSCA 2.0, 13.2)")
        continue
      }
      typer.checkMapping(mapping, .none)
    }
    for step in workflow.steps.values { check(step, of: workflow, definitions) }
  }

  private func check(
    _ step: WorkflowDefinition.Step, of workflow: WorkflowDefinition, _ definitions: DefinitionChecker
  ) {
    let node = step.target.flatMap { scope.nodeIndex[$0.text] }
    let type = node.flatMap { scope.nodes[$0].type }.map { catalogue.nodes.types[$0] }
    if let name = step.targetRelationship, let type, type.requirements[name.text] == nil {
      findings.report(
        "unknown-requirement", at: name.place, "the target has no requirement `\(name.text.excerpt)`",
        expected: ValueTyper.oneOf(type.requirements.keys) ?? "no `target_relationship`: its type has no requirements",
        suggestion: nearest(name.text, among: type.requirements.keys))
    } else if let name = step.targetRelationship, let target = step.target,
      scope.template.groups[target.text] != nil, node == nil
    {
      findings.report(
        "wrong-target", at: name.place, "the group `\(target.text.excerpt)` has no relationships",
        expected: "a node template as `target` (TOSCA 2.0, 13.2.2)")
    }
    for filter in step.filter?.items ?? [] {
      var context = ValueContext(
        subject: "a filter", owner: node.flatMap { scope.nodes[$0].type.map { .nodeType($0) } } ?? .none)
      context.isFilter = true
      context.workflowInputs = workflow.inputs
      typer.checkCondition(filter, "a filter of `\(step.name.text.excerpt)`", context)
    }
    for item in step.activities {
      guard let activity = ActivityDefinition(item, syntax) else { continue }
      switch activity.kind {
      case .setState: break
      case .delegate: checkInputs(activity.inputs, OrderedMap(), .none, workflowInputs: workflow.inputs)
      case .inline:
        guard let inlined = self.workflow(named: activity.name) else { continue }
        checkCall(
          activity, inlined.inputs, given: [], of: "the workflow `\(activity.name.text.excerpt)`", workflow, .none)
      case .callOperation:
        check(activity, of: step, node, type, workflow, definitions)
      }
    }
  }

  /// The workflow of a name; an unknown one is reported.
  func workflow(named name: Name) -> WorkflowDefinition? {
    if let workflow = scope.template.workflows[name.text] { return workflow }
    findings.report(
      "unknown-workflow", at: name.place, "unknown workflow `\(name.text.excerpt)`",
      expected: ValueTyper.oneOf(scope.template.workflows.keys) ?? "a workflow of the service template",
      suggestion: nearest(name.text, among: scope.template.workflows.keys))
    return nil
  }

  /// An operation that is called is one of the target's (13.2.3.3). What members of a group have is not known here.
  private func check(
    _ activity: ActivityDefinition, of step: WorkflowDefinition.Step, _ node: Int?, _ type: NodeType?,
    _ workflow: WorkflowDefinition, _ definitions: DefinitionChecker
  ) {
    guard let node, let type, let (interfaceName, operationName) = activity.operation else { return }
    var interfaces = type.interfaces
    var owner = ValueContext.Owner.node(node)
    if let relationship = step.targetRelationship {
      guard let requirement = type.requirements[relationship.text], let named = requirement.relationship,
        let index = catalogue.find(.relationship, named, in: named.place.file, report: false)
      else { return }
      interfaces = requirement.interfaces.over(catalogue.relationships.types[index].interfaces) { $0.refining($1) }
      owner = .relationshipType(index)
    }
    guard let interface = interfaces[interfaceName] else {
      findings.report(
        "unknown-interface", at: activity.name.place, "the target has no interface `\(interfaceName.excerpt)`",
        expected: ValueTyper.oneOf(interfaces.keys) ?? "no operation: its type has no interfaces",
        suggestion: nearest(interfaceName, among: interfaces.keys))
      return
    }
    let parts = InterfaceParts(interface, definitions)
    guard let operation = parts.operations[operationName] else {
      findings.report(
        "unknown-operation", at: activity.name.place,
        "the interface `\(interfaceName.excerpt)` has no operation `\(operationName.excerpt)`",
        expected: ValueTyper.oneOf(parts.operations.keys) ?? "no operation: it has none",
        suggestion: nearest(operationName, among: parts.operations.keys))
      return
    }
    let inputs = definitions.parameters(operation.inputs, .outgoing).over(parts.inputs) { $0.refining($1) }
    let assigned = scope.nodes[node].template.interfaces[interfaceName]
    let given =
      step.targetRelationship == nil
      ? (assigned?.inputs.keys ?? []) + (assigned?.operations[operationName]?.inputs.keys ?? []) : inputs.keys
    checkCall(
      activity, inputs, given: given, of: "the operation `\(activity.name.text.excerpt)`", workflow, owner)
  }

  /// The inputs of a call: those that are defined, each of its type, and all that must have a value.
  private func checkCall(
    _ activity: ActivityDefinition, _ defined: OrderedMap<PropertyDefinition>, given: [String], of what: String,
    _ workflow: WorkflowDefinition, _ owner: ValueContext.Owner
  ) {
    for (name, node) in activity.inputs where defined[name] == nil {
      findings.report(
        "unknown-input", at: node.place, "\(what) has no input `\(name.excerpt)`",
        expected: ValueTyper.oneOf(defined.keys) ?? "no inputs", suggestion: nearest(name, among: defined.keys))
    }
    checkInputs(
      activity.inputs.filtered { defined[$0] != nil }, defined, owner, workflowInputs: workflow.inputs)
    for (name, definition) in defined where definition.required && definition.value == nil {
      guard let written = activity.inputs[name] else {
        if definition.defaultValue == nil, !given.contains(name) {
          findings.report(
            "missing-input", at: activity.name.place, "\(what) lacks a value of its input `\(name.excerpt)`",
            expected: "`\(name)` in `inputs`", related: [(definition.name.place, "it is defined here")])
        }
        continue
      }
      guard let source = written["$get_input"]?.text, let input = workflow.inputs[source], !input.required,
        definition.defaultValue == nil
      else { continue }
      findings.report(
        "missing-input", at: written.place,
        "the input `\(name.excerpt)` of \(what) is required, and `\(source.excerpt)` may have no value",
        expected: "a value that is there always", related: [(input.name.place, "it is optional here")])
    }
  }
}

extension OrderedMap {
  /// The elements whose keys a test accepts.
  func filtered(_ isIncluded: (String) -> Bool) -> OrderedMap {
    var result = OrderedMap()
    for key in keys where isIncluded(key) { result[key] = self[key] }
    return result
  }
}
