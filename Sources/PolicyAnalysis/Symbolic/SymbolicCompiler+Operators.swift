import Cedar

/// Operators and methods with two operands.
extension SymbolicCompiler {
  func binary(
    _ operation: Expression.BinaryOperator, _ left: Expression, _ right: Expression, _ e: Expression
  ) throws(Unsupported) -> SymbolicOutcome {
    let first = try compile(left)
    guard let a = first.value else { return .error }
    let second = try compile(right)
    guard let b = second.value else { return .error }
    let isDefined = script.and(first.isDefined, second.isDefined)
    func truth(_ term: SMTTerm) -> SymbolicOutcome { SymbolicOutcome(isDefined: isDefined, value: .bool(term)) }
    do throws(Unsupported) {
      switch operation {
      case .equal: return truth(try space.equal(a, b))
      case .notEqual: return truth(script.not(try space.equal(a, b)))
      case .less: return ordered("bvslt", a, b).map(truth) ?? .error
      case .lessOrEqual: return ordered("bvsle", a, b).map(truth) ?? .error
      case .greater: return ordered("bvsgt", a, b).map(truth) ?? .error
      case .greaterOrEqual: return ordered("bvsge", a, b).map(truth) ?? .error
      case .in:
        guard case .entity(let type, let id) = a else { return .error }
        return try membership(first.isDefined, type, id, second)
      case .add, .subtract, .multiply:
        guard case .long(let x) = a, case .long(let y) = b else { return .error }
        let (fits, result) = arithmetic(operation, x, y)
        return SymbolicOutcome(isDefined: script.and(isDefined, fits), value: .long(result))
      case .contains:
        guard case .set(let set) = a else { return .error }
        return truth(try space.contains(set, b))
      case .containsAll:
        guard case .set(let set) = a, case .set(let other) = b else { return .error }
        return truth(try space.isSubset(other, of: set))
      case .containsAny:
        guard case .set(let set) = a, case .set(let other) = b else { return .error }
        // Looked for among those written out, where there are such, which needs no search.
        let (sought, all) = if case .listed = set { (set, other) } else { (other, set) }
        return truth(
          try space.isAny(of: sought) { [space] (item: SymbolicValue) throws(Unsupported) -> SMTTerm in
            try space.contains(all, item)
          })
      case .hasTag, .getTag:
        guard case .entity(let type, let id) = a, case .string(let name) = b else { return .error }
        let tag = space.tag(name, of: type, id)
        if operation == .hasTag { return truth(tag?.presence ?? .no) }
        guard let tag else { return .error }
        return SymbolicOutcome(isDefined: script.and(isDefined, tag.presence), value: tag.value)
      }
    } catch {
      throw Unsupported(error.message, at: error.range ?? e.range)
    }
  }

  private func ordered(_ name: String, _ a: SymbolicValue, _ b: SymbolicValue) -> SMTTerm? {
    switch (a, b) {
    case (.long(let x), .long(let y)), (.number(.datetime, let x), .number(.datetime, let y)),
      (.number(.duration, let x), .number(.duration, let y)):
      script.call(name, [x, y], .bool)
    default: nil
    }
  }

  /// A result, and whether it fits 64 bits: it does where it is the one that twice as many bits give.
  func arithmetic(_ operation: Expression.BinaryOperator, _ x: SMTTerm, _ y: SMTTerm) -> (fits: SMTTerm, SMTTerm) {
    let (name, extra) =
      switch operation {
      case .add: ("bvadd", 1)
      case .subtract: ("bvsub", 1)
      default: ("bvmul", 64)
      }
    let result = script.call(name, [x, y], .bits(64))
    func extended(_ term: SMTTerm) -> SMTTerm { script.call("(_ sign_extend \(extra))", [term], .bits(64 + extra)) }
    let wide = script.call(name, [extended(x), extended(y)], .bits(64 + extra))
    return (script.equal(wide, extended(result)), result)
  }

  /// Whether an entity is in what an expression has come to: an entity, or a set of such.
  func membership(
    _ isDefined: SMTTerm, _ type: EntityType, _ id: SMTTerm, _ right: SymbolicOutcome
  ) throws(Unsupported) -> SymbolicOutcome {
    let both = script.and(isDefined, right.isDefined)
    switch right.value {
    case .entity(let ancestorType, let ancestor)?:
      return SymbolicOutcome(
        isDefined: both, value: .bool(try space.isEntity(type, id, in: ancestorType, ancestor)))
    case .set(let set)?:
      let inside = try membership(type, id, set)
      return SymbolicOutcome(isDefined: script.and(both, inside.isDefined), value: .bool(inside.holds))
    default: return .error
    }
  }

  private func membership(
    _ type: EntityType, _ id: SMTTerm, _ set: SymbolicSet
  ) throws(Unsupported) -> (isDefined: SMTTerm, holds: SMTTerm) {
    switch set {
    case .listed(let items):
      var terms: [SMTTerm] = []
      for item in items {
        guard case .entity(let ancestorType, let ancestor) = item else { return (.no, .no) }
        terms.append(try space.isEntity(type, id, in: ancestorType, ancestor))
      }
      return (.yes, script.or(terms))
    case .choice(let test, let first, let second):
      let a = try membership(type, id, first)
      let b = try membership(type, id, second)
      return (script.choose(test, a.isDefined, b.isDefined), script.choose(test, a.holds, b.holds))
    case .unknown(.entity(let ancestorType), _, _):
      let holds = try space.isAny(of: set) { [space] (item: SymbolicValue) throws(Unsupported) -> SMTTerm in
        guard case .entity(_, let ancestor) = item else { return .no }
        return try space.isEntity(type, id, in: ancestorType, ancestor)
      }
      return (.yes, holds)
    case .unknown:
      // Elements that are no entities are an error; without elements nothing is wrong.
      let any = try space.isAny(of: set) { (_: SymbolicValue) throws(Unsupported) -> SMTTerm in .yes }
      return (script.not(any), .no)
    }
  }
}
