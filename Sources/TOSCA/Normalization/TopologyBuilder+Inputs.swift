extension TopologyBuilder {
  /// Reports the inputs that an interface, which a template writes, must get and does not (1.3, 3.6.14.1: `required`).
  func checkRequiredInputs(
    _ interface: InterfaceDefinition, _ base: InterfaceDefinition, _ type: InterfaceType?
  ) {
    var shared = type?.properties ?? OrderedMap()
    for (key, node) in base.inputs { shared[key] = Self.isDefinition(node) ? definition(key, node) : nil }
    // What all operations get can also be given to those that need it.
    let given = interface.operations.values.reduce(interface.inputs) { $1.inputs.over($0) }
    report(shared, missingIn: given, at: interface.name, "the interface")
    for (name, operation) in interface.operations {
      var defined = OrderedMap<PropertyDefinition>()
      for (key, definition) in definitions(type?.operations[name]?.inputs ?? OrderedMap()) { defined[key] = definition }
      for (key, node) in base.operations[name]?.inputs ?? OrderedMap() {
        // A value in place of the definition is what the input gets.
        defined[key] = Self.isDefinition(node) ? self.definition(key, node) : nil
      }
      report(defined, missingIn: operation.inputs.over(interface.inputs), at: operation.name, "the operation")
    }
  }

  private func definitions(_ inputs: OrderedMap<YAMLNode>) -> OrderedMap<PropertyDefinition> {
    var result = OrderedMap<PropertyDefinition>()
    for (key, node) in inputs where Self.isDefinition(node) { result[key] = definition(key, node) }
    return result
  }

  private func definition(_ key: String, _ node: YAMLNode) -> PropertyDefinition? {
    let context = SyntaxContext(
      findings: findings, version: file.content.version, file: node.place.file, tolerances: typer.tolerances)
    return PropertyDefinition(Name(text: key, place: node.place), node, .parameter, context)
  }

  private func report(
    _ defined: OrderedMap<PropertyDefinition>, missingIn assigned: OrderedMap<YAMLNode>, at name: Name, _ what: String
  ) {
    for (key, definition) in defined
    where definition.required && definition.defaultValue == nil && definition.value == nil && assigned[key] == nil {
      findings.report(
        "missing-operation-input", at: name.place, "\(what) `\(name.text.excerpt)` lacks the input `\(key.excerpt)`",
        expected: "`\(key.excerpt)`: " + (definition.schema?.type.text ?? "a value"),
        related: [(definition.name.place, "the input is defined here")])
    }
  }
}
