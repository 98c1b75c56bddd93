import Foundation
import Hummingbird
import Orchestration
import SecTOSCA

// Services: what is declared, brought up and taken down; levels and context.

extension APIServer {
  func addServices(to api: RouterGroup<BasicRequestContext>) {
    let orchestrator = orchestrator
    api.get("services") { request, _ in
      try Answer.json(await orchestrator.services(tenant: request.tenantFilter))
    }
    api.post("services") { request, _ in
      let asked = try await Self.serviceRequest(request)
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.up(asked, progress: progress)
      } beforeEnd: {
        await endIfIdle()
      }
    }
    api.post("plans") { request, _ in
      let asked = try await Self.serviceRequest(request)
      return try Answer.json(try await orchestrator.plan(asked))
    }
    api.delete("services/:name") { request, context in
      let name = try context.parameters.require("name")
      let tenant = request.tenant
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.down(name, tenant: tenant, progress: progress)
        return Done()
      } beforeEnd: {
        await endIfIdle()
      }
    }
    api.put("services/:name/level") { request, context in
      let name = try context.parameters.require("name")
      let tenant = request.tenant
      let asked = try await Answer.decode(LevelRequest.self, from: request)
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.setLevel(asked.level, of: name, tenant: tenant, progress: progress)
      }
    }
    api.get("services/:name/revocations") { request, context in
      let name = try context.parameters.require("name")
      return try Answer.json(try await orchestrator.revocations(of: name, tenant: request.tenant))
    }
    api.delete("services/:name/revocations/:revocation") { request, context in
      let name = try context.parameters.require("name")
      let id = try context.parameters.require("revocation")
      return try Answer.json(try await orchestrator.lift(id, of: name, tenant: request.tenant))
    }
    api.put("services/:name/phase") { request, context in
      let name = try context.parameters.require("name")
      let tenant = request.tenant
      let asked = try await Answer.decode(PhaseRequest.self, from: request)
      guard let phase = OrchestrationPhase(rawValue: asked.phase) else {
        let names = OrchestrationPhase.allCases.map(\.rawValue).joined(separator: ", ")
        throw OrchestrationFault.input("the phase is `\(asked.phase)`, expected one of \(names)")
      }
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.setPhase(phase, of: name, tenant: tenant, progress: progress)
      }
    }
    api.post("notices/changes") { request, _ in
      try await Answer.steps(request) { progress throws(OrchestrationFault) in
        await orchestrator.noticesChanged(progress: progress)
      }
    }
    api.get("context") { request, _ in try Answer.json(await orchestrator.context(of: request.contextScope)) }
    api.put("context") { request, _ in
      let scope = request.contextScope
      let asked = try await Answer.decode([String: String].self, from: request)
      return try await Answer.steps(request) { progress throws(OrchestrationFault) in
        try await orchestrator.setContext(asked, of: scope, progress: progress)
      }
    }
  }

  /// What is to be brought up. Its path is one of this host, not one of wherever the control plane was started.
  private static func serviceRequest(_ request: Request) async throws -> ServiceRequest {
    let asked = try await Answer.decode(ServiceRequest.self, from: request)
    guard asked.path.hasPrefix("/"), !asked.path.contains("\0") else {
      throw OrchestrationFault.input("`path` is `\(asked.path)`, expected an absolute path of the control plane's host")
    }
    return asked
  }
}
