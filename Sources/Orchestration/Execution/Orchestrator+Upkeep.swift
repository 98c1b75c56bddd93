import Foundation
import Hosting
import SecTOSCA

// What keeps services what they should be while nobody asks for anything: what is lost is replaced, what failed is tried
// again, what has lived for long enough gives its place, leases are renewed, and the ways are looked at.

extension Orchestrator {
  private func convergeInTurn(_ key: String) async -> Bool {
    guard let declaration = declarations[key] else { return true }
    return await inTurn("convergence", about: declaration.scope) { await converge(key) }
  }

  /// Something of a service ended by itself. Another takes its place, later each time it happens within a minute.
  func wasLost(_ key: String) {
    let count = restarts[key, default: 0] + 1
    restarts[key] = count
    Task {
      try? await Task.sleep(for: .milliseconds(min(30_000, 50 << min(count, 10))))
      self.converge(lost: key)
      try? await Task.sleep(for: .seconds(60))
      self.calm(key)
    }
  }

  /// Has a service converge again in a while, later each time within a minute.
  func retry(_ key: String) {
    let count = restarts[key, default: 0] + 1
    restarts[key] = count
    Task {
      try? await Task.sleep(for: .milliseconds(min(30_000, 500 << min(count, 6))))
      if await !convergeInTurn(key) {
        retry(key)
      } else if let controller = controllers[key], let due = declarations[key]?.policies.number,
        await controller.acknowledgements(due: due).contains(where: { !$0.converged })
      {
        retry(key)
      }
      try? await Task.sleep(for: .seconds(60))
      self.calm(key)
    }
  }

  private func lifeEnded(_ key: String) {
    guard let declaration = declarations[key], !declaration.isRemoved else { return }
    happened(.lifeEnded, to: declaration.name, tenant: declaration.tenant)
    converge(lost: key)
  }

  func converge(lost key: String) {
    Task {
      if await !convergeInTurn(key) { retry(key) }
    }
  }

  private func calm(_ key: String) {
    restarts[key, default: 1] -= 1
  }

  /// Sees to it that the service converges again when the life of one of its instances is over. Where that failed, it is
  /// tried again as anything is.
  func scheduleExpiry(_ key: String) async {
    expiries[key]?.cancel()
    expiries[key] = nil
    guard let expiry = await controllers[key]?.nextExpiry else { return }
    expiries[key] = Task { [weak self] in
      try? await Task.sleep(for: .seconds(max(0.05, expiry.timeIntervalSinceNow)))
      guard !Task.isCancelled else { return }
      await Correlation.begin { await self?.lifeEnded(key) }
    }
  }

  /// Renews the leases of a service's policies for as long as it is up, three times in each of their length.
  func scheduleRenewals(_ key: String) async {
    renewals.removeValue(forKey: key)?.cancel()
    guard let controller = controllers[key], let lease = await controller.leaseSeconds else { return }
    renewals[key] = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(lease * 1000 / 3))
        guard !Task.isCancelled else { return }
        await Correlation.begin { await controller.renewLeases() }
      }
    }
  }

  /// How often it is looked at whether others could reach what should be a service's alone.
  private static let enclosureInterval = Duration.seconds(5)

  /// Looks again and again whether the host's firewall still keeps others away from the external services that are a
  /// service's alone, for as long as it has such.
  func scheduleEnclosureChecks(_ key: String) async {
    enclosureWatches.removeValue(forKey: key)?.cancel()
    guard let declaration = declarations[key], declaration.service.externals.contains(where: \.isExclusive),
      let controller = controllers[key]
    else { return }
    enclosureWatches[key] = Task { [weak self] in
      while true {
        try? await Task.sleep(for: Orchestrator.enclosureInterval)
        guard !Task.isCancelled else { return }
        let open = await controller.openEnclosures()
        guard !Task.isCancelled, !open.isEmpty else { continue }
        await Correlation.begin { await self?.enclosuresOpened(open, of: declaration) }
      }
    }
  }

  private func enclosuresOpened(_ names: [String], of declaration: ServiceDeclaration) {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "high", tenant: declaration.tenant, service: declaration.name,
        kind: "enclosure-lost",
        message: "the host's firewall does not keep others away any more from \(names.joined(separator: ", "))"))
    converge(lost: declaration.key)
  }

  // MARK: What happened while no control plane ran

  /// Whether an instance that has ended was part of its service: it was ready, and not told to end.
  func wasRelied(on record: InstanceRecord) -> Bool {
    guard let declaration = declarations[ServiceDeclaration.key(tenant: record.tenant, name: record.service)],
      !declaration.isRemoved, let memory = InstanceMemory.read(record.id, from: environment.store)
    else { return false }
    return !memory.isDraining && memory.quarantine == nil
  }

  /// Tells of an instance that ended by itself while nobody looked.
  func fell(_ record: InstanceRecord) {
    journal.record(
      failure: "it ended while no control plane ran", instance: record, tenant: record.tenant, service: record.service)
    happened(
      .instanceFailed, to: record.service, tenant: record.tenant,
      event: ["instance": record.id, "resource": record.resource])
  }
}
