import Hummingbird
import Orchestration

// Tokens of callers. Their texts are shown once, when they are made.

extension APIServer {
  func addTokens(to api: RouterGroup<BasicRequestContext>) {
    let tokens = orchestrator.tokens
    api.get("tokens") { request, _ in try Answer.json(tokens.list(tenant: request.tokenTenant)) }
    api.post("tokens") { request, _ in
      let asked = try await Answer.decode(AccessTokenRequest.self, from: request)
      let tenant = request.tenant == AccessTokens.everywhere ? nil : request.tenant
      return try Answer.json(try tokens.create(asked, tenant: tenant))
    }
    api.delete("tokens/:id") { request, context in
      try Answer.json(try tokens.revoke(try context.parameters.require("id"), tenant: request.tokenTenant))
    }
  }
}

extension Request {
  /// The tenant whose tokens are asked for, or all.
  fileprivate var tokenTenant: String? { tenantFilter == AccessTokens.everywhere ? nil : tenantFilter }
}
