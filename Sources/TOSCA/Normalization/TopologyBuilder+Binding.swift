extension TopologyBuilder {
  /// Finds the types of the node templates, and works out copies.
  func bindNodes() {
    scope.nodes.reserveCapacity(scope.template.nodeTemplates.count)
    scope.nodeIndex.reserveCapacity(scope.template.nodeTemplates.count)
    for (name, template) in scope.template.nodeTemplates {
      guard let template = copied(template) else { continue }
      scope.nodeIndex[name] = scope.nodes.count
      scope.nodes.append(BoundNode(template: template, type: catalogue.find(.node, template.type, in: file.id)))
    }
    for (name, template) in scope.template.relationshipTemplates where template.copy != nil {
      scope.relationshipTemplates[name] = copied(template)
    }
    for index in scope.nodes.indices {
      guard let written = scope.nodes[index].template.count else { continue }
      scope.nodes[index].count = count(
        written, "the count of `\(scope.nodes[index].template.name.text.excerpt)`", .none)
    }
    checkNumberOfNodes()
  }

  /// How many an expression says; nil where that is not known yet.
  func count(_ node: YAMLNode, _ subject: String, _ owner: ValueContext.Owner) -> Int? {
    let schema = SchemaDefinition(type: Name(text: "integer", place: node.place), file: file.id)
    let value = typer.value(node, as: schema, ValueContext(subject: ValueSubject(subject), owner: owner))
    guard let number = value?.integer, number < 1 << 40 else { return nil }
    guard number >= 0 else {
      findings.report("wrong-type", at: node.place, "\(subject) cannot be `\(number)`", expected: "0 or more")
      return nil
    }
    return number
  }

  /// A template with what it copies from others; nil where there is nothing to copy.
  private func copied(_ template: NodeTemplate) -> NodeTemplate? {
    if template.copy == nil { return template }
    var chain = [template]
    while let copy = chain[chain.count - 1].copy {
      let known = scope.template.nodeTemplates
      findings.recorder?.reference(.nodeTemplate, copy, target: known[copy.text]?.name.place) {
        known.map { ($0, $1.name.place) }
      }
      guard let source = known[copy.text],
        !chain.contains(where: { $0.name.text == source.name.text })
      else {
        findings.report(
          "unknown-node", at: copy.place,
          "`\(chain[chain.count - 1].name.text.excerpt)` is to be a copy of `\(copy.text.excerpt)`",
          expected: "another node template that is not a copy of this one",
          suggestion: nearest(copy.text, among: scope.template.nodeTemplates.keys))
        return nil
      }
      chain.append(source)
    }
    if chain.count > 1, typer.tolerances.contains(.mergedCopies) {
      findings.report(
        "tolerated", .warning, at: template.name.place,
        "maps in the properties of the copy `\(template.name.text.excerpt)` are merged; "
          + "tolerated by `\(Tolerance.mergedCopies.name)`",
        expected: "whole values")
    }
    var result = chain.removeLast()
    while let next = chain.popLast() {
      result = next.copying(result, merging: typer.tolerances.contains(.mergedCopies))
    }
    return result
  }

  private func copied(_ template: RelationshipTemplate) -> RelationshipTemplate? {
    var chain = [template]
    while let copy = chain[chain.count - 1].copy {
      guard let source = scope.template.relationshipTemplates[copy.text],
        !chain.contains(where: { $0.name.text == source.name.text })
      else {
        findings.report(
          "unknown-relationship", at: copy.place,
          "`\(chain[chain.count - 1].name.text.excerpt)` is to be a copy of `\(copy.text.excerpt)`",
          expected: "another relationship template that is not a copy of this one",
          suggestion: nearest(copy.text, among: scope.template.relationshipTemplates.keys))
        return nil
      }
      chain.append(source)
    }
    var result = chain.removeLast()
    while let next = chain.popLast() { result = next.copying(result) }
    return result
  }

  /// Finds the targets of all requirements, and reports those that do not fit.
  func bindRequirements() {
    for index in scope.nodes.indices {
      guard let type = scope.nodes[index].type else { continue }
      let definition = catalogue.nodes.types[type]
      let shape = catalogue.shape(ofNodeType: type)
      var counts = [Int](repeating: 0, count: definition.requirements.count)
      let assignments = scope.nodes[index].template.requirements
      var bindings: [Binding] = []
      bindings.reserveCapacity(assignments.count)
      for (number, assignment) in assignments.enumerated() {
        let name = assignment.name.text
        findings.recorder?.reference(
          .requirement, assignment.name, target: definition.requirements[name]?.name.place
        ) { definition.requirements.map { ($0, $1.name.place) } }
        guard let position = definition.requirements.position(of: name) else {
          if catalogue.isOpen(.node, type) { continue }
          findings.report(
            "unknown-requirement", at: assignment.name.place,
            "the node type `\(definition.header.name.text.excerpt)` has no requirement `\(name.excerpt)`",
            expected: ValueTyper.oneOf(definition.requirements.keys) ?? "no requirements: its type has none",
            suggestion: nearest(name, among: definition.requirements.keys))
          continue
        }
        counts[position] += 1
        bindings.append(
          bind(
            assignment, number, definition.requirements.entries[position].element, shape.requirements[position],
            of: index))
      }
      scope.nodes[index].bindings = bindings
      for position in counts.indices {
        let bounds = definition.requirements.entries[position].element.occurrences
        // In 1.x each assignment counts once.
        if typer.version != .tosca2_0 || counts[position] > 0, counts[position] >= bounds.lower,
          bounds.upper.map({ counts[position] <= $0 }) ?? true
        {
          continue
        }
        let requirement = definition.requirements.entries[position]
        checkCount(of: requirement.key, requirement.element, shape.requirements[position], of: index)
      }
    }
    fulfilDanglingRequirements()
    checkTakenCapabilities()
  }

  /// Checks how often a requirement is assigned, and adds the assignments that 2.0 makes where a template has none
  /// (8.5.4).
  private func checkCount(
    of name: String, _ requirement: RequirementDefinition, _ shape: NodeShape.Requirement, of index: Int
  ) {
    let assigned = scope.nodes[index].bindings.filter { $0.name.text == name }
    let bounds = requirement.occurrences
    let template = scope.nodes[index].template.name
    if assigned.isEmpty, bounds.lower > 0, typer.version == .tosca2_0 {
      var binding = Binding(name: Name(text: name, place: template.place))
      binding.fulfilment = .implicit
      binding.count = bounds.lower
      binding.nodeType = shape.node
      bindRelationship(nil, requirement, shape, &binding)
      scope.nodes[index].bindings.append(binding)
      return
    }
    // What 2.0 asks of the sums of counts is checked with the assignments.
    guard typer.version != .tosca2_0 else { return }
    // Counts that are not known yet are at least none, and may be any.
    let needed = assigned.reduce(0) { $0 + ($1.isOptional ? 0 : $1.count ?? 0) }
    let total = assigned.reduce(0) { $0 + ($1.count ?? 0) }
    let isKnown = assigned.allSatisfy { $0.count != nil }
    if needed < bounds.lower, isKnown {
      findings.report(
        "unassigned-requirement", .warning, at: template.place,
        "the requirement `\(name.excerpt)` of `\(template.text.excerpt)` is assigned \(needed) times",
        expected: "at least \(bounds.lower)", related: [(requirement.name.place, "it is defined here")])
    } else if let upper = bounds.upper, total > upper {
      let extra = assigned.dropFirst(upper).first ?? assigned.last
      findings.report(
        "too-many-requirements", at: extra?.name.place ?? template.place,
        "the requirement `\(name.excerpt)` of `\(template.text.excerpt)` is assigned \(total) times",
        expected: "at most \(upper)", related: [(requirement.name.place, "it is defined here")])
    }
  }

  private func bind(
    _ assignment: RequirementAssignment, _ number: Int, _ requirement: RequirementDefinition,
    _ shape: NodeShape.Requirement, of index: Int
  ) -> Binding {
    var binding = Binding(name: assignment.name, assignment: number)
    binding.isOptional = assignment.isOptional
    if let count = assignment.count {
      binding.count = self.count(count, "the count of `\(assignment.name.text.excerpt)`", .node(index))
    }
    binding.nodeType = shape.node
    if let node = assignment.node {
      refer(toNode: node)
      if let target = scope.nodeIndex[node.text] {
        binding.target = target
        if let type = scope.nodes[target].type { checkNodeType(type, requirement, shape, at: node) }
      } else if let type = catalogue.find(.node, node, in: file.id, report: false) {
        // A type: a node of it is looked for.
        checkNodeType(type, requirement, shape, at: node)
        binding.nodeType = type
      } else {
        findings.report(
          "unknown-target", at: node.place,
          "the requirement `\(assignment.name.text.excerpt)` names no node: `\(node.text.excerpt)`",
          expected: "a node template or a node type", suggestion: nearest(node.text, among: scope.nodeIndex.keys))
        binding.isLost = true
      }
    }
    bindRelationship(assignment, requirement, shape, &binding)
    if let target = binding.target {
      bindCapability(assignment, requirement, target, index, &binding)
      complete(&binding, requirement, index)
    }
    return binding
  }

  /// What can be said of a binding only when its target is known.
  func complete(_ binding: inout Binding, _ requirement: RequirementDefinition, _ source: Int) {
    if binding.relationshipType == nil { binding.relationshipType = impliedRelationship(of: binding) }
    // What 2.0 asks of named targets is checked with the assignments.
    if typer.version != .tosca2_0 || binding.fulfilment != .named { checkValidity(of: binding, requirement, source) }
  }

  private func checkNodeType(
    _ type: Int, _ requirement: RequirementDefinition, _ shape: NodeShape.Requirement, at target: Name
  ) {
    guard let base = shape.node, !catalogue.mayDerive(.node, type, from: base), let wanted = requirement.node else {
      return
    }
    findings.report(
      "wrong-target", at: target.place,
      "`\(target.text.excerpt)` is of type `\(catalogue.nodes.types[type].header.name.text.excerpt)`",
      expected: "a node of type `\(wanted.text)`", related: [(wanted.place, "the requirement asks for it here")])
  }

  /// A node that is hosted on itself, at whatever distance, can never start.
  func checkHostCycles() {
    // Which relationship types mean hosting is asked once, not for each node.
    let isHosting = catalogue.relationships.types.indices.map {
      catalogue.relationships.reference($0).derives(from: "tosca.relationships.HostedOn")
    }
    var done = [Bool](repeating: false, count: scope.nodes.count)
    // Where each node stands in the chain that is followed.
    var position = [Int?](repeating: nil, count: scope.nodes.count)
    for start in scope.nodes.indices where !done[start] {
      var chain: [Int] = []
      var current: Int? = start
      while let index = current, !done[index] {
        if let first = position[index] {
          let names = (chain[first...] + [index]).prefix(8).map { "`\(scope.nodes[$0].template.name.text.excerpt)`" }
          findings.report(
            "host-cycle", at: scope.nodes[index].template.name.place,
            "the node is hosted on itself: \(names.joined(separator: " → "))", expected: "hosts without a cycle")
          break
        }
        position[index] = chain.count
        chain.append(index)
        current =
          scope.nodes[index].bindings.first { binding in
            binding.relationshipType.map { isHosting[$0] } ?? false
          }?.target
      }
      for index in chain {
        done[index] = true
        position[index] = nil
      }
    }
  }
}
