extension ValueTyper {
  /// `get_property: [entity, capability or requirement?, property, key or index, …]` (4.4.2).
  func property(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let items = call.arguments.items, items.count >= 2, let entity = items[0].text,
      items.allSatisfy({ $0.text != nil })
    else {
      reportArguments(call, "`[entity, property]`, or `[entity, capability or requirement, property]`")
      return .invalid
    }
    guard let topology else { return .unknown }
    refer(toEntity: items[0])
    if isKeywordInOutput(items[0], call, context) { return .invalid }
    switch topology.entity(entity, context.owner) {
    case .node(let index): return property(of: index, items.dropFirst(), call, context)
    case .relationship(let node, let requirement):
      return relationshipProperty(node, requirement, items.dropFirst(), call, context)
    case .template(let name):
      guard let template = topology.relationshipTemplates[name] else { return .unknown }
      guard let assigned = template.properties[items[1].text ?? ""] else { return .unknown }
      return lookUp("relationship \(name)", assigned.name.text, assigned.value, items.dropFirst(2), call, context)
    case .unknown: return .unknown
    case .none: return reportUnknownEntity(items[0], call)
    }
  }

  func property(
    of index: Int, _ path: ArraySlice<YAMLNode>, _ call: FunctionCall, _ context: ValueContext
  ) -> Evaluated {
    guard let topology, let first = path.first, let name = first.text else { return .unknown }
    let node = topology.nodes[index]
    guard let type = node.type else { return .unknown }
    let definition = catalogue.nodes.types[type]
    if path.count == 1 {
      refer(.property, first, to: definition.properties[name]?.name.place) {
        definition.properties.map { ($0, $1.name.place) } + definition.capabilities.map { ($0, $1.name.place) }
      }
    } else if let capability = definition.capabilities[name] {
      refer(.capability, first, to: capability.name.place) { [] }
    } else if let requirement = definition.requirements[name] {
      refer(.requirement, first, to: requirement.name.place) { [] }
    } else {
      refer(.property, first, to: definition.properties[name]?.name.place) { [] }
    }
    if path.count >= 2, let second = path.dropFirst().first, let inner = second.text {
      // Where a capability and a requirement have the name, it is the one with the property.
      if let capability = definition.capabilities[name],
        definition.requirements[name] == nil || hasProperty(inner, of: capability)
      {
        return capabilityProperty(index, capability, inner, path, call, context)
      }
      if definition.requirements[name] != nil {
        let numbers = node.bindings.indices.filter { node.bindings[$0].name.text == name }
        if let position = CoreSchema.integer(inner), path.count >= 3,
          version == .tosca2_0 || tolerances.contains(.requirementIndexes)
        {
          if version != .tosca2_0 {
            findings.report(
              "tolerated", .warning, at: second.place,
              "the index of a requirement in `\(call.name)`; tolerated by `\(Tolerance.requirementIndexes.name)`",
              expected: "a property of the requirement's target")
          }
          // An index stands for one of the requirement's relationships.
          guard numbers.indices.contains(position) else { return .unknown }
          return relationshipProperty(index, numbers[position], path.dropFirst(2), call, context)
        }
        guard let number = numbers.first, let target = node.bindings[number].target else { return .unknown }
        let binding = node.bindings[number]
        let targetType = topology.nodes[target].type.map { catalogue.nodes.types[$0] }
        if let offered = binding.capability, let capability = targetType?.capabilities[offered],
          hasProperty(inner, of: capability)
        {
          return capabilityProperty(target, capability, inner, path, call, context)
        }
        var moved = context
        moved.owner = .node(target)
        return property(of: target, path.dropFirst(), call, moved)
      }
    }
    if let assigned = node.template.properties[name] {
      var inner = context
      inner.owner = .node(index)
      inner.isSensitive = inner.isSensitive || (definition.properties[name]?.isSensitive ?? false)
      return lookUp("node \(node.template.name.text)", name, assigned.value, path.dropFirst(), call, inner)
    }
    guard let property = definition.properties[name] else {
      // Attributes are reflected by properties and the other way round (1.3, 3.6.12.2).
      if definition.attributes[name] != nil || node.template.attributes[name] != nil { return .unknown }
      if catalogue.isOpen(.node, type) { return .unknown }
      let names = Array(definition.properties.keys) + Array(definition.capabilities.keys)
      findings.report(
        "unknown-property", at: first.place,
        "`\(node.template.name.text.excerpt)` has no property `\(name.excerpt)`", expected: Self.oneOf(names),
        suggestion: nearest(name, among: names))
      return .invalid
    }
    guard let value = property.defaultValue else { return .unknown }
    var inner = context
    inner.owner = .node(index)
    inner.isSensitive = inner.isSensitive || property.isSensitive
    return lookUp("node \(node.template.name.text)", name, value, path.dropFirst(), call, inner)
  }

  /// Whether a keyword stands where there is no node or relationship that it could stand for (1.3, 4.1); reported.
  private func isKeywordInOutput(_ entity: YAMLNode, _ call: FunctionCall, _ context: ValueContext) -> Bool {
    guard context.isOutput, context.owner == .none, let name = entity.text,
      ["SELF", "SOURCE", "TARGET", "HOST"].contains(name)
    else { return false }
    findings.report(
      "wrong-context", at: entity.place, "`\(name)` stands for nothing in an output",
      expected: "the name of a node template (1.3, 4.1)")
    return true
  }

  private func hasProperty(_ name: String, of capability: CapabilityDefinition) -> Bool {
    capabilityProperties(capability)[name] != nil
  }

  /// The properties of a capability: those of its type, and those that the node type adds.
  func capabilityProperties(_ capability: CapabilityDefinition) -> OrderedMap<PropertyDefinition> {
    guard let type = catalogue.find(.capability, capability.type, in: capability.file, report: false) else {
      return capability.properties
    }
    return capability.properties.over(catalogue.capabilities.types[type].properties) { $0.refining($1) }
  }

  func capabilityProperty(
    _ index: Int, _ capability: CapabilityDefinition, _ name: String, _ path: ArraySlice<YAMLNode>,
    _ call: FunctionCall, _ context: ValueContext
  ) -> Evaluated {
    guard let topology else { return .unknown }
    let node = topology.nodes[index]
    let owner = "capability \(node.template.name.text) \(capability.name.text)"
    var inner = context
    inner.owner = .node(index)
    if findings.recorder != nil, let second = path.dropFirst().first {
      let known = capabilityProperties(capability)
      refer(.property, second, to: known[name]?.name.place) { known.map { ($0, $1.name.place) } }
    }
    if let assigned = node.template.capabilities[capability.name.text]?.properties[name] {
      return lookUp(owner, name, assigned.value, path.dropFirst(2), call, inner)
    }
    let properties = capabilityProperties(capability)
    guard let property = properties[name] else {
      guard let type = catalogue.find(.capability, capability.type, in: capability.file, report: false),
        !catalogue.isOpen(.capability, type)
      else { return .unknown }
      if catalogue.capabilities.types[type].attributes[name] != nil || capability.attributes[name] != nil {
        return .unknown
      }
      findings.report(
        "unknown-property", at: path.dropFirst().first?.place ?? call.place,
        "the capability `\(capability.name.text.excerpt)` has no property `\(name.excerpt)`",
        expected: Self.oneOf(properties.keys), suggestion: nearest(name, among: properties.keys))
      return .invalid
    }
    guard let value = property.defaultValue else { return .unknown }
    return lookUp(owner, name, value, path.dropFirst(2), call, inner)
  }

  func relationshipProperty(
    _ node: Int, _ requirement: Int, _ path: ArraySlice<YAMLNode>, _ call: FunctionCall, _ context: ValueContext
  ) -> Evaluated {
    guard let topology, let first = path.first, let name = first.text else { return .unknown }
    let binding = topology.nodes[node].bindings[requirement]
    if let assigned = binding.properties[name] {
      let owner = "relationship \(node) \(requirement)"
      return lookUp(owner, name, assigned.value, path.dropFirst(), call, context)
    }
    guard let type = binding.relationshipType else { return .unknown }
    let definition = catalogue.relationships.types[type]
    guard let property = definition.properties[name] else {
      if definition.attributes[name] != nil || catalogue.isOpen(.relationship, type) { return .unknown }
      findings.report(
        "unknown-property", at: first.place, "the relationship has no property `\(name.excerpt)`",
        expected: Self.oneOf(definition.properties.keys),
        suggestion: nearest(name, among: definition.properties.keys))
      return .invalid
    }
    guard let value = property.defaultValue else { return .unknown }
    return lookUp("relationship \(node) \(requirement)", name, value, path.dropFirst(), call, context)
  }

  /// The value of a property, or what is inside it; one that leads back to itself is reported.
  func lookUp(
    _ owner: String, _ name: String, _ value: YAMLNode, _ path: ArraySlice<YAMLNode>, _ call: FunctionCall,
    _ context: ValueContext
  ) -> Evaluated {
    let key = owner + "\u{0}" + name
    guard !context.trail.contains(key) else {
      findings.report(
        "function-cycle", at: call.place, "the value of the property `\(name.excerpt)` depends on itself",
        expected: "a value that ends somewhere")
      return .invalid
    }
    var inner = context
    inner.trail.append(key)
    return inside(value, path, inner)
  }

  /// `get_attribute: [entity, capability or requirement?, attribute, …]` (4.5.1): its value is known when the service
  /// runs.
  func attribute(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let items = call.arguments.items, items.count >= 2, let entity = items[0].text else {
      reportArguments(call, "`[entity, attribute]`, or `[entity, capability or requirement, attribute]`")
      return .invalid
    }
    guard let topology else { return .unknown }
    refer(toEntity: items[0])
    if isKeywordInOutput(items[0], call, context) { return .invalid }
    guard case .node(let index) = topology.entity(entity, context.owner) else {
      if case .none = topology.entity(entity, context.owner) { return reportUnknownEntity(items[0], call) }
      return .unknown
    }
    guard let type = topology.nodes[index].type, let name = items[1].text else { return .unknown }
    if hasAttribute(name, of: type) || topology.nodes[index].template.attributes.contains(name) { return .unknown }
    let definition = catalogue.nodes.types[type]
    let node = topology.nodes[index]
    // What every node has (1.3, 3.4.1 and 5.9.1.3), whatever its type derives from.
    let names =
      Array(definition.attributes.keys) + Array(definition.properties.keys) + Array(definition.capabilities.keys)
      + Array(definition.requirements.keys) + Array(node.template.attributes.keys)
      + ["tosca_id", "tosca_name", "state"]
    refer(.attribute, items[1], to: (definition.attributes[name] ?? definition.properties[name])?.name.place) {
      names.map { ($0, nil) }
    }
    guard names.contains(name) || catalogue.isOpen(.node, type) else {
      findings.report(
        "unknown-attribute", at: items[1].place,
        "`\(node.template.name.text.excerpt)` has no attribute `\(name.excerpt)`", expected: Self.oneOf(names),
        suggestion: nearest(name, among: names))
      return .invalid
    }
    return .unknown
  }

  /// Whether nodes of a type have an attribute of a name, or a property, capability or requirement, which are attributes
  /// too.
  private func hasAttribute(_ name: String, of type: Int) -> Bool {
    catalogue.nodes.types[type].attributes.contains(name) || catalogue.nodes.types[type].properties.contains(name)
      || catalogue.nodes.types[type].capabilities.contains(name)
      || catalogue.nodes.types[type].requirements.contains(name)
  }
}
