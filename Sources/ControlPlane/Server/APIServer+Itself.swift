import Foundation
import Hummingbird
import Orchestration

// What the control plane tells of itself, to everybody.

extension APIServer {
  func addItself(to router: Router<BasicRequestContext>) {
    router.get("openapi.json") { _, _ in Answer.text(try APIDescription.text(), type: "application/json") }
    router.get("healthz") { _, _ in
      // The orchestrator itself answers, and not this server alone: one that hangs is not well.
      _ = await orchestrator.isIdle
      return try Answer.json(Health(status: "ok", pid: getpid(), version: APIServer.version))
    }
    router.get("readyz") { _, _ in
      let readiness = await orchestrator.readiness()
      guard !readiness.isReady else { return try Answer.json(readiness) }
      let failed = readiness.checks.filter { !$0.isPassed }.map { "\($0.name): \($0.found)" }.joined(separator: "; ")
      return try Answer.problem(
        Problem(
          type: "urn:testudo:not-ready", title: "Not ready", status: 503, detail: failed, kind: .host))
    }
  }
}
