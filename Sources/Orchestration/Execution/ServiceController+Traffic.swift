import Foundation
import Hosting
import Interchange
import SecTOSCA

// Where clients' connections lead, and how an instance gets rid of them.

extension ServiceController {
  func route(_ name: String, to id: String) async throws(OrchestrationFault) {
    guard let forwarder, let record = records[id] else { throw .execution("the port forwarder of the service is gone") }
    let endpoint = try resolvedResource(name).resource.endpoint
    let target = "\(record.host):\(endpoint.port)"
    if published[name] == nil {
      let wanted = endpoint.publishedPort ?? 0
      do throws(HostingFault) {
        published[name] = try await forwarder.publish(
          name, listen: "127.0.0.1:\(wanted)", target: target, secret: record.forwarderSecret)
      } catch {
        if case .refused(let why) = error {
          throw .input("`\(name)` cannot be published on port \(wanted): \(why)")
        }
        throw OrchestrationFault(error)
      }
    } else {
      try await hosting { () throws(HostingFault) in
        try await forwarder.switchTarget(name, to: target, secret: record.forwarderSecret)
      }
    }
    observed.publications[name] = id
  }

  func unpublish(_ name: String) async throws(OrchestrationFault) {
    if published[name] != nil, let forwarder {
      try await hosting { () throws(HostingFault) in try await forwarder.unpublish(name) }
    }
    published[name] = nil
    observed.publications[name] = nil
  }

  func stopForwarder() async throws(OrchestrationFault) {
    if let forwarder { try await hosting { () throws(HostingFault) in try await forwarder.stop() } }
    forwarder = nil
    published = [:]
    observed.publications = [:]
    observed.offers = [:]
    observed.hasForwarder = false
  }

  func drain(_ id: String) async throws(OrchestrationFault) {
    let (reports, continuation) = AsyncStream.makeStream(of: Report.self)
    waiting[id] = continuation
    defer { waiting[id] = nil }
    var payload = ByteWriter()
    payload.write(fixed: ServiceController.drainGrace)
    if var memory = memories[id] {
      memory.isDraining = true
      try remember(id, memory)
    }
    setState(id, .draining)
    // What may be in somebody else's hands need not answer, and is given little time.
    let isSuspect = memories[id]?.withdrawal?.isSuspect ?? false
    do throws(OrchestrationFault) {
      let deadline =
        isSuspect ? ServiceController.suspectDrainDeadline : ServiceController.acknowledgementDeadline
      try await tell(id, .drain, payload: payload.bytes, deadline: deadline)
    } catch {
      guard isSuspect else { throw error }
      setState(id, .drained)
      return
    }
    let deadline = isSuspect ? ServiceController.suspectDrainDeadline : ServiceController.drainDeadline
    let timeout = Task {
      try? await Task.sleep(for: deadline)
      continuation.finish()
    }
    defer { timeout.cancel() }
    for await report in reports {
      if case .drained = report { break }
    }
    // Whatever is still open past the deadline ends with the instance.
    setState(id, .drained)
  }
}
