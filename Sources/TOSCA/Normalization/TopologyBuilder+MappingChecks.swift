extension TopologyBuilder {
  /// Checks substitution mappings of 2.0 (15): what they map exists on both sides, and fits.
  func checkVersion2(_ mappings: SubstitutionMappings) {
    guard let name = mappings.nodeType, let index = catalogue.find(.node, name, in: file.id) else { return }
    let type = catalogue.nodes.types[index]
    if let filter = mappings.filter?.condition {
      var context = ValueContext(subject: "the substitution filter", owner: .nodeType(index))
      context.isFilter = true
      typer.checkCondition(filter, context.subject, context)
    }
    checkProperties(mappings, index)
    checkAttributes(mappings, index)
    for (key, value) in mappings.capabilities {
      if type.capabilities[key] == nil { reportUnmapped("capability", key, value.place, type.capabilities.keys) }
      guard let (template, item) = pair(value, "capability") else { continue }
      guard let own = scope.nodes[template].type.map({ catalogue.nodes.types[$0].capabilities }) else { continue }
      if own[item.text ?? ""] == nil { reportUnknown("capability", item, template, own.keys) }
    }
    checkRequirements(mappings.requirements, type)
    checkInterfaces(mappings.interfaces, type)
  }

  private func reportUnmapped(_ what: String, _ name: String, _ place: Place, _ known: [String]) {
    findings.report(
      "unknown-\(what)", at: place, "the substituted node type has no \(what) `\(name.excerpt)`",
      expected: ValueTyper.oneOf(known) ?? "no mapping: it has none", suggestion: nearest(name, among: known))
  }

  private func reportUnknown(_ what: String, _ item: YAMLNode, _ template: Int, _ known: [String]) {
    let name = item.text ?? ""
    findings.report(
      "unknown-\(what)", at: item.place,
      "`\(scope.nodes[template].template.name.text.excerpt)` has no \(what) `\(name.excerpt)`",
      expected: ValueTyper.oneOf(known) ?? "none: its type has none", suggestion: nearest(name, among: known))
  }

  /// The type of the property or attribute that a mapping's key stands for: a name, or a path from the node (15.2).
  private func memberType(_ key: YAMLNode, _ function: String, _ type: Int) -> StaticType? {
    let path = [YAMLNode.string("SELF", at: key.place)] + (key.items ?? [key])
    var call = FunctionCall(
      named: function, arguments: YAMLNode(content: .sequence(path), place: key.place), namePlace: key.place,
      place: key.place)
    call.name = "a mapping"
    return typer.pathType(call, ValueContext(subject: "a mapping", owner: .nodeType(type)))
  }

  /// Properties go to inputs, and every input that must have a value has one (15.2).
  private func checkProperties(_ mappings: SubstitutionMappings, _ type: Int) {
    var mapped: Set<String> = []
    for mapping in mappings.properties {
      let member = memberType(mapping.key, "$get_property", type)
      guard let name = name(mapping.target, "an input") else { continue }
      mapped.insert(name)
      guard let input = scope.inputs[name] else {
        findings.report(
          "unknown-input", at: mapping.target.place, "unknown input `\(name.excerpt)`",
          expected: ValueTyper.oneOf(scope.inputs.keys) ?? "an input of the service template",
          suggestion: nearest(name, among: scope.inputs.keys))
        continue
      }
      if let member, !typer.fits(member, input.schema) {
        reportMismatch(mapping, member, "the input `\(name.excerpt)`", input.schema)
      }
    }
    for (name, input) in scope.inputs
    where input.required && input.defaultValue == nil && input.value == nil && !mapped.contains(name) {
      findings.report(
        "missing-mapping", at: mappings.place, "no property is mapped to the input `\(name.excerpt)`",
        expected: "a mapping to each required input without a default (TOSCA 2.0, 15.2)",
        related: [(input.name.place, "the input is here")])
    }
  }

  /// Outputs go to attributes (15.3).
  private func checkAttributes(_ mappings: SubstitutionMappings, _ type: Int) {
    for mapping in mappings.attributes {
      let member = memberType(mapping.key, "$get_attribute", type)
      guard let name = name(mapping.target, "an output") else { continue }
      guard let output = scope.template.outputs[name] else {
        findings.report(
          "unknown-output", at: mapping.target.place, "unknown output `\(name.excerpt)`",
          expected: ValueTyper.oneOf(scope.template.outputs.keys) ?? "an output of the service template",
          suggestion: nearest(name, among: scope.template.outputs.keys))
        continue
      }
      let given = typer.staticType(of: output.schema)
      if let member, let schema = member.schema, !typer.fits(given, schema) {
        reportMismatch(mapping, given, "the attribute", schema)
      }
    }
  }

  private func name(_ node: YAMLNode, _ what: String) -> String? {
    if let text = node.text, CoreSchema.kind(of: text, node.isQuoted ? .quoted : .plain) == .string { return text }
    findings.report(
      "wrong-syntax", at: node.place, "a mapping cannot lead to \(node.kindDescription)",
      expected: "the name of \(what) (TOSCA 2.0, 15.2 and 15.3)")
    return nil
  }

  private func reportMismatch(
    _ mapping: SubstitutionMappings.Value, _ found: StaticType, _ target: String, _ schema: SchemaDefinition?
  ) {
    findings.report(
      "wrong-type", at: mapping.target.place, "\(target) cannot be \(found.description)",
      expected: schema.map { "a value of type `\($0.type.text)` (TOSCA 2.0, 15.2 and 15.3)" })
  }

  /// The node template, and the name of one of its parts, that a mapping leads to.
  private func pair(_ value: YAMLNode, _ what: String) -> (Int, YAMLNode)? {
    guard let items = value.items, items.count == 2, let node = items[0].text, items[1].text != nil else {
      findings.report(
        "wrong-syntax", at: value.place, "a mapping cannot lead to \(value.kindDescription)",
        expected: "`[node template, \(what)]`")
      return nil
    }
    guard let index = scope.nodeIndex[node] else {
      reportUnknownNode(items[0])
      return nil
    }
    return (index, items[1])
  }

  private func reportUnknownNode(_ item: YAMLNode) {
    let name = item.text ?? ""
    findings.report(
      "unknown-node", at: item.place, "unknown node template `\(name.excerpt)`",
      expected: ValueTyper.oneOf(scope.nodeIndex.keys), suggestion: nearest(name, among: scope.nodeIndex.keys))
  }

  /// Requirement mappings: of dangling requirements and selectable nodes, as often as the substituted node's type allows
  /// (15.5).
  private func checkRequirements(_ mappings: [SubstitutionMappings.Requirement], _ type: NodeType) {
    var sums: [String: (total: Int, mandatory: Int, isOpen: Bool, mappings: Int)] = [:]
    for mapping in mappings {
      let name = mapping.name.text
      guard type.requirements[name] != nil else {
        reportUnmapped("requirement", name, mapping.name.place, type.requirements.keys)
        continue
      }
      var sum = sums[name] ?? (0, 0, false, 0)
      if sum.isOpen {
        findings.report(
          "wrong-mapping", at: mapping.name.place,
          "a mapping of `\(name.excerpt)` with the count `UNBOUNDED` leaves nothing for this one",
          expected: "`UNBOUNDED` in the last mapping of a requirement (TOSCA 2.0, 15.5)")
      }
      let isMandatory = targets(of: mapping.target).contains { $0 }
      sum.mappings += 1
      switch mapping.count {
      case .unbounded: sum.isOpen = true
      case .exactly(let count):
        sum.total += min(count, 1 << 40)
        if isMandatory { sum.mandatory += min(count, 1 << 40) }
      case nil:
        sum.total += 1
        if isMandatory { sum.mandatory += 1 }
      }
      sums[name] = sum
    }
    for (name, sum) in sums {
      guard let bounds = type.requirements[name]?.occurrences,
        let place = mappings.last(where: { $0.name.text == name })?.name.place
      else { continue }
      // A single mapping without a count is for all assignments.
      let isForAll = sum.mappings == 1 && mappings.first { $0.name.text == name }?.count == nil
      if let upper = bounds.upper, sum.total > upper {
        findings.report(
          "wrong-mapping", at: place, "`\(name.excerpt)` is mapped \(sum.total) times",
          expected: "at most \(upper) times (TOSCA 2.0, 15.5.4)")
      } else if !isForAll, sum.mandatory > bounds.lower {
        findings.report(
          "wrong-mapping", at: place,
          "`\(name.excerpt)` is mapped \(sum.mandatory) times to requirements that must be met",
          expected: "at most \(bounds.lower) times, since more need not be there (TOSCA 2.0, 15.5.4)")
      }
    }
  }

  /// What a requirement mapping leads to, and for each whether it must be met.
  private func targets(of node: YAMLNode) -> [Bool] {
    if node.text != nil { return [selectable(node)] }
    guard let items = node.items, !items.isEmpty else {
      findings.report(
        "wrong-syntax", at: node.place, "a requirement mapping cannot lead to \(node.kindDescription)",
        expected: "`[node template, requirement]`, a selectable node template, or a list of these (TOSCA 2.0, 15.5)")
      return []
    }
    // Two names are a node and its requirement, unless the second is that of a node, too.
    if items.count == 2, items.allSatisfy({ $0.text != nil }) {
      let isRequirement =
        scope.nodeIndex[items[0].text ?? ""]
        .flatMap { scope.nodes[$0].type }
        .map { catalogue.nodes.types[$0].requirements[items[1].text ?? ""] != nil } ?? false
      if isRequirement || scope.nodeIndex[items[1].text ?? ""] == nil { return [dangling(node)] }
    }
    return items.map { $0.text != nil ? selectable($0) : dangling($0) }
  }

  private func selectable(_ item: YAMLNode) -> Bool {
    guard let index = scope.nodeIndex[item.text ?? ""] else {
      reportUnknownNode(item)
      return false
    }
    if !scope.nodes[index].template.directives.contains(where: { $0.text == "select" }) {
      findings.report(
        "wrong-mapping", at: item.place, "the node template `\((item.text ?? "").excerpt)` is not selectable",
        expected: "`[node template, requirement]`, or the directive `select` (TOSCA 2.0, 15.5.3)")
    }
    return false
  }

  private func dangling(_ value: YAMLNode) -> Bool {
    guard let (template, item) = pair(value, "requirement"), let type = scope.nodes[template].type else { return false }
    let defined = catalogue.nodes.types[type].requirements
    guard let requirement = defined[item.text ?? ""] else {
      reportUnknown("requirement", item, template, defined.keys)
      return false
    }
    let assignments = scope.nodes[template].template.requirements.filter { $0.name.text == item.text }
    let hasTargets =
      !assignments.isEmpty
      && assignments.allSatisfy { $0.node.map { scope.nodeIndex[$0.text] != nil } ?? false }
    if hasTargets {
      findings.report(
        "wrong-mapping", at: item.place, "the requirement `\((item.text ?? "").excerpt)` has a target already",
        expected: "a requirement without a target node (TOSCA 2.0, 15.5.4)",
        related: assignments.first.map { [($0.name.place, "it is assigned here")] } ?? [])
    }
    return requirement.occurrences.lower > 0 || assignments.contains { !$0.isOptional }
  }

  /// Operations go to workflows (15.6).
  private func checkInterfaces(_ mappings: OrderedMap<YAMLNode>, _ type: NodeType) {
    let definitions = DefinitionChecker(catalogue: catalogue, typer: typer, findings: findings)
    for (name, value) in mappings {
      guard let interface = type.interfaces[name] else {
        reportUnmapped("interface", name, value.place, type.interfaces.keys)
        continue
      }
      guard let entries = value.entries else {
        findings.report(
          "wrong-syntax", at: value.place, "the mapping of `\(name.excerpt)` cannot be \(value.kindDescription)",
          expected: "a map from operations to workflows (TOSCA 2.0, 15.6)")
        continue
      }
      let operations = InterfaceParts(interface, definitions).operations
      for entry in entries {
        if operations[entry.name] == nil { reportUnmapped("operation", entry.name, entry.key.place, operations.keys) }
        guard let workflow = self.name(entry.value, "a workflow") else { continue }
        _ = self.workflow(named: Name(text: workflow, place: entry.value.place))
      }
    }
  }
}
