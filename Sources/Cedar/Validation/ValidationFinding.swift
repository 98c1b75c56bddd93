/// What the validator found wrong with a policy.
public struct ValidationFinding: Hashable, Sendable {
  /// How grave it is.
  public enum Severity: String, Hashable, Sendable {
    /// The policy does not fit the schema.
    case error
    /// The policy fits and can never apply.
    case warning
  }
  /// The policy.
  public var policy: String
  /// Where.
  public var range: SourceSpan
  /// What was found.
  public var message: String
  /// What would be right.
  public var expected: String?
  /// A declared name that is near the one found.
  public var suggestion: String?
  /// How grave it is.
  public var severity: Severity
}
