import Foundation
import Hosting
import ImageGeneration
import SecTOSCA
import State

// Which instances wait for a change of level, over all services.

extension Orchestrator {
  private static let standbyBudgetKey = "pool/instance-bytes"

  /// The most bytes of instances that wait. Nothing waits before it is set.
  var standbyBudget: Int {
    guard let value = try? environment.store.value(for: Orchestrator.standbyBudgetKey) else { return 0 }
    return Int(String(decoding: value.bytes, as: UTF8.self)) ?? 0
  }

  /// Sets the most bytes of instances that wait, and has them be that.
  public func setStandbyBudget(_ bytes: Int) async throws(OrchestrationFault) -> PoolStatus {
    guard (0...1 << 40).contains(bytes) else {
      throw .input("the memory for instances that wait is \(bytes) bytes, expected 0 to \(1 << 40)")
    }
    do throws(StateFault) {
      try environment.store.transact(
        if: [], [.put(key: Orchestrator.standbyBudgetKey, Array(String(bytes).utf8))])
    } catch {
      throw .execution(error.reason)
    }
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "low", tenant: "", service: "", kind: "pool-changed",
        message: "\(bytes) bytes of instances may wait"))
    await refreshStandby()
    return await poolStatus(tenant: nil)
  }

  /// Has those instances wait that changes of level could ask for next, and ends the others.
  func refreshStandby() async {
    await pool.gate.enter()
    let budget = standbyBudget
    var waiting: [StandbyInstance] = []
    for controller in controllers.values { waiting += await controller.waitingInstances }
    if budget > 0 || !waiting.isEmpty { await carryOut(budget, waiting) }
    await pool.gate.leave()
  }

  private func carryOut(_ budget: Int, _ waiting: [StandbyInstance]) async {
    var wishes: [StandbyWish] = []
    var resources: [StandbyWish: ResolvedResource] = [:]
    if budget > 0 {
      for declaration in declared(nil) {
        let (own, resolved) = await self.wishes(of: declaration)
        wishes += own
        resources.merge(resolved) { first, _ in first }
      }
    }
    let plan = StandbyPlan(withinQuotas(wishes), waiting: waiting, budget: budget, now: Date())
    for instance in waiting where plan.ended.contains(instance.id) {
      await controllers[instance.service]?.endStandby(instance.id)
    }
    for wish in plan.started {
      guard let resource = resources[wish], let declaration = declarations[wish.service], !declaration.isRemoved else {
        continue
      }
      do throws(OrchestrationFault) {
        try await controllers[wish.service]?.startStandby(wish, of: resource)
      } catch {
        journal.record(
          EventRecord(
            time: Timestamp.now(), severity: "low", tenant: declaration.tenant, service: declaration.name,
            resource: wish.resource, kind: "pool-not-filled", message: error.message))
      }
    }
  }

  /// What changes of a service's level could ask for: the levels that triggers set, and the one that is due without them,
  /// where another instance is needed than the one that runs.
  private func wishes(
    of declaration: ServiceDeclaration
  ) async -> (wishes: [StandbyWish], resources: [StandbyWish: ResolvedResource]) {
    let service = declaration.service
    let context = context(of: declaration)
    let inForce = service.dueLevel(context: context, setByHand: declaration.level)
    let near = Set(service.triggers.map(\.level) + [declaration.level ?? service.initialLevel.name])
    let levels = service.levels.filter { near.contains($0.name) && $0.name != inForce.name }
    let resolver = resolver
    // Not on this actor's thread: what is asked for meanwhile does not wait.
    let resolved = await Task.detached(priority: .background) { () -> [ResolvedService] in
      ([inForce] + levels).compactMap { try? resolver.resolve(declaration, at: $0, context: context) }
    }.value
    guard let present = resolved.first, present.level.name == inForce.name else { return ([], [:]) }
    var wishes: [StandbyWish] = []
    var resources: [StandbyWish: ResolvedResource] = [:]
    let overhead = InstanceGroup.overheadBytes(isMachine: declaration.target == .microvm)
    for other in resolved.dropFirst() {
      for resource in other.resources where resource.resource.addressing == .assigned {
        let own = present.resource(resource.resource.name)
        guard own?.recipeDigest != resource.recipeDigest || own?.bootDigest != resource.bootDigest else { continue }
        let wish = StandbyWish(
          service: declaration.key, resource: resource.resource.name, level: other.level.name,
          recipe: resource.recipeDigest, bootSettings: resource.bootDigest,
          bytes: resource.resource.memoryBytes + overhead, distance: abs(other.level.rank - inForce.rank))
        // One instance serves all levels that ask for the same.
        if let same = wishes.firstIndex(where: {
          $0.resource == wish.resource && $0.recipe == wish.recipe && $0.bootSettings == wish.bootSettings
        }) {
          guard wish.distance < wishes[same].distance else { continue }
          resources[wishes[same]] = nil
          wishes[same] = wish
        } else {
          wishes.append(wish)
        }
        resources[wish] = resource
      }
    }
    return (wishes, resources)
  }

  /// Those for which their tenant has room besides what is declared: what waits is counted as if it were.
  private func withinQuotas(_ wishes: [StandbyWish]) -> [StandbyWish] {
    var usages: [String: TenantUsage] = [:]
    return wishes.sorted { ($0.distance, $0.service, $0.resource) < ($1.distance, $1.service, $1.resource) }.filter {
      wish in
      guard let declaration = declarations[wish.service],
        let resource = declaration.service.resource(wish.resource)
      else { return false }
      let usage = usages[declaration.tenant] ?? TenantUsage(declared(declaration.tenant))
      var one = TenantUsage()
      one.instances = 1
      one.memoryBytes = resource.memoryBytes
      one.addresses = 1
      guard tenantBook.quota(of: declaration.tenant).excess(of: one, beside: usage) == nil else { return false }
      var sum = usage
      sum.instances += 1
      sum.memoryBytes += resource.memoryBytes
      sum.addresses += 1
      usages[declaration.tenant] = sum
      return true
    }
  }

  /// What waits, of a tenant or of all.
  func pooledInstances(tenant: String?) async -> [PooledInstance] {
    var all: [PooledInstance] = []
    for declaration in declared(tenant) {
      for instance in await controllers[declaration.key]?.waitingInstances ?? [] {
        all.append(
          PooledInstance(
            tenant: declaration.tenant, service: declaration.name, resource: instance.resource,
            level: instance.level, instance: instance.id, bytes: instance.bytes,
            started: Timestamp.text(milliseconds: UInt64(max(0, instance.started.timeIntervalSince1970 * 1000))),
            ageSeconds: max(0, Date().timeIntervalSince(instance.started))))
      }
    }
    return all
  }
}
