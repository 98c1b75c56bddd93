import Foundation
import Hosting
import ImageGeneration
import SecTOSCA

// Whether the memory of running instances is what their images say.

/// An instance whose memory differs from its image.
struct IntegrityAlert: Hashable, Sendable {
  var instance: String
  var resource: String
  var violation: IntegrityViolation
  /// What the template says must become of it.
  var fate: Withdrawal.Fate
}

extension ServiceController {
  /// How long it is from one check to the next, in seconds, by resource: those only that are due any.
  var integrityIntervals: [String: Int] { resolved?.integrityIntervals ?? [:] }

  /// Checks the instances of a resource that serve. Each is noted; those that differ from their image are returned.
  func checkIntegrity(of resource: String) async -> [IntegrityAlert] {
    guard let due = resolved?.resource(resource)?.runtimeIntegrity else { return [] }
    var alerts: [IntegrityAlert] = []
    let served = observed.instances.filter { $0.isLive && $0.resource == resource && $0.withdrawal?.isSuspect != true }
    for id in served.map(\.id) {
      guard let record = records[id] else { continue }
      do throws(OrchestrationFault) {
        let violation = try await violation(in: record)
        note(id, violation == nil ? .intact : .violated, violation?.summary, due)
        guard let violation else { continue }
        report(violation, in: record)
        alerts.append(
          IntegrityAlert(
            instance: id, resource: resource, violation: violation,
            fate: due.onViolation == .quarantine ? .quarantined : .stopped))
      } catch {
        guard case .running = await environment.host.observed(id) else { continue }
        // Said once, not at every check.
        let isNews = integrity[id].map { $0.outcome != .unchecked } ?? true
        note(id, .unchecked, error.message, due)
        if isNews { noteQuarantine("integrity-unchecked", record, error.message, severity: "high") }
      }
    }
    return alerts
  }

  private func note(_ id: String, _ outcome: IntegrityStatus.Outcome, _ finding: String?, _ due: RuntimeIntegrity) {
    guard records[id] != nil else { return }
    integrity[id] = IntegrityStatus(
      outcome: outcome, finding: finding, checked: Timestamp.now(), checks: (integrity[id]?.checks ?? 0) + 1,
      interval: due.intervalSeconds)
  }

  private func report(_ violation: IntegrityViolation, in record: InstanceRecord) {
    var details = ["image": record.image]
    if let (segment, offset) = violation.place {
      details["segment"] = segment
      if let offset { details["offset"] = "0x" + String(offset, radix: 16) }
    }
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "high", tenant: tenant, service: name, resource: record.resource,
        instance: record.id, kind: "integrity-violation", message: violation.summary, details: details))
  }

  /// How the memory of an instance differs from its image; `nil` where it does not.
  func violation(in record: InstanceRecord) async throws(OrchestrationFault) -> IntegrityViolation? {
    let segments = try reference(of: record)
    let memory = try await hosting { () throws(HostingFault) in try await environment.host.memory(of: record.id) }
    let isMachine = record.emulator != nil
    // It takes its time: not on this actor.
    let result = await Task.detached { () -> Result<IntegrityViolation?, HostingFault> in
      do throws(HostingFault) {
        return .success(try await IntegrityCheck.run(memory, against: segments, isMachine: isMachine))
      } catch {
        return .failure(error)
      }
    }.value
    return try await hosting { () throws(HostingFault) in try result.get() }
  }

  /// What must be in the memory of an instance: read from its image's file, which must have the digest whose signature was
  /// verified before the start.
  private func reference(of record: InstanceRecord) throws(OrchestrationFault) -> [ReferenceSegment] {
    if let known = references[record.image] { return known }
    let used = Set(records.values.map(\.image))
    references = references.filter { used.contains($0.key) }
    let found: [ELFFile.MemorySegment]
    do throws(ImageFault) {
      found = try environment.builder.store.unchangingSegments(of: record.image)
    } catch {
      throw OrchestrationFault(error)
    }
    let segments = found.map {
      ReferenceSegment(
        name: $0.isExecutable ? "text" : "read-only data", address: $0.address, bytes: $0.bytes)
    }
    references[record.image] = segments
    return segments
  }
}
