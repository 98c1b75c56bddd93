import Foundation
import Interchange
import PolicyDecision
import Synchronization

/// What images ask is decided here, by the same decision points that AuthZEN requests ask, with the same log.
final class ImageDecisions: Sendable {
  private let points: DecisionPoints
  private let log: DecisionLog
  private let known: Mutex<ContextualAttributes>
  /// When what a tenant's decisions depend on last changed, in microseconds since 1970; of those not named, when all did.
  private let epochs: Mutex<(all: UInt64, own: [String: UInt64])>

  init(points: DecisionPoints, log: DecisionLog) {
    self.points = points
    self.log = log
    known = Mutex(ContextualAttributes())
    epochs = Mutex((ImageDecisions.now, [:]))
  }

  /// The contextual attributes, of which those that a service sees are part of its questions.
  var attributes: ContextualAttributes {
    get { known.withLock { $0 } }
    set { known.withLock { $0 = newValue } }
  }

  private static var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970 * 1_000_000)) }

  /// The epoch of a tenant's decisions.
  func epoch(of tenant: String) -> UInt64 { epochs.withLock { $0.own[tenant] ?? $0.all } }

  /// Begins another epoch of a tenant's decisions, or of all; what they depend on has changed already.
  func beginEpoch(of tenant: String?) {
    epochs.withLock { epochs in
      let next = max(ImageDecisions.now, (epochs.own.values.max() ?? 0) + 1, epochs.all + 1)
      if let tenant { epochs.own[tenant] = next } else { epochs = (next, [:]) }
    }
  }

  /// Decides a request to a resource of a service of a tenant.
  func decide(_ request: HTTPPolicyRequest, tenant: String, service: String, resource: String) -> AccessDecision {
    let decision = points.point(of: tenant)
      .decide(request, attributes: attributes.seen(by: service, of: tenant), service: service, resource: resource)
    log.record([decision], tenant: tenant, request: nil)
    return decision
  }
}
