/// A property of a type (1.3, 3.6.10), an attribute (3.6.12), or a parameter: an input or output (3.6.14).
struct PropertyDefinition: Sendable {
  /// Which of them, because their keynames differ.
  enum Role: Sendable {
    case property, attribute, parameter
    /// Parameters whose values come in, as inputs of templates and workflows do, and outputs of operations (2.0, 9.8).
    case incoming
    /// Parameters whose values go out, as outputs of templates do, and inputs of operations (2.0, 9.8).
    case outgoing

    var what: String {
      switch self {
      case .property: "a property definition"
      case .attribute: "an attribute definition"
      case .parameter, .incoming, .outgoing: "a parameter definition"
      }
    }

    /// Whether it is an input or output.
    var isParameter: Bool { self != .property && self != .attribute }
  }

  /// Its name.
  var name: Name
  /// What values it takes; nil for a parameter without a type.
  var schema: SchemaDefinition?
  /// Its description.
  var description: String?
  /// Whether a value must be given where there is no default.
  var required: Bool
  /// The value where none is given.
  var defaultValue: YAMLNode?
  /// The fixed value of a parameter.
  var value: YAMLNode?
  /// Where the definition fixes the value itself.
  var valuePlace: Place?
  /// Its metadata.
  var metadata: OrderedMap<Name>
  /// The constraints of the definitions that this one refines, which hold as well.
  var inheritedConstraints: [ConstraintClause] = []
  /// Where the definition says whether a value is required; nil where it leaves that open, so that it is inherited.
  var requiredPlace: Place?
  /// The attribute that the value of an incoming parameter goes to (2.0, 9.8), as written.
  var mapping: YAMLNode?
  /// Whether it is the short form, which only fixes the value (2.0, 9.4).
  var isShortForm = false

  /// Whether its values must never be shown.
  var isSensitive: Bool { metadata["sensitive"].map { CoreSchema.boolean($0.text) == true } ?? false }

  /// Reads a definition.
  init?(_ name: Name, _ node: YAMLNode, _ role: Role, _ context: SyntaxContext) {
    if context.isVersion2 ? Self.isShortForm(node, role) : Self.isFixedOutput(node, role, context) {
      self = PropertyDefinition(name, shortForm: node, role)
      return
    }
    if node.entries == nil, context.tolerances.contains(.plainDefinitions) {
      context.findings.report(
        "tolerated", .warning, at: node.place,
        "\(role.what) is \(node.kindDescription); tolerated by `\(Tolerance.plainDefinitions.name)`",
        expected: "a map of its keynames")
      self.name = name
      required = false
      defaultValue = node
      metadata = OrderedMap()
      return
    }
    var entity = Entity(node, role.what, context)
    guard entity.isMap else { return nil }
    self.name = name
    // Refinements of properties may leave the type as it is, and fix the value (1.3, 3.6.10.6).
    let mayRefine = context.isVersion2 || role == .property && context.version >= .simple1_3
    let typeRequired = !role.isParameter && !mayRefine
    schema = SchemaDefinition.read(
      &entity, typeRequired: typeRequired, mayRefine: mayRefine, at: name.place)
    description = entity.string("description")?.text
    metadata = entity.knows("metadata", from: .simple1_2) ? entity.metadata() : OrderedMap()
    defaultValue = entity.take("default")
    required = true
    if role != .attribute {
      required = entity.boolean("required") ?? true
      // Before 2.0 a definition that does not say it makes the value required, in refinements, too.
      requiredPlace = entity.key("required") ?? (context.isVersion2 ? nil : name.place)
    }
    if role == .property, entity.knows("external-schema", from: .simple1_2, to: .simple1_3) {
      _ = entity.take("external-schema")
    }
    if role.isParameter || (role == .property && mayRefine) {
      valuePlace = entity.key("value")
      value = entity.take("value")
    }
    if role.isParameter, context.isVersion2 { mapping = entity.take("mapping") }
    if context.isVersion2 { checkVersion2(role, entity) }
    if role == .property, let value { defaultValue = value }
    if !context.isVersion2 || role != .attribute, let status = entity.string("status") {
      let known = ["supported", "unsupported", "experimental", "deprecated"]
      if !known.contains(status.text) {
        context.findings.report(
          "unknown-value", at: status.place, "unknown status `\(status.text.excerpt)`",
          expected: "one of " + known.map { "`\($0)`" }.joined(separator: ", "),
          suggestion: nearest(status.text, among: known))
      }
    }
    entity.finish()
    if schema == nil, !role.isParameter, !mayRefine { return nil }
  }

  /// Reads a map of definitions.
  static func readAll(_ keyname: String, _ role: Role, _ entity: inout Entity) -> OrderedMap<PropertyDefinition> {
    let context = entity.context
    return entity.map(keyname) { PropertyDefinition($0, $1, role, context) }
  }

  /// This definition as a refinement of another: what it does not say is inherited.
  func refining(_ base: PropertyDefinition) -> PropertyDefinition {
    var result = self
    if result.defaultValue == nil { result.defaultValue = base.defaultValue }
    if requiredPlace == nil {
      result.required = base.required
      result.requiredPlace = base.requiredPlace
    }
    if result.mapping == nil { result.mapping = base.mapping }
    if base.isSensitive, metadata["sensitive"] == nil { result.metadata["sensitive"] = base.metadata["sensitive"] }
    if result.description == nil { result.description = base.description }
    result.inheritedConstraints = base.inheritedConstraints + (base.schema?.constraints ?? [])
    if result.value == nil { result.value = base.value }
    if schema == nil || schema?.type.text.isEmpty == true, let inherited = base.schema {
      result.schema = schema?.refining(inherited) ?? inherited
      return result
    }
    if let own = schema, let inherited = base.schema, own.entrySchema == nil, own.type.text == inherited.type.text {
      result.schema = SchemaDefinition(
        type: own.type, entrySchema: inherited.entrySchema, keySchema: own.keySchema ?? inherited.keySchema,
        constraints: own.constraints, file: own.file)
    }
    return result
  }
}
