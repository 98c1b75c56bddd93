import Foundation
import Hosting
import ImageGeneration
import Interchange
import SecTOSCA
import State

/// Brings one service to what it should be and keeps it there. It observes, asks the planner for the next step, carries
/// it out, and repeats; what it has done is in the store and on the host, so that another controller can go on where one
/// was killed.
actor ServiceController {
  let environment: OrchestrationEnvironment
  let tenant: String
  let name: String
  let network: ServiceNetwork
  let signer: ControlSigner
  let journal: Journal
  /// Answers what images ask of the decision point.
  let desk: DecisionDesk
  /// What is told when something of the service ends by itself; the event is `nil` where it is no instance.
  let lost: @Sendable (_ event: [String: String]?, _ service: String, _ tenant: String) async -> Void
  /// What is told when an image reports something that triggers may wait for.
  let noticed:
    @Sendable (_ kind: SecurityEventKind, _ event: [String: String], _ service: String, _ tenant: String) async -> Void

  var observed = ObservedService() {
    didSet { observations += 1 }
  }
  /// How often what is observed was written.
  private var observations = 0
  /// What the service came to be last, and how much had been observed then: for as long as both are the same, planning, which
  /// depends on nothing else, finds nothing to do.
  private var settled: (resolution: ResolutionIdentity, observations: Int)?
  var records: [String: InstanceRecord] = [:]
  var memories: [String: InstanceMemory] = [:]
  var channels: [String: any InstanceChannel] = [:]
  var forwarder: PortForwarder?
  var published: [String: String] = [:]
  /// Where resources were published by a forwarder that ended: the next one listens there again, if that can be.
  var formerlyPublished: [String: String] = [:]
  var resolved: ResolvedService?
  var stopping: Set<String> = []
  /// Instances that were on their way out when the control plane ended: whether they were told, and are done, is unknown.
  var undrained: Set<String> = []
  var waiting: [String: AsyncStream<Report>.Continuation] = [:]
  /// What the last check of each instance's memory found.
  var integrity: [String: IntegrityStatus] = [:]
  /// What must be in the memory of the instances of each image.
  var references: [String: [ReferenceSegment]] = [:]
  /// How well the pool served.
  var poolCounts = PoolCounts()
  /// The recipes whose images were linked in the present convergence.
  var linked: Set<String> = []
  /// The instances that are being probed, with the events that came of it.
  var probed: [String: [SecurityEvent]] = [:]
  /// The instances that wait for a change of level; they are among `records`, and not observed.
  var standby: [String: StandbyInstance] = [:]
  /// When the present convergence began to get rid of what is not due any more; all that is due was in force then.
  var enforcedAt: ContinuousClock.Instant?
  /// Enforcement points that are being asked to acknowledge a renewal.
  var unrenewed: Set<String> = []
  /// When each instance last proved that it has what it was sent, by the clock that nobody can set and as text.
  var heard: [String: (at: ContinuousClock.Instant, time: String)] = [:]
  var lastHost = 1
  /// The control group that instances are started in.
  private(set) var group: InstanceGroup?
  let gate = Gate()

  init(
    environment: OrchestrationEnvironment, tenant: String, name: String, journal: Journal,
    decisions: ImageDecisions, lost: @escaping @Sendable ([String: String]?, String, String) async -> Void,
    noticed: @escaping @Sendable (SecurityEventKind, [String: String], String, String) async -> Void
  ) {
    self.environment = environment
    self.tenant = tenant
    self.name = name
    self.journal = journal
    self.lost = lost
    self.noticed = noticed
    let signer = ControlSigner(key: environment.controlKey)
    self.signer = signer
    self.desk = DecisionDesk(decisions: decisions, signer: signer, tenant: tenant, service: name)
    self.network = ServiceNetwork(
      name: ServiceNetwork.name(for: [environment.home.path, tenant, name]), subnet: "10.77.0.0/24")
  }

  /// Has instances started in a control group from now on, or in none.
  func start(in group: InstanceGroup?) { self.group = group }

  // MARK: Converging

  /// Carries out steps until the service is what `desired` says; `nil` takes it down. Returns the steps.
  @discardableResult
  func converge(
    to desired: ResolvedService?, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [Action] {
    await gate.enter()
    let result: Result<[Action], OrchestrationFault>
    do throws(OrchestrationFault) {
      result = .success(try await run(desired, progress))
    } catch {
      result = .failure(error)
    }
    await gate.leave()
    return try result.get()
  }

  private func run(
    _ desired: ResolvedService?, _ progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [Action] {
    resolved = desired ?? resolved
    var actions: [Action] = []
    let clock = ContinuousClock()
    enforcedAt = nil
    if desired == nil { await endAllStandby() }
    noteImages()
    noteSigners()
    noteLifetimes()
    await noteWays()
    linked = []
    if let desired, let settled, settled.resolution === desired.identity, settled.observations == observations {
      return []
    }
    while case let pushed = try await pushTogether(desired, progress), !pushed.isEmpty { actions += pushed }
    while let action = Planner.nextAction(desired: desired?.desired, observed: observed) {
      let start = clock.now
      if enforcedAt == nil, action.step.isRetirement { enforcedAt = start }
      var failure: OrchestrationFault?
      progress(
        StepOutcome(
          service: name, text: action.step.summary, reason: action.reason, milliseconds: 0, isUnderWay: true))
      do throws(OrchestrationFault) {
        try await perform(action.step)
      } catch {
        failure = error
      }
      journal.record(report(action, Double((clock.now - start) / .microseconds(1)) / 1000, failure, progress))
      if let failure { throw failure }
      actions.append(action)
    }
    settled = desired.map { ($0.identity, observations) }
    return actions
  }

  /// Where nothing but settings differ, as when policies are applied, or a level needs no other images, instances are told
  /// at once: none has to wait for another, and one that does not answer keeps none from it.
  private func pushTogether(
    _ desired: ResolvedService?, _ progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [Action] {
    guard let desired else { return [] }
    let plan = Planner.independentPushes(desired: desired.desired, observed: observed)
    guard !plan.isEmpty else { return [] }
    let clock = ContinuousClock()
    let outcomes = await withTaskGroup(of: (Int, Double, OrchestrationFault?).self) { group in
      for (index, action) in plan.enumerated() {
        group.addTask {
          let start = clock.now
          var failure: OrchestrationFault?
          do throws(OrchestrationFault) {
            if case .push(let id, _, let run) = action.step { try await self.push(id, run, isStored: false) }
          } catch {
            failure = error
          }
          return (index, Double((clock.now - start) / .microseconds(1)) / 1000, failure)
        }
      }
      var all: [(Int, Double, OrchestrationFault?)] = []
      for await outcome in group { all.append(outcome) }
      return all
    }
    // One transaction for all: the acknowledgements that are still to come do not wait for the store.
    try storeMemories(
      of: plan.compactMap { if case .push(let id, _, _) = $0.step { id } else { nil } })
    var first: OrchestrationFault?
    var events: [EventRecord] = []
    for (index, milliseconds, failure) in outcomes.sorted(by: { $0.0 < $1.0 }) {
      events.append(report(plan[index], milliseconds, failure, progress))
      first = first ?? failure
    }
    journal.record(events)
    if let first { throw first }
    return plan
  }

  /// Says that a step was carried out or failed. Returns the event that is to be recorded.
  private func report(
    _ action: Action, _ milliseconds: Double, _ failure: OrchestrationFault?,
    _ progress: @Sendable (StepOutcome) -> Void
  ) -> EventRecord {
    let text = describe(action.step)
    progress(
      StepOutcome(
        service: name, text: text, reason: action.reason, milliseconds: milliseconds, failure: failure?.message))
    return EventRecord(action, text: text, milliseconds: milliseconds, failure: failure, tenant: tenant, service: name)
  }

  /// What `converge` would do.
  func plan(to desired: ResolvedService?) async -> [Action] {
    resolved = desired ?? resolved
    noteImages()
    noteSigners()
    await noteWays()
    return Planner.plan(desired: desired?.desired, observed: observed)
  }

  // MARK: Taking up what survived

  /// Finds what runs of this service, after the control plane was started again.
  func recover(_ survivors: [InstanceRecord]) async {
    observed.hasNetwork = FileManager.default.fileExists(atPath: network.path)
    if let running = await environment.host.runningForwarder(for: network) {
      use(running)
    }
    for record in survivors.sorted(by: { ($0.started, $0.id) < ($1.started, $1.id) }) {
      await adopt(record)
    }
    await notePublications()
  }

  private func adopt(_ record: InstanceRecord) async {
    guard let memory = InstanceMemory.read(record.id, from: environment.store),
      let channel = try? await environment.host.adopt(record)
    else {
      // It was being started when the control plane ended: nobody relies on it, and another will be started.
      try? await environment.host.stop(record.id)
      return
    }
    records[record.id] = record
    memories[record.id] = memory
    channels[record.id] = channel
    if let last = Int(record.host.split(separator: ".").last ?? "") { lastHost = max(lastHost, last) }
    observed.instances.append(
      ObservedInstance(
        id: record.id, resource: record.resource, recipe: record.recipe, bootSettings: record.bootSettings,
        state: memory.quarantine != nil ? .quarantined : memory.isDraining ? .draining : .ready, run: memory.run,
        withdrawal: memory.withdrawal))
    listen(to: channel, id: record.id)
    if memory.isDraining { undrained.insert(record.id) }
    if memory.quarantine != nil {
      // It stands still and answers nothing. Whatever happened meanwhile, it is off the network.
      try? await environment.host.isolate(record.id)
      return
    }
    // It must answer before it counts.
    do throws(OrchestrationFault) {
      _ = try await tell(record.id, .query, payload: [])
    } catch {
      setState(record.id, .failed)
    }
  }

  // MARK: Reports

  func listen(to channel: any InstanceChannel, id: String) {
    let reports = channel.reports
    let desk = desk
    let record = records[id]
    let (noticed, name, tenant) = (noticed, name, tenant)
    // Not on this actor, whose steps may take long: a request waits for each answer.
    Task.detached {
      for await report in reports {
        if case .question(let question) = report, let record {
          desk.answer(question, of: record, over: channel)
          continue
        }
        // What an image tells of is a cause: what comes of it has its identifier.
        await Correlation.begin {
          let isOfProbe = await self.receive(report, from: id)
          // What a probe led to is no cause of anything.
          if case .event(let event) = report, !isOfProbe,
            let kind = SecurityEventKind(module: event.module.description, action: event.action.description)
          {
            await noticed(kind, kind.fields(of: event, from: record), name, tenant)
          }
        }
      }
      await Correlation.begin { await self.ended(id) }
    }
  }

  /// Takes a report; whether it is an event that a probe led to.
  private func receive(_ report: Report, from id: String) -> Bool {
    waiting[id]?.yield(report)
    switch report {
    case .event(let event):
      if isOfProbe(event, from: id) {
        probed[id]?.append(event)
        return true
      }
      journal.record(event, instance: records[id], tenant: tenant, service: name)
    case .drained where memories[id]?.isDraining == true:
      setState(id, .drained)
    case .failed(let reason):
      journal.record(failure: reason.description, instance: records[id], tenant: tenant, service: name)
    case .refused(_, let reason):
      journal.record(refusal: reason.description, instance: records[id], tenant: tenant, service: name)
    case .drained:
      // One that was stopped on its way out says so when it goes on, also where it was let serve again meanwhile.
      break
    case .ready, .acknowledged, .status, .dropped, .question:
      break
    }
    return false
  }

  private func ended(_ id: String) async {
    waiting[id]?.finish()
    channels[id] = nil
    guard records[id] != nil, !stopping.contains(id) else { return }
    if standby[id] != nil { return await standbyEnded(id) }
    if memories[id]?.quarantine != nil { return await quarantineEnded(id) }
    let state = await environment.host.observed(id)
    let how = if case .exited(let text) = state { text } else { "its control channel ended" }
    journal.record(
      failure: how.trimmingCharacters(in: .whitespacesAndNewlines), instance: records[id], tenant: tenant, service: name
    )
    setState(id, .failed)
    await lost(["instance": id, "resource": records[id]?.resource ?? ""], name, tenant)
  }

  func setState(_ id: String, _ state: ObservedInstance.State) {
    guard let index = observed.instances.firstIndex(where: { $0.id == id }) else { return }
    observed.instances[index].state = state
  }
}
