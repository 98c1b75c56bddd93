extension TopologyBuilder {
  /// The normalized form of a node template.
  func node(_ index: Int) -> Node? {
    guard let type = scope.nodes[index].type else { return nil }
    let template = scope.nodes[index].template
    var title: String { "node template `\(template.name.text.excerpt)`" }
    let definition = catalogue.nodes.types[type]
    let owner = ValueContext.Owner.node(index)
    if !template.directives.isEmpty { checkDirectives(of: template) }
    var node = Node(
      name: template.name.text, type: catalogue.nodes.reference(type),
      properties: properties(
        template.properties, isOnlySelected(template) ? definition.properties.optional : definition.properties,
        of: title, at: template.name.place, owner, allowOthers: catalogue.isOpen(.node, type)),
      attributes: attributes(
        template.attributes, definition.attributes, definition.properties, of: title, owner,
        allowOthers: catalogue.isOpen(.node, type)),
      capabilities: capabilities(of: index, template, definition, type, title), requirements: [],
      interfaces: interfaces(of: template, definition, type, owner), artifacts: artifacts(template, definition, owner),
      place: range(template.name.place))
    node.description = template.description
    node.metadata = Self.texts(template.metadata)
    node.directives = template.directives.map(\.text)
    node.count = template.count.flatMap { written in
      scope.nodes[index].count.map { Value(.integer($0), at: range(written.place)) } ?? typer.asWritten(written)
    }
    node.nodeFilter = template.nodeFilter.map { typer.asWritten($0.written) }
    requirements(of: index, template, definition, &node)
    if typer.version != .tosca2_0 { checkInputDefaults(of: type, template, owner) }
    return node
  }

  /// Before 2.0 other directives are for tools to define; one that is nearly a known one is a slip.
  private func checkDirectives(of template: NodeTemplate) {
    guard typer.version != .tosca2_0 else { return }
    let known = ["select", "selectable", "substitute", "substitutable"]
    for directive in template.directives where !known.contains(directive.text) {
      guard let near = nearest(directive.text, among: known) else { continue }
      findings.report(
        "unknown-value", .warning, at: directive.place, "unknown directive `\(directive.text.excerpt)`",
        expected: ValueTyper.oneOf(known), suggestion: near)
    }
  }

  private func capabilities(
    of index: Int, _ template: NodeTemplate, _ definition: NodeType, _ type: Int,
    _ title: @autoclosure () -> String
  ) -> [String: Capability] {
    for (name, assignment) in template.capabilities {
      findings.recorder?.reference(
        .capability, assignment.name, target: definition.capabilities[name]?.name.place
      ) { definition.capabilities.map { ($0, $1.name.place) } }
    }
    for (name, assignment) in template.capabilities
    where !definition.capabilities.contains(name) && !catalogue.isOpen(.node, type) {
      findings.report(
        "unknown-capability", at: assignment.name.place,
        "the node type `\(definition.header.name.text.excerpt)` has no capability `\(name.excerpt)`",
        expected: ValueTyper.oneOf(definition.capabilities.keys) ?? "no capabilities: its type has none",
        suggestion: nearest(name, among: definition.capabilities.keys))
    }
    let isOfType = template.capabilities.isEmpty && !isOnlySelected(template)
    if isOfType, let shared = inherited.capabilities[type] { return shared }
    let shape = catalogue.shape(ofNodeType: type)
    var result: [String: Capability] = [:]
    for position in definition.capabilities.entries.indices {
      let capability = shape.capabilities[position]
      guard let capabilityType = capability.type else { continue }
      let name = definition.capabilities.entries[position].key
      let assignment = template.capabilities[name]
      var entity: String { "the capability `\(name.excerpt)` of \(title())" }
      let values = properties(
        assignment?.properties ?? OrderedMap(),
        isOnlySelected(template) ? capability.properties.optional : capability.properties, of: entity,
        at: assignment?.name.place ?? template.name.place, .node(index),
        allowOthers: catalogue.isOpen(.capability, capabilityType))
      let attributes = attributes(
        assignment?.attributes ?? OrderedMap(), capability.attributes, capability.properties, of: entity, .node(index),
        allowOthers: catalogue.isOpen(.capability, capabilityType))
      result[name] = Capability(
        type: catalogue.capabilities.reference(capabilityType), properties: values, attributes: attributes)
    }
    // What has neither functions nor missing values is the same for every node of the type.
    let isShared = {
      shape.capabilities.allSatisfy { Self.areShared($0.properties) && Self.areShared($0.attributes, mayLack: true) }
    }
    if isOfType, isShared() { inherited.capabilities[type] = result }
    return result
  }

  /// Whether what is not assigned gives the same values for every node: there are no functions in defaults, and no
  /// value is missing.
  static func areShared(_ definitions: OrderedMap<PropertyDefinition>, mayLack: Bool = false) -> Bool {
    definitions.values.allSatisfy { definition in
      definition.defaultValue.map { !mayCall($0) } ?? (mayLack || !definition.required)
    }
  }

  /// Whether a function may be in a node.
  static func mayCall(_ node: YAMLNode) -> Bool {
    switch node.content {
    case .scalar(let text, _): text.hasPrefix("$")
    case .sequence(let items): items.contains(where: mayCall)
    case .mapping(let entries):
      entries.contains { entry in
        entry.name.hasPrefix("$") || FunctionCall.Function(rawValue: entry.name) != nil || mayCall(entry.value)
      }
    }
  }

  /// The bound and the open requirements of a node.
  private func requirements(of index: Int, _ template: NodeTemplate, _ definition: NodeType, _ node: inout Node) {
    for (number, binding) in scope.nodes[index].bindings.enumerated() {
      let times = relationships(of: binding)
      guard times != 1 || scope.representation != nil else {
        requirement(number, binding, of: index, template, definition, &node)
        continue
      }
      let representation = scope.representation
      for offset in 0..<times {
        scope.representation = representation ?? TopologyScope.Representation(node: index, index: 0)
        if times > 1 { scope.representation?.relationship = offset }
        requirement(number, binding, of: index, template, definition, &node)
        if findings.hasErrors { break }
      }
      scope.representation = representation
    }
  }

  /// One relationship of a node, or an open requirement.
  private func requirement(
    _ number: Int, _ binding: Binding, of index: Int, _ template: NodeTemplate, _ definition: NodeType,
    _ node: inout Node
  ) {
    let requirement = definition.requirements.position(of: binding.name.text)
      .map { definition.requirements.entries[$0].element }
    let assignment = binding.assignment.map { template.requirements[$0] }
    let owner = ValueContext.Owner.relationship(node: index, requirement: number)
    var entity: String { "the relationship of requirement `\(binding.name.text.excerpt)`" }
    var relationship = Requirement(
      name: binding.name.text, target: "", capability: binding.capability,
      relationship: TypeReference(name: "tosca.relationships.Root", ancestors: []), template: binding.template,
      isOptional: binding.isOptional, fulfilment: binding.fulfilment, place: range(binding.name.place))
    if let type = binding.relationshipType {
      let known = catalogue.relationships.types[type]
      relationship.relationship = catalogue.relationships.reference(type)
      let properties =
        requirement?.properties.isEmpty == false
        ? (requirement?.properties ?? OrderedMap()).over(known.properties) { $0.refining($1) } : known.properties
      relationship.properties = self.properties(
        binding.properties, properties, of: entity, at: binding.name.place, owner,
        allowOthers: catalogue.isOpen(.relationship, type))
      relationship.attributes = attributes(
        binding.attributes, (requirement?.attributes ?? OrderedMap()).over(known.attributes) { $0.refining($1) },
        properties, of: entity, owner, allowOthers: catalogue.isOpen(.relationship, type))
      relationship.interfaces = interfaces(
        of: binding, type, refinedBy: requirement?.interfaces ?? OrderedMap(), owner)
    }
    relationship.count = count(of: binding, assignment)
    guard let target = binding.target else {
      node.danglingRequirements.append(
        dangling(binding, requirement, assignment, relationship, binding.candidates.flatMap(candidateNames)))
      return
    }
    relationship.targetIndex = assignment?.nodeIndex.flatMap {
      typer.value($0, as: nil, ValueContext(subject: "the index of the target", owner: owner))
    }
    switch chooseNode(
      of: target, number, of: index, relationship.targetIndex,
      at: assignment?.nodeIndex?.place ?? binding.name.place)
    {
    case .node(let name): relationship.target = name
    case .open(let names):
      node.danglingRequirements.append(dangling(binding, requirement, assignment, relationship, names))
      return
    }
    if let allocation = assignment?.allocation, !allocation.isEmpty {
      let type = binding.capability.flatMap { name in
        scope.nodes[target].type.flatMap { catalogue.nodes.types[$0].capabilities[name] }
      }
      let defined = type.map { typer.capabilityProperties($0) }
      for (name, assigned) in allocation {
        let context = ValueContext(subject: "the allocation `\(name.excerpt)`", owner: owner)
        relationship.allocation[name] =
          defined?[name].map { typer.value(assigned.value, of: $0, context) }
          ?? typer.value(assigned.value, as: nil, context)
      }
      noteClaim(relationship, allocation, of: index, target: target, position: node.requirements.count)
    }
    node.requirements.append(relationship)
  }

  private func candidateNames(_ candidate: Int) -> [String] { nodeNames(scope.nodes[candidate].template.name.text) }

  private func count(of binding: Binding, _ assignment: RequirementAssignment?) -> Value? {
    // Each of several relationships stands for itself.
    if scope.representation?.relationship != nil { return nil }
    if let written = assignment?.count {
      return binding.count.map { Value(.integer($0), at: range(written.place)) } ?? typer.asWritten(written)
    }
    guard let count = binding.count, count != 1 else { return nil }
    return Value(.integer(count), at: range(binding.name.place))
  }

  private func dangling(
    _ binding: Binding, _ requirement: RequirementDefinition?, _ assignment: RequirementAssignment?,
    _ relationship: Requirement, _ candidates: [String]
  ) -> DanglingRequirement {
    let filters = [requirement?.nodeFilter, assignment?.nodeFilter].compactMap {
      $0.map { typer.asWritten($0.written) }
    }
    let filter = filters.count > 1 ? Value(.list(filters), at: filters[0].place) : filters.first
    return DanglingRequirement(
      name: binding.name.text, nodeType: binding.nodeType.map { catalogue.nodes.reference($0) },
      capability: (assignment?.capability ?? requirement?.capability)?.text,
      relationship: binding.relationshipType.map { catalogue.relationships.reference($0) }, nodeFilter: filter,
      candidates: candidates, count: relationship.count,
      isOptional: binding.isOptional, place: relationship.place)
  }
}

/// What nodes and relationships have of their types alone: made once, and shared by all of them.
struct InheritedParts {
  /// The capabilities, by node type.
  var capabilities: [Int: [String: Capability]] = [:]
  /// The interfaces, by node type.
  var nodeInterfaces: [Int: [String: Interface]] = [:]
  /// The interfaces, by relationship type.
  var relationshipInterfaces: [Int: [String: Interface]] = [:]
}
