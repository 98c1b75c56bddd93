extension DefinitionChecker {
  /// Checks an interface type of 2.0 (11.1): what it defines has no implementation, and outputs go nowhere yet.
  func checkVersion2(_ type: InterfaceType, _ index: Int) {
    let base = parent(catalogue.interfaces, index)
    check(parameters: type.properties, inherited: base?.properties, .none)
    for (operations, inherited) in [(type.operations, base?.operations), (type.notifications, base?.notifications)] {
      for (name, operation) in operations {
        let outputs = parameters(operation.outputs, .incoming)
        for output in outputs.values where output.mapping != nil {
          findings.report(
            "wrong-syntax", at: output.mapping?.place ?? output.name.place,
            "the output `\(output.name.text.excerpt)` of an interface type is mapped to an attribute",
            expected: "mappings in node types and templates only (TOSCA 2.0, 11.4)")
        }
        for (key, node) in operation.inputs where node.entries == nil && !Condition.isCall(node) {
          findings.report(
            "wrong-syntax", at: node.place,
            "the input `\(key.excerpt)` of an interface type cannot be \(node.kindDescription)",
            expected: "a parameter definition, such as `{ type: string }`")
        }
        let inputs = parameters(operation.inputs, .outgoing)
        for input in inputs.values { reportContextFunctions(input.value ?? input.defaultValue) }
        check(
          parameters: inputs, inherited: inherited?[name].map { parameters($0.inputs, .outgoing) }, .none)
        check(
          parameters: outputs, inherited: inherited?[name].map { parameters($0.outputs, .incoming) }, .none)
      }
    }
    for (key, input) in type.properties {
      reportContextFunctions(input.value ?? input.defaultValue)
      guard input.isShortForm, base?.properties[key] == nil else { continue }
      findings.report(
        "wrong-syntax", at: input.value?.place ?? input.name.place,
        "the input `\(key.excerpt)` of an interface type cannot be \(input.value?.kindDescription ?? "a value")",
        expected: "a parameter definition, such as `{ type: string }`")
    }
  }

  /// An interface type knows nothing of nodes and relationships (11.4).
  private func reportContextFunctions(_ node: YAMLNode?) {
    guard let node else { return }
    for entry in node.entries ?? [] {
      if ["$get_property", "$get_attribute", "$get_artifact"].contains(entry.name) {
        findings.report(
          "wrong-context", at: entry.key.place, "`\(entry.name)` has no meaning in an interface type",
          expected: "a value that needs no node or relationship (TOSCA 2.0, 11.4)")
      }
      reportContextFunctions(entry.value)
    }
    for item in node.items ?? [] { reportContextFunctions(item) }
  }

  /// Checks the interface definitions of a node or relationship type, or of a requirement's relationship (11.2).
  func check(
    _ interfaces: OrderedMap<InterfaceDefinition>, inherited: OrderedMap<InterfaceDefinition>?,
    _ owner: ValueContext.Owner
  ) {
    for (name, interface) in interfaces {
      let base = inherited?[name]
      guard let named = interface.type ?? base?.type else {
        findings.report(
          "missing-key", at: interface.name.place, "the interface `\(name.excerpt)` has no type, and inherits none",
          expected: "the keyname `type` (TOSCA 2.0, 11.2)")
        continue
      }
      guard let index = catalogue.find(.interface, named, in: named.place.file) else { continue }
      if let own = interface.type, let other = base?.type,
        let inheritedType = catalogue.find(.interface, other, in: other.place.file, report: false),
        !catalogue.interfaces.derives(index, from: inheritedType)
      {
        findings.report(
          "incompatible-refinement", at: own.place,
          "the interface `\(name.excerpt)` changes its inherited type `\(other.text.excerpt)`",
          expected: "the same type, or one derived from it (TOSCA 2.0, 11.2)",
          related: [(other.place, "it is inherited from here")])
      }
      let type = catalogue.interfaces.types[index]
      check(
        parameters: parameters(interface.inputs, .outgoing),
        inherited: base.map { parameters($0.inputs, .outgoing).over(type.properties) { $0.refining($1) } }
          ?? type.properties, owner)
      check(interface.operations, of: type.operations, base?.operations, "operation", named, owner)
      check(interface.notifications, of: type.notifications, base?.notifications, "notification", named, owner)
    }
  }

  /// Operations and notifications refine those of the interface type.
  private func check(
    _ own: OrderedMap<OperationDefinition>, of defined: OrderedMap<OperationDefinition>,
    _ inherited: OrderedMap<OperationDefinition>?, _ what: String, _ type: Name, _ owner: ValueContext.Owner
  ) {
    for (name, operation) in own {
      guard let base = defined[name] else {
        findings.report(
          "unknown-operation", at: operation.name.place,
          "the interface type `\(type.text.excerpt)` has no \(what) `\(name.excerpt)`",
          expected: ValueTyper.oneOf(defined.keys) ?? "no \(what)s: its type has none",
          suggestion: nearest(name, among: defined.keys))
        continue
      }
      let full = inherited?[name].map { $0.refining(base) } ?? base
      check(
        parameters: parameters(operation.inputs, .outgoing), inherited: parameters(full.inputs, .outgoing), owner)
      check(
        parameters: parameters(operation.outputs, .incoming), inherited: parameters(full.outputs, .incoming), owner)
      check(operation.implementation)
    }
  }

  /// The artifacts that an implementation has in place are of types that exist.
  func check(_ implementation: Implementation?) {
    for artifact in implementation?.artifacts ?? [] {
      if let type = artifact.type { _ = catalogue.find(.artifact, type, in: type.place.file) }
      checkRepository(of: artifact)
    }
  }

  /// The repository of an artifact is one that some file names (12.2).
  func checkRepository(of artifact: ArtifactDefinition) {
    guard let name = artifact.repository else { return }
    let local = name.text.split(separator: ":").last.map(String.init) ?? name.text
    guard !typer.repositories.contains(local) else { return }
    findings.report(
      "unknown-repository", at: name.place, "unknown repository `\(name.text.excerpt)`",
      expected: ValueTyper.oneOf(typer.repositories) ?? "a repository of this file or its imports",
      suggestion: nearest(name.text, among: typer.repositories))
  }

  /// Parameters as they are defined.
  func parameters(_ nodes: OrderedMap<YAMLNode>, _ role: PropertyDefinition.Role) -> OrderedMap<PropertyDefinition> {
    var result = OrderedMap<PropertyDefinition>()
    for (name, node) in nodes {
      let context = SyntaxContext(
        findings: findings, version: typer.version, file: node.place.file, tolerances: typer.tolerances)
      result[name] = PropertyDefinition(Name(text: name, place: node.place), node, role, context)
    }
    return result
  }

  /// Checks parameter definitions: unlike properties they need no type (9.8).
  func check(
    parameters: OrderedMap<PropertyDefinition>, inherited: OrderedMap<PropertyDefinition>?,
    _ owner: ValueContext.Owner
  ) {
    for (name, own) in parameters {
      let base = inherited?[name]
      let parameter = base.map { own.refining($0) } ?? own
      if let base {
        if let mapping = own.mapping, let inherited = base.mapping, mapping.content != inherited.content {
          findings.report(
            "fixed-value", at: mapping.place, "the parameter `\(name.excerpt)` is mapped already",
            expected: "the inherited mapping (TOSCA 2.0, 9.8)", related: [(inherited.place, "it is mapped here")])
        }
        checkVersion2(own, refined: parameter, of: base)
        checkRefinement(parameter, of: base)
      }
      if let mapping = parameter.mapping, owner != .none { typer.checkMapping(mapping, owner) }
      check(parameter, owner)
      if let value = own.value {
        let subject = ValueSubject.named("the value of", name)
        _ = typer.value(value, of: parameter, ValueContext(subject: subject, owner: owner))
      }
    }
  }
}
