import Foundation
import ImageGeneration
import Interchange
import OpenC2
import PolicyDecision
import SecTOSCA
import Synchronization
import TOSCA

/// Works out what a declared service should be at present: the level due, the protection due at it, the modules for that,
/// the recipes of images and the settings of instances. It changes nothing.
public struct ServiceResolver: Sendable {
  var environment: OrchestrationEnvironment
  /// What packet filters do besides what templates say, if there is something.
  var packetRules: PacketFilterRules?
  /// Whether a module with a known vulnerability is taken where no other set of modules does. What runs already must not
  /// lose its protection, nor stay at a lower level, because of a notice; what is new is refused.
  var takesVulnerable = false
  private let memo = ResolutionMemo()
  private let selectors = SelectorMemo()

  /// A resolver with an orchestrator's catalogue and keys.
  public init(
    environment: OrchestrationEnvironment, packetRules: PacketFilterRules? = nil, takesVulnerable: Bool = false
  ) {
    self.environment = environment
    self.packetRules = packetRules
    self.takesVulnerable = takesVulnerable
  }

  /// The service at the level that is due in this context.
  public func resolve(
    _ declaration: ServiceDeclaration, context: [String: String]
  ) throws(OrchestrationFault) -> ResolvedService {
    let level = declaration.service.dueLevel(context: context, setByHand: declaration.level)
    return try resolve(declaration, at: level, context: context)
  }

  /// The service at a level, in this context.
  func resolve(
    _ declaration: ServiceDeclaration, at level: SecurityLevel, context: [String: String]
  ) throws(OrchestrationFault) -> ResolvedService {
    if let refusal = declaration.policies.refusal { throw .input(refusal) }
    let service = declaration.service.adjusted(to: context).revoking(declaration.revocations ?? [])
    // What triggers hold and follow besides attributes decides the level only: policies do not see it.
    let attributes = context.filter { !ServiceState.isReserved($0.key) }
    let hasPolicies = service.requirements.contains {
      if case .authorization = $0.protection { true } else { false }
    }
    let question = ResolutionMemo.Question(
      service: service, target: declaration.target, policies: declaration.policies,
      attributes: hasPolicies ? attributes : [:], vulnerable: try vulnerable(),
      library: environment.builder.library.stamp,
      commands: Dictionary(
        uniqueKeysWithValues: service.resources.map {
          ($0.name, commands(to: $0.name, of: service, in: declaration, at: level))
        }))
    if let known = memo.resolved(declaration.key, at: level.name, as: question) { return known }
    var resources: [ResolvedResource] = []
    for resource in service.resources {
      resources.append(
        try resolve(
          resource, of: service, in: declaration, at: level, context: attributes,
          commands: question.commands[resource.name] ?? []))
    }
    let resolved = ResolvedService(level: level, among: service.levels, resources: resources)
    memo.keep(resolved, of: declaration.key, at: level.name, as: question)
    return resolved
  }

  /// The rules of packet filters that hold now for a resource because of commands, where its filters take any.
  private func commands(
    to resource: String, of service: ProtectedService, in declaration: ServiceDeclaration, at level: SecurityLevel
  ) -> [PacketFilterRule] {
    let taken = service.commands(to: resource, at: level)
    guard let packetRules, !taken.isEmpty else { return [] }
    return packetRules.inForce(
      for: resource, of: declaration.name, tenant: declaration.tenant, at: Orchestrator.milliseconds
    ).filter { taken.contains($0.permits ? .allow : .deny) }
  }

  /// Forgets a service that is gone.
  func forget(_ key: String) { memo.forget(key) }

  private func resolve(
    _ resource: Resource, of service: ProtectedService, in declaration: ServiceDeclaration, at level: SecurityLevel,
    context: [String: String], commands: [PacketFilterRule]
  ) throws(OrchestrationFault) -> ResolvedResource {
    var selections: [String: (due: [SecurityRequirement], selection: Selection)] = [:]
    for other in service.levels {
      let due = service.due(to: resource.name, at: other)
      selections[other.name] = (due, try select(resource, due, declaration.target, at: other))
      try ServiceResolver.checkRules(of: resource, due)
    }
    guard let (due, selection) = selections[level.name] else {
      throw .execution("level `\(level.name)` is not one of the service's")
    }
    let (files, handler) = try content(of: resource, in: declaration)
    // Policies see the attributes that some trigger or policy file may speak of: all that are set.
    let bundle = try compile(due, in: declaration, attributes: context)
    let policyVersion = bundle == nil ? nil : declaration.policies.identity
    let staged = ModuleConfiguration.parameters(
      for: resource, due: due, selection: selection,
      environment: NeighbourAddresses.none(for: resource).environment(
        bundle: bundle, policyVersion: policyVersion, attributes: context),
      files: files, controlPublicKey: environment.controlKey.publicKey)
    let recipe = ImageRecipe(
      service: declaration.name, resource: resource, level: level.name, due: due, target: declaration.target,
      selection: selection, parameters: staged, handler: handler)
    let recipeDigest: String
    do throws(ImageFault) {
      recipeDigest = try environment.builder.digest(of: recipe)
    } catch {
      throw OrchestrationFault(error)
    }
    return ResolvedResource(
      resource: resource, due: due, selection: selection, recipe: recipe, recipeDigest: recipeDigest,
      bootDigest: ResolvedResource.digest(staged, of: .boot),
      runSettings: RunSettings(
        level: level.name, policyVersion: bundle == nil ? 0 : declaration.policies.number,
        // Which packets a rule means depends on addresses, so that it counts as it was commanded.
        digest: ResolvedResource.digest(staged, of: .run) + (commands.isEmpty ? "" : "+" + commands.digest)),
      files: files, controlPublicKey: environment.controlKey.publicKey, bundle: bundle, policyVersion: policyVersion,
      attributes: context, commands: commands, others: selections)
  }

  /// That the rules of firewalls have tables that fit into an instance: while they are changed there are four of each, in the
  /// message, in what is read of it, and the old and the new one in force.
  private static func checkRules(
    of resource: Resource, _ due: [SecurityRequirement]
  ) throws(OrchestrationFault) {
    let most = resource.memoryBytes / 8
    var total = 0
    for requirement in due {
      guard case .filtering(let filtering) = requirement.protection, filtering.hasRules else { continue }
      let size = FirewallRules.tableSize(of: filtering)
      // At a public endpoint, clients are held against them besides.
      if let size { total += resource.endpoint.isPublic ? 2 * size : size }
      guard size == nil || total > most else { continue }
      let finding = Finding(
        code: "rules-too-large", place: requirement.place,
        message: "the rules of `\(requirement.name)` "
          + (size == nil
            ? "overlap in too many ways to be made a table of"
            : "take the tables in `\(resource.name)` to \(total / 1024) kB, of at most \(most / 1024)"),
        expected: size == nil
          ? "fewer rules, or such that name either few addresses or few ports" : "fewer rules, or more `memory`")
      throw .findings([finding], sources: [:])
    }
  }

  /// What the images of a service are made of at a level, whatever the context and the policies: those go into no image.
  func recipes(
    of declaration: ServiceDeclaration, at level: SecurityLevel
  ) throws(OrchestrationFault) -> [ResolutionMemo.Recipe] {
    let question = ResolutionMemo.Question(
      service: declaration.service, target: declaration.target, policies: AppliedPolicies(), attributes: [:],
      vulnerable: try vulnerable(), library: environment.builder.library.stamp, commands: [:])
    if let known = memo.recipes(declaration.key, at: level.name, as: question) { return known }
    var recipes: [ResolutionMemo.Recipe] = []
    for resource in declaration.service.resources {
      let due = declaration.service.due(to: resource.name, at: level)
      let selection = try select(resource, due, declaration.target, at: level)
      let (files, handler) = try content(of: resource, in: declaration)
      let staged = ModuleConfiguration.parameters(
        for: resource, due: due, selection: selection,
        environment: NeighbourAddresses.none(for: resource).environment(bundle: nil, attributes: [:]), files: files,
        controlPublicKey: environment.controlKey.publicKey)
      let recipe = ImageRecipe(
        service: declaration.name, resource: resource, level: level.name, due: due, target: declaration.target,
        selection: selection, parameters: staged, handler: handler)
      do throws(ImageFault) {
        recipes.append(ResolutionMemo.Recipe(recipe: recipe, digest: try environment.builder.digest(of: recipe)))
      } catch {
        throw OrchestrationFault(error)
      }
    }
    memo.keep(recipes, of: declaration.key, at: level.name, as: question)
    return recipes
  }

  /// The user's own files that go into an image.
  private func content(
    of resource: Resource, in declaration: ServiceDeclaration
  ) throws(OrchestrationFault) -> (files: SiteFiles, handler: HandlerSources?) {
    let files: SiteFiles
    do throws(SiteFault) {
      files = try SiteFiles(of: resource, root: declaration.service.root)
    } catch {
      throw .input("\(error)")
    }
    do throws(ImageFault) {
      return (files, try HandlerSources(of: resource, root: declaration.service.root))
    } catch {
      throw OrchestrationFault(error)
    }
  }

  /// The modules of a service that open notices warn of, and that are due all the same since nothing can take their place:
  /// by resource.
  func flaws(in resolved: ResolvedService) -> [String: [ModuleVersion]] {
    guard let vulnerable = try? environment.notices.vulnerable(among: environment.catalogue.modules) else { return [:] }
    var flaws: [String: [ModuleVersion]] = [:]
    for resource in resolved.resources {
      let found = resource.selection.modules.map(\.manifest.identity).filter(vulnerable.contains)
      if !found.isEmpty { flaws[resource.resource.name] = found }
    }
    return flaws
  }

  /// Whether some level needs a module that an open notice concerns, and has nothing to take in its place. It is the same
  /// at whatever level the service is, so that a level which follows it does not change it.
  func needsVulnerable(_ declaration: ServiceDeclaration) -> Bool {
    var (strict, heedless) = (self, self)
    strict.takesVulnerable = false
    heedless.environment.notices = NoticeBook(folder: "")
    func selects(_ resolver: ServiceResolver, _ resource: Resource, at level: SecurityLevel) -> Bool {
      let due = declaration.service.due(to: resource.name, at: level)
      return (try? resolver.select(resource, due, declaration.target, at: level)) != nil
    }
    return declaration.service.levels.contains { level in
      declaration.service.resources.contains {
        !selects(strict, $0, at: level) && selects(heedless, $0, at: level)
      }
    }
  }

  private func select(
    _ resource: Resource, _ due: [SecurityRequirement], _ target: Target, at level: SecurityLevel
  ) throws(OrchestrationFault) -> Selection {
    let vulnerable = try vulnerable()
    let selector = selectors.selector(of: environment.catalogue, without: vulnerable)
    switch selector.select(resource: resource, due: due, target: target) {
    case .success(let selection): return selection
    case .failure where takesVulnerable && !vulnerable.isEmpty:
      var lenient = self
      lenient.takesVulnerable = false
      lenient.environment.notices = NoticeBook(folder: "")
      return try lenient.select(resource, due, target, at: level)
    case .failure(let conflict): throw .findings([conflict.finding(at: level)], sources: [:])
    }
  }

  /// The modules that open notices warn of.
  func vulnerable() throws(OrchestrationFault) -> Set<ModuleVersion> {
    do throws(ImageFault) {
      return try environment.notices.vulnerable(among: environment.catalogue.modules)
    } catch {
      throw OrchestrationFault(error)
    }
  }

  // MARK: Policies

  /// The policies due to a resource, compiled for an image; `nil` where authorization is not due.
  private func compile(
    _ due: [SecurityRequirement], in declaration: ServiceDeclaration, attributes: [String: String]
  ) throws(OrchestrationFault) -> [UInt8]? {
    var sources: [PolicySource] = []
    var isDue = false
    for requirement in due {
      guard case .authorization(let authorization) = requirement.protection, authorization.remote == nil else {
        continue
      }
      isDue = true
      let own = try ServiceResolver.policies(authorization, of: requirement.name, in: declaration)
      try ServiceResolver.checkSchema(of: authorization, own, root: declaration.service.root)
      sources += own
    }
    guard isDue else { return nil }
    return try ServiceResolver.compile(sources, attributes: attributes.keys.sorted())
  }

  /// The policies of an authorization requirement: those applied since, else the template's.
  static func policies(
    _ authorization: Authorization, of name: String, in declaration: ServiceDeclaration
  ) throws(OrchestrationFault) -> [PolicySource] {
    if let applied = declaration.policies.files[name] {
      return applied.map { PolicySource(file: $0.file, text: $0.text) }
    }
    var sources: [PolicySource] = []
    for file in authorization.policyFiles {
      sources.append(try source(file, root: declaration.service.root))
    }
    return sources
  }

  /// A file of a service's folder.
  static func source(_ file: String, root: String) throws(OrchestrationFault) -> PolicySource {
    let path = root + "/" + file
    guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20,
      let text = String(data: data, encoding: .utf8)
    else {
      throw .input("\(path): expected a file of Cedar policies, or a Cedar schema, in UTF-8, of at most 1 MiB")
    }
    return PolicySource(file: path, text: text)
  }

  /// Holds the policies of an authorization requirement against its schema, if it has one.
  static func checkSchema(
    of authorization: Authorization, _ sources: [PolicySource], root: String
  ) throws(OrchestrationFault) {
    guard let file = authorization.schemaFile else { return }
    let schema = try source(file, root: root)
    let findings = HTTPSchemaCheck.check(sources, schema: schema)
    guard findings.isEmpty else {
      let texts = Dictionary((sources + [schema]).map { ($0.file, $0.text) }) { first, _ in first }
      throw .findings(findings.map(\.templateFinding), sources: texts)
    }
  }

  /// Compiles policies for an image; what is wrong with them comes as findings.
  static func compile(_ sources: [PolicySource], attributes: [String]) throws(OrchestrationFault) -> [UInt8] {
    switch HTTPPolicyCompiler.compile(sources, attributes: attributes) {
    case .success(let bundle): return bundle
    case .failure(let findings):
      let texts = Dictionary(sources.map { ($0.file, $0.text) }) { first, _ in first }
      throw .findings(findings.templateFindings, sources: texts)
    }
  }
}

/// Selectors by the modules that they leave out, kept for what they found. Of one resolver the catalogue is always the same.
private final class SelectorMemo: Sendable {
  /// No more are kept: with what notices warn of, and without.
  private static let limit = 4

  private let known = Mutex<[Set<ModuleVersion>: Selector]>([:])

  func selector(of catalogue: Catalogue, without vulnerable: Set<ModuleVersion>) -> Selector {
    known.withLock { known in
      if let selector = known[vulnerable] { return selector }
      if known.count >= SelectorMemo.limit { known = [:] }
      let selector = Selector(catalogue: catalogue, vulnerable: vulnerable)
      known[vulnerable] = selector
      return selector
    }
  }
}
