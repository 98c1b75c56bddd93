extension TopologyBuilder {
  /// The imperative workflows, each checked: that what its steps name exists, and that it comes to an end.
  func workflows() -> [Workflow] {
    let workflows = scope.template.workflows.values.map { workflow($0) }
    checkInlining()
    return workflows
  }

  private func workflow(_ definition: WorkflowDefinition) -> Workflow {
    for step in definition.steps.values { check(step, of: definition) }
    checkCycles(of: definition)
    return Workflow(
      name: definition.name.text, description: definition.description, metadata: Self.texts(definition.metadata),
      inputs: definition.inputs.values.map { declaration($0) },
      precondition: definition.precondition.map { typer.asWritten($0) },
      steps: definition.steps.values.map { self.step($0, definition) },
      implementation: definition.implementation.map { implementation($0) },
      outputs: Dictionary(definition.outputs.map { ($0.key, typer.asWritten($0.element)) }) { first, _ in first },
      place: range(definition.name.place))
  }

  private func step(_ step: WorkflowDefinition.Step, _ workflow: WorkflowDefinition) -> WorkflowStep {
    let owner = step.target.flatMap { scope.nodeIndex[$0.text] }.map { ValueContext.Owner.node($0) } ?? .none
    return WorkflowStep(
      name: step.name.text, target: step.target?.text, targetRelationship: step.targetRelationship?.text,
      operationHost: step.operationHost?.text, filter: step.filter.map { typer.asWritten($0) },
      activities: step.activities.compactMap { activity($0, step, owner, workflow) },
      onSuccess: step.onSuccess.map(\.text), onFailure: step.onFailure.map(\.text), place: range(step.name.place))
  }

  /// The normalized form of an activity. One that is written in no known form was reported when it was read.
  private func activity(
    _ node: YAMLNode, _ step: WorkflowDefinition.Step, _ owner: ValueContext.Owner,
    _ workflow: WorkflowDefinition
  ) -> WorkflowActivity? {
    guard let entry = node.entries?.first, let kind = WorkflowActivity.Kind(rawValue: entry.name) else { return nil }
    let keyname = kind == .callOperation ? "operation" : kind == .setState ? "state" : "workflow"
    guard let name = entry.value[keyname] ?? (entry.value.entries == nil ? entry.value : nil), let text = name.text
    else { return nil }
    var activity = WorkflowActivity(kind: kind, name: text, place: range(node.place))
    var context = ValueContext(subject: "", owner: owner)
    context.otherInputs = Set(workflow.inputs.keys)
    for input in entry.value["inputs"]?.entries ?? [] {
      context.subject = "input `\(input.name.excerpt)`"
      // 1.3 gives parameters (3.6.23.3); the value may stand in its long form.
      let written = input.value["value"] ?? input.value
      // Functions see what there is when the workflow runs.
      activity.inputs[input.name] = quietTyper.value(written, as: nil, context) ?? typer.asWritten(written)
    }
    switch kind {
    case .inline where scope.template.workflows[text] == nil && typer.version != .tosca2_0:
      findings.report(
        "unknown-workflow", at: name.place, "unknown workflow `\(text.excerpt)`",
        expected: ValueTyper.oneOf(scope.template.workflows.keys),
        suggestion: nearest(text, among: scope.template.workflows.keys))
    case .callOperation where typer.version != .tosca2_0: checkOperation(Name(text: text, place: name.place), step)
    default: break
    }
    return activity
  }

  /// Checks that what a step acts on has the operation that it calls.
  private func checkOperation(_ name: Name, _ step: WorkflowDefinition.Step) {
    guard let index = step.target.flatMap({ scope.nodeIndex[$0.text] }), let type = scope.nodes[index].type else {
      return
    }
    var defined = catalogue.nodes.types[type].interfaces
    if let relationship = step.targetRelationship {
      let bindings = scope.nodes[index].bindings.filter { $0.name.text == relationship.text }
      guard let type = bindings.first?.relationshipType else { return }
      defined = catalogue.relationships.types[type].interfaces
    }
    let known = defined.flatMap { name, interface in
      let type = interface.type.flatMap { catalogue.find(.interface, $0, in: interface.file, report: false) }
      let operations =
        interface.operations.keys + (type.map { Array(catalogue.interfaces.types[$0].operations.keys) } ?? [])
      let names = [name] + (type.map { [catalogue.interfaces.types[$0].header.name.text] } ?? [])
      return names.flatMap { name in operations.map { "\(name).\($0)" } }
    }
    guard !known.contains(name.text) else { return }
    findings.report(
      "unknown-operation", at: name.place, "the step's target has no operation `\(name.text.excerpt)`",
      expected: ValueTyper.oneOf(known) ?? "an operation of the target's interfaces",
      suggestion: nearest(name.text, among: known))
  }

  private func check(_ step: WorkflowDefinition.Step, of workflow: WorkflowDefinition) {
    if let target = step.target { refer(toNodeOrGroup: target) }
    for next in step.onSuccess + step.onFailure {
      findings.recorder?.reference(.step, next, target: workflow.steps[next.text]?.name.place) {
        workflow.steps.map { ($0, $1.name.place) }
      }
    }
    if let target = step.target, scope.nodeIndex[target.text] == nil, scope.template.groups[target.text] == nil {
      let names = Array(scope.nodeIndex.keys) + Array(scope.template.groups.keys)
      findings.report(
        "unknown-target", at: target.place,
        "the step `\(step.name.text.excerpt)` names no node template or group: `\(target.text.excerpt)`",
        expected: ValueTyper.oneOf(names), suggestion: nearest(target.text, among: names))
    }
    if typer.version != .tosca2_0, let relationship = step.targetRelationship,
      let index = step.target.flatMap({ scope.nodeIndex[$0.text] }), let type = scope.nodes[index].type,
      catalogue.nodes.types[type].requirements[relationship.text] == nil
    {
      let names = catalogue.nodes.types[type].requirements.keys
      findings.report(
        "unknown-requirement", at: relationship.place,
        "the target of the step `\(step.name.text.excerpt)` has no requirement `\(relationship.text.excerpt)`",
        expected: ValueTyper.oneOf(names), suggestion: nearest(relationship.text, among: names))
    }
    for next in step.onSuccess + step.onFailure where workflow.steps[next.text] == nil {
      findings.report(
        "unknown-step", at: next.place, "unknown step `\(next.text.excerpt)`",
        expected: ValueTyper.oneOf(workflow.steps.keys), suggestion: nearest(next.text, among: workflow.steps.keys))
    }
  }

  /// Steps that follow each other in a circle never end where all succeed; where a failure leads back, they may.
  private func checkCycles(of workflow: WorkflowDefinition) {
    let names = workflow.steps.keys
    let number = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    func cycle(_ next: (WorkflowDefinition.Step) -> [Name]) -> [Int]? {
      DirectedGraph(workflow.steps.values.map { next($0).compactMap { number[$0.text] } }).cycle()
    }
    let always = cycle { $0.onSuccess }
    guard let found = always ?? cycle({ $0.onSuccess + $0.onFailure }), let step = workflow.steps[names[found[0]]]
    else {
      return
    }
    let shown = (found + [found[0]]).prefix(9).map { "`\(names[$0].excerpt)`" }.joined(separator: " → ")
    findings.report(
      "workflow-cycle", always == nil ? .warning : .error, at: step.name.place,
      "the steps of the workflow `\(workflow.name.text.excerpt)` lead back to where they were: \(shown)",
      expected: "steps that come to an end")
  }

  /// Workflows that inline each other in a circle have no end.
  private func checkInlining() {
    let names = scope.template.workflows.keys
    let number = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    let inlined = scope.template.workflows.values.map { workflow in
      workflow.steps.values.flatMap(\.activities).compactMap { activity -> Int? in
        guard let entry = activity.entries?.first, entry.name == "inline" else { return nil }
        return (entry.value["workflow"] ?? entry.value).text.flatMap { number[$0] }
      }
    }
    guard let cycle = DirectedGraph(inlined).cycle(), let workflow = scope.template.workflows[names[cycle[0]]] else {
      return
    }
    let shown = (cycle + [cycle[0]]).prefix(9).map { "`\(names[$0].excerpt)`" }.joined(separator: " → ")
    findings.report(
      "workflow-cycle", .warning, at: workflow.name.place, "the workflow inlines itself: \(shown)",
      expected: "workflows that come to an end")
  }
}
