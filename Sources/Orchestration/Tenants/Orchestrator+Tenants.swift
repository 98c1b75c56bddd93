import Hosting
import ImageGeneration
import SecTOSCA

// Tenants, and how much they may have: looked at before anything is changed, and enforced by the host's control groups.

extension Orchestrator {
  /// The tenants, by name: those that were made, those that have something, and `default`.
  public func tenants(only tenant: String? = nil) -> [TenantStatus] {
    let made = tenantBook.all
    var names = Set(made.keys).union(declarations.values.map(\.tenant)).union(["default"])
    names.formUnion(decisionPoints.status(tenant: nil).map(\.tenant))
    names.formUnion(tokens.list(tenant: nil).compactMap(\.tenant))
    return names.filter { tenant == nil || $0 == tenant }.sorted().map { name in
      TenantStatus(
        tenant: name, created: made[name]?.created, quota: made[name]?.quota ?? TenantQuota(),
        usage: TenantUsage(declared(name)))
    }
  }

  /// One tenant.
  public func tenant(_ name: String) throws(OrchestrationFault) -> TenantStatus {
    guard let status = tenants(only: name).first else {
      throw .notFound("there is no tenant `\(name)`; `testudo tenant list` shows those there are")
    }
    return status
  }

  /// Makes a tenant.
  public func createTenant(_ request: TenantRequest) throws(OrchestrationFault) -> TenantStatus {
    try tenantBook.put(request.tenant, quota: request.quota ?? TenantQuota(), isNew: true)
    note("tenant-created", request.tenant)
    return try tenant(request.tenant)
  }

  /// Gives a tenant another quota. What it has stays, even where that is more; what it asks for from now on is held against
  /// it, and the host's bounds are changed at once.
  public func setQuota(_ quota: TenantQuota, of name: String) async throws(OrchestrationFault) -> TenantStatus {
    try tenantBook.put(name, quota: quota, isNew: false)
    note("quota-changed", name)
    await bound(name)
    return try tenant(name)
  }

  /// Forgets a tenant with its tokens, its policies and its decision point. Refused while it has services.
  public func deleteTenant(_ name: String) async throws(OrchestrationFault) -> TenantStatus {
    try await exclusively("tenant delete", about: .tenant(name)) { () throws(OrchestrationFault) in
      let status = try tenant(name)
      let services = declarations.values.filter { $0.tenant == name }.map(\.name).sorted()
      guard services.isEmpty else {
        throw .input(
          "the tenant `\(name)` has services: \(services.joined(separator: ", ")); expected none "
            + "(`testudo down --all --tenant \(name)`)")
      }
      for token in tokens.list(tenant: name) { _ = try tokens.revoke(token.id, tenant: name) }
      try decisionPoints.remove(name)
      try policyHistory.remove(of: name)
      policyVersions[name] = nil
      try tenantBook.remove(name)
      note("tenant-deleted", name)
      return status
    }
  }

  /// Refuses what would be more than a service's tenant may have.
  func checkQuota(of declaration: ServiceDeclaration) throws(OrchestrationFault) {
    let others = declared(declaration.tenant).filter { $0.key != declaration.key }
    let quota = tenantBook.quota(of: declaration.tenant)
    guard let excess = quota.excess(of: TenantUsage([declaration]), beside: TenantUsage(others)) else { return }
    throw .refused(
      "`\(declaration.name)` (\(declaration.source)) is more than the tenant `\(declaration.tenant)` may have: \(excess)"
    )
  }

  /// The control group of a tenant's instances. Memory and processes are bounded to what is declared within the quota twice,
  /// since a new instance starts before the one whose place it takes ends, with what each needs besides its heap.
  func group(of tenant: String) -> InstanceGroup {
    let quota = tenantBook.quota(of: tenant)
    let own = declared(tenant)
    let overheads = own.reduce(0) { sum, declaration in
      sum + declaration.service.resources.count * InstanceGroup.overheadBytes(isMachine: declaration.target == .microvm)
    }
    let instances = TenantUsage(own).instances
    return InstanceGroup(
      name: ServiceNetwork.name(for: [environment.home.path, tenant]),
      memoryBytes: quota.memoryBytes.map { 2 * ($0 + overheads) },
      processorPercent: quota.processorPercent,
      processes: quota.instances == nil ? nil : 2 * instances * InstanceGroup.processesPerInstance)
  }

  /// Has the host bound a tenant's instances as is due now. Gives the control group that its instances are to start in; `nil`
  /// for a tenant without a quota.
  func boundGroup(of tenant: String) async -> InstanceGroup? {
    await bound(tenant)
    return tenantBook.quota(of: tenant).isEmpty ? nil : boundGroups[tenant]
  }

  /// One after another: of two services that come up side by side, the later bound must be the one that stays.
  private func bound(_ tenant: String) async {
    await bounding.enter()
    let group = group(of: tenant)
    // The host looks at every instance for this.
    if boundGroups[tenant] != group {
      await environment.host.bound(group)
      boundGroups[tenant] = group
    }
    await bounding.leave()
  }

  private func note(_ kind: String, _ tenant: String) {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "low", tenant: tenant, service: "", kind: kind, message: "tenant \(tenant)"))
  }
}
