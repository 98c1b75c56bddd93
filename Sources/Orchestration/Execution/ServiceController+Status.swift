import Foundation
import Hosting
import ImageGeneration
import Interchange

// What a service is at present, for people and programs.

extension ServiceController {
  func unikernels() async -> [UnikernelStatus] {
    var all: [UnikernelStatus] = []
    for instance in observed.instances {
      guard let record = records[instance.id] else { continue }
      var pid: Int32?
      if case .running(let process) = await environment.host.observed(record.id) { pid = process }
      let isRouted = observed.publications[record.resource] == record.id
      // The module may be there for backends alone.
      let speaksTLS =
        record.mechanisms.contains("transport-security")
        && resolved?.resource(record.resource)?.speaksTLS(at: instance.run.settings.level) ?? true
      let speaksHTTP = resolved?.resource(record.resource)?.speaksHTTP ?? true
      let urls =
        isRouted
        ? published[record.resource].map { place in
          speaksHTTP ? ["\(speaksTLS ? "https" : "http")://\(place)/"] : ["\(speaksTLS ? "tls" : "tcp")://\(place)"]
        } ?? [] : []
      all.append(
        UnikernelStatus(
          service: name, resource: record.resource, tenant: tenant, host: ProcessInfo.processInfo.hostName,
          level: instance.run.settings.level,
          target: record.emulator == nil ? Target.process.rawValue : Target.microvm.rawValue,
          state: stateName(instance.state),
          image: record.image, imageBytes: (try? environment.builder.store.image(record.image).bytes) ?? 0,
          address: record.host,
          urls: urls, pid: pid, policyVersion: instance.run.settings.policyVersion, mechanisms: record.mechanisms,
          since: record.started, instance: record.id, warnings: record.warnings, integrity: integrity[record.id],
          withdrawn: instance.withdrawal?.cause, probes: memories[record.id]?.probes))
    }
    return all.sorted { ($0.resource, $0.since) < ($1.resource, $1.since) }
  }

  private func stateName(_ state: ObservedInstance.State) -> String {
    switch state {
    case .starting, .ready, .draining, .failed, .quarantined: state.rawValue
    case .drained: "draining"
    }
  }

  /// How long an enforcement point may take to say that it is there before it does not count as converged.
  static let presenceDeadline = Duration.milliseconds(700)
  /// One that was heard of no longer ago than this is not asked.
  static let presenceAge = Duration.milliseconds(250)

  /// What each enforcement point of policies acknowledged. Each is asked whether it is there: one that was killed, or
  /// hangs, is not converged, whatever it acknowledged before.
  func acknowledgements(due: Int) async -> [PolicyAcknowledgement] {
    // What is in quarantine enforces nothing any more.
    let points = observed.instances.filter { $0.state != .quarantined }.map(\.id)
      .filter { records[$0]?.mechanisms.contains("authorization") ?? false }
    let present = await withTaskGroup(of: (String, Bool).self) { group in
      for id in points { group.addTask { (id, await self.isPresent(id)) } }
      var present: Set<String> = []
      for await (id, isPresent) in group where isPresent { present.insert(id) }
      return present
    }
    let instances = Dictionary(observed.instances.map { ($0.id, $0) }) { first, _ in first }
    return points.compactMap { id in
      guard let record = records[id], let instance = instances[id] else { return nil }
      let version = instance.run.settings.policyVersion
      return PolicyAcknowledgement(
        tenant: tenant, service: name, resource: record.resource, instance: id, version: version, due: due,
        converged: version == due && present.contains(id) && channels[id] != nil && instance.state == .ready,
        acknowledged: memories[id]?.acknowledged, confirmed: heard[id]?.time,
        digest: memories[id]?.run.settings.digest)
    }
  }

  private func isPresent(_ id: String) async -> Bool {
    if let last = heard[id]?.at, ContinuousClock.now - last < ServiceController.presenceAge {
      return channels[id] != nil
    }
    do throws(OrchestrationFault) {
      try await tell(id, .renew, payload: [], deadline: ServiceController.presenceDeadline)
      return true
    } catch {
      return false
    }
  }

  /// The consoles of the instances of a resource, or of all, each with a heading.
  func consoleLogs(resource: String?) -> String {
    records.values.filter { resource == nil || $0.resource == resource }
      .sorted { ($0.resource, $0.started) < ($1.resource, $1.started) }
      .map { record in
        let path = "\(environment.home.path)/instances/\(record.id)/console.log"
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0.suffix(65536), as: UTF8.self) }
        return "== \(name)/\(record.resource) \(record.id.prefix(8)), since \(record.started)\n" + (text ?? "")
      }
      .joined(separator: "\n")
  }
}

extension InstanceRecord {
  /// What of its protection this host lacks, for people.
  var warnings: [String] {
    var warnings = unlocked.map { ["the addresses of its service's network are not locked: \($0)"] } ?? []
    if isOrdinary == true {
      warnings.append(
        emulator == nil
          ? "runs as the user who started it, not as nobody, and without a bound on processor time"
          : "QEMU runs as the user who started it, not as nobody, and can open that user's files if it is broken into")
    }
    return warnings
  }
}
