extension TopologyBuilder {
  /// Whether a node filter holds of a node that a requirement could lead to; nil where that is not known before the
  /// service is deployed.
  func satisfies(_ filter: NodeFilter, _ candidate: Int, _ number: Int, _ source: Int) -> Bool? {
    if let condition = filter.condition {
      // The filter is about the relationship (2.0, 8.6), so the relationship is supposed to be there.
      let open = scope.nodes[source].bindings[number]
      defer { scope.nodes[source].bindings[number] = open }
      scope.nodes[source].bindings[number].target = candidate
      if open.capability == nil, let type = scope.nodes[source].type,
        let requirement = catalogue.nodes.types[type].requirements[open.name.text],
        case .chosen(let name) = chooseCapability(
          assignment(number, of: source)?.capability, requirement, of: candidate, for: source)
      {
        scope.nodes[source].bindings[number].capability = name
      }
      let owner = ValueContext.Owner.relationship(node: source, requirement: number)
      guard scope.nodes[candidate].template.count != nil else { return holds(condition, owner) }
      return holds(condition, owner, ofNodesOf: candidate)
    }
    return satisfies(filter, candidate)
  }

  /// No more nodes of a template are looked at one by one.
  private static let mostJudged = 256

  /// Whether a condition holds of one of the nodes of a template with a count; nil where that is not known.
  private func holds(_ condition: YAMLNode, _ owner: ValueContext.Owner, ofNodesOf candidate: Int) -> Bool? {
    guard let count = scope.nodes[candidate].count, count <= Self.mostJudged else { return nil }
    let former = scope.representation
    defer { (scope.representation, scope.judged) = (former, nil) }
    scope.judged = candidate
    var isKnown = true
    for index in 0..<count {
      scope.representation = TopologyScope.Representation(node: candidate, index: index)
      switch holds(condition, owner) {
      case true?: return true
      case nil: isKnown = false
      case false?: continue
      }
    }
    return isKnown ? false : nil
  }

  /// Whether a filter of 1.x (3.6.5) holds of a node; nil where that is not known before the service is deployed.
  func satisfies(_ filter: NodeFilter, _ node: Int) -> Bool? {
    guard let type = scope.nodes[node].type else { return nil }
    let definition = catalogue.nodes.types[type]
    let template = scope.nodes[node].template
    var results = filter.properties.map { name, constraints in
      holds(constraints, of: template.properties[name.text]?.value, definition.properties[name.text], .node(node))
    }
    for (name, properties) in filter.capabilities {
      let named = definition.capabilities[name.text].map { [$0] }
      let wanted = catalogue.find(.capability, name, in: filter.place.file, report: false)
      let offered =
        named
        ?? definition.capabilities.values.filter { capability in
          guard let wanted, let own = capabilityType(of: capability) else { return false }
          return catalogue.capabilities.derives(own, from: wanted)
        }
      if offered.isEmpty { return false }
      // Of several capabilities of the type one must fulfil everything.
      let each = offered.map { capability in
        let defined = typer.capabilityProperties(capability)
        let assigned = template.capabilities[capability.name.text]?.properties
        return Self.all(
          properties.map { holds($1, of: assigned?[$0.text]?.value, defined[$0.text], .node(node)) })
      }
      results.append(each.contains(true) ? true : each.contains(where: { $0 == nil }) ? nil : false)
    }
    return Self.all(results)
  }

  /// Whether all hold: false where one does not, nil where one is not known.
  private static func all(_ results: [Bool?]) -> Bool? {
    if results.contains(false) { return false }
    return results.contains(where: { $0 == nil }) ? nil : true
  }

  private func holds(
    _ constraints: [ConstraintClause], of written: YAMLNode?, _ definition: PropertyDefinition?,
    _ owner: ValueContext.Owner
  ) -> Bool? {
    guard let definition, let schema = definition.schema else { return false }
    guard let node = written ?? definition.defaultValue else { return false }
    guard let value = quietTyper.value(node, as: schema, ValueContext(subject: "", owner: owner)) else { return nil }
    if case .unresolved = value.content { return nil }
    return Self.all(constraints.map { quietTyper.holds($0, of: value, schema) })
  }

  /// Whether a condition holds, as seen from an owner; nil where that is not known before the service is deployed.
  func holds(_ condition: YAMLNode, _ owner: ValueContext.Owner) -> Bool? {
    let boolean = SchemaDefinition(type: Name(text: "boolean", place: condition.place), file: file.id)
    return quietTyper.value(condition, as: boolean, ValueContext(subject: "", owner: owner))?.boolean
  }

  /// The type of the nodes that a requirement assignment can lead to; nil where it is not known.
  private func typeOfTarget(_ assignment: RequirementAssignment, _ source: NodeType) -> Int? {
    if let node = assignment.node {
      if let index = scope.nodeIndex[node.text] { return scope.nodes[index].type }
      return catalogue.find(.node, node, in: file.id, report: false)
    }
    return source.requirements[assignment.name.text]?.node.flatMap {
      catalogue.find(.node, $0, in: $0.place.file, report: false)
    }
  }

  /// Checks named targets against the filters of their requirements: the template says two things that do not go
  /// together where one does not hold.
  func checkFilters() {
    let definitions = DefinitionChecker(catalogue: catalogue, typer: typer, findings: findings)
    for source in scope.nodes.indices {
      guard let type = scope.nodes[source].type else { continue }
      if let filter = scope.nodes[source].template.nodeFilter { definitions.check(filter, of: type) }
      for assignment in scope.nodes[source].template.requirements {
        guard let filter = assignment.nodeFilter else { continue }
        definitions.check(filter, of: typeOfTarget(assignment, catalogue.nodes.types[type]))
      }
      for number in scope.nodes[source].bindings.indices {
        let binding = scope.nodes[source].bindings[number]
        guard binding.fulfilment == .named, let target = binding.target else { continue }
        let defined = catalogue.nodes.types[type].requirements[binding.name.text]?.nodeFilter
        for filter in [defined, assignment(number, of: source)?.nodeFilter].compactMap(\.self)
        where satisfies(filter, target, number, source) == false {
          findings.report(
            "filter-not-met", typer.version == .tosca2_0 ? .error : .warning,
            at: assignment(number, of: source)?.node?.place ?? binding.name.place,
            "`\(scope.nodes[target].template.name.text.excerpt)` does not meet the node filter of the requirement "
              + "`\(binding.name.text.excerpt)`",
            expected: "a node for which the filter holds", related: [(filter.place, "the filter is here")])
        }
      }
    }
  }
}
