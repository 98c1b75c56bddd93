/// A data type (1.3, 3.7.6): a primitive with constraints, or a set of named properties.
struct DataType: TypeDefinition {
  static let kind = TypeKind.data
  var header: TypeHeader
  var properties: OrderedMap<PropertyDefinition>
  /// What holds of a value besides its type.
  var constraints: [ConstraintClause]
  /// Where `constraints` is written, be it empty.
  var constraintsPlace: Place?
  /// What the entries are, where the type derives from `list` or `map`.
  var entrySchema: SchemaDefinition?
  /// The keynames of a scalar type (2.0, 9.1.2.2), as written.
  var scalar: ScalarKeynames?
  /// What the keys are, where the type derives from `map`.
  var keySchema: SchemaDefinition?
  /// Where `properties` is written.
  var propertiesPlace: Place?

  init(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a data type", context)
    header = TypeHeader(name, &entity)
    properties = PropertyDefinition.readAll("properties", .property, &entity)
    constraintsPlace = entity.key("constraints")
    propertiesPlace = entity.key("properties")
    constraints = ConstraintClause.readAll(&entity)
    if entity.knows("entry_schema", from: .simple1_3) {
      entrySchema = entity.take("entry_schema").flatMap { SchemaDefinition.read($0, "an entry schema", context) }
    }
    if entity.knows("key_schema", from: .simple1_3) {
      keySchema = entity.take("key_schema").flatMap { SchemaDefinition.read($0, "a key schema", context) }
    }
    if context.isVersion2 { scalar = ScalarKeynames(&entity) }
    entity.finish()
  }

  func inheriting(from parent: DataType) -> DataType {
    var result = self
    result.properties = properties.over(parent.properties) { $0.refining($1) }
    result.scalar = scalar.map { own in parent.scalar.map { own.refining($0) } ?? own } ?? parent.scalar
    result.constraints = parent.constraints + constraints
    result.entrySchema =
      entrySchema.map { own in parent.entrySchema.map { own.refining($0) } ?? own }
      ?? parent.entrySchema
    result.keySchema = keySchema.map { own in parent.keySchema.map { own.refining($0) } ?? own } ?? parent.keySchema
    return result
  }
}
