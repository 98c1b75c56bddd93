import Foundation
import State

// What an orchestrator that ended in the middle of something has left in the store and in the home folder.

extension Orchestrator {
  /// Forgets what is known of instances that do not run any more, and removes copies of templates that nothing declares.
  func forgetWhatIsGone() async {
    var running: Set<String> = []
    for controller in controllers.values { running.formUnion(await controller.records.keys) }
    let prefix = InstanceMemory.key("")
    let stale = ((try? environment.store.values(under: prefix)) ?? []).map(\.key).filter {
      !running.contains(String($0.dropFirst(prefix.count)))
    }
    if !stale.isEmpty { _ = try? environment.store.transact(if: [], stale.map { .delete(key: $0) }) }
    let files = FileManager.default
    let services = environment.home.path + "/services"
    for tenant in (try? files.contentsOfDirectory(atPath: services)) ?? [] {
      for name in (try? files.contentsOfDirectory(atPath: "\(services)/\(tenant)")) ?? [] {
        let declaration = declarations[ServiceDeclaration.key(tenant: tenant, name: name)]
        TemplateCopy.removeOthers(
          than: declaration?.service, in: environment.home.template(tenant: tenant, service: name))
      }
    }
  }
}
