extension TopologyBuilder {
  /// The normalized form of a node template.
  func node(_ index: Int) -> Node? {
    guard let type = scope.nodes[index].type else { return nil }
    let template = scope.nodes[index].template
    var title: String { "node template `\(template.name.text.excerpt)`" }
    let definition = catalogue.nodes.types[type]
    let owner = ValueContext.Owner.node(index)
    let directives = ["select", "substitute", "selectable", "substitutable"]
    // Other directives are for tools to define; one that is nearly a known one is a slip.
    for directive in template.directives
    where nearest(directive.text, among: directives) != nil
      && !directives.contains(directive.text)
    {
      findings.report(
        "unknown-value", .warning, at: directive.place, "unknown directive `\(directive.text.excerpt)`",
        expected: "`select` or `substitute`", suggestion: nearest(directive.text, among: directives))
    }
    let values = properties(
      template.properties, definition.properties, of: title, at: template.name.place, owner,
      allowOthers: catalogue.isOpen(.node, type))
    checkAttributes(
      template.attributes, definition.attributes, definition.properties, of: title, owner,
      allowOthers: catalogue.isOpen(.node, type))
    check(template.interfaces, definition.interfaces, owner, allowOthers: catalogue.isOpen(.node, type))
    if file.content.version != .tosca2_0 { checkInputDefaults(of: type, template, owner) }
    return Node(
      name: template.name.text, type: catalogue.nodes.reference(type), properties: values,
      capabilities: capabilities(of: template, index, definition, catalogue.shape(ofNodeType: type)),
      requirements: requirements(of: index),
      artifacts: artifacts(template, definition), place: range(template.name.place))
  }

  private func capabilities(
    of template: NodeTemplate, _ index: Int, _ definition: NodeType, _ shape: NodeShape
  ) -> [String: Capability] {
    for (name, assignment) in template.capabilities where !definition.capabilities.contains(name) {
      if let type = scope.nodes[index].type, catalogue.isOpen(.node, type) { continue }
      findings.report(
        "unknown-capability", at: assignment.name.place,
        "the node type `\(definition.header.name.text.excerpt)` has no capability `\(name.excerpt)`",
        expected: ValueTyper.oneOf(definition.capabilities.keys) ?? "no capabilities: its type has none",
        suggestion: nearest(name, among: definition.capabilities.keys))
    }
    var result: [String: Capability] = [:]
    for position in definition.capabilities.entries.indices {
      let capability = shape.capabilities[position]
      guard let type = capability.type else { continue }
      let name = definition.capabilities.entries[position].key
      var title: String { "the capability `\(name.excerpt)` of node template `\(template.name.text.excerpt)`" }
      let assignment = template.capabilities[name]
      let values = properties(
        assignment?.properties ?? OrderedMap(), capability.properties, of: title,
        at: assignment?.name.place ?? template.name.place, .node(index),
        allowOthers: catalogue.isOpen(.capability, type))
      if let assignment {
        checkAttributes(
          assignment.attributes, capability.attributes, capability.properties, of: title, .node(index))
      }
      result[name] = Capability(type: catalogue.capabilities.reference(type), properties: values)
    }
    return result
  }

  private func requirements(of index: Int) -> [Requirement] {
    var result: [Requirement] = []
    for (number, binding) in scope.nodes[index].bindings.enumerated() {
      var values: [String: Value] = [:]
      var reference = TypeReference(name: "tosca.relationships.Root", ancestors: [])
      if let type = binding.relationshipType {
        reference = catalogue.relationships.reference(type)
        values = properties(
          binding.properties, catalogue.relationships.types[type].properties,
          of: "the relationship of requirement `\(binding.name.text.excerpt)`", at: binding.name.place,
          .relationship(node: index, requirement: number), allowOthers: catalogue.isOpen(.relationship, type))
      }
      guard let target = binding.target else { continue }
      result.append(
        Requirement(
          name: binding.name.text, target: scope.nodes[target].template.name.text, capability: binding.capability,
          relationship: reference, properties: values, place: range(binding.name.place)))
    }
    return result
  }

  private func artifacts(_ template: NodeTemplate, _ definition: NodeType) -> [String: Artifact] {
    var result: [String: Artifact] = [:]
    if template.artifacts.isEmpty, definition.artifacts.isEmpty { return result }
    for (name, artifact) in template.artifacts.over(definition.artifacts, combine: { $0.refining($1) }) {
      if let normalized = self.artifact(artifact, inherited: definition.artifacts[name]) { result[name] = normalized }
    }
    return result
  }

  /// The normalized form of an artifact. Its file must exist, unless it lies in a repository or elsewhere on the
  /// network.
  private func artifact(_ artifact: ArtifactDefinition, inherited: ArtifactDefinition?) -> Artifact? {
    guard let file = artifact.file else {
      findings.report(
        "missing-key", at: artifact.name.place, "the artifact `\(artifact.name.text.excerpt)` lacks `file`",
        expected: "the keyname `file`")
      return nil
    }
    checkForm(of: artifact, inherited: inherited)
    var reference = TypeReference(name: "tosca.artifacts.Root", ancestors: [])
    let named = artifact.type ?? inherited?.type
    var definition: ArtifactType?
    if let named {
      let declaring = artifact.type == nil ? inherited?.definingFile ?? self.file.id : artifact.definingFile
      guard let type = catalogue.find(.artifact, named, in: declaring) else { return nil }
      reference = catalogue.artifacts.reference(type)
      definition = catalogue.artifacts.types[type]
    } else if let ending = file.text.split(separator: ".").last,
      let type = catalogue.artifacts.types.firstIndex(where: { type in
        type.fileExtensions.contains { $0.text == ending }
      })
    {
      reference = catalogue.artifacts.reference(type)
      definition = catalogue.artifacts.types[type]
    }
    var assigned = OrderedMap<PropertyAssignment>()
    for (key, value) in artifact.properties {
      assigned[key] = PropertyAssignment(name: Name(text: key, place: value.place), value: value)
    }
    let values = definition.map {
      properties(
        assigned, $0.properties, of: "artifact `\(artifact.name.text.excerpt)`", at: artifact.name.place, .none)
    }
    return Artifact(
      type: reference, file: path(of: artifact, file), properties: values ?? [:], place: range(file.place))
  }

  /// The path of an artifact's file relative to the topology's root, where it is in it.
  private func path(of artifact: ArtifactDefinition, _ file: Name) -> String {
    let written = file.text
    if artifact.repository != nil || written.contains("://") { return written }
    let path = PathText.join(folders[artifact.definingFile] ?? root, written)
    if FileAccess.kind(of: path) == .nothing {
      let present = FileAccess.names(in: PathText.folder(of: path))
      let wanted = written.split(separator: "/").last.map(String.init) ?? written
      findings.report(
        "missing-file", at: file.place,
        "the artifact's file `\(written.excerpt)` does not exist",
        expected: "a file or folder relative to this file", suggestion: nearest(wanted, among: present))
      return written
    }
    if let real = FileAccess.realPath(path), let base = FileAccess.realPath(root),
      PathText.relative(real, to: base) == nil, !isProfile(artifact.definingFile)
    {
      findings.report(
        "artifact-outside", at: file.place, "the artifact `\(written.excerpt)` leaves the template's folder",
        expected: "a file or folder in the template's folder")
    }
    return PathText.relative(path, to: root) ?? path
  }

  /// In its long form an artifact says its type (1.3, 3.6.7.1); the repository is one of the file.
  private func checkForm(of artifact: ArtifactDefinition, inherited: ArtifactDefinition?) {
    if artifact.type == nil, inherited?.type == nil, !artifact.isShort {
      findings.report(
        "missing-key", at: artifact.name.place, "the artifact `\(artifact.name.text.excerpt)` lacks `type`",
        expected: "the keyname `type`")
    }
    guard let repository = artifact.repository, artifact.definingFile == file.id,
      file.content.repositories[repository.text] == nil
    else { return }
    findings.report(
      "unknown-repository", at: repository.place, "unknown repository `\(repository.text.excerpt)`",
      expected: "a repository of this file",
      suggestion: nearest(repository.text, among: file.content.repositories.keys))
  }

  private func isProfile(_ id: UInt32) -> Bool { folders[id] == nil }

  /// The long form of an attribute's value has a description beside it (1.3, 3.6.13.2).
  private static func attributeValue(_ node: YAMLNode) -> YAMLNode {
    guard let value = node["value"], node.entries?.allSatisfy({ ["value", "description"].contains($0.name) }) == true
    else { return node }
    return value
  }

  /// Checks the attributes' values that a template gives.
  func checkAttributes(
    _ assigned: OrderedMap<PropertyAssignment>, _ defined: OrderedMap<PropertyDefinition>,
    _ properties: OrderedMap<PropertyDefinition>, of entity: @autoclosure () -> String, _ owner: ValueContext.Owner,
    allowOthers: @autoclosure () -> Bool = false
  ) {
    for (key, assignment) in assigned {
      let context = ValueContext(subject: .named("attribute", key), owner: owner)
      if let definition = defined[key] ?? properties[key] {
        _ = typer.value(Self.attributeValue(assignment.value), of: definition, context)
      } else if !allowOthers() {
        findings.report(
          "unknown-attribute", at: assignment.name.place, "unknown attribute `\(key.excerpt)` of \(entity())",
          expected: ValueTyper.oneOf(defined.keys) ?? "no attributes: its type has none",
          suggestion: nearest(key, among: defined.keys))
      }
    }
  }

  /// Checks the interfaces that a template assigns against those that its type defines.
  func check(
    _ assigned: OrderedMap<InterfaceDefinition>, _ defined: OrderedMap<InterfaceDefinition>,
    _ owner: ValueContext.Owner, allowOthers: @autoclosure () -> Bool = false
  ) {
    for (name, interface) in assigned {
      guard let base = defined[name] else {
        if allowOthers() { continue }
        findings.report(
          "unknown-interface", at: interface.name.place, "the type has no interface `\(name.excerpt)`",
          expected: ValueTyper.oneOf(defined.keys) ?? "no interfaces: its type has none",
          suggestion: nearest(name, among: defined.keys))
        continue
      }
      let type = (interface.type ?? base.type).flatMap {
        catalogue.find(.interface, $0, in: interface.type == nil ? base.file : interface.file)
      }
      let definition = type.map { catalogue.interfaces.types[$0] }
      let shared = definition?.properties ?? OrderedMap()
      check(interface.inputs, base.inputs, shared, owner)
      if file.content.version != .tosca2_0 {
        checkRequiredInputs(interface, base, type.map { catalogue.interfaces.types[$0] })
      }
      for (key, operation) in interface.operations {
        if let type, let definition, !definition.operations.contains(key), !base.operations.contains(key),
          !definition.notifications.contains(key), !base.notifications.contains(key),
          !catalogue.isOpen(.interface, type)
        {
          let known =
            definition.operations.keys + base.operations.keys + definition.notifications.keys
            + base.notifications.keys
          findings.report(
            "unknown-operation", at: operation.name.place,
            "the interface `\(name.excerpt)` has no operation `\(key.excerpt)`",
            expected: ValueTyper.oneOf(known), suggestion: nearest(key, among: known))
        }
        guard !operation.inputs.isEmpty else { continue }
        let inherited = base.operations[key]?.inputs ?? OrderedMap()
        check(operation.inputs, inherited.over(definition?.operations[key]?.inputs ?? OrderedMap()), shared, owner)
      }
    }
  }

  /// Inputs of operations: typed where a definition is known, evaluated in any case.
  private func check(
    _ assigned: OrderedMap<YAMLNode>, _ defined: OrderedMap<YAMLNode>, _ shared: OrderedMap<PropertyDefinition>,
    _ owner: ValueContext.Owner
  ) {
    if assigned.isEmpty { return }
    for (key, node) in assigned {
      let subject = ValueContext(subject: .named("input", key), owner: owner)
      if Self.isDefinition(node) {
        let context = SyntaxContext(findings: findings, version: file.content.version, file: file.id)
        if let own = PropertyDefinition(Name(text: key, place: node.place), node, .parameter, context),
          let value = own.value ?? own.defaultValue
        {
          _ = typer.value(value, of: own, subject)
        }
      } else if let definition = shared[key] {
        _ = typer.value(node, of: definition, subject)
      } else if let base = defined[key], Self.isDefinition(base) {
        if let definition = input(key, base) { _ = typer.value(node, of: definition, subject) }
      } else {
        _ = typer.value(node, as: nil, subject)
      }
    }
  }

  /// The definition of an operation's input; many nodes give values to the same one.
  func input(_ key: String, _ node: YAMLNode) -> PropertyDefinition? {
    if let known = inputDefinitions[node.place], known?.name.text == key { return known }
    let context = SyntaxContext(
      findings: findings, version: file.content.version, file: node.place.file, tolerances: typer.tolerances)
    let definition = PropertyDefinition(Name(text: key, place: node.place), node, .parameter, context)
    inputDefinitions[node.place] = .some(definition)
    return definition
  }

  /// Whether an operation's input is a definition rather than a value.
  static func isDefinition(_ node: YAMLNode) -> Bool {
    guard let entries = node.entries, node["type"]?.text != nil else { return false }
    return entries.allSatisfy { parameterKeynames.contains($0.name) }
  }

  private static let parameterKeynames = [
    "type", "description", "required", "default", "value", "status", "constraints", "entry_schema", "key_schema",
    "metadata",
  ]
}
