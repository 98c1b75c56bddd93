extension TopologyBuilder {
  /// The long form of an attribute's value has a description beside it (1.3, 3.6.13.2).
  private static func attributeValue(_ node: YAMLNode) -> YAMLNode {
    guard let value = node["value"], node.entries?.allSatisfy({ ["value", "description"].contains($0.name) }) == true
    else { return node }
    return value
  }

  /// The first values of attributes: those assigned and the defaults of the others. What is not defined or does not fit
  /// is reported. A property is an attribute, too, and may be assigned as one.
  func attributes(
    _ assigned: OrderedMap<PropertyAssignment>, _ defined: OrderedMap<PropertyDefinition>,
    _ properties: OrderedMap<PropertyDefinition>, of entity: @autoclosure () -> String, _ owner: ValueContext.Owner,
    allowOthers: @autoclosure () -> Bool = false
  ) -> [String: Value] {
    var result: [String: Value] = [:]
    if assigned.isEmpty, defined.isEmpty { return result }
    for (key, assignment) in assigned {
      findings.recorder?.reference(
        .attribute, assignment.name, target: (defined[key] ?? properties[key])?.name.place
      ) { defined.map { ($0, $1.name.place) } }
      // The long form may leave the value out.
      if let entries = assignment.value.entries, entries.count == 1, entries[0].name == "description" { continue }
      let context = ValueContext(subject: .named("attribute", key), owner: owner)
      if let definition = defined[key] ?? properties[key] {
        result[key] = typer.value(Self.attributeValue(assignment.value), of: definition, context)
      } else if !allowOthers() {
        findings.report(
          "unknown-attribute", at: assignment.name.place, "unknown attribute `\(key.excerpt)` of \(entity())",
          expected: ValueTyper.oneOf(defined.keys) ?? "no attributes: its type has none",
          suggestion: nearest(key, among: defined.keys))
      }
    }
    for position in defined.entries.indices where defined.entries[position].element.defaultValue != nil {
      let key = defined.entries[position].key
      let definition = defined.entries[position].element
      guard !assigned.contains(key), let written = definition.defaultValue else { continue }
      result[key] = typer.value(
        written, of: definition, ValueContext(subject: .named("the default of attribute", key), owner: owner))
    }
    return result
  }
}
