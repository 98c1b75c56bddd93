/// Computes expressions for one request.
public struct Evaluator: Sendable {
  /// The request.
  public let request: Request
  /// The entities.
  public let entities: Entities
  /// What the request brings of entities.
  public let overlay: EntityOverlay

  /// An evaluator for a request.
  public init(request: Request, entities: Entities, overlay: EntityOverlay = EntityOverlay()) {
    self.request = request
    self.entities = entities
    self.overlay = overlay
  }

  /// Whether a policy applies: its scope fits and all its conditions hold.
  public func applies(_ policy: Policy) throws(EvaluationError) -> Bool {
    guard fits(request.principal, policy.principal), fits(request.action, policy.action),
      fits(request.resource, policy.resource)
    else { return false }
    for condition in policy.conditions {
      guard try boolean(condition.body) == (condition.kind == .when) else { return false }
    }
    return true
  }

  private func fits(_ uid: EntityUID, _ constraint: ScopeConstraint) -> Bool {
    switch constraint {
    case .any: true
    case .equal(let reference): uid == reference.uid
    case .in(let reference): reference.uid.map { isBelow(uid, $0) } ?? false
    case .is(let type): uid.type == type.type
    case .isIn(let type, let reference):
      uid.type == type.type && (reference.uid.map { isBelow(uid, $0) } ?? false)
    }
  }

  private func fits(_ uid: EntityUID, _ constraint: ActionConstraint) -> Bool {
    switch constraint {
    case .any: true
    case .equal(let reference): uid == reference.uid
    case .in(let references):
      references.contains { reference in reference.uid.map { isBelow(uid, $0) } ?? false }
    }
  }

  /// The value of an expression.
  public func evaluate(_ expression: Expression) throws(EvaluationError) -> Value {
    switch expression.kind {
    case .literal(let value): return value
    case .variable(let variable): return value(of: variable)
    case .not(let operand): return .bool(!(try boolean(operand)))
    case .negate(let operand):
      let (result, overflow) = (0 as Int64).subtractingReportingOverflow(try long(operand))
      guard !overflow else { throw EvaluationError(.overflow("-"), at: expression.range) }
      return .long(result)
    case .and(let operands):
      for operand in operands where !(try boolean(operand)) { return .bool(false) }
      return .bool(true)
    case .or(let operands):
      for operand in operands where try boolean(operand) { return .bool(true) }
      return .bool(false)
    case .conditional(let test, let first, let second):
      return try evaluate(try boolean(test) ? first : second)
    case .binary(let operation, let left, let right):
      return try binary(operation, left, right, at: expression.range)
    case .isEmpty(let operand): return .bool(try set(operand).isEmpty)
    case .attribute(let operand, let name):
      return try attribute(name, of: try evaluate(operand), at: operand.range)
    case .has(let operand, let names): return .bool(try has(names, operand))
    case .like(let operand, let pattern): return .bool(pattern.matches(try string(operand)))
    case .is(let operand, let type, let ancestor):
      let uid = try entity(operand)
      guard uid.type == type, let ancestor else { return .bool(uid.type == type) }
      return .bool(try isEntity(uid, in: try evaluate(ancestor), at: ancestor.range))
    case .set(let items):
      var values: Set<Value> = []
      for item in items { values.insert(try evaluate(item)) }
      return .set(values)
    case .record(let fields):
      var values: [CedarString: Value] = [:]
      for field in fields { values[field.name] = try evaluate(field.value) }
      return .record(values)
    case .call(let function, let operands):
      var arguments: [Value] = []
      for operand in operands { arguments.append(try evaluate(operand)) }
      do throws(EvaluationError.Kind) {
        return try function.apply(to: arguments)
      } catch {
        throw EvaluationError(error, at: expression.range)
      }
    }
  }

  private func value(of variable: Expression.Variable) -> Value {
    switch variable {
    case .principal: .entity(request.principal)
    case .action: .entity(request.action)
    case .resource: .entity(request.resource)
    case .context: .record(request.context)
    }
  }

  // MARK: Attributes

  /// Whether an entity exists, stored or brought by the request.
  func isKnown(_ uid: EntityUID) -> Bool {
    entities[uid] != nil || (!overlay.isEmpty && overlay.attributes[uid] != nil)
  }

  private func stored(_ name: CedarString, of uid: EntityUID) -> Value? {
    if !overlay.isEmpty, let value = overlay.attributes[uid]?[name] { return value }
    return entities[uid]?.attributes[name]
  }

  private func attribute(
    _ name: CedarString, of owner: Value, at range: SourceSpan
  ) throws(EvaluationError) -> Value {
    switch owner {
    case .record(let fields):
      guard let value = fields[name] else {
        throw EvaluationError(.noAttribute(name, of: "the record"), at: range)
      }
      return value
    case .entity(let uid):
      guard isKnown(uid) else { throw EvaluationError(.noEntity(uid), at: range) }
      guard let value = stored(name, of: uid) else {
        throw EvaluationError(.noAttribute(name, of: "`\(uid)`"), at: range)
      }
      return value
    default: throw typeError("a record or an entity", owner, range)
    }
  }

  private func has(_ names: [CedarString], _ operand: Expression) throws(EvaluationError) -> Bool {
    var owner = try evaluate(operand)
    for (index, name) in names.enumerated() {
      let found: Value?
      switch owner {
      case .record(let fields): found = fields[name]
      case .entity(let uid): found = stored(name, of: uid)
      default: throw typeError("a record or an entity", owner, operand.range)
      }
      guard let found else { return false }
      if index < names.count - 1 { owner = found }
    }
    return true
  }

  // MARK: Operands of a type

  func typeError(_ expected: String, _ found: Value, _ range: SourceSpan) -> EvaluationError {
    EvaluationError(.type(expected: expected, found: found.typeName), at: range)
  }

  func boolean(_ expression: Expression) throws(EvaluationError) -> Bool {
    let value = try evaluate(expression)
    guard case .bool(let result) = value else { throw typeError("bool", value, expression.range) }
    return result
  }

  func long(_ expression: Expression) throws(EvaluationError) -> Int64 {
    let value = try evaluate(expression)
    guard case .long(let result) = value else { throw typeError("long", value, expression.range) }
    return result
  }

  func string(_ expression: Expression) throws(EvaluationError) -> CedarString {
    let value = try evaluate(expression)
    guard case .string(let result) = value else { throw typeError("string", value, expression.range) }
    return result
  }

  func entity(_ expression: Expression) throws(EvaluationError) -> EntityUID {
    let value = try evaluate(expression)
    guard case .entity(let result) = value else { throw typeError("entity", value, expression.range) }
    return result
  }

  func set(_ expression: Expression) throws(EvaluationError) -> Set<Value> {
    let value = try evaluate(expression)
    guard case .set(let result) = value else { throw typeError("set", value, expression.range) }
    return result
  }
}
