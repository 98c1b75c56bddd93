import Foundation
import Hosting
import Interchange
import SecTOSCA

// Policies hold for a lease: enforcement points must hear from the control plane.

extension ServiceController {
  /// The shortest lease of policies in force, in seconds; nil where there is none.
  var leaseSeconds: Int? { resolved?.leaseSeconds }

  /// Tells every enforcement point of policies that the control plane is there. One that does not acknowledge is noted,
  /// and asked again the next time.
  func renewLeases() async {
    let points = channels.keys.sorted().filter { id in
      records[id]?.mechanisms.contains("authorization") == true && !isQuarantined(id)
    }
    await withTaskGroup { group in
      for id in points {
        group.addTask { await self.renewLease(of: id) }
      }
    }
  }

  private func renewLease(of id: String) async {
    guard unrenewed.insert(id).inserted else { return }
    defer { unrenewed.remove(id) }
    do throws(OrchestrationFault) {
      try await tell(id, .renew, payload: [])
    } catch {
      // One that is gone or going has nothing to be renewed.
      guard channels[id] != nil else { return }
      journal.record(
        failure: "the lease of its policies could not be renewed: \(error.message)", instance: records[id],
        tenant: tenant, service: name)
    }
  }
}
