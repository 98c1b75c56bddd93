/// What node filters of 1.x ask of nodes (1.3, 3.6.4 to 3.6.6): properties and capabilities that are there, and values that fit.
extension DefinitionChecker {
  /// Checks a filter against the type of the nodes that it is about; nil where that is not known.
  func check(_ filter: NodeFilter, of type: Int?) {
    guard typer.version != .tosca2_0, let type else { return }
    let node = catalogue.nodes.types[type]
    let isOpen = catalogue.isOpen(.node, type)
    let title = "the node type `\(node.header.name.text.excerpt)`"
    for (name, constraints) in filter.properties {
      check(constraints, of: name, among: node.properties, title, isOpen)
    }
    for (name, properties) in filter.capabilities {
      if let capability = node.capabilities[name.text] {
        let known = typer.capabilityProperties(capability)
        let kind = catalogue.find(.capability, capability.type, in: capability.file, report: false)
        for (property, constraints) in properties {
          check(
            constraints, of: property, among: known, "the capability `\(name.text.excerpt)`",
            kind.map { catalogue.isOpen(.capability, $0) } ?? true)
        }
      } else if let kind = catalogue.find(.capability, name, in: filter.place.file, report: false) {
        for (property, constraints) in properties {
          check(
            constraints, of: property, among: catalogue.capabilities.types[kind].properties,
            "the capability type `\(name.text.excerpt)`", true)
        }
      } else if !isOpen {
        findings.report(
          "unknown-capability", .warning, at: name.place, "\(title) has no capability `\(name.text.excerpt)`",
          expected: ValueTyper.oneOf(node.capabilities.keys) ?? "no capability: the type has none",
          suggestion: nearest(name.text, among: node.capabilities.keys))
      }
    }
  }

  private func check(
    _ constraints: [ConstraintClause], of name: Name, among known: OrderedMap<PropertyDefinition>, _ title: String,
    _ isOpen: Bool
  ) {
    guard let property = known[name.text] else {
      guard !isOpen else { return }
      findings.report(
        "unknown-property", .warning, at: name.place, "\(title) has no property `\(name.text.excerpt)`",
        expected: ValueTyper.oneOf(known.keys) ?? "no property: it has none",
        suggestion: nearest(name.text, among: known.keys))
      return
    }
    guard let schema = property.schema, let shape = catalogue.shape(schema.type, in: schema.file, report: false) else {
      return
    }
    for constraint in constraints where !constraint.operand.hasCall {
      switch shape {
      case .primitive(let primitive), .derived(_, let primitive): check(constraint, schema, primitive)
      case .complex:
        guard constraint.operation == .equal, constraint.operand.entries == nil else { continue }
        findings.report(
          "wrong-constraint", at: constraint.operand.place,
          "the operand of `equal` cannot be \(constraint.operand.kindDescription)",
          expected: "a map of the properties of `\(schema.type.text)`")
      }
    }
  }
}

extension YAMLNode {
  /// Whether it is the call of a function of 1.x, or has one in it: what that gives is not known here.
  fileprivate var hasCall: Bool {
    if let items { return items.contains(where: \.hasCall) }
    guard let entries, entries.count == 1 else { return false }
    return FunctionCall.Function.ofVersion1(named: entries[0].name) != nil
  }
}
