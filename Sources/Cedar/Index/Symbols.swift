/// Numbers for the values, entity types and attribute names that policies mention. What no policy mentions has none, and
/// matches nothing.
struct Symbols: Sendable {
  /// The answer that something is so.
  static let yes: Int32 = 1
  /// The answer that it is not.
  static let no: Int32 = 0
  /// What has no symbol.
  static let none: Int32 = -1

  private var values: [Value: Int32] = [:]
  private var types: [EntityType: Int32] = [:]
  private var names: [CedarString: Int32] = [:]
  private var nameTexts: [CedarString] = []

  /// The symbol of a value, made if there is none.
  mutating func make(_ value: Value) -> Int32 { Self.make(value, &values) }
  /// The symbol of a type, made if there is none.
  mutating func make(_ type: EntityType) -> Int32 { Self.make(type, &types) }
  /// The symbol of an attribute's name, made if there is none.
  mutating func make(_ name: CedarString) -> Int32 {
    let symbol = Self.make(name, &names)
    if Int(symbol) == nameTexts.count { nameTexts.append(name) }
    return symbol
  }

  /// The symbol of a value that policies mention.
  func symbol(_ value: Value) -> Int32 { values[value] ?? Self.none }
  /// The symbol of an entity that policies mention.
  func symbol(_ uid: EntityUID) -> Int32 { values[.entity(uid)] ?? Self.none }
  /// The symbol of a type that policies mention.
  func symbol(_ type: EntityType) -> Int32 { types[type] ?? Self.none }
  /// The symbol of an attribute's name that questions mention.
  func symbol(_ name: CedarString) -> Int32 { names[name] ?? Self.none }

  /// The name of a symbol.
  func name(_ symbol: Int32) -> CedarString { nameTexts[Int(symbol)] }

  private static func make<Key: Hashable>(_ key: Key, _ table: inout [Key: Int32]) -> Int32 {
    if let known = table[key] { return known }
    let symbol = Int32(table.count)
    table[key] = symbol
    return symbol
  }
}
