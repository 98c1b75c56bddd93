import TOSCA

/// Properties, with whose they are.
struct Properties {
  var values: [String: Value]
  /// The holder as messages name it.
  var holder: String
  /// Where the holder stands; the place of what is missing.
  var place: SourceRange

  init(of policy: Policy) {
    values = policy.properties
    holder = "`\(policy.name)`"
    place = policy.place
  }

  init(of node: Node) {
    values = node.properties
    holder = "`\(node.name)`"
    place = node.place
  }

  init(_ values: [String: Value], holder: String, place: SourceRange) {
    self.values = values
    self.holder = holder
    self.place = place
  }

  /// The entries of a map or of a value of a complex type; of equal keys the first counts.
  init?(_ value: Value, holder: String) {
    guard let entries = value.map else { return nil }
    self.init(
      Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }), holder: holder,
      place: value.place)
  }
}

/// Reading typed values. The topology's types have been checked already; these checks keep a topology that comes from
/// elsewhere from doing harm.
extension Interpretation {
  /// The value of a property; nil where it is absent or not known. What is not known, or missing and required, is
  /// reported.
  mutating func value(_ name: String, of properties: Properties, required: Bool = false) -> Value? {
    let value = properties.values[name]
    if let value, value.content != .null {
      return known(value, "`\(name)` of \(properties.holder)") ? value : nil
    }
    if required {
      report(
        "missing-property", at: properties.place, "\(properties.holder) has no `\(name)`",
        expected: "a value for `\(name)`")
    }
    return nil
  }

  /// Whether a value is known; what is not is reported.
  mutating func known(_ value: Value, _ label: String) -> Bool {
    guard case .unresolved(let function, let arguments) = value.content else { return true }
    if function.hasSuffix("get_input") {
      let input = arguments.string ?? arguments.list?.first?.string
      report(
        "value-not-known", at: value.place,
        "\(label) is taken from the input\(input.map { " `\($0)`" } ?? ""), which has no value",
        expected: "a value for the input")
    } else {
      report(
        "value-not-known", at: value.place,
        "\(label) is the result of `\(function)`, which is not known before the service runs",
        expected: "a value that the template knows")
    }
    return false
  }

  /// A text.
  mutating func text(_ name: String, of properties: Properties, required: Bool = false) -> Located<String>? {
    guard let value = value(name, of: properties, required: required) else { return nil }
    return text(value, "`\(name)` of \(properties.holder)")
  }

  /// A text that is one of a few.
  mutating func choice(_ name: String, of properties: Properties, from choices: [String]) -> Located<String>? {
    guard let text = text(name, of: properties) else { return nil }
    guard choices.contains(text.value) else {
      report(
        "invalid-value", at: text.place, "`\(name)` of \(properties.holder) is `\(text.value)`",
        expected: enumeration(choices, last: "or"), suggestion: nearest(text.value, among: choices))
      return nil
    }
    return text
  }

  /// A value that must be a text.
  mutating func text(_ value: Value, _ label: String) -> Located<String>? {
    guard known(value, label) else { return nil }
    guard let text = value.string else {
      report("invalid-value", at: value.place, "\(label) is not a text", expected: "a string")
      return nil
    }
    return Located(text, at: value.place)
  }

  /// A whole number within bounds.
  mutating func integer(
    _ name: String, of properties: Properties, in range: ClosedRange<Int>, required: Bool = false
  ) -> Int? {
    guard let value = value(name, of: properties, required: required) else { return nil }
    let number = value.integer
    guard let number, range.contains(number) else {
      let found = number.map { "`\($0)`" } ?? "not a whole number"
      report(
        "invalid-value", at: value.place, "`\(name)` of \(properties.holder) is \(found)",
        expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  /// A truth value.
  mutating func flag(_ name: String, of properties: Properties) -> Bool? {
    guard let value = value(name, of: properties) else { return nil }
    guard let flag = value.boolean else {
      report(
        "invalid-value", at: value.place, "`\(name)` of \(properties.holder) is not a truth value",
        expected: "`true` or `false`")
      return nil
    }
    return flag
  }

  /// The amount of a scalar in its base unit, as a whole number within bounds.
  mutating func amount(
    _ name: String, of properties: Properties, in range: ClosedRange<Int>, unit: String, required: Bool = false
  ) -> Int? {
    guard let value = value(name, of: properties, required: required) else { return nil }
    guard let amount = value.amount, amount >= Double(range.lowerBound), amount <= Double(range.upperBound) else {
      var found = "not an amount"
      if case .scalar(_, let text) = value.content { found = "`\(text)`" }
      report(
        "invalid-value", at: value.place, "`\(name)` of \(properties.holder) is \(found)",
        expected: "from \(range.lowerBound) to \(range.upperBound) \(unit)")
      return nil
    }
    return Int(amount)
  }

  /// The items of a list; absent: none.
  mutating func list(_ name: String, of properties: Properties, required: Bool = false) -> [Value]? {
    guard let value = value(name, of: properties, required: required) else { return nil }
    guard let items = value.list else {
      report(
        "invalid-value", at: value.place, "`\(name)` of \(properties.holder) is not a list", expected: "a list")
      return nil
    }
    return items
  }

  /// The items of a list of texts; absent: nil.
  mutating func texts(_ name: String, of properties: Properties, required: Bool = false) -> [Located<String>]? {
    guard let items = list(name, of: properties, required: required) else { return nil }
    var texts: [Located<String>] = []
    for item in items {
      if let text = text(item, "an entry of `\(name)` of \(properties.holder)") { texts.append(text) }
    }
    return texts
  }

  /// A path prefix in its one form: a leading slash, none at the end, no empty, `.` or `..` segments.
  mutating func pathPrefix(_ path: Located<String>, _ label: String) -> String? {
    guard let prefix = PathPrefix(path.value) else {
      report(
        "invalid-path", at: path.place, "\(label) is `\(path.value)`",
        expected: "a path such as `/orders`: it begins with `/` and has no `?`, `#`, `%`, `//`, `.` or `..`")
      return nil
    }
    return prefix.text
  }
}
