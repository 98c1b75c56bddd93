import Foundation
import Glibc
import Hosting
import ImageGeneration
import SecTOSCA
import TOSCA

// Bringing services up and taking them down.

extension Orchestrator {
  /// Makes a service what the template says, or changes it to that. Returns when every unikernel reports the protection it
  /// enforces. If a new service cannot be brought up, nothing of it is left; if a change fails, the service goes back to
  /// what it was.
  public func up(
    _ request: ServiceRequest, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) -> ServiceStatus {
    let subject = ServiceScope.service(try name(of: request), tenant: request.tenant)
    return try await exclusively("up", about: subject, progress: progress) { () throws(OrchestrationFault) in
      let former = declarations[try key(of: request)]
      try makeFirstVersion(of: request.tenant)
      let (declared, unpacked) = try declare(request)
      defer { withExtendedLifetime(unpacked) {} }
      var declaration = declared
      // Everything that can be found wrong is found before anything is changed.
      _ = try ServiceResolver(environment: environment, packetRules: packetRules).resolve(
        declaration, context: context(of: declaration))
      try checkQuota(of: declaration)
      try checkClaims(of: declaration)
      try requireRights()
      try requireEmulator(for: declaration.target)
      let folder = environment.home.template(tenant: declaration.tenant, service: declaration.name)
      let resolved: ResolvedService
      do throws(OrchestrationFault) {
        declaration.service = try TemplateCopy.make(declaration.service, in: folder)
        noteNotices(of: declaration)
        resolved = try resolver.resolve(declaration, context: context(of: declaration))
        try store(declaration)
      } catch {
        TemplateCopy.removeOthers(than: former?.service, in: folder)
        throw error
      }
      scheduleChange(of: declaration.key)
      do throws(OrchestrationFault) {
        try await bring(declaration, to: resolved, progress: progress)
      } catch {
        await rollBack(declaration, to: former, progress: progress)
        throw error
      }
      TemplateCopy.removeOthers(than: declaration.service, in: folder)
      noteEdges(of: declaration, cause: "`up`")
      followRuns(of: declaration.key)
      leaveOutStalePolicies(of: declaration.tenant)
      return await status(of: declaration)
    }
  }

  /// Says at once what an ordinary user cannot do. For root, what this host lacks shows when it is used.
  private func requireRights() throws(OrchestrationFault) {
    guard geteuid() != 0 || UserNamespace.isEntered else { return }
    do throws(HostingFault) {
      try HostProbe(linker: try? environment.builder.library.linker()).requireAll()
    } catch {
      throw OrchestrationFault(error)
    }
  }

  /// Says at once that this host has nothing to run virtual machines with.
  private func requireEmulator(for target: Target) throws(OrchestrationFault) {
    guard target == .microvm else { return }
    do throws(HostingFault) {
      _ = try environment.emulators.find()
    } catch {
      throw OrchestrationFault(error)
    }
  }

  /// Brings a service back to what it was before something that failed.
  func rollBack(
    _ declaration: ServiceDeclaration, to former: ServiceDeclaration?, progress: @Sendable (StepOutcome) -> Void
  ) async {
    do throws(OrchestrationFault) {
      guard var former else {
        // What is left of it then is taken away later, and not brought up.
        var gone = declaration
        gone.isRemoved = true
        try store(gone)
        try await remove(gone, progress: progress)
        return
      }
      try store(former)
      former.policies = policies(of: former)
      let resolved = try resolver.resolve(former, context: context(of: former))
      try await bring(former, to: resolved, progress: progress)
      TemplateCopy.removeOthers(
        than: former.service, in: environment.home.template(tenant: former.tenant, service: former.name))
    } catch {
      journal.record(
        EventRecord(
          time: Timestamp.now(), severity: "high", tenant: declaration.tenant, service: declaration.name,
          kind: "rollback-failed", message: error.message))
      retry(declaration.key)
    }
  }

  /// Stops a service and removes everything that was made for it.
  public func down(
    _ name: String, tenant: String, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) {
    let subject = ServiceScope.service(name, tenant: tenant)
    try await exclusively("down", about: subject, progress: progress) { () throws(OrchestrationFault) in
      var declaration = try declaration(name, tenant: tenant)
      declaration.isRemoved = true
      try store(declaration)
      try await remove(declaration, progress: progress)
    }
  }

  func remove(
    _ declaration: ServiceDeclaration, progress: @Sendable (StepOutcome) -> Void
  ) async throws(OrchestrationFault) {
    try await controller(declaration).converge(to: nil, progress: progress)
    try await forget(declaration)
  }

  /// What `up` would do, and why. Changes nothing.
  public func plan(_ request: ServiceRequest) async throws(OrchestrationFault) -> [Action] {
    let (declaration, unpacked) = try declare(request)
    defer { withExtendedLifetime(unpacked) {} }
    let resolved = try ServiceResolver(environment: environment, packetRules: packetRules).resolve(
      declaration, context: context(of: declaration))
    try checkQuota(of: declaration)
    try checkClaims(of: declaration)
    guard let running = controllers[declaration.key] else {
      let known = resolved.resources.filter {
        environment.builder.image(of: $0.recipe, digest: $0.recipeDigest) != nil
      }
      return Planner.plan(
        desired: resolved.desired, observed: ObservedService(images: Set(known.map(\.recipeDigest))))
    }
    return await running.plan(to: resolved)
  }

  /// The services of a tenant.
  public func services(tenant: String?) async -> [ServiceStatus] {
    var all: [ServiceStatus] = []
    for declaration in declarations.values.sorted(by: { $0.key < $1.key })
    where tenant == nil || declaration.tenant == tenant {
      all.append(await status(of: declaration))
    }
    return all
  }

  /// Whether nothing is declared.
  public var isEmpty: Bool { declarations.isEmpty }

  /// Whether nothing is declared, and no command is under way or waits for its turn.
  public var isIdle: Bool { declarations.isEmpty && commands.isEmpty }

  // MARK: Declaring

  private func key(of request: ServiceRequest) throws(OrchestrationFault) -> String {
    ServiceDeclaration.key(tenant: request.tenant, name: try name(of: request))
  }

  private func name(of request: ServiceRequest) throws(OrchestrationFault) -> String {
    let path = URL(filePath: request.path)
    var folder = ["yaml", "yml"].contains(path.pathExtension) ? path.deletingLastPathComponent() : path
    // An archive has a name of its own.
    while ["csar", "zip", "tar", "gz", "tgz"].contains(folder.pathExtension) { folder = folder.deletingPathExtension() }
    let name = request.name ?? folder.lastPathComponent
    for (what, text) in [("service", name), ("tenant", request.tenant)] {
      let isName =
        (1...40).contains(text.utf8.count) && text.utf8.first.map { 0x61...0x7A ~= $0 } == true
        && text.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D }
      guard isName else {
        throw .input(
          "the \(what)'s name is `\(text)`, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
      }
    }
    return name
  }

  /// The declaration that a request would make, with what the tenant's version of policies says of it; and the files of the request's archive, which the declaration's paths lead to.
  private func declare(
    _ request: ServiceRequest
  ) throws(OrchestrationFault) -> (declaration: ServiceDeclaration, unpacked: UnpackedArchive?) {
    let (service, unpacked) = try request.loading(library: environment.library).service(
      request.path, inputs: request.inputs)
    if let level = request.level, service.level(level) == nil {
      throw .input(
        "there is no level `\(level)`, expected one of \(service.levels.map(\.name).joined(separator: ", "))")
    }
    do throws(ImageFault) {
      try environment.builder.checkHandlers(of: service)
    } catch {
      throw OrchestrationFault(error)
    }
    let name = try name(of: request)
    var declaration = ServiceDeclaration(
      tenant: request.tenant, name: name, source: request.path, service: service, target: request.target,
      level: request.level)
    declaration.policies = policies(of: declaration)
    if let former = declarations[declaration.key] {
      declaration.phase = former.phase
      declaration.revocations = former.revocations
      declaration.level = request.level ?? former.level.flatMap { service.level($0)?.name }
    }
    return (declaration, unpacked)
  }
}
