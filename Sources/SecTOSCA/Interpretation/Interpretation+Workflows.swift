import TOSCA

/// Workflows that triggers run: those whose steps call operations of `sectosca.interfaces.SecurityControl`, or inline others
/// that do.
extension Interpretation {
  /// The most steps of a workflow.
  static let mostSteps = 64
  /// How deep workflows may inline others.
  static let deepestWorkflow = 8

  /// The workflow of a name, with these values of its inputs.
  mutating func readWorkflow(
    _ name: Located<String>, inputs: [Value.Entry], of caller: ActionCaller
  ) -> ActionWorkflow? {
    let names = topology.workflows.map(\.name)
    guard let workflow = topology.workflows.first(where: { $0.name == name.value }) else {
      report(
        "unknown-workflow", at: name.place, "\(caller.holder) inlines `\(name.value)`, which is no workflow",
        expected: names.isEmpty ? "a workflow of the template: it has none" : enumeration(names, last: "or"),
        suggestion: nearest(name.value, among: names))
      return nil
    }
    guard !caller.workflows.contains(name.value), caller.workflows.count < Self.deepestWorkflow else {
      report(
        "unsupported-action", at: name.place,
        "`\(name.value)` inlines itself, or workflows are more than \(Self.deepestWorkflow) deep",
        expected: "workflows that come to an end")
      return nil
    }
    guard workflow.implementation == nil, (1...Self.mostSteps).contains(workflow.steps.count) else {
      report(
        "unsupported-action", at: workflow.place,
        "`\(name.value)` cannot be carried out: "
          + (workflow.implementation == nil ? "it has \(workflow.steps.count) steps" : "it has an implementation"),
        expected: "1 to \(Self.mostSteps) steps")
      return nil
    }
    let before = findings.count
    var inner = caller
    inner.workflows.append(name.value)
    inner.inputs = readInputs(of: workflow, inputs, caller, at: name.place)
    let precondition = readConditions(workflow.precondition, of: workflow.name, at: workflow.place)
    var steps: [ActionWorkflow.Step] = []
    for step in Self.ordered(workflow.steps) {
      inner.holder = "`\(step.name)` of `\(workflow.name)`"
      inner.place = step.place
      inner.target = step.target
      let filter = readConditions(step.filter, of: step.name, at: step.place)
      var activities: [TriggerAction] = []
      for activity in step.activities {
        if let action = readActivity(activity, of: inner) { activities.append(action) }
      }
      steps.append(
        ActionWorkflow.Step(
          name: step.name, filter: filter, activities: activities, onSuccess: step.onSuccess, onFailure: step.onFailure)
      )
    }
    guard !findings[before...].contains(where: { $0.severity == .error }) else { return nil }
    return ActionWorkflow(name: workflow.name, precondition: precondition, steps: steps)
  }

  /// The values of a workflow's inputs: those given, and defaults of the others.
  private mutating func readInputs(
    of workflow: Workflow, _ given: [Value.Entry], _ caller: ActionCaller, at place: SourceRange
  ) -> [String: Value] {
    var values: [String: Value] = [:]
    let names = workflow.inputs.map(\.name)
    for entry in given {
      guard names.contains(entry.key) else {
        report(
          "unsupported-action", at: entry.place, "the workflow `\(workflow.name)` has no input `\(entry.key)`",
          expected: names.isEmpty ? "no inputs" : enumeration(names, last: "or"),
          suggestion: nearest(entry.key, among: names))
        continue
      }
      values[entry.key] = self.given(entry.value["value"] ?? entry.value, to: caller)
    }
    for input in workflow.inputs where values[input.name] == nil {
      if let usual = input.defaultValue {
        values[input.name] = usual
      } else if input.isRequired {
        report(
          "unsupported-action", at: place, "\(caller.holder) gives the workflow `\(workflow.name)` no `\(input.name)`",
          expected: "`\(input.name)` in `inputs`")
      }
    }
    return values
  }

  private mutating func readActivity(_ activity: WorkflowActivity, of caller: ActionCaller) -> TriggerAction? {
    let inputs = activity.inputs.sorted { $0.key < $1.key }
      .map { Value.Entry(key: $0.key, at: $0.value.place, value: $0.value) }
    let name = Located(activity.name, at: activity.place)
    switch activity.kind {
    case .inline: return readWorkflow(name, inputs: inputs, of: caller).map(TriggerAction.runWorkflow)
    case .callOperation:
      guard let called = readCall(name, inputs, at: activity.place, activity.place, of: caller) else { return nil }
      guard called.action.isState else { return called.action }
      report(
        "unsupported-action", at: activity.place,
        "\(caller.holder) calls `\(activity.name)`, which is in force while a trigger holds and not at a step",
        expected: "the call among the trigger's own actions")
      return nil
    case .delegate, .setState:
      report(
        "unsupported-action", at: activity.place,
        "\(caller.holder) has the activity `\(activity.kind.rawValue)`, which is not carried out",
        expected: "`call_operation` of `SecurityControl`, or `inline`")
      return nil
    }
  }

  /// A precondition or a filter: assertions on contextual attributes. In 1.3 they may stand under `condition`, beside the
  /// target that they are about (3.6.26), and a filter is a list of them.
  private mutating func readConditions(_ written: Value?, of name: String, at place: SourceRange) -> [ContextCondition]
  {
    guard let written, written.content != .null, written.list?.isEmpty != true else { return [] }
    // The readers of triggers' conditions name whose condition it is, and no more of it.
    let subject = Trigger(name: name, event: Located("", at: place), condition: written, actions: [], place: place)
    var conditions: [ContextCondition] = []
    for part in written.list ?? [written] {
      if isVersion2 {
        conditions += readExpression(part, of: subject) ?? []
      } else {
        conditions += readAssertions(part["condition"] ?? part, of: subject, at: part.place) ?? []
      }
    }
    return conditions
  }

  /// Steps in an order in which each comes after those that lead to it. TOSCA has made sure that none leads back where all
  /// succeed; one that a failure leads back to stays where it is written.
  private static func ordered(_ steps: [WorkflowStep]) -> [WorkflowStep] {
    var left = steps
    var done: [WorkflowStep] = []
    while !left.isEmpty {
      let waiting = Set(left.flatMap { $0.onSuccess + $0.onFailure })
      let next = left.firstIndex { !waiting.contains($0.name) } ?? 0
      done.append(left.remove(at: next))
    }
    return done
  }
}
