import Foundation
import Hummingbird
import Orchestration

// Policies: which version each enforcement point has, and new ones.

extension APIServer {
  func addPolicies(to api: RouterGroup<BasicRequestContext>) {
    let orchestrator = orchestrator
    api.get("policies") { request, _ in
      try Answer.json(await orchestrator.policyStatus(tenant: request.tenantFilter))
    }
    api.get("policies/certificate") { request, _ in
      try Answer.json(
        try await orchestrator.convergenceCertificate(
          tenant: request.tenantFilter, service: request.uri.queryParameters["service"].map(String.init)))
    }
    api.get("policies/versions") { request, _ in
      try Answer.json(try await orchestrator.policyVersions(tenant: request.tenantFilter))
    }
    api.post("policies/rollback") { request, _ in
      let tenant = request.tenant
      let asked = try await Answer.decode(RollbackRequest.self, from: request)
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.rollBackPolicies(to: asked.to, tenant: tenant, progress: progress)
      }
    }
    api.put("policies") { request, _ in
      let tenant = request.tenant
      let asked = try await Answer.decode(PolicyRequest.self, from: request)
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.applyPolicies(
          asked.files, to: asked.services, tenant: tenant, requirement: asked.requirement, progress: progress)
      }
    }
  }
}
