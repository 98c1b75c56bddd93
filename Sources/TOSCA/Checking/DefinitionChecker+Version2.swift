extension DefinitionChecker {
  /// Checks what 2.0 asks of types beyond what all versions do.
  func checkVersion2() {
    for (index, type) in catalogue.capabilities.declared.enumerated() {
      let base = parent(catalogue.capabilities, index)
      checkNarrowing("valid_source_node_types", type.validSourceTypes, base?.validSourceTypes, [.node])
      checkNarrowing(
        "valid_relationship_types", type.validRelationshipTypes, base?.validRelationshipTypes, [.relationship])
    }
    for (index, type) in catalogue.relationships.declared.enumerated() {
      let base = parent(catalogue.relationships, index)
      checkNarrowing("valid_capability_types", type.validTargetTypes, base?.validTargetTypes, [.capability])
      checkNarrowing("valid_target_node_types", type.validTargetNodeTypes, base?.validTargetNodeTypes, [.node])
      checkNarrowing("valid_source_node_types", type.validSourceNodeTypes, base?.validSourceNodeTypes, [.node])
      check(type.interfaces, inherited: base?.interfaces, .relationshipType(index))
    }
    for (index, type) in catalogue.groups.declared.enumerated() {
      checkNarrowing("members", type.members, parent(catalogue.groups, index)?.members, [.node])
    }
    for (index, type) in catalogue.policies.declared.enumerated() {
      let base = parent(catalogue.policies, index)
      checkNarrowing("targets", type.targets, base?.targets, [.node, .group])
      for trigger in type.triggers.values { check(trigger, inherited: base?.triggers[trigger.name.text]) }
    }
    for (index, type) in catalogue.interfaces.declared.enumerated() { checkVersion2(type, index) }
    for (index, type) in catalogue.nodes.declared.enumerated() { checkVersion2(type, index) }
    for (index, type) in catalogue.dataTypes.declared.enumerated() { checkVersion2(type, index) }
    for signature in (typer.functions?.definitions ?? []).flatMap(\.signatures) {
      for schema in signature.arguments + signature.optionalArguments { check(schema) }
      if let result = signature.result { check(result) }
      check(signature.implementation)
    }
  }

  /// A derived type only narrows a list of types: each is one that the parent lists, or derives from one (7.3, 8.1,
  /// 16.1 and 16.3).
  func checkNarrowing(_ keyname: String, _ own: [Name], _ inherited: [Name]?, _ kinds: [TypeKind]) {
    for name in own {
      let found = kinds.contains { catalogue.find($0, name, in: name.place.file, report: false) != nil }
      guard found else {
        catalogue.reportUnknown(kinds, name, in: name.place.file)
        continue
      }
      guard let inherited, !inherited.isEmpty, !narrows(name, inherited, kinds) else { continue }
      findings.report(
        "incompatible-refinement", at: name.place,
        "`\(keyname)` takes in `\(name.text.excerpt)`, which the list that it refines does not",
        expected: "types of the list, or types derived from them: "
          + inherited.prefix(8).map { "`\($0.text)`" }.joined(separator: ", "),
        related: inherited.first.map { [($0.place, "the list is here")] } ?? [])
    }
  }

  /// Whether a name is of a list, or stands for a type that derives from one of it. Names that stand for nothing were
  /// reported, and hold.
  func narrows(_ name: Name, _ list: [Name], _ kinds: [TypeKind]) -> Bool {
    var isKnown = false
    for kind in kinds {
      guard let type = catalogue.find(kind, name, in: name.place.file, report: false) else { continue }
      isKnown = true
      let fits = list.contains { other in
        catalogue.find(kind, other, in: other.place.file, report: false)
          .map { catalogue.derives(kind, type, from: $0) } ?? false
      }
      if fits { return true }
    }
    let anyKnown = list.contains { other in
      kinds.contains { catalogue.find($0, other, in: other.place.file, report: false) != nil }
    }
    return !isKnown || !anyKnown
  }

  /// Triggers may be added by a derived policy type, not changed (16.3).
  private func check(_ trigger: TriggerDefinition, inherited: TriggerDefinition?) {
    if let condition = trigger.condition {
      typer.checkCondition(condition, "the condition of a trigger", ValueContext(subject: "the condition"))
    }
    guard let inherited else { return }
    let same =
      trigger.event.text == inherited.event.text && trigger.condition?.content == inherited.condition?.content
      && trigger.actions.map(\.content) == inherited.actions.map(\.content)
    guard !same else { return }
    findings.report(
      "incompatible-refinement", at: trigger.name.place,
      "the trigger `\(trigger.name.text.excerpt)` is already defined, and cannot be changed",
      expected: "a trigger with another name (TOSCA 2.0, 16.3)",
      related: [(inherited.name.place, "it is inherited from here")])
  }

  private func checkVersion2(_ type: NodeType, _ index: Int) {
    let base = parent(catalogue.nodes, index)
    for capability in type.capabilities.values {
      checkVersion2(capability, inherited: base?.capabilities[capability.name.text])
    }
    for requirement in type.requirements.values {
      check(requirement, inherited: base?.requirements[requirement.name.text], of: index)
    }
    check(type.interfaces, inherited: base?.interfaces, .nodeType(index))
    for artifact in type.artifacts.values { checkRepository(of: artifact) }
  }

  /// A capability definition refines what its type defines, and adds nothing (8.2).
  private func checkVersion2(_ capability: CapabilityDefinition, inherited: CapabilityDefinition?) {
    let named = capability.type.text.isEmpty ? inherited?.type : capability.type
    guard let named, let index = catalogue.find(.capability, named, in: named.place.file, report: false) else { return }
    let type = catalogue.capabilities.types[index]
    reportAdded(capability.properties, type.properties, "property", "the capability type", type.header.name)
    reportAdded(capability.attributes, type.attributes, "attribute", "the capability type", type.header.name)
    checkNarrowing("valid_source_node_types", capability.validSourceTypes, type.validSourceTypes, [.node])
    checkNarrowing(
      "valid_relationship_types", capability.validRelationshipTypes, type.validRelationshipTypes, [.relationship])
  }

  /// Reports definitions that refine nothing, where none may be added.
  func reportAdded(
    _ own: OrderedMap<PropertyDefinition>, _ defined: OrderedMap<PropertyDefinition>, _ what: String, _ owner: String,
    _ type: Name
  ) {
    for (name, definition) in own where defined[name] == nil {
      findings.report(
        "unknown-\(what)", at: definition.name.place,
        "\(owner) `\(type.text.excerpt)` has no \(what) `\(name.excerpt)` to refine",
        expected: ValueTyper.oneOf(defined.keys) ?? "no refinement: the type has none",
        suggestion: nearest(name, among: defined.keys))
    }
  }

  /// Checks what 2.0 asks of data types (9.1 and 9.2).
  private func checkVersion2(_ type: DataType, _ index: Int) {
    let name = type.header.name
    if Primitive(name: name.text, .tosca2_0) != nil {
      findings.report(
        "reserved-name", at: name.place, "`\(name.text)` is a built-in type",
        expected: "another name for the data type (TOSCA 2.0, 9.1)")
    }
    if type.header.derivedFrom == nil, type.propertiesPlace == nil {
      findings.report(
        "missing-key", at: name.place,
        "the data type `\(name.text.excerpt)` derives from nothing and has no properties",
        expected: "`derived_from`, or `properties` (TOSCA 2.0, 9.2)")
    }
    if type.properties.isEmpty, let place = type.propertiesPlace {
      findings.report(
        "wrong-syntax", at: place, "`properties` of the data type `\(name.text.excerpt)` has nothing in it",
        expected: "at least one property (TOSCA 2.0, 9.2)")
    }
    let shape = catalogue.shape(ofDataType: index)
    let resolved = catalogue.dataTypes.types[index]
    let schema = SchemaDefinition(
      type: Name(text: name.text, place: type.header.derivedFrom?.place ?? name.place),
      entrySchema: resolved.entrySchema, keySchema: resolved.keySchema, file: type.header.file)
    checkCollection(schema, shape, isDefinition: true)
    if let base = parent(catalogue.dataTypes, index) {
      checkRefinement(type.entrySchema, of: base.entrySchema, "entry_schema")
      checkRefinement(type.keySchema, of: base.keySchema, "key_schema")
    }
    let own = SchemaDefinition(type: name, file: type.header.file)
    for clause in type.constraints where clause.operation == .validation {
      var context = ValueContext(subject: "the validation clause of `\(name.text.excerpt)`")
      context.valueType = own
      typer.checkCondition(clause.operand, context.subject, context)
    }
  }

  private func isString(_ shape: Catalogue.Shape) -> Bool {
    switch shape {
    case .primitive(let primitive), .derived(_, let primitive): primitive == .string
    case .complex: false
    }
  }

  /// Entries have a schema where the type is a list or map, and none elsewhere; keys are strings (9.2 to 9.4).
  func checkCollection(_ schema: SchemaDefinition, _ shape: Catalogue.Shape, isDefinition: Bool = false) {
    let primitive: Primitive?
    var inherited: DataType?
    switch shape {
    case .primitive(let own): primitive = own
    case .derived(let type, let own):
      primitive = own
      inherited = catalogue.dataTypes.types[type]
    case .complex: primitive = nil
    }
    let isCollection = primitive == .list || primitive == .map
    if isCollection, schema.entrySchema == nil, inherited?.entrySchema == nil {
      findings.warn(
        "untyped-collection", unless: .untypedCollections, at: schema.type.place,
        "the \(primitive == .list ? "list" : "map") has no `entry_schema`",
        expected: "`entry_schema` with the type of its entries (TOSCA 2.0, 9.3)")
    }
    if !isCollection, let entry = schema.entrySchema {
      findings.report(
        "wrong-syntax", at: entry.type.place, "`entry_schema` does not apply to the type `\(schema.type.text.excerpt)`",
        expected: "a type that is a list or map (TOSCA 2.0, 9.3)")
    }
    guard let key = schema.keySchema else { return }
    if primitive != .map {
      findings.report(
        "wrong-syntax", at: key.type.place, "`key_schema` does not apply to the type `\(schema.type.text.excerpt)`",
        expected: "a type that is a map (TOSCA 2.0, 9.3)")
    }
    if let keyShape = catalogue.shape(key.type, in: key.file, report: false), !isString(keyShape) {
      findings.report(
        "wrong-type", at: key.type.place, "the keys of a map cannot be of the type `\(key.type.text.excerpt)`",
        expected: "`string`, or a type that derives from it (TOSCA 2.0, 9.3)")
    }
  }
}
