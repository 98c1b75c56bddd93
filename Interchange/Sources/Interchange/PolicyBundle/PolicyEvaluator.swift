/// Why a condition has no value for a request. The policy then counts as not being there.
public enum PolicyEvaluationFault: Error, Equatable, Sendable {
  /// An operand is of the wrong type.
  case type
  /// An entity or a record has no such attribute, or the request does not bring the entity with it.
  case missing
  /// A number does not fit 64 bits.
  case overflow
  /// A text is not an address.
  case address
}

/// What a bundle says of a request.
public struct PolicyDecisionRecord: Equatable, Sendable {
  /// Whether the request is allowed.
  public var isAllowed: Bool
  /// One of the policies that determined it, the first; `nil` where none permits.
  public var determining: Int?
  /// How many policies were left out because their condition has no value.
  public var errors: Int

  /// A decision.
  public init(isAllowed: Bool, determining: Int?, errors: Int) {
    self.isAllowed = isAllowed
    self.determining = determining
    self.errors = errors
  }
}

extension PolicyBundle {
  /// Decides a request: allowed if a policy permits it and none forbids it. A policy whose condition has no value counts
  /// as not being there.
  public func decide(_ request: HTTPPolicyRequest) -> PolicyDecisionRecord {
    let evaluator = PolicyEvaluator(bundle: self, request: request)
    var permitting = Int.max
    var forbidding = Int.max
    var errors = 0
    index.candidates(for: request) { position in
      switch evaluator.outcome(of: position) {
      case .skipped: break
      case .failed: errors += 1
      case .applies:
        if policies[position].forbids {
          forbidding = min(forbidding, position)
        } else {
          permitting = min(permitting, position)
        }
      }
    }
    if forbidding < Int.max {
      return PolicyDecisionRecord(isAllowed: false, determining: forbidding, errors: errors)
    }
    let isAllowed = permitting < Int.max
    return PolicyDecisionRecord(isAllowed: isAllowed, determining: isAllowed ? permitting : nil, errors: errors)
  }

  /// Decides a request without the index, and says of every policy whether it applied or failed. For explanations and
  /// for tests that compare both ways.
  public func trace(_ request: HTTPPolicyRequest) -> (isAllowed: Bool, applied: [Int], failed: [Int]) {
    let evaluator = PolicyEvaluator(bundle: self, request: request)
    var permits: [Int] = []
    var forbids: [Int] = []
    var failed: [Int] = []
    for position in 0..<policies.count {
      switch evaluator.outcome(of: position) {
      case .skipped: break
      case .failed: failed.append(position)
      case .applies:
        if policies[position].forbids { forbids.append(position) } else { permits.append(position) }
      }
    }
    return (forbids.isEmpty && !permits.isEmpty, forbids.isEmpty ? permits : forbids, failed)
  }
}

/// Computes the conditions of a bundle for one request. A class, so that its recursion hands on a pointer.
final class PolicyEvaluator {
  enum Outcome { case skipped, failed, applies }

  let bundle: PolicyBundle
  let request: HTTPPolicyRequest
  let principal: PolicyEntity
  let resource: PolicyEntity
  let methods: PolicyMethods

  init(bundle: PolicyBundle, request: HTTPPolicyRequest) {
    self.bundle = bundle
    self.request = request
    principal = request.principal
    resource = PolicyEntity(.path, request.path)
    methods = PolicyMethods(request.method)
  }

  func outcome(of position: Int) -> Outcome {
    guard bundle.policies[position].methods.intersects(methods), fits(principal, bundle.policies[position].principal),
      fits(resource, bundle.policies[position].resource)
    else { return .skipped }
    guard let condition = bundle.policies[position].condition else { return .applies }
    do throws(PolicyEvaluationFault) {
      return try boolean(condition) ? .applies : .skipped
    } catch {
      return .failed
    }
  }

  private func fits(_ entity: PolicyEntity, _ scope: PolicyScope) -> Bool {
    switch scope {
    case .any: true
    case .equal(let other): entity == other
    case .within(let other): request.isEntity(entity, in: other)
    case .ofType(let type): entity.type == type
    case .ofTypeWithin(let type, let other): entity.type == type && request.isEntity(entity, in: other)
    }
  }

  // MARK: Values

  func value(_ index: Int) throws(PolicyEvaluationFault) -> PolicyValue {
    let node = bundle.nodes[index]
    let first = Int(node.first)
    let second = Int(node.second)
    switch node.operation {
    case .constant: return bundle.constants[first]
    case .principal: return .entity(principal)
    case .action: return .entity(PolicyEntity(.action, request.method))
    case .resource: return .entity(resource)
    case .context: return request.context
    case .contextAttribute:
      guard let value = request.contextValue(bundle.names[first], known(node.second)) else { throw .missing }
      return value
    case .contextHas: return .boolean(request.contextValue(bundle.names[first], known(node.second)) != nil)
    case .not, .negate, .isEmpty, .ip, .isIPv4, .isIPv6, .isLoopback, .isMulticast:
      return try unary(node.operation, first)
    case .attribute:
      guard let value = try attribute(second, known(node.third), of: first) else { throw .missing }
      return value
    case .has: return .boolean(try attribute(second, known(node.third), of: first) != nil)
    case .like: return .boolean(bundle.patterns[second].matches(try string(first)))
    case .isType: return .boolean(UInt32(try entity(first).type.rawValue) == node.second)
    case .equal:
      let left = try value(first)
      return .boolean(left.isEqual(to: try value(second)))
    case .less, .lessOrEqual, .add, .subtract, .multiply: return try arithmetic(node.operation, first, second)
    case .isIn: return .boolean(try isIn(first, second))
    case .contains, .containsAll, .containsAny: return .boolean(try membership(node.operation, first, second))
    case .isInRange:
      let host = try address(first)
      return .boolean(host.isInRange(of: try address(second)))
    case .conditional: return try value(try boolean(first) ? second : Int(node.third))
    case .and:
      for position in first..<(first + second) where !(try boolean(Int(bundle.operands[position]))) {
        return .boolean(false)
      }
      return .boolean(true)
    case .or:
      for position in first..<(first + second) where try boolean(Int(bundle.operands[position])) {
        return .boolean(true)
      }
      return .boolean(false)
    case .set:
      var items: [PolicyValue] = []
      for position in first..<(first + second) { items.append(try value(Int(bundle.operands[position]))) }
      return .set(of: items)
    case .record:
      var fields: [PolicyValueField] = []
      for position in 0..<second {
        let name = bundle.names[Int(bundle.operands[first + 2 * position])]
        fields.append(PolicyValueField(name, try value(Int(bundle.operands[first + 2 * position + 1]))))
      }
      return .record(fields)
    }
  }

  private func known(_ code: UInt32) -> PolicyAttribute {
    PolicyAttribute(rawValue: code) ?? .other
  }

  private func unary(_ operation: PolicyOperation, _ operand: Int) throws(PolicyEvaluationFault) -> PolicyValue {
    switch operation {
    case .not: return .boolean(!(try boolean(operand)))
    case .negate:
      let (result, overflow) = (0 as Int64).subtractingReportingOverflow(try long(operand))
      guard !overflow else { throw .overflow }
      return .long(result)
    case .isEmpty: return .boolean(try set(operand).isEmpty)
    case .ip:
      guard let address = PolicyAddress(try string(operand)) else { throw .address }
      return .address(address)
    case .isIPv4: return .boolean(!(try address(operand).isIPv6))
    case .isIPv6: return .boolean(try address(operand).isIPv6)
    case .isLoopback: return .boolean(try address(operand).isLoopback)
    default: return .boolean(try address(operand).isMulticast)
    }
  }

  private func arithmetic(
    _ operation: PolicyOperation, _ left: Int, _ right: Int
  ) throws(PolicyEvaluationFault) -> PolicyValue {
    let a = try long(left)
    let b = try long(right)
    let result: (partialValue: Int64, overflow: Bool)
    switch operation {
    case .less: return .boolean(a < b)
    case .lessOrEqual: return .boolean(a <= b)
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    default: result = a.multipliedReportingOverflow(by: b)
    }
    guard !result.overflow else { throw .overflow }
    return .long(result.partialValue)
  }

  private func isIn(_ left: Int, _ right: Int) throws(PolicyEvaluationFault) -> Bool {
    let entity = try entity(left)
    switch try value(right) {
    case .entity(let ancestor): return request.isEntity(entity, in: ancestor)
    case .set(let items):
      var found = false
      // Every element is looked at: one that is no entity is an error, whatever stands before it.
      for item in items {
        guard case .entity(let ancestor) = item else { throw .type }
        if !found { found = request.isEntity(entity, in: ancestor) }
      }
      return found
    default: throw .type
    }
  }

  private func membership(
    _ operation: PolicyOperation, _ left: Int, _ right: Int
  ) throws(PolicyEvaluationFault) -> Bool {
    let items = try set(left)
    if operation == .contains { return PolicyValue.contains(items, try value(right)) }
    let others = try set(right)
    for other in others where PolicyValue.contains(items, other) != (operation == .containsAll) {
      return operation == .containsAny
    }
    return operation == .containsAll
  }

  private func attribute(
    _ name: Int, _ known: PolicyAttribute, of owner: Int
  ) throws(PolicyEvaluationFault) -> PolicyValue? {
    switch try value(owner) {
    case .entity(let entity): return request.attribute(known, of: entity)
    case .record(let fields):
      for field in fields where field.name == bundle.names[name] { return field.value }
      return nil
    default: throw .type
    }
  }

  // MARK: Operands of a type

  private func boolean(_ index: Int) throws(PolicyEvaluationFault) -> Bool {
    guard case .boolean(let result) = try value(index) else { throw .type }
    return result
  }

  private func long(_ index: Int) throws(PolicyEvaluationFault) -> Int64 {
    guard case .long(let result) = try value(index) else { throw .type }
    return result
  }

  private func string(_ index: Int) throws(PolicyEvaluationFault) -> ByteString {
    guard case .string(let result) = try value(index) else { throw .type }
    return result
  }

  private func entity(_ index: Int) throws(PolicyEvaluationFault) -> PolicyEntity {
    guard case .entity(let result) = try value(index) else { throw .type }
    return result
  }

  private func address(_ index: Int) throws(PolicyEvaluationFault) -> PolicyAddress {
    guard case .address(let result) = try value(index) else { throw .type }
    return result
  }

  private func set(_ index: Int) throws(PolicyEvaluationFault) -> [PolicyValue] {
    guard case .set(let result) = try value(index) else { throw .type }
    return result
  }
}
