import Foundation
import Hosting
import ImageGeneration
import Interchange
import PolicyDecision
import SecTOSCA
import State
import TOSCA

/// The security orchestrator: holds what is declared, and sees to it that what runs is that, for as long as it is
/// declared. Every change is stored before it is carried out, so that an orchestrator that is killed and started again
/// ends in the state that was asked for.
public actor Orchestrator {
  let environment: OrchestrationEnvironment
  let resolver: ServiceResolver
  /// The event log.
  public nonisolated let journal: Journal
  /// The tenants' policy decision points.
  public nonisolated let decisionPoints: DecisionPoints
  /// The log of what they decided.
  public nonisolated let decisionLog: DecisionLog
  /// The tokens of callers of the API.
  public nonisolated let tokens: AccessTokens
  /// Who may send shared signals.
  public nonisolated let transmitters: Transmitters
  /// The rules of packet filters that commands led to.
  public nonisolated let packetRules: PacketFilterRules
  /// The tenants that were made.
  nonisolated let tenantBook: Tenants
  /// Answers images that ask.
  nonisolated let imageDecisions: ImageDecisions
  var declarations: [String: ServiceDeclaration] = [:]
  /// Keeps the versions of tenants' policies.
  let policyHistory: PolicyHistory
  /// The version that is due, or why it cannot be relied on, by tenant.
  var policyVersions: [String: Result<PolicyVersion, OrchestrationFault>] = [:]
  var controllers: [String: ServiceController] = [:]
  var contextualAttributes = ContextualAttributes() {
    didSet { imageDecisions.attributes = contextualAttributes }
  }
  /// What triggers count, and the levels that stay due for a while.
  var holds = TriggerHolds()
  /// Which triggers hold, of those that do something when they begin to.
  var edges = TriggerEdges()
  /// What triggers have begun to do and not done yet, by the keys of their services' declarations.
  var runs: [String: [TriggerRun]] = [:]
  /// When triggers last took instances away.
  var disruptions: [TriggerHolds.Subject: TriggerRun.Disruption] = [:]
  /// What is to be told to webhooks.
  nonisolated let outbox: NotificationOutbox
  /// The services that an open vulnerability notice concerns, by the keys of their declarations.
  var noticed: Set<String> = []
  var changes: [String: Task<Void, Never>] = [:]
  var renewals: [String: Task<Void, Never>] = [:]
  var enclosureWatches: [String: Task<Void, Never>] = [:]
  /// The control groups that running instances are known to be bounded by, by tenant.
  var boundGroups: [String: InstanceGroup] = [:]
  let bounding = Gate()
  var pool = ImagePool()
  var restarts: [String: Int] = [:]
  var expiries: [String: Task<Void, Never>] = [:]
  var integrityWatches: [String: [String: IntegrityWatch]] = [:]
  private var entropyRefresh: Task<Void, Never>?
  /// Waits for the next rule of packet filters to begin or to end.
  var packetRuleChange: Task<Void, Never>?
  /// The commands that are under way, and those that wait for them.
  var commands = CommandQueue<CheckedContinuation<Void, Never>>()

  /// An orchestrator over an environment, with what is stored there. Nothing is carried out before `recover`.
  public init(environment: OrchestrationEnvironment) throws(OrchestrationFault) {
    self.environment = environment
    self.policyHistory = PolicyHistory(store: environment.store, key: environment.controlKey)
    self.packetRules = try PacketFilterRules(store: environment.store)
    self.resolver = ServiceResolver(environment: environment, packetRules: packetRules, takesVulnerable: true)
    self.journal = Journal(store: environment.store)
    self.outbox = NotificationOutbox(store: environment.store, journal: journal)
    self.decisionPoints = try DecisionPoints(store: environment.store)
    self.decisionLog = DecisionLog(
      folder: environment.home.decisions, journal: journal, productVersion: Orchestrator.productVersion)
    self.imageDecisions = ImageDecisions(points: decisionPoints, log: decisionLog)
    self.transmitters = try Transmitters(store: environment.store)
    self.tenantBook = try Tenants(store: environment.store)
    self.tokens = try AccessTokens(store: environment.store, journal: journal)
    do throws(StateFault) {
      for value in try environment.store.values(under: ServiceDeclaration.prefix) {
        if var declaration = try? JSONDecoder().decode(ServiceDeclaration.self, from: Data(value.bytes)) {
          let folder = environment.home.template(tenant: declaration.tenant, service: declaration.name)
          declaration.service = TemplateCopy.find(declaration.service, in: folder)
          declarations[declaration.key] = declaration
        }
      }
      for value in try environment.store.values(under: ServiceScope.prefix) {
        guard let (scope, name) = ServiceScope.read(value.key) else { continue }
        contextualAttributes.set(name, to: String(decoding: value.bytes, as: UTF8.self), in: scope)
      }
      for value in try environment.store.values(under: Orchestrator.holdsPrefix) {
        if let hold = TriggerHolds.Hold(value) { holds.restore(hold.subject, until: hold.end) }
      }
      try holds.restoreCounts(of: declarations, from: environment.store, now: Date())
      edges = TriggerEdges(try environment.store.values(under: TriggerEdges.prefix))
      for value in try environment.store.values(under: TriggerRun.prefix) {
        guard let run = try? JSONDecoder().decode(TriggerRun.self, from: Data(value.bytes)) else { continue }
        runs[run.service, default: []].append(run)
      }
      for value in try environment.store.values(under: TriggerRun.Disruption.prefix) {
        guard let subject = TriggerHolds.Subject(path: value.key.dropFirst(TriggerRun.Disruption.prefix.count))
        else { continue }
        disruptions[subject] = try? JSONDecoder().decode(TriggerRun.Disruption.self, from: Data(value.bytes))
      }
    } catch {
      throw .host(error.reason)
    }
    imageDecisions.attributes = contextualAttributes
    let found = try Orchestrator.readPolicies(policyHistory, declarations: &declarations)
    policyVersions = found
    for (key, declaration) in declarations {
      declarations[key]?.policies = Orchestrator.policies(of: declaration, in: found)
    }
    for case (let tenant, .failure(let fault)) in found {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "high", tenant: tenant, service: "", kind: "policy-version-refused",
          message: fault.message))
    }
  }

  /// The version of the program, as documents name it.
  public static let productVersion = "0.1.0"
  /// How often the generators of running images get fresh entropy.
  static let entropyInterval = Duration.seconds(600)

  /// Takes up what survived the last orchestrator, and brings every declared service to what it should be. What belongs to
  /// no service is removed.
  public func recover() async {
    let survivors = await environment.host.survivors()
    let fallen = await environment.host.fallen().filter(wasRelied(on:))
    for declaration in declarations.values { noteNotices(of: declaration) }
    for declaration in declarations.values.sorted(by: { $0.key < $1.key }) {
      let own = survivors.filter { $0.tenant == declaration.tenant && $0.service == declaration.name }
      await controller(declaration).recover(own)
    }
    for stray in survivors where declarations[ServiceDeclaration.key(tenant: stray.tenant, name: stray.service)] == nil
    {
      try? await environment.host.stop(stray.id)
    }
    environment.builder.store.sweep()
    do throws(HostingFault) {
      try await environment.host.sweep(keeping: Set(declarations.values.map { networkName($0) }))
    } catch {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "medium", tenant: "", service: "", kind: "sweep-failed",
          message: error.description))
    }
    await forgetWhatIsGone()
    for declaration in declarations.values.sorted(by: { $0.key < $1.key }) {
      await Correlation.begin {
        if await !converge(declaration.key) { retry(declaration.key) }
      }
    }
    for declaration in declarations.values where !declaration.isRemoved {
      await Correlation.begin { noteEdges(of: declaration, cause: "the control plane was started again") }
      followRuns(of: declaration.key)
      scheduleChange(of: declaration.key)
    }
    for record in fallen { await Correlation.begin { fell(record) } }
    resumePacketRules()
    // One that went may have been the last thing that the former orchestrator did.
    for tenant in policyVersions.keys.sorted() { leaveOutStalePolicies(of: tenant) }
    await outbox.resume()
    refreshEntropy(every: Orchestrator.entropyInterval)
  }

  /// Sends all instances fresh entropy at intervals, for as long as there is an orchestrator.
  func refreshEntropy(every interval: Duration) {
    entropyRefresh?.cancel()
    entropyRefresh = Task { [weak self] in
      while true {
        try? await Task.sleep(for: interval)
        guard !Task.isCancelled, let controllers = await self?.controllers.values else { return }
        for controller in controllers { await controller.refreshEntropy() }
        // What has waited for too long makes room.
        await self?.refreshStandby()
      }
    }
  }

  func networkName(_ declaration: ServiceDeclaration) -> String {
    ServiceNetwork.name(for: [environment.home.path, declaration.tenant, declaration.name])
  }

  // MARK: Controllers

  func controller(_ declaration: ServiceDeclaration) -> ServiceController {
    if let known = controllers[declaration.key] { return known }
    let made = ServiceController(
      environment: environment, tenant: declaration.tenant, name: declaration.name, journal: journal,
      decisions: imageDecisions,
      lost: { [weak self] event, name, tenant in
        if let event { await self?.happened(.instanceFailed, to: name, tenant: tenant, event: event) }
        await self?.wasLost(ServiceDeclaration.key(tenant: tenant, name: name))
      },
      noticed: { [weak self] kind, event, name, tenant in
        await self?.happened(kind, to: name, tenant: tenant, event: event)
      })
    controllers[declaration.key] = made
    return made
  }

  /// Brings a service to what is declared, in the present context; what fails is in the event log. Gives whether it came
  /// to be that.
  func converge(_ key: String) async -> Bool {
    guard let declaration = declarations[key] else { return true }
    do throws(OrchestrationFault) {
      if declaration.isRemoved {
        try await remove(declaration) { _ in }
      } else {
        let resolved = try resolver.resolve(declaration, context: context(of: declaration))
        try await bring(declaration, to: resolved) { _ in }
      }
      return true
    } catch {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "high", tenant: declaration.tenant, service: declaration.name,
          kind: "convergence-failed", message: error.message))
      return false
    }
  }

  /// Has a service's controller converge to what was resolved, and watches the lives of its instances from then on.
  func bring(
    _ declaration: ServiceDeclaration, to resolved: ResolvedService, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) {
    let result: Swift.Result<Void, OrchestrationFault>
    do throws(OrchestrationFault) {
      await controller(declaration).start(in: boundGroup(of: declaration.tenant))
      try await controller(declaration).converge(to: resolved, progress: progress)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await scheduleExpiry(declaration.key)
    await scheduleRenewals(declaration.key)
    await scheduleIntegrityChecks(declaration.key)
    await scheduleEnclosureChecks(declaration.key)
    try result.get()
    fillInBackground(declaration.key)
  }

  // MARK: Storing

  func store(_ declaration: ServiceDeclaration) throws(OrchestrationFault) {
    var declaration = declaration
    // Not with what they were when its command began: another service's may have led to a version since.
    declaration.policies = policies(of: declaration)
    do {
      let bytes = [UInt8](try JSONEncoder().encode(declaration))
      try environment.store.transact(if: [], [.put(key: declaration.key, bytes)])
    } catch {
      throw .execution("the declaration of `\(declaration.name)` cannot be stored: \(error)")
    }
    declarations[declaration.key] = declaration
  }

  func forget(_ declaration: ServiceDeclaration) async throws(OrchestrationFault) {
    // All that is stored of it goes at once.
    do throws(StateFault) {
      try environment.store.transact(
        if: [],
        [.delete(key: declaration.key)] + forgettingContext(of: declaration) + forgettingHolds(of: declaration.key))
    } catch {
      throw .execution(error.reason)
    }
    declarations[declaration.key] = nil
    resolver.forget(declaration.key)
    pool.filled[declaration.key] = nil
    expiries.removeValue(forKey: declaration.key)?.cancel()
    changes.removeValue(forKey: declaration.key)?.cancel()
    noticed.remove(declaration.key)
    renewals.removeValue(forKey: declaration.key)?.cancel()
    enclosureWatches.removeValue(forKey: declaration.key)?.cancel()
    endIntegrityChecks(declaration.key)
    forgetRuns(of: declaration.key)
    if let counts = await controllers.removeValue(forKey: declaration.key)?.poolCounts {
      pool.counts += counts
    }
    packetRules.forget(service: declaration.name, tenant: declaration.tenant)
    leaveOutStalePolicies(of: declaration.tenant)
    let folder = environment.home.template(tenant: declaration.tenant, service: declaration.name)
    TemplateCopy.removeOthers(than: nil, in: folder)
  }

  func declaration(_ name: String, tenant: String) throws(OrchestrationFault) -> ServiceDeclaration {
    if let known = declarations[ServiceDeclaration.key(tenant: tenant, name: name)], !known.isRemoved { return known }
    let names = declarations.values.filter { $0.tenant == tenant && !$0.isRemoved }.map(\.name).sorted()
    let known = names.isEmpty ? "no service is up" : "up: \(names.joined(separator: ", "))"
    throw .notFound("there is no service `\(name)`; \(known)")
  }
}
