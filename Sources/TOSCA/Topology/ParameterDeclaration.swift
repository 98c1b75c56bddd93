/// What a template declares of an input or output (1.3, 3.6.14; 2.0, 9.7).
public struct ParameterDeclaration: Hashable, Sendable, Codable {
  /// Its name.
  public var name: String
  /// Its description.
  public var description: String?
  /// What values it takes; nil where the template does not say it.
  public var schema: ValueSchema?
  /// Whether a value must be given where there is no default.
  public var isRequired: Bool
  /// The value where none is given.
  public var defaultValue: Value?
  /// Its metadata.
  public var metadata: [String: String]

  /// A declaration.
  public init(
    name: String, description: String? = nil, schema: ValueSchema? = nil, isRequired: Bool = true,
    defaultValue: Value? = nil, metadata: [String: String] = [:]
  ) {
    self.name = name
    self.description = description
    self.schema = schema
    self.isRequired = isRequired
    self.defaultValue = defaultValue
    self.metadata = metadata
  }
}

/// What values are allowed: a type, what is in lists and maps, and what else must hold.
public struct ValueSchema: Hashable, Sendable, Codable {
  /// The type: a built-in one, or a data type.
  public var type: TypeReference
  /// What must hold besides, as written: constraints (1.x), or the condition of a validation clause (2.0).
  public var constraints: [Value]
  // One schema or none: a structure cannot hold itself.
  private var entries: [ValueSchema]
  private var keys: [ValueSchema]

  /// What the entries of a list or map are.
  public var entrySchema: ValueSchema? { entries.first }
  /// What the keys of a map are.
  public var keySchema: ValueSchema? { keys.first }

  /// A schema.
  public init(
    type: TypeReference, constraints: [Value] = [], entrySchema: ValueSchema? = nil, keySchema: ValueSchema? = nil
  ) {
    self.type = type
    self.constraints = constraints
    entries = entrySchema.map { [$0] } ?? []
    keys = keySchema.map { [$0] } ?? []
  }
}
