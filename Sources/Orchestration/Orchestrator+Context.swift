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
  /// How long it took until every unikernel reported the new protection, in milliseconds.
  public var milliseconds: Double
  /// Why it could not be brought about, if so; `from` is still in force then.
  public var failure: String?
  /// What its events have in common: `testudo events --correlation` shows them.
  public var correlation: String?
}

extension Orchestrator {
  /// The contextual attributes.
  public func context() -> [String: String] { contextualAttributes }

  /// Sets contextual attributes; an empty value takes one away. Returns when every level that is due because of that is in
  /// force, and says which changed.
  public func setContext(
    _ attributes: [String: String], progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [LevelChange] {
    for name in attributes.keys {
      let isName = (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { Orchestrator.isNameByte($0) }
      guard isName else {
        throw .input("the attribute's name is `\(name)`, expected letters, digits, `_`, `-` and `.`, at most 64")
      }
    }
    return try await exclusively { () throws(OrchestrationFault) in
      let former = contextualAttributes
      var operations: [State.Operation] = []
      for (name, value) in attributes {
        let key = Orchestrator.contextPrefix + name
        operations.append(value.isEmpty ? .delete(key: key) : .put(key: key, Array(value.utf8)))
        contextualAttributes[name] = value.isEmpty ? nil : value
      }
      do throws(StateFault) {
        try environment.store.transact(if: [], operations)
      } catch {
        contextualAttributes = former
        throw .execution(error.reason)
      }
      let text = attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "informational", tenant: "", service: "", kind: "context-changed",
          message: text, details: attributes))
      for declaration in declarations.values where !declaration.isRemoved {
        noteChange(from: context(former, of: declaration), of: declaration)
      }
      return await adapt(from: former, cause: text, progress: progress)
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x5F, 0x2D, 0x2E: true
    default: false
    }
  }

  /// Brings every service to the level due in the present context.
  private func adapt(
    from former: [String: String], cause: String, progress: @Sendable (StepOutcome) -> Void
  ) async -> [LevelChange] {
    var changes: [LevelChange] = []
    for declaration in declarations.values.sorted(by: { $0.key < $1.key }) where !declaration.isRemoved {
      let service = declaration.service
      let old = service.dueLevel(context: context(former, of: declaration), setByHand: declaration.level).name
      let new = service.dueLevel(context: context(of: declaration), setByHand: declaration.level).name
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
    try await exclusively { () throws(OrchestrationFault) in
      var declaration = try declaration(name, tenant: tenant)
      let service = declaration.service
      if let level, service.level(level) == nil {
        let names = service.levels.map(\.name).joined(separator: ", ")
        throw .input("there is no level `\(level)` in `\(name)`, expected one of \(names)")
      }
      let old = service.dueLevel(context: context(of: declaration), setByHand: declaration.level).name
      declaration.level = level
      try store(declaration)
      let change = await change(
        declaration, from: old, cause: level == nil ? "left to triggers" : "set by hand", progress: progress)
      if let failure = change.failure { throw .execution(failure) }
      return change
    }
  }

  /// Brings one service to its due level and tells what that led to.
  func change(
    _ declaration: ServiceDeclaration, from old: String, cause: String, progress: @Sendable (StepOutcome) -> Void
  ) async -> LevelChange {
    let clock = ContinuousClock()
    let start = clock.now
    let new = declaration.service.dueLevel(context: context(of: declaration), setByHand: declaration.level).name
    var change = LevelChange(
      tenant: declaration.tenant, service: declaration.name, from: old, to: new, cause: cause, milliseconds: 0,
      correlation: Correlation.current)
    do throws(OrchestrationFault) {
      let resolved = try resolver.resolve(declaration, context: context(of: declaration))
      try await bring(declaration, to: resolved, progress: progress)
    } catch {
      change.failure = error.message
    }
    change.milliseconds = Double((clock.now - start) / .microseconds(1)) / 1000
    if old != new {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: change.failure == nil ? "low" : "high", tenant: declaration.tenant,
          service: declaration.name, kind: change.failure == nil ? "level-changed" : "level-change-failed",
          message: "\(old) to \(new): \(change.failure ?? cause)",
          details: ["from": old, "to": new, "milliseconds": String(change.milliseconds)]))
    }
    return change
  }
}
