/// What requirements take of the properties of capabilities (2.0, 8.5.5).
extension TopologyBuilder {
  /// What is allocated of a property of a capability by the requirements that are bound to it, in the base unit; nil
  /// where an allocation is not known yet.
  func allocated(_ property: String, of key: CapabilityKey, except open: (source: Int, number: Int)? = nil) -> Double? {
    var sum = 0.0
    for (source, number) in takers[key] ?? [] where open == nil || open! != (source, number) {
      guard let amount = allocation(property, number, source) else { return nil }
      sum += amount
    }
    return sum
  }

  /// Notes that a binding allocates something of the capability that it leads to.
  func noteAllocation(_ number: Int, of source: Int) {
    let binding = scope.nodes[source].bindings[number]
    guard let target = binding.target, let capability = binding.capability,
      assignment(number, of: source)?.allocation.isEmpty == false
    else { return }
    takers[CapabilityKey(node: target, capability: capability), default: []].append((source, number))
  }

  /// What a binding takes of a property, for all relationships that it stands for: 0 where it says nothing.
  private func allocation(_ property: String, _ number: Int, _ source: Int) -> Double? {
    guard let written = assignment(number, of: source)?.allocation[property] else { return 0 }
    let binding = scope.nodes[source].bindings[number]
    guard let count = binding.count, let nodes = scope.nodes[source].count, let target = binding.target,
      let capability = binding.capability,
      let definition = self.property(property, CapabilityKey(node: target, capability: capability))
    else { return nil }
    let value = quietTyper.value(
      written.value, of: definition,
      ValueContext(subject: "", owner: .relationship(node: source, requirement: number)))
    return value.flatMap { $0.amount ?? $0.number }.map { $0 * Double(count * nodes) }
  }

  private func property(_ name: String, _ key: CapabilityKey) -> PropertyDefinition? {
    guard let type = scope.nodes[key.node].type,
      let capability = catalogue.nodes.types[type].capabilities[key.capability]
    else { return nil }
    return typer.capabilityProperties(capability)[name]
  }

  /// What there is of a property of a capability, in the base unit; nil where that is not known yet, or not bounded.
  func capacity(_ property: String, of key: CapabilityKey) -> Double? {
    guard let definition = self.property(property, key), let nodes = scope.nodes[key.node].count,
      let written = scope.nodes[key.node].template.capabilities[key.capability]?.properties[property]?.value
        ?? definition.defaultValue
    else { return nil }
    let value = quietTyper.value(written, of: definition, ValueContext(subject: "", owner: .node(key.node)))
    return value.flatMap { $0.amount ?? $0.number }.map { $0 * Double(nodes) }
  }

  /// Whether a node has left what a requirement takes of it.
  func hasRoom(_ candidate: Int, _ number: Int, _ requirement: RequirementDefinition, _ source: Int) -> Bool {
    guard let allocation = assignment(number, of: source)?.allocation, !allocation.isEmpty,
      case .chosen(let capability) = chooseCapability(
        assignment(number, of: source)?.capability, requirement, of: candidate, for: source)
    else { return true }
    let key = CapabilityKey(node: candidate, capability: capability)
    let open = scope.nodes[source].bindings[number]
    defer { scope.nodes[source].bindings[number] = open }
    scope.nodes[source].bindings[number].target = candidate
    scope.nodes[source].bindings[number].capability = capability
    return allocation.keys.allSatisfy { property in
      guard self.property(property, key) != nil else { return false }
      guard let capacity = capacity(property, of: key),
        let others = allocated(property, of: key, except: (source, number)),
        let own = self.allocation(property, number, source)
      else { return true }
      return others + own <= capacity
    }
  }

  /// Checks that what is allocated is there.
  func checkAllocations() {
    for (key, bindings) in takers.sorted(by: { $0.key < $1.key }) {
      var checked: Set<String> = []
      for (source, number) in bindings {
        for (name, assigned) in assignment(number, of: source)?.allocation ?? OrderedMap() {
          guard checked.insert(name).inserted, let room = capacity(name, of: key),
            let sum = allocated(name, of: key), sum > room
          else { continue }
          let node = scope.nodes[key.node].template.name.text
          exceeded.insert("\(key.capability)\u{0}\(name)\u{0}\(node)")
          findings.report(
            "allocation-exceeded", at: assigned.name.place,
            "more is allocated of `\(name.excerpt)` of `\(node.excerpt)` than it has",
            expected: "allocations that sum up to what the capability has (TOSCA 2.0, 8.5.5)")
        }
      }
    }
  }
}
