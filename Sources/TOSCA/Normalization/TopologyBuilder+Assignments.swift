extension TopologyBuilder {
  /// Checks a requirement assignment of 2.0 against its definition and its target (8.5).
  func check(
    _ assignment: RequirementAssignment, _ requirement: RequirementDefinition, of source: Int, _ sourceType: Int
  ) {
    if let index = assignment.nodeIndex {
      let schema = SchemaDefinition(type: Name(text: "integer", place: index.place), file: file.id)
      var context = ValueContext(subject: "the index of the target node", owner: .node(source))
      context.isRequirement = true
      _ = typer.value(index, as: schema, context)
    }
    if let filter = assignment.nodeFilter?.condition {
      var context = ValueContext(
        subject: "the node filter of `\(assignment.name.text.excerpt)`",
        owner: .requirement(type: sourceType, name: assignment.name.text))
      context.isFilter = true
      typer.checkCondition(filter, context.subject, context)
    }
    let target = self.target(of: assignment, requirement)
    let wanted = requirement.capability.flatMap {
      catalogue.find(.capability, $0, in: $0.place.file, report: false)
    }
    checkCapabilityName(assignment, requirement, wanted, target)
    let relationship = relationshipType(of: assignment, requirement)
    let capability = capability(of: assignment, requirement, wanted, target)
    checkValidTypes(assignment, sourceType, target, relationship, capability)
    checkAllocation(assignment, capability, source)
  }

  /// The type of an assignment's target; nil where none is known.
  private func target(of assignment: RequirementAssignment, _ requirement: RequirementDefinition) -> Int? {
    guard let node = assignment.node ?? requirement.node else { return nil }
    if assignment.node != nil, let index = scope.nodeIndex[node.text] { return scope.nodes[index].type }
    return catalogue.find(.node, node, in: node.place.file, report: false)
  }

  /// The type of an assignment's relationship.
  private func relationshipType(of assignment: RequirementAssignment, _ requirement: RequirementDefinition) -> Int? {
    let named: Name?
    switch assignment.relationship {
    case .named(let name): named = name
    case .inline(let type, _, _, _): named = type
    case nil: named = nil
    }
    if let named {
      if let type = catalogue.find(.relationship, named, in: file.id, report: false) { return type }
      if let template = scope.template.relationshipTemplates[named.text] {
        return catalogue.find(.relationship, template.type, in: file.id, report: false)
      }
    }
    return requirement.relationship.flatMap {
      catalogue.find(.relationship, $0, in: $0.place.file, report: false)
    }
  }

  /// A capability that the definition names must stay, and a type of capabilities must derive from the definition's
  /// (8.5.2).
  private func checkCapabilityName(
    _ assignment: RequirementAssignment, _ requirement: RequirementDefinition, _ wanted: Int?, _ target: Int?
  ) {
    guard let name = assignment.capability else { return }
    if wanted == nil, let defined = requirement.capability, defined.text != name.text {
      findings.report(
        "wrong-capability", at: name.place,
        "the requirement `\(assignment.name.text.excerpt)` is for the capability `\(defined.text.excerpt)`",
        expected: "`\(defined.text)`, or no `capability` (TOSCA 2.0, 8.5.2)",
        related: [(defined.place, "it is named here")])
      return
    }
    if let target, catalogue.nodes.types[target].capabilities[name.text] != nil { return }
    guard let type = catalogue.find(.capability, name, in: file.id, report: false) else {
      // A target that is a node template was looked at when the requirement was bound.
      let isTemplate = assignment.node.map { scope.nodeIndex[$0.text] != nil } ?? false
      if let target, !isTemplate {
        let known = catalogue.nodes.types[target].capabilities.keys
        findings.report(
          "unknown-capability", at: name.place,
          "the node type of the target has no capability `\(name.text.excerpt)`",
          expected: ValueTyper.oneOf(known) ?? "no capability: its type has none",
          suggestion: nearest(name.text, among: known))
      }
      return
    }
    guard let wanted, !catalogue.capabilities.derives(type, from: wanted) else { return }
    findings.report(
      "wrong-capability", at: name.place,
      "the capability type `\(name.text.excerpt)` does not meet the requirement `\(assignment.name.text.excerpt)`",
      expected: "`\(catalogue.capabilities.types[wanted].header.name.text)`, or a type derived from it",
      related: [(requirement.name.place, "the requirement is defined here")])
  }

  /// The capability that an assignment leads to: of the target's type, or, where that is not known, of a type only.
  private func capability(
    of assignment: RequirementAssignment, _ requirement: RequirementDefinition, _ wanted: Int?, _ target: Int?
  ) -> CapabilityDefinition? {
    let offered = target.map { catalogue.nodes.types[$0].capabilities } ?? OrderedMap()
    if let name = assignment.capability ?? (wanted == nil ? requirement.capability : nil),
      let capability = offered[name.text]
    {
      return capability
    }
    let type =
      assignment.capability.flatMap { catalogue.find(.capability, $0, in: file.id, report: false) } ?? wanted
    guard let type else { return nil }
    let fitting = offered.values.first { capability in
      catalogue.find(.capability, capability.type, in: capability.file, report: false)
        .map { catalogue.capabilities.derives($0, from: type) } ?? false
    }
    return fitting ?? CapabilityDefinition(ofType: catalogue.capabilities.types[type].header.name)
  }

  /// What an assignment brings together is allowed by the lists of valid types of its relationship's type, and of the
  /// capability it leads to (7.3, 8.1 and 8.2).
  private func checkValidTypes(
    _ assignment: RequirementAssignment, _ source: Int, _ target: Int?, _ relationship: Int?,
    _ capability: CapabilityDefinition?
  ) {
    let isTemplate = assignment.node.map { scope.nodeIndex[$0.text] != nil } ?? false
    func check(_ list: [Name], _ kind: TypeKind, _ type: Int?, _ keyname: String, isExact: Bool) {
      guard let type, !list.isEmpty else { return }
      let known = list.compactMap { catalogue.find(kind, $0, in: $0.place.file, report: false) }
      guard known.count == list.count else { return }
      let fits = known.contains {
        catalogue.derives(kind, type, from: $0) || !isExact && catalogue.derives(kind, $0, from: type)
      }
      guard !fits else { return }
      findings.report(
        "incompatible-types", at: assignment.name.place,
        "`\(keyname)` does not allow `\(catalogue.header(kind, type).name.text.excerpt)` in the requirement "
          + "`\(assignment.name.text.excerpt)`",
        expected: ValueTyper.oneOf(list.map(\.text)), related: [(list[0].place, "the list is here")])
    }
    let capabilityType = capability.flatMap { catalogue.find(.capability, $0.type, in: $0.file, report: false) }
    if let relationship {
      let type = catalogue.relationships.types[relationship]
      check(type.validTargetTypes, .capability, capabilityType, "valid_capability_types", isExact: isTemplate)
      check(type.validTargetNodeTypes, .node, target, "valid_target_node_types", isExact: isTemplate)
      check(type.validSourceNodeTypes, .node, source, "valid_source_node_types", isExact: true)
    }
    guard let capability, let capabilityType else { return }
    let type = catalogue.capabilities.types[capabilityType]
    let sources = capability.validSourceTypes.isEmpty ? type.validSourceTypes : capability.validSourceTypes
    check(sources, .node, source, "valid_source_node_types", isExact: true)
    let relationships =
      capability.validRelationshipTypes.isEmpty ? type.validRelationshipTypes : capability.validRelationshipTypes
    check(relationships, .relationship, relationship, "valid_relationship_types", isExact: true)
  }

  /// What is allocated are amounts of properties that the capability has (8.5.5).
  private func checkAllocation(_ assignment: RequirementAssignment, _ capability: CapabilityDefinition?, _ source: Int)
  {
    guard let capability else {
      for (name, value) in assignment.allocation {
        _ = typer.value(
          value.value, as: nil, ValueContext(subject: "allocation `\(name.excerpt)`", owner: .node(source)))
      }
      return
    }
    let properties = typer.capabilityProperties(capability)
    for (name, allocation) in assignment.allocation {
      guard let property = properties[name] else {
        findings.report(
          "unknown-allocation", .warning, at: allocation.name.place,
          "the target capability has no property `\(name.excerpt)` to allocate of",
          expected: ValueTyper.oneOf(properties.keys) ?? "no allocation: its type has no properties",
          suggestion: nearest(name, among: properties.keys))
        continue
      }
      let type = typer.staticType(of: property.schema)
      guard type.kind == .unknown || type.isNumber || type.isScalar else {
        findings.report(
          "wrong-type", at: allocation.name.place,
          "nothing can be allocated of `\(name.excerpt)`: it is \(type.description)",
          expected: "a property that is an integer, a float or a scalar (TOSCA 2.0, 8.5.5)")
        continue
      }
      // An allocation is an amount of the property, to which its own validation does not apply.
      let schema = property.schema.map {
        SchemaDefinition(type: $0.type, entrySchema: $0.entrySchema, keySchema: $0.keySchema, file: $0.file)
      }
      var context = ValueContext(subject: "allocation `\(name.excerpt)`", owner: .node(source))
      context.isRequirement = true
      _ = typer.value(allocation.value, as: schema, context)
    }
  }
}
