/// The order of strength between two sets of requirements for one resource. It is reflexive and transitive, and a set
/// with more in it is never weaker. `Documentation/SecTOSCA.md` gives the order of each kind.
public enum Strength {
  /// A kind of protection that is less after a change than before.
  public struct Weakening: Hashable, Sendable, Codable {
    /// The kind, as in `Protection.kind`.
    public var kind: String
    /// What was due, in words.
    public var before: String
    /// What is due instead, in words.
    public var after: String
    /// The requirements that what was due came from.
    public var requirements: [String]
  }

  /// Whether a set asks for at least what another asks for, kind by kind.
  public static func isAtLeast(_ new: [SecurityRequirement], asStrongAs old: [SecurityRequirement]) -> Bool {
    weakenings(from: old, to: new).isEmpty
  }

  /// What gets weaker when one set takes the place of another, in the order of the kinds; empty where nothing does.
  public static func weakenings(from old: [SecurityRequirement], to new: [SecurityRequirement]) -> [Weakening] {
    let before = CombinedProtection(old)
    let after = CombinedProtection(new)
    var found: [Weakening] = []

    func note(_ kind: Protection.Kind, _ was: Protection?, _ becomes: Protection?, of names: [String]? = nil) {
      found.append(
        Weakening(
          kind: kind.rawValue, before: was?.summary ?? "none", after: becomes?.summary ?? "none",
          requirements: names ?? old.filter { $0.protection.kind == kind.rawValue }.map(\.name)))
    }

    for was in before.filterings where !after.filterings.contains(where: { $0.isAtLeast(asStrongAs: was) }) {
      note(.filtering, .filtering(was), after.filterings.first.map(Protection.filtering))
    }
    for was in before.requestFilters where !after.requestFilters.contains(where: { $0.isAtLeast(asStrongAs: was) }) {
      note(
        .requestFilter, .requestFilter(was), after.requestFilters.first.map(Protection.requestFilter),
        of: old.filter { $0.protection == .requestFilter(was) }.map(\.name))
    }
    for was in before.rateLimits where !after.rateLimits.contains(where: { $0.isAtLeast(asStrongAs: was) }) {
      let becomes = after.rateLimits.first { $0.paths == was.paths } ?? after.rateLimits.first
      note(
        .rateLimit, .rateLimit(was), becomes.map(Protection.rateLimit),
        of: old.filter { $0.protection == .rateLimit(was) }.map(\.name))
    }
    if let was = before.authentication, (after.authentication?.scheme.rank ?? 0) < was.scheme.rank {
      note(.authentication, .authentication(was), after.authentication.map(Protection.authentication))
    }
    if let was = before.session, !(after.session?.isAtLeast(asStrongAs: was) ?? false) {
      note(.session, .session(was), after.session.map(Protection.session))
    }
    if let was = before.authorization, !(after.authorization?.isAtLeast(asStrongAs: was) ?? false) {
      note(.authorization, .authorization(was), after.authorization.map(Protection.authorization))
    }
    if let was = before.transportSecurity, !(after.transportSecurity?.isAtLeast(asStrongAs: was) ?? false) {
      note(.transportSecurity, .transportSecurity(was), after.transportSecurity.map(Protection.transportSecurity))
    }
    if let was = before.responseHeaders, !(after.responseHeaders?.isAtLeast(asStrongAs: was) ?? false) {
      note(.responseHeaders, .responseHeaders(was), after.responseHeaders.map(Protection.responseHeaders))
    }
    if let was = before.audit, (after.audit?.minimumSeverity ?? .max) > was.minimumSeverity {
      note(.audit, .audit(was), after.audit.map(Protection.audit))
    }
    if let was = before.surfaceBudget, !(after.surfaceBudget?.isAtLeast(asStrongAs: was) ?? false) {
      note(.surfaceBudget, .surfaceBudget(was), after.surfaceBudget.map(Protection.surfaceBudget))
    }
    if let was = before.lifetime, (after.lifetime?.seconds ?? .max) > was.seconds {
      note(.lifetime, .lifetime(was), after.lifetime.map(Protection.lifetime))
    }
    if let was = before.runtimeIntegrity,
      (after.runtimeIntegrity?.intervalSeconds ?? .max) > was.intervalSeconds
    {
      note(.runtimeIntegrity, .runtimeIntegrity(was), after.runtimeIntegrity.map(Protection.runtimeIntegrity))
    }
    return found
  }
}
