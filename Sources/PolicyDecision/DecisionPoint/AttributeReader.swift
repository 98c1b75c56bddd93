import Cedar

/// Makes attributes of the language of the properties and the context of a request.
///
/// JSON has values that the language has not: `null` counts as not given; a number with a fraction or an exponent becomes
/// a `decimal`, rounded to its four places. What still has no counterpart is an error, never left out: a policy that
/// forbids by it would not forbid.
struct AttributeReader {
  /// The attributes of one entity, or of a context. Where a schema declares some, the others are left out, since no
  /// policy can ask for them, and those declared are of their type.
  static func attributes(
    _ fields: [CedarString: JSONText], declared: [CedarString: SchemaAttribute]?, at place: String
  ) throws(CedarJSONError) -> [CedarString: Value] {
    guard !fields.isEmpty else { return [:] }
    let values = JSONValues(types: UnspecifiedAttributeTypes())
    var result: [CedarString: Value] = [:]
    for (name, json) in fields {
      let type = declared?[name]?.type
      if declared != nil, type == nil { continue }
      let place = "\(place).\(name)"
      guard let prepared = try prepared(json, at: place) else { continue }
      let value = try values.value(prepared, type?.attributeType ?? .unspecified, at: place)
      guard let type else {
        result[name] = value
        continue
      }
      guard let fitting = value.fitting(type) else {
        throw CedarJSONError(at: place, "the value is of type \(value.typeName)", expected: type.name)
      }
      result[name] = fitting
    }
    return result
  }

  /// The document without nulls, and with decimals as values of the language; `nil` for null itself.
  private static func prepared(_ json: JSONText, at place: String) throws(CedarJSONError) -> JSONText? {
    switch json {
    case .null: return nil
    case .number(let text):
      guard let decimal = Decimal(rounding: text) else {
        throw CedarJSONError(at: place, "`\(text)` is too large", expected: "a number that fits Cedar's `decimal`")
      }
      return Value.extension(.decimal(decimal)).json
    case .array(let items):
      var kept: [JSONText] = []
      for (index, item) in items.enumerated() {
        if let item = try prepared(item, at: "\(place)[\(index)]") { kept.append(item) }
      }
      return .array(kept)
    case .object(let fields):
      var kept: [CedarString: JSONText] = [:]
      for (name, field) in fields { kept[name] = try prepared(field, at: "\(place).\(name)") }
      return .object(kept)
    case .bool, .integer, .string: return json
    }
  }
}

extension Decimal {
  /// The decimal nearest to a number of JSON; `nil` where that does not fit 64 bits.
  init?(rounding text: String) {
    // Exactly, digit by digit, where the number is written as decimals are.
    if let exact = Decimal(text) {
      self = exact
      return
    }
    guard let number = Double(text), number.magnitude < 922_337_203_685_477 else { return nil }
    self.init(scaled: Int64((number * 10_000).rounded()))
  }
}

extension Value {
  /// This value as one of a schema's type; `nil` where it is none. Whole numbers and decimals stand for one another.
  func fitting(_ type: SchemaType) -> Value? {
    switch (type, self) {
    case (.bool, .bool), (.long, .long), (.string, .string): return self
    case (.long, .extension(.decimal(let decimal))) where decimal.scaled % 10_000 == 0:
      return .long(decimal.scaled / 10_000)
    case (.extension(.decimal), .long(let number)):
      let (scaled, overflow) = number.multipliedReportingOverflow(by: 10_000)
      return overflow ? nil : .extension(.decimal(Decimal(scaled: scaled)))
    case (.extension(let function), .extension(let value)) where value.constructor == function: return self
    case (.entity(let type), .entity(let uid)) where uid.type == type: return self
    case (.set(let element), .set(let values)):
      var fitting: Set<Value> = []
      for value in values {
        guard let value = value.fitting(element) else { return nil }
        fitting.insert(value)
      }
      return .set(fitting)
    case (.record(let declared), .record(let fields)):
      var fitting: [CedarString: Value] = [:]
      for (name, attribute) in declared {
        guard let field = fields[name] else {
          if attribute.isRequired { return nil }
          continue
        }
        guard let value = field.fitting(attribute.type) else { return nil }
        fitting[name] = value
      }
      return .record(fitting)
    default: return nil
    }
  }
}

extension SchemaType {
  /// The type, as messages name it.
  var name: String {
    switch self {
    case .bool: "bool"
    case .long: "long"
    case .string: "string"
    case .entity(let type): "entity of type `\(type)`"
    case .extension(let function): "a value of `\(function.rawValue)`"
    case .set(let element): "set of \(element.name)"
    case .record(let fields): "record with \(fields.keys.sorted().map { "`\($0)`" }.joined(separator: ", "))"
    }
  }
}
