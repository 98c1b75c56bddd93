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
      published[name] = try await publish(
        name, at: endpoint.publishedPort, by: forwarder, target: target, secret: record.forwarderSecret)
    } else {
      try await hosting { () throws(HostingFault) in
        try await forwarder.switchTarget(name, to: target, secret: record.forwarderSecret)
      }
    }
    observed.publications[name] = id
  }

  /// Publishes a resource on the port that the template wants, else on the one it had before, else on any. Gives the address.
  private func publish(
    _ name: String, at port: Int?, by forwarder: PortForwarder, target: String, secret: String?
  ) async throws(OrchestrationFault) -> String {
    let former = formerlyPublished.removeValue(forKey: name)
    if port == nil, let former,
      let place = try? await forwarder.publish(name, listen: former, target: target, secret: secret)
    {
      return place
    }
    do throws(HostingFault) {
      return try await forwarder.publish(name, listen: "127.0.0.1:\(port ?? 0)", target: target, secret: secret)
    } catch {
      if case .refused(let why) = error {
        throw .input("`\(name)` cannot be published on port \(port ?? 0): \(why)")
      }
      throw OrchestrationFault(error)
    }
  }

  func unpublish(_ name: String) async throws(OrchestrationFault) {
    if published[name] != nil, let forwarder {
      try await hosting { () throws(HostingFault) in try await forwarder.unpublish(name) }
    }
    published[name] = nil
    observed.publications[name] = nil
  }

  func stopForwarder() async throws(OrchestrationFault) {
    // Let go of first: its end is none that anybody has to be told.
    let former = forwarder
    forwarder = nil
    do throws(OrchestrationFault) {
      if let former { try await hosting { () throws(HostingFault) in try await former.stop() } }
    } catch {
      forwarder = former
      throw error
    }
    forgetForwarder()
    formerlyPublished = [:]
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
