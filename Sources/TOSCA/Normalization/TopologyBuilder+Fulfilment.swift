/// Dangling requirements: those that name no node. A node of the topology that fits is found here where it is the only
/// one; where several fit, which one is meant is for the template to say.
extension TopologyBuilder {
  /// Binds what can be bound: first what must be fulfilled, then what is optional (2.0, 8.5.3).
  func fulfilDanglingRequirements() {
    for source in scope.nodes.indices {
      for number in scope.nodes[source].bindings.indices { noteAllocation(number, of: source) }
    }
    leaveOpenWhatIsMapped()
    for optional in [false, true] {
      for source in scope.nodes.indices where scope.nodes[source].bindings.contains(where: { $0.target == nil }) {
        for name in danglingNames(of: source, optional: optional) { fulfil(name, of: source, optional: optional) }
      }
    }
  }

  /// Where the topology stands for a node, the requirements that the node's are mapped to lead where the node's do: nothing
  /// is looked for inside (2.0, 15.5.4).
  private func leaveOpenWhatIsMapped() {
    guard let substitutions, substitutions.open.count > 1, substitutions.open.last == file.id,
      let mappings = scope.template.substitutionMappings
    else { return }
    for mapped in mappings.requirements.flatMap({ $0.target.namedPairs }) {
      guard let source = scope.nodeIndex[mapped.first] else { continue }
      for number in scope.nodes[source].bindings.indices
      where scope.nodes[source].bindings[number].name.text == mapped.second
        && scope.nodes[source].bindings[number].target == nil
      {
        scope.nodes[source].bindings[number].isLost = true
      }
    }
  }

  private func danglingNames(of source: Int, optional: Bool) -> [String] {
    var names: [String] = []
    for binding in scope.nodes[source].bindings
    where binding.target == nil && !binding.isLost && binding.isOptional == optional {
      if !names.contains(binding.name.text) { names.append(binding.name.text) }
    }
    return names
  }

  /// Binds the open assignments of one requirement of a node.
  private func fulfil(_ name: String, of source: Int, optional: Bool) {
    guard let type = scope.nodes[source].type, let requirement = catalogue.nodes.types[type].requirements[name] else {
      return
    }
    let open = scope.nodes[source].bindings.indices.filter { number in
      let binding = scope.nodes[source].bindings[number]
      return binding.target == nil && !binding.isLost && binding.isOptional == optional && binding.name.text == name
    }
    var taken = Set(
      scope.nodes[source].bindings.filter { $0.name.text == name }.compactMap(\.target))
    for (position, number) in open.enumerated() {
      guard !isExternal(number, of: source) else { continue }
      let candidates = self.candidates(for: number, requirement, of: source).filter { !taken.contains($0) }
      // Alike assignments with just as many candidates get one each.
      let left = open.count - position
      guard let target = candidates.first, candidates.count <= left || candidates.count == 1 else {
        report(candidates, for: number, requirement, of: source)
        continue
      }
      taken.insert(target)
      bind(number, to: target, requirement, of: source)
    }
  }

  /// Whether a requirement is to be fulfilled from outside only (2.0, 8.5.3).
  private func isExternal(_ number: Int, of source: Int) -> Bool {
    guard let assignment = assignment(number, of: source), !assignment.directives.isEmpty else { return false }
    return !assignment.directives.contains { $0.text == "internal" }
  }

  /// The assignment of a binding; nil where 2.0 makes it.
  func assignment(_ number: Int, of source: Int) -> RequirementAssignment? {
    scope.nodes[source].bindings[number].assignment.map { scope.nodes[source].template.requirements[$0] }
  }

  private func bind(_ number: Int, to target: Int, _ requirement: RequirementDefinition, of source: Int) {
    var binding = scope.nodes[source].bindings[number]
    binding.target = target
    binding.candidates = []
    if binding.fulfilment == .named { binding.fulfilment = .matched }
    if case .chosen(let name) = chooseCapability(
      assignment(number, of: source)?.capability, requirement, of: target, for: source)
    {
      binding.capability = name
    }
    complete(&binding, requirement, source)
    scope.nodes[source].bindings[number] = binding
    noteAllocation(number, of: source)
  }

  /// The nodes that a requirement can lead to.
  private func candidates(for number: Int, _ requirement: RequirementDefinition, of source: Int) -> [Int] {
    let binding = scope.nodes[source].bindings[number]
    let assignment = assignment(number, of: source)
    // Without a type of node or capability everything would fit, and nothing is said.
    guard binding.nodeType != nil || requirement.capability != nil || assignment?.capability != nil else { return [] }
    let filters = [requirement.nodeFilter, assignment?.nodeFilter].compactMap(\.self)
    let key = [
      binding.nodeType.map(String.init) ?? "", requirement.capability?.text ?? "", assignment?.capability?.text ?? "",
      requirement.file.description, scope.nodes[source].type.map(String.init) ?? "",
    ].joined(separator: "\u{0}")
    let fitting: [Int]
    if let known = candidatesByDemand[key] {
      fitting = known
    } else {
      fitting = scope.nodes.indices.filter { fits($0, binding, requirement, assignment, source) }
      candidatesByDemand[key] = fitting
    }
    return fitting.filter { candidate in
      guard candidate != source else { return false }
      return filters.allSatisfy { satisfies($0, candidate, number, source) != false }
        && hasRoom(candidate, number, requirement, source)
    }
  }

  /// Whether a node is of the type that is asked for, and offers what is.
  private func fits(
    _ candidate: Int, _ binding: Binding, _ requirement: RequirementDefinition, _ assignment: RequirementAssignment?,
    _ source: Int
  ) -> Bool {
    guard let type = scope.nodes[candidate].type else { return false }
    if let wanted = binding.nodeType, !catalogue.nodes.derives(type, from: wanted) { return false }
    switch chooseCapability(assignment?.capability, requirement, of: candidate, for: source) {
    case .chosen(let name):
      return catalogue.nodes.types[type].capabilities[name].map { takes($0, source) } ?? false
    case .open: return binding.nodeType != nil
    case .wrongType, .noneFits, .unknownName: return false
    }
  }

  /// Says why a requirement stays open, where nothing else can fulfil it as it stands.
  private func report(_ candidates: [Int], for number: Int, _ requirement: RequirementDefinition, of source: Int) {
    scope.nodes[source].bindings[number].candidates = candidates
    let binding = scope.nodes[source].bindings[number]
    let name = scope.nodes[source].template.name
    let assignment = assignment(number, of: source)
    // A node that is not made here has its requirements fulfilled where it is made.
    if binding.isOptional || scope.nodes[source].template.directives.contains(where: { $0.text.hasPrefix("select") }) {
      return
    }
    if candidates.count > 1 {
      let names = candidates.map { scope.nodes[$0].template.name.text }
      findings.report(
        "ambiguous-requirement", .warning, at: binding.name.place,
        "the requirement `\(binding.name.text.excerpt)` of `\(name.text.excerpt)` is met by "
          + "\(candidates.count) nodes",
        expected: ValueTyper.oneOf(names).map { $0 + " by name, or a `node_filter` that fits one" },
        related: [(requirement.name.place, "the requirement is defined here")])
      return
    }
    // What the topology that is substituted maps to a requirement fulfils it.
    if let mappings = scope.template.substitutionMappings, mappings.leads(to: name.text, binding.name.text) { return }
    let isInternal = assignment?.directives.map(\.text) == ["internal"]
    findings.report(
      "unfulfilled-requirement", isInternal ? .error : .warning, at: binding.name.place,
      "no node of the template meets the requirement `\(binding.name.text.excerpt)` of `\(name.text.excerpt)`",
      expected: expectation(binding, requirement, assignment),
      related: [(requirement.name.place, "the requirement is defined here")])
  }

  private func expectation(
    _ binding: Binding, _ requirement: RequirementDefinition, _ assignment: RequirementAssignment?
  ) -> String {
    var parts: [String] = []
    if let type = binding.nodeType { parts.append("a node of type `\(catalogue.nodes.types[type].header.name.text)`") }
    if let capability = assignment?.capability ?? requirement.capability {
      parts.append((parts.isEmpty ? "a node with" : "with") + " a capability `\(capability.text.excerpt)`")
    }
    if requirement.nodeFilter != nil || assignment?.nodeFilter != nil {
      parts.append("for which the node filter holds")
    }
    return parts.joined(separator: " ") + ", here or where the service is deployed"
  }
}

extension SubstitutionMappings {
  /// Whether a requirement of a node, or the node itself, is what a requirement of the substituted node is mapped to.
  func leads(to node: String, _ requirement: String) -> Bool {
    requirements.contains { mapping in
      let target = mapping.target["mapping"] ?? mapping.target
      if let items = target.items, items.first?.items == nil, items.count == 2 {
        return items[0].text == node && items[1].text == requirement
      }
      return (target.items ?? [target]).contains { item in
        item.text == node || (item.items?.first?.text == node && item.items?.last?.text == requirement)
      }
    }
  }
}

extension YAMLNode {
  /// The pairs of names that it has: `[node, requirement]`, or a list of these.
  fileprivate var namedPairs: [(first: String, second: String)] {
    guard let items else { return [] }
    if items.count == 2, let first = items[0].text, let second = items[1].text { return [(first, second)] }
    return items.flatMap(\.namedPairs)
  }
}
