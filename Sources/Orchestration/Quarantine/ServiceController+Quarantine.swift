import Foundation
import Hosting
import Interchange

// Instances that give their place to fresh ones, and those that are kept to be looked at.

extension ServiceController {
  /// No more instances of a service are kept in quarantine: each holds its memory and an address.
  static let maximumQuarantined = 8

  func isQuarantined(_ id: String) -> Bool { memories[id]?.quarantine != nil }

  /// The instances that a reference means and that serve.
  func serving(_ reference: InstanceReference) -> [String] {
    observed.instances.filter { $0.isLive && reference.includes($0.id, of: $0.resource) }.map(\.id)
  }

  /// Has instances give their place to fresh ones, from the next convergence on. What is due to become of one is only ever
  /// raised, from stopping it to keeping it.
  func withdraw(_ ids: [String], _ withdrawal: Withdrawal) throws(OrchestrationFault) {
    for id in ids {
      guard var memory = memories[id], memory.withdrawal?.fate != .quarantined else { continue }
      memory.withdrawal = withdrawal
      try remember(id, memory)
      noteWithdrawal(id, withdrawal)
    }
  }

  /// Undoes `withdraw` for instances that still serve.
  func keep(_ ids: [String]) throws(OrchestrationFault) {
    for id in ids where !isQuarantined(id) {
      guard var memory = memories[id] else { continue }
      memory.withdrawal = nil
      try remember(id, memory)
      noteWithdrawal(id, nil)
    }
  }

  private func noteWithdrawal(_ id: String, _ withdrawal: Withdrawal?) {
    guard let index = observed.instances.firstIndex(where: { $0.id == id }) else { return }
    observed.instances[index].withdrawal = withdrawal
  }

  /// How many more instances can be put into quarantine.
  var quarantineRoom: Int {
    Self.maximumQuarantined
      - observed.instances.count { $0.state == .quarantined || $0.withdrawal?.fate == .quarantined }
  }

  // MARK: The step

  /// Puts an instance into quarantine. What it has accepted may be finished within a short time; then it stands still, off
  /// the network.
  func isolate(_ id: String) async throws(OrchestrationFault) {
    guard let record = records[id], let cause = memories[id]?.withdrawal?.cause else {
      throw .execution("there is no instance \(id)")
    }
    if observed.instances.first(where: { $0.id == id })?.state == .ready { try await drain(id) }
    let kept = await knowledge(of: record, cause: cause)
    try await hosting { () throws(HostingFault) in try await environment.host.isolate(id) }
    guard var memory = memories[id] else { throw .execution("there is no instance \(id)") }
    memory.quarantine = kept
    try remember(id, memory)
    setState(id, .quarantined)
    noteQuarantine("instance-quarantined", record, kept.cause, severity: "high")
  }

  /// Takes a suspect off without waiting for another to take its place: where none can be started, no service is better
  /// than one in somebody else's hands.
  func takeOff(_ id: String) async throws(OrchestrationFault) {
    guard let withdrawal = memories[id]?.withdrawal, withdrawal.isSuspect, !isQuarantined(id) else { return }
    await gate.enter()
    let result: Result<Void, OrchestrationFault>
    do throws(OrchestrationFault) {
      switch withdrawal.fate {
      case .quarantined: try await isolate(id)
      case .stopped: try await stop(id)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await gate.leave()
    try result.get()
  }

  private func knowledge(of record: InstanceRecord, cause: String) async -> QuarantineRecord {
    func named(_ id: String) -> String? { records[id].map { "\(name)/\($0.resource) \($0.host)" } }
    let run = memories[record.id]?.run
    let connections = (try? await forwarder?.status())?.publications.flatMap(\.connections)
      .filter { $0.key.hasPrefix(record.host + ":") }.reduce(0) { $0 + $1.value }
    return QuarantineRecord(
      since: Timestamp.now(), cause: cause, forwardedConnections: connections ?? 0,
      clients: (run?.peers ?? []).compactMap(named).sorted(),
      backends: (run?.backends.values.compactMap(named) ?? []).sorted(),
      traffic: await environment.host.traffic(of: record.id))
  }

  // MARK: What is in quarantine

  /// The instances in quarantine, the oldest first.
  func quarantined() async -> [QuarantinedInstance] {
    var found: [QuarantinedInstance] = []
    for record in records.values {
      guard let kept = memories[record.id]?.quarantine else { continue }
      var pid: Int32?
      if case .running(let process) = await environment.host.observed(record.id) { pid = process }
      let dump = environment.home.dump(of: record.id)
      found.append(
        QuarantinedInstance(
          tenant: tenant, service: name, resource: record.resource, instance: record.id, image: record.image,
          address: record.host, pid: pid, started: record.started, record: kept,
          dump: FileManager.default.fileExists(atPath: dump) ? dump : nil))
    }
    return found.sorted { ($0.record.since, $0.instance) < ($1.record.since, $1.instance) }
  }

  /// Writes the memory of an instance in quarantine to a file.
  func dump(_ id: String) async throws(OrchestrationFault) -> MemoryDump {
    guard isQuarantined(id), let record = records[id] else { throw .notFound("\(id) is not in quarantine") }
    let folder = environment.home.quarantine
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .host("the folder `\(folder)` cannot be made: \(error.localizedDescription)")
    }
    let path = environment.home.dump(of: id)
    let memory = try await hosting { () throws(HostingFault) in try await environment.host.memory(of: id) }
    // Gigabytes may be written: not on this actor.
    let result = await Task.detached { () -> Result<MemoryDump, HostingFault> in
      do throws(HostingFault) {
        return .success(try MemoryDump.write(memory, to: path))
      } catch {
        return .failure(error)
      }
    }.value
    let dump = try await hosting { () throws(HostingFault) in try result.get() }
    noteQuarantine("memory-dumped", record, "\(dump.bytes) bytes in \(path)", severity: "medium")
    return dump
  }

  /// Lets an instance serve again. It takes its place back from the one that stood in for it, with the settings that are
  /// due now.
  func release(_ id: String) async throws(OrchestrationFault) {
    guard var memory = memories[id], memory.quarantine != nil, let record = records[id] else {
      throw .notFound("\(id) is not in quarantine")
    }
    if let violation = try await violation(in: record) {
      throw .input("\(id) cannot be released: \(violation.summary). `testudo quarantine discard` ends it")
    }
    try await hosting { () throws(HostingFault) in try await environment.host.rejoin(id) }
    do throws(OrchestrationFault) {
      memory.version = try await tell(id, .resume, payload: [])
    } catch {
      try? await environment.host.isolate(id)
      throw error
    }
    memory.quarantine = nil
    memory.withdrawal = nil
    memory.isDraining = false
    try remember(id, memory)
    // Looked for after all waiting: others may have come and gone meanwhile.
    guard let index = observed.instances.firstIndex(where: { $0.id == id }) else {
      throw .notFound("\(id) has ended")
    }
    var instance = observed.instances.remove(at: index)
    instance.state = .ready
    instance.withdrawal = nil
    // The newest of those that fit is the one that serves.
    observed.instances.append(instance)
    try? FileManager.default.removeItem(atPath: environment.home.dump(of: id))
    noteQuarantine("quarantine-released", record, "it may serve again", severity: "medium")
  }

  /// Ends an instance in quarantine, and removes what its memory was written to.
  func discard(_ id: String) async throws(OrchestrationFault) {
    guard isQuarantined(id), let record = records[id] else { throw .notFound("\(id) is not in quarantine") }
    try await stop(id)
    noteQuarantine("quarantine-discarded", record, "its memory is gone", severity: "medium")
  }

  /// An instance in quarantine has ended, by whatever means.
  func quarantineEnded(_ id: String) async {
    if let record = records[id] {
      noteQuarantine("quarantine-ended", record, "it has ended by itself: its memory is gone", severity: "high")
    }
    try? await stop(id)
  }

  func noteQuarantine(_ kind: String, _ record: InstanceRecord, _ message: String, severity: String) {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: severity, tenant: tenant, service: name, resource: record.resource,
        instance: record.id, kind: kind, message: message))
  }
}
