extension ValueTyper {
  /// The amount that a value of a scalar type stands for, in the canonical unit; a number is one already.
  func amount(_ value: Value, _ type: Int) -> Double? {
    if let number = value.number { return number }
    guard let text = value.string else { return value.amount }
    return amount(of: text, type)
  }

  /// The amount that a text in place stands for.
  func amount(of node: YAMLNode, _ type: Int) -> Double? { node.text.flatMap { amount(of: $0, type) } }

  private func amount(of text: String, _ type: Int) -> Double? {
    guard let parts = ScalarKeynames.parts(of: text),
      let multiplier = catalogue.dataTypes.types[type].scalar?.multiplier(of: parts.unit)
    else { return nil }
    return ScalarKeynames.number(parts.number).map { $0 * multiplier }
  }

  /// The arithmetic functions of scalars (2.0, 10.2.5): what they give is in the canonical unit.
  func scalarArithmetic(_ call: FunctionCall, _ values: [Value], _ type: Int, _ context: ValueContext) -> Evaluated {
    guard let scalar = catalogue.dataTypes.types[type].scalar, let unit = scalar.unit else { return .unknown }
    let amounts = values.compactMap { amount($0, type) }
    guard amounts.count == values.count, let first = amounts.first, amounts.count > 1 || call.function == .sum else {
      reportArguments(call, "amounts in units of the scalar type")
      return .invalid
    }
    let result: Double
    switch call.function {
    case .sum: result = amounts.reduce(0, +)
    case .difference: result = first - amounts[1]
    case .product: result = first * amounts[1]
    case .quotient where amounts[1] != 0: result = first / amounts[1]
    case .remainder where amounts[1] != 0: result = first.truncatingRemainder(dividingBy: amounts[1])
    default:
      reportArguments(call, "a number other than 0 to divide by")
      return .invalid
    }
    let whole = isInteger(scalar)
    // A scalar of integers is truncated, as the standard allows.
    let text = Int(exactly: result.rounded(.towardZero)).flatMap { whole || result == Double($0) ? "\($0)" : nil }
    return .known(.string("\(text ?? Self.text(of: result)) \(unit)", at: call.place), context)
  }

  private func isInteger(_ scalar: ScalarKeynames) -> Bool {
    guard let name = scalar.dataType, let shape = catalogue.shape(name, in: scalar.file, report: false) else {
      return false
    }
    return switch shape {
    case .primitive(let primitive), .derived(_, let primitive): primitive == .integer
    case .complex: false
    }
  }
}
