import Foundation
import SecTOSCA
import State

// Triggers that wait for events, and levels that stay for a while.

extension Orchestrator {
  static let holdsPrefix = "holds/"

  /// The contextual attributes as a service's triggers see them: with what is held of it.
  func context(of declaration: ServiceDeclaration) -> [String: String] {
    context(contextualAttributes, of: declaration)
  }

  /// Given attributes as a service's triggers see them.
  func context(_ attributes: [String: String], of declaration: ServiceDeclaration) -> [String: String] {
    attributes.merging(holds.attributes(of: declaration.service, key: declaration.key, now: Date())) { own, _ in own }
  }

  /// Counts an event of a service, and changes its level where that is enough for a trigger.
  func happened(_ kind: SecurityEventKind, to name: String, tenant: String) {
    let key = ServiceDeclaration.key(tenant: tenant, name: name)
    guard let declaration = declarations[key], !declaration.isRemoved else { return }
    let before = context(of: declaration)
    let fired = holds.note(kind, in: declaration.service, key: key, context: contextualAttributes, now: Date())
    guard !fired.isEmpty else { return }
    storeHolds(of: key)
    for trigger in fired {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "medium", tenant: tenant, service: name, kind: "trigger-fired",
          message: "`\(trigger.name)`: \(trigger.events?.summary ?? kind.rawValue)",
          details: ["trigger": trigger.name, "level": trigger.level]))
    }
    let cause = fired.map { "trigger `\($0.name)`: \($0.events?.summary ?? kind.rawValue)" }.joined(separator: "; ")
    followHolds(of: key, from: before, cause: cause)
  }

  /// Brings a service to the level due now, in its turn, and sees to it that this happens again when a hold ends.
  private func followHolds(of key: String, from former: [String: String], cause: String) {
    scheduleHoldEnd(of: key)
    Task {
      await commands.enter()
      if let declaration = declarations[key], !declaration.isRemoved {
        let old = declaration.service.dueLevel(context: former, setByHand: declaration.level).name
        _ = await change(declaration, from: old, cause: cause) { _ in }
      }
      await commands.leave()
    }
  }

  /// Waits for the next of a service's holds to end.
  func scheduleHoldEnd(of key: String) {
    holdEnds[key]?.cancel()
    holdEnds[key] = nil
    guard let end = holds.nextEnd(of: key, after: Date()) else { return }
    holdEnds[key] = Task { [weak self] in
      try? await Task.sleep(for: .seconds(max(0.01, end.timeIntervalSinceNow)))
      guard !Task.isCancelled else { return }
      await self?.holdEnded(key)
    }
  }

  private func holdEnded(_ key: String) {
    guard let declaration = declarations[key], !declaration.isRemoved else { return }
    let now = Date()
    var former = context(of: declaration)
    let over = holds.forgetEnded(of: key, now: now)
    guard !over.isEmpty else { return scheduleHoldEnd(of: key) }
    for subject in over { former[AdaptationTrigger.holdPrefix + subject.trigger] = AdaptationTrigger.held }
    storeHolds(of: key, forgetting: over)
    let names = over.map { "`\($0.trigger)`" }.sorted().joined(separator: ", ")
    followHolds(of: key, from: former, cause: "the time of trigger \(names) is over")
  }

  // MARK: Storing

  /// Stores until when a service's levels are held, so that a control plane that is started again holds them as long.
  func storeHolds(of key: String, forgetting over: [TriggerHolds.Subject] = []) {
    let puts = holds.ends.filter { $0.key.service == key }.map { subject, end in
      State.Operation.put(
        key: Self.holdsPrefix + subject.service + "/" + subject.trigger,
        Array(Timestamp.text(milliseconds: UInt64(max(0, end.timeIntervalSince1970 * 1000))).utf8))
    }
    let deletes = over.map { State.Operation.delete(key: Self.holdsPrefix + $0.service + "/" + $0.trigger) }
    do throws(StateFault) {
      try environment.store.transact(if: [], puts + deletes)
    } catch {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "medium", tenant: "", service: "", kind: "state-failed",
          message: "what triggers hold cannot be stored: \(error.reason)"))
    }
  }
}

extension TriggerHolds {
  /// A hold as it is stored.
  struct Hold {
    var subject: Subject
    var end: Date

    /// Reads what `storeHolds` wrote.
    init?(_ value: StoredValue) {
      let path = value.key.dropFirst(Orchestrator.holdsPrefix.count)
      guard let slash = path.lastIndex(of: "/"), let end = Timestamp.date(String(decoding: value.bytes, as: UTF8.self))
      else { return nil }
      subject = Subject(service: String(path[..<slash]), trigger: String(path[path.index(after: slash)...]))
      self.end = end
    }
  }
}
