extension ProtectedService {
  /// The triggers whose conditions hold in a context, in the template's order.
  public func triggersHolding(in context: [String: String]) -> [AdaptationTrigger] {
    triggers.filter { $0.holds(in: context) }
  }

  /// The level that is due: of the one set by hand (or else the initial one) and those that triggers call for, the one
  /// of the highest rank. A trigger never lowers what was set by hand, and a hand never lowers what a trigger calls
  /// for.
  ///
  /// - Parameters:
  ///   - context: The contextual attributes.
  ///   - setByHand: The name of the level that an operator set; nil, or a name that the service does not know, means
  ///     the initial one.
  public func dueLevel(context: [String: String], setByHand: String?) -> SecurityLevel {
    let base = setByHand.flatMap { level($0) } ?? initialLevel
    return triggersHolding(in: context).compactMap { $0.level.flatMap(level) }.reduce(base) {
      $0.rank < $1.rank ? $1 : $0
    }
  }
}
