extension ValueTyper {
  /// `concat: [text, …]` (4.3.1).
  func concat(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let items = call.arguments.items, !items.isEmpty else {
      reportArguments(call, "a list of strings")
      return .invalid
    }
    return joined(items, separator: "", call, context)
  }

  /// `join: [[text, …], delimiter]` (4.3.2).
  func join(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let items = call.arguments.items, (1...2).contains(items.count), let parts = items[0].items else {
      reportArguments(call, "`[list of strings, delimiter]`, the delimiter optional")
      return .invalid
    }
    guard items.count == 2 else { return joined(parts, separator: "", call, context) }
    switch text(items[1], call, context) {
    case .known(let delimiter, _): return joined(parts, separator: delimiter, call, context)
    case .unknown: return .unknown
    case .invalid: return .invalid
    }
  }

  /// `token: [text, characters that separate, index]` (4.3.3).
  func token(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    let expected = "`[text, characters that separate its parts, index of a part]`"
    guard let items = call.arguments.items, items.count == 3 else {
      reportArguments(call, expected)
      return .invalid
    }
    let texts = items.map { text($0, call, context) }
    var known: [String] = []
    var isSensitive = context.isSensitive
    for text in texts {
      switch text {
      case .known(let text, let secret):
        known.append(text)
        isSensitive = isSensitive || secret
      case .unknown: continue
      case .invalid: return .invalid
      }
    }
    guard known.count == 3 else { return .unknown }
    guard let index = CoreSchema.integer(known[2]), index >= 0, !known[1].isEmpty else {
      reportArguments(call, expected, at: items[2].place)
      return .invalid
    }
    let separators = Set(known[1])
    let parts = known[0].split(omittingEmptySubsequences: false) { separators.contains($0) }
    guard parts.indices.contains(index) else {
      findings.report(
        "wrong-arguments", at: items[2].place, "the text has no part \(index)",
        expected: "an index below \(parts.count)")
      return .invalid
    }
    var context = context
    context.isSensitive = isSensitive
    return .known(.string(String(parts[index]), at: call.place), context)
  }

  private func joined(
    _ items: [YAMLNode], separator: String, _ call: FunctionCall, _ context: ValueContext
  ) -> Evaluated {
    var parts: [String] = []
    var length = 0
    var isUnknown = false
    var context = context
    for item in items {
      switch text(item, call, context) {
      case .known(let text, let secret):
        length += text.utf8.count + separator.utf8.count
        guard length <= limits.stringLength else {
          findings.report(
            "too-long", at: call.place, "`\(call.name)` makes a text of more than \(limits.stringLength) bytes",
            expected: "a shorter text")
          return .invalid
        }
        parts.append(text)
        if secret { context.isSensitive = true }
      case .unknown: isUnknown = true
      case .invalid: return .invalid
      }
    }
    if isUnknown { return .unknown }
    return .known(.string(parts.joined(separator: separator), at: call.place), context)
  }

  /// An argument as text: a scalar, or a function that gives one.
  func text(_ node: YAMLNode, _ call: FunctionCall, _ context: ValueContext) -> EvaluatedText {
    if let inner = self.call(in: node, schema: nil, context) {
      switch evaluate(inner, context) {
      case .known(let result, let innerContext): return text(result, call, innerContext)
      case .unknown: return .unknown
      case .invalid: return .invalid
      }
    }
    if let text = node.text, !node.isNull { return .known(text, isSensitive: context.isSensitive) }
    if reportUnknownFunction(node, context) { return .invalid }
    reportArguments(
      call, "a scalar: found " + (context.isSensitive ? "the value given" : node.kindDescription), at: node.place)
    return .invalid
  }
}
