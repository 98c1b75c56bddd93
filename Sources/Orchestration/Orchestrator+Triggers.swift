import Foundation
import ImageGeneration
public import SecTOSCA
import State

// Triggers that wait for events or follow the state of their service, and levels that stay for a while.

extension Orchestrator {
  static let holdsPrefix = "holds/"

  /// The contextual attributes as a service's triggers see them: with what is held of it.
  func context(of declaration: ServiceDeclaration) -> [String: String] {
    context(contextualAttributes, of: declaration)
  }

  /// Given attributes as a service's triggers see them.
  func context(_ attributes: ContextualAttributes, of declaration: ServiceDeclaration) -> [String: String] {
    context(attributes, state(of: declaration, at: Date()), of: declaration)
  }

  private func context(
    _ attributes: ContextualAttributes, _ state: ServiceState, of declaration: ServiceDeclaration
  ) -> [String: String] {
    let held = holds.attributes(of: declaration.service, key: declaration.key, now: Date())
    return attributes.seen(by: declaration.name, of: declaration.tenant).merging(held) { own, _ in own }
      .merging(declaration.service.attributes(of: state)) { own, _ in own }
  }

  private func state(of declaration: ServiceDeclaration, at date: Date) -> ServiceState {
    ServiceState(
      phase: declaration.phase ?? .run, hasOpenNotice: noticed.contains(declaration.key),
      second: Int(date.timeIntervalSince1970.rounded(.down)))
  }

  /// Has triggers take note of what a service's context has changed to: what begins to hold may stay for a while.
  func noteChange(from former: [String: String], of declaration: ServiceDeclaration, cause: String) {
    holds.note(
      change: former, to: context(of: declaration), in: declaration.service, key: declaration.key, now: Date())
    storeHolds(of: declaration.key)
    noteEdges(of: declaration, cause: cause)
    scheduleChange(of: declaration.key)
  }

  // MARK: Phases and notices

  /// Says in what phase of its life a service is, and brings it to the level that is due then.
  public func setPhase(
    _ phase: OrchestrationPhase, of name: String, tenant: String, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> LevelChange {
    let scope = ServiceScope.service(name, tenant: tenant)
    return try await exclusively("phase set", about: scope, progress: progress) { () throws(OrchestrationFault) in
      var declaration = try declaration(name, tenant: tenant)
      let former = context(of: declaration)
      let old = declaration.service.dueLevel(context: former, setByHand: declaration.level).name
      let before = declaration.phase ?? .run
      declaration.phase = phase
      try store(declaration)
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "informational", tenant: tenant, service: name, kind: "phase-changed",
          message: "\(before.rawValue) to \(phase.rawValue)",
          details: ["from": before.rawValue, "to": phase.rawValue]))
      noteChange(from: former, of: declaration, cause: "phase \(phase.rawValue)")
      let change = await change(declaration, from: old, cause: "phase \(phase.rawValue)", progress: progress)
      if let failure = change.failure { throw .execution(failure) }
      return change
    }
  }

  /// Looks whether an open notice concerns a service.
  func noteNotices(of declaration: ServiceDeclaration) {
    guard declaration.service.followsNotices, resolver.needsVulnerable(declaration) else {
      noticed.remove(declaration.key)
      return
    }
    noticed.insert(declaration.key)
  }

  /// Brings every service to what is due after vulnerability notices were taken in, accepted or forgotten: modules with a
  /// known vulnerability are replaced where others do, and levels follow.
  public func noticesChanged(progress: @Sendable (StepOutcome) -> Void) async -> [LevelChange] {
    await inTurn("notices", about: .everything, progress: progress) {
      await Correlation.continuing { await followNotices(progress) }
    }
  }

  private func followNotices(_ progress: @Sendable (StepOutcome) -> Void) async -> [LevelChange] {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "informational", tenant: "", service: "", kind: "notices-changed",
        message: "vulnerability notices were taken in, accepted or forgotten"))
    var changes: [LevelChange] = []
    for declaration in declarations.values.sorted(by: { $0.key < $1.key }) where !declaration.isRemoved {
      let former = context(of: declaration)
      let old = declaration.service.dueLevel(context: former, setByHand: declaration.level).name
      noteNotices(of: declaration)
      noteChange(from: former, of: declaration, cause: "vulnerability notices changed")
      let change = await change(declaration, from: old, cause: "vulnerability notices changed", progress: progress)
      if change.from != change.to || change.failure != nil { changes.append(change) }
      sayWhatStays(in: declaration)
    }
    return changes
  }

  /// Says plainly which modules with a known vulnerability a service goes on with, since nothing can take their place.
  private func sayWhatStays(in declaration: ServiceDeclaration) {
    guard let resolved = try? resolver.resolve(declaration, context: context(of: declaration)) else { return }
    for (resource, modules) in resolver.flaws(in: resolved).sorted(by: { $0.key < $1.key }) {
      let names = modules.map(\.description).sorted().joined(separator: ", ")
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "high", tenant: declaration.tenant, service: declaration.name,
          resource: resource, kind: "vulnerability-remains",
          message: "an open notice warns of \(names), and nothing can take the place: it goes on",
          details: ["modules": names]))
    }
  }

  // MARK: Events

  /// Counts an event of a service, and changes its level where that is enough for a trigger.
  func happened(_ kind: SecurityEventKind, to name: String, tenant: String, event: [String: String] = [:]) {
    let key = ServiceDeclaration.key(tenant: tenant, name: name)
    guard let declaration = declarations[key], !declaration.isRemoved else { return }
    let before = context(of: declaration)
    let fired = holds.note(
      kind, in: declaration.service, key: key,
      context: before.merging(ServiceState.attributes(ofEvent: event)) { own, _ in own }, event: event, now: Date())
    guard !fired.isEmpty else { return storeCounts() }
    let causes = fired.map { $0.trigger.events?.summary ?? kind.rawValue }
    let begun = zip(fired, causes).compactMap { fired, cause in
      begin(fired.trigger, of: declaration, event: event, cause: cause)
    }
    // With what they do: whatever ends in between, either both are known or neither.
    storeHolds(of: key, beginning: begun)
    let cause = zip(fired, causes).map { "trigger `\($0.trigger.name)`: \($1)" }.joined(separator: "; ")
    followHolds(of: key, from: before, cause: cause)
  }

  /// Brings a service to the level due now, in its turn, and sees to it that this happens again when a hold ends.
  private func followHolds(of key: String, from former: [String: String], cause: String) {
    scheduleChange(of: key)
    guard let scope = declarations[key]?.scope else { return }
    Task {
      await inTurn("trigger", about: scope) {
        guard let declaration = declarations[key], !declaration.isRemoved else { return }
        let old = declaration.service.dueLevel(context: former, setByHand: declaration.level).name
        _ = await change(declaration, from: old, cause: cause) { _ in }
      }
    }
  }

  // MARK: Time

  /// Waits for the next of a service's holds to end, or for the next of its windows of time to begin or end.
  func scheduleChange(of key: String) {
    changes[key]?.cancel()
    changes[key] = nil
    guard let declaration = declarations[key], !declaration.isRemoved else { return }
    let now = Date()
    let window = declaration.service.nextWindowChange(after: Int(now.timeIntervalSince1970.rounded(.down)))
      .map { Date(timeIntervalSince1970: Double($0)) }
    let revocation = declaration.revocations?.compactMap(\.until).min().map { Date(timeIntervalSince1970: Double($0)) }
    guard let next = [holds.nextEnd(of: key, after: now), window, revocation].compactMap(\.self).min() else { return }
    // A clock that is set anew is noticed at last after so long.
    let wait = min(Self.longestWait, max(0.01, next.timeIntervalSince(now)))
    changes[key] = Task { [weak self] in
      try? await Task.sleep(for: .seconds(wait))
      guard !Task.isCancelled else { return }
      await Correlation.begin { await self?.timePassed(of: key, since: now) }
    }
  }

  /// In seconds.
  private static let longestWait = 60.0

  private func timePassed(of key: String, since then: Date) {
    guard let declaration = declarations[key], !declaration.isRemoved else { return }
    var former = context(contextualAttributes, state(of: declaration, at: then), of: declaration)
    let over = holds.forgetEnded(of: key, now: Date())
    let lifted = liftEndedRevocations(of: key)
    for subject in over { former[AdaptationTrigger.holdPrefix + subject.trigger] = AdaptationTrigger.held }
    let present = context(of: declaration)
    guard !over.isEmpty || !lifted.isEmpty || present != former else { return scheduleChange(of: key) }
    storeHolds(of: key, forgetting: over)
    let names = over.map { "`\($0.trigger)`" }.sorted().joined(separator: ", ")
    let windows = declaration.service.triggers.filter { trigger in
      trigger.window != nil && trigger.conditionsHold(in: former) != trigger.conditionsHold(in: present)
    }
    let causes =
      windows.map { "trigger `\($0.name)`: it is \($0.conditionsHold(in: present) ? "" : "no longer ")the time" }
      + (names.isEmpty ? [] : ["the time of trigger \(names) is over"]) + lifted
    noteChange(from: former, of: declaration, cause: causes.joined(separator: "; "))
    followHolds(of: key, from: former, cause: causes.joined(separator: "; "))
  }

  // MARK: Storing

  /// Stores until when a service's levels are held, so that a control plane that is started again holds them as long.
  func storeHolds(
    of key: String, forgetting over: [TriggerHolds.Subject] = [], beginning begun: [TriggerRun] = []
  ) {
    let puts = holds.ends.filter { $0.key.service == key }.map { subject, end in
      State.Operation.put(
        key: Self.holdsPrefix + subject.path,
        Array(Timestamp.text(milliseconds: UInt64(max(0, end.timeIntervalSince1970 * 1000))).utf8))
    }
    do throws(StateFault) {
      try environment.store.transact(
        if: [],
        puts + over.map(Self.forgetting) + begun.compactMap(\.stored) + holds.takeChangedCounts().map(\.stored))
    } catch {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "medium", tenant: "", service: "", kind: "state-failed",
          message: "what triggers hold cannot be stored: \(error.reason)"))
    }
  }

  /// Stores what triggers count, so that a control plane that is started again counts on.
  private func storeCounts() {
    let changes = holds.takeChangedCounts().map(\.stored)
    guard !changes.isEmpty else { return }
    do throws(StateFault) {
      try environment.store.transact(if: [], changes)
    } catch {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "medium", tenant: "", service: "", kind: "state-failed",
          message: "what triggers count cannot be stored: \(error.reason)"))
    }
  }

  /// Forgets what is held and counted of a service that is gone. Gives what has to be done to the store for that.
  func forgettingHolds(of key: String) -> [State.Operation] {
    holds.forget(key).map(Self.forgetting) + holds.takeChangedCounts().map(\.stored)
  }

  private static func forgetting(_ hold: TriggerHolds.Subject) -> State.Operation {
    .delete(key: holdsPrefix + hold.path)
  }
}

extension TriggerHolds {
  /// A hold as it is stored.
  struct Hold {
    var subject: Subject
    var end: Date

    /// Reads what `storeHolds` wrote.
    init?(_ value: StoredValue) {
      guard let subject = Subject(path: value.key.dropFirst(Orchestrator.holdsPrefix.count)),
        let end = Timestamp.date(String(decoding: value.bytes, as: UTF8.self))
      else { return nil }
      self.subject = subject
      self.end = end
    }
  }
}
