import Foundation
import SecTOSCA
import State

/// What a change of context or of the level set by hand led to, for one service.
public struct LevelChange: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String
  /// The service.
  public var service: String
  /// The level that was in force.
  public var from: String
  /// The level that is in force now.
  public var to: String
  /// Why: the trigger or the operator.
  public var cause: String
  /// How long it took until all was done, the end of what is not due any more included, in milliseconds.
  public var milliseconds: Double
  /// How long it took until all that is due was in force and traffic was led there, in milliseconds; `nil` where it failed.
  public var enforcedMilliseconds: Double?
  /// Why it could not be brought about, if so; `from` is still in force then.
  public var failure: String?
  /// What its events have in common: `testudo events --correlation` shows them.
  public var correlation: String?
}

extension Orchestrator {
  /// The contextual attributes of everything; where a tenant or a service is named, what is seen there.
  public func context(of scope: ServiceScope = .everything) -> [String: String] {
    switch scope {
    case .everything: contextualAttributes[.everything]
    case .tenant:
      contextualAttributes[.everything].merging(contextualAttributes[scope]) { _, closer in closer }
    case .service(let service, let tenant): contextualAttributes.seen(by: service, of: tenant)
    }
  }

  /// Sets contextual attributes of everything, of a tenant or of a service; an empty value takes one away. Returns when
  /// every level that is due because of that is in force, and says which changed.
  public func setContext(
    _ attributes: [String: String], of scope: ServiceScope = .everything, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [LevelChange] {
    for name in attributes.keys {
      let isName = (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { Orchestrator.isNameByte($0) }
      guard isName else {
        throw .input("the attribute's name is `\(name)`, expected letters, digits, `_`, `-` and `.`, at most 64")
      }
    }
    return try await exclusively("context set", about: scope, progress: progress) {
      () throws(OrchestrationFault) in
      let (tenant, service) = try names(of: scope)
      let former = contextualAttributes
      let levels = declarations.mapValues { dueLevel(of: $0) }
      var operations: [State.Operation] = []
      var changed = former
      for (name, value) in attributes {
        operations.append(
          value.isEmpty ? .delete(key: scope.key(name)) : .put(key: scope.key(name), Array(value.utf8)))
        changed.set(name, to: value, in: scope)
      }
      let most = declarations.values.map { changed.seen(by: $0.name, of: $0.tenant).count }.max() ?? 0
      guard max(most, changed[scope].count) <= ContextualAttributes.limit else {
        throw .input("a service would see \(most) attributes, expected at most \(ContextualAttributes.limit)")
      }
      contextualAttributes = changed
      do throws(StateFault) {
        try environment.store.transact(if: [], operations)
      } catch {
        contextualAttributes = former
        throw .execution(error.reason)
      }
      await forgetAnswers(of: nil)
      let text = attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "informational", tenant: tenant, service: service, kind: "context-changed",
          message: text, details: attributes))
      for declaration in declarations.values where !declaration.isRemoved && declaration.scope.overlaps(scope) {
        noteChange(from: context(former, of: declaration), of: declaration, cause: text)
      }
      return await adapt(scope, from: levels, cause: text, progress: progress)
    }
  }

  /// The names in a scope, as events have them. The service must be up, since what is said of one goes with it.
  private func names(of scope: ServiceScope) throws(OrchestrationFault) -> (tenant: String, service: String) {
    switch scope {
    case .everything: return ("", "")
    case .tenant(let tenant):
      guard DecisionPoints.isName(tenant) else {
        throw .input(
          "the tenant's name is `\(tenant)`, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
      }
      return (tenant, "")
    case .service(let service, let tenant):
      _ = try declaration(service, tenant: tenant)
      return (tenant, service)
    }
  }

  /// Takes the attributes of a service away that is gone. Gives what has to be done to the store for that.
  func forgettingContext(of declaration: ServiceDeclaration) -> [State.Operation] {
    let scope = ServiceScope.service(declaration.name, tenant: declaration.tenant)
    return contextualAttributes.forget(scope).map { .delete(key: scope.key($0)) }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x5F, 0x2D, 0x2E: true
    default: false
    }
  }

  /// The level that is due to a service now.
  func dueLevel(of declaration: ServiceDeclaration) -> String {
    declaration.service.dueLevel(context: context(of: declaration), setByHand: declaration.level).name
  }

  /// Brings every service in a scope to the level due in the present context. `former` has those that were due before, by
  /// the keys of the declarations.
  private func adapt(
    _ scope: ServiceScope, from former: [String: String], cause: String, progress: @Sendable (StepOutcome) -> Void
  ) async -> [LevelChange] {
    var changes: [LevelChange] = []
    for declaration in declarations.values.sorted(by: { $0.key < $1.key })
    where !declaration.isRemoved && declaration.scope.overlaps(scope) {
      let service = declaration.service
      let new = dueLevel(of: declaration)
      let old = former[declaration.key] ?? new
      let trigger = service.triggers.first { $0.level == new && $0.level != service.initialLevel.name }
      let change = await change(
        declaration, from: old, cause: trigger.map { "trigger `\($0.name)`: \(cause)" } ?? cause, progress: progress)
      if old != new || change.failure != nil { changes.append(change) }
    }
    return changes
  }

  /// Sets a service's level by hand, or leaves it to triggers again.
  public func setLevel(
    _ level: String?, of name: String, tenant: String, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> LevelChange {
    let subject = ServiceScope.service(name, tenant: tenant)
    return try await exclusively("level set", about: subject, progress: progress) { () throws(OrchestrationFault) in
      var declaration = try declaration(name, tenant: tenant)
      let service = declaration.service
      if let level, service.level(level) == nil {
        let names = service.levels.map(\.name).joined(separator: ", ")
        throw .input("there is no level `\(level)` in `\(name)`, expected one of \(names)")
      }
      let old = dueLevel(of: declaration)
      let former = declaration.level
      declaration.level = level
      try store(declaration)
      let change = await change(
        declaration, from: old, cause: level == nil ? "left to triggers" : "set by hand", progress: progress)
      if let failure = change.failure {
        // What is in force is what is declared: whoever asked was told that it failed.
        declaration.level = former
        await rollBack(declaration, to: declaration, progress: progress)
        throw .execution(failure)
      }
      return change
    }
  }

  /// Brings one service to its due level and tells what that led to.
  func change(
    _ declaration: ServiceDeclaration, from old: String, cause: String, progress: @Sendable (StepOutcome) -> Void
  ) async -> LevelChange {
    let clock = ContinuousClock()
    let start = clock.now
    let new = dueLevel(of: declaration)
    var change = LevelChange(
      tenant: declaration.tenant, service: declaration.name, from: old, to: new, cause: cause, milliseconds: 0,
      correlation: Correlation.current)
    do throws(OrchestrationFault) {
      let resolved = try resolver.resolve(declaration, context: context(of: declaration))
      try await bring(declaration, to: resolved, progress: progress)
    } catch {
      change.failure = error.message
      // It stays due.
      retry(declaration.key)
    }
    let end = clock.now
    change.milliseconds = Double((end - start) / .microseconds(1)) / 1000
    if change.failure == nil {
      let enforced = await controllers[declaration.key]?.enforcedAt ?? end
      change.enforcedMilliseconds = Double((enforced - start) / .microseconds(1)) / 1000
    }
    if old != new {
      var details = ["from": old, "to": new, "milliseconds": String(change.milliseconds)]
      details["enforcedMilliseconds"] = change.enforcedMilliseconds.map { String($0) }
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: change.failure == nil ? "low" : "high", tenant: declaration.tenant,
          service: declaration.name, kind: change.failure == nil ? "level-changed" : "level-change-failed",
          message: "\(old) to \(new): \(change.failure ?? cause)",
          details: details))
    }
    // Levels and settings first: what is done once is done to what they made.
    followRuns(of: declaration.key)
    return change
  }
}
