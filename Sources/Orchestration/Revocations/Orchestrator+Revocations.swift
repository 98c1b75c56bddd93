import Foundation
public import SecTOSCA

// What was valid by the template and is no more.

extension Orchestrator {
  /// No session lasts longer, in seconds: an older revocation of sessions has nothing left to end.
  static let longestSession = 30 * 86_400

  /// Revokes something for a trigger, and has the images know it. The same run revokes the same thing once only.
  func revoke(
    _ subject: Revocation.Subject, seconds: Int?, for run: TriggerRun, at place: String,
    of declared: ServiceDeclaration
  ) async throws(OrchestrationFault) -> TriggerRun.Outcome {
    var declaration = declared
    let revocation = Revocation(
      id: "\(run.id.prefix(8))-\(place.replacing("/", with: "-"))", subject: subject, since: run.second,
      until: seconds.map { run.second + $0 }, cause: "trigger `\(run.trigger)`: \(run.cause)")
    let revocations = (declaration.revocations ?? []).adding(revocation)
    guard revocations.count <= Revocation.limit else {
      throw .execution("\(Revocation.limit) things are revoked already; `testudo revocation lift` makes room")
    }
    declaration.revocations = revocations
    try store(declaration)
    let isOfSessions = if case .sessions = subject { true } else { false }
    let until = revocation.until.map { Timestamp.text(milliseconds: UInt64($0) * 1000) }
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "medium", tenant: declaration.tenant, service: declaration.name,
        kind: isOfSessions ? "sessions-revoked" : "credentials-revoked",
        message: subject.summary + (isOfSessions ? "" : until.map { " until \($0)" } ?? ", until somebody lifts it"),
        details: ["trigger": run.trigger, "revocation": revocation.id]))
    scheduleChange(of: declaration.key)
    do throws(OrchestrationFault) {
      try await bringRevocations(of: declaration)
    } catch {
      // It is stored, and images know it as soon as they can be told.
      retry(declaration.key)
      throw error
    }
    return TriggerRun.Outcome(succeeded: true, message: subject.summary)
  }

  private func bringRevocations(of declaration: ServiceDeclaration) async throws(OrchestrationFault) {
    let resolved = try resolver.resolve(declaration, context: context(of: declaration))
    try await bring(declaration, to: resolved) { _ in }
  }

  /// What is revoked of a service, the oldest first.
  public func revocations(of name: String, tenant: String) throws(OrchestrationFault) -> [Revocation] {
    (try declaration(name, tenant: tenant).revocations ?? []).sorted { ($0.since, $0.id) < ($1.since, $1.id) }
  }

  /// Makes valid again what was revoked. Sessions that were ended begin with a login.
  public func lift(_ id: String, of name: String, tenant: String) async throws(OrchestrationFault) -> Revocation {
    let scope = ServiceScope.service(name, tenant: tenant)
    return try await exclusively("revocation lift", about: scope) { () throws(OrchestrationFault) in
      var declaration = try declaration(name, tenant: tenant)
      let all = declaration.revocations ?? []
      guard let revocation = all.first(where: { $0.id == id }) else {
        let known = all.isEmpty ? "nothing is revoked" : "there: \(all.map(\.id).joined(separator: ", "))"
        throw .notFound("nothing of `\(name)` is revoked as `\(id)`; \(known)")
      }
      declaration.revocations = all.filter { $0.id != id }
      try store(declaration)
      journalLift(revocation, of: declaration, why: "lifted by hand")
      scheduleChange(of: declaration.key)
      try await bringRevocations(of: declaration)
      return revocation
    }
  }

  /// Takes away what is revoked no longer. Returns that in words; images are told by the caller.
  func liftEndedRevocations(of key: String) -> [String] {
    guard var declaration = declarations[key], let all = declaration.revocations else { return [] }
    let now = Int(Date().timeIntervalSince1970)
    let over = all.filter { revocation in revocation.until.map { $0 <= now } ?? false }
    guard !over.isEmpty else { return [] }
    declaration.revocations = all.filter { !over.contains($0) }
    do throws(OrchestrationFault) {
      try store(declaration)
    } catch {
      return []
    }
    for revocation in over { journalLift(revocation, of: declaration, why: "its time is over") }
    return over.map { "\($0.subject.summary): no longer revoked" }
  }

  private func journalLift(_ revocation: Revocation, of declaration: ServiceDeclaration, why: String) {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "low", tenant: declaration.tenant, service: declaration.name,
        kind: "revocation-lifted", message: "\(revocation.subject.summary): \(why)",
        details: ["revocation": revocation.id]))
  }
}
