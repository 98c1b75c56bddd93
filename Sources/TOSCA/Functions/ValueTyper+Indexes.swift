/// Functions about how many nodes and relationships there are, and what is left of them (2.0, 10.2.1.6 to 10.2.1.8).
extension ValueTyper {
  /// What is left of a property of a capability.
  func availableAllocation(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let items = call.arguments.items, let path = path(items, call, context), path.isCertain,
      case .capability(let capability, let node?) = path.context, let name = path.rest.first?.text,
      let remaining = remainingAllocation?(name, CapabilityKey(node: node, capability: capability.name.text))
    else { return .unknown }
    let isWhole = remaining.rounded() == remaining && abs(remaining) < 1e15
    return .known(
      YAMLNode(
        content: .scalar(isWhole ? String(Int(remaining)) : String(remaining), .plain), place: call.place), context)
  }

  /// `$node_index` and `$relationship_index`, where it is known for which node or relationship a value is worked out.
  func representationIndex(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    func known(_ number: Int) -> Evaluated {
      .known(YAMLNode(content: .scalar(String(number), .plain), place: call.place), context)
    }
    guard let topology else { return .unknown }
    switch (call.function, context.owner) {
    case (.nodeIndex, .node(let index)), (.nodeIndex, .relationship(let index, _)):
      if topology.nodes[index].count == 1 { return known(0) }
      if let number = context.representation { return known(number) }
      guard let representation = topology.representation, representation.node == index else { return .unknown }
      return known(representation.index)
    case (.relationshipIndex, .relationship(let index, let requirement)):
      let bindings = topology.nodes[index].bindings
      guard bindings.indices.contains(requirement) else { return .unknown }
      let offset = topology.representation.flatMap { $0.node == index ? $0.relationship : nil }
      guard bindings[requirement].count == 1 || offset != nil else { return .unknown }
      var before = offset ?? 0
      for binding in bindings[..<requirement] where binding.name.text == bindings[requirement].name.text {
        guard let count = binding.count else { return .unknown }
        before += count
      }
      return known(before)
    default: return .unknown
    }
  }
}
