import Foundation
import SecTOSCA
import State

// What triggers do once, each time they begin to hold.

extension Orchestrator {
  /// Looks which triggers of a service begin to hold, and stores what they are to do. It is carried out by `followRuns`.
  func noteEdges(of declaration: ServiceDeclaration, cause: String) {
    let found = edges.note(declaration.service, key: declaration.key, context: context(of: declaration))
    let begun = found.begun.compactMap { begin($0, of: declaration, event: [:], cause: cause) }
    store(found.changes + begun.compactMap(\.stored), what: "what triggers hold")
  }

  /// A trigger begins to hold: that is an event, and what it has to do once is returned, to be stored with the cause.
  func begin(
    _ trigger: AdaptationTrigger, of declaration: ServiceDeclaration, event: [String: String], cause: String
  ) -> TriggerRun? {
    var details = event
    details["trigger"] = trigger.name
    details["level"] = trigger.level
    if trigger.acts { details["actions"] = trigger.actions.map(\.summary).joined(separator: "; ") }
    let correlation = Correlation.current ?? UUID().uuidString.lowercased()
    let fired = journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "medium", tenant: declaration.tenant, service: declaration.name,
        resource: event["resource"], instance: event["instance"], kind: "trigger-fired",
        message: "`\(trigger.name)`: \(cause)", details: details, correlation: correlation))
    guard trigger.acts else { return nil }
    let run = TriggerRun(
      id: UUID().uuidString.lowercased(), service: declaration.key, trigger: trigger.name, event: event, cause: cause,
      correlation: correlation, second: Int(Date().timeIntervalSince1970), notice: fired.ocsf)
    runs[declaration.key, default: []].append(run)
    return run
  }

  /// Carries out what triggers of a service have begun, in its turn among commands.
  func followRuns(of key: String) {
    guard runs[key]?.isEmpty == false, let scope = declarations[key]?.scope else { return }
    Task {
      await inTurn("what a trigger does", about: scope) {
        while let run = runs[key]?.first {
          await Correlation.$current.withValue(run.correlation) { await carryOut(run) }
        }
      }
    }
  }

  private func carryOut(_ begun: TriggerRun) async {
    var run = begun
    let trigger = declarations[run.service]?.service.triggers.first { $0.name == run.trigger }
    for (index, action) in (trigger?.actions ?? []).enumerated() where !action.isState {
      guard let trigger, await carryOut(action, at: String(index), &run, trigger) != nil else { break }
    }
    runs[run.service]?.removeAll { $0.id == run.id }
    store([.delete(key: run.key)], what: "that a trigger's actions are done")
  }

  /// Carries out one action, unless that was done before. Returns whether it succeeded; nil where the service is gone.
  private func carryOut(
    _ action: TriggerAction, at place: String, _ run: inout TriggerRun, _ trigger: AdaptationTrigger
  ) async -> Bool? {
    if let known = run.outcomes[place] { return known.succeeded }
    guard let declaration = declarations[run.service], !declaration.isRemoved else { return nil }
    var more: [State.Operation] = []
    var message: NotificationOutbox.Message?
    let outcome: TriggerRun.Outcome
    do throws(OrchestrationFault) {
      switch action {
      case .setLevel, .setParameter: return true
      case .revokeSessions(let principal):
        let name = try principal.map { text throws(OrchestrationFault) in try known(text, in: run) }
        outcome = try await revoke(
          .sessions(of: name), seconds: Self.longestSession, for: run, at: place, of: declaration)
      case .revokeCredentials(let credential, let seconds):
        let name = try known(credential.name, in: run)
        let subject: Revocation.Subject =
          switch credential {
          case .principal: .principal(name)
          case .apiKey: .apiKey(name)
          case .key: .key(name)
          }
        outcome = try await revoke(subject, seconds: seconds, for: run, at: place, of: declaration)
      case .replace(let target):
        outcome = try await withdraw(target, .stopped, at: place, &run, trigger, of: declaration)
      case .quarantine(let target):
        outcome = try await withdraw(target, .quarantined, at: place, &run, trigger, of: declaration)
      case .notify(let webhook):
        guard await !outbox.isFull else {
          throw .execution("\(NotificationOutbox.limit) messages wait already, and no more are taken")
        }
        let next = NotificationOutbox.Message(
          id: "\(run.id)-\(place.replacing("/", with: "-"))", tenant: declaration.tenant, service: declaration.name,
          trigger: trigger.name, correlation: run.correlation, webhook: webhook, body: run.notice, attempts: 0)
        more = [next.stored].compactMap(\.self)
        message = next
        outcome = .init(succeeded: true, message: "\(webhook.origin) is told")
      case .runWorkflow(let workflow):
        guard let succeeded = await carryOut(workflow, at: place, &run, trigger) else { return nil }
        outcome = .init(succeeded: succeeded, message: succeeded ? "it succeeded" : "a step of it failed")
      }
    } catch {
      outcome = .init(succeeded: false, message: error.message)
    }
    run.outcomes[place] = outcome
    record(outcome, of: action, trigger, run, declaration)
    store(more + [run.stored].compactMap(\.self), what: "what a trigger has done")
    if let message { await outbox.send(message) }
    return outcome.succeeded
  }

  /// Carries out the steps of a workflow: those that begin it, and those that others lead to, each once. What was done before
  /// is not done again, so that the same steps follow. Returns whether no failure was left without a step that follows it.
  private func carryOut(
    _ workflow: ActionWorkflow, at place: String, _ run: inout TriggerRun, _ trigger: AdaptationTrigger
  ) async -> Bool? {
    func holds(_ conditions: [ContextCondition], _ run: TriggerRun) -> Bool {
      guard let declaration = declarations[run.service] else { return false }
      let context = context(of: declaration)
      return conditions.allSatisfy { $0.holds(in: context) }
    }
    // What was found once stays: conditions may change while the workflow is under way.
    func decided(_ conditions: [ContextCondition], at place: String, _ run: inout TriggerRun) -> Bool {
      if conditions.isEmpty { return true }
      if let known = run.outcomes[place] { return known.succeeded }
      let outcome = TriggerRun.Outcome(succeeded: holds(conditions, run), message: "")
      run.outcomes[place] = outcome
      store([run.stored].compactMap(\.self), what: "what a trigger has done")
      return outcome.succeeded
    }
    guard decided(workflow.precondition, at: place + "/?", &run) else { return true }
    var reached = Set(workflow.firstSteps)
    var succeeded = true
    for step in workflow.steps where reached.contains(step.name) {
      let own = "\(place)/\(step.name)"
      var isDone = true
      if decided(step.filter, at: own + "/?", &run) {
        for (index, activity) in step.activities.enumerated() where isDone {
          guard let outcome = await carryOut(activity, at: "\(own)/\(index)", &run, trigger) else { return nil }
          isDone = outcome
        }
      }
      reached.formUnion(isDone ? step.onSuccess : step.onFailure)
      if !isDone, step.onFailure.isEmpty { succeeded = false }
    }
    return succeeded
  }

  private func known(_ text: ActionText, in run: TriggerRun) throws(OrchestrationFault) -> String {
    guard let known = text.text(in: run.event) else { throw .input("\(text.summary) is not known") }
    return known
  }

  private func record(
    _ outcome: TriggerRun.Outcome, of action: TriggerAction, _ trigger: AdaptationTrigger, _ run: TriggerRun,
    _ declaration: ServiceDeclaration
  ) {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: outcome.succeeded ? "medium" : "high", tenant: declaration.tenant,
        service: declaration.name, kind: outcome.succeeded ? "trigger-action" : "trigger-action-failed",
        message: "`\(trigger.name)`: \(action.summary): \(outcome.message)",
        details: ["trigger": trigger.name, "action": action.summary, "run": run.id]))
  }

  // MARK: Instances

  /// Has instances give their place to fresh ones. Which they are is stored first: however often that is begun anew, none but
  /// they are replaced.
  private func withdraw(
    _ target: InstanceTarget, _ fate: Withdrawal.Fate, at place: String, _ run: inout TriggerRun,
    _ trigger: AdaptationTrigger, of declaration: ServiceDeclaration
  ) async throws(OrchestrationFault) -> TriggerRun.Outcome {
    let controller = controller(declaration)
    let reference = InstanceReference(
      service: declaration.name, resource: try known(target.resource, in: run),
      instance: try target.instance.map { text throws(OrchestrationFault) in try known(text, in: run) })
    let serving = await controller.serving(reference)
    if run.targets[place] == nil {
      try checkInterval(of: trigger, for: run)
      run.targets[place] = serving
      let disruption = TriggerRun.Disruption(run: run.id, second: Int(Date().timeIntervalSince1970))
      let subject = TriggerHolds.Subject(service: run.service, trigger: trigger.name)
      disruptions[subject] = disruption
      let bytes = (try? JSONEncoder().encode(disruption)).map { [UInt8]($0) } ?? []
      store(
        [.put(key: TriggerRun.Disruption.prefix + subject.path, bytes)] + [run.stored].compactMap(\.self),
        what: "which instances a trigger is about")
    }
    let due = serving.filter { run.targets[place]?.contains($0) == true }
    guard !due.isEmpty else { return .init(succeeded: true, message: "none of them serves any more") }
    try await withdraw(
      due, of: declaration.name, tenant: declaration.tenant,
      Withdrawal(fate: fate, cause: "trigger `\(trigger.name)`: \(run.cause)"), progress: { _ in })
    return .init(succeeded: true, message: due.map { String($0.prefix(8)) }.joined(separator: ", "))
  }

  /// A trigger whose event comes back at once must not replace instances without end.
  private func checkInterval(of trigger: AdaptationTrigger, for run: TriggerRun) throws(OrchestrationFault) {
    let subject = TriggerHolds.Subject(service: run.service, trigger: trigger.name)
    guard let last = disruptions[subject], last.run != run.id else { return }
    let wait = last.second + trigger.minimumIntervalSeconds - Int(Date().timeIntervalSince1970)
    guard wait > 0 else { return }
    throw .input(
      "it did so less than \(trigger.minimumIntervalSeconds) s ago (`minimum_interval`), and may again in \(wait) s")
  }

  // MARK: Storing

  func store(_ operations: [State.Operation], what: String) {
    guard !operations.isEmpty else { return }
    do throws(StateFault) {
      try environment.store.transact(if: [], operations)
    } catch {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "high", tenant: "", service: "", kind: "state-failed",
          message: "\(what) cannot be stored: \(error.reason)"))
    }
  }

  /// Forgets what triggers of a service have begun that is gone. What webhooks are to be told is told all the same.
  func forgetRuns(of key: String) {
    var operations = edges.forget(key)
    for run in runs.removeValue(forKey: key) ?? [] { operations.append(.delete(key: run.key)) }
    for subject in disruptions.keys where subject.service == key {
      disruptions[subject] = nil
      operations.append(.delete(key: TriggerRun.Disruption.prefix + subject.path))
    }
    store(operations, what: "that a service is gone")
  }
}
