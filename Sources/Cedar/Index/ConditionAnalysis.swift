/// What an index can know of a policy without evaluating it: tests that it passes whenever it applies, in an order such
/// that as long as the tests before have answers, nothing that stands before in the policy can fail.
///
/// That order is what makes leaving a policy out sound: Cedar's conditions end at the first conjunct that is false or
/// fails, and a failure is part of the answer. So a conjunct may decide only when all conjuncts before it cannot fail.
struct ConditionAnalysis {
  /// What must hold, in order.
  private(set) var tests: [Test] = []
  /// What is left to be evaluated once all tests hold, each with the result that it must have.
  private(set) var residual: [PolicyIndex.Rest] = []

  /// No policy is told apart by more tests than this; the rest of it is evaluated.
  static let maximumTests = 16

  /// Analyses a policy; symbols are made for what it mentions.
  init(_ policy: Policy, _ symbols: inout Symbols) {
    addScope(.principal, policy.principal, &symbols)
    switch policy.action {
    case .any: break
    case .equal(let reference):
      if let uid = reference.uid { add(.value(AttributePath(.action)), [symbols.make(.entity(uid))]) }
    case .in(let references):
      add(.ancestors(AttributePath(.action)), references.compactMap(\.uid).map { symbols.make(.entity($0)) })
    }
    addScope(.resource, policy.resource, &symbols)
    var isOpen = true
    for condition in policy.conditions {
      switch condition.kind {
      case .when:
        for conjunct in Self.conjuncts(of: condition.body) { addConjunct(conjunct, &isOpen, &symbols) }
      case .unless:
        if isOpen, let guards = Self.guards(condition.body, .bool), tests.count + guards.count <= Self.maximumTests {
          tests += guards
        } else {
          isOpen = false
        }
        residual.append(PolicyIndex.Rest(expression: condition.body, expected: false))
      }
    }
  }

  private mutating func add(_ question: Question, _ symbols: [Int32]) {
    tests.append(Test(question: question, symbols: symbols))
  }

  private mutating func addScope(
    _ variable: Expression.Variable, _ constraint: ScopeConstraint, _ symbols: inout Symbols
  ) {
    let path = AttributePath(variable)
    if let type = constraint.type { add(.type(path), [symbols.make(type.type)]) }
    guard let uid = constraint.reference?.uid else { return }
    let symbol = symbols.make(.entity(uid))
    if case .equal = constraint { add(.value(path), [symbol]) } else { add(.ancestors(path), [symbol]) }
  }

  private mutating func addConjunct(_ conjunct: Expression, _ isOpen: inout Bool, _ symbols: inout Symbols) {
    if isOpen, let tests = Self.tests(conjunct, &symbols), self.tests.count + tests.count <= Self.maximumTests {
      self.tests += tests
      return
    }
    var rest = PolicyIndex.Rest(expression: conjunct, expected: true)
    if isOpen, let guards = Self.guards(conjunct, .bool), tests.count + guards.count <= Self.maximumTests {
      tests += guards
      rest.comparison = Self.numberComparison(conjunct)
    } else {
      isOpen = false
    }
    residual.append(rest)
  }

  private static func conjuncts(of expression: Expression) -> [Expression] {
    guard case .and(let operands) = expression.kind else { return [expression] }
    return operands.flatMap(conjuncts)
  }
}

extension ConditionAnalysis {
  /// The tests that together mean the same as a conjunct; `nil` where there are none.
  static func tests(_ expression: Expression, _ symbols: inout Symbols) -> [Test]? {
    switch expression.kind {
    case .binary(.equal, let left, let right):
      guard let (path, value) = comparison(left, right) else { return nil }
      return [Test(question: .value(path), symbols: [symbols.make(value)])]
    case .binary(.in, let left, let right):
      guard let path = AttributePath(left), path != AttributePath(.context), let entities = entities(right) else {
        return nil
      }
      return [Test(question: .ancestors(path), symbols: entities.map { symbols.make(.entity($0)) })]
    case .binary(.contains, let left, let right):
      if let path = AttributePath(left), let value = constant(right) {
        return [Test(question: .elements(path), symbols: [symbols.make(value)])]
      }
      guard let values = constants(left), let path = AttributePath(right), path != AttributePath(.context) else {
        return nil
      }
      return [Test(question: .value(path), symbols: values.map { symbols.make($0) })]
    case .binary(.containsAny, let left, let right):
      guard let (path, values) = setComparison(left, right) else { return nil }
      return [Test(question: .elements(path), symbols: values.map { symbols.make($0) })]
    case .binary(.containsAll, let left, let right):
      guard let path = AttributePath(left), let values = constants(right), !values.isEmpty else { return nil }
      return values.map { Test(question: .elements(path), symbols: [symbols.make($0)]) }
    case .is(let operand, let type, let ancestor):
      guard let path = AttributePath(operand), path != AttributePath(.context) else { return nil }
      let test = Test(question: .type(path), symbols: [symbols.make(type)])
      guard let ancestor else { return [test] }
      guard let entities = entities(ancestor) else { return nil }
      return [test, Test(question: .ancestors(path), symbols: entities.map { symbols.make(.entity($0)) })]
    case .has(let operand, let names):
      guard names.count == 1, let path = AttributePath(operand) else { return nil }
      return [Test(question: .presence(path, names[0]), symbols: [Symbols.yes])]
    case .attribute:
      guard let path = AttributePath(expression) else { return nil }
      return [
        Test(question: .guarded(path, .bool), symbols: [Symbols.yes]),
        Test(question: .value(path), symbols: [symbols.make(.bool(true))]),
      ]
    case .or(let operands):
      // Alternatives that ask the same are one question with more answers.
      var merged: Test?
      for operand in operands {
        guard let tests = tests(operand, &symbols), tests.count == 1 else { return nil }
        guard let known = merged else {
          merged = tests[0]
          continue
        }
        guard known.question == tests[0].question else { return nil }
        merged = Test(question: known.question, symbols: known.symbols + tests[0].symbols)
      }
      return merged.map { [$0] }
    default: return nil
    }
  }

  /// A path and what it is compared with, whichever stands first.
  private static func comparison(_ left: Expression, _ right: Expression) -> (AttributePath, Value)? {
    if let path = AttributePath(left), let value = constant(right) { return (path, value) }
    if let path = AttributePath(right), let value = constant(left) { return (path, value) }
    return nil
  }

  /// The numbers for which a comparison with a constant holds.
  private static func numberComparison(_ expression: Expression) -> PolicyIndex.Comparison? {
    guard case .binary(let operation, let left, let right) = expression.kind else { return nil }
    let bounds: ClosedRange<Int64>?
    let path: AttributePath?
    if let found = AttributePath(left), case .long(let constant)? = constant(right) {
      path = found
      bounds =
        switch operation {
        case .less: constant > .min ? .min...(constant - 1) : nil
        case .lessOrEqual: .min...constant
        case .greater: constant < .max ? (constant + 1)...(.max) : nil
        case .greaterOrEqual: constant...(.max)
        default: nil
        }
    } else if let found = AttributePath(right), case .long(let constant)? = constant(left) {
      path = found
      bounds =
        switch operation {
        case .less: constant < .max ? (constant + 1)...(.max) : nil
        case .lessOrEqual: constant...(.max)
        case .greater: constant > .min ? .min...(constant - 1) : nil
        case .greaterOrEqual: .min...constant
        default: nil
        }
    } else {
      return nil
    }
    guard let path, let bounds else { return nil }
    return PolicyIndex.Comparison(question: .guarded(path, .long), bounds: bounds)
  }

  private static func setComparison(_ left: Expression, _ right: Expression) -> (AttributePath, [Value])? {
    if let path = AttributePath(left), let values = constants(right) { return (path, values) }
    if let path = AttributePath(right), let values = constants(left) { return (path, values) }
    return nil
  }

  /// The value of an expression that is the same for every request.
  private static func constant(_ expression: Expression) -> Value? {
    switch expression.kind {
    case .literal(let value): return value
    case .set: return constants(expression).map { .set(Set($0)) }
    case .call(let function, let operands) where function.isConstructor:
      guard case .literal(let argument)? = operands.first?.kind, operands.count == 1 else { return nil }
      return try? function.apply(to: [argument])
    default: return nil
    }
  }

  private static func constants(_ expression: Expression) -> [Value]? {
    if case .literal(.set(let values)) = expression.kind { return Array(values) }
    guard case .set(let items) = expression.kind else { return nil }
    let values = items.compactMap(constant)
    return values.count == items.count ? values : nil
  }

  /// The entities of a literal entity, or of a set of them.
  private static func entities(_ expression: Expression) -> [EntityUID]? {
    if case .entity(let uid)? = constant(expression) { return [uid] }
    guard let values = constants(expression) else { return nil }
    var result: [EntityUID] = []
    for value in values {
      guard case .entity(let uid) = value else { return nil }
      result.append(uid)
    }
    return result
  }
}

extension ConditionAnalysis {
  /// Tests under which an expression has a value, of a kind if one is asked for; `nil` where no tests ensure that.
  static func guards(_ expression: Expression, _ kind: ValueKind?) -> [Test]? {
    if let value = constant(expression) { return kind == nil || kind == ValueKind(value) ? [] : nil }
    if let path = AttributePath(expression) {
      if path.names.isEmpty {
        let own: ValueKind = path.root == .context ? .record : .entity
        return kind == nil || kind == own ? [] : nil
      }
      return [Test(question: .guarded(path, kind), symbols: [Symbols.yes])]
    }
    func all(_ parts: (Expression, ValueKind?)..., gives result: ValueKind = .bool) -> [Test]? {
      guard kind == nil || kind == result else { return nil }
      var tests: [Test] = []
      for (part, kind) in parts {
        guard let guards = guards(part, kind) else { return nil }
        tests += guards
      }
      return tests
    }
    switch expression.kind {
    case .not(let operand): return all((operand, .bool))
    case .and(let operands), .or(let operands):
      var tests: [Test] = []
      for operand in operands {
        guard kind == nil || kind == .bool, let guards = guards(operand, .bool) else { return nil }
        tests += guards
      }
      return tests
    case .binary(let operation, let left, let right):
      switch operation {
      case .equal, .notEqual: return all((left, nil), (right, nil))
      case .less, .lessOrEqual, .greater, .greaterOrEqual: return all((left, .long), (right, .long))
      case .in: return entities(right) != nil ? all((left, .entity)) : all((left, .entity), (right, .entity))
      case .contains: return all((left, .set), (right, nil))
      case .containsAll, .containsAny: return all((left, .set), (right, .set))
      case .hasTag: return all((left, .entity), (right, .string))
      case .add, .subtract, .multiply, .getTag: return nil
      }
    case .isEmpty(let operand): return all((operand, .set))
    case .like(let operand, _): return all((operand, .string))
    case .is(let operand, _, let ancestor):
      guard let ancestor else { return all((operand, .entity)) }
      return entities(ancestor) != nil ? all((operand, .entity)) : all((operand, .entity), (ancestor, .entity))
    case .has(let operand, let names):
      guard names.count == 1, kind == nil || kind == .bool, let path = AttributePath(operand) else { return nil }
      return path.names.isEmpty ? [] : [Test(question: .owner(path), symbols: [Symbols.yes])]
    case .call(.isInRange, let operands) where operands.count == 2:
      return all((operands[0], .address), (operands[1], .address))
    case .call(let function, let operands) where operands.count == 1:
      switch function {
      case .isIpv4, .isIpv6, .isLoopback, .isMulticast: return all((operands[0], .address))
      default: return nil
      }
    case .call(let function, let operands) where operands.count == 2:
      switch function {
      case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual:
        return all((operands[0], .decimal), (operands[1], .decimal))
      default: return nil
      }
    default: return nil
    }
  }
}
