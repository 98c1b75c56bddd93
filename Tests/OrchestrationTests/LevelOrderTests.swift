import Testing

@testable import Orchestration

/// The order in which the resources of a service change their level, tried on random services.
@Suite("The order of changes of levels")
struct LevelOrderTests {
  private static let seeds: Range<UInt64> = 0..<300
  private static let tightening = seeds.map { LevelOrderCase(seed: $0, from: ["low", "middle"], to: "high") }
  private static let loosening = seeds.map { LevelOrderCase(seed: $0, from: ["middle", "high"], to: "low") }
  private static let mixed = seeds.map { LevelOrderCase(seed: $0, from: ["low", "middle", "high"], to: "middle") }

  private static func forEachCase(_ body: (LevelOrderCase, Comment) -> Void) {
    for (kind, cases) in [("tightening", tightening), ("loosening", loosening), ("mixed", mixed)] {
      for (seed, given) in zip(seeds, cases) { body(given, "\(kind), seed \(seed)") }
    }
  }

  @Test("every change ends where it should, and the plan is what asking for one step after another gives")
  func ends() {
    Self.forEachCase { given, seed in
      #expect(given.run.isFinished, seed)
      #expect(Planner.plan(desired: given.desired, observed: given.observed) == given.run.actions, seed)
      #expect(given.run.end.instances.count == given.desired.resources.count, seed)
      #expect(given.run.end.instances.allSatisfy { given.isDue($0) && $0.state == .ready }, seed)
    }
  }

  @Test("levels tighten from the outside in, then loosen from the inside out")
  func order() {
    var (tightened, loosened, both) = (0, 0, 0)
    Self.forEachCase { given, seed in
      var order: [(direction: Int, rank: Int)] = []
      for (state, action) in zip(given.run.states, given.run.actions) {
        guard let name = given.changes(action, in: state) else { continue }
        order.append((given.direction(name), given.depth(name)))
      }
      #expect(order.allSatisfy { $0.direction != 0 }, seed)
      for (one, next) in zip(order, order.dropFirst()) {
        #expect(one.direction >= next.direction, "a level was loosened before another was tightened, \(seed)")
        guard one.direction == next.direction else { continue }
        if one.direction > 0 {
          #expect(one.rank <= next.rank, seed)
        } else {
          #expect(one.rank >= next.rank, seed)
        }
      }
      let ups = Set(order.filter { $0.direction > 0 }.map(\.rank)).count
      let downs = Set(order.filter { $0.direction < 0 }.map(\.rank)).count
      if ups > 1 { tightened += 1 }
      if downs > 1 { loosened += 1 }
      if ups > 0, downs > 0 { both += 1 }
    }
    #expect(tightened > 100 && loosened > 100 && both > 50, "the cases would show it if there were no order")
  }

  @Test("nobody passes from an instance that is still to be tightened to one that is, nor from one loosened to one not")
  func noCrossing() {
    var crossings = 0
    Self.forEachCase { given, seed in
      for (count, state) in given.run.states.enumerated() {
        for client in LevelOrderCase.reached(state) {
          for backend in client.run.backends.values.compactMap(state.instance) {
            let (outer, inner) = (given.direction(client.resource), given.direction(backend.resource))
            // The former connection of the two is both not changed, the due one both changed.
            if outer > 0, inner > 0, given.isDue(backend) {
              crossings += 1
              #expect(
                given.isDue(client), "\(client.resource) to \(backend.resource) after \(count) steps, \(seed)")
            }
            if outer < 0, inner < 0, given.isDue(client) {
              crossings += 1
              #expect(
                given.isDue(backend), "\(client.resource) to \(backend.resource) after \(count) steps, \(seed)")
            }
          }
        }
      }
    }
    #expect(crossings > 1000, "the cases would show it")
  }

  @Test("at no prefix is a resource reached with less than what it had or is due, and what was tightened stays so")
  func neverLess() {
    Self.forEachCase { given, seed in
      var least: [String: Int] = [:]
      for (count, state) in given.run.states.enumerated() {
        let reached = Dictionary(grouping: LevelOrderCase.reached(state), by: \.resource)
          .mapValues { $0.compactMap { LevelOrderCase.ranks[$0.run.settings.level] }.min() ?? 0 }
        for (name, rank) in reached {
          let due = given.desired.resource(name).flatMap { LevelOrderCase.ranks[$0.runSettings.level] } ?? 0
          #expect(rank >= min(due, least[name] ?? rank), "\(name) after \(count) steps, \(seed)")
          least[name] = rank
        }
      }
    }
  }

  @Test("every connection works at every prefix: it leads to a ready instance that admits who connects")
  func connected() {
    Self.forEachCase { given, seed in
      for (count, state) in given.run.states.enumerated() {
        for client in LevelOrderCase.reached(state) {
          for id in client.run.backends.values {
            let backend = state.instance(id)
            #expect(
              backend?.state == .ready && backend?.run.peers.contains(client.id) == true,
              "\(client.resource) to \(id) after \(count) steps, \(seed)")
          }
        }
      }
    }
  }

  @Test("interrupted anywhere, and turned back, the service is where it was")
  func turnedBack() {
    for (seed, given) in zip(Self.seeds, Self.tightening).prefix(12) {
      let former = DesiredService(
        level: "former", ranks: LevelOrderCase.ranks,
        resources: given.desired.resources.map { resource in
          var resource = resource
          guard let was = given.observed.instances.first(where: { $0.resource == resource.name }) else {
            return resource
          }
          (resource.recipe, resource.runSettings) = (was.recipe, was.run.settings)
          return resource
        })
      for state in PlannerRun(to: given.desired, from: given.observed, naming: "mid").states {
        let back = PlannerRun(to: former, from: state)
        #expect(back.isFinished, "seed \(seed)")
        #expect(Planner.plan(desired: former, observed: state) == back.actions, "seed \(seed)")
        #expect(back.end.instances.count == former.resources.count, "seed \(seed)")
        #expect(
          back.end.instances.allSatisfy { $0.run.settings == former.resource($0.resource)?.runSettings },
          "seed \(seed)")
      }
    }
  }

  // MARK: Single cases

  private static func resource(_ name: String, _ connections: [String], level: String, image: String = "image")
    -> DesiredResource
  {
    DesiredResource(
      name: name, connections: connections, isPublic: name == "front", recipe: "\(name) \(image)", bootSettings: "boot",
      runSettings: RunSettings(level: level, policyVersion: 1, digest: level), mechanisms: [])
  }

  private static func chain(_ level: String, image: String = "image") -> [DesiredResource] {
    [
      resource("front", ["orders"], level: level, image: image),
      resource("orders", ["ledger"], level: level, image: image),
      resource("ledger", [], level: level, image: image),
    ]
  }

  private static func pushed(_ run: PlannerRun) -> [String] {
    run.actions.compactMap { action in
      if case .push(_, let name, _) = action.step { "\(name): \(action.reason)" } else { nil }
    }
  }

  @Test("where settings suffice, each rank is pushed to in its turn, and the plan says so")
  func chainOfPushes() {
    let up = LevelOrderCase(former: Self.chain("low"), next: Self.chain("high"), due: "high")
    let reason = "level `high` is due; the image has what it needs; tightened from the outside in: rank"
    #expect(
      Self.pushed(up.run) == [
        "front: \(reason) 1 of 3", "orders: \(reason) 2 of 3", "ledger: \(reason) 3 of 3",
      ])
    let down = LevelOrderCase(former: Self.chain("high"), next: Self.chain("low"), due: "low")
    #expect(Self.pushed(down.run).map { $0.prefix { $0 != ":" } } == ["ledger", "orders", "front"])
    // One turn at a time is carried out at once.
    let first = Planner.independentPushes(desired: up.desired, observed: up.observed)
    #expect(first.map(\.step) == Array(up.run.steps.prefix(1)))
  }

  @Test("where all images change, the way in is led over once, and old instances keep those they were made for")
  func replacedThroughout() {
    for (was, due) in [("low", "high"), ("high", "low")] {
      let given = LevelOrderCase(former: Self.chain(was), next: Self.chain(due, image: "other"), due: due)
      let old = Set(given.observed.instances.map(\.id))
      let moved = given.run.actions.filter { action in
        if case .push(let id, _, let run) = action.step {
          return old.contains(id) && !old.isSuperset(of: run.backends.values)
        }
        return false
      }
      #expect(moved.isEmpty, "\(moved)")
      let routes = given.run.actions.filter { if case .route = $0.step { true } else { false } }
      #expect(routes.count == 1)
      #expect(routes[0].reason.contains(due == "high" ? "from the outside in: rank 1 of 3" : "from the inside out"))
    }
  }

  @Test("resources in a circle have one rank, and are pushed to together")
  func circle() {
    func service(_ level: String) -> [DesiredResource] {
      [
        Self.resource("front", ["one"], level: level), Self.resource("one", ["two"], level: level),
        Self.resource("two", ["one", "ledger"], level: level), Self.resource("ledger", [], level: level),
      ]
    }
    let ranks = ConnectionRanks.fromOutside(service("low"))
    #expect(ranks == ["front": 0, "one": 1, "two": 1, "ledger": 2])
    let given = LevelOrderCase(former: service("low"), next: service("high"), due: "high")
    var state = given.observed
    var turns: [Set<String>] = []
    while case let pushes = Planner.independentPushes(desired: given.desired, observed: state), !pushes.isEmpty {
      turns.append(Set(pushes.compactMap(\.step.resource)))
      for push in pushes { state.suppose(push, desired: given.desired, identifier: "") }
    }
    #expect(turns == [["front"], ["one", "two"], ["ledger"]])
    #expect(Planner.nextAction(desired: given.desired, observed: state) == nil)
  }

  @Test("a chain of 3,000 resources changes its level in a plan found in one go")
  func longChain() {
    func service(_ level: String) -> [DesiredResource] {
      (0..<3000).map { Self.resource($0 == 0 ? "front" : "r\($0)", ["r\($0 + 1)"], level: level) }
    }
    let former = DesiredService(level: "low", ranks: LevelOrderCase.ranks, resources: service("low"))
    var observed = ObservedService()
    for (count, action) in Planner.plan(desired: former, observed: observed).enumerated() {
      if case .startInstance(let name, let run) = action.step, let resource = former.resource(name) {
        observed.instances.append(
          ObservedInstance(
            id: "new-\(count + 1)", resource: name, recipe: resource.recipe, bootSettings: "boot", state: .ready,
            run: run))
      }
    }
    let due = DesiredService(level: "high", ranks: LevelOrderCase.ranks, resources: service("high"))
    let changed = Planner.plan(desired: due, observed: observed).compactMap { action -> String? in
      guard case .push(_, let name, let run) = action.step, run.settings.level == "high" else { return nil }
      return name
    }
    #expect(changed == service("high").map(\.name))
  }
}
