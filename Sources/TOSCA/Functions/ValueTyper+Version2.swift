import Patterns

extension ValueTyper {
  /// The call that a 2.0 node is: a map with one key, or a string, that starts with `$`; `$$` stands for a `$` (10.1).
  func version2Call(in node: YAMLNode, _ context: ValueContext) -> FunctionCall? {
    if let entries = node.entries {
      let functions = entries.filter { $0.name.hasPrefix("$") && !$0.name.hasPrefix("$$") }
      guard let entry = functions.first, entries.count == 1 else {
        if let first = functions.first, functions.count < entries.count {
          findings.report(
            "malformed-function", at: first.key.place,
            "the function `\(first.name.excerpt)` stands among other keys",
            expected: "a function alone in its map (TOSCA 2.0, 10.1)")
        }
        return nil
      }
      if isMalformed(entry.name, entry.key.place) { return nil }
      return FunctionCall(named: entry.name, arguments: entry.value, namePlace: entry.key.place, place: node.place)
    }
    if case .scalar(let text, let style) = node.content, style != .argument, text.hasPrefix("$"),
      !text.hasPrefix("$$"), !isMalformed(text, node.place)
    {
      return FunctionCall(
        named: text, arguments: YAMLNode(content: .sequence([]), place: node.place), namePlace: node.place,
        place: node.place)
    }
    return nil
  }

  /// Whether a text that starts with `$` names no function; reported.
  private func isMalformed(_ text: String, _ place: Place) -> Bool {
    let name = text.dropFirst()
    guard name.isEmpty || name.first == "$" || name.contains(where: \.isWhitespace) else { return false }
    findings.report(
      "malformed-function", at: place, "`\(text.excerpt)` names no function",
      expected: "a function's name after `$`, or `$$` for text that begins with `$` (TOSCA 2.0, 10.1)")
    return true
  }

  /// What a call of a function of 2.0 gives.
  func evaluateVersion2(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    switch call.function {
    case .value: return currentValue(call, context)
    case .getProperty, .getAttribute, .getArtifact, .availableAllocation: return evaluatePath(call, context)
    case .nodeIndex, .relationshipIndex: return representationIndex(call, context)
    case .custom: return .unknown
    default: break
    }
    var values: [Value] = []
    var types: [StaticType] = []
    for argument in call.list {
      guard let type = staticType(of: argument, context), let value = value(argument, as: nil, context) else {
        return .invalid
      }
      types.append(type)
      values.append(value)
    }
    guard !values.contains(where: Self.isUnresolved) else { return shortCircuit(call, values, context) }
    if call.function == .concat || call.function == .join || call.function == .token {
      return textFunction(call, values, context)
    }
    if call.function == .length { return lengthOf(values, types, call, context) }
    let check = ArgumentCheck(typer: self, call: call, types: types, context: context)
    if let scalar = check.scalar, case .scalar(let type) = scalar.kind,
      [.sum, .difference, .product, .quotient, .remainder].contains(call.function)
    {
      return scalarArithmetic(call, values, type, context)
    }
    let result =
      condition(call, values, types) ?? collection(call, values) ?? arithmetic(call, values)
    guard let result else {
      reportArguments(call, "arguments that `\(call.name)` takes")
      return .invalid
    }
    var context = context
    if values.contains(where: \.isSensitive) { context.isSensitive = true }
    return .known(Self.node(from: result, at: call.place), context)
  }

  /// `$and` and `$or` may be known though not all of their arguments are (10.2.2.1).
  private func shortCircuit(_ call: FunctionCall, _ values: [Value], _ context: ValueContext) -> Evaluated {
    let flags = values.compactMap(\.boolean)
    if call.function == .and, flags.contains(false) {
      return .known(Self.node(from: .boolean(false), at: call.place), context)
    }
    if call.function == .or, flags.contains(true) {
      return .known(Self.node(from: .boolean(true), at: call.place), context)
    }
    return .unknown
  }

  /// The functions that make texts, of which `$concat` also takes lists (10.2.3).
  private func textFunction(_ call: FunctionCall, _ values: [Value], _ context: ValueContext) -> Evaluated {
    if call.function == .concat, values.contains(where: { $0.list != nil }) {
      let lists = values.compactMap(\.list)
      guard lists.count == values.count else {
        reportArguments(call, "lists only, or strings only")
        return .invalid
      }
      return .known(Self.node(from: .list(lists.flatMap { $0 }), at: call.place), context)
    }
    // What the arguments give is put in their place, so that lists that functions give can be joined.
    var call = call
    let written = values.map { Self.node(from: $0.content, at: call.place) }
    call.arguments = YAMLNode(content: .sequence(written), place: call.arguments.place)
    var context = context
    if values.contains(where: \.isSensitive) { context.isSensitive = true }
    switch call.function {
    case .join: return join(call, context)
    case .token: return token(call, context)
    default: return concat(call, context)
    }
  }

  private func lengthOf(
    _ values: [Value], _ types: [StaticType], _ call: FunctionCall, _ context: ValueContext
  ) -> Evaluated {
    // The length of bytes is that of what is encoded (9.1.1.5).
    if types.first?.kind == .bytes, let text = values.first?.string {
      let digits = text.filter { !$0.isWhitespace && $0 != "=" }.count
      return .known(Self.node(from: .integer(digits * 3 / 4), at: call.place), context)
    }
    guard let result = collection(call, values) else {
      reportArguments(call, "a string, a list or a map")
      return .invalid
    }
    return .known(Self.node(from: result, at: call.place), context)
  }

  static func isUnresolved(_ value: Value) -> Bool {
    switch value.content {
    case .unresolved: true
    case .list(let items): items.contains(where: isUnresolved)
    case .map(let entries): entries.contains { isUnresolved($0.value) }
    default: false
    }
  }

  /// `$value`: the value that a validation clause is about, or what is at a path inside it (10.2.1.5).
  private func currentValue(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let node = context.value else { return .unknown }
    return inside(node, call.list[...], context)
  }

  /// A value as a node, so that it is typed like one that is written.
  static func node(from value: Value.Content, at place: Place) -> YAMLNode {
    func scalar(_ text: String) -> YAMLNode { YAMLNode(content: .scalar(text, .plain), place: place) }
    switch value {
    case .null: return scalar("null")
    case .boolean(let flag): return scalar(flag ? "true" : "false")
    case .integer(let number): return scalar(String(number))
    case .float(let number): return scalar(text(of: number))
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

  /// A number as YAML writes it.
  static func text(of number: Double) -> String {
    if number.isNaN { return ".nan" }
    if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
    return String(number)
  }

  /// The Boolean and comparison functions (10.2.2); nil where the call is of another, or its arguments do not fit.
  private func condition(_ call: FunctionCall, _ values: [Value], _ types: [StaticType]) -> Value.Content? {
    let flags = values.compactMap(\.boolean)
    switch call.function {
    case .and where flags.count == values.count && !flags.isEmpty: return .boolean(flags.allSatisfy { $0 })
    case .or where flags.count == values.count && !flags.isEmpty: return .boolean(flags.contains(true))
    case .not where flags.count == 1 && values.count == 1: return .boolean(!flags[0])
    case .xor where flags.count == 2 && values.count == 2: return .boolean(flags[0] != flags[1])
    case .equal where values.count == 2:
      return .boolean(comparison(values, types).map { $0 == 0 } ?? Self.equal(values[0], values[1]))
    case .greaterThan: return comparison(values, types).map { .boolean($0 > 0) }
    case .greaterOrEqual: return comparison(values, types).map { .boolean($0 >= 0) }
    case .lessThan: return comparison(values, types).map { .boolean($0 < 0) }
    case .lessOrEqual: return comparison(values, types).map { .boolean($0 <= 0) }
    case .validValues where values.count == 2:
      return values[1].list.map { items in
        .boolean(
          items.contains { item in
            comparison([values[0], item], [types[0], .literal]).map { $0 == 0 } ?? Self.equal(values[0], item)
          })
      }
    case .matches where values.count == 2:
      guard let text = values[0].string, let pattern = values[1].string.flatMap({ try? Pattern(searching: $0) }) else {
        return nil
      }
      return .boolean(pattern.matches(text))
    default: return nil
    }
  }

  /// Below, at or above zero as the first of two values comes before, with or after the second: numbers, scalars,
  /// versions, timestamps and texts.
  private func comparison(_ values: [Value], _ types: [StaticType]) -> Int? {
    guard values.count == 2 else { return nil }
    for type in types {
      switch type.kind {
      case .scalar(let scalar):
        guard let one = amount(values[0], scalar), let other = amount(values[1], scalar) else { return nil }
        return one < other ? -1 : one == other ? 0 : 1
      case .version: return Self.order(values[0], values[1], .version)
      case .timestamp: return Self.order(values[0], values[1], .timestamp)
      default: continue
      }
    }
    return Self.order(values[0], values[1], .string)
  }
}

extension StaticType {
  /// A value that is written in place, of which no more is asked.
  fileprivate static let literal = StaticType(.unknown)
}
