import Hosting
import Interchange

// What decision points decide with, where images keep their answers.

extension Orchestrator {
  /// Changes what a tenant's decision point decides with. When it returns, no image that answers uses an answer again that
  /// was given before; one that does not answer forgets with the next answer, or when the answers' time is over.
  public nonisolated func changeDecisions(
    _ parts: [DecisionPoints.Part: String?], of tenant: String
  ) async throws(OrchestrationFault) -> DecisionStatus {
    let status = try decisionPoints.change(parts, of: tenant)
    await forgetAnswers(of: tenant)
    return status
  }

  /// Has images forget the answers that they keep: those of a tenant, or all.
  func forgetAnswers(of tenant: String?) async {
    imageDecisions.beginEpoch(of: tenant)
    let asked = declarations.values.filter { tenant == nil || $0.tenant == tenant }
      .map { (controller: controller($0), epoch: imageDecisions.epoch(of: $0.tenant)) }
    await withTaskGroup { group in
      for each in asked { group.addTask { await each.controller.forgetAnswers(before: each.epoch) } }
    }
  }
}

extension ServiceController {
  /// Tells every image that asks the decision point to use no older answer again. One that does not acknowledge is noted.
  func forgetAnswers(before epoch: UInt64) async {
    let points = channels.keys.filter { records[$0]?.mechanisms.contains("remote-authorization") ?? false }.sorted()
    await withTaskGroup { group in
      for id in points {
        group.addTask { await self.forgetAnswers(before: epoch, in: id) }
      }
    }
  }

  private func forgetAnswers(before epoch: UInt64, in id: String) async {
    var payload = ByteWriter()
    payload.write(fixed: epoch)
    do throws(OrchestrationFault) {
      try await tell(id, .forget, payload: payload.bytes, deadline: ServiceController.presenceDeadline)
    } catch {
      guard channels[id] != nil else { return }
      journal.record(
        failure: "it did not say that it forgets answers of the decision point: \(error.message)",
        instance: records[id], tenant: tenant, service: name)
    }
  }
}
