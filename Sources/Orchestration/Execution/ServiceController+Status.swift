import Foundation
import Hosting
import ImageGeneration

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
      let scheme = speaksTLS ? "https" : "http"
      let urls = isRouted ? published[record.resource].map { ["\(scheme)://\($0)/"] } ?? [] : []
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
          withdrawn: instance.withdrawal?.cause))
    }
    return all.sorted { ($0.resource, $0.since) < ($1.resource, $1.since) }
  }

  private func stateName(_ state: ObservedInstance.State) -> String {
    switch state {
    case .starting, .ready, .draining, .failed, .quarantined: state.rawValue
    case .drained: "draining"
    }
  }

  /// What each enforcement point of policies acknowledged.
  func acknowledgements(due: Int) -> [PolicyAcknowledgement] {
    observed.instances.compactMap { instance in
      // What is in quarantine enforces nothing any more.
      guard instance.state != .quarantined, let record = records[instance.id],
        record.mechanisms.contains("authorization")
      else { return nil }
      let version = instance.run.settings.policyVersion
      return PolicyAcknowledgement(
        service: name, resource: record.resource, instance: record.id, version: version, due: due,
        converged: version == due && channels[record.id] != nil && instance.state == .ready,
        acknowledged: memories[record.id]?.acknowledged, digest: memories[record.id]?.run.settings.digest)
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
    unlocked.map { ["the addresses of its service's network are not locked: \($0)"] } ?? []
  }
}
