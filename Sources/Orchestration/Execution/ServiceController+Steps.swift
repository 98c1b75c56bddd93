import Foundation
import Hosting
import ImageGeneration
import Interchange
import SecTOSCA
import State

// How each step is carried out.

extension ServiceController {
  /// How long an image may take to report that it is ready.
  static let readyDeadline = Duration.seconds(10)
  /// How long an image may take to acknowledge a message.
  static let acknowledgementDeadline = Duration.seconds(5)
  /// For how long a draining image answers those who are about to send on a connection they keep, in milliseconds.
  static let drainGrace: UInt32 = 250
  /// How long requests in progress may take to finish.
  static let drainDeadline = Duration.seconds(15)
  /// The same of an instance that may be in somebody else's hands, which an attacker has as long.
  static let suspectDrainDeadline = Duration.seconds(1)

  func perform(_ step: Action.Step) async throws(OrchestrationFault) {
    switch step {
    case .createNetwork:
      try await hosting { () throws(HostingFault) in try await environment.host.createNetwork(network) }
      observed.hasNetwork = true
    case .startForwarder:
      use(
        try await hosting { () throws(HostingFault) in
          try await environment.host.forwarder(for: network)
        })
    case .offer(let external): try await openWay(to: external)
    case .withdraw(let external): try await closeWay(to: external)
    case .generateImage(let resource): try await generateImage(resource)
    case .startInstance(let resource, let run): try await startInstance(resource, run)
    case .push(let id, _, let run): try await push(id, run)
    case .route(let resource, let id): try await route(resource, to: id)
    case .unpublish(let resource): try await unpublish(resource)
    case .drain(let id, _): try await drain(id)
    case .quarantine(let id, _): try await isolate(id)
    case .stopInstance(let id, _):
      // Clients may still wait for answers.
      if undrained.remove(id) != nil, observed.instances.contains(where: { $0.id == id && $0.state == .draining }) {
        try? await drain(id)
      }
      try await stop(id)
    case .stopForwarder: try await stopForwarder()
    case .removeNetwork:
      try await hosting { () throws(HostingFault) in try await environment.host.removeNetwork(network) }
      observed.hasNetwork = false
    }
  }

  // MARK: Images

  private func generateImage(_ name: String) async throws(OrchestrationFault) {
    let resource = try resolvedResource(name)
    let builder = environment.builder
    // Linking is a process of its own and a hundred milliseconds of waiting: not on this actor's thread.
    let result = await Task.detached { () -> Result<Image, ImageFault> in
      do throws(ImageFault) {
        return .success(try builder.build(resource.recipe))
      } catch {
        return .failure(error)
      }
    }.value
    do {
      let image = try result.get()
      observed.images.insert(resource.recipeDigest)
      linked.insert(resource.recipeDigest)
      journal.record(image, resource: name, tenant: tenant, service: self.name)
    } catch {
      throw OrchestrationFault(error)
    }
  }

  // MARK: Instances

  /// Starts an instance, asks it whether it enforces what is due, and counts it only then.
  private func startInstance(_ name: String, _ run: RunState) async throws(OrchestrationFault) {
    let resource = try resolvedResource(name)
    guard let image = environment.builder.image(recipe: resource.recipeDigest) else {
      throw .execution("the image of `\(name)` is gone from the store")
    }
    try verify(image)
    if linked.contains(resource.recipeDigest) { poolCounts.misses += 1 } else { poolCounts.hits += 1 }
    if await takeStandby(resource, run) {
      poolCounts.instanceHits += 1
      return
    }
    poolCounts.instanceMisses += 1
    let (record, boot, version) = try await assemble(resource, image, run, isProbed: true)

    observed.instances.append(
      ObservedInstance(
        id: record.id, resource: name, recipe: resource.recipeDigest, bootSettings: resource.bootDigest,
        state: .starting, run: run))
    records[record.id] = record
    do throws(OrchestrationFault) {
      let channel = try await hosting { () throws(HostingFault) in
        try await environment.host.start(record, boot: boot)
      }
      records[record.id] = channel.record
      if let lacking = channel.record.unlocked {
        journal.record(unlocked: lacking, instance: channel.record, tenant: tenant, service: self.name)
      }
      try await untilReady(record, channel)
      // Stored when it counts: one whose start is interrupted is nobody's.
      memories[record.id] = InstanceMemory(
        run: run, version: version, acknowledged: Timestamp.now(), isDraining: false)
      try await probe(record, resource, run)
      try await command(record, resource, run)
      try storeMemories(of: [record.id])
      setState(record.id, .ready)
    } catch {
      try? await stop(record.id)
      throw error
    }
  }

  /// Looks at an image before every start: an altered byte, a wrong signature, a revoked key or a missing paper, and it does
  /// not start.
  func verify(_ image: Image) throws(OrchestrationFault) {
    do throws(ImageFault) {
      try environment.builder.verify(image.digest)
    } catch {
      throw OrchestrationFault(error)
    }
  }

  /// The record of a new instance, its signed boot message, and that message's version. While it is probed, the control
  /// plane may connect to it.
  func assemble(
    _ resource: ResolvedResource, _ image: Image, _ run: RunState, isProbed: Bool = false
  ) async throws(OrchestrationFault) -> (record: InstanceRecord, boot: [UInt8], version: UInt64) {
    let name = resource.resource.name
    let emulator = try await emulator(for: resource.recipe.target)
    let host = try nextHost()
    let channelKey = ChannelKey()
    var metadata = [
      "recipe": resource.recipeDigest, "bootSettings": resource.bootDigest,
      ChannelKey.metadataKey: channelKey.text,
    ]
    metadata[ServiceController.signerKey] = image.signature?.key
    if resource.resource.endpoint.isPublic {
      metadata[InstanceRecord.forwarderSecretKey] = ServiceController.freshSecret()
    }
    let record = InstanceRecord(
      id: InstanceRecord.makeIdentifier(), service: self.name, tenant: tenant, resource: name,
      level: run.settings.level, image: image.digest,
      imagePath: (try? environment.builder.store.path(of: image.digest)) ?? "",
      address: "10.77.0.\(host)/24", mac: "02:54:0a:4d:00:" + (host < 16 ? "0" : "") + String(host, radix: 16),
      network: network, memoryBytes: resource.resource.memoryBytes, mechanisms: resource.selection.mechanisms,
      started: Timestamp.now(), emulator: emulator, group: group, metadata: metadata)
    let version = ControlSigner.version(after: 0)
    let parameters =
      resource.parameters(
        stages: [.boot, .run], at: addresses(run, of: record, isProbed: isProbed, isCommanded: false))
      + [
        Parameter(module: "control", name: "channel-key", value: .bytes(channelKey.bytes)),
        Parameter(module: "control", name: "entropy", value: .bytes(ServiceController.freshEntropy())),
      ]
    let boot = try signer.signed(
      ControlMessage(
        kind: .boot, audience: record.audience ?? [], version: version, payload: Parameter.encode(parameters)))
    return (record, boot, version)
  }

  /// What runs images of a target as virtual machines; `nil` where they are processes.
  private func emulator(for target: Target) async throws(OrchestrationFault) -> Emulator? {
    guard target == .microvm else { return nil }
    return try await hosting { () throws(HostingFault) in try environment.emulators.find() }
  }

  /// Waits until the image reports that it is ready, that it enforces exactly what was selected, and that its process is
  /// locked in. Until then it counts for nothing.
  func untilReady(_ record: InstanceRecord, _ channel: any InstanceChannel) async throws(OrchestrationFault) {
    let (reports, continuation) = AsyncStream.makeStream(of: Report.self)
    waiting[record.id] = continuation
    channels[record.id] = channel
    listen(to: channel, id: record.id)
    let timeout = Task {
      try? await Task.sleep(for: ServiceController.readyDeadline)
      continuation.finish()
    }
    defer {
      timeout.cancel()
      waiting[record.id] = nil
    }
    for await report in reports {
      switch report {
      case .ready(_, let mechanisms):
        guard mechanisms.map(\.description) == record.mechanisms else {
          throw .execution(
            "`\(record.resource)` reports \(mechanisms.map(\.description)) in force, due are \(record.mechanisms)")
        }
        try await inspectSandbox(record)
        return
      case .failed(let reason):
        throw .execution("`\(record.resource)` did not start: \(reason)")
      default: continue
      }
    }
    let state = await environment.host.observed(record.id)
    if case .exited(let how) = state {
      throw .execution("`\(record.resource)` ended before it was ready: \(how.trimmingCharacters(in: .newlines))")
    }
    throw .execution("`\(record.resource)` did not report that it is ready within \(ServiceController.readyDeadline)")
  }

  func inspectSandbox(_ record: InstanceRecord) async throws(OrchestrationFault) {
    guard case .running(let pid) = await environment.host.observed(record.id) else {
      throw .execution("`\(record.resource)` does not run")
    }
    let inspection = try await hosting { () throws(HostingFault) in
      try SandboxInspection.inspect(process: pid, image: record.imagePath, emulator: record.emulator)
    }
    guard inspection.isConfined else {
      let findings = inspection.findings.joined(separator: "; ")
      throw .execution("the sandbox of `\(record.resource)` is not closed: \(findings)")
    }
  }

  /// The next address in turn that no instance has: one that was given back is used again as late as possible.
  private func nextHost() throws(OrchestrationFault) -> Int {
    let taken = Set(records.values.compactMap { Int($0.host.split(separator: ".").last ?? "") })
    for step in 1...253 {
      let host = (lastHost - 2 + step) % 253 + 2
      if !taken.contains(host) {
        lastHost = host
        return host
      }
    }
    throw .execution("the service's network has no address left: at most 253 instances")
  }

  func stop(_ id: String) async throws(OrchestrationFault) {
    stopping.insert(id)
    try await hosting { () throws(HostingFault) in try await environment.host.stop(id) }
    forget(id)
    stopping.remove(id)
  }

  private func forget(_ id: String) {
    channels[id]?.close()
    channels[id] = nil
    heard[id] = nil
    records[id] = nil
    standby[id] = nil
    memories[id] = nil
    integrity[id] = nil
    observed.instances.removeAll { $0.id == id }
    try? FileManager.default.removeItem(atPath: environment.home.dump(of: id))
    _ = try? environment.store.transact(if: [], [.delete(key: InstanceMemory.key(id))])
  }

  func remember(_ id: String, _ memory: InstanceMemory) throws(OrchestrationFault) {
    memories[id] = memory
    try storeMemories(of: [id])
  }

  /// Stores what is known of some instances, all at once. What is lost in a crash before it is found out again: an instance
  /// is told once more what it has already.
  func storeMemories(of ids: [String]) throws(OrchestrationFault) {
    do {
      let encoder = JSONEncoder()
      let puts = try ids.compactMap { id in
        try memories[id].map { State.Operation.put(key: InstanceMemory.key(id), [UInt8](try encoder.encode($0))) }
      }
      try environment.store.transact(if: [], puts)
    } catch {
      throw .execution("what \(ids.map { "`\($0)`" }.joined(separator: ", ")) acknowledged cannot be stored: \(error)")
    }
  }

  // MARK: Settings

  /// Tells an instance its settings and waits until they are in force there. Storing that can be left to the caller, who has
  /// many to store.
  func push(_ id: String, _ run: RunState, isStored: Bool = true) async throws(OrchestrationFault) {
    guard let record = records[id], let known = memories[id] else {
      throw .execution("there is no instance \(id)")
    }
    let resource = try resolvedResource(record.resource)
    // One on its way out has settings of another level: only who its neighbours are can change for it.
    let parameters =
      run.settings == known.run.settings
      ? resource.neighbourParameters(at: addresses(run, of: record), level: run.settings.level)
      : resource.parameters(stages: [.run], at: addresses(run, of: record))
    if !parameters.isEmpty { try await tell(id, .apply, payload: Parameter.encode(parameters)) }
    // Taken only now: it may have been told more meanwhile.
    guard var memory = memories[id] else { throw .execution("instance \(id) is gone") }
    memory.run = run
    memory.acknowledged = parameters.isEmpty ? Timestamp.now() : heard[id]?.time ?? Timestamp.now()
    memories[id] = memory
    if isStored { try storeMemories(of: [id]) }
    if let index = observed.instances.firstIndex(where: { $0.id == id }) { observed.instances[index].run = run }
    if records[id]?.level != run.settings.level { records[id]?.level = run.settings.level }
  }

  /// Sends a sealed message and waits until it is acknowledged. Returns its version.
  @discardableResult
  func tell(
    _ id: String, _ kind: ControlKind, payload: [UInt8], deadline: Duration = ServiceController.acknowledgementDeadline
  ) async throws(OrchestrationFault) -> UInt64 {
    guard let record = records[id], let channel = channels[id] else {
      throw .execution("there is no way to instance \(id)")
    }
    let version = ControlSigner.version(after: memories[id]?.version ?? 0)
    memories[id]?.version = version
    let message = try signer.sealed(
      ControlMessage(kind: kind, audience: record.audience ?? [], version: version, payload: payload), for: record)
    let report = try await hosting { () throws(HostingFault) in
      try await channel.request(message.bytes, version: version, deadline: deadline)
    }
    switch report {
    case .acknowledged(_, let proof) where message.isAcknowledged(with: proof):
      heard[id] = (ContinuousClock.now, Timestamp.now())
      return version
    case .refused(_, let reason):
      throw .execution("`\(record.resource)` refused the change: \(reason)")
    default:
      throw .execution("the acknowledgement of `\(record.resource)` is not the image's own: it proves nothing")
    }
  }

  /// Where the instances are that an instance's settings name. While it is probed, the control plane may connect besides,
  /// where that can be.
  func addresses(
    _ run: RunState, of record: InstanceRecord, isProbed: Bool = false, isCommanded: Bool = true
  ) -> NeighbourAddresses {
    // Whoever may connect over IPv4 may over IPv6, and nobody else.
    var peers: [String] = []
    for peer in run.peers.compactMap({ records[$0] }) {
      peers.append(peer.host + "/32")
      if let host = peer.hostIPv6 { peers.append(host + "/128") }
    }
    let resource = resolved?.resource(record.resource)
    // Only where it is asked for: to know it, rules are worked out.
    if isProbed, resource?.admitsControlPlaneForProbesOnly == true {
      peers.append(ResolvedResource.controlPlaneAddress + "/32")
    }
    if resource?.resource.endpoint.isPublic == true, let host = network.hostAddress {
      // The port forwarder's end of the service's network.
      peers.append(host + "/32")
      peers.append(network.hostAddressIPv6 + "/128")
    }
    var backends: [String: [String]] = [:]
    for (name, id) in run.backends {
      guard let instance = records[id], let port = resolved?.resource(name)?.resource.endpoint.port else { continue }
      backends[name] = ["\(instance.host):\(port)"]
    }
    for service in resource?.resource.externals ?? [] {
      if let host = network.hostAddress { backends[service.name] = ["\(host):\(service.accessPort)"] }
    }
    var addresses = NeighbourAddresses(
      own: record.address, ownIPv6: record.addressIPv6, mac: record.mac, peers: peers.sorted(), backends: backends,
      forwarder: record.forwarderIdentity)
    addresses.isCommanded = isCommanded
    addresses.isProbed = isProbed
    return addresses
  }

  // MARK: Small things

  func resolvedResource(_ name: String) throws(OrchestrationFault) -> ResolvedResource {
    guard let resource = resolved?.resource(name) else {
      throw .execution("`\(name)` is not a resource of the service any more")
    }
    return resource
  }

  func hosting<Result>(
    _ body: () async throws(HostingFault) -> Result
  ) async throws(OrchestrationFault) -> Result {
    do throws(HostingFault) {
      return try await body()
    } catch {
      throw OrchestrationFault(error)
    }
  }

  func describe(_ step: Action.Step) -> String {
    func short(_ id: String) -> String { String(id.prefix(8)) }
    func address(_ id: String) -> String { records[id].map { "\(short(id)) at \($0.host)" } ?? short(id) }
    return switch step {
    case .createNetwork: "made network \(network.name)"
    case .startForwarder: "started the port forwarder"
    case .offer(let name): "opened the way to \(name)"
    case .withdraw(let name): "closed the way to \(name)"
    case .generateImage(let name):
      "generated image of \(name)"
        + (resolved?.resource(name).flatMap { environment.builder.image(recipe: $0.recipeDigest) }
          .map { " (\($0.bytes / 1000) kB, \($0.digest.prefix(19)))" } ?? "")
    case .startInstance(let name, _):
      "started \(name)" + (observed.instances.last { $0.resource == name }.map { " " + address($0.id) } ?? "")
    case .push(let id, let name, _): "pushed settings to \(name) \(address(id))"
    case .route(let name, let id):
      "led traffic of \(published[name] ?? name) to \(name) \(address(id))"
    case .unpublish(let name): "withdrew the port of \(name)"
    case .drain(let id, let name): "drained \(name) \(short(id))"
    case .quarantine(let id, let name): "took \(name) \(short(id)) off the network, into quarantine"
    case .stopInstance(let id, let name): "stopped \(name) \(short(id))"
    case .stopForwarder: "stopped the port forwarder"
    case .removeNetwork: "removed network \(network.name)"
    }
  }
}
