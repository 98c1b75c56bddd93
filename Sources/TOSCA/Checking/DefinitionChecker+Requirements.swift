extension DefinitionChecker {
  /// Checks a requirement definition of 2.0, or the refinement of an inherited one (8.4).
  func check(_ own: RequirementDefinition, inherited: RequirementDefinition?, of source: Int) {
    let requirement = inherited.map { own.refining($0) } ?? own
    reportMissing(requirement, own)
    let parts = RequirementParts(
      node: requirement.node.flatMap { catalogue.find(.node, $0, in: $0.place.file) },
      capability: capabilityType(of: requirement),
      relationship: requirement.relationship.flatMap { catalogue.find(.relationship, $0, in: $0.place.file) })
    checkTarget(requirement, own, parts)
    checkValidTypes(requirement, parts, source)
    if let inherited { checkRefinement(own, of: inherited, parts) }
    if let relationship = parts.relationship {
      let type = catalogue.relationships.types[relationship]
      reportAdded(own.properties, type.properties, "property", "the relationship type", type.header.name)
      reportAdded(own.attributes, type.attributes, "attribute", "the relationship type", type.header.name)
      check(own.properties, inherited: type.properties, .relationshipType(relationship))
      check(own.attributes, inherited: type.attributes, .relationshipType(relationship))
      for (name, interface) in own.interfaces where type.interfaces[name] == nil {
        findings.report(
          "unknown-interface", at: interface.name.place,
          "the relationship type `\(type.header.name.text.excerpt)` has no interface `\(name.excerpt)`",
          expected: ValueTyper.oneOf(type.interfaces.keys) ?? "no interfaces: its type has none",
          suggestion: nearest(name, among: type.interfaces.keys))
      }
      check(own.interfaces, inherited: type.interfaces, .relationshipType(relationship))
    }
    if let filter = own.nodeFilter?.condition {
      var context = ValueContext(
        subject: "the node filter of `\(own.name.text.excerpt)`",
        owner: .requirement(type: source, name: own.name.text))
      context.isFilter = true
      typer.checkCondition(filter, context.subject, context)
    }
  }

  /// The types that a requirement names; nil where a name is missing or stands for nothing.
  private struct RequirementParts {
    var node: Int?
    var capability: Int?
    var relationship: Int?
  }

  private func reportMissing(_ requirement: RequirementDefinition, _ own: RequirementDefinition) {
    let name = own.name
    if requirement.capability == nil {
      findings.report(
        "missing-key", at: name.place, "the requirement `\(name.text.excerpt)` lacks `capability`",
        expected: "the keyname `capability` (TOSCA 2.0, 8.4)")
    }
    guard requirement.relationship == nil else { return }
    // The short form of 1.3 is no longer in the grammar, and is in many files that are.
    findings.report(
      "missing-key", requirement.isShortForm ? .warning : .error, at: name.place,
      "the requirement `\(name.text.excerpt)` lacks `relationship`",
      expected: "the keyname `relationship` (TOSCA 2.0, 8.4)")
  }

  /// The capability type that a requirement asks for, directly or as a capability of its node type.
  private func capabilityType(of requirement: RequirementDefinition) -> Int? {
    guard let name = requirement.capability else { return nil }
    if let type = catalogue.find(.capability, name, in: name.place.file, report: false) { return type }
    if let node = requirement.node,
      let type = catalogue.find(.node, node, in: node.place.file, report: false),
      let capability = catalogue.nodes.types[type].capabilities[name.text]
    {
      return catalogue.find(.capability, capability.type, in: capability.type.place.file, report: false)
    }
    catalogue.reportUnknown([.capability], name, in: name.place.file)
    return nil
  }

  /// The node type that a requirement names has a capability that meets it.
  private func checkTarget(
    _ requirement: RequirementDefinition, _ own: RequirementDefinition, _ parts: RequirementParts
  ) {
    guard let node = parts.node, let wanted = parts.capability, let name = requirement.node else { return }
    let offered = catalogue.nodes.types[node].capabilities
    if let capability = requirement.capability, offered[capability.text] != nil { return }
    let fits = offered.values.contains { capability in
      catalogue.find(.capability, capability.type, in: capability.type.place.file, report: false)
        .map { catalogue.capabilities.derives($0, from: wanted) } ?? true
    }
    guard !fits else { return }
    findings.report(
      "wrong-target", at: (own.node ?? own.capability ?? own.name).place,
      "the node type `\(name.text.excerpt)` has no capability that meets the requirement "
        + "`\(own.name.text.excerpt)`",
      expected: "a node type with a capability of type `\(catalogue.capabilities.types[wanted].header.name.text)`")
  }

  /// What a requirement brings together must be able to go together: the lists of valid types of the relationship and
  /// of the capability (7.3 and 8.1) allow these types, or some that derive from them.
  private func checkValidTypes(_ requirement: RequirementDefinition, _ parts: RequirementParts, _ source: Int) {
    func check(_ list: [Name], _ kind: TypeKind, _ type: Int?, _ keyname: String, _ owner: Name) {
      guard let type, !list.isEmpty else { return }
      let known = list.compactMap { catalogue.find(kind, $0, in: $0.place.file, report: false) }
      guard known.count == list.count else { return }
      let fits = known.contains {
        catalogue.derives(kind, type, from: $0) || catalogue.derives(kind, $0, from: type)
      }
      guard !fits else { return }
      findings.report(
        "incompatible-types", at: requirement.name.place,
        "`\(keyname)` of `\(owner.text.excerpt)` does not allow "
          + "`\(catalogue.header(kind, type).name.text.excerpt)` in the requirement "
          + "`\(requirement.name.text.excerpt)`",
        expected: ValueTyper.oneOf(list.map(\.text)), related: [(list[0].place, "the list is here")])
    }
    if let relationship = parts.relationship {
      let type = catalogue.relationships.types[relationship]
      let name = type.header.name
      check(type.validTargetTypes, .capability, parts.capability, "valid_capability_types", name)
      check(type.validTargetNodeTypes, .node, parts.node, "valid_target_node_types", name)
      check(type.validSourceNodeTypes, .node, source, "valid_source_node_types", name)
    }
    if let capability = parts.capability {
      let type = catalogue.capabilities.types[capability]
      check(type.validSourceTypes, .node, source, "valid_source_node_types", type.header.name)
      check(
        type.validRelationshipTypes, .relationship, parts.relationship, "valid_relationship_types", type.header.name)
    }
  }

  /// A refinement keeps each type, or derives from it, and stays in the range of counts (8.4.1).
  private func checkRefinement(
    _ own: RequirementDefinition, of base: RequirementDefinition, _ parts: RequirementParts
  ) {
    func check(_ kind: TypeKind, _ name: Name?, _ type: Int?, _ inherited: Name?) {
      guard let name, let type, let inherited,
        let other = catalogue.find(kind, inherited, in: inherited.place.file, report: false),
        !catalogue.derives(kind, type, from: other)
      else { return }
      reportChange(own.name, name, inherited)
    }
    check(.node, own.node, parts.node, base.node)
    check(.relationship, own.relationship, parts.relationship, base.relationship)
    if let name = own.capability, let inherited = base.capability {
      if catalogue.find(.capability, inherited, in: inherited.place.file, report: false) != nil {
        check(.capability, name, parts.capability, inherited)
      } else if name.text != inherited.text {
        // The name of a capability, rather than of its type, must stay.
        reportChange(own.name, name, inherited)
      }
    }
    if own.statesOccurrences, !own.occurrences.isWithin(base.occurrences) {
      findings.report(
        "incompatible-refinement", at: own.name.place,
        "the requirement `\(own.name.text.excerpt)` widens its `count_range` to `\(own.occurrences.text)`",
        expected: "a range within `\(base.occurrences.text)` (TOSCA 2.0, 8.4.1)",
        related: [(base.name.place, "it is inherited from here")])
    }
  }

  private func reportChange(_ requirement: Name, _ own: Name, _ inherited: Name) {
    findings.report(
      "incompatible-refinement", at: own.place,
      "the requirement `\(requirement.text.excerpt)` changes `\(inherited.text.excerpt)` to `\(own.text.excerpt)`",
      expected: "`\(inherited.text)`, or a type derived from it (TOSCA 2.0, 8.4.1)",
      related: [(inherited.place, "it is inherited from here")])
  }
}

extension Bounds {
  /// Whether every number in these bounds is in others.
  func isWithin(_ other: Bounds) -> Bool {
    guard lower >= other.lower else { return false }
    guard let limit = other.upper else { return true }
    return upper.map { $0 <= limit } ?? false
  }

  /// Whether a number is in the bounds.
  func contains(_ number: Int) -> Bool { number >= lower && upper.map { number <= $0 } ?? true }
}
