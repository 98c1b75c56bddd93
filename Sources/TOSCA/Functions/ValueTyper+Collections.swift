extension ValueTyper {
  /// The functions of texts, lists, maps and sets (2.0, 10.2.2.3 to 10.2.4); nil where the call is of another, or its
  /// arguments do not fit.
  func collection(_ call: FunctionCall, _ values: [Value]) -> Value.Content? {
    switch call.function {
    case .length where values.count == 1: return Self.length(of: values[0]).map { .integer($0) }
    case .hasPrefix, .hasSuffix, .contains:
      guard values.count == 2 else { return nil }
      return Self.has(call.function, values[0], values[1]).map { .boolean($0) }
    case .hasEntry where values.count == 2:
      return Self.entries(of: values[0]).map { .boolean(Self.includes($0, values[1])) }
    case .hasKey where values.count == 2:
      guard let map = values[0].map, let key = Self.text(of: values[1]) else { return nil }
      return .boolean(map.contains { $0.key == key })
    case .hasAllEntries where values.count == 2:
      guard let entries = Self.entries(of: values[0]), let wanted = values[1].list else { return nil }
      return .boolean(wanted.allSatisfy { Self.includes(entries, $0) })
    case .hasAnyEntry where values.count == 2:
      guard let entries = Self.entries(of: values[0]), let wanted = values[1].list else { return nil }
      return .boolean(wanted.contains { Self.includes(entries, $0) })
    case .hasAllKeys where values.count == 2:
      guard let map = values[0].map, let keys = values[1].list else { return nil }
      return .boolean(keys.allSatisfy { key in map.contains { $0.key == Self.text(of: key) } })
    case .hasAnyKey where values.count == 2:
      guard let map = values[0].map, let keys = values[1].list else { return nil }
      return .boolean(keys.contains { key in map.contains { $0.key == Self.text(of: key) } })
    case .union where !values.isEmpty:
      let lists = values.compactMap(\.list)
      return lists.count == values.count ? .list(Self.unique(lists.flatMap { $0 })) : nil
    case .intersection where !values.isEmpty:
      let lists = values.compactMap(\.list)
      guard lists.count == values.count, let first = lists.first else { return nil }
      return .list(Self.unique(first.filter { item in lists.allSatisfy { Self.includes($0, item) } }))
    default: return nil
    }
  }

  private static func length(of value: Value) -> Int? {
    switch value.content {
    case .string(let text): text.unicodeScalars.count
    case .list(let items) where items.count == 1 && items[0].string != nil:
      // `$length: [$value]` gives the one argument in a list.
      items[0].string?.unicodeScalars.count
    case .list(let items): items.count
    case .map(let entries): entries.count
    default: nil
    }
  }

  /// Whether a text or list begins with, ends with or contains another.
  private static func has(_ function: FunctionCall.Function, _ one: Value, _ other: Value) -> Bool? {
    if let text = one.string, let part = other.string {
      let whole = Array(text.unicodeScalars)
      let piece = Array(part.unicodeScalars)
      return has(function, whole.count, piece.count) { whole[$0] == piece[$1] }
    }
    if let whole = one.list, let piece = other.list {
      return has(function, whole.count, piece.count) { equal(whole[$0], piece[$1]) }
    }
    return nil
  }

  private static func has(
    _ function: FunctionCall.Function, _ whole: Int, _ piece: Int, same: (Int, Int) -> Bool
  ) -> Bool {
    guard piece <= whole else { return false }
    let starts =
      switch function {
      case .hasPrefix: 0...0
      case .hasSuffix: (whole - piece)...(whole - piece)
      default: 0...(whole - piece)
      }
    return starts.contains { start in (0..<piece).allSatisfy { same(start + $0, $0) } }
  }

  private static func entries(of value: Value) -> [Value]? { value.list ?? value.map?.map(\.value) }

  private static func includes(_ entries: [Value], _ wanted: Value) -> Bool { entries.contains { equal($0, wanted) } }

  private static func unique(_ values: [Value]) -> [Value] {
    var result: [Value] = []
    for value in values where !includes(result, value) { result.append(value) }
    return result
  }

  /// The arithmetic functions (2.0, 10.2.5); nil where the call is of another, its arguments do not fit, or there is no
  /// result.
  func arithmetic(_ call: FunctionCall, _ values: [Value]) -> Value.Content? {
    let integers = values.compactMap(\.integer)
    let numbers = values.compactMap(\.number)
    guard numbers.count == values.count, let first = numbers.first else { return nil }
    switch call.function {
    case .sum:
      if integers.count == values.count { return Self.total(integers, Int.addingReportingOverflow) }
      return .float(numbers.reduce(0, +))
    case .product:
      if integers.count == values.count {
        return Self.total(integers, Int.multipliedReportingOverflow)
      }
      return .float(numbers.reduce(1, *))
    case .difference where numbers.count == 2:
      if integers.count == 2 { return Self.total(integers, Int.subtractingReportingOverflow) }
      return .float(numbers[0] - numbers[1])
    case .quotient where numbers.count == 2 && numbers[1] != 0: return .float(numbers[0] / numbers[1])
    case .remainder where integers.count == 2 && integers[1] != 0 && integers[1] != -1:
      return .integer(integers[0] % integers[1])
    case .remainder where integers.count == 2 && integers[1] == -1: return .integer(0)
    case .floor where numbers.count == 1: return Int(exactly: first.rounded(.down)).map { .integer($0) }
    case .ceil where numbers.count == 1: return Int(exactly: first.rounded(.up)).map { .integer($0) }
    case .round where numbers.count == 1:
      // A number just between two integers goes down (10.2.5.6).
      return Int(exactly: (first - 0.5).rounded(.up)).map { .integer($0) }
    default: return nil
    }
  }

  private static func total(
    _ numbers: [Int], _ combine: (Int) -> (Int) -> (partialValue: Int, overflow: Bool)
  ) -> Value.Content? {
    guard var result = numbers.first else { return nil }
    for number in numbers.dropFirst() {
      let next = combine(result)(number)
      if next.overflow { return nil }
      result = next.partialValue
    }
    return .integer(result)
  }
}
