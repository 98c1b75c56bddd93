import Cedar

/// Turns policies into formulas: when they apply, for all requests of an environment at once.
///
/// It follows the evaluator: what would be an error there is one here, under the condition under which it is.
struct SymbolicCompiler {
  let space: RequestSpace
  var script: SMTScript { space.script }

  init(_ space: RequestSpace) {
    self.space = space
  }

  /// When a policy applies: its scope fits, and each condition has the value it needs and is no error.
  ///
  /// Where a condition has no exact form, any answer is possible: the same one for the same text, so that what is proved
  /// impossible remains so; what is possible is then to be checked.
  func applies(_ policy: Policy) throws(Unsupported) -> SMTTerm {
    guard script.size < SMTScript.maximumSize else {
      throw Unsupported("formulas of more than \(SMTScript.maximumSize) bytes", at: policy.range)
    }
    var parts = [
      try scope(policy.principal, space.environment.principal, space.principal),
      try scope(policy.resource, space.environment.resource, space.resource), .bool(action(policy.action)),
    ]
    for condition in policy.conditions {
      guard !script.and(parts).isFalse else { return .no }
      do throws(Unsupported) {
        let outcome = try compile(condition.body)
        guard case .bool(let value)? = outcome.value else { return .no }
        parts += [outcome.isDefined, condition.kind == .when ? value : script.not(value)]
      } catch {
        space.limitations.append(Unsupported(error.message, at: error.range ?? condition.body.range))
        parts.append(script.apply("\u{4}\(condition.kind.rawValue) \(condition.body)", [], .bool))
      }
    }
    return script.and(parts)
  }

  /// When a set of policies allows.
  func allows(_ policies: [Policy]) throws(Unsupported) -> SMTTerm {
    var permits: [SMTTerm] = []
    var forbids: [SMTTerm] = []
    for policy in policies {
      let applies = try applies(policy)
      if policy.effect == .permit { permits.append(applies) } else { forbids.append(applies) }
    }
    return script.and(script.or(permits), script.not(script.or(forbids)))
  }

  private func scope(_ constraint: ScopeConstraint, _ type: EntityType, _ id: SMTTerm) throws(Unsupported) -> SMTTerm {
    if let named = constraint.type, named.type != type { return .no }
    guard let reference = constraint.reference else { return .yes }
    guard let uid = reference.uid else { return .no }
    if case .equal = constraint { return uid.type == type ? script.equal(id, try space.term(uid)) : .no }
    return try space.isEntity(type, id, in: uid.type, try space.term(uid))
  }

  private func action(_ constraint: ActionConstraint) -> Bool {
    let action = space.environment.action
    switch constraint {
    case .any: return true
    case .equal(let reference): return reference.uid == action
    case .in(let references):
      return references.contains { $0.uid.map { space.hierarchy.isAction(action, in: $0) } ?? false }
    }
  }

  // MARK: Expressions

  /// What an expression comes to.
  func compile(_ e: Expression) throws(Unsupported) -> SymbolicOutcome {
    switch e.kind {
    case .literal(let value): return defined(try literal(value, e))
    case .variable(let variable):
      let environment = space.environment
      switch variable {
      case .principal: return defined(.entity(environment.principal, space.principal))
      case .action: return defined(.entity(environment.action.type, try space.term(environment.action)))
      case .resource: return defined(.entity(environment.resource, space.resource))
      case .context: return defined(space.context)
      }
    case .not(let operand):
      let outcome = try compile(operand)
      guard case .bool(let term)? = outcome.value else { return .error }
      return SymbolicOutcome(isDefined: outcome.isDefined, value: .bool(script.not(term)))
    case .negate(let operand):
      let outcome = try compile(operand)
      guard case .long(let term)? = outcome.value else { return .error }
      let fits = script.not(script.equal(term, .bits(Int64.min, width: 64)))
      return SymbolicOutcome(
        isDefined: script.and(outcome.isDefined, fits), value: .long(script.call("bvneg", [term], .bits(64))))
    case .and(let operands): return try junction(operands, stoppingAt: false)
    case .or(let operands): return try junction(operands, stoppingAt: true)
    case .conditional(let test, let first, let second): return try conditional(test, first, second, e)
    case .binary(let operation, let left, let right): return try binary(operation, left, right, e)
    case .isEmpty(let operand):
      let outcome = try compile(operand)
      guard case .set(let set)? = outcome.value else { return .error }
      let any = try space.isAny(of: set) { (_: SymbolicValue) throws(Unsupported) -> SMTTerm in .yes }
      return SymbolicOutcome(isDefined: outcome.isDefined, value: .bool(script.not(any)))
    case .attribute(let operand, let name):
      let outcome = try compile(operand)
      guard let value = outcome.value, let field = field(name, of: value) else { return .error }
      return SymbolicOutcome(isDefined: script.and(outcome.isDefined, field.presence), value: field.value)
    case .has(let operand, let names): return try has(names, operand)
    case .like(let operand, let pattern):
      let outcome = try compile(operand)
      guard case .string(let term)? = outcome.value else { return .error }
      return SymbolicOutcome(isDefined: outcome.isDefined, value: .bool(try matches(term, pattern)))
    case .is(let operand, let type, let ancestor):
      let outcome = try compile(operand)
      guard case .entity(let found, let id)? = outcome.value else { return .error }
      guard found == type, let ancestor else {
        return SymbolicOutcome(isDefined: outcome.isDefined, value: .bool(.bool(found == type)))
      }
      return try membership(outcome.isDefined, found, id, try compile(ancestor))
    case .set(let items):
      var values: [SymbolicValue] = []
      var conditions: [SMTTerm] = []
      for item in items {
        let outcome = try compile(item)
        guard let value = outcome.value else { return .error }
        values.append(value)
        conditions.append(outcome.isDefined)
      }
      return SymbolicOutcome(isDefined: script.and(conditions), value: .set(.listed(values)))
    case .record(let items):
      var fields: [CedarString: SymbolicField] = [:]
      var conditions: [SMTTerm] = []
      for item in items {
        let outcome = try compile(item.value)
        guard let value = outcome.value else { return .error }
        fields[item.name] = SymbolicField(presence: .yes, value: value)
        conditions.append(outcome.isDefined)
      }
      return SymbolicOutcome(isDefined: script.and(conditions), value: .record(fields))
    case .call(let function, let arguments): return try call(function, arguments, e)
    }
  }

  private func defined(_ value: SymbolicValue) -> SymbolicOutcome { SymbolicOutcome(isDefined: .yes, value: value) }

  func literal(_ value: Value, _ e: Expression) throws(Unsupported) -> SymbolicValue {
    switch value {
    case .bool(let value): return .bool(.bool(value))
    case .long(let value): return .long(.bits(value, width: 64))
    case .string(let text):
      guard let term = SMTTerm.string(text.string) else {
        throw Unsupported("a string with characters beyond U+2FFFF", at: e.range)
      }
      return .string(term)
    case .entity(let uid): return .entity(uid.type, try space.term(uid))
    case .extension(.address(let address)):
      return .address(
        SymbolicAddress(
          isIPv6: .bool(address.isIPv6), bits: .bits(address.bits, width: 128),
          prefix: .bits(address.prefixLength, width: 128)))
    case .extension(.decimal(let decimal)): return .number(.decimal, .bits(decimal.scaled, width: 64))
    case .extension(.datetime(let time)): return .number(.datetime, .bits(time, width: 64))
    case .extension(.duration(let time)): return .number(.duration, .bits(time, width: 64))
    case .set(let items):
      var values: [SymbolicValue] = []
      for item in items { values.append(try literal(item, e)) }
      return .set(.listed(values))
    case .record(let fields):
      var values: [CedarString: SymbolicField] = [:]
      for (name, field) in fields { values[name] = SymbolicField(presence: .yes, value: try literal(field, e)) }
      return .record(values)
    }
  }

  /// `&&`, which stops at what is false, and `||`, which stops at what is true.
  private func junction(_ operands: [Expression], stoppingAt stop: Bool) throws(Unsupported) -> SymbolicOutcome {
    var parts: [(isDefined: SMTTerm, stops: SMTTerm)] = []
    for operand in operands {
      let outcome = try compile(operand)
      guard case .bool(let term)? = outcome.value else {
        parts.append((.no, .no))
        break
      }
      let stops = stop ? term : script.not(term)
      parts.append((outcome.isDefined, stops))
      if stops.isTrue { break }
    }
    var isDefined = SMTTerm.yes
    var isStopped = SMTTerm.no
    for part in parts.reversed() {
      isDefined = script.and(part.isDefined, script.or(part.stops, isDefined))
      isStopped = script.or(part.stops, isStopped)
    }
    return SymbolicOutcome(isDefined: isDefined, value: .bool(stop ? isStopped : script.not(isStopped)))
  }

  private func conditional(
    _ test: Expression, _ first: Expression, _ second: Expression, _ e: Expression
  ) throws(Unsupported) -> SymbolicOutcome {
    let outcome = try compile(test)
    guard case .bool(let term)? = outcome.value else { return .error }
    func only(_ branch: Expression) throws(Unsupported) -> SymbolicOutcome {
      let taken = try compile(branch)
      return SymbolicOutcome(isDefined: script.and(outcome.isDefined, taken.isDefined), value: taken.value)
    }
    if term.isTrue { return try only(first) }
    if term.isFalse { return try only(second) }
    let yes = try compile(first)
    let no = try compile(second)
    let isDefined = script.and(outcome.isDefined, script.choose(term, yes.isDefined, no.isDefined))
    guard let a = yes.value else { return SymbolicOutcome(isDefined: isDefined, value: no.value) }
    guard let b = no.value else { return SymbolicOutcome(isDefined: isDefined, value: a) }
    guard let value = chosen(term, a, b) else {
      throw Unsupported("a conditional whose branches have different types", at: e.range)
    }
    return SymbolicOutcome(isDefined: isDefined, value: value)
  }

  private func chosen(_ test: SMTTerm, _ first: SymbolicValue, _ second: SymbolicValue) -> SymbolicValue? {
    switch (first, second) {
    case (.bool(let a), .bool(let b)): return .bool(script.choose(test, a, b))
    case (.long(let a), .long(let b)): return .long(script.choose(test, a, b))
    case (.string(let a), .string(let b)): return .string(script.choose(test, a, b))
    case (.entity(let type, let a), .entity(let other, let b)):
      return type == other ? .entity(type, script.choose(test, a, b)) : nil
    case (.number(let function, let a), .number(let other, let b)):
      return function == other ? .number(function, script.choose(test, a, b)) : nil
    case (.address(let a), .address(let b)):
      return .address(
        SymbolicAddress(
          isIPv6: script.choose(test, a.isIPv6, b.isIPv6), bits: script.choose(test, a.bits, b.bits),
          prefix: script.choose(test, a.prefix, b.prefix)))
    case (.set(let a), .set(let b)): return .set(.choice(test, a, b))
    case (.record(let a), .record(let b)):
      var fields: [CedarString: SymbolicField] = [:]
      for name in Set(a.keys).union(b.keys) {
        switch (a[name], b[name]) {
        case (let x?, let y?):
          guard let value = chosen(test, x.value, y.value) else { return nil }
          fields[name] = SymbolicField(presence: script.choose(test, x.presence, y.presence), value: value)
        case (let x?, nil): fields[name] = SymbolicField(presence: script.and(test, x.presence), value: x.value)
        case (nil, let y?):
          fields[name] = SymbolicField(presence: script.and(script.not(test), y.presence), value: y.value)
        case (nil, nil): break
        }
      }
      return .record(fields)
    default: return nil
    }
  }

  // MARK: Attributes and patterns

  private func field(_ name: CedarString, of value: SymbolicValue) -> SymbolicField? {
    switch value {
    case .record(let fields): fields[name]
    case .entity(let type, let id): space.attribute(name, of: type, id)
    default: nil
    }
  }

  private func has(_ names: [CedarString], _ operand: Expression) throws(Unsupported) -> SymbolicOutcome {
    let outcome = try compile(operand)
    guard var owner = outcome.value else { return .error }
    // Defined unless a part on the way is there and has no attributes.
    var isDefined = outcome.isDefined
    var isThere = SMTTerm.yes
    for name in names {
      switch owner {
      case .record, .entity: break
      default:
        isDefined = script.and(isDefined, script.not(isThere))
        return SymbolicOutcome(isDefined: isDefined, value: .bool(.no))
      }
      guard let field = field(name, of: owner) else {
        return SymbolicOutcome(isDefined: isDefined, value: .bool(.no))
      }
      isThere = script.and(isThere, field.presence)
      owner = field.value
    }
    return SymbolicOutcome(isDefined: isDefined, value: .bool(isThere))
  }

  private func matches(_ term: SMTTerm, _ pattern: Pattern) throws(Unsupported) -> SMTTerm {
    var parts: [SMTTerm] = []
    for segment in pattern.segments {
      guard let part = SMTTerm.string(segment.string) else {
        throw Unsupported("a pattern with characters beyond U+2FFFF")
      }
      parts.append(part)
    }
    let empty = SMTTerm("\"\"", .string)
    switch parts.count {
    case 1: return script.equal(term, parts[0])
    case 2 where parts[0] == empty && parts[1] == empty: return .yes
    case 2 where parts[1] == empty: return script.call("str.prefixof", [parts[0], term], .bool)
    case 2 where parts[0] == empty: return script.call("str.suffixof", [parts[1], term], .bool)
    case 3 where parts[0] == empty && parts[2] == empty: return script.call("str.contains", [term, parts[1]], .bool)
    case 2:
      // Beginning and end, which do not overlap: solvers know more of these than of regular expressions.
      let least = pattern.segments.reduce(0) { $0 + $1.string.unicodeScalars.count }
      return script.and(
        script.call("str.prefixof", [parts[0], term], .bool), script.call("str.suffixof", [parts[1], term], .bool),
        script.call(">=", [script.call("str.len", [term], .integer), .integer(least)], .bool))
    default:
      let texts = parts.map { $0 == empty ? "" : "(str.to_re \($0.text)) " }
      return script.call(
        "str.in_re", [term, SMTTerm("(re.++ \(texts.joined(separator: "re.all ")))", .string)], .bool)
    }
  }
}
