import Foundation
import Hosting
import SecTOSCA

extension Orchestrator {
  /// Everything that runs, by service, resource and start.
  public func unikernels(tenant: String?) async -> [UnikernelStatus] {
    await services(tenant: tenant).flatMap(\.unikernels)
  }

  /// What is known of one instance's console: the last lines of its log.
  public func logs(_ name: String, resource: String?, tenant: String) async throws(OrchestrationFault) -> String {
    let declaration = try declaration(name, tenant: tenant)
    if let resource, declaration.service.resource(resource) == nil {
      let names = declaration.service.resources.map(\.name).joined(separator: ", ")
      throw .notFound("there is no resource `\(resource)` in `\(name)`, expected one of \(names)")
    }
    return await controller(declaration).consoleLogs(resource: resource)
  }

  func status(of declaration: ServiceDeclaration) async -> ServiceStatus {
    let controller = controller(declaration)
    let unikernels = await controller.unikernels()
    let due = declaration.service.dueLevel(context: context(of: declaration), setByHand: declaration.level)
    return ServiceStatus(
      tenant: declaration.tenant, name: declaration.name, source: declaration.source, level: due.name,
      levelSetByHand: declaration.level, phase: (declaration.phase ?? .run).rawValue,
      levels: declaration.service.levels.map(\.name),
      policyVersion: declaration.policies.number, urls: unikernels.flatMap(\.urls), unikernels: unikernels)
  }
}
