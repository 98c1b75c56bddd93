import Cedar
import Interchange

extension HTTPPolicyCheck {
  /// The type of an expression, after a look at all that it consists of.
  mutating func type(of expression: Expression) -> HTTPType {
    switch expression.kind {
    case .literal(let value): return type(of: value, at: expression.range)
    case .variable(.principal): return .entity(HTTPVocabulary.principals)
    case .variable(.action): return .entity([.action])
    case .variable(.resource): return .entity([.path])
    case .variable(.context): return .record(vocabulary.context)
    case .not(let operand):
      require(.bool, operand)
      return .bool
    case .negate(let operand):
      require(.long, operand)
      return .long
    case .and(let operands), .or(let operands):
      for operand in operands { require(.bool, operand) }
      return .bool
    case .conditional(let test, let first, let second):
      require(.bool, test)
      let result = type(of: first)
      return result.joined(type(of: second))
    case .binary(let operation, let left, let right):
      return binary(operation, left, right, at: expression.range)
    case .isEmpty(let operand):
      _ = requireSet(operand)
      return .bool
    case .attribute(let operand, let name): return attribute(name, of: type(of: operand), at: expression.range)
    case .has(let operand, let names):
      var owner = type(of: operand)
      for name in names { owner = attribute(name, of: owner, at: expression.range) }
      return .bool
    case .like(let operand, _):
      require(.string, operand)
      return .bool
    case .is(let operand, let name, let ancestor):
      let type = entityType(name, at: expression.range)
      if let types = requireEntity(operand), let type, !types.contains(type) {
        mismatch(expression.range, .entity(types), .entity([type]))
      }
      if let ancestor { membership(type.map { [$0] }, ancestor, at: expression.range) }
      return .bool
    case .set(let items):
      guard let first = items.first else { return .set(.unknown) }
      var element = type(of: first)
      for item in items.dropFirst() { element = element.joined(type(of: item)) }
      return .set(element)
    case .record(let fields):
      var types: [CedarString: HTTPType] = [:]
      for field in fields { types[field.name] = type(of: field.value) }
      return .record(types)
    case .call(let function, let arguments): return call(function, arguments, at: expression.range)
    }
  }

  private mutating func type(of value: Value, at span: SourceSpan) -> HTTPType {
    switch value {
    case .bool: .bool
    case .long: .long
    case .string: .string
    case .entity(let uid): entity(uid, at: span).map { .entity([$0]) } ?? .unknown
    case .set, .record, .extension: .unknown
    }
  }

  private mutating func mismatch(_ span: SourceSpan, _ left: HTTPType, _ right: HTTPType) {
    let hint = Set([left, right]) == [.string, .address] ? "`ip(…)` around the string" : nil
    report(
      "type-mismatch", span, "\(left.description) is never \(right.description)",
      expected: hint ?? "operands of the same type")
  }

  private mutating func binary(
    _ operation: Expression.BinaryOperator, _ left: Expression, _ right: Expression, at span: SourceSpan
  ) -> HTTPType {
    switch operation {
    case .equal, .notEqual:
      let first = type(of: left)
      let second = type(of: right)
      if !first.overlaps(second) { mismatch(span, first, second) }
      return .bool
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      require(.long, left)
      require(.long, right)
      return .bool
    case .add, .subtract, .multiply:
      require(.long, left)
      require(.long, right)
      return .long
    case .in:
      membership(requireEntity(left), right, at: span)
      return .bool
    case .contains:
      let element = requireSet(left)
      let value = type(of: right)
      if !element.overlaps(value) { mismatch(span, element, value) }
      return .bool
    case .containsAll, .containsAny:
      let first = requireSet(left)
      let second = requireSet(right)
      if !first.overlaps(second) { mismatch(span, .set(first), .set(second)) }
      return .bool
    case .getTag, .hasTag:
      report(
        "unsupported-in-image", span, "no entity of an HTTP request has tags", expected: "an attribute")
      return .unknown
    }
  }

  private mutating func membership(
    _ types: Set<PolicyEntityType>?, _ right: Expression, at span: SourceSpan
  ) {
    var ancestors: Set<PolicyEntityType>?
    switch type(of: right) {
    case .entity(let types), .set(.entity(let types)): ancestors = types
    case .unknown, .set(.unknown): break
    case let other:
      report(
        "type-mismatch", right.range, "\(other.description) stands here", expected: "an entity or a set of entities")
    }
    guard let types, let ancestors else { return }
    let isPossible = types.contains { type in ancestors.contains { HTTPVocabulary.canBe(type, in: $0) } }
    if !isPossible {
      report(
        "type-mismatch", span,
        "\(HTTPType.entity(types).description) is never in \(HTTPType.entity(ancestors).description)",
        expected: "`User` in `Role`, or `Path` in `Path`")
    }
  }

  private mutating func call(
    _ function: ExtensionFunction, _ arguments: [Expression], at span: SourceSpan
  ) -> HTTPType {
    guard arguments.count == function.arity else {
      report(
        "argument-count", span,
        "`\(function.rawValue)` has too \(arguments.count < function.arity ? "few" : "many")"
          + " arguments", expected: "\(function.arity - (function.isConstructor ? 0 : 1))")
      return .unknown
    }
    switch function {
    case .ip:
      require(.string, arguments[0])
      if case .literal(.string(let text)) = arguments[0].kind, IPAddress(text.string) == nil {
        report(
          "invalid-address", arguments[0].range, "\(text.quoted) is not an address",
          expected: "an IPv4 or IPv6 address or network")
      }
      return .address
    case .isIpv4, .isIpv6, .isLoopback, .isMulticast, .isInRange:
      for argument in arguments { require(.address, argument) }
      return .bool
    default:
      report(
        "unsupported-in-image", span, "`\(function.rawValue)` cannot be decided inside an image",
        expected: "strings, numbers, Booleans, sets, records and IP addresses")
      return .unknown
    }
  }
}
