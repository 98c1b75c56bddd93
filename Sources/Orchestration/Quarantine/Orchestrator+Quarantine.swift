import Foundation
public import Hosting
import SecTOSCA

// Instances that give their place to clean ones, and those that are kept to be looked at. Each function here waits for its
// turn among commands; what has it already uses `withdraw`.

extension Orchestrator {
  /// Puts instances into quarantine: clean ones take their places first; then they are taken off the network, stand still,
  /// and keep their memory. Where no clean one can be started, all stays as it was.
  public func quarantine(
    _ reference: InstanceReference, tenant: String, cause: String, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [QuarantinedInstance] {
    let scope = ServiceScope.service(reference.service, tenant: tenant)
    return try await exclusively("quarantine", about: scope, progress: progress) { () throws(OrchestrationFault) in
      let ids = try await instances(of: reference, tenant: tenant)
      let withdrawal = Withdrawal(fate: .quarantined, cause: cause)
      try await withdraw(ids, of: reference.service, tenant: tenant, withdrawal, progress: progress)
      return await quarantined(tenant: tenant).filter { ids.contains($0.instance) }
    }
  }

  /// Replaces instances by fresh ones of the images that are due, and drains and stops them.
  public func replace(
    _ reference: InstanceReference, tenant: String, cause: String, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [UnikernelStatus] {
    let scope = ServiceScope.service(reference.service, tenant: tenant)
    return try await exclusively("replace", about: scope, progress: progress) { () throws(OrchestrationFault) in
      let ids = try await instances(of: reference, tenant: tenant)
      let withdrawal = Withdrawal(fate: .stopped, cause: cause)
      try await withdraw(ids, of: reference.service, tenant: tenant, withdrawal, progress: progress)
      return await unikernels(tenant: tenant).filter {
        $0.service == reference.service && $0.resource == reference.resource && $0.state != "quarantined"
      }
    }
  }

  /// The instances in quarantine, of a tenant or of all.
  public func quarantined(tenant: String?) async -> [QuarantinedInstance] {
    var found: [QuarantinedInstance] = []
    for controller in controllers.values where tenant == nil || controller.tenant == tenant {
      found += await controller.quarantined()
    }
    return found.sorted { ($0.record.since, $0.instance) < ($1.record.since, $1.instance) }
  }

  /// Writes the memory of an instance in quarantine to a file under the home folder, for its owner only.
  public func dumpQuarantined(_ id: String, tenant: String) async throws(OrchestrationFault) -> MemoryDump {
    try await exclusively("quarantine dump", about: .tenant(tenant)) { () throws(OrchestrationFault) in
      let (controller, instance) = try await quarantined(id, tenant: tenant)
      return try await controller.dump(instance.instance)
    }
  }

  /// Lets an instance in quarantine serve again, in the place of the one that stood in for it.
  public func releaseQuarantined(
    _ id: String, tenant: String, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> QuarantinedInstance {
    try await exclusively("quarantine release", about: .tenant(tenant), progress: progress) {
      () throws(OrchestrationFault) in
      let (controller, instance) = try await quarantined(id, tenant: tenant)
      let declaration = try declaration(instance.service, tenant: tenant)
      try await controller.release(instance.instance)
      let resolved = try resolver.resolve(declaration, context: context(of: declaration))
      try await bring(declaration, to: resolved, progress: progress)
      return instance
    }
  }

  /// Ends an instance in quarantine. What its memory was written to is removed, too.
  public func discardQuarantined(_ id: String, tenant: String) async throws(OrchestrationFault) -> QuarantinedInstance {
    try await exclusively("quarantine discard", about: .tenant(tenant)) { () throws(OrchestrationFault) in
      let (controller, instance) = try await quarantined(id, tenant: tenant)
      try await controller.discard(instance.instance)
      return instance
    }
  }

  // MARK: For those whose turn it is

  /// Has instances of a service give their places to fresh ones, and carries that out. To be called by who has the turn
  /// among commands.
  ///
  /// Where no fresh ones can be started: suspects are taken off all the same if `isAlarm`, since no service is better than
  /// one in somebody else's hands; else all stays as it was.
  func withdraw(
    _ ids: [String], of name: String, tenant: String, _ withdrawal: Withdrawal, isAlarm: Bool = false,
    progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) {
    let declaration = try declaration(name, tenant: tenant)
    let controller = controller(declaration)
    var withdrawal = withdrawal
    let room = await controller.quarantineRoom
    if withdrawal.fate == .quarantined, room < ids.count {
      let bound = "the quarantine of `\(name)` is full: at most \(ServiceController.maximumQuarantined) instances"
      guard isAlarm else {
        throw .input(bound + "; `testudo quarantine release` or `discard` makes room")
      }
      withdrawal = Withdrawal(fate: .stopped, cause: withdrawal.cause + "; " + bound, isSuspect: true)
    }
    try await controller.withdraw(ids, withdrawal)
    do throws(OrchestrationFault) {
      let resolved = try resolver.resolve(declaration, context: context(of: declaration))
      try await bring(declaration, to: resolved, progress: progress)
    } catch {
      guard isAlarm else {
        try await controller.keep(ids)
        throw error
      }
      for id in ids { try await controller.takeOff(id) }
      retry(declaration.key)
      throw error
    }
  }

  /// The instances that serve and that a reference means: at least one.
  private func instances(
    of reference: InstanceReference, tenant: String
  ) async throws(OrchestrationFault) -> [String] {
    let declaration = try declaration(reference.service, tenant: tenant)
    guard declaration.service.resource(reference.resource) != nil else {
      let names = declaration.service.resources.map(\.name).joined(separator: ", ")
      throw .notFound(
        "there is no resource `\(reference.resource)` in `\(reference.service)`, expected one of \(names)")
    }
    let found = await controller(declaration).serving(reference)
    guard !found.isEmpty else {
      throw .notFound("no instance `\(reference)` serves; `testudo ps` shows what runs")
    }
    guard reference.instance == nil || found.count == 1 else {
      throw .input("`\(reference)` means \(found.count) instances, expected one: \(found.joined(separator: ", "))")
    }
    return found
  }

  /// The one instance in quarantine whose identifier begins so.
  private func quarantined(
    _ beginning: String, tenant: String
  ) async throws(OrchestrationFault) -> (ServiceController, QuarantinedInstance) {
    let all = await quarantined(tenant: tenant)
    let found = all.filter { !beginning.isEmpty && $0.instance.hasPrefix(beginning) }
    guard let instance = found.first, found.count == 1 else {
      let known =
        all.isEmpty ? "none is" : "there: \(all.map { String($0.instance.prefix(8)) }.joined(separator: ", "))"
      throw .notFound(
        found.isEmpty
          ? "no instance `\(beginning)` is in quarantine; \(known)"
          : "`\(beginning)` is the beginning of \(found.count) identifiers, expected that of one")
    }
    return (controller(try declaration(instance.service, tenant: tenant)), instance)
  }
}
