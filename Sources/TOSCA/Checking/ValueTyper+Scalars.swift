extension ValueTyper {
  /// A value of a scalar type (2.0, 9.1.2.2): its number is one of the type's, and its unit is known.
  func scalarValue(_ node: YAMLNode, _ type: Int, _ context: ValueContext) -> Value? {
    guard let scalar = catalogue.dataTypes.types[type].scalar else { return nil }
    let expected =
      "a number and a unit, such as `1 \(scalar.canonicalUnit?.text ?? scalar.units.keys.first ?? "unit")`"
    guard case .scalar(let text, _) = node.content, let parts = ScalarKeynames.parts(of: text) else {
      if !reportUnknownFunction(node, context) { reportWrongType(node, expected, context) }
      return nil
    }
    guard let multiplier = scalar.multiplier(of: parts.unit) else {
      let units = scalar.units.keys
      report(
        "wrong-type", node, context,
        "\(context.subject) has an unknown unit\(context.isSensitive ? "" : ": `\(parts.unit.excerpt)`")",
        expected: Self.oneOf(units), suggestion: context.isSensitive ? nil : nearest(parts.unit, among: units))
      return nil
    }
    let schema = SchemaDefinition(
      type: scalar.dataType ?? Name(text: "float", place: node.place), file: scalar.file)
    let number = YAMLNode(content: .scalar(parts.number, .plain), place: node.place)
    guard let amount = value(number, as: schema, context.inside("the number of \(context.subject)"))?.number else {
      return nil
    }
    return Value(.scalar(amount: amount * multiplier, text: text), at: findings.table.range(node.place))
  }

  /// Whether 2.0 asks more of a scalar than the versions before it (9.1): Booleans and `null` in lower case, timestamps
  /// of RFC 3339, and versions as strings.
  func isAllowed(_ text: String, _ style: YAMLNode.ScalarStyle, _ primitive: Primitive) -> Bool {
    guard version == .tosca2_0 else { return true }
    switch primitive {
    case .boolean: return text == "true" || text == "false"
    case .null: return text == "null" || text.isEmpty
    case .timestamp: return TimestampText.isOfRFC3339(text)
    case .version: return text != "0" && (style != .plain || CoreSchema.kind(of: text, style) == .string)
    default: return true
    }
  }

  /// Whether a text is Base64 (RFC 2045, section 6.8).
  static func isBase64(_ text: String) -> Bool {
    // Lines may be broken (RFC 2045, section 6.8).
    let bytes = text.utf8.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard bytes.count % 4 == 0 else { return false }
    let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return false }
    return bytes.dropLast(padding).allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        true
      default: false
      }
    }
  }

  /// Whether a validation clause holds of a value; nil where that is not known yet, or the clause is wrong, which is
  /// reported at the clause.
  func holds(_ clause: YAMLNode, of node: YAMLNode, _ schema: SchemaDefinition, _ context: ValueContext) -> Bool? {
    var inner = context
    inner.value = node
    inner.valueType = schema
    inner.call = nil
    inner.depth += 1
    guard let call = call(in: clause, schema: nil, inner) else { return nil }
    guard case .known(let result, _) = evaluate(call, inner), case .scalar(let text, _) = result.content else {
      return nil
    }
    return CoreSchema.boolean(text)
  }
}
