extension DefinitionChecker {
  /// Checks the inputs of interfaces and operations in types: parameter definitions (1.3, 3.6.14 and 3.6.17). A function
  /// in place of a definition says the value, which many types use.
  func check(_ inputs: OrderedMap<YAMLNode>, file: UInt32) {
    for (key, node) in inputs {
      let context = ValueContext(subject: "input `\(key.excerpt)`")
      if typer.call(in: node, schema: nil, context) != nil || (typer.version == .tosca2_0 && node.entries == nil) {
        _ = typer.value(node, as: nil, context)
      } else if let definition = definition(key, node, file) {
        if definition.schema == nil, typer.version < .simple1_3, definition.defaultValue == nil {
          findings.report(
            "missing-key", at: node.place, "the input `\(key.excerpt)` lacks `type`", expected: "the keyname `type`")
        }
        check(definition)
      }
    }
  }

  /// An input's definition; what is wrong with it is reported.
  private func definition(_ key: String, _ node: YAMLNode, _ file: UInt32) -> PropertyDefinition? {
    let context = SyntaxContext(findings: findings, version: typer.version, file: file, tolerances: typer.tolerances)
    return PropertyDefinition(Name(text: key, place: node.place), node, .parameter, context)
  }

  /// Inputs that a derived interface type defines again keep their types, or narrow them.
  func checkRefinement(_ inputs: OrderedMap<YAMLNode>, of inherited: OrderedMap<YAMLNode>?, file: UInt32) {
    for (key, node) in inputs {
      guard let base = inherited?[key], TopologyBuilder.isDefinition(node), TopologyBuilder.isDefinition(base),
        let own = definition(key, node, file), let refined = definition(key, base, base.place.file)
      else { continue }
      checkRefinement(own, of: refined)
    }
  }

  /// A requirement that a derived node type defines again should only narrow what it inherits, so that a node of the
  /// derived type can stand for one of its parent. No version of the Simple Profile says so, and types that 1.3 lists
  /// change the capability, so this is a warning about the node and the relationship.
  func checkRefinement(_ requirement: RequirementDefinition, of inherited: RequirementDefinition?) {
    guard let inherited, typer.version == .simple1_3 else { return }
    narrow(requirement.node, inherited.node, .node, requirement, inherited) {
      catalogue.nodes.derives($0, from: $1)
    }
    narrow(requirement.relationship, inherited.relationship, .relationship, requirement, inherited) {
      catalogue.relationships.derives($0, from: $1)
    }
  }

  private func narrow(
    _ own: Name?, _ base: Name?, _ kind: TypeKind, _ requirement: RequirementDefinition,
    _ inherited: RequirementDefinition, _ derives: (Int, Int) -> Bool
  ) {
    guard let own, let base, let type = catalogue.find(kind, own, in: requirement.file, report: false),
      let wanted = catalogue.find(kind, base, in: inherited.file, report: false), !derives(type, wanted)
    else { return }
    findings.report(
      "incompatible-refinement", .warning, at: own.place,
      "the requirement `\(requirement.name.text.excerpt)` changes its inherited \(kind.title) `\(base.text.excerpt)`",
      expected: "the same type, or one derived from it", related: [(inherited.name.place, "it is inherited from here")])
  }
}
