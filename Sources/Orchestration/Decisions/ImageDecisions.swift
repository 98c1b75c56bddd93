import Interchange
import PolicyDecision
import Synchronization

/// What images ask is decided here, by the same decision points that AuthZEN requests ask, with the same log.
final class ImageDecisions: Sendable {
  private let points: DecisionPoints
  private let log: DecisionLog
  private let known: Mutex<[String: String]>

  init(points: DecisionPoints, log: DecisionLog) {
    self.points = points
    self.log = log
    known = Mutex([:])
  }

  /// The contextual attributes, which are part of every question.
  var attributes: [String: String] {
    get { known.withLock { $0 } }
    set { known.withLock { $0 = newValue } }
  }

  /// Decides a request to a resource of a service of a tenant.
  func decide(_ request: HTTPPolicyRequest, tenant: String, service: String, resource: String) -> AccessDecision {
    let decision = points.point(of: tenant)
      .decide(request, attributes: attributes, service: service, resource: resource)
    log.record([decision], tenant: tenant, request: nil)
    return decision
  }
}
