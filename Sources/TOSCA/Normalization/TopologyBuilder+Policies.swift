extension TopologyBuilder {
  /// The normalized form of a policy.
  func policy(_ definition: PolicyDefinition) -> Policy? {
    let type = catalogue.find(.policy, definition.type, in: file.id)
    let known = type.map { catalogue.policies.types[$0] }
    for target in definition.targets { check(target, of: definition, known) }
    guard let type, let known else { return nil }
    let values = properties(
      definition.properties, known.properties, of: "policy `\(definition.name.text.excerpt)`",
      at: definition.name.place, .none, allowOthers: catalogue.isOpen(.policy, type))
    let triggers = definition.triggers.over(known.triggers)
    return Policy(
      name: definition.name.text, type: catalogue.policies.reference(type), properties: values,
      targets: definition.targets.map { Located($0.text, at: range($0.place)) },
      triggers: triggers.values.map { trigger($0) }, place: range(definition.name.place))
  }

  private func check(_ target: Name, of policy: PolicyDefinition, _ type: PolicyType?) {
    let node = scope.nodeIndex[target.text]
    let group = scope.template.groups[target.text]
    guard node != nil || group != nil else {
      let names = Array(scope.nodeIndex.keys) + Array(scope.template.groups.keys)
      findings.report(
        "unknown-target", at: target.place,
        "the policy `\(policy.name.text.excerpt)` names no node template or group: `\(target.text.excerpt)`",
        expected: ValueTyper.oneOf(names) ?? "a node template or a group",
        suggestion: nearest(target.text, among: names))
      return
    }
    guard let type, !type.targets.isEmpty else { return }
    let fits = type.targets.contains { name in
      if let node, let own = scope.nodes[node].type {
        if let base = catalogue.find(.node, name, in: type.header.file, report: false) {
          return catalogue.mayDerive(.node, own, from: base)
        }
        return catalogue.isOpen(.node, own)
      }
      if let group, let own = catalogue.find(.group, group.type, in: file.id, report: false) {
        if let base = catalogue.find(.group, name, in: type.header.file, report: false) {
          return catalogue.mayDerive(.group, own, from: base)
        }
        return false
      }
      // The target's own type is unknown, which is reported where it is written.
      return true
    }
    if !fits {
      findings.report(
        "wrong-target", at: target.place,
        "a policy of type `\(policy.type.text.excerpt)` does not apply to `\(target.text.excerpt)`",
        expected: "a node or group of " + (ValueTyper.oneOf(type.targets.map(\.text)) ?? "its types"))
    }
  }

  private func trigger(_ definition: TriggerDefinition) -> Trigger {
    Trigger(
      name: definition.name.text, event: Located(definition.event.text, at: range(definition.event.place)),
      condition: definition.condition.map { typer.asWritten($0) },
      actions: definition.actions.map { typer.asWritten($0) }, place: range(definition.name.place))
  }

  /// Checks that a workflow's steps name what exists.
  func check(_ workflow: WorkflowDefinition) {
    for step in workflow.steps.values {
      if let target = step.target, scope.nodeIndex[target.text] == nil, scope.template.groups[target.text] == nil {
        let names = Array(scope.nodeIndex.keys) + Array(scope.template.groups.keys)
        findings.report(
          "unknown-target", at: target.place,
          "the step `\(step.name.text.excerpt)` names no node template or group: `\(target.text.excerpt)`",
          expected: ValueTyper.oneOf(names), suggestion: nearest(target.text, among: names))
      }
      for next in step.onSuccess + step.onFailure where workflow.steps[next.text] == nil {
        findings.report(
          "unknown-step", at: next.place, "unknown step `\(next.text.excerpt)`",
          expected: ValueTyper.oneOf(workflow.steps.keys), suggestion: nearest(next.text, among: workflow.steps.keys))
      }
    }
  }

  /// Checks a relationship template against its type.
  func check(_ template: RelationshipTemplate) {
    guard let type = catalogue.find(.relationship, template.type, in: file.id) else { return }
    let definition = catalogue.relationships.types[type]
    _ = properties(
      template.properties, definition.properties, of: "relationship template `\(template.name.text.excerpt)`",
      at: template.name.place, .none, allowOthers: catalogue.isOpen(.relationship, type))
    checkAttributes(
      template.attributes, definition.attributes, definition.properties,
      of: "relationship template `\(template.name.text.excerpt)`", .none,
      allowOthers: catalogue.isOpen(.relationship, type))
    check(template.interfaces, definition.interfaces, .none, allowOthers: catalogue.isOpen(.relationship, type))
  }

  /// Checks that a substitution mapping maps what exists.
  func check(_ mappings: SubstitutionMappings) {
    guard let name = mappings.nodeType, let type = catalogue.find(.node, name, in: file.id) else { return }
    let definition = catalogue.nodes.types[type]
    if catalogue.isOpen(.node, type) { return }
    check(mappings.capabilities, "capability", Array(definition.capabilities.keys)) {
      Array(catalogue.nodes.types[$0].capabilities.keys)
    }
    check(mappings.requirements, "requirement", Array(definition.requirements.keys)) {
      Array(catalogue.nodes.types[$0].requirements.keys)
    }
  }

  private func check(
    _ mapped: OrderedMap<YAMLNode>, _ what: String, _ defined: [String], _ offered: (Int) -> [String]
  ) {
    for (key, value) in mapped {
      if !defined.contains(key) {
        findings.report(
          "unknown-\(what)", at: value.place, "the substituted node type has no \(what) `\(key.excerpt)`",
          expected: ValueTyper.oneOf(defined), suggestion: nearest(key, among: defined))
      }
      // 1.3 also allows a map with `mapping`, `properties` and `attributes`.
      guard let items = (value["mapping"] ?? value).items else { continue }
      guard items.count == 2, let node = items[0].text, let inner = items[1].text else {
        findings.report(
          "wrong-syntax", at: value.place, "the mapping of `\(key.excerpt)` cannot be \(value.kindDescription)",
          expected: "`[node template, \(what)]`")
        continue
      }
      guard let index = scope.nodeIndex[node] else {
        findings.report(
          "unknown-node", at: items[0].place, "unknown node template `\(node.excerpt)`",
          expected: ValueTyper.oneOf(scope.nodeIndex.keys), suggestion: nearest(node, among: scope.nodeIndex.keys))
        continue
      }
      guard let type = scope.nodes[index].type else { continue }
      let names = offered(type)
      if !names.contains(inner) {
        findings.report(
          "unknown-\(what)", at: items[1].place, "`\(node.excerpt)` has no \(what) `\(inner.excerpt)`",
          expected: ValueTyper.oneOf(names), suggestion: nearest(inner, among: names))
      }
    }
  }
}
