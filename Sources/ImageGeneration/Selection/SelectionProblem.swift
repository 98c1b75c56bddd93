/// A catalogue as numbers for the search, with the facts that can stand in the way of a selection.
struct SelectionProblem {
  /// The modules, in the order of preference.
  let modules: [ModuleManifest]
  /// The numbers of capabilities.
  let capabilities: [String: Int]
  /// Modules that may not be taken.
  var barred: Set<Int>
  /// Pairs of modules that cannot be in one image, each once.
  var exclusions: [(Int, Int)]
  private let candidates: [ModuleSearch.Candidate]
  private let archiveBytes: [Int]

  init(
    modules: [ModuleManifest], capabilities: [String: Int], archiveBytes: [String: Int],
    vulnerable: Set<ModuleVersion>
  ) {
    self.modules = modules
    self.capabilities = capabilities
    barred = Set(modules.indices.filter { vulnerable.contains(modules[$0].identity) })
    var archives: [String: Int] = [:]
    var sizes: [Int] = []
    for archive in modules.flatMap(\.archives) where archives[archive] == nil {
      archives[archive] = sizes.count
      sizes.append(archiveBytes[archive] ?? 0)
    }
    self.archiveBytes = sizes
    candidates = modules.map { module in
      ModuleSearch.Candidate(
        provides: module.capabilities.compactMap { capabilities[$0] },
        requires: module.requires.compactMap { capabilities[$0] },
        archives: module.archives.compactMap { archives[$0] })
    }
    exclusions = SelectionProblem.exclusions(among: modules)
  }

  /// Versions of one module exclude each other, and so do a module and those that provide what it conflicts with.
  private static func exclusions(among modules: [ModuleManifest]) -> [(Int, Int)] {
    var pairs: [(Int, Int)] = []
    for one in modules.indices {
      for other in modules.indices where other > one {
        let first = modules[one]
        let second = modules[other]
        if first.name == second.name
          || first.conflicts.contains(where: second.capabilities.contains)
          || second.conflicts.contains(where: first.capabilities.contains)
        {
          pairs.append((one, other))
        }
      }
    }
    return pairs
  }

  /// The numbers of what is needed.
  func numbers(of needs: [Need]) -> [Int] {
    Array(Set(needs.compactMap { capabilities[$0.capability] })).sorted()
  }

  /// The search under the present facts.
  func search() -> ModuleSearch {
    var candidates = candidates
    for index in barred { candidates[index].isAllowed = false }
    return ModuleSearch(
      candidates: candidates, capabilities: capabilities.count, archiveBytes: archiveBytes, exclusions: exclusions)
  }

  /// Forgets facts about modules that no selection for these capabilities could contain.
  mutating func forget(exceptReachableFrom needs: [Int]) {
    let reachable = reachable(from: needs)
    barred.formIntersection(reachable)
    exclusions.removeAll { !reachable.contains($0) || !reachable.contains($1) }
  }

  /// Every module that provides something needed, or something that such a module requires.
  private func reachable(from needs: [Int]) -> Set<Int> {
    var reachable: Set<Int> = []
    var pending = Set(needs)
    var seen: Set<Int> = []
    while let capability = pending.popFirst() {
      guard seen.insert(capability).inserted else { continue }
      for index in candidates.indices where candidates[index].provides.contains(capability) {
        reachable.insert(index)
        pending.formUnion(candidates[index].requires)
      }
    }
    return reachable
  }

  /// The capabilities that nothing gives, among those needed and what their providers require.
  func missingCapabilities(for needs: [Need]) -> [SelectionConflict.Obstacle] {
    let reachable = reachable(from: numbers(of: needs))
    var missing: [SelectionConflict.Obstacle] = []
    let provided = Set(modules.flatMap(\.capabilities))
    for need in needs where !provided.contains(need.capability) {
      missing.append(.noProvider(capability: need.capability, requiredBy: []))
    }
    var dependents: [String: [ModuleVersion]] = [:]
    for index in reachable.sorted() {
      for capability in modules[index].requires where !provided.contains(capability) {
        dependents[capability, default: []].append(modules[index].identity)
      }
    }
    for capability in dependents.keys.sorted() {
      missing.append(.noProvider(capability: capability, requiredBy: dependents[capability] ?? []))
    }
    return missing
  }
}
