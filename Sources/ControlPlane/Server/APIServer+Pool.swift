import Hummingbird
import Orchestration

// Images that are made, and instances that are started, before they are asked for.

extension APIServer {
  func addPool(to api: RouterGroup<BasicRequestContext>) {
    let orchestrator = orchestrator
    api.get("pool") { request, _ in
      try Answer.json(await orchestrator.poolStatus(tenant: request.tenantFilter))
    }
    api.put("pool/memory") { request, _ in
      let wanted = try await Answer.decode(PoolMemory.self, from: request)
      return try Answer.json(try await orchestrator.setStandbyBudget(wanted.bytes))
    }
    api.post("pool/fill") { request, _ in
      try Answer.json(try await orchestrator.fillPool(tenant: request.tenantFilter))
    }
    api.post("pool/drain") { request, _ in
      try Answer.json(try await orchestrator.drainPool(tenant: request.tenantFilter))
    }
  }
}
