import Cedar

/// One decision, as it is answered and logged.
public struct AccessDecision: Hashable, Sendable {
  /// A policy that could not be evaluated, and why.
  public struct PolicyError: Hashable, Sendable {
    /// The policy.
    public var policy: String
    /// What went wrong.
    public var message: String
  }

  /// The version it was decided with.
  public var version: Int
  /// Who asked: type and identifier. Empty where the question was not understood.
  public var subject: (type: String, id: String) { (subjectUID?.type.name.string ?? "", subjectUID?.id.string ?? "") }
  /// To what.
  public var resource: (type: String, id: String) {
    (resourceUID?.type.name.string ?? "", resourceUID?.id.string ?? "")
  }
  /// What was to be done.
  public var action = ""
  /// Whether it is permitted.
  public var isPermit = false
  /// The policies that determined it.
  public var policies: [String] = []
  /// The policies that were left out.
  public var errors: [PolicyError] = []
  /// Why nothing was decided, and so denied.
  public var failure: String?
  /// For how many seconds the decision may be used again; 0 for this once.
  public var validSeconds = 0

  var subjectUID: EntityUID?
  var resourceUID: EntityUID?

  init(version: Int, failure: String? = nil) {
    self.version = version
    self.failure = failure
  }
}
