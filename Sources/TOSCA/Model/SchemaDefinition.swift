/// What values are allowed: a type, the schemas of a list's or map's entries, and constraints (1.3, 3.6.9).
final class SchemaDefinition: Sendable {
  /// The type's name: a primitive, `list`, `map` or a data type.
  let type: Name
  /// What the entries of a list or map are.
  let entrySchema: SchemaDefinition?
  /// What the keys of a map are.
  let keySchema: SchemaDefinition?
  /// What else holds of a value.
  let constraints: [ConstraintClause]
  /// The file in whose namespace names are looked up.
  let file: UInt32

  /// A schema.
  init(
    type: Name, entrySchema: SchemaDefinition? = nil, keySchema: SchemaDefinition? = nil,
    constraints: [ConstraintClause] = [], file: UInt32
  ) {
    self.type = type
    self.entrySchema = entrySchema
    self.keySchema = keySchema
    self.constraints = constraints
    self.file = file
  }

  /// Reads the schema keynames of an entity; nil where `type` is missing.
  ///
  /// - Parameter mayRefine: Whether it may be a refinement that leaves the type as it is.
  static func read(
    _ entity: inout Entity, typeRequired: Bool = true, mayRefine: Bool? = nil, at place: Place? = nil
  ) -> SchemaDefinition? {
    // `null` is the name of a type, though YAML reads nothing from it.
    let type = entity.take("type").flatMap { value in
      value.text == "null" && !entity.context.isVersion2
        ? Name(text: "null", place: value.place) : entity.string(value, "`type` of \(entity.what)")
    }
    let constraints = ConstraintClause.readAll(&entity)
    let entrySchema = entity.take("entry_schema").flatMap { read($0, "an entry schema", entity.context) }
    let keySchema =
      entity.knows("key_schema", from: .simple1_3)
      ? entity.take("key_schema").flatMap { read($0, "a key schema", entity.context) } : nil
    guard let type else {
      if mayRefine ?? entity.context.isVersion2, entity.key("type") == nil,
        !constraints.isEmpty || entrySchema != nil || keySchema != nil
      {
        // A refinement that leaves the type as it is (1.3, 3.6.10.6; 2.0, 9.4).
        return SchemaDefinition(
          type: Name(text: "", place: place ?? entity.node.place), entrySchema: entrySchema, keySchema: keySchema,
          constraints: constraints, file: entity.context.file)
      }
      if typeRequired, entity.key("type") == nil { entity.reportMissing("type", at: place) }
      return nil
    }
    return SchemaDefinition(
      type: type, entrySchema: entrySchema, keySchema: keySchema, constraints: constraints, file: entity.context.file)
  }

  /// This schema over the one it refines, whose type it keeps.
  func refining(_ base: SchemaDefinition) -> SchemaDefinition {
    let entry = entrySchema.map { own in base.entrySchema.map { own.refining($0) } ?? own }
    let key = keySchema.map { own in base.keySchema.map { own.refining($0) } ?? own }
    let keepsType = type.text.isEmpty
    return SchemaDefinition(
      type: keepsType ? base.type : type, entrySchema: entry ?? base.entrySchema, keySchema: key ?? base.keySchema,
      constraints: keepsType ? base.constraints + constraints : constraints, file: keepsType ? base.file : file)
  }

  /// Reads an `entry_schema` or `key_schema`: a type's name, or a map.
  static func read(_ node: YAMLNode, _ what: String, _ context: SyntaxContext) -> SchemaDefinition? {
    if case .scalar(let text, let style) = node.content, CoreSchema.kind(of: text, style) == .string {
      return SchemaDefinition(type: Name(text: text, place: node.place), file: context.file)
    }
    if node.isNull, context.tolerances.contains(.emptySections) {
      context.findings.report(
        "tolerated", .warning, at: node.place, "\(what) has nothing in it", expected: "the name of a type")
      return nil
    }
    var entity = Entity(node, what, context, orText: true)
    _ = entity.string("description")
    let schema = read(&entity, typeRequired: !context.isVersion2, at: node.place)
    entity.finish()
    if schema == nil, context.isVersion2, node.entries != nil, entity.key("type") == nil {
      // A refinement of nothing but the description.
      return SchemaDefinition(type: Name(text: "", place: node.place), file: context.file)
    }
    return schema
  }
}

/// One condition that a value must fulfil (1.3, 3.6.3): an operator and its operand as written.
struct ConstraintClause: Sendable {
  /// The operators.
  enum Operator: String, CaseIterable, Sendable {
    case equal
    case greaterThan = "greater_than"
    case greaterOrEqual = "greater_or_equal"
    case lessThan = "less_than"
    case lessOrEqual = "less_or_equal"
    case inRange = "in_range"
    case validValues = "valid_values"
    case length
    case minLength = "min_length"
    case maxLength = "max_length"
    case pattern
    case schema
    /// A validation clause (2.0, 9.11): its operand is the whole condition.
    case validation
  }

  /// What is compared.
  var operation: Operator
  /// Where the operator is written.
  var place: Place
  /// What it is compared with.
  var operand: YAMLNode

  /// Reads `constraints`.
  static func readAll(_ entity: inout Entity) -> [ConstraintClause] {
    if entity.context.isVersion2 {
      guard let value = entity.take("validation") else { return [] }
      Condition.check(value, "`validation` of \(entity.what)", entity.context)
      return [ConstraintClause(operation: .validation, place: value.place, operand: value)]
    }
    guard let value = entity.take("constraints") else { return [] }
    guard let items = value.items else {
      entity.reportForm(value, "`constraints` of \(entity.what)", "a list of constraints such as `- in_range: [1, 9]`")
      return []
    }
    return items.compactMap { read($0, entity.context) }
  }

  /// Reads one constraint. A value without an operator is to be equal (1.3, 3.6.3.3).
  static func read(_ node: YAMLNode, _ context: SyntaxContext) -> ConstraintClause? {
    if !context.isVersion2, case .scalar = node.content, !node.isNull {
      return ConstraintClause(operation: .equal, place: node.place, operand: node)
    }
    guard let entries = node.entries, entries.count == 1, let entry = entries.first else {
      context.findings.report(
        "wrong-syntax", at: node.place, "a constraint cannot be \(node.kindDescription)",
        expected: "a map with one operator, such as `in_range: [1, 9]`")
      return nil
    }
    guard hasOperand(entry, context) else { return nil }
    if entry.name == "schema", context.version < .simple1_3 {
      context.findings.report(
        "other-version", at: entry.key.place, "the constraint operator `schema` exists since TOSCA 1.3")
      return nil
    }
    guard let operation = Operator(rawValue: entry.name), operation != .validation else {
      let names = Operator.allCases.filter { $0 != .validation }.map(\.rawValue)
      context.findings.report(
        "unknown-constraint", at: entry.key.place, "unknown constraint operator `\(entry.name.excerpt)`",
        expected: "one of " + names.map { "`\($0)`" }.joined(separator: ", "),
        suggestion: nearest(entry.name, among: names))
      return nil
    }
    return ConstraintClause(operation: operation, place: entry.key.place, operand: entry.value)
  }

  /// Reports a constraint whose operand is an empty list: there is nothing to compare with (1.3, 3.6.3.3).
  private static func hasOperand(_ entry: YAMLEntry, _ context: SyntaxContext) -> Bool {
    guard let items = entry.value.items, items.isEmpty else { return true }
    context.findings.report(
      "wrong-constraint", at: entry.value.place, "the constraint `\(entry.name.excerpt)` has no operand",
      expected: "a value, or a list of values")
    return false
  }
}
