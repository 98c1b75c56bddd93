/// TOSCA paths (2.0, 10.2.1): the way through the topology to what a function asks for.
extension ValueTyper {
  /// Where a path leads.
  enum PathEnd {
    /// To a node.
    case node(Int)
    /// To a capability of a node.
    case capability(node: Int, name: String)
    /// To the relationship of a requirement of a node, both by number.
    case relationship(node: Int, requirement: Int)
    /// To something that is known when the service runs.
    case unknown
  }

  /// What becomes of a call whose arguments begin with a path.
  enum PathOutcome {
    /// The path has no steps: the arguments are those of 1.3.
    case plain(FunctionCall)
    /// What the call gives.
    case done(Evaluated)
  }

  private static let steps = ["RELATIONSHIP", "CAPABILITY", "SOURCE", "TARGET"]

  /// Follows the path of a call of 2.0.
  func withoutPath(_ call: FunctionCall, _ context: ValueContext) -> PathOutcome {
    guard let topology, let items = call.arguments.items, let first = items.first, let name = first.text else {
      return .plain(call)
    }
    var ends: [PathEnd]
    var rest = items.dropFirst()
    let isIndexed = rest.first.map { Self.isIndex($0) } ?? false
    switch (name, topology.entity(name, context.owner)) {
    // A path may begin with a step from the relationship that it is written in.
    case ("SOURCE", _), ("TARGET", _):
      guard case .relationship(let node, let requirement) = context.owner else { return .done(.unknown) }
      ends = [.relationship(node: node, requirement: requirement)]
      rest = items[...]
    case (_, .node(let index)):
      if isIndexed, name != "SELF" { rest = rest.dropFirst() }
      ends = [.node(index)]
    case (_, .relationship(let node, let requirement)): ends = [.relationship(node: node, requirement: requirement)]
    case (_, .template), (_, .unknown), (_, .none): return .plain(call)
    }
    guard
      isIndexed || rest.first.flatMap(\.text).map(Self.steps.contains) == true || call.function == .availableAllocation
    else { return .plain(call) }
    var isList = false
    while let step = rest.first, let keyword = step.text, Self.steps.contains(keyword), rest.count > 1 {
      rest = rest.dropFirst()
      var next: [PathEnd] = []
      var used = 0
      for end in ends {
        guard let result = follow(keyword, rest, from: end, step, context) else { return .done(.invalid) }
        next += result.ends
        used = max(used, result.used)
        isList = isList || result.isList
      }
      rest = rest.dropFirst(used)
      ends = next
    }
    let results = ends.map { value(at: $0, rest, call, context) }
    guard isList else { return .done(results.first ?? .unknown) }
    return .done(list(results, call, context))
  }

  private static func isIndex(_ node: YAMLNode) -> Bool {
    guard case .scalar(let text, .plain) = node.content else {
      return node.entries?.count == 1 && node.entries?.first?.name.hasPrefix("$") == true
    }
    return CoreSchema.integer(text) != nil || text == "ALL" || text == "$node_index" || text == "$relationship_index"
  }

  /// One step of a path: where it leads, and how many arguments it takes. Nil where it is wrong, which is reported.
  private func follow(
    _ keyword: String, _ rest: ArraySlice<YAMLNode>, from end: PathEnd, _ step: YAMLNode, _ context: ValueContext
  ) -> (ends: [PathEnd], used: Int, isList: Bool)? {
    guard let topology else { return ([.unknown], 0, false) }
    switch (keyword, end) {
    case ("RELATIONSHIP", .node(let index)):
      return relationships(of: index, rest, context)
    case ("CAPABILITY", .node(let index)):
      guard let written = rest.first, let name = written.text else { return ([.unknown], rest.isEmpty ? 0 : 1, false) }
      guard let type = topology.nodes[index].type else { return ([.unknown], 1, false) }
      let offered = catalogue.nodes.types[type].capabilities
      guard offered[name] != nil else {
        findings.report(
          "unknown-capability", at: written.place,
          "`\(topology.nodes[index].template.name.text.excerpt)` has no capability `\(name.excerpt)`",
          expected: Self.oneOf(offered.keys), suggestion: nearest(name, among: offered.keys))
        return nil
      }
      return ([.capability(node: index, name: name)], 1, false)
    case ("CAPABILITY", .relationship(let node, let requirement)):
      let binding = topology.nodes[node].bindings[requirement]
      guard let target = binding.target, let name = binding.capability else { return ([.unknown], 0, false) }
      return ([.capability(node: target, name: name)], 0, false)
    case ("SOURCE", .relationship(let node, _)): return ([.node(node)], 0, false)
    case ("TARGET", .relationship(let node, let requirement)):
      return ([topology.nodes[node].bindings[requirement].target.map { .node($0) } ?? .unknown], 0, false)
    case ("RELATIONSHIP", .capability(let node, let name)): return incoming(node, name, rest, context)
    case (_, .unknown):
      let used = keyword == "RELATIONSHIP" || keyword == "CAPABILITY" ? 1 : 0
      let index = keyword == "RELATIONSHIP" && rest.dropFirst().first.map { Self.isIndex($0) } == true
      return ([.unknown], min(used + (index ? 1 : 0), max(rest.count - 1, 0)), false)
    default:
      findings.report(
        "wrong-arguments", at: step.place, "`\(keyword)` cannot follow what stands before it in the path",
        expected: "`RELATIONSHIP` or `CAPABILITY` after a node, `SOURCE`, `TARGET` or `CAPABILITY` after a relationship"
      )
      return nil
    }
  }

  /// `RELATIONSHIP, requirement, index`: the relationships of a node's requirement; the first without an index.
  private func relationships(
    of index: Int, _ rest: ArraySlice<YAMLNode>, _ context: ValueContext
  ) -> (ends: [PathEnd], used: Int, isList: Bool)? {
    guard let topology, let written = rest.first, let name = written.text else { return ([.unknown], 0, false) }
    let node = topology.nodes[index]
    if let type = node.type, catalogue.nodes.types[type].requirements[name] == nil {
      let names = catalogue.nodes.types[type].requirements.keys
      findings.report(
        "unknown-requirement", at: written.place,
        "`\(node.template.name.text.excerpt)` has no requirement `\(name.excerpt)`", expected: Self.oneOf(names),
        suggestion: nearest(name, among: names))
      return nil
    }
    let numbers = node.bindings.indices.filter { node.bindings[$0].name.text == name }
    let ends = numbers.map { PathEnd.relationship(node: index, requirement: $0) }
    let isKnown = numbers.allSatisfy { node.bindings[$0].count == 1 }
    return choose(ends, isKnown, rest.dropFirst(), context, used: 1)
  }

  /// `RELATIONSHIP, index` after a capability: the relationships that lead to it.
  private func incoming(
    _ target: Int, _ capability: String, _ rest: ArraySlice<YAMLNode>, _ context: ValueContext
  ) -> (ends: [PathEnd], used: Int, isList: Bool)? {
    guard let topology else { return ([.unknown], 0, false) }
    var ends: [PathEnd] = []
    var isKnown = true
    for (source, node) in topology.nodes.enumerated() {
      for (number, binding) in node.bindings.enumerated()
      where binding.target == target && binding.capability == capability {
        ends.append(.relationship(node: source, requirement: number))
        isKnown = isKnown && binding.count == 1 && node.count == 1
      }
    }
    return choose(ends, isKnown, rest, context, used: 0)
  }

  private func choose(
    _ ends: [PathEnd], _ isKnown: Bool, _ rest: ArraySlice<YAMLNode>, _ context: ValueContext, used: Int
  ) -> (ends: [PathEnd], used: Int, isList: Bool)? {
    guard let written = rest.first, Self.isIndex(written), rest.count > 1 else {
      return ([ends.first ?? .unknown], used, false)
    }
    if written.text == "ALL" { return (isKnown ? ends : [.unknown], used + 1, isKnown) }
    let schema = SchemaDefinition(type: Name(text: "integer", place: written.place), file: written.place.file)
    guard let number = value(written, as: schema, context.inside("the index of a path"))?.integer, isKnown,
      ends.indices.contains(number)
    else { return ([.unknown], used + 1, false) }
    return ([ends[number]], used + 1, false)
  }

  /// What a function gives at the end of its path.
  private func value(
    at end: PathEnd, _ rest: ArraySlice<YAMLNode>, _ call: FunctionCall, _ context: ValueContext
  ) -> Evaluated {
    guard let topology, let name = rest.first?.text else {
      reportArguments(call, "a TOSCA path and a name")
      return .invalid
    }
    switch (call.function, end) {
    case (_, .unknown), (.getAttribute, _), (.getArtifact, _): return .unknown
    case (.availableAllocation, .capability(let node, let capability)):
      return available(name, CapabilityKey(node: node, capability: capability), at: call.place, context)
    case (.availableAllocation, _):
      reportArguments(call, "a path that leads to a capability, and the name of a property of it")
      return .invalid
    case (_, .node(let index)):
      var inner = context
      inner.owner = .node(index)
      return property(of: index, rest, call, inner)
    case (_, .relationship(let node, let requirement)):
      return relationshipProperty(node, requirement, rest, call, context)
    case (_, .capability(let node, let name)):
      guard let type = topology.nodes[node].type, let capability = catalogue.nodes.types[type].capabilities[name],
        let inner = rest.first?.text
      else { return .unknown }
      // The capability's name stands before the property, as 1.3 writes it.
      let path = [YAMLNode.string(name, at: call.place)] + rest
      return capabilityProperty(node, capability, inner, path[...], call, context)
    }
  }

  private func list(_ results: [Evaluated], _ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    var nodes: [YAMLNode] = []
    var context = context
    for result in results {
      switch result {
      case .known(let node, let inner):
        nodes.append(node)
        context.isSensitive = context.isSensitive || inner.isSensitive
      case .unknown: return .unknown
      case .invalid: return .invalid
      }
    }
    return .known(YAMLNode(content: .sequence(nodes), place: call.place), context)
  }

  /// What is left of a property of a capability (10.2.1.8). Before requirements are bound, that is all of it.
  private func available(
    _ property: String, _ key: CapabilityKey, at place: Place, _ context: ValueContext
  ) -> Evaluated {
    guard let remaining = remainingAllocation?(property, key) else { return .unknown }
    let text = remaining.rounded() == remaining && abs(remaining) < 1e15 ? String(Int(remaining)) : String(remaining)
    return .known(YAMLNode(content: .scalar(text, .plain), place: place), context)
  }

  /// `$node_index` and `$relationship_index` (10.2.1.6 and 10.2.1.7), as far as there is one node or relationship only.
  func representationIndex(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    func known(_ number: Int) -> Evaluated {
      .known(YAMLNode(content: .scalar(String(number), .plain), place: call.place), context)
    }
    guard let topology else { return .unknown }
    switch (call.function, context.owner) {
    case (.nodeIndex, .node(let index)), (.nodeIndex, .relationship(let index, _)):
      return topology.nodes[index].count == 1 ? known(0) : .unknown
    case (.relationshipIndex, .relationship(let index, let requirement)):
      let bindings = topology.nodes[index].bindings
      guard bindings.indices.contains(requirement), bindings[requirement].count == 1 else { return .unknown }
      var before = 0
      for binding in bindings[..<requirement] where binding.name.text == bindings[requirement].name.text {
        guard let count = binding.count else { return .unknown }
        before += count
      }
      return known(before)
    default: return .unknown
    }
  }
}
