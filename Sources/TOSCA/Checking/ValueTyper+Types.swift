extension ValueTyper {
  /// A value of a primitive type, `list` or `map`.
  func primitiveValue(
    _ node: YAMLNode, _ primitive: Primitive, _ schema: SchemaDefinition, _ context: ValueContext
  ) -> Value? {
    switch primitive {
    case .list: return listValue(node, schema, context)
    case .map: return mapValue(node, schema, context)
    case .range:
      if let content = Self.range(node) { return Value(content, at: findings.table.range(node.place)) }
      if let items = node.items, items.count == 2, let lower = items[0].text.flatMap(CoreSchema.integer),
        let upper = items[1].text.flatMap(CoreSchema.integer), lower > upper
      {
        report(
          "wrong-type", node, context, "the lower bound of \(context.subject) is above the upper one",
          expected: "the lower bound first")
        return nil
      }
    default:
      if case .scalar(let text, let style) = node.content, let content = Self.scalar(text, style, primitive),
        isAllowed(text, style, primitive)
      {
        if version == .tosca2_0, primitive == .string, text.hasPrefix("$$") {
          return Value(.string(String(text.dropFirst())), at: findings.table.range(node.place))
        }
        return Value(content, at: findings.table.range(node.place))
      }
    }
    if let value = tolerated(node, primitive, context) { return value }
    if reportUnknownFunction(node, context) { return nil }
    var expected = primitive.description
    if case .scalar(let text, let style) = node.content {
      if primitive == .string, style == .plain { expected = node.isNull ? "a string" : "a string: put it in quotes" }
      if style == .quoted, Self.scalar(text, .plain, primitive) != nil { expected += ", without quotes" }
      if primitive == .boolean, ["yes", "no", "on", "off"].contains(text.lowercased()) {
        expected = "`true` or `false`: `yes` and `no` are strings"
      }
    }
    let units = ScalarUnit.units(of: primitive)
    if !units.isEmpty {
      expected += ", with one of the units " + units.map { "`\($0)`" }.joined(separator: ", ")
    }
    reportWrongType(node, expected, context)
    return nil
  }

  /// What a scalar is as a primitive; nil where it is none.
  static func scalar(_ text: String, _ style: YAMLNode.ScalarStyle, _ primitive: Primitive) -> Value.Content? {
    let isText = style == .quoted
    switch primitive {
    case .string:
      return style != .plain || CoreSchema.kind(of: text, style) == .string ? .string(text) : nil
    case .integer: return isText ? nil : CoreSchema.integer(text).map { .integer($0) }
    case .float:
      return isText ? nil : (CoreSchema.float(text) ?? CoreSchema.integer(text).map(Double.init)).map { .float($0) }
    case .boolean: return isText ? nil : CoreSchema.boolean(text).map { .boolean($0) }
    case .null: return !isText && CoreSchema.isNull(text) ? .null : nil
    case .timestamp: return TimestampText(text) != nil ? .string(text) : nil
    case .version: return VersionText(text) != nil ? .string(text) : nil
    case .size, .time, .frequency, .bitrate:
      return ScalarUnit.amount(of: text, primitive).map { .scalar(amount: $0, text: text) }
    case .bytes:
      return style != .plain || CoreSchema.kind(of: text, style) == .string
        ? Self.isBase64(text) ? .string(text) : nil : nil
    case .range, .list, .map, .scalar: return nil
    }
  }

  /// A range (1.3, 3.3.3): its text form.
  static func range(_ node: YAMLNode) -> Value.Content? {
    guard let items = node.items, items.count == 2, case .scalar(let low, let lowStyle) = items[0].content,
      case .scalar(let high, let highStyle) = items[1].content, lowStyle != .quoted,
      let lower = CoreSchema.integer(low)
    else { return nil }
    if high == "UNBOUNDED" { return .string("[\(lower), UNBOUNDED]") }
    guard highStyle != .quoted, let upper = CoreSchema.integer(high), upper >= lower else { return nil }
    return .string("[\(lower), \(upper)]")
  }

  private func listValue(_ node: YAMLNode, _ schema: SchemaDefinition, _ context: ValueContext) -> Value? {
    guard let items = node.items else {
      if !reportUnknownFunction(node, context) { reportWrongType(node, Primitive.list.description, context) }
      return nil
    }
    var values: [Value] = []
    var isValid = true
    for item in items {
      if let value = value(item, as: schema.entrySchema, context.inside("an item of \(context.subject)")) {
        values.append(value)
      } else {
        isValid = false
      }
    }
    return isValid ? Value(.list(values), at: findings.table.range(node.place)) : nil
  }

  private func mapValue(_ node: YAMLNode, _ schema: SchemaDefinition, _ context: ValueContext) -> Value? {
    guard let entries = node.entries else {
      reportWrongType(node, Primitive.map.description, context)
      return nil
    }
    if let only = entries.first, entries.count == 1, only.name.hasPrefix("get_"), reportUnknownFunction(node, context) {
      return nil
    }
    var result: [Value.Entry] = []
    var isValid = true
    // Others were told apart when the text was read.
    let hasCalls = version == .tosca2_0 && entries.contains { $0.key.entries != nil }
    for entry in entries {
      guard let key = mapKey(entry, schema.keySchema, context) else {
        isValid = false
        continue
      }
      if hasCalls, result.contains(where: { $0.key == key }) {
        reportSameKey(key, entry.key, context)
        isValid = false
      }
      let subject: ValueSubject =
        context.isSensitive
        ? "an entry of \(context.subject)" : "the entry `\(entry.name.excerpt)` of \(context.subject)"
      if let value = value(entry.value, as: schema.entrySchema, context.inside(subject)) {
        result.append(Value.Entry(key: key, at: findings.table.range(entry.key.place), value: value))
      } else {
        isValid = false
      }
    }
    return isValid ? Value(.map(result), at: findings.table.range(node.place)) : nil
  }

  /// The text of a map's key; nil where it does not fit, which is reported. In 2.0 it may be what a function gives, which can
  /// be known only when the service runs: then it is the call as written (2.0, 10.1).
  func mapKey(_ entry: YAMLEntry, _ schema: SchemaDefinition?, _ context: ValueContext) -> String? {
    let inner = context.inside("a key of \(context.subject)")
    guard version == .tosca2_0 else {
      if let schema, value(entry.key, as: schema, inner) == nil { return nil }
      return entry.name
    }
    if entry.key.entries != nil, let call = call(in: entry.key, schema: nil, context) {
      guard let value = value(entry.key, as: schema, inner) else { return nil }
      switch value.content {
      case .string(let text): return text
      case .integer(let number): return String(number)
      case .boolean(let flag): return String(flag)
      case .scalar(_, let text): return text
      case .unresolved: return "\(call.name) \(call.arguments.flowText)"
      default:
        reportWrongType(entry.key, "a string", inner)
        return nil
      }
    }
    let isCall = entry.name.hasPrefix("$") && !entry.name.hasPrefix("$$")
    if let schema, !isCall, value(entry.key, as: schema, inner) == nil { return nil }
    if schema == nil, !isCall, !isStringKey(entry.key, context) { return nil }
    return entry.name.hasPrefix("$$") ? String(entry.name.dropFirst()) : entry.name
  }

  /// Two keys of a map are the same once their functions are evaluated.
  private func reportSameKey(_ key: String, _ node: YAMLNode, _ context: ValueContext) {
    findings.report(
      "duplicate-key", at: node.place,
      context.isSensitive ? "the key is already in this map" : "the key `\(key.excerpt)` is already in this map",
      expected: "each key once")
  }

  /// Whether a key is a string, as keys are without a schema (2.0, 9.1.3.2); reported where it is not.
  private func isStringKey(_ key: YAMLNode, _ context: ValueContext) -> Bool {
    if case .scalar(let text, let style) = key.content, CoreSchema.kind(of: text, style) == .string { return true }
    reportWrongType(key, "a string: put it in quotes", context.inside("a key of \(context.subject)"))
    return false
  }

  /// A value of a data type with properties; those that are not given and have a default come last.
  func complexValue(_ node: YAMLNode, _ type: Int, _ context: ValueContext) -> Value? {
    let definition = catalogue.dataTypes.types[type]
    let name = definition.header.name.text
    guard let entries = node.entries else {
      reportWrongType(node, "a map of the properties of `\(name)`", context)
      return nil
    }
    if let only = entries.first, entries.count == 1, definition.properties[only.name] == nil,
      nearest(only.name, among: definition.properties.keys) == nil, reportUnknownFunction(node, context)
    {
      return nil
    }
    var result: [Value.Entry] = []
    var isValid = true
    for entry in entries {
      refer(.property, entry.key, to: definition.properties[entry.name]?.name.place) {
        definition.properties.map { ($0, $1.name.place) }
      }
      guard let property = definition.properties[entry.name] else {
        if catalogue.isOpen(.data, type) { continue }
        findings.report(
          "unknown-property", at: context.call ?? entry.key.place,
          "unknown property \(context.isSensitive ? "" : "`\(entry.name.excerpt)` ")of the data type `\(name.excerpt)`",
          expected: Self.oneOf(definition.properties.keys),
          suggestion: nearest(entry.name, among: definition.properties.keys))
        isValid = false
        continue
      }
      // A property that need not be there may be given as nothing.
      if entry.value.isNull, !property.required, version != .tosca2_0 { continue }
      if let value = value(entry.value, of: property, context.inside(.named("property", entry.name))) {
        result.append(Value.Entry(key: entry.name, at: findings.table.range(entry.key.place), value: value))
      } else {
        isValid = false
      }
    }
    for (key, property) in definition.properties where !entries.contains(where: { $0.name == key }) {
      if version == .tosca2_0, !property.required, property.value == nil { continue }
      if let node = property.defaultValue {
        var inner = context.inside(.named("the default of property", key))
        inner.owner = .none
        if let value = value(node, of: property, inner) {
          result.append(Value.Entry(key: key, at: findings.table.range(property.name.place), value: value))
        }
      } else if property.required {
        report(
          "missing-property", node, context,
          "\(context.subject) lacks the property `\(key.excerpt)` of the data type `\(name.excerpt)`",
          expected: "`\(key.excerpt)`: " + (property.schema?.type.text ?? "a value"))
        isValid = false
      }
    }
    return isValid ? Value(.map(result), at: findings.table.range(node.place)) : nil
  }

  /// Names as an expectation; nil where there are none.
  static func oneOf(_ names: some Collection<String>) -> String? {
    guard !names.isEmpty else { return nil }
    let shown = names.sorted().prefix(20).map { "`\($0)`" }.joined(separator: ", ")
    return "one of " + shown + (names.count > 20 ? ", …" : "")
  }
}
