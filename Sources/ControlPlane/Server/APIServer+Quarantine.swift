import Hummingbird
import Orchestration

// Instances in quarantine: put there, looked at, let go.

extension APIServer {
  func addQuarantine(to api: RouterGroup<BasicRequestContext>) {
    let orchestrator = orchestrator
    api.get("quarantine") { request, _ in
      try Answer.json(await orchestrator.quarantined(tenant: request.tenantFilter))
    }
    api.post("services/:name/quarantine") { request, context in
      let name = try context.parameters.require("name")
      let tenant = request.tenant
      let asked = try await Answer.decode(QuarantineRequest.self, from: request)
      let reference = InstanceReference(service: name, resource: asked.resource, instance: asked.instance)
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.quarantine(
          reference, tenant: tenant, cause: asked.checkedCause(), progress: progress)
      }
    }
    api.post("quarantine/:instance/dump") { request, context in
      let instance = try context.parameters.require("instance")
      return try Answer.json(try await orchestrator.dumpQuarantined(instance, tenant: request.tenant))
    }
    api.post("quarantine/:instance/release") { request, context in
      let instance = try context.parameters.require("instance")
      let tenant = request.tenant
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.releaseQuarantined(instance, tenant: tenant, progress: progress)
      }
    }
    api.delete("quarantine/:instance") { request, context in
      let instance = try context.parameters.require("instance")
      return try Answer.json(try await orchestrator.discardQuarantined(instance, tenant: request.tenant))
    }
  }
}
