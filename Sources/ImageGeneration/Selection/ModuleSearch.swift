/// The search for the smallest set of modules that gives everything needed, over numbers instead of names.
///
/// A set is admissible if everything needed is provided by some module of it, everything its modules require is too, and
/// no two of its modules exclude each other. Among admissible sets, the search returns the one with the fewest modules,
/// then the fewest bytes, then the smallest numbers. It branches over the providers of one open capability at a time:
/// every admissible set has one of them, so none is missed; a provider that was tried is barred from the branches after
/// it, so none is met twice.
struct ModuleSearch {
  /// What is known of a module.
  struct Candidate {
    /// The capabilities it provides.
    var provides: [Int]
    /// The capabilities it requires.
    var requires: [Int]
    /// The archives it consists of.
    var archives: [Int]
    /// Whether it may be taken at all.
    var isAllowed = true
  }

  /// The modules.
  let candidates: [Candidate]
  /// For each archive its size.
  let archiveBytes: [Int]
  /// For each module those it cannot be with.
  let excluded: [[Int]]
  /// For each capability the modules that provide it and may be taken.
  private let providers: [[Int]]

  /// A search over modules, of which some pairs exclude each other.
  init(candidates: [Candidate], capabilities: Int, archiveBytes: [Int], exclusions: [(Int, Int)]) {
    self.candidates = candidates
    self.archiveBytes = archiveBytes
    var excluded = Array(repeating: [Int](), count: candidates.count)
    for (one, other) in exclusions {
      excluded[one].append(other)
      excluded[other].append(one)
    }
    self.excluded = excluded
    var providers = Array(repeating: [Int](), count: capabilities)
    for (index, candidate) in candidates.enumerated() where candidate.isAllowed {
      for capability in candidate.provides { providers[capability].append(index) }
    }
    self.providers = providers
  }

  /// The smallest admissible set, in ascending order; `nil` if there is none.
  func smallest(for needs: [Int]) -> [Int]? {
    search(for: needs, stopsAtFirst: false)
  }

  /// Whether there is an admissible set.
  func isSatisfiable(_ needs: [Int]) -> Bool {
    search(for: needs, stopsAtFirst: true) != nil
  }

  private func search(for needs: [Int], stopsAtFirst: Bool) -> [Int]? {
    var state = State(candidates: candidates.count, capabilities: providers.count)
    for need in needs { state.needed[need] = true }
    var best: Solution?
    extend(&state, best: &best, stopsAtFirst: stopsAtFirst)
    return best?.modules
  }

  /// A set of modules in the making.
  private struct State {
    var chosen: [Int] = []
    var bytes = 0
    /// How often each archive is in.
    var archiveUse: [Int: Int] = [:]
    /// How many reasons bar each module.
    var barred: [Int]
    /// How many chosen modules provide each capability.
    var provided: [Int]
    /// The capabilities needed from the start.
    var needed: [Bool]

    init(candidates: Int, capabilities: Int) {
      barred = Array(repeating: 0, count: candidates)
      provided = Array(repeating: 0, count: capabilities)
      needed = Array(repeating: false, count: capabilities)
    }
  }

  /// An admissible set, compared by how much it is.
  private struct Solution {
    var modules: [Int]
    var bytes: Int

    func isBetter(than other: Solution) -> Bool {
      if modules.count != other.modules.count { return modules.count < other.modules.count }
      if bytes != other.bytes { return bytes < other.bytes }
      return modules.lexicographicallyPrecedes(other.modules)
    }
  }

  private func extend(_ state: inout State, best: inout Solution?, stopsAtFirst: Bool) {
    if stopsAtFirst, best != nil { return }
    let open = openCapabilities(of: state)
    if let best {
      let least = state.chosen.count + leastAdditions(for: open, in: state)
      if least > best.modules.count { return }
      if least == best.modules.count, state.bytes > best.bytes { return }
    }
    guard let capability = open.min(by: { choices($0, state) < choices($1, state) }) else {
      let solution = Solution(modules: state.chosen.sorted(), bytes: state.bytes)
      if best.map(solution.isBetter(than:)) ?? true { best = solution }
      return
    }
    var tried: [Int] = []
    for module in providers[capability] where state.barred[module] == 0 {
      choose(module, in: &state)
      extend(&state, best: &best, stopsAtFirst: stopsAtFirst)
      unchoose(module, in: &state)
      state.barred[module] += 1
      tried.append(module)
    }
    for module in tried { state.barred[module] -= 1 }
  }

  /// What is needed and not provided yet, without repetition.
  private func openCapabilities(of state: State) -> [Int] {
    var isOpen = state.needed
    for module in state.chosen {
      for capability in candidates[module].requires { isOpen[capability] = true }
    }
    return isOpen.indices.filter { isOpen[$0] && state.provided[$0] == 0 }
  }

  private func choices(_ capability: Int, _ state: State) -> Int {
    providers[capability].count { state.barred[$0] == 0 }
  }

  /// A number of modules that any completion adds at least: open capabilities without a common provider need one each.
  private func leastAdditions(for open: [Int], in state: State) -> Int {
    var claimed: Set<Int> = []
    var least = 0
    for capability in open {
      let available = providers[capability].filter { state.barred[$0] == 0 }
      if available.allSatisfy({ !claimed.contains($0) }) {
        least += 1
        claimed.formUnion(available)
      }
    }
    return least
  }

  private func choose(_ module: Int, in state: inout State) {
    state.chosen.append(module)
    state.barred[module] += 1
    for other in excluded[module] { state.barred[other] += 1 }
    for capability in candidates[module].provides { state.provided[capability] += 1 }
    for archive in candidates[module].archives {
      if state.archiveUse[archive, default: 0] == 0 { state.bytes += archiveBytes[archive] }
      state.archiveUse[archive, default: 0] += 1
    }
  }

  private func unchoose(_ module: Int, in state: inout State) {
    state.chosen.removeLast()
    state.barred[module] -= 1
    for other in excluded[module] { state.barred[other] -= 1 }
    for capability in candidates[module].provides { state.provided[capability] -= 1 }
    for archive in candidates[module].archives {
      state.archiveUse[archive, default: 0] -= 1
      if state.archiveUse[archive] == 0 { state.bytes -= archiveBytes[archive] }
    }
  }
}
