public import SecTOSCA
import Synchronization

/// Finds the smallest healthy set of modules for what a resource is due.
public struct Selector: Sendable {
  /// What can be selected.
  public let catalogue: Catalogue
  /// Modules with a known vulnerability that was not accepted.
  public let vulnerable: Set<ModuleVersion>
  private let capabilities: [String: Int]
  /// What was selected before: many resources ask for the same.
  private let memo = SelectionMemo()

  /// Selects from a catalogue, without modules known to be vulnerable.
  public init(catalogue: Catalogue, vulnerable: Set<ModuleVersion> = []) {
    self.catalogue = catalogue
    self.vulnerable = vulnerable
    var capabilities: [String: Int] = [:]
    for module in catalogue.modules {
      for capability in module.capabilities + module.requires where capabilities[capability] == nil {
        capabilities[capability] = capabilities.count
      }
    }
    self.capabilities = capabilities
  }

  /// The smallest set of modules with a platform for the target, the resource's applications and everything that is due,
  /// closed under dependencies, without exclusions and vulnerable modules; or what makes that impossible. Among sets of
  /// equal size, the one with the fewest archive bytes is taken, then the one whose names come first, then that with the
  /// newest versions.
  public func select(
    resource: Resource, due: [SecurityRequirement], target: Target
  ) -> Result<Selection, SelectionConflict> {
    let needs = Need.all(of: resource, due: due, target: target)
    // Which modules are needed depends on nothing else; why they are in, on who asks.
    let capabilities = Set(needs.map(\.capability))
    if let modules = memo.modules(for: capabilities) { return .success(explain(modules, needs: needs)) }
    var problem = problem(for: needs)
    if let numbers = problem.search().smallest(for: problem.numbers(of: needs)) {
      let modules = numbers.map { problem.modules[$0] }
      memo.keep(modules, for: capabilities)
      return .success(explain(modules, needs: needs))
    }
    return .failure(conflict(of: &problem, needs: needs, resource: resource.name))
  }

  /// The catalogue as numbers: modules in the order of preference, and the facts that can stand in the way.
  private func problem(for needs: [Need]) -> SelectionProblem {
    var capabilities = capabilities
    for need in needs where capabilities[need.capability] == nil {
      capabilities[need.capability] = capabilities.count
    }
    // The search prefers smaller numbers: names in order, newer versions first.
    let modules = catalogue.modules.sorted { left, right in
      left.name == right.name ? right.identity.isOlder(than: left.identity) : left.name < right.name
    }
    return SelectionProblem(
      modules: modules, capabilities: capabilities, archiveBytes: catalogue.archiveBytes, vulnerable: vulnerable)
  }

  /// Says for each module why it is in.
  private func explain(_ modules: [ModuleManifest], needs: [Need]) -> Selection {
    Selection(
      modules: modules.map { module in
        var reasons: Set<Reason> = []
        for need in needs where module.capabilities.contains(need.capability) { reasons.insert(need.reason) }
        for other in modules where other.identity != module.identity {
          if other.requires.contains(where: module.capabilities.contains) {
            reasons.insert(Reason(kind: .dependency, name: other.name))
          }
        }
        return SelectedModule(manifest: module, reasons: Array(reasons))
      })
  }

  /// Takes away needs, then facts, as long as the rest stays impossible.
  private func conflict(
    of problem: inout SelectionProblem, needs: [Need], resource: String
  ) -> SelectionConflict {
    var core = needs
    let search = problem.search()
    // The target and applications first, so that what remains names security requirements where it can.
    for need in needs {
      let rest = core.filter { $0 != need }
      if !search.isSatisfiable(problem.numbers(of: rest)) { core = rest }
    }
    let numbers = problem.numbers(of: core)
    problem.forget(exceptReachableFrom: numbers)
    for index in problem.exclusions.indices.reversed() {
      let exclusion = problem.exclusions.remove(at: index)
      if problem.search().isSatisfiable(numbers) { problem.exclusions.insert(exclusion, at: index) }
    }
    for index in problem.barred.sorted(by: >) {
      problem.barred.remove(index)
      if problem.search().isSatisfiable(numbers) { problem.barred.insert(index) }
    }
    var obstacles = problem.barred.sorted().map { SelectionConflict.Obstacle.vulnerable(problem.modules[$0].identity) }
    obstacles += problem.exclusions.map { .exclusion(problem.modules[$0].identity, problem.modules[$1].identity) }
    if obstacles.isEmpty { obstacles = problem.missingCapabilities(for: core) }
    return SelectionConflict(resource: resource, core: core, obstacles: obstacles)
  }
}

/// The smallest sets of modules that were found, by the capabilities that were asked for.
private final class SelectionMemo: Sendable {
  /// No more are kept.
  private static let limit = 1024

  private let known = Mutex<[Set<String>: [ModuleManifest]]>([:])

  func modules(for capabilities: Set<String>) -> [ModuleManifest]? { known.withLock { $0[capabilities] } }

  func keep(_ modules: [ModuleManifest], for capabilities: Set<String>) {
    known.withLock { known in
      if known.count >= SelectionMemo.limit { known = [:] }
      known[capabilities] = modules
    }
  }
}
