import Foundation
import ImageGeneration
import SecTOSCA
import State

// The versions of tenants' policies: which there are, and which is due.

extension Orchestrator {
  /// The versions of a tenant's policies that are kept, or of all tenants', oldest first.
  public func policyVersions(tenant: String?) async throws(OrchestrationFault) -> [PolicyVersionSummary] {
    let points = await policyStatus(tenant: tenant)
    var all: [PolicyVersionSummary] = []
    for name in policyVersions.keys.sorted() where tenant == nil || tenant == name {
      let own = points.filter { $0.tenant == name }
      let numbers = try policyHistory.numbers(of: name)
      for number in numbers {
        var summary = PolicyVersionSummary(
          tenant: name, number: number, created: "", reason: "", digest: "", isDue: number == numbers.last,
          converged: own.count { $0.version == number && ($0.converged || number != $0.due) }, points: own.count)
        do throws(OrchestrationFault) {
          let version = try policyHistory.version(number, of: name)
          summary.created = version.created
          summary.reason = version.reason
          summary.digest = version.identity.digestText
        } catch {
          summary.reason = error.message
        }
        all.append(summary)
      }
    }
    return all
  }

  /// The version of a tenant's policies that is due: an empty one where none was made yet.
  func duePolicies(of tenant: String) throws(OrchestrationFault) -> PolicyVersion {
    guard let known = policyVersions[tenant] else {
      return PolicyVersion(tenant: tenant, number: 0, created: "", reason: "", policies: [:])
    }
    return try known.get()
  }

  /// What of the tenant's version concerns a service.
  func policies(of declaration: ServiceDeclaration) -> AppliedPolicies {
    Orchestrator.policies(of: declaration, in: policyVersions)
  }

  static func policies(
    of declaration: ServiceDeclaration, in versions: [String: Result<PolicyVersion, OrchestrationFault>]
  ) -> AppliedPolicies {
    switch versions[declaration.tenant] {
    case nil: AppliedPolicies()
    case .success(let version):
      AppliedPolicies(identity: version.identity, files: version.policies[declaration.name] ?? [:])
    case .failure(let fault): AppliedPolicies(refusal: fault.message)
    }
  }

  /// A tenant's first version, in which every service has the policies of its template. It is made anew where what is stored
  /// cannot be relied on, as after the control key was replaced, and none of the tenant's services is up to rely on it.
  func makeFirstVersion(of tenant: String) throws(OrchestrationFault) {
    switch policyVersions[tenant] {
    case .success: return
    case .failure where declarations.values.contains { $0.tenant == tenant }: return
    case nil, .failure: break
    }
    try introduce(try nextVersion([:], of: tenant, reason: "the policies of the templates"))
  }

  /// A version with the next number, also after versions that cannot be relied on.
  func nextVersion(
    _ policies: [String: [String: [ServiceDeclaration.PolicyFile]]], of tenant: String, reason: String
  ) throws(OrchestrationFault) -> PolicyVersion {
    let last = try policyHistory.numbers(of: tenant).last ?? 0
    return PolicyVersion(
      tenant: tenant, number: last + 1, created: Timestamp.now(), reason: reason, policies: policies)
  }

  /// Stores a version as the one that is due to every service of its tenant.
  func introduce(_ version: PolicyVersion) throws(OrchestrationFault) {
    try policyHistory.add(version)
    policyVersions[version.tenant] = .success(version)
    for (key, declaration) in declarations where declaration.tenant == version.tenant {
      declarations[key]?.policies = policies(of: declaration)
    }
  }

  /// Policies without what stands for nothing: services that are not up, requirements that their templates do not have.
  func withoutStale(
    _ policies: [String: [String: [ServiceDeclaration.PolicyFile]]], of tenant: String
  ) -> [String: [String: [ServiceDeclaration.PolicyFile]]] {
    var kept: [String: [String: [ServiceDeclaration.PolicyFile]]] = [:]
    for (service, files) in policies {
      guard let declaration = declarations[ServiceDeclaration.key(tenant: tenant, name: service)],
        !declaration.isRemoved
      else { continue }
      let own = files.filter { name, _ in declaration.service.requirements.contains { $0.name == name } }
      if !own.isEmpty { kept[service] = own }
    }
    return kept
  }

  /// Makes another version where the present one speaks of services or requirements that are gone: if they come again, they
  /// begin with their template's policies.
  func leaveOutStalePolicies(of tenant: String) {
    guard case .success(let version) = policyVersions[tenant] else { return }
    let kept = withoutStale(version.policies, of: tenant)
    guard kept != version.policies else { return }
    do throws(OrchestrationFault) {
      try introduce(try nextVersion(kept, of: tenant, reason: "without what is not there any more"))
    } catch {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "high", tenant: tenant, service: "", kind: "policy-not-converged",
          message: error.message))
    }
    for (key, declaration) in declarations where declaration.tenant == tenant { converge(lost: key) }
  }

  /// Reads which version of each tenant's policies is due. Declarations of the time when versions were each service's are
  /// changed into the tenant's first version, which has the greatest of their numbers, so that none goes back.
  static func readPolicies(
    _ history: PolicyHistory, declarations: inout [String: ServiceDeclaration]
  ) throws(OrchestrationFault) -> [String: Result<PolicyVersion, OrchestrationFault>] {
    let last: [String: Int]
    do throws(StateFault) {
      last = try history.last()
    } catch {
      throw .host(error.reason)
    }
    var versions: [String: Result<PolicyVersion, OrchestrationFault>] = [:]
    for (tenant, number) in last {
      do throws(OrchestrationFault) {
        versions[tenant] = .success(try history.version(number, of: tenant))
      } catch {
        versions[tenant] = .failure(error)
      }
    }
    for tenant in Set(declarations.values.map(\.tenant)).subtracting(last.keys) {
      var own = declarations.values.filter { $0.tenant == tenant }
      let version = PolicyVersion(
        tenant: tenant, number: own.compactMap(\.formerVersion).max() ?? 1, created: Timestamp.now(),
        reason: "what the services had",
        policies: Dictionary(own.map { ($0.name, $0.formerPolicies ?? [:]) }) { first, _ in first })
      var changes: [State.Operation] = []
      for index in own.indices {
        own[index].formerPolicies = nil
        own[index].formerVersion = nil
        guard let bytes = try? JSONEncoder().encode(own[index]) else { continue }
        changes.append(.put(key: own[index].key, [UInt8](bytes)))
      }
      try history.add(version, with: changes)
      for declaration in own { declarations[declaration.key] = declaration }
      versions[tenant] = .success(version)
    }
    return versions
  }
}
