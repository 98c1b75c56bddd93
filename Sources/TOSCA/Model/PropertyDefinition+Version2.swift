extension PropertyDefinition {
  /// The keynames of definitions (2.0, 9.4, 9.6 and 9.8).
  static let keynames = [
    "type", "description", "metadata", "required", "default", "value", "mapping", "status", "validation", "key_schema",
    "entry_schema",
  ]

  /// Whether a node is the short form of a definition (2.0): of a property or outgoing parameter, its fixed value; of an
  /// incoming parameter, the attribute that its value goes to.
  static func isShortForm(_ node: YAMLNode, _ role: Role) -> Bool {
    guard !node.isNull else { return false }
    switch role {
    case .attribute: return false
    case .incoming: return node.items != nil
    case .property, .outgoing, .parameter:
      guard let entries = node.entries else { return true }
      return entries.count == 1 && entries[0].name.hasPrefix("$") && !entries[0].name.hasPrefix("$$")
    }
  }

  /// Whether a node is the short form of an output of 1.3: its fixed value (1.3, 3.6.14.2). A map is one where it is the call
  /// of a function.
  static func isFixedOutput(_ node: YAMLNode, _ role: Role, _ context: SyntaxContext) -> Bool {
    guard role == .outgoing, context.version >= .simple1_3, !node.isNull,
      !context.tolerances.contains(.plainDefinitions)
    else { return false }
    guard let entries = node.entries else { return true }
    return entries.count == 1 && FunctionCall.Function.ofVersion1(named: entries[0].name) != nil
  }

  /// The definition that a short form stands for.
  init(_ name: Name, shortForm node: YAMLNode, _ role: Role) {
    self.name = name
    required = true
    metadata = OrderedMap()
    isShortForm = true
    if role == .incoming {
      mapping = node
    } else {
      value = node
      if role == .property { defaultValue = node }
    }
  }

  /// Reports keynames that do not go together (2.0, 9.4 and 9.8).
  func checkVersion2(_ role: Role, _ entity: Entity) {
    let findings = entity.context.findings
    if let value, let mapping {
      findings.report(
        "wrong-syntax", at: mapping.place, "`mapping` of \(role.what) stands beside `value`",
        expected: "one of the two (TOSCA 2.0, 9.8)", related: [(value.place, "the value")])
    }
    if let mapping, mapping.items == nil || (mapping.items?.count ?? 0) < 2 {
      entity.reportForm(mapping, "`mapping` of \(role.what)", Self.mappingForm)
    }
    // Its own examples (9.4) do not keep to what the standard says of defaults.
    if !required, let place = entity.key("default") {
      findings.report(
        "unused-default", .warning, at: place, "the default of `\(name.text.excerpt)` has no effect",
        expected: "no default where `required` is false (TOSCA 2.0, 9.4)")
    }
    if role == .incoming, let place = entity.key("value") {
      findings.report(
        "unused-value", .warning, at: place, "`value` of the incoming parameter `\(name.text.excerpt)`",
        expected: "`default`: its value comes from outside (TOSCA 2.0, 9.8)")
    }
    if role == .outgoing, let place = entity.key("mapping") {
      findings.report(
        "unused-mapping", .warning, at: place, "`mapping` of the outgoing parameter `\(name.text.excerpt)`",
        expected: "`value`: its value goes out (TOSCA 2.0, 9.8)")
    }
  }

  /// What a mapping onto an attribute looks like (2.0, 9.10).
  static let mappingForm = "a list of a TOSCA path and an attribute, such as `[SELF, address]`"
}
