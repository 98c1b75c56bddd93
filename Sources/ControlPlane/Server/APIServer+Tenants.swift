import Hummingbird
import Orchestration

// Tenants, and how much they may have.

extension APIServer {
  func addTenants(to api: RouterGroup<BasicRequestContext>) {
    let orchestrator = orchestrator
    api.get("tenants") { request, _ in
      try Answer.json(await orchestrator.tenants(only: request.tenantFilter))
    }
    api.post("tenants") { request, _ in
      try Answer.json(
        try await orchestrator.createTenant(try await Answer.decode(TenantRequest.self, from: request)))
    }
    api.get("tenants/:tenant") { _, context in
      try Answer.json(try await orchestrator.tenant(try context.parameters.require("tenant")))
    }
    api.delete("tenants/:tenant") { _, context in
      try Answer.json(try await orchestrator.deleteTenant(try context.parameters.require("tenant")))
    }
    api.put("tenants/:tenant/quota") { request, context in
      let quota = try await Answer.decode(TenantQuota.self, from: request)
      return try Answer.json(
        try await orchestrator.setQuota(quota, of: try context.parameters.require("tenant")))
    }
  }
}
