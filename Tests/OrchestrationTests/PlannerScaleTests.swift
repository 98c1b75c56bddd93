import Testing

@testable import Orchestration

@Suite("Planning for large services")
struct PlannerScaleTests {
  private static func resource(_ index: Int, after connections: [String], image: Int = 0) -> DesiredResource {
    DesiredResource(
      name: "r\(index)", connections: connections, isPublic: index == 0, recipe: "image \(index) \(image)",
      bootSettings: "boot", runSettings: RunSettings(level: "normal", policyVersion: 1, digest: "run"), mechanisms: [])
  }

  /// Each connects to the next, the last to nothing, so that the first thing visited is the last in the order.
  private static func chain(_ count: Int) -> DesiredService {
    DesiredService(
      level: "normal", resources: (0..<count).map { resource($0, after: $0 + 1 < count ? ["r\($0 + 1)"] : []) })
  }

  @Test("a chain of 5,000 resources needs no deep stack, and is started from its far end")
  func chain() {
    let desired = Self.chain(5000)
    #expect(desired.resources.first?.name == "r4999" && desired.resources.last?.name == "r0")
    let plan = Planner.plan(desired: desired, observed: ObservedService())
    let started = plan.compactMap { action in
      if case .startInstance(let name, _) = action.step { name } else { nil }
    }
    #expect(started == desired.resources.map(\.name))
    // Each image once, each instance once, each backend told of its client, and the network, the forwarder, the route.
    #expect(plan.count == 5000 + 5000 + 4999 + 3)
    #expect(PlannedUpdate(plan).novel.count == 5000)
  }

  @Test("circles of connections are cut where they are entered")
  func circle() {
    let desired = DesiredService(
      level: "normal", resources: (0..<3).map { Self.resource($0, after: ["r\(($0 + 1) % 3)"]) })
    #expect(desired.resources.map(\.name) == ["r2", "r1", "r0"])
  }

  @Test("with instances that must go, a plan is what asking for one step after another gives")
  func withdrawals() {
    for seed in 0..<300 as Range<UInt64> {
      var given = PlannerCase.debris(seed: seed)
      var generator = PlannerCase.Generator(state: seed)
      for index in given.observed.instances.indices where generator.once(in: 3) {
        if generator.once(in: 3) {
          given.observed.instances[index].state = .quarantined
        } else {
          given.observed.instances[index].withdrawal = Withdrawal(
            fate: generator.once(in: 2) ? .quarantined : .stopped, cause: "a drill", isSuspect: generator.once(in: 2))
        }
      }
      let run = PlannerRun(to: given.desired, from: given.observed)
      #expect(run.isFinished, "seed \(seed)")
      #expect(Planner.plan(desired: given.desired, observed: given.observed) == run.actions, "seed \(seed)")
    }
  }

  @Test("a queue of places gives the smallest first, whatever came when")
  func queue() {
    var generator = PlannerCase.Generator(state: 1)
    var queue = PlaceQueue<Int>()
    var places: [Int] = []
    for _ in 0..<1000 {
      if generator.once(in: 3), let first = queue.popFirst() {
        #expect(first == places.min())
        places.remove(at: places.firstIndex(of: first) ?? 0)
      } else {
        let place = generator.below(100)
        queue.insert(place)
        places.append(place)
      }
    }
    while let first = queue.popFirst() { places.remove(at: places.firstIndex(of: first) ?? 0) }
    #expect(places.isEmpty)
  }
}
