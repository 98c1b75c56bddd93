import Cedar
public import Interchange

/// Why an HTTP request is allowed or denied.
public struct HTTPPolicyExplanation: Hashable, Sendable {
  /// A policy and where it stands.
  public struct PolicyPlace: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Whether it forbids; else it permits.
    public var forbids: Bool
    /// The file.
    public var file: String
    /// The line it begins on.
    public var line: Int
    /// The column it begins at.
    public var column: Int
  }

  /// A policy that was left out, since it could not be evaluated.
  public struct Failure: Hashable, Sendable {
    /// The policy.
    public var policy: PolicyPlace
    /// What went wrong, with its `line:column` in the policy's file.
    public var message: String
  }

  /// Whether the request is allowed.
  public var isAllowed: Bool
  /// The policies that determined it: those that forbid where any does, else those that permit. Empty where no policy
  /// speaks for the request, which is then denied.
  public var determining: [PolicyPlace]
  /// The policies that were left out.
  public var failures: [Failure]

  /// Decides a request with Cedar itself and says why, or what is wrong with the policies.
  public static func explain(
    _ request: HTTPPolicyRequest, sources: [PolicySource], attributes: [String]
  ) -> Result<HTTPPolicyExplanation, PolicyFindings> {
    let (policies, findings) = HTTPPolicyCompiler.read(sources, attributes: attributes)
    guard findings.isEmpty else { return .failure(PolicyFindings(findings: findings)) }
    var places: [String: PolicyPlace] = [:]
    for located in policies {
      let start = located.policy.range.start
      places[located.policy.id] = PolicyPlace(
        name: located.policy.id, forbids: located.policy.effect == .forbid, file: located.file, line: start.line,
        column: start.column)
    }
    let authorizer = Authorizer(policies: PolicySet(policies.map(\.policy)), entities: request.cedarEntities)
    let response = authorizer.decide(request.cedarRequest)
    return .success(
      HTTPPolicyExplanation(
        isAllowed: response.decision == .allow, determining: response.reason.compactMap { places[$0] },
        failures: response.errors.compactMap { error in
          places[error.policy].map { Failure(policy: $0, message: error.error.description) }
        }))
  }
}
