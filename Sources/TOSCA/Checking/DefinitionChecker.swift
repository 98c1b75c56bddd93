/// Checks what types define: that the names in it stand for something, that defaults fit, and that what is inherited is
/// only narrowed.
struct DefinitionChecker {
  let catalogue: Catalogue
  let typer: ValueTyper
  let findings: FindingCollector

  /// Checks all types.
  func checkAll() {
    if typer.version == .tosca2_0 { checkVersion2() }
    for (index, type) in catalogue.artifacts.declared.enumerated() {
      check(type.properties, inherited: parent(catalogue.artifacts, index)?.properties)
    }
    for (index, type) in catalogue.capabilities.declared.enumerated() {
      let base = parent(catalogue.capabilities, index)
      check(type.properties, inherited: base?.properties)
      check(type.attributes, inherited: base?.attributes)
      for name in type.validSourceTypes { _ = catalogue.find(.node, name, in: type.header.file) }
      checkWidening("valid_source_types", type.validSourceTypes, base?.validSourceTypes, [.node])
    }
    for (index, type) in catalogue.dataTypes.declared.enumerated() { check(type, index) }
    for (index, type) in catalogue.groups.declared.enumerated() {
      let base = parent(catalogue.groups, index)
      check(type.properties, inherited: base?.properties)
      check(type.attributes, inherited: base?.attributes)
      for name in type.members { _ = catalogue.find(.node, name, in: type.header.file) }
      checkWidening("members", type.members, base?.members, [.node])
      check(type.interfaces, inherited: base?.interfaces)
    }
    for (index, type) in catalogue.interfaces.declared.enumerated() {
      check(type.properties, inherited: parent(catalogue.interfaces, index)?.properties)
      guard typer.version != .tosca2_0 else { continue }
      for operation in type.operations.values {
        check(operation.inputs, file: type.header.file)
        let inherited = parent(catalogue.interfaces, index)?.operations[operation.name.text]?.inputs
        checkRefinement(operation.inputs, of: inherited, file: type.header.file)
      }
    }
    for (index, type) in catalogue.nodes.declared.enumerated() { check(type, index) }
    for (index, type) in catalogue.policies.declared.enumerated() {
      check(type.properties, inherited: parent(catalogue.policies, index)?.properties)
      checkWidening("targets", type.targets, parent(catalogue.policies, index)?.targets, [.node, .group])
      for name in type.targets where catalogue.find(.node, name, in: type.header.file, report: false) == nil {
        if catalogue.find(.group, name, in: type.header.file, report: false) == nil {
          catalogue.reportUnknown([.node, .group], name, in: type.header.file)
        }
      }
    }
    for (index, type) in catalogue.relationships.declared.enumerated() {
      let base = parent(catalogue.relationships, index)
      check(type.properties, inherited: base?.properties, .relationshipType(index))
      check(type.attributes, inherited: base?.attributes, .relationshipType(index))
      for name in type.validTargetTypes
      where typer.version != .tosca2_0 && catalogue.find(.capability, name, in: type.header.file, report: false) == nil
      {
        if catalogue.find(.node, name, in: type.header.file, report: false) == nil {
          catalogue.reportUnknown([.capability, .node], name, in: type.header.file)
        }
      }
      checkWidening("valid_target_types", type.validTargetTypes, base?.validTargetTypes, [.capability, .node])
      if typer.version != .tosca2_0 { check(type.interfaces, inherited: base?.interfaces) }
    }
  }

  func parent<Definition>(_ table: TypeTable<Definition>, _ index: Int) -> Definition? {
    table.parents[index].map { table.types[$0] }
  }

  private func check(_ type: DataType, _ index: Int) {
    check(type.properties, inherited: parent(catalogue.dataTypes, index)?.properties)
    // A refinement may leave the type of a schema as it is.
    let resolved = catalogue.dataTypes.types[index]
    if type.entrySchema != nil, let schema = resolved.entrySchema { check(schema) }
    if type.keySchema != nil, let schema = resolved.keySchema { check(schema) }
    if typer.version == .tosca2_0 { checkScalar(type, index) }
    let shape = catalogue.shape(ofDataType: index)
    guard case .derived(_, let primitive) = shape else {
      if type.constraints.isEmpty, let place = type.constraintsPlace {
        findings.report(
          "wrong-constraint", at: place,
          "the data type `\(type.header.name.text.excerpt)` has constraints, but is no primitive",
          expected: "a type that derives from a primitive")
      }
      for constraint in type.constraints where constraint.operation != .schema && constraint.operation != .validation {
        findings.report(
          "wrong-constraint", at: constraint.place,
          "the data type `\(type.header.name.text.excerpt)` has constraints, but is no primitive",
          expected: "constraints on its properties, or a type that derives from a primitive")
      }
      return
    }
    if !type.properties.isEmpty {
      findings.report(
        "wrong-syntax", at: type.header.name.place,
        "the data type `\(type.header.name.text.excerpt)` derives from `\(primitive.rawValue)` and has properties",
        expected: "constraints only")
    }
    let schema = SchemaDefinition(
      type: Name(text: primitive.rawValue, place: type.header.name.place), entrySchema: type.entrySchema,
      constraints: type.constraints, file: type.header.file)
    for constraint in type.constraints { check(constraint, schema, primitive) }
  }

  private func check(_ type: NodeType, _ index: Int) {
    let base = parent(catalogue.nodes, index)
    let file = type.header.file
    check(type.properties, inherited: base?.properties, .nodeType(index))
    check(type.attributes, inherited: base?.attributes, .nodeType(index))
    for capability in type.capabilities.values {
      check(capability, inherited: base?.capabilities[capability.name.text])
    }
    for requirement in type.requirements.values where typer.version != .tosca2_0 {
      checkRefinement(requirement, of: base?.requirements[requirement.name.text])
      if let capability = requirement.capability,
        catalogue.find(.capability, capability, in: file, report: false) == nil,
        !isCapability(capability.text, of: requirement.node, in: file)
      {
        catalogue.reportUnknown([.capability], capability, in: file)
      }
      if let node = requirement.node {
        let type = catalogue.find(.node, node, in: file)
        if let filter = requirement.nodeFilter { check(filter, of: type) }
      }
      if let relationship = requirement.relationship {
        _ = catalogue.find(.relationship, relationship, in: file)
      }
      check(requirement.interfaces)
    }
    if typer.version != .tosca2_0 { check(type.interfaces, inherited: base?.interfaces) }
    for artifact in type.artifacts.values {
      if let name = artifact.type { _ = catalogue.find(.artifact, name, in: file) }
    }
  }

  /// Whether a requirement's `capability` is the name of a capability of its node type.
  func isCapability(_ name: String, of node: Name?, in file: UInt32) -> Bool {
    guard let node, let type = catalogue.find(.node, node, in: file, report: false) else { return false }
    return catalogue.nodes.types[type].capabilities[name] != nil
  }

  private func check(_ capability: CapabilityDefinition, inherited: CapabilityDefinition?) {
    var capability = capability
    if capability.type.text.isEmpty {
      guard let inherited else {
        findings.report(
          "missing-key", at: capability.name.place,
          "the capability `\(capability.name.text.excerpt)` has no type, and inherits none",
          expected: "the keyname `type`")
        return
      }
      capability.type = inherited.type
      capability.file = inherited.file
    }
    let type = catalogue.find(.capability, capability.type, in: capability.file)
    for name in capability.validSourceTypes { _ = catalogue.find(.node, name, in: capability.file) }
    let base = type.map { catalogue.capabilities.types[$0] }
    // Here the text asks for it (1.3, 3.7.2.4).
    checkWidening(
      "valid_source_types", capability.validSourceTypes, base?.validSourceTypes, [.node], .error, "1.3, 3.7.2.4")
    checkWidening("valid_source_types", capability.validSourceTypes, inherited?.validSourceTypes, [.node])
    check(capability.properties, inherited: base?.properties)
    check(capability.attributes, inherited: base?.attributes)
    guard let type, let inherited,
      let inheritedType = catalogue.find(.capability, inherited.type, in: inherited.file, report: false),
      !catalogue.capabilities.derives(type, from: inheritedType)
    else { return }
    findings.report(
      "incompatible-refinement", at: capability.type.place,
      "the capability `\(capability.name.text.excerpt)` changes its inherited type `\(inherited.type.text.excerpt)`",
      expected: "the same type, or one derived from it", related: [(inherited.name.place, "it is inherited from here")])
  }

  /// Checks interface definitions of 1.x. One that refines none says its type (1.3, 3.6.20.1), unless it is named as a type is.
  private func check(
    _ interfaces: OrderedMap<InterfaceDefinition>, inherited: OrderedMap<InterfaceDefinition>? = nil
  ) {
    for (name, interface) in interfaces {
      if typer.version == .simple1_3, interface.type == nil, let inherited, inherited[name] == nil,
        catalogue.find(.interface, interface.name, in: interface.file, report: false) == nil
      {
        findings.report(
          "missing-key", at: interface.name.place, "the interface `\(name.excerpt)` has no type, and inherits none",
          expected: "the keyname `type` (1.3, 3.6.20.1)")
      }
      if let type = interface.type { _ = catalogue.find(.interface, type, in: interface.file) }
      check(interface.inputs, file: interface.file)
      for operation in interface.operations.values { check(operation.inputs, file: interface.file) }
    }
  }
}
