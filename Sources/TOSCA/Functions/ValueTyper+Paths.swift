extension ValueTyper {
  /// The type of what a function gives that follows a TOSCA path: `$get_property`, `$get_attribute`, `$get_artifact` and
  /// `$available_allocation` (2.0, 10.2.1). Nil where the call is wrong, which is reported.
  func pathType(_ call: FunctionCall, _ context: ValueContext) -> StaticType? {
    guard let items = call.arguments.items, items.count >= 2 else {
      reportArguments(call, "a TOSCA path and a name, such as `[SELF, name]` (TOSCA 2.0, 10.3)")
      return nil
    }
    guard items.allSatisfy({ $0.text != nil || Condition.isCall($0) }) else {
      reportArguments(call, "names, indexes and functions")
      return nil
    }
    guard let path = path(items, call, context) else { return nil }
    guard let item = path.rest.first, let name = item.text, !Condition.isCall(item),
      CoreSchema.kind(of: name, item.isQuoted ? .quoted : .plain) == .string
    else {
      reportArguments(call, "a name after the TOSCA path (TOSCA 2.0, 10.3)", at: path.rest.first?.place)
      return nil
    }
    let nested = path.rest.dropFirst()
    if call.function == .getArtifact || call.function == .availableAllocation, let extra = nested.first {
      reportArguments(call, "nothing after `\(name.excerpt)`", at: extra.place)
      return nil
    }
    let found: StaticType?
    switch path.context {
    case .unknown: return .unknown
    case .node(let type, let template): found = nodeType(type, template, item, name, path, call, context)
    case .relationship(let relationship): found = relationshipType(relationship, item, name, path, call, context)
    case .capability(let capability, _): found = capabilityType(capability, item, name, path, call, context)
    }
    guard let found else { return context.isFilter ? .unknown : nil }
    guard let result = self.nested(found, nested, call, context) else { return nil }
    return path.isMultiple ? StaticType(.list) : result
  }

  private func nodeType(
    _ type: Int?, _ template: Int?, _ item: YAMLNode, _ name: String, _ path: TOSCAPath, _ call: FunctionCall,
    _ context: ValueContext
  ) -> StaticType? {
    guard let type else { return .unknown }
    let definition = catalogue.nodes.types[type]
    switch call.function {
    case .availableAllocation:
      reportArguments(call, "a TOSCA path to a capability (TOSCA 2.0, 10.2.1.8)")
      return nil
    case .getArtifact:
      let own = template.flatMap { topology?.nodes[$0].template.artifacts.keys } ?? []
      let names = own + definition.artifacts.keys.filter { !own.contains($0) }
      if names.contains(name) || !path.isExact { return StaticType(.string) }
      reportStep("unknown-artifact", "artifact", item, call, names, context)
      return nil
    default:
      return member(definition.properties, definition.attributes, item, name, path, call, context)
    }
  }

  private func relationshipType(
    _ relationship: TOSCAPath.Relationship, _ item: YAMLNode, _ name: String, _ path: TOSCAPath, _ call: FunctionCall,
    _ context: ValueContext
  ) -> StaticType? {
    if call.function == .getArtifact || call.function == .availableAllocation {
      reportArguments(
        call, call.function == .getArtifact ? "a TOSCA path to a node" : "a TOSCA path to a capability", at: item.place)
      return nil
    }
    guard let type = relationship.type else { return .unknown }
    let definition = catalogue.relationships.types[type]
    return member(definition.properties, definition.attributes, item, name, path, call, context)
  }

  private func capabilityType(
    _ capability: CapabilityDefinition, _ item: YAMLNode, _ name: String, _ path: TOSCAPath, _ call: FunctionCall,
    _ context: ValueContext
  ) -> StaticType? {
    if call.function == .getArtifact {
      reportArguments(call, "a TOSCA path to a node", at: item.place)
      return nil
    }
    guard let type = catalogue.find(.capability, capability.type, in: capability.file, report: false) else {
      return .unknown
    }
    let attributes = capability.attributes.over(catalogue.capabilities.types[type].attributes) { $0.refining($1) }
    let found = member(capabilityProperties(capability), attributes, item, name, path, call, context)
    guard call.function == .availableAllocation, let found else { return found }
    if found.kind == .unknown || found.isNumber || found.isScalar { return found }
    findings.report(
      "wrong-arguments", at: item.place, "nothing can be allocated of `\(name.excerpt)`: it is \(found.description)",
      expected: "a property that is an integer, a float or a scalar (TOSCA 2.0, 10.2.1.8)")
    return nil
  }

  /// A property, or for `$get_attribute` an attribute, which each property has, too (9.6).
  private func member(
    _ properties: OrderedMap<PropertyDefinition>, _ attributes: OrderedMap<PropertyDefinition>, _ item: YAMLNode,
    _ name: String, _ path: TOSCAPath, _ call: FunctionCall, _ context: ValueContext
  ) -> StaticType? {
    if call.function == .getAttribute {
      if let attribute = attributes[name] ?? properties[name] { return staticType(of: attribute.schema) }
      guard path.isExact else { return .unknown }
      reportStep("unknown-attribute", "attribute", item, call, Array(attributes.keys) + properties.keys, context)
      return nil
    }
    if let property = properties[name] { return staticType(of: property.schema) }
    guard path.isExact else { return .unknown }
    if attributes[name] != nil {
      findings.report(
        "unknown-property", context.isFilter ? .warning : .error, at: item.place,
        "`\(name.excerpt)` is an attribute, not a property", expected: "`$get_attribute` (TOSCA 2.0, 10.2.1.2)")
      return nil
    }
    reportStep("unknown-property", "property", item, call, Array(properties.keys), context)
    return nil
  }

  /// What a function gives that follows a TOSCA path, as far as it is known before the service runs.
  func evaluatePath(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    if call.function == .availableAllocation { return availableAllocation(call, context) }
    guard call.function == .getProperty, let topology, let items = call.arguments.items,
      let path = path(items, call, context), path.isCertain, let name = path.rest.first?.text
    else { return .unknown }
    let rest = path.rest.dropFirst()
    var inner = context
    inner.representation = path.representation ?? context.representation
    switch path.context {
    case .node(let type?, let template?):
      let node = topology.nodes[template]
      guard !isSelected(node) else { return .unknown }
      let definition = catalogue.nodes.types[type].properties[name]
      guard let value = node.template.properties[name]?.value ?? definition?.defaultValue else { return .unknown }
      inner.owner = .node(template)
      inner.isSensitive = inner.isSensitive || definition?.isSensitive ?? false
      return lookUp("node \(template)", name, value, rest, call, inner)
    case .capability(let capability, let template?):
      let node = topology.nodes[template]
      guard !isSelected(node) else { return .unknown }
      let definition = capabilityProperties(capability)[name]
      let assigned = node.template.capabilities[capability.name.text]?.properties[name]?.value
      guard let value = assigned ?? definition?.defaultValue else { return .unknown }
      inner.owner = .node(template)
      inner.isSensitive = inner.isSensitive || definition?.isSensitive ?? false
      return lookUp("capability \(template) \(capability.name.text)", name, value, rest, call, inner)
    case .relationship(let relationship):
      guard let source = relationship.source.template, let requirement = relationship.requirement else {
        return .unknown
      }
      let definition = relationship.type.flatMap { catalogue.relationships.types[$0].properties[name] }
      let assigned = topology.nodes[source].bindings[requirement].properties[name]?.value
      guard let value = assigned ?? definition?.defaultValue else { return .unknown }
      inner.owner = .relationship(node: source, requirement: requirement)
      inner.isSensitive = inner.isSensitive || definition?.isSensitive ?? false
      return lookUp("relationship \(source) \(requirement)", name, value, rest, call, inner)
    default: return .unknown
    }
  }

  /// Whether a node may be one that is there already, whose values its template does not say (7.2.1).
  private func isSelected(_ node: BoundNode) -> Bool { node.template.directives.contains { $0.text == "select" } }

  /// Checks a condition: a function that gives a Boolean, of arguments that fit (8.6, 9.11, 13.2.1, 15.1 and 16.5).
  func checkCondition(_ node: YAMLNode, _ what: ValueSubject, _ context: ValueContext) {
    guard let call = call(in: node, schema: nil, context), let type = resultType(of: call, context),
      !type.may(.boolean)
    else { return }
    findings.report(
      "wrong-type", at: node.place, "\(what) gives \(type.description)", expected: "a function that gives a Boolean")
  }

  /// Checks that a mapping leads to an attribute (9.10).
  func checkMapping(_ node: YAMLNode, _ owner: ValueContext.Owner) {
    guard node.items != nil else { return }
    var call = FunctionCall(named: "$get_attribute", arguments: node, namePlace: node.place, place: node.place)
    call.name = "a mapping"
    _ = pathType(call, ValueContext(subject: "a mapping", owner: owner))
  }
}

extension YAMLNode {
  /// Whether this is a scalar in quotes.
  var isQuoted: Bool { if case .scalar(_, .quoted) = content { true } else { false } }
}
