import Foundation
import ImageGeneration
import PolicyDecision
import SecTOSCA
import Synchronization

// Propagating policies to enforcement points.

extension Orchestrator {
  /// Replaces the policies of an authorization requirement of each named service by another version of the tenant's
  /// policies, which every enforcement point of the tenant is sent, without a restart. Returns what each acknowledged.
  /// `requirement` may be left out where a service has one only.
  public func applyPolicies(
    _ files: [ServiceDeclaration.PolicyFile], to names: [String], tenant: String, requirement: String?,
    progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [PolicyAcknowledgement] {
    try await exclusively("policy apply", about: .tenant(tenant), progress: progress) { () throws(OrchestrationFault) in
      guard !names.isEmpty else { throw .input("no service is named, expected at least one") }
      var policies = try duePolicies(of: tenant).policies
      for name in Set(names).sorted() {
        let declaration = try declaration(name, tenant: tenant)
        let target = try authorization(requirement, in: declaration)
        try check(files, for: target, of: declaration)
        policies[name, default: [:]][target] = files
      }
      return try await putInForce(
        policies, of: tenant, services: Set(names).sorted(),
        reason: "\(files.map(\.file).joined(separator: ", ")) for \(Set(names).sorted().joined(separator: ", "))",
        progress: progress)
    }
  }

  /// Makes another version with the content of an older one: that before the present, or the one named. What it says of
  /// services and requirements that are not there any more is left out.
  public func rollBackPolicies(
    to number: Int?, tenant: String, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [PolicyAcknowledgement] {
    try await exclusively("policy rollback", about: .tenant(tenant), progress: progress) {
      () throws(OrchestrationFault) in
      let numbers = try policyHistory.numbers(of: tenant)
      let former = numbers.dropLast().last
      guard let wanted = number ?? former else {
        throw .input("tenant `\(tenant)` has no version of its policies before the present one")
      }
      guard numbers.contains(wanted) else {
        let known = numbers.map(String.init).joined(separator: ", ")
        throw .notFound(
          "tenant `\(tenant)` has no version \(wanted) of its policies, expected "
            + (numbers.isEmpty ? "none: nothing was brought up yet" : "one of \(known)"))
      }
      let old = try policyHistory.version(wanted, of: tenant)
      return try await putInForce(
        withoutStale(old.policies, of: tenant), of: tenant, services: [], reason: "back to version \(wanted)",
        progress: progress)
    }
  }

  /// Does not parse, does not fit the schema or cannot be decided in an image: refused here, and what was in force stays.
  private func check(
    _ files: [ServiceDeclaration.PolicyFile], for target: String, of declaration: ServiceDeclaration
  ) throws(OrchestrationFault) {
    let sources = files.map { PolicySource(file: $0.file, text: $0.text) }
    for case .authorization(let own) in declaration.service.requirements.filter({ $0.name == target })
      .map(\.protection)
    {
      try ServiceResolver.checkSchema(of: own, sources, root: declaration.service.root)
    }
    _ = try ServiceResolver.compile(sources, attributes: context(of: declaration).keys.sorted())
  }

  /// Stores the next version of a tenant's policies and brings every service of the tenant to it, all at once.
  private func putInForce(
    _ policies: [String: [String: [ServiceDeclaration.PolicyFile]]], of tenant: String, services: [String],
    reason: String, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> [PolicyAcknowledgement] {
    let version = try nextVersion(policies, of: tenant, reason: reason)
    let all = declarations.values.filter { $0.tenant == tenant && !$0.isRemoved }.sorted { $0.key < $1.key }
    // All is worked out before anything is changed.
    var due: [(declaration: ServiceDeclaration, resolved: ResolvedService)] = []
    for var declaration in all {
      declaration.policies = Orchestrator.policies(of: declaration, in: [tenant: .success(version)])
      due.append((declaration, try resolver.resolve(declaration, context: context(of: declaration))))
    }
    try introduce(version)
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "low", tenant: tenant, service: services.count == 1 ? services[0] : "",
        kind: "policy-applied", message: "version \(version.number): \(reason)",
        details: ["version": String(version.number), "digest": version.identity.digestText]))
    let outcomes = await withTaskGroup(of: (String, [StepOutcome], OrchestrationFault?).self) { group in
      for (declaration, resolved) in due {
        group.addTask { await self.bringNoting(declaration, to: resolved) }
      }
      var all: [(String, [StepOutcome], OrchestrationFault?)] = []
      for await outcome in group { all.append(outcome) }
      return all.sorted { $0.0 < $1.0 }
    }
    for (key, steps, failure) in outcomes {
      for step in steps { progress(step) }
      guard let failure, let declaration = declarations[key] else { continue }
      // Who has not acknowledged is named in what is returned, and asked again.
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "high", tenant: tenant, service: declaration.name,
          kind: "policy-not-converged", message: failure.message, details: ["version": String(version.number)]))
      retry(key)
    }
    return await policyStatus(tenant: tenant)
  }

  /// Brings a service to what was resolved and keeps what there is to say of it.
  private func bringNoting(
    _ declaration: ServiceDeclaration, to resolved: ResolvedService
  ) async -> (String, [StepOutcome], OrchestrationFault?) {
    let steps = Mutex<[StepOutcome]>([])
    var failure: OrchestrationFault?
    do throws(OrchestrationFault) {
      try await bring(declaration, to: resolved) { step in steps.withLock { $0.append(step) } }
    } catch {
      failure = error
    }
    return (declaration.key, steps.withLock { $0 }, failure)
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
    let asked = declarations.values.filter { tenant == nil || $0.tenant == tenant }.sorted { $0.key < $1.key }
      .map { (controller: controller($0), due: $0.policies.number) }
    // All at once: one that hangs must not make the others wait.
    return await withTaskGroup(of: (Int, [PolicyAcknowledgement]).self) { group in
      for (index, point) in asked.enumerated() {
        group.addTask { (index, await point.controller.acknowledgements(due: point.due)) }
      }
      var all: [(Int, [PolicyAcknowledgement])] = []
      for await answer in group { all.append(answer) }
      return all.sorted { $0.0 < $1.0 }.flatMap(\.1)
    }
  }
}
