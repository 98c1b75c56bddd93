extension TopologyBuilder {
  /// Checks the interfaces that a template of 2.0 assigns against those that its type defines (11.3, 11.5 and 11.7).
  func checkVersion2(
    _ assigned: OrderedMap<InterfaceDefinition>, _ defined: OrderedMap<InterfaceDefinition>,
    _ owner: ValueContext.Owner
  ) {
    let definitions = DefinitionChecker(catalogue: catalogue, typer: typer, findings: findings)
    for (name, interface) in assigned {
      guard let base = defined[name] else {
        findings.report(
          "unknown-interface", at: interface.name.place, "the type has no interface `\(name.excerpt)`",
          expected: ValueTyper.oneOf(defined.keys) ?? "no interfaces: its type has none",
          suggestion: nearest(name, among: defined.keys))
        continue
      }
      let parts = InterfaceParts(base, definitions)
      checkInputs(interface.inputs, parts.inputs, owner)
      check(interface.operations, parts.operations, "operation", of: name, parts.inputs, owner, definitions)
      check(interface.notifications, parts.notifications, "notification", of: name, parts.inputs, owner, definitions)
    }
  }

  /// What an interface of a type has, its interface type's included.
  struct InterfaceParts {
    /// The inputs of all its operations.
    var inputs: OrderedMap<PropertyDefinition>
    /// Its operations.
    var operations: OrderedMap<OperationDefinition>
    /// Its notifications.
    var notifications: OrderedMap<OperationDefinition>

    init(_ base: InterfaceDefinition, _ definitions: DefinitionChecker) {
      let type = base.type.flatMap {
        definitions.catalogue.find(.interface, $0, in: $0.place.file, report: false)
      }.map { definitions.catalogue.interfaces.types[$0] }
      inputs = definitions.parameters(base.inputs, .outgoing).over(type?.properties ?? OrderedMap()) { $0.refining($1) }
      operations = base.operations.over(type?.operations ?? OrderedMap()) { $0.refining($1) }
      notifications = base.notifications.over(type?.notifications ?? OrderedMap()) { $0.refining($1) }
    }
  }

  private func check(
    _ assigned: OrderedMap<OperationDefinition>, _ defined: OrderedMap<OperationDefinition>, _ what: String,
    of interface: String, _ shared: OrderedMap<PropertyDefinition>, _ owner: ValueContext.Owner,
    _ definitions: DefinitionChecker
  ) {
    for (name, operation) in assigned {
      guard let base = defined[name] else {
        findings.report(
          "unknown-operation", at: operation.name.place,
          "the interface `\(interface.excerpt)` has no \(what) `\(name.excerpt)`",
          expected: ValueTyper.oneOf(defined.keys) ?? "no \(what)s: its type has none",
          suggestion: nearest(name, among: defined.keys))
        continue
      }
      let inputs = definitions.parameters(base.inputs, .outgoing).over(shared) { $0.refining($1) }
      checkInputs(operation.inputs, inputs, owner)
      let outputs = definitions.parameters(base.outputs, .incoming)
      for (key, mapping) in operation.outputs { check(mapping, ofOutput: key, outputs[key], owner) }
      definitions.check(operation.implementation)
    }
  }

  /// An output goes to an attribute, unless its definition says where already (9.10 and 11.5).
  private func check(
    _ mapping: YAMLNode, ofOutput name: String, _ definition: PropertyDefinition?, _ owner: ValueContext.Owner
  ) {
    guard let items = mapping.items, items.count >= 2 else {
      findings.report(
        "wrong-syntax", at: mapping.place, "the output `\(name.excerpt)` cannot be \(mapping.kindDescription)",
        expected: PropertyDefinition.mappingForm)
      return
    }
    if let fixed = definition?.mapping, fixed.content != mapping.content {
      findings.report(
        "fixed-value", at: mapping.place, "the output `\(name.excerpt)` is mapped by its definition",
        expected: "no mapping (TOSCA 2.0, 11.5)", related: [(fixed.place, "it is mapped here")])
    }
    typer.checkMapping(mapping, owner)
  }

  /// Values of inputs: typed where a definition is known, which may not fix them. Others may be added (11.5).
  func checkInputs(
    _ assigned: OrderedMap<YAMLNode>, _ defined: OrderedMap<PropertyDefinition>, _ owner: ValueContext.Owner,
    workflowInputs: OrderedMap<PropertyDefinition>? = nil
  ) {
    for (key, node) in assigned {
      var context = ValueContext(subject: "input `\(key.excerpt)`", owner: owner)
      context.workflowInputs = workflowInputs
      guard let definition = defined[key] else {
        _ = typer.value(node, as: nil, context)
        continue
      }
      if let fixed = definition.value {
        findings.report(
          "fixed-value", at: node.place, "the value of the input `\(key.excerpt)` is fixed by its definition",
          expected: "no assignment (TOSCA 2.0, 11.5)", related: [(fixed.place, "it is fixed here")])
      }
      _ = typer.value(node, of: definition, context)
    }
  }
}
