import TOSCA

/// A value as tests write it. Each part of it gets a place that names its path: `passwords/scheme`,
/// `normal/requires/0`.
indirect enum Literal: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([Literal])
  case map([(String, Literal)])
  case amount(Double, String)
  case unresolved(String, String)

  init(stringLiteral text: String) { self = .text(text) }
  init(integerLiteral number: Int) { self = .integer(number) }
  init(floatLiteral number: Double) { self = .number(number) }
  init(booleanLiteral flag: Bool) { self = .flag(flag) }
  init(arrayLiteral items: Literal...) { self = .list(items) }
  init(dictionaryLiteral entries: (String, Literal)...) { self = .map(entries) }

  /// The value of a topology, with places below this path.
  func value(at path: String) -> TOSCA.Value {
    let content: TOSCA.Value.Content =
      switch self {
      case .text(let text): .string(text)
      case .integer(let number): .integer(number)
      case .number(let number): .float(number)
      case .flag(let flag): .boolean(flag)
      case .list(let items): .list(items.enumerated().map { $1.value(at: "\(path)/\($0)") })
      case .map(let entries):
        .map(
          entries.map { key, value in
            TOSCA.Value.Entry(key: key, at: place("\(path)/\(key):"), value: value.value(at: "\(path)/\(key)"))
          })
      case .amount(let amount, let text): .scalar(amount: amount, text: text)
      case .unresolved(let function, let argument):
        .unresolved(function: function, arguments: TOSCA.Value(.string(argument), at: place(path)))
      }
    return TOSCA.Value(content, at: place(path))
  }
}

/// A place that names what is there.
func place(_ path: String) -> SourceRange {
  SourceRange(file: path, line: 1, column: 1, endLine: 1, endColumn: 2)
}

/// Properties with places below a path.
func properties(_ literals: [String: Literal], at path: String) -> [String: Value] {
  Dictionary(uniqueKeysWithValues: literals.map { ($0, $1.value(at: "\(path)/\($0)")) })
}
