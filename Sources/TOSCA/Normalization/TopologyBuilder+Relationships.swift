extension TopologyBuilder {
  /// Finds the type and the values of the relationship of a requirement; there is no assignment where 2.0 makes one.
  func bindRelationship(
    _ assignment: RequirementAssignment?, _ requirement: RequirementDefinition, _ shape: NodeShape.Requirement,
    _ binding: inout Binding
  ) {
    let defined = shape.relationship
    var type = defined
    var place = binding.name
    switch assignment?.relationship {
    case .named(let name):
      place = name
      type = relationship(named: name, &binding) ?? type
    case .inline(let name, let properties, let attributes, let interfaces):
      if let name {
        place = name
        type =
          scope.relationshipTemplates[name.text] == nil
          ? catalogue.find(.relationship, name, in: file.id) : relationship(named: name, &binding)
      }
      binding.properties = properties.over(binding.properties)
      binding.attributes = attributes.over(binding.attributes)
      binding.interfaces = interfaces.over(binding.interfaces) { $0.refining($1) }
    case nil: break
    }
    if let type, let defined, !catalogue.mayDerive(.relationship, type, from: defined) {
      findings.report(
        "wrong-relationship", at: place.place,
        "the relationship `\(place.text.excerpt)` is of type `\(catalogue.relationships.types[type].header.name.text)`",
        expected: "a relationship of type `\(catalogue.relationships.types[defined].header.name.text)`",
        related: [(requirement.name.place, "the requirement asks for it here")])
    }
    binding.relationshipType = type ?? defined
  }

  /// The type of a relationship that is given by a name. 2.0 looks for a type first (8.5.3), 1.x for a template.
  private func relationship(named name: Name, _ binding: inout Binding) -> Int? {
    refer(toRelationship: name)
    if typer.version == .tosca2_0, let type = catalogue.find(.relationship, name, in: file.id, report: false) {
      return type
    }
    if let template = scope.relationshipTemplates[name.text] {
      binding.template = name.text
      binding.properties = template.properties
      binding.attributes = template.attributes
      binding.interfaces = template.interfaces
      return catalogue.find(.relationship, template.type, in: file.id, report: false)
    }
    if let type = catalogue.find(.relationship, name, in: file.id, report: false) { return type }
    findings.report(
      "unknown-relationship", at: name.place, "unknown relationship `\(name.text.excerpt)`",
      expected: "a relationship template or a relationship type",
      suggestion: nearest(
        name.text, among: scope.relationshipTemplates.keys + catalogue.names(.relationship, in: file.id)))
    return nil
  }

  /// The type of a relationship that nobody names: of those that lead to the target's capability, the one that leads to
  /// the nearest of the capability's types. Where several do, the one that the others derive from.
  func impliedRelationship(of binding: Binding) -> Int? {
    guard let target = binding.target, let name = binding.capability, let nodeType = scope.nodes[target].type,
      let capability = catalogue.nodes.types[nodeType].capabilities[name],
      let type = catalogue.find(.capability, capability.type, in: capability.file, report: false)
    else { return nil }
    if let known = impliedRelationships[type] { return known }
    var result: Int?
    for ancestor in [type] + catalogue.capabilities.ancestors[type] {
      let leading = catalogue.relationships.declared.indices.filter { index in
        let declared = catalogue.relationships.declared[index]
        return declared.validTargetTypes.contains {
          catalogue.find(.capability, $0, in: declared.header.file, report: false) == ancestor
        }
      }
      guard !leading.isEmpty else { continue }
      result = leading.first { base in leading.allSatisfy { catalogue.relationships.derives($0, from: base) } }
      break
    }
    impliedRelationships[type] = .some(result)
    return result
  }

  /// Checks a binding against the lists of valid types of its relationship and of its capability.
  func checkValidity(of binding: Binding, _ requirement: RequirementDefinition, _ source: Int) {
    guard let type = binding.relationshipType, let target = binding.target,
      let targetType = scope.nodes[target].type, let sourceType = scope.nodes[source].type
    else { return }
    let relationship = catalogue.relationships.types[type]
    let place =
      binding.assignment.flatMap { scope.nodes[source].template.requirements[$0].node?.place }
      ?? binding.name.place
    let name = relationship.header.name.text
    let offered = binding.capability.flatMap { catalogue.nodes.types[targetType].capabilities[$0] }
    let offeredType = offered.flatMap { catalogue.find(.capability, $0.type, in: $0.file, report: false) }
    if !relationship.validTargetTypes.isEmpty, let offered, let offeredType {
      let fits = relationship.validTargetTypes.contains { valid in
        if let type = catalogue.find(.capability, valid, in: relationship.header.file, report: false) {
          return catalogue.mayDerive(.capability, offeredType, from: type)
        }
        return catalogue.find(.node, valid, in: relationship.header.file, report: false)
          .map { catalogue.mayDerive(.node, targetType, from: $0) } ?? true
      }
      if !fits {
        reportInvalid(
          "a relationship of type `\(name.excerpt)` does not lead to the capability `\(offered.name.text.excerpt)`",
          "a capability of ", relationship.validTargetTypes, relationship.header, at: place)
      }
    }
    checkNode(targetType, relationship.validTargetNodeTypes, relationship.header, at: place) {
      "a relationship of type `\(name.excerpt)` does not lead to nodes of this type"
    }
    checkNode(sourceType, relationship.validSourceNodeTypes, relationship.header, at: place) {
      "a relationship of type `\(name.excerpt)` does not start from nodes of this type"
    }
    guard let offered, let offeredType else { return }
    let capability = catalogue.capabilities.types[offeredType]
    let isOwn = !offered.validRelationshipTypes.isEmpty
    let valid = isOwn ? offered.validRelationshipTypes : capability.validRelationshipTypes
    let file = isOwn ? offered.file : capability.header.file
    let fits =
      valid.isEmpty
      || valid.contains { name in
        catalogue.find(.relationship, name, in: file, report: false)
          .map { catalogue.mayDerive(.relationship, type, from: $0) } ?? true
      }
    if !fits {
      reportInvalid(
        "the capability `\(offered.name.text.excerpt)` does not take relationships of type `\(name.excerpt)`",
        "a relationship of ", valid, capability.header, at: place)
    }
  }

  private func checkNode(
    _ type: Int, _ valid: [Name], _ header: TypeHeader, at place: Place, _ message: () -> String
  ) {
    let fits =
      valid.isEmpty
      || valid.contains { name in
        catalogue.find(.node, name, in: header.file, report: false).map { catalogue.mayDerive(.node, type, from: $0) }
          ?? true
      }
    if !fits { reportInvalid(message(), "a node of ", valid, header, at: place) }
  }

  /// The Simple Profile restricts its own relationships, and much that runs everywhere does not keep to it.
  private func reportInvalid(
    _ message: String, _ what: String, _ valid: [Name], _ header: TypeHeader, at place: Place
  ) {
    findings.report(
      "wrong-relationship", catalogue.isImplicit(header.file) ? .warning : .error, at: place, message,
      expected: what + (ValueTyper.oneOf(valid.map(\.text)) ?? "its types"),
      related: [(header.name.place, "the type is defined here")])
  }
}
