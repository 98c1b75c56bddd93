import Foundation
import PolicyDecision
import SecTOSCA

// Propagating policies to enforcement points.

extension Orchestrator {
  /// Replaces the policies of an authorization requirement, in every image that it is due to, without a restart. Returns
  /// what each enforcement point acknowledged. `requirement` may be left out where the service has one only.
  public func applyPolicies(
    _ files: [ServiceDeclaration.PolicyFile], to name: String, tenant: String, requirement: String?,
    progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [PolicyAcknowledgement] {
    try await exclusively { () throws(OrchestrationFault) in
      var declaration = try declaration(name, tenant: tenant)
      let target = try authorization(requirement, in: declaration)
      declaration.policies[target] = files
      declaration.policyVersion += 1
      // Does not parse or cannot be decided in an image: refused here, and what was in force stays.
      let resolved = try resolver.resolve(declaration, context: context(of: declaration))
      for case .authorization(let own) in declaration.service.requirements.filter({ $0.name == target })
        .map(\.protection)
      {
        try ServiceResolver.checkSchema(
          of: own, files.map { PolicySource(file: $0.file, text: $0.text) }, root: declaration.service.root)
      }
      _ = try ServiceResolver.compile(
        files.map { PolicySource(file: $0.file, text: $0.text) }, attributes: contextualAttributes.keys.sorted())
      try store(declaration)
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "low", tenant: tenant, service: name, kind: "policy-applied",
          message: "version \(declaration.policyVersion) of `\(target)`",
          details: ["files": files.map(\.file).joined(separator: ",")]))
      do throws(OrchestrationFault) {
        try await bring(declaration, to: resolved, progress: progress)
      } catch {
        // Who has not acknowledged is named in what is returned, and asked again.
        journal.record(
          EventRecord(
            time: Timestamp.now(), severity: "high", tenant: tenant, service: name, kind: "policy-not-converged",
            message: error.message, details: ["version": String(declaration.policyVersion)]))
        retry(declaration.key)
      }
      return await acknowledgements(of: declaration)
    }
  }

  private func authorization(
    _ requirement: String?, in declaration: ServiceDeclaration
  ) throws(OrchestrationFault) -> String {
    let names = declaration.service.requirements.compactMap { requirement -> String? in
      if case .authorization(let authorization) = requirement.protection, authorization.remote == nil {
        return requirement.name
      }
      return nil
    }
    let remote = declaration.service.requirements.first { candidate in
      guard case .authorization(let authorization) = candidate.protection, authorization.remote != nil else {
        return false
      }
      return requirement.map { $0 == candidate.name } ?? names.isEmpty
    }
    if let remote {
      throw .input(
        "what `\(remote.name)` of `\(declaration.name)` asks for is decided by the tenant's decision point: "
          + "`testudo decision set` changes its policies")
    }
    if let requirement {
      guard names.contains(requirement) else {
        throw .input(
          "there is no authorization requirement `\(requirement)` in `\(declaration.name)`, "
            + (names.isEmpty ? "it has none" : "expected \(names.joined(separator: " or "))"))
      }
      return requirement
    }
    guard names.count == 1 else {
      throw .input(
        names.isEmpty
          ? "`\(declaration.name)` has no authorization requirement: there is nothing that policies apply to"
          : "`\(declaration.name)` has \(names.count) authorization requirements; name one of "
            + names.joined(separator: ", "))
    }
    return names[0]
  }

  /// Which enforcement point has which version of the policies.
  public func policyStatus(tenant: String?) async -> [PolicyAcknowledgement] {
    var all: [PolicyAcknowledgement] = []
    for declaration in declarations.values.sorted(by: { $0.key < $1.key })
    where tenant == nil || declaration.tenant == tenant {
      all += await acknowledgements(of: declaration)
    }
    return all
  }

  private func acknowledgements(of declaration: ServiceDeclaration) async -> [PolicyAcknowledgement] {
    await controller(declaration).acknowledgements(due: declaration.policyVersion)
  }
}
