extension Expression: CustomStringConvertible {
  /// The expression in the human syntax, with no more parentheses than its meaning needs; reading it gives the same
  /// expression.
  public var description: String { text(.conditional) }

  /// How tightly parts bind, loosest first; what binds looser than its place allows stands in parentheses.
  private enum Binding: Int, Comparable {
    case conditional, or, and, relation, sum, product, unary, access

    static func < (left: Binding, right: Binding) -> Bool { left.rawValue < right.rawValue }
  }

  private var binding: Binding {
    switch kind {
    case .conditional: .conditional
    case .or: .or
    case .and: .and
    case .has, .like, .is: .relation
    case .binary(let operation, _, _):
      switch operation {
      case .add, .subtract: .sum
      case .multiply: .product
      case .contains, .containsAll, .containsAny, .getTag, .hasTag: .access
      default: .relation
      }
    case .not, .negate: .unary
    case .literal(.long(let value)): value < 0 ? .unary : .access
    default: .access
    }
  }

  private func text(_ place: Binding) -> String {
    let text = plainText
    return binding < place ? "(\(text))" : text
  }

  private var plainText: String {
    switch kind {
    case .literal(let value): return value.description
    case .variable(let variable): return variable.rawValue
    case .not(let operand): return sign("!", operand)
    case .negate(let operand): return sign("-", operand)
    case .and(let operands): return operands.map { $0.text(.relation) }.joined(separator: " && ")
    case .or(let operands): return operands.map { $0.text(.and) }.joined(separator: " || ")
    case .conditional(let test, let first, let second):
      return "if \(test.text(.conditional)) then \(first.text(.conditional)) else \(second.text(.conditional))"
    case .binary(let operation, let left, let right):
      switch operation {
      case .contains, .containsAll, .containsAny, .getTag, .hasTag:
        return "\(left.text(.access)).\(operation.rawValue)(\(right.text(.conditional)))"
      case .add, .subtract: return "\(left.text(.sum)) \(operation.rawValue) \(right.text(.product))"
      case .multiply: return "\(left.text(.product)) * \(right.text(.unary))"
      default: return "\(left.text(.sum)) \(operation.rawValue) \(right.text(.sum))"
      }
    case .isEmpty(let operand): return "\(operand.text(.access)).isEmpty()"
    case .attribute(let operand, let name):
      let owner = operand.text(.access)
      return Self.isIdentifier(name) ? "\(owner).\(name)" : "\(owner)[\(name.quoted)]"
    case .has(let operand, let names):
      let isPath = names.allSatisfy(Self.isIdentifier)
      let path = isPath ? names.map(\.string).joined(separator: ".") : names[0].quoted
      return "\(operand.text(.sum)) has \(path)"
    case .like(let operand, let pattern): return "\(operand.text(.sum)) like \(pattern)"
    case .is(let operand, let type, let ancestor):
      return "\(operand.text(.sum)) is \(type)" + (ancestor.map { " in \($0.text(.sum))" } ?? "")
    case .set(let items): return "[" + items.map { $0.text(.conditional) }.joined(separator: ", ") + "]"
    case .record(let fields):
      let parts = fields.map {
        "\(Self.isIdentifier($0.name) ? $0.name.string : $0.name.quoted): \($0.value.text(.conditional))"
      }
      return "{" + parts.joined(separator: ", ") + "}"
    case .call(let function, let operands):
      let arguments = operands.map { $0.text(.conditional) }
      guard !function.isConstructor, let receiver = operands.first else {
        return "\(function.rawValue)(\(arguments.joined(separator: ", ")))"
      }
      let others = arguments.dropFirst().joined(separator: ", ")
      return "\(receiver.text(.access)).\(function.rawValue)(\(others))"
    }
  }

  /// Signs do not mix, and a sign before a number belongs to the number.
  private func sign(_ sign: String, _ operand: Expression) -> String {
    var innermost = operand
    var count = 1
    while true {
      if sign == "!", case .not(let next) = innermost.kind {
        innermost = next
      } else if sign == "-", case .negate(let next) = innermost.kind {
        innermost = next
      } else {
        break
      }
      count += 1
    }
    var isNumber = false
    if case .literal(.long) = innermost.kind { isNumber = sign == "-" }
    let text = isNumber ? "(\(innermost.text(.conditional)))" : innermost.text(.access)
    // No more than four signs stand in a row.
    guard count > 4 else { return String(repeating: sign, count: count) + text }
    return "\(sign)(\(operand.text(.conditional)))"
  }

  static func isIdentifier(_ name: CedarString) -> Bool {
    EntityType.isName(name.string) && !name.string.contains(":")
  }
}
