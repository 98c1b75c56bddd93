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
      for (key, input) in definitions(type?.operations[name]?.inputs ?? OrderedMap()) { defined[key] = input }
      for (key, node) in base.operations[name]?.inputs ?? OrderedMap() {
        // A value in place of the definition is what the input gets.
        defined[key] = Self.isDefinition(node) ? definition(key, node) : nil
      }
      report(defined, missingIn: operation.inputs.over(interface.inputs), at: operation.name, "the operation")
    }
  }

  /// Reports a name that stands for no node template or group.
  func checkTarget(_ target: Name, of what: String) {
    guard scope.nodeIndex[target.text] == nil, scope.template.groups[target.text] == nil else { return }
    let names = Array(scope.nodeIndex.keys) + Array(scope.template.groups.keys)
    findings.report(
      "unknown-target", at: target.place, "\(what) names no node template or group: `\(target.text.excerpt)`",
      expected: ValueTyper.oneOf(names), suggestion: nearest(target.text, among: names))
  }

  /// Evaluates the defaults of operations' inputs as a node gets them, where its template gives nothing else.
  func checkInputDefaults(of type: Int, _ template: NodeTemplate, _ owner: ValueContext.Owner) {
    for (interface, operation, definition) in inputDefaults(of: type) {
      let assigned = template.interfaces[interface]
      let name = definition.name.text
      guard assigned?.inputs[name] == nil, assigned?.operations[operation]?.inputs[name] == nil,
        let value = definition.defaultValue ?? definition.value
      else { continue }
      _ = typer.value(
        value, of: definition, ValueContext(subject: "the default of input `\(name.excerpt)`", owner: owner))
    }
  }

  /// The inputs of a node type's operations whose defaults are calls; most types have none.
  private func inputDefaults(of type: Int) -> [(interface: String, operation: String, input: PropertyDefinition)] {
    if let known = inputDefaultsByType[type] { return known }
    var result: [(interface: String, operation: String, input: PropertyDefinition)] = []
    for (interface, definition) in catalogue.nodes.types[type].interfaces {
      for (operation, definition) in definition.operations {
        for (key, node) in definition.inputs where Self.isDefinition(node) {
          // Only what `SELF` stands for is known of every node of the type.
          guard let written = node["default"] ?? node["value"],
            written.entries?.first?.value.items?.first?.text == "SELF", let input = self.definition(key, node)
          else { continue }
          result.append((interface, operation, input))
        }
      }
    }
    inputDefaultsByType[type] = result
    return result
  }

  private func definitions(_ inputs: OrderedMap<YAMLNode>) -> OrderedMap<PropertyDefinition> {
    var result = OrderedMap<PropertyDefinition>()
    for (key, node) in inputs where Self.isDefinition(node) { result[key] = definition(key, node) }
    return result
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
