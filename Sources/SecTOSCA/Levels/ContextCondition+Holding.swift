extension ContextCondition {
  /// Whether it holds in a context. An attribute that is not there, or not a number where one is asked for, fails it.
  public func holds(in context: [String: String]) -> Bool {
    guard let value = context[attribute] else { return false }
    switch comparison {
    case .isOneOf(let values): return values.contains(value)
    case .atLeast(let bound): return Double(value).map { $0 >= bound } ?? false
    case .atMost(let bound): return Double(value).map { $0 <= bound } ?? false
    }
  }
}

extension AdaptationTrigger {
  /// Whether it follows nothing but attributes that users set. Of two such triggers that hold at once it would not be
  /// known which level their writer meant.
  var followsAttributesAlone: Bool {
    events == nil && !conditions.contains { ServiceState.isReserved($0.attribute) }
  }

  /// Whether its level is due in a context: it is held, or it follows attributes alone and all its conditions hold.
  public func holds(in context: [String: String]) -> Bool {
    context[holdAttribute] == Self.held || (events == nil && conditionsHold(in: context))
  }

  /// Whether all its conditions on attributes hold in a context.
  public func conditionsHold(in context: [String: String]) -> Bool {
    conditions.allSatisfy { $0.holds(in: context) }
  }
}

/// The values that an attribute can have when some conditions on it hold.
struct AttributeDomain: Hashable, Sendable {
  private var values: Set<String>?
  private var lower = -Double.infinity
  private var upper = Double.infinity

  /// All values.
  init() {}

  /// Leaves those for which the comparison holds, too.
  mutating func narrow(to comparison: ContextCondition.Comparison) {
    switch comparison {
    case .isOneOf(let allowed): values = values?.intersection(allowed) ?? Set(allowed)
    case .atLeast(let bound): lower = max(lower, bound)
    case .atMost(let bound): upper = min(upper, bound)
    }
  }

  /// Whether no value is left.
  var isEmpty: Bool {
    guard let values else { return lower > upper }
    if lower == -.infinity, upper == .infinity { return values.isEmpty }
    return !values.contains { value in Double(value).map { $0 >= lower && $0 <= upper } ?? false }
  }

  /// Whether conditions can all hold in one context.
  static func canHold(_ conditions: [ContextCondition]) -> Bool {
    var domains: [String: AttributeDomain] = [:]
    for condition in conditions {
      domains[condition.attribute, default: AttributeDomain()].narrow(to: condition.comparison)
    }
    return domains.values.allSatisfy { !$0.isEmpty }
  }
}
