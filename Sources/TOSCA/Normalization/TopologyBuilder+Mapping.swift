extension TopologyBuilder {
  /// The public form of a substitution mapping; what it maps and does not exist is reported.
  func mapping(_ mappings: SubstitutionMappings) -> SubstitutionMapping? {
    guard let name = mappings.nodeType, let type = catalogue.find(.node, name, in: file.id) else { return nil }
    if typer.version == .tosca2_0 { checkVersion2(mappings) }
    let definition = catalogue.nodes.types[type]
    var result = SubstitutionMapping(nodeType: catalogue.nodes.reference(type))
    result.filter = mappings.filter.map { typer.asWritten($0.written) }
    mapProperties(mappings, definition, &result)
    mapAttributes(mappings, definition, &result)
    for (key, target) in mappings.capabilities {
      checkMapped(key, "capability", definition.capabilities.keys, at: target.place)
      if let member = member(target["mapping"] ?? target, "capability", key) { result.capabilities[key] = member }
    }
    for requirement in mappings.requirements {
      checkMapped(requirement.name.text, "requirement", definition.requirements.keys, at: requirement.name.place)
      let targets = members(requirement.target["mapping"] ?? requirement.target, requirement.name.text)
      var mapped = SubstitutionMapping.Requirement(name: requirement.name.text, targets: targets)
      if case .exactly(let count)? = requirement.count { mapped.count = count }
      mapped.isUnbounded = requirement.count == .unbounded
      result.requirements.append(mapped)
    }
    mapInterfaces(mappings, definition, &result)
    return result
  }

  /// Where findings go: what 2.0 asks for is checked apart, with the types of what is mapped.
  private var mappingFindings: FindingCollector { typer.version == .tosca2_0 ? quietTyper.findings : findings }

  /// Whether what the substituted type has cannot be said.
  private var isOpenMapping: Bool {
    scope.template.substitutionMappings?.nodeType
      .flatMap { catalogue.find(.node, $0, in: file.id, report: false) }
      .map { catalogue.isOpen(.node, $0) } ?? false
  }

  private func checkMapped(_ key: String, _ what: String, _ defined: [String], at place: Place) {
    guard !defined.contains(key), !isOpenMapping else { return }
    mappingFindings.report(
      "unknown-\(what)", at: place, "the substituted node type has no \(what) `\(key.excerpt)`",
      expected: ValueTyper.oneOf(defined), suggestion: nearest(key, among: defined))
  }

  /// The one name that a property or attribute is mapped to; nil where the mapping has another form.
  private static func mapped(_ target: YAMLNode) -> Name? {
    let target = target["mapping"] ?? target
    let name = target.items.map { $0.count == 1 ? $0[0] : target } ?? target
    return name.text.map { Name(text: $0, place: name.place) }
  }

  private func mapProperties(
    _ mappings: SubstitutionMappings, _ type: NodeType, _ result: inout SubstitutionMapping
  ) {
    for property in mappings.properties {
      checkKey(property, "property", type.properties.keys, type) { self.typer.capabilityProperties($0).keys }
      // Before 2.0 a value may stand in place of an input's name, and a node's property in place of an input.
      guard let name = Self.mapped(property.target) else { continue }
      if scope.inputs[name.text] != nil {
        result.properties[property.name] = name.text
      } else if typer.version == .tosca2_0 || property.target.items != nil {
        mappingFindings.report(
          "unknown-input", at: name.place, "unknown input `\(name.text.excerpt)`",
          expected: ValueTyper.oneOf(scope.inputs.keys) ?? "an input of the template",
          suggestion: nearest(name.text, among: scope.inputs.keys))
      }
    }
  }

  private func mapAttributes(
    _ mappings: SubstitutionMappings, _ type: NodeType, _ result: inout SubstitutionMapping
  ) {
    // A property is an attribute, too (9.3), and so are those that every node of the Simple Profile has.
    let known = type.attributes.keys + type.properties.keys
    for attribute in mappings.attributes {
      checkKey(attribute, "attribute", known, type) { capability in
        let type = self.capabilityType(of: capability).map { self.catalogue.capabilities.types[$0].attributes.keys }
        return capability.attributes.keys + (type ?? []) + self.typer.capabilityProperties(capability).keys
      }
      guard let name = Self.mapped(attribute.target) else { continue }
      if scope.template.outputs[name.text] != nil {
        result.attributes[attribute.name] = name.text
      } else {
        mappingFindings.report(
          "unknown-output", at: name.place, "unknown output `\(name.text.excerpt)`",
          expected: ValueTyper.oneOf(scope.template.outputs.keys) ?? "an output of the template",
          suggestion: nearest(name.text, among: scope.template.outputs.keys))
      }
    }
  }

  /// Checks what is mapped: a property or attribute of the node, or `[CAPABILITY, name, …]`, `[RELATIONSHIP, …]`.
  private func checkKey(
    _ mapping: SubstitutionMappings.Value, _ what: String, _ defined: [String], _ type: NodeType,
    _ offered: (CapabilityDefinition) -> [String]
  ) {
    guard let path = mapping.key.items else {
      return checkMapped(mapping.name, what, defined, at: mapping.key.place)
    }
    let name = path[1].text ?? ""
    switch path[0].text {
    case "CAPABILITY":
      guard let capability = type.capabilities[name] else {
        return checkMapped(name, "capability", type.capabilities.keys, at: path[1].place)
      }
      let names = offered(capability)
      let last = path[path.count - 1]
      if let text = last.text, !names.contains(text) {
        mappingFindings.report(
          "unknown-\(what)", at: last.place, "the capability `\(name.excerpt)` has no \(what) `\(text.excerpt)`",
          expected: ValueTyper.oneOf(names), suggestion: nearest(text, among: names))
      }
    case "RELATIONSHIP": checkMapped(name, "requirement", type.requirements.keys, at: path[1].place)
    default:
      mappingFindings.report(
        "wrong-syntax", at: mapping.key.place, "the key of a \(what) mapping cannot begin like this",
        expected: "a name, `[CAPABILITY, name, \(what)]` or `[RELATIONSHIP, name, index, \(what)]`")
    }
  }

  /// What a requirement is mapped to: one place, or several (2.0, 15.5).
  private func members(_ target: YAMLNode, _ key: String) -> [SubstitutionMapping.Member] {
    if typer.version == .tosca2_0 {
      if let items = target.items, items.contains(where: { $0.items != nil }) || items.count != 2 {
        return items.compactMap { member($0, "requirement", key) }
      }
    }
    return member(target, "requirement", key).map { [$0] } ?? []
  }

  /// `[node template, capability or requirement]`, or a selectable node template alone (2.0, 15.5.3).
  private func member(_ target: YAMLNode, _ what: String, _ key: String) -> SubstitutionMapping.Member? {
    if what == "requirement", typer.version == .tosca2_0, let node = target.text {
      guard let index = scope.nodeIndex[node] else {
        reportUnmappedNode(node, at: target.place)
        return nil
      }
      if !scope.nodes[index].template.directives.contains(where: { $0.text == "select" }) {
        mappingFindings.report(
          "wrong-target", at: target.place, "the node `\(node.excerpt)` is not selectable",
          expected: "`[node template, requirement]`, or a node with the directive `select` (TOSCA 2.0, 15.5)")
      }
      return SubstitutionMapping.Member(node: node, name: nil)
    }
    // 1.3 also allows properties and attributes in place of a mapping.
    guard let items = target.items else { return nil }
    if let node = items.first, let text = node.text { refer(toNode: Name(text: text, place: node.place)) }
    guard items.count == 2, let node = items[0].text, let inner = items[1].text else {
      mappingFindings.report(
        "wrong-syntax", at: target.place,
        "the mapping of `\(key.excerpt)` cannot be \(target.kindDescription)",
        expected: "`[node template, \(what)]`")
      return nil
    }
    guard let index = scope.nodeIndex[node] else {
      reportUnmappedNode(node, at: items[0].place)
      return nil
    }
    guard let type = scope.nodes[index].type else { return nil }
    let definition = catalogue.nodes.types[type]
    let names = what == "capability" ? definition.capabilities.keys : definition.requirements.keys
    guard names.contains(inner) else {
      mappingFindings.report(
        "unknown-\(what)", at: items[1].place, "`\(node.excerpt)` has no \(what) `\(inner.excerpt)`",
        expected: ValueTyper.oneOf(names), suggestion: nearest(inner, among: names))
      return nil
    }
    return SubstitutionMapping.Member(node: node, name: inner)
  }

  private func reportUnmappedNode(_ name: String, at place: Place) {
    mappingFindings.report(
      "unknown-node", at: place, "unknown node template `\(name.excerpt)`",
      expected: ValueTyper.oneOf(scope.nodeIndex.keys), suggestion: nearest(name, among: scope.nodeIndex.keys))
  }

  private func mapInterfaces(
    _ mappings: SubstitutionMappings, _ type: NodeType, _ result: inout SubstitutionMapping
  ) {
    for (name, operations) in mappings.interfaces {
      guard let interface = type.interfaces[name] else {
        checkMapped(name, "interface", type.interfaces.keys, at: operations.place)
        continue
      }
      let known =
        interface.operations.keys
        + (interface.type.flatMap { catalogue.find(.interface, $0, in: interface.file, report: false) }
          .map { catalogue.interfaces.types[$0].operations.keys } ?? [])
      for operation in operations.entries ?? [] {
        if !known.contains(operation.name) {
          mappingFindings.report(
            "unknown-operation", at: operation.key.place,
            "the interface `\(name.excerpt)` has no operation `\(operation.name.excerpt)`",
            expected: ValueTyper.oneOf(known), suggestion: nearest(operation.name, among: known))
        }
        guard let workflow = operation.value.text else { continue }
        if scope.template.workflows[workflow] == nil {
          mappingFindings.report(
            "unknown-workflow", at: operation.value.place, "unknown workflow `\(workflow.excerpt)`",
            expected: ValueTyper.oneOf(scope.template.workflows.keys) ?? "a workflow of the template",
            suggestion: nearest(workflow, among: scope.template.workflows.keys))
        } else {
          result.interfaces["\(name).\(operation.name)"] = workflow
        }
      }
    }
  }
}
