import Hummingbird
import Orchestration

// Images of the store. A tenant has those that its services use, or could ask for next.

extension APIServer {
  func addImages(to api: RouterGroup<BasicRequestContext>) {
    let orchestrator = orchestrator
    api.get("images") { request, _ in
      try Answer.json(await orchestrator.images(tenant: request.tenantFilter))
    }
    api.get("images/:digest") { request, context in
      try Answer.json(try await orchestrator.image(try context.digest, tenant: request.tenantFilter))
    }
    api.get("images/:digest/report") { request, context in
      try Answer.json(try await orchestrator.imageReport(try context.digest, tenant: request.tenantFilter))
    }
    api.get("images/:digest/sbom") { request, context in
      let bytes = try await orchestrator.imagePaper(
        .billOfMaterials, of: try context.digest, tenant: request.tenantFilter)
      return Answer.text(String(decoding: bytes, as: UTF8.self), type: "application/json")
    }
    api.get("images/:digest/provenance") { request, context in
      let bytes = try await orchestrator.imagePaper(.provenance, of: try context.digest, tenant: request.tenantFilter)
      return Answer.text(String(decoding: bytes, as: UTF8.self), type: "application/json")
    }
  }
}

extension BasicRequestContext {
  fileprivate var digest: String { get throws { try parameters.require("digest") } }
}
