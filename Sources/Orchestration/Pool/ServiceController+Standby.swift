import Foundation
import Hosting
import ImageGeneration
import Interchange
import SecTOSCA

// Instances that are started before a change of level asks for them. One that waits has the image and the boot-stage settings
// of the level it is for, and its own address; its TAP is down, so that it reaches nobody and nobody reaches it. What is due
// of run-stage settings it is told when it is taken, and it is probed then like any other. It is in no plan, and nothing of
// it is stored: should the control plane end, the next one ends it.

extension ServiceController {
  /// For how long an instance waits before a fresh one takes its place.
  static let standbyAge: TimeInterval = 3600

  /// What waits, the oldest first. The time of those is over whose image is of a key that is trusted no more.
  var waitingInstances: [StandbyInstance] {
    standby.values.sorted { ($0.started, $0.id) < ($1.started, $1.id) }.map { instance in
      guard let record = records[instance.id], !isTrusted(record) else { return instance }
      var over = instance
      over.expires = .distantPast
      return over
    }
  }

  /// Starts an instance that waits. Nothing happens where the service is not up any more.
  func startStandby(_ wish: StandbyWish, of resource: ResolvedResource) async throws(OrchestrationFault) {
    await gate.enter()
    let result: Result<Void, OrchestrationFault>
    do throws(OrchestrationFault) {
      if observed.hasNetwork, resolved != nil { try await startWaiting(wish, resource) }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await gate.leave()
    try result.get()
  }

  private func startWaiting(_ wish: StandbyWish, _ resource: ResolvedResource) async throws(OrchestrationFault) {
    guard let image = environment.builder.image(recipe: wish.recipe) else { return }
    try verify(image)
    // Whom it would connect to is known of the instance that runs. It is told anew when it is taken.
    let live = observed.instances.last { $0.resource == wish.resource && $0.state == .ready }
    let run = RunState(
      settings: resource.runSettings, peers: [],
      backends: live?.run.backends.filter { resource.resource.connections.contains($0.key) } ?? [:])
    var (record, boot, version) = try await assemble(resource, image, run)
    record.isWaiting = true
    let started = Date()
    let lifetime = resource.lifetime.map { Double($0) / 2 } ?? .infinity
    standby[record.id] = StandbyInstance(
      id: record.id, service: wish.service, resource: wish.resource, level: wish.level, recipe: wish.recipe,
      bootSettings: wish.bootSettings, bytes: wish.bytes, started: started,
      expires: started.addingTimeInterval(min(ServiceController.standbyAge, lifetime)))
    records[record.id] = record
    // In memory only.
    memories[record.id] = InstanceMemory(run: run, version: version, acknowledged: record.started, isDraining: false)
    do throws(OrchestrationFault) {
      let channel = try await hosting { () throws(HostingFault) in
        try await environment.host.start(record, boot: boot)
      }
      records[record.id] = channel.record
      try await untilReady(record, channel)
    } catch {
      try? await stop(record.id)
      throw error
    }
  }

  /// Takes an instance that waits for what is due to a resource, if there is one: it is told its settings, joins the network,
  /// and is probed. Where it fails in any of that it is ended, and none was there.
  func takeStandby(_ resource: ResolvedResource, _ run: RunState) async -> Bool {
    let now = Date()
    let fitting = waitingInstances.filter {
      $0.resource == resource.resource.name && $0.recipe == resource.recipeDigest
        && $0.bootSettings == resource.bootDigest && $0.expires > now
    }
    for candidate in fitting {
      guard let record = records[candidate.id], channels[candidate.id] != nil,
        record.image == environment.builder.image(recipe: resource.recipeDigest)?.digest,
        record.memoryBytes == resource.resource.memoryBytes
      else { continue }
      standby[candidate.id] = nil
      do throws(OrchestrationFault) {
        try await adoptStandby(record, resource, run)
        return true
      } catch {
        journal.record(
          standby: "standby-not-taken", error.message, instance: record, tenant: tenant, service: name)
        try? await stop(candidate.id)
      }
    }
    return false
  }

  private func adoptStandby(
    _ record: InstanceRecord, _ resource: ResolvedResource, _ run: RunState
  ) async throws(OrchestrationFault) {
    observed.instances.append(
      ObservedInstance(
        id: record.id, resource: record.resource, recipe: record.recipe, bootSettings: record.bootSettings,
        state: .starting, run: run))
    records[record.id]?.level = run.settings.level
    // All settings first: on the network it has those that are due, and no older ones.
    let parameters = resource.parameters(
      stages: [.run], at: addresses(run, of: record, isProbed: true, isCommanded: false))
    try await tell(record.id, .apply, payload: Parameter.encode(parameters))
    memories[record.id]?.run = run
    memories[record.id]?.acknowledged = heard[record.id]?.time ?? Timestamp.now()
    try await hosting { () throws(HostingFault) in try await environment.host.rejoin(record.id) }
    try await inspectSandbox(record)
    try await probe(record, resource, run)
    try await command(record, resource, run)
    try storeMemories(of: [record.id])
    setState(record.id, .ready)
  }

  /// Ends one that waits; nothing happens where it was taken meanwhile.
  func endStandby(_ id: String) async {
    await gate.enter()
    if standby.removeValue(forKey: id) != nil { try? await stop(id) }
    await gate.leave()
  }

  /// Ends all that wait: the service is taken down.
  func endAllStandby() async {
    for id in standby.keys.sorted() {
      standby[id] = nil
      try? await stop(id)
    }
  }

  /// One that waits has ended by itself: nobody relied on it.
  func standbyEnded(_ id: String) async {
    guard standby.removeValue(forKey: id) != nil, let record = records[id] else { return }
    journal.record(
      standby: "standby-ended", "it ended while it waited", instance: record, tenant: tenant, service: name)
    try? await stop(id)
  }
}

extension Journal {
  /// What became of an instance that waited.
  func record(standby kind: String, _ message: String, instance: InstanceRecord, tenant: String, service: String) {
    record(
      EventRecord(
        time: Timestamp.now(), severity: "medium", tenant: tenant, service: service, resource: instance.resource,
        instance: instance.id, kind: kind, message: message))
  }
}
