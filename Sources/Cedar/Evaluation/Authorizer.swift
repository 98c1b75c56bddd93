/// Decides requests with a set of policies and entities.
///
/// Nothing is allowed that no policy permits; what one policy forbids no other can permit; a policy that cannot be
/// evaluated counts as not being there.
public struct Authorizer: Sendable {
  /// The policies.
  public var policies: PolicySet
  /// The entities.
  public var entities: Entities

  /// A decider.
  public init(policies: PolicySet, entities: Entities = Entities()) {
    self.policies = policies
    self.entities = entities
  }

  /// Decides a request, with the attributes that it brings.
  public func decide(_ request: Request, overlay: EntityOverlay = EntityOverlay()) -> Response {
    let evaluator = Evaluator(request: request, entities: entities, overlay: overlay)
    var permits: [String] = []
    var forbids: [String] = []
    var errors: [Response.PolicyError] = []
    for policy in policies.policies {
      do throws(EvaluationError) {
        guard try evaluator.applies(policy) else { continue }
        if policy.effect == .permit { permits.append(policy.id) } else { forbids.append(policy.id) }
      } catch {
        errors.append(Response.PolicyError(policy: policy.id, error: error))
      }
    }
    if !forbids.isEmpty { return Response(decision: .deny, reason: forbids, errors: errors) }
    return Response(decision: permits.isEmpty ? .deny : .allow, reason: permits, errors: errors)
  }
}
