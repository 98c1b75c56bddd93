import Foundation
import Hosting
import SecTOSCA

// Checks of running instances at the intervals that are due.

extension Orchestrator {
  /// The checks of a resource's instances, again and again.
  struct IntegrityWatch {
    var interval: Int
    var task: Task<Void, Never>
  }

  /// Sees to it that the instances of a service are checked as often as is due. A watch that goes on is left alone: changes
  /// of the service, however many, hold no check up.
  func scheduleIntegrityChecks(_ key: String) async {
    let due = await controllers[key]?.integrityIntervals ?? [:]
    for (resource, watch) in integrityWatches[key] ?? [:] where due[resource] != watch.interval {
      watch.task.cancel()
      integrityWatches[key]?[resource] = nil
    }
    for (resource, interval) in due where integrityWatches[key]?[resource] == nil {
      let task = Task { [weak self] in
        while !Task.isCancelled {
          await self?.checkIntegrity(of: resource, key)
          try? await Task.sleep(for: .seconds(interval))
        }
      }
      integrityWatches[key, default: [:]][resource] = IntegrityWatch(interval: interval, task: task)
    }
  }

  /// Ends the checks of a service that is gone.
  func endIntegrityChecks(_ key: String) {
    for watch in (integrityWatches.removeValue(forKey: key) ?? [:]).values { watch.task.cancel() }
  }

  private func checkIntegrity(of resource: String, _ key: String) async {
    guard let controller = controllers[key] else { return }
    let alerts = await controller.checkIntegrity(of: resource)
    guard !alerts.isEmpty, let declaration = declarations[key], !declaration.isRemoved else { return }
    for alert in alerts {
      happened(
        .integrityViolated, to: declaration.name, tenant: declaration.tenant,
        event: ["resource": alert.resource, "instance": alert.instance])
    }
    await inTurn("replacement", about: declaration.scope) { await replace(alerts, of: resource, declaration) }
  }

  private func replace(
    _ alerts: [IntegrityAlert], of resource: String, _ declaration: ServiceDeclaration
  ) async {
    for alert in alerts {
      do throws(OrchestrationFault) {
        try await withdraw(
          [alert.instance], of: declaration.name, tenant: declaration.tenant,
          Withdrawal(
            fate: alert.fate, cause: "its memory is not its image's: \(alert.violation.summary)", isSuspect: true),
          isAlarm: true, progress: { _ in })
      } catch {
        journal.record(
          EventRecord(
            time: Timestamp.now(), severity: "high", tenant: declaration.tenant, service: declaration.name,
            resource: resource, instance: alert.instance, kind: "replacement-failed",
            message: "no clean instance could take its place: \(error.message)"))
      }
    }
  }
}
