/// Whether an interface or operation is defined in a type or assigned in a template.
enum DefinitionSite: Sendable {
  /// In a type: inputs are parameter definitions.
  case type
  /// In a template: inputs are values.
  case template
}

/// An interface of a type or template (1.3, 3.6.20).
struct InterfaceDefinition: Sendable {
  /// Its name.
  var name: Name
  /// Its type; nil where it is inherited or the name says it.
  var type: Name?
  /// Values and definitions of inputs that all its operations get, as written.
  var inputs: OrderedMap<YAMLNode>
  /// The operations.
  var operations: OrderedMap<OperationDefinition>
  /// The notifications.
  var notifications: OrderedMap<OperationDefinition>
  /// The file in whose namespace names are looked up.
  var file: UInt32

  /// Reads a definition.
  init?(_ name: Name, _ node: YAMLNode, _ site: DefinitionSite, _ context: SyntaxContext) {
    var entity = Entity(node, site == .type ? "an interface definition" : "an interface assignment", context)
    guard entity.isMap else { return nil }
    self.name = name
    file = context.file
    if site == .type || !context.isVersion2 { type = entity.string("type") }
    _ = entity.string("description")
    inputs = entity.map("inputs") { $1 }
    operations = OperationDefinition.readAll("operations", site, &entity)
    notifications = OperationDefinition.readAll("notifications", site, &entity)
    if context.isVersion2 {
      _ = entity.metadata()
      entity.finish()
      return
    }
    for (name, operation) in OperationDefinition.readBeside(site, &entity) { operations[name] = operation }
  }

  /// Reads `interfaces`.
  static func readAll(_ entity: inout Entity, _ site: DefinitionSite) -> OrderedMap<InterfaceDefinition> {
    let context = entity.context
    return entity.map("interfaces") { InterfaceDefinition($0, $1, site, context) }
  }

  /// This definition as a refinement of an inherited one.
  func refining(_ base: InterfaceDefinition) -> InterfaceDefinition {
    var result = self
    if type == nil {
      result.type = base.type
      result.file = base.file
    }
    result.inputs = inputs.over(base.inputs)
    result.operations = operations.over(base.operations) { $0.refining($1) }
    result.notifications = notifications.over(base.notifications) { $0.refining($1) }
    return result
  }
}

/// An operation or a notification (1.3, 3.6.17 and 3.6.19).
struct OperationDefinition: Sendable {
  /// Its name.
  var name: Name
  /// What carries it out.
  var implementation: Implementation?
  /// Values and definitions of its inputs, as written.
  var inputs: OrderedMap<YAMLNode>
  /// The attributes that its outputs go to, as written.
  var outputs: OrderedMap<YAMLNode>
  /// Its description.
  var description: String?

  /// Reads a definition, or its short form: the implementation's file.
  init?(_ name: Name, _ node: YAMLNode, _ site: DefinitionSite, _ context: SyntaxContext) {
    self.name = name
    inputs = OrderedMap()
    outputs = OrderedMap()
    if node.text != nil, !node.isNull {
      implementation = Implementation(node, context)
      return
    }
    var entity = Entity(node, "an operation", context, orNothing: true, orText: true)
    guard entity.isMap || node.isNull else { return nil }
    description = entity.string("description")?.text
    implementation = entity.take("implementation").flatMap { Implementation($0, context) }
    inputs = entity.map("inputs") { $1 }
    if entity.knows("outputs", from: .simple1_3) { outputs = entity.map("outputs") { $1 } }
    if context.isVersion2 { _ = entity.metadata() }
    entity.finish()
  }

  /// Reads `operations` or `notifications`, which are keynames since 1.3. Before, an operation can have that name.
  static func readAll(
    _ keyname: String, _ site: DefinitionSite, _ entity: inout Entity
  ) -> OrderedMap<OperationDefinition> {
    let context = entity.context
    if context.version < .simple1_3 {
      let keynames = ["description", "implementation", "inputs"]
      let entries = entity.node[keyname]?.entries ?? []
      if entries.isEmpty || entries.contains(where: { keynames.contains($0.name) }) { return OrderedMap() }
    }
    guard entity.knows(keyname, from: .simple1_3) else { return OrderedMap() }
    return entity.map(keyname) { OperationDefinition($0, $1, site, context) }
  }

  /// Reads the operations that stand beside the keynames: the form before 1.3, which 1.3 keeps for compatibility
  /// (3.6.20), though not beside its own.
  static func readBeside(_ site: DefinitionSite, _ entity: inout Entity) -> OrderedMap<OperationDefinition> {
    var result = OrderedMap<OperationDefinition>()
    let isVersion3 = entity.context.version == .simple1_3
    let hasOwnForm = isVersion3 && entity.node["operations"] != nil
    let keynames = [
      "type", "description", "inputs", "operations", "notifications", "derived_from", "version", "metadata",
    ]
    for entry in entity.remaining {
      guard let name = entity.string(entry.key, "an operation's name") else { continue }
      // Before 1.3 every other keyname is an operation.
      let near = isVersion3 ? nearest(name.text, among: keynames) : nil
      if hasOwnForm || near != nil {
        entity.context.findings.report(
          "unknown-key", at: entry.key.place, "unknown keyname `\(name.text.excerpt)` in \(entity.what)",
          expected: "one of " + keynames.prefix(5).map { "`\($0)`" }.joined(separator: ", "), suggestion: near)
        continue
      }
      result[name.text] = OperationDefinition(name, entry.value, site, entity.context)
    }
    return result
  }

  /// This definition as a refinement of an inherited one.
  func refining(_ base: OperationDefinition) -> OperationDefinition {
    var result = self
    result.description = description ?? base.description
    result.implementation = implementation ?? base.implementation
    result.inputs = inputs.over(base.inputs)
    result.outputs = outputs.over(base.outputs)
    return result
  }
}

/// What carries out an operation (1.3, 3.6.16).
struct Implementation: Sendable {
  /// The artifact's name or file.
  var primary: Name?
  /// What it needs.
  var dependencies: [Name]
  /// The artifacts that are written in place.
  var artifacts: [ArtifactDefinition] = []
  /// How long it may take, as written.
  var timeout: YAMLNode?
  /// The node that it is carried out on (1.x).
  var host: Name?

  /// Reads an implementation, or its short form: a file.
  init?(_ node: YAMLNode, _ context: SyntaxContext) {
    dependencies = []
    if node.entries == nil {
      let entity = Entity(
        YAMLNode(content: .mapping([]), place: node.place), "an operation implementation", context, orText: true)
      guard let name = entity.string(node, "an operation implementation") else { return nil }
      primary = name
      return
    }
    var entity = Entity(node, "an operation implementation", context, orText: true)
    if let value = entity.take("primary") { primary = Self.artifact(value, entity, &artifacts) }
    if let value = entity.take("dependencies") {
      if let items = value.items {
        dependencies = items.compactMap { Self.artifact($0, entity, &artifacts) }
      } else {
        entity.reportForm(value, "`dependencies` of an operation implementation", "a list of artifacts")
      }
    }
    timeout = entity.take("timeout")
    if context.isVersion2 {
      // A table (2.0, 11.8) leaves the keyname out that the text above it speaks of.
      if let timeout, case .scalar(let text, .plain) = timeout.content, CoreSchema.integer(text) == nil {
        entity.reportForm(timeout, "`timeout` of an operation implementation", "seconds as an integer")
      }
      entity.finish()
      return
    }
    if let timeout {
      let isInteger =
        if case .scalar(let text, .plain) = timeout.content { CoreSchema.integer(text) != nil } else { false }
      if !isInteger {
        entity.reportForm(timeout, "`timeout` of an operation implementation", "seconds as an integer (1.3, 3.6.16.1)")
      }
    }
    host = entity.string("operation_host")
    // The long form may also be an artifact written in place.
    if primary == nil, entity.node["file"] != nil || entity.node["type"] != nil {
      primary = Self.artifact(node, entity, &artifacts)
    } else {
      entity.finish()
    }
  }

  private static func artifact(
    _ node: YAMLNode, _ entity: Entity, _ artifacts: inout [ArtifactDefinition]
  ) -> Name? {
    if node.entries != nil {
      let artifact = ArtifactDefinition(Name(text: "", place: node.place), node, entity.context)
      if let artifact, artifact.file == nil, node["file"] == nil, !entity.context.isVersion2 {
        entity.context.findings.report(
          "missing-key", at: node.place, "an implementation artifact lacks `file`", expected: "the keyname `file`")
      }
      if let artifact { artifacts.append(artifact) }
      return artifact?.file
    }
    return entity.string(node, "an implementation artifact")
  }
}
