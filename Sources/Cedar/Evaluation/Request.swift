/// What is to be decided.
public struct Request: Hashable, Sendable {
  /// Who asks.
  public var principal: EntityUID
  /// What is to be done.
  public var action: EntityUID
  /// To what.
  public var resource: EntityUID
  /// What else is known.
  public var context: [CedarString: Value]

  /// A question.
  public init(
    principal: EntityUID, action: EntityUID, resource: EntityUID, context: [CedarString: Value] = [:]
  ) {
    self.principal = principal
    self.action = action
    self.resource = resource
    self.context = context
  }
}

/// What was decided.
public enum Decision: String, Hashable, Sendable {
  /// A policy permits, and none forbids.
  case allow
  /// A policy forbids, or none permits.
  case deny
}

/// What was decided, and why.
public struct Response: Hashable, Sendable {
  /// A policy that was left out because a part of it has no value.
  public struct PolicyError: Hashable, Sendable {
    /// The policy.
    public var policy: String
    /// What went wrong.
    public var error: EvaluationError
  }

  /// What was decided.
  public var decision: Decision
  /// The policies that determined it, in order: those that forbid where any does, else those that permit.
  public var reason: [String]
  /// The policies that were left out, in order.
  public var errors: [PolicyError]
}
