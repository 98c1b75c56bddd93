/// What is known of a value before it is worked out (2.0): its type, as far as it is written in place, or functions and
/// definitions say it.
struct StaticType {
  /// What a value is.
  enum Kind: Hashable {
    case unknown, null, boolean, integer, float, string, version, timestamp, bytes, list, map
    /// A scalar: of a data type, by number.
    case scalar(Int)
    /// A value of a data type with properties, by number.
    case complex(Int)
  }

  /// What it is.
  var kind: Kind
  /// The schema that says so, where one does.
  var schema: SchemaDefinition?
  /// The value, where it is written in place and has no functions in it.
  var literal: YAMLNode?
  /// The types of the entries, where it is a list or map that is written in place.
  var entries: [StaticType] = []

  /// A type of which no more is known.
  init(_ kind: Kind) { self.kind = kind }

  /// Nothing is known.
  static let unknown = StaticType(.unknown)

  /// Whether values of the type are numbers.
  var isNumber: Bool { kind == .integer || kind == .float }
  /// Whether values of the type are scalars.
  var isScalar: Bool { if case .scalar = kind { true } else { false } }
  /// Whether the type is, or may be, one of some kinds.
  func may(_ kinds: Kind...) -> Bool { kind == .unknown || kinds.contains(kind) }

  /// Whether values of the type have an order (10.2.2.2).
  var isOrdered: Bool {
    switch kind {
    case .unknown, .integer, .float, .string, .version, .timestamp, .scalar: true
    case .null, .boolean, .bytes, .list, .map, .complex: false
    }
  }

  /// Whether two values may be of one type, so that they can be compared (10.2.2.2). A string that is written in place
  /// may stand for a version, a timestamp, bytes or a scalar; the standard's own examples (9.1.2.2.2) compare scalars with
  /// numbers.
  func isComparable(with other: StaticType) -> Bool {
    if kind == .unknown || other.kind == .unknown || kind == other.kind { return true }
    if isNumber, other.isNumber { return true }
    switch (kind, other.kind) {
    case (.string, .version), (.string, .timestamp), (.string, .bytes), (.string, .scalar):
      return literal != nil
    case (.version, .string), (.timestamp, .string), (.bytes, .string), (.scalar, .string):
      return other.literal != nil
    case (.scalar, .integer), (.scalar, .float), (.integer, .scalar), (.float, .scalar): return true
    case (.map, .complex), (.complex, .map): return true
    default: return false
    }
  }

  /// The type for messages, with its article.
  var description: String {
    if let literal { return literal.kindDescription }
    return switch kind {
    case .unknown: "a value"
    case .null: "nothing"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .float: "a float"
    case .string: "a string"
    case .version: "a version"
    case .timestamp: "a timestamp"
    case .bytes: "a string of bytes"
    case .list: "a list"
    case .map: "a map"
    case .scalar, .complex: schema.map { "a value of type `\($0.type.text.excerpt)`" } ?? "a value of a data type"
    }
  }
}

extension ValueTyper {
  /// What a schema says of its values.
  func staticType(of schema: SchemaDefinition?) -> StaticType {
    guard let schema, let shape = catalogue.shape(schema.type, in: schema.file, report: false) else { return .unknown }
    var result: StaticType
    switch shape {
    case .complex(let type): result = StaticType(.complex(type))
    case .derived(let type, .scalar): result = StaticType(.scalar(type))
    case .primitive(let primitive), .derived(_, let primitive): result = StaticType(StaticType.kind(of: primitive))
    }
    result.schema = schema
    return result
  }

  /// The schema of the entries of values of a schema, where they have one.
  func entrySchema(of schema: SchemaDefinition?) -> SchemaDefinition? {
    guard let schema else { return nil }
    if let entry = schema.entrySchema { return entry }
    if case .derived(let type, _)? = catalogue.shape(schema.type, in: schema.file, report: false) {
      return catalogue.dataTypes.types[type].entrySchema
    }
    return nil
  }

  /// Whether a value of a type may be one of a schema. What is not known may be anything.
  func fits(_ type: StaticType, _ schema: SchemaDefinition?) -> Bool {
    guard let schema, type.kind != .unknown else { return true }
    if let literal = type.literal { return isValid(literal, schema) }
    let wanted = staticType(of: schema)
    switch (type.kind, wanted.kind) {
    case (_, .unknown): return true
    case (.integer, .float): return true
    // Lists and maps may hold functions whose results are not known.
    case (.list, .list), (.map, .map):
      let entry = entrySchema(of: schema)
      if !type.entries.isEmpty { return type.entries.allSatisfy { fits($0, entry) } }
      guard let own = entrySchema(of: type.schema) else { return true }
      return fits(staticType(of: own), entry)
    case (.map, .complex): return type.schema == nil
    case (.complex(let one), .complex(let other)), (.scalar(let one), .scalar(let other)):
      return catalogue.dataTypes.derives(one, from: other) || catalogue.dataTypes.derives(other, from: one)
    case (let one, let other): return one == other
    }
  }

  /// Whether a value that is written in place is one of a schema, without a finding.
  func isValid(_ node: YAMLNode, _ schema: SchemaDefinition) -> Bool {
    let silent = FindingCollector(table: findings.table, limit: 1)
    let typer = ValueTyper(
      findings: silent, catalogue: catalogue, limits: limits, version: version, tolerances: tolerances)
    return typer.value(node, as: schema, ValueContext(subject: "the value")) != nil && !silent.hasErrors
  }
}

extension StaticType {
  /// The kind of a primitive's values.
  static func kind(of primitive: Primitive) -> Kind {
    switch primitive {
    case .string: .string
    case .integer: .integer
    case .float: .float
    case .boolean: .boolean
    case .timestamp: .timestamp
    case .null: .null
    case .version: .version
    case .list: .list
    case .map: .map
    case .bytes: .bytes
    case .range, .scalar, .size, .time, .frequency, .bitrate: .unknown
    }
  }
}
