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
      name: definition.name.text, type: catalogue.policies.reference(type), description: definition.description,
      metadata: Self.texts(definition.metadata), properties: values,
      targets: definition.targets.flatMap { target in
        nodeNames(target.text).map { Located($0, at: range(target.place)) }
      },
      triggers: triggers.values.map { trigger($0) }, place: range(definition.name.place))
  }

  private func check(_ target: Name, of policy: PolicyDefinition, _ type: PolicyType?) {
    refer(toNodeOrGroup: target)
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
      actions: definition.actions.map { typer.asWritten($0) },
      schedule: definition.schedule.map { typer.asWritten($0) },
      targetFilter: definition.targetFilter.map { typer.asWritten($0) }, place: range(definition.name.place))
  }

  /// Checks a relationship template against its type.
  func check(_ template: RelationshipTemplate) {
    // A copy of what is not there was reported, and has no type.
    if let copy = template.copy, copy.text == template.type.text { return }
    guard let type = catalogue.find(.relationship, template.type, in: file.id) else { return }
    // What `SELF` is has a meaning in 2.0 for each relationship that is made of the template (10.3).
    let owner: ValueContext.Owner = typer.version == .tosca2_0 ? .relationshipType(type) : .none
    let definition = catalogue.relationships.types[type]
    _ = properties(
      template.properties, definition.properties, of: "relationship template `\(template.name.text.excerpt)`",
      at: template.name.place, owner, allowOthers: catalogue.isOpen(.relationship, type))
    _ = attributes(
      template.attributes, definition.attributes, definition.properties,
      of: "relationship template `\(template.name.text.excerpt)`", owner,
      allowOthers: catalogue.isOpen(.relationship, type))
    _ = interfaces(
      template.interfaces, definition.interfaces, owner, allowOthers: catalogue.isOpen(.relationship, type))
  }
}
