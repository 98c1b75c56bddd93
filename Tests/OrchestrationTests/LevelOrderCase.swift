@testable import Orchestration

/// A service of which resources are at various levels, and which is due to be at one.
struct LevelOrderCase {
  static let ranks = ["low": 0, "middle": 1, "high": 2]

  let desired: DesiredService
  let observed: ObservedService
  let run: PlannerRun

  /// Resources that connect to later ones only, each at one of `levels`, and with images or settings that change with the
  /// level, or that do not; all are due to be at `due`.
  init(seed: UInt64, from levels: [String], to due: String) {
    var generator = PlannerCase.Generator(state: seed)
    let count = 2 + generator.below(7)
    var former: [DesiredResource] = []
    var next: [DesiredResource] = []
    for index in 0..<count {
      let backends = (index + 1..<max(index + 1, count)).filter { _ in generator.once(in: 2) }.map { "r\($0)" }
      let level = levels[generator.below(levels.count)]
      let isPublic = index == 0 || generator.once(in: 4)
      let byImage = generator.once(in: 2)
      func resource(_ level: String) -> DesiredResource {
        DesiredResource(
          name: "r\(index)", connections: backends, isPublic: isPublic,
          recipe: byImage ? "r\(index) image \(level)" : "r\(index) image", bootSettings: "boot",
          runSettings: RunSettings(level: level, policyVersion: 1, digest: level), mechanisms: [])
      }
      former.append(resource(level))
      // Some do not take part: their level stays, whatever else changes of them.
      if generator.once(in: 6) {
        var same = resource(level)
        if generator.once(in: 2) { same.recipe = "r\(index) another image" }
        next.append(same)
      } else {
        next.append(resource(due))
      }
    }
    self.init(former: former, next: next, due: due)
  }

  init(former: [DesiredResource], next: [DesiredResource], due: String) {
    let before = DesiredService(level: "former", ranks: LevelOrderCase.ranks, resources: former)
    observed = PlannerRun(to: before, from: ObservedService(), naming: "old").end
    desired = DesiredService(level: due, ranks: LevelOrderCase.ranks, resources: next)
    run = PlannerRun(to: desired, from: observed)
  }

  /// How far inside each resource is, by the longest chain of clients, found by trying all.
  func depth(_ name: String) -> Int {
    desired.resources.filter { $0.connections.contains(name) }.map { depth($0.name) + 1 }.max() ?? 0
  }

  /// Which way a resource changed at the start: 1 up, -1 down, 0 not at all.
  func direction(_ name: String) -> Int {
    guard let due = desired.resource(name).flatMap({ LevelOrderCase.ranks[$0.runSettings.level] }),
      let was = observed.instances.first(where: { $0.resource == name })
        .flatMap({ LevelOrderCase.ranks[$0.run.settings.level] })
    else { return 0 }
    return (due - was).signum()
  }

  /// Whether an instance is at the level its resource is due.
  func isDue(_ instance: ObservedInstance) -> Bool {
    instance.run.settings.level == desired.resource(instance.resource)?.runSettings.level
  }

  /// The instances that a client outside reaches, through published ports and from instance to instance.
  static func reached(_ state: ObservedService) -> [ObservedInstance] {
    var waiting = Array(state.publications.values)
    var seen: Set<String> = []
    var reached: [ObservedInstance] = []
    while let id = waiting.popLast() {
      guard seen.insert(id).inserted, let instance = state.instance(id) else { continue }
      reached.append(instance)
      waiting += instance.run.backends.values
    }
    return reached
  }

  /// The resources whose level a step changes for who reaches them, by a push or by leading traffic elsewhere.
  func changes(_ action: Action, in state: ObservedService) -> String? {
    switch action.step {
    case .push(let id, let name, let run):
      state.instance(id)?.run.settings.level == run.settings.level ? nil : name
    case .route(let name, let id):
      state.publications[name].flatMap(state.instance)?.run.settings.level == state.instance(id)?.run.settings.level
        ? nil : name
    default: nil
    }
  }
}
