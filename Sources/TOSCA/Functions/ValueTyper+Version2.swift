extension ValueTyper {
  /// The call that a 2.0 node is: a map with one key, or a string, that starts with `$`; `$$` stands for a `$` (10.1).
  func version2Call(in node: YAMLNode, _ context: ValueContext) -> FunctionCall? {
    if let entries = node.entries {
      let functions = entries.filter { $0.name.hasPrefix("$") && !$0.name.hasPrefix("$$") }
      guard let entry = functions.first, entries.count == 1 else {
        if let first = functions.first, functions.count < entries.count {
          findings.report(
            "malformed-function", at: first.key.place,
            "the function `\(first.name.excerpt)` stands among other keys", expected: "a function alone in its map")
        }
        return nil
      }
      return FunctionCall(named: entry.name, arguments: entry.value, namePlace: entry.key.place, place: node.place)
    }
    if let text = node.text, text.hasPrefix("$"), !text.hasPrefix("$$"), text.count > 1, !text.contains(" ") {
      return FunctionCall(
        named: text, arguments: YAMLNode(content: .sequence([]), place: node.place), namePlace: node.place,
        place: node.place)
    }
    return nil
  }

  /// What a call of a function of 2.0 gives.
  func evaluateVersion2(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    switch call.function {
    case .value: return currentValue(call, context)
    case .nodeIndex, .relationshipIndex: return representationIndex(call, context)
    case .availableAllocation, .custom: return .unknown
    default: break
    }
    var values: [Value] = []
    for argument in call.list {
      guard let value = value(argument, as: nil, context) else { return .invalid }
      values.append(value)
    }
    guard !values.contains(where: Self.isUnresolved) else { return .unknown }
    let result =
      condition(call, values, context) ?? collection(call, values) ?? arithmetic(call, values)
    guard let result else {
      reportArguments(call, "arguments that `\(call.name)` takes")
      return .invalid
    }
    return .known(Self.node(from: result, at: call.place), context)
  }

  private static func isUnresolved(_ value: Value) -> Bool {
    switch value.content {
    case .unresolved: true
    case .list(let items): items.contains(where: isUnresolved)
    case .map(let entries): entries.contains { isUnresolved($0.value) }
    default: false
    }
  }

  /// `$value`: the value that a validation clause is about, or what is at a path inside it (10.2.2.6).
  private func currentValue(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let node = context.value else { return .unknown }
    var inner = context
    inner.value = nil
    return inside(node, call.list[...], inner)
  }

  /// A value as a node, so that it is typed like one that is written.
  static func node(from value: Value.Content, at place: Place) -> YAMLNode {
    func scalar(_ text: String) -> YAMLNode { YAMLNode(content: .scalar(text, .plain), place: place) }
    switch value {
    case .null: return scalar("null")
    case .boolean(let flag): return scalar(flag ? "true" : "false")
    case .integer(let number): return scalar(String(number))
    case .float(let number): return scalar(String(number))
    case .string(let text): return .string(text.hasPrefix("$") ? "$" + text : text, at: place)
    case .scalar(_, let text): return .string(text, at: place)
    case .list(let items):
      return YAMLNode(content: .sequence(items.map { node(from: $0.content, at: place) }), place: place)
    case .map(let entries):
      return YAMLNode(
        content: .mapping(
          entries.map { YAMLEntry(key: .string($0.key, at: place), value: node(from: $0.value.content, at: place)) }),
        place: place)
    case .unresolved(let function, let arguments):
      let entry = YAMLEntry(key: .string(function, at: place), value: node(from: arguments.content, at: place))
      return YAMLNode(content: .mapping([entry]), place: place)
    }
  }

  /// The Boolean and comparison functions (10.2.3 and 10.2.4); nil where the call is of another, or its arguments do
  /// not fit.
  private func condition(_ call: FunctionCall, _ values: [Value], _ context: ValueContext) -> Value.Content? {
    let flags = values.compactMap(\.boolean)
    switch call.function {
    case .and where flags.count == values.count && !flags.isEmpty: return .boolean(flags.allSatisfy { $0 })
    case .or where flags.count == values.count && !flags.isEmpty: return .boolean(flags.contains(true))
    case .not where flags.count == 1 && values.count == 1: return .boolean(!flags[0])
    case .xor where flags.count == 2 && values.count == 2: return .boolean(flags[0] != flags[1])
    case .equal where values.count == 2:
      return .boolean(comparison(values, context).map { $0 == 0 } ?? Self.equal(values[0], values[1]))
    case .greaterThan: return comparison(values, context).map { .boolean($0 > 0) }
    case .greaterOrEqual: return comparison(values, context).map { .boolean($0 >= 0) }
    case .lessThan: return comparison(values, context).map { .boolean($0 < 0) }
    case .lessOrEqual: return comparison(values, context).map { .boolean($0 <= 0) }
    case .validValues where values.count == 2:
      return values[1].list.map { items in .boolean(items.contains { Self.equal(values[0], $0) }) }
    case .matches where values.count == 2:
      guard let text = values[0].string, let pattern = values[1].string.flatMap({ try? Pattern($0) }) else {
        return nil
      }
      return .boolean(pattern.matches(text))
    default: return nil
    }
  }

  /// Below, at or above zero as the first of two values comes before, with or after the second: numbers, scalars of the
  /// type that is validated, versions, timestamps and texts.
  private func comparison(_ values: [Value], _ context: ValueContext) -> Int? {
    guard values.count == 2 else { return nil }
    if let one = amount(values[0], context), let other = amount(values[1], context) {
      return one < other ? -1 : one == other ? 0 : 1
    }
    let primitive = context.valueType.flatMap { self.primitive(of: $0) } ?? .string
    return Self.order(values[0], values[1], primitive)
  }

  private func amount(_ value: Value, _ context: ValueContext) -> Double? {
    guard let text = value.string, let schema = context.valueType, let parts = ScalarKeynames.parts(of: text),
      case .derived(let type, .scalar)? = catalogue.shape(schema.type, in: schema.file, report: false),
      let multiplier = catalogue.dataTypes.types[type].scalar?.multiplier(of: parts.unit)
    else { return nil }
    return CoreSchema.float(parts.number).map { $0 * multiplier }
  }
}
