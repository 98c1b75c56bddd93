import Cedar
import Interchange

/// Translates policies into the parts of a bundle. What the check lets through can be translated, unless it is too large.
struct HTTPPolicyLowering {
  private(set) var parts = PolicyBundleParts()
  private var names: [ByteString: UInt32] = [:]
  private var file = ""

  /// Either a value known now, or a node that computes it.
  private enum Lowered {
    case constant(PolicyValue)
    case node(UInt32, depth: Int)

    var depth: Int {
      if case .node(_, let depth) = self { return depth }
      return 1
    }
  }

  /// Adds a policy.
  mutating func add(_ policy: Policy, named name: String, from file: String) throws(PolicyFinding) {
    self.file = file
    guard parts.policies.count < PolicyBundle.maximumPolicies else {
      throw finding(
        "too-large", policy.range, "there are too many policies", expected: "at most \(PolicyBundle.maximumPolicies)")
    }
    let principal = try scope(policy.principal)
    let resource = try scope(policy.resource)
    var methods = PolicyMethods.all
    if case .any = policy.action {
    } else {
      methods.bits = 0
      for reference in policy.action.references {
        guard let uid = reference.uid else { continue }
        let method = ByteString(uid.id.string)
        guard uid.type == "Action", PolicyMethods.names.contains(method) else {
          throw finding("unknown-action", reference.range, "`\(uid)` is not a method of HTTP")
        }
        methods.bits |= PolicyMethods(method).bits
      }
    }
    parts.policies.append(
      BundledPolicy(
        name: ByteString(name), forbids: policy.effect == .forbid, principal: principal, methods: methods,
        resource: resource, condition: try condition(policy)))
  }

  private func finding(
    _ code: String, _ span: SourceSpan, _ message: String, expected: String? = nil
  ) -> PolicyFinding {
    PolicyFinding(code, in: file, at: span, message, expected: expected)
  }

  // MARK: Scope

  private func scope(_ constraint: ScopeConstraint) throws(PolicyFinding) -> PolicyScope {
    switch constraint {
    case .any: return .any
    case .equal(let reference): return .equal(try entity(reference))
    case .in(let reference): return .within(try entity(reference))
    case .is(let type): return .ofType(try entityType(type.type, type.range))
    case .isIn(let type, let reference):
      return .ofTypeWithin(try entityType(type.type, type.range), try entity(reference))
    }
  }

  private func entity(_ reference: EntityReference) throws(PolicyFinding) -> PolicyEntity {
    guard let uid = reference.uid else {
      throw finding("template", reference.range, "a slot is not filled in", expected: "an entity")
    }
    return try entity(uid, reference.range)
  }

  private func entity(_ uid: EntityUID, _ span: SourceSpan) throws(PolicyFinding) -> PolicyEntity {
    PolicyEntity(try entityType(uid.type, span), ByteString(uid.id.string))
  }

  private func entityType(_ type: EntityType, _ span: SourceSpan) throws(PolicyFinding) -> PolicyEntityType {
    guard let known = PolicyEntityType(type) else {
      throw finding("unknown-entity-type", span, "no HTTP request has entities of type `\(type)`")
    }
    return known
  }

  // MARK: Conditions

  private mutating func condition(_ policy: Policy) throws(PolicyFinding) -> Int? {
    var operands: [Lowered] = []
    for condition in policy.conditions {
      let body = try lower(condition.body)
      operands.append(condition.kind == .when ? body : node(.not, [body]))
    }
    guard !operands.isEmpty else { return nil }
    // Alone too: what is no Boolean must fail, and so must a condition that is constant and none.
    let all = operands.count == 1 ? operands[0] : node(.and, operands)
    guard all.depth <= PolicyBundle.maximumDepth else {
      throw finding(
        "too-large", policy.range, "the policy's condition is nested too deep",
        expected: "at most \(PolicyBundle.maximumDepth) levels")
    }
    return Int(index(all))
  }

  private mutating func name(_ text: CedarString) -> UInt32 {
    let bytes = ByteString(text.string)
    if let index = names[bytes] { return index }
    let index = UInt32(parts.names.count)
    parts.names.append(bytes)
    names[bytes] = index
    return index
  }

  private mutating func index(_ lowered: Lowered) -> UInt32 {
    switch lowered {
    case .node(let index, _): return index
    case .constant(let value):
      parts.constants.append(value)
      return append(PolicyNode(.constant, UInt32(parts.constants.count - 1)))
    }
  }

  private mutating func append(_ node: PolicyNode) -> UInt32 {
    parts.nodes.append(node)
    return UInt32(parts.nodes.count - 1)
  }

  /// A node whose operands are nodes, `extra` after the first.
  private mutating func node(
    _ operation: PolicyOperation, _ operands: [Lowered], extra: UInt32? = nil
  ) -> Lowered {
    let indexes = operands.map { index($0) }
    let depth = 1 + (operands.map(\.depth).max() ?? 0)
    switch operation {
    case .and, .or, .set:
      let start = UInt32(parts.operands.count)
      parts.operands.append(contentsOf: indexes)
      return .node(append(PolicyNode(operation, start, UInt32(indexes.count))), depth: depth)
    default:
      let all = indexes + (extra.map { [$0] } ?? []) + [0, 0, 0]
      return .node(append(PolicyNode(operation, all[0], all[1], all[2])), depth: depth)
    }
  }

  private mutating func lower(_ expression: Expression) throws(PolicyFinding) -> Lowered {
    guard parts.nodes.count < PolicyBundle.maximumNodes else {
      throw finding("too-large", expression.range, "the policies are too large for a bundle")
    }
    switch expression.kind {
    case .literal(let value): return .constant(try constant(value, expression.range))
    case .variable(let variable):
      switch variable {
      case .principal: return node(.principal, [])
      case .action: return node(.action, [])
      case .resource: return node(.resource, [])
      case .context: return node(.context, [])
      }
    case .not(let operand): return node(.not, [try lower(operand)])
    case .negate(let operand): return node(.negate, [try lower(operand)])
    case .isEmpty(let operand): return node(.isEmpty, [try lower(operand)])
    case .and(let operands): return node(.and, try lower(operands))
    case .or(let operands): return node(.or, try lower(operands))
    case .conditional(let test, let first, let second):
      return node(.conditional, try lower([test, first, second]))
    case .binary(let operation, let left, let right):
      return try binary(operation, left, right, expression.range)
    case .attribute(let operand, let attribute):
      if case .variable(.context) = operand.kind { return node(.contextAttribute, [], extra: name(attribute)) }
      return node(.attribute, [try lower(operand)], extra: name(attribute))
    case .has(let operand, let names): return try has(operand, names)
    case .like(let operand, let pattern):
      parts.patterns.append(PolicyPattern(segments: pattern.segments.map { ByteString($0.string) }))
      return node(.like, [try lower(operand)], extra: UInt32(parts.patterns.count - 1))
    case .is(let operand, let type, let ancestor):
      let code = UInt32(try entityType(type, expression.range).rawValue)
      let test = node(.isType, [try lower(operand)], extra: code)
      guard let ancestor else { return test }
      // The operand is translated twice, for a node has one use.
      return node(.and, [test, node(.isIn, [try lower(operand), try lower(ancestor)])])
    case .set(let items): return set(try lower(items))
    case .record(let fields): return try record(fields)
    case .call(let function, let arguments): return try call(function, arguments, expression.range)
    }
  }

  private mutating func lower(_ expressions: [Expression]) throws(PolicyFinding) -> [Lowered] {
    var results: [Lowered] = []
    for expression in expressions { results.append(try lower(expression)) }
    return results
  }

  private func constant(_ value: Value, _ span: SourceSpan) throws(PolicyFinding) -> PolicyValue {
    switch value {
    case .bool(let value): return .boolean(value)
    case .long(let value): return .long(value)
    case .string(let value): return .string(ByteString(value.string))
    case .entity(let uid): return .entity(try entity(uid, span))
    case .set, .record, .extension:
      throw finding("unsupported-in-image", span, "a value of this kind is no literal")
    }
  }

  private mutating func set(_ items: [Lowered]) -> Lowered {
    let constants = items.compactMap { item -> PolicyValue? in
      if case .constant(let value) = item, value.constantDepth < PolicyBundle.maximumConstantDepth { return value }
      return nil
    }
    return constants.count == items.count ? .constant(.set(of: constants)) : node(.set, items)
  }

  private mutating func record(_ fields: [Expression.Field]) throws(PolicyFinding) -> Lowered {
    var values: [Lowered] = []
    for field in fields { values.append(try lower(field.value)) }
    var constants: [PolicyValueField] = []
    for (field, value) in zip(fields, values) {
      if case .constant(let value) = value, value.constantDepth < PolicyBundle.maximumConstantDepth {
        constants.append(PolicyValueField(ByteString(field.name.string), value))
      }
    }
    if constants.count == fields.count { return .constant(.record(of: constants)) }
    let sorted = zip(fields, values).sorted { $0.0.name < $1.0.name }
    var operands: [UInt32] = []
    for (field, value) in sorted { operands += [name(field.name), index(value)] }
    let start = UInt32(parts.operands.count)
    parts.operands.append(contentsOf: operands)
    let depth = 1 + (values.map(\.depth).max() ?? 0)
    return .node(append(PolicyNode(.record, start, UInt32(fields.count))), depth: depth)
  }

  private mutating func has(_ operand: Expression, _ names: [CedarString]) throws(PolicyFinding) -> Lowered {
    var tests: [Lowered] = []
    for count in 1...names.count {
      // `e has a.b` asks `e has a && e.a has b`, with `e` translated for each.
      var isContext = false
      if case .variable(.context) = operand.kind { isContext = true }
      var owner: Lowered?
      for (position, attribute) in names.prefix(count).enumerated() {
        let isLast = position == count - 1
        var base: [Lowered] = []
        if let owner {
          base = [owner]
        } else if !isContext {
          base = [try lower(operand)]
        }
        let operation: PolicyOperation =
          base.isEmpty ? (isLast ? .contextHas : .contextAttribute) : (isLast ? .has : .attribute)
        owner = node(operation, base, extra: name(attribute))
      }
      if let owner { tests.append(owner) }
    }
    return tests.count == 1 ? tests[0] : node(.and, tests)
  }

  private mutating func binary(
    _ operation: Expression.BinaryOperator, _ left: Expression, _ right: Expression, _ span: SourceSpan
  ) throws(PolicyFinding) -> Lowered {
    let operands = try lower([left, right])
    switch operation {
    case .equal: return node(.equal, operands)
    case .notEqual: return node(.not, [node(.equal, operands)])
    case .less: return node(.less, operands)
    case .lessOrEqual: return node(.lessOrEqual, operands)
    case .greater: return node(.not, [node(.lessOrEqual, operands)])
    case .greaterOrEqual: return node(.not, [node(.less, operands)])
    case .in: return node(.isIn, operands)
    case .add: return node(.add, operands)
    case .subtract: return node(.subtract, operands)
    case .multiply: return node(.multiply, operands)
    case .contains: return node(.contains, operands)
    case .containsAll: return node(.containsAll, operands)
    case .containsAny: return node(.containsAny, operands)
    case .getTag, .hasTag:
      throw finding("unsupported-in-image", span, "no entity of an HTTP request has tags")
    }
  }

  private mutating func call(
    _ function: ExtensionFunction, _ arguments: [Expression], _ span: SourceSpan
  ) throws(PolicyFinding) -> Lowered {
    guard arguments.count == function.arity else {
      throw finding(
        "argument-count", span, "`\(function.rawValue)` has \(arguments.count) arguments",
        expected: "\(function.arity)")
    }
    let operands = try lower(arguments)
    switch function {
    case .ip:
      if case .constant(.string(let text)) = operands[0], let address = PolicyAddress(text) {
        return .constant(.address(address))
      }
      return node(.ip, operands)
    case .isIpv4: return node(.isIPv4, operands)
    case .isIpv6: return node(.isIPv6, operands)
    case .isLoopback: return node(.isLoopback, operands)
    case .isMulticast: return node(.isMulticast, operands)
    case .isInRange: return node(.isInRange, operands)
    default:
      throw finding(
        "unsupported-in-image", span, "`\(function.rawValue)` cannot be decided inside an image")
    }
  }
}

extension PolicyValue {
  /// How deep sets and records nest in this value: 0 where it is neither.
  fileprivate var constantDepth: Int {
    switch self {
    case .set(let items): 1 + (items.map(\.constantDepth).max() ?? 0)
    case .record(let fields): 1 + (fields.map(\.value.constantDepth).max() ?? 0)
    default: 0
    }
  }
}
