/// What a scalar type says of its values (2.0, 9.1.2.2): a number of some type and a unit.
struct ScalarKeynames: Sendable {
  /// The type of the number; `float` where it is not given.
  var dataType: Name?
  /// The units with their multipliers, as written.
  var units: OrderedMap<YAMLEntry>
  /// The unit that amounts are given in.
  var canonicalUnit: Name?
  /// What can stand before a unit, with multipliers, as written.
  var prefixes: OrderedMap<YAMLEntry>
  /// The file in whose namespace the type of the number is looked up.
  var file: UInt32

  /// Reads the keynames; nil where a data type has none of them.
  init?(_ entity: inout Entity) {
    file = entity.context.file
    dataType = entity.string("data_type")
    units = Self.multipliers("units", &entity)
    canonicalUnit = entity.string("canonical_unit")
    prefixes = Self.multipliers("prefixes", &entity)
    if dataType == nil, units.isEmpty, canonicalUnit == nil, prefixes.isEmpty { return nil }
  }

  private static func multipliers(_ keyname: String, _ entity: inout Entity) -> OrderedMap<YAMLEntry> {
    var result = OrderedMap<YAMLEntry>()
    guard let value = entity.take(keyname) else { return result }
    guard let entries = value.entries else {
      entity.reportForm(value, "`\(keyname)` of \(entity.what)", "a map from names to multipliers")
      return result
    }
    for entry in entries {
      guard let name = entry.key.text else {
        entity.reportForm(entry.key, "a name in `\(keyname)`", "a string")
        continue
      }
      result[name] = entry
    }
    return result
  }

  /// These keynames over those of the type that is derived from.
  func refining(_ base: ScalarKeynames) -> ScalarKeynames {
    var result = self
    if dataType == nil {
      result.dataType = base.dataType
      result.file = base.file
    }
    result.units = units.over(base.units)
    result.prefixes = prefixes.over(base.prefixes)
    result.canonicalUnit = canonicalUnit ?? base.canonicalUnit
    return result
  }

  /// The multiplier of a unit with or without a prefix; nil where the text is none of the type's.
  func multiplier(of unit: String) -> Double? {
    if let entry = units[unit], prefixes.isEmpty || prefixes[""] != nil { return Self.number(entry) }
    for (prefix, entry) in prefixes where unit.hasPrefix(prefix) {
      if let base = units[String(unit.dropFirst(prefix.count))], let factor = Self.number(entry),
        let multiplier = Self.number(base)
      {
        return factor * multiplier
      }
    }
    return nil
  }

  /// The number of an entry.
  static func number(_ entry: YAMLEntry) -> Double? {
    guard case .scalar(let text, .plain) = entry.value.content else { return nil }
    return number(text)
  }

  /// The number that a text stands for, in any notation of YAML.
  static func number(_ text: String) -> Double? { CoreSchema.integer(text).map(Double.init) ?? CoreSchema.float(text) }

  /// The unit that amounts are given in: the canonical one, or the one whose multiplier is 1.
  var unit: String? {
    if let canonicalUnit { return canonicalUnit.text }
    return units.first { Self.number($0.element) == 1 }?.key
  }

  /// The parts of a value: the number, and after white space the unit.
  static func parts(of text: String) -> (number: String, unit: String)? {
    let text = text.drop { $0 == " " || $0 == "\t" }
    guard let space = text.firstIndex(where: { $0 == " " || $0 == "\t" }) else { return nil }
    let unit = text[space...].drop { $0 == " " || $0 == "\t" }
    return unit.isEmpty ? nil : (String(text[..<space]), String(unit))
  }
}
