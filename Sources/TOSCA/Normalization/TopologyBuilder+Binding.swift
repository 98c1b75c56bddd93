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
  }

  /// A template with what it copies from others; nil where there is nothing to copy.
  private func copied(_ template: NodeTemplate) -> NodeTemplate? {
    if template.copy == nil { return template }
    var chain = [template]
    while let copy = chain[chain.count - 1].copy {
      guard let source = scope.template.nodeTemplates[copy.text],
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
      var bindings: [Binding] = []
      let assignments = scope.nodes[index].template.requirements
      bindings.reserveCapacity(assignments.count)
      for assignment in assignments {
        let name = assignment.name.text
        guard let position = definition.requirements.position(of: name) else {
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
            assignment, definition.requirements.entries[position].element, shape.requirements[position], of: index))
      }
      scope.nodes[index].bindings = bindings
      for position in counts.indices {
        let bounds = definition.requirements.entries[position].element.occurrences
        if counts[position] >= bounds.lower, bounds.upper.map({ counts[position] <= $0 }) ?? true { continue }
        let requirement = definition.requirements.entries[position]
        check(counts[position], requirement.key, requirement.element, of: scope.nodes[index].template)
      }
    }
  }

  private func check(_ count: Int, _ name: String, _ requirement: RequirementDefinition, of template: NodeTemplate) {
    let bounds = requirement.occurrences
    if count < bounds.lower {
      findings.report(
        "unassigned-requirement", .warning, at: template.name.place,
        "the requirement `\(name.excerpt)` of `\(template.name.text.excerpt)` is assigned \(count) times",
        expected: "at least \(bounds.lower)", related: [(requirement.name.place, "it is defined here")])
    } else if let upper = bounds.upper, count > upper {
      let extra = template.requirements.filter { $0.name.text == name }.dropFirst(upper).first
      findings.report(
        "too-many-requirements", at: extra?.name.place ?? template.name.place,
        "the requirement `\(name.excerpt)` of `\(template.name.text.excerpt)` is assigned \(count) times",
        expected: "at most \(upper)", related: [(requirement.name.place, "it is defined here")])
    }
  }

  private func bind(
    _ assignment: RequirementAssignment, _ requirement: RequirementDefinition, _ shape: NodeShape.Requirement,
    of index: Int
  ) -> Binding {
    var binding = Binding(name: assignment.name)
    if let node = assignment.node {
      if let target = scope.nodeIndex[node.text] {
        binding.target = target
        checkNodeType(of: target, requirement, shape, at: node)
      } else if let type = catalogue.find(.node, node, in: file.id, report: false) {
        // A type: the orchestrator finds a node for it.
        checkNodeType(type, requirement, shape, at: node)
      } else {
        findings.report(
          "unknown-target", at: node.place,
          "the requirement `\(assignment.name.text.excerpt)` names no node: `\(node.text.excerpt)`",
          expected: "a node template or a node type", suggestion: nearest(node.text, among: scope.nodeIndex.keys))
      }
    }
    bindRelationship(assignment, requirement, shape, &binding)
    if let target = binding.target { bindCapability(assignment, requirement, shape, target, index, &binding) }
    return binding
  }

  private func checkNodeType(
    of target: Int, _ requirement: RequirementDefinition, _ shape: NodeShape.Requirement, at place: Name
  ) {
    if let type = scope.nodes[target].type { checkNodeType(type, requirement, shape, at: place) }
  }

  private func checkNodeType(
    _ type: Int, _ requirement: RequirementDefinition, _ shape: NodeShape.Requirement, at target: Name
  ) {
    guard let base = shape.node, !catalogue.nodes.derives(type, from: base), let wanted = requirement.node else {
      return
    }
    findings.report(
      "wrong-target", at: target.place,
      "`\(target.text.excerpt)` is of type `\(catalogue.nodes.types[type].header.name.text.excerpt)`",
      expected: "a node of type `\(wanted.text)`", related: [(wanted.place, "the requirement asks for it here")])
  }

  private func bindRelationship(
    _ assignment: RequirementAssignment, _ requirement: RequirementDefinition, _ shape: NodeShape.Requirement,
    _ binding: inout Binding
  ) {
    let defined = shape.relationship
    var type = defined
    var place = assignment.name
    switch assignment.relationship {
    case .named(let name):
      place = name
      if let template = scope.template.relationshipTemplates[name.text] {
        binding.properties = template.properties
        type = catalogue.find(.relationship, template.type, in: file.id, report: false)
      } else if let found = catalogue.find(.relationship, name, in: file.id, report: false) {
        type = found
      } else {
        findings.report(
          "unknown-relationship", at: name.place, "unknown relationship `\(name.text.excerpt)`",
          expected: "a relationship template or a relationship type",
          suggestion: nearest(name.text, among: scope.template.relationshipTemplates.keys))
      }
    case .inline(let name, let properties, let interfaces):
      binding.properties = properties
      if let name {
        place = name
        if let template = scope.template.relationshipTemplates[name.text] {
          type = catalogue.find(.relationship, template.type, in: file.id, report: false)
          binding.properties = properties.over(template.properties)
        } else {
          type = catalogue.find(.relationship, name, in: file.id)
        }
      }
      if let type {
        check(interfaces, catalogue.relationships.types[type].interfaces.over(requirement.interfaces), .none)
      }
    case nil: break
    }
    if let type, let defined, !catalogue.relationships.derives(type, from: defined) {
      findings.report(
        "wrong-relationship", at: place.place,
        "the relationship `\(place.text.excerpt)` is of type `\(catalogue.relationships.types[type].header.name.text)`",
        expected: "a relationship of type `\(catalogue.relationships.types[defined].header.name.text)`",
        related: [(requirement.name.place, "the requirement asks for it here")])
    }
    binding.relationshipType = type ?? defined
  }

  /// Finds the capability of the target that the requirement is met by.
  private func bindCapability(
    _ assignment: RequirementAssignment, _ requirement: RequirementDefinition, _ shape: NodeShape.Requirement,
    _ target: Int, _ source: Int, _ binding: inout Binding
  ) {
    guard let targetType = scope.nodes[target].type else { return }
    let offered = catalogue.nodes.types[targetType].capabilities
    let offeredTypes = catalogue.shape(ofNodeType: targetType).capabilities
    let targetName = scope.nodes[target].template.name.text
    let place = assignment.capability?.place ?? assignment.node?.place ?? assignment.name.place
    var wantedType = shape.capability
    if let name = assignment.capability {
      if let position = offered.position(of: name.text) {
        binding.capability = name.text
        guard let wantedType, let type = offeredTypes[position].type else { return }
        if !catalogue.capabilities.derives(type, from: wantedType) {
          reportCapability(name.text, of: targetName, wantedType, at: place, requirement)
        }
        return
      }
      guard let type = catalogue.find(.capability, name, in: file.id, report: false) else {
        findings.report(
          "unknown-capability", at: name.place, "`\(targetName.excerpt)` has no capability `\(name.text.excerpt)`",
          expected: ValueTyper.oneOf(offered.keys), suggestion: nearest(name.text, among: offered.keys))
        return
      }
      wantedType = type
    } else if let name = requirement.capability?.text, wantedType == nil, offered.contains(name) {
      // Some definitions name the target's capability where the grammar wants its type.
      binding.capability = name
      return
    }
    guard let wantedType else { return }
    // A capability of just the type asked for is nearer than one derived from it.
    let best =
      offeredTypes.firstIndex { $0.type == wantedType }
      ?? offeredTypes.firstIndex { capability in
        capability.type.map { catalogue.capabilities.derives($0, from: wantedType) } ?? false
      }
    guard let best else {
      reportCapability(nil, of: targetName, wantedType, at: place, requirement)
      return
    }
    let capability = offered.entries[best].element
    binding.capability = capability.name.text
    checkSource(capability, offeredTypes[best].type, source, targetName, at: place)
  }

  private func reportCapability(
    _ name: String?, of target: String, _ wanted: Int, at place: Place, _ requirement: RequirementDefinition
  ) {
    let type = catalogue.capabilities.types[wanted].header.name.text
    findings.report(
      "wrong-target", at: place,
      name.map { "the capability `\($0.excerpt)` of `\(target.excerpt)` does not meet the requirement" }
        ?? "`\(target.excerpt)` offers nothing that meets the requirement `\(requirement.name.text.excerpt)`",
      expected: "a capability of type `\(type)`", related: [(requirement.name.place, "the requirement is defined here")]
    )
  }

  /// A capability may restrict the node types that use it.
  private func checkSource(
    _ capability: CapabilityDefinition, _ type: Int?, _ source: Int, _ target: String, at place: Place
  ) {
    guard let sourceType = scope.nodes[source].type, let type else { return }
    let definition = catalogue.capabilities.types[type]
    let (valid, file) =
      capability.validSourceTypes.isEmpty
      ? (definition.validSourceTypes, definition.header.file) : (capability.validSourceTypes, capability.file)
    guard !valid.isEmpty else { return }
    let fits = valid.contains { name in
      catalogue.find(.node, name, in: file, report: false).map { catalogue.nodes.derives(sourceType, from: $0) } ?? true
    }
    guard !fits else { return }
    // The Simple Profile restricts its own capabilities, and much that runs everywhere does not keep to it.
    findings.report(
      "wrong-source", catalogue.isImplicit(file) ? .warning : .error, at: place,
      "the capability `\(capability.name.text.excerpt)` of `\(target.excerpt)` does not take nodes of this type",
      expected: "a node of " + (ValueTyper.oneOf(valid.map(\.text)) ?? "its types"),
      related: [(capability.name.place, "the capability is defined here")])
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
