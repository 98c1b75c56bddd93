import Testing

@testable import Orchestration

/// What must hold of every plan, tried on random services. A failure names the seed that repeats it.
@Suite("Planning, for any service in any state")
struct PlannerPropertyTests {
  private static let seeds: Range<UInt64> = 0..<400

  /// Both kinds of case, with their plans: a service that changes, and one of which anything was left. Found once for
  /// all tests.
  private static let changes = seeds.map { (seed: $0, given: PlannerCase.change(seed: $0)) }
    .map { (seed: $0.seed, given: $0.given, run: PlannerRun(to: $0.given.desired, from: $0.given.observed)) }
  private static let debris = seeds.map { (seed: $0, given: PlannerCase.debris(seed: $0)) }
    .map { (seed: $0.seed, given: $0.given, run: PlannerRun(to: $0.given.desired, from: $0.given.observed)) }

  private static func forEachCase(_ body: (PlannerCase, PlannerRun, Comment) -> Void) {
    for (seed, given, run) in changes { body(given, run, "change, seed \(seed)") }
    for (seed, given, run) in debris { body(given, run, "debris, seed \(seed)") }
  }

  @Test("a plan ends, and what is then so needs no plan")
  func ends() {
    Self.forEachCase { given, run, seed in
      #expect(run.isFinished, seed)
      guard run.isFinished else { return }
      #expect(Planner.nextAction(desired: given.desired, observed: run.end) == nil, seed)
      #expect(Planner.plan(desired: given.desired, observed: given.observed) == run.actions, seed)
      #expect(Planner.plan(desired: given.desired, observed: run.end).isEmpty, seed)
    }
  }

  @Test("in the end every resource has exactly one instance, with the image, the settings and the traffic that are due")
  func endState() {
    Self.forEachCase { given, run, seed in
      let end = run.end
      let ids = Dictionary(grouping: end.instances, by: \.resource).mapValues { $0.map(\.id) }
      #expect(end.hasNetwork, seed)
      #expect(end.instances.count == given.desired.resources.count, seed)
      for resource in given.desired.resources {
        let instances = end.instances.filter { $0.resource == resource.name }
        #expect(instances.count == 1, seed)
        guard let instance = instances.first else { continue }
        #expect(instance.recipe == resource.recipe && instance.bootSettings == resource.bootSettings, seed)
        #expect(instance.state == .ready, seed)
        #expect(instance.run.settings == resource.runSettings, seed)
        let clients = given.desired.resources.filter { $0.connections.contains(resource.name) }.map(\.name)
        #expect(instance.run.peers == clients.flatMap { ids[$0] ?? [] }.sorted(), seed)
        #expect(
          instance.run.backends.mapValues { [$0] } == ids.filter { resource.connections.contains($0.key) }, seed)
        #expect(end.publications[resource.name] == (resource.isPublic ? instance.id : nil), seed)
        #expect(end.images.contains(resource.recipe), seed)
        #expect(end.hasForwarder || !resource.isPublic, seed)
      }
      #expect(Set(end.publications.keys).isSubset(of: given.desired.resources.map(\.name)), seed)
    }
  }

  @Test("what is already so needs no step")
  func alreadySo() {
    for (seed, given, _) in Self.changes {
      #expect(Planner.plan(desired: given.former, observed: given.observed).isEmpty, "seed \(seed)")
    }
  }

  @Test("removal leaves nothing, whatever there was")
  func removal() {
    for (seed, given, _) in Self.debris {
      let run = PlannerRun(to: nil, from: given.observed)
      #expect(run.isFinished, "seed \(seed)")
      #expect(run.end == ObservedService(images: given.observed.images), "seed \(seed)")
    }
  }

  @Test("only what changed is replaced, and besides it only its neighbours are told")
  func nothingElse() {
    var untouched = 0
    for (seed, given, run) in Self.changes {
      let names = Set((given.former.resources + given.desired.resources).map(\.name))
      let changed = names.filter { given.former.resource($0) != given.desired.resource($0) }
      let neighbours = names.filter { name in
        [given.former, given.desired].contains { service in
          service.resources.contains { resource in
            (resource.name == name && !changed.isDisjoint(with: resource.connections))
              || (changed.contains(resource.name) && resource.connections.contains(name))
          }
        }
      }
      untouched += names.subtracting(changed).subtracting(neighbours).count
      for action in run.actions {
        guard let resource = action.step.resource, !changed.contains(resource) else { continue }
        #expect(neighbours.contains(resource), "\(action), seed \(seed)")
        guard case .push = action.step else {
          Issue.record("\(action) of a resource that did not change, seed \(seed)")
          continue
        }
      }
    }
    #expect(untouched > 100, "the cases would show it if nothing were left alone")
  }

  @Test("a public resource that has a ready instance behind its port always has one")
  func alwaysServed() {
    var served = 0
    Self.forEachCase { given, run, seed in
      for resource in given.desired.resources where resource.isPublic {
        func isServed(_ state: ObservedService) -> Bool {
          guard let instance = state.publications[resource.name].flatMap(state.instance) else { return false }
          return instance.resource == resource.name && instance.state == .ready
        }
        guard let first = run.states.firstIndex(where: isServed) else { continue }
        served += 1
        #expect(run.states[first...].allSatisfy(isServed), "\(resource.name), \(seed)")
      }
    }
    #expect(served > 500, "the cases would show it if a port were left alone")
  }

  /// The connections that requests to a public resource take, directly and through others, that do not work: those to
  /// an instance that does not serve, or that does not admit who connects.
  private static func brokenConnections(_ state: ObservedService, from name: String) -> [String] {
    var broken: [String] = []
    var waiting = [state.publications[name] ?? "none"]
    var seen: Set<String> = []
    while let id = waiting.popLast() {
      guard seen.insert(id).inserted, let instance = state.instance(id) else { continue }
      for backend in instance.run.backends.values.sorted() {
        let target = state.instance(backend)
        if target?.state != .ready || target?.run.peers.contains(id) != true { broken.append("\(id) to \(backend)") }
        waiting.append(backend)
      }
    }
    return broken
  }

  @Test("while a service changes, every connection that a request takes leads to a ready instance that admits it")
  func alwaysConnected() {
    var checked = 0
    for (seed, _, run) in Self.changes {
      for (count, state) in run.states.enumerated() {
        for name in state.publications.keys.sorted() {
          checked += 1
          let broken = Self.brokenConnections(state, from: name)
          #expect(broken.isEmpty, "\(name) after \(count) steps: \(broken), seed \(seed)")
        }
      }
    }
    #expect(checked > 1000, "the cases would show it if a connection broke")
  }

  @Test("while a service changes, an instance that serves keeps a way to every resource it still connects to")
  func keepsBackends() {
    for (seed, given, run) in Self.changes {
      for old in given.observed.instances {
        guard let due = given.desired.resource(old.resource) else { continue }
        // One of another image needs all that it was made for; one that stays, what is both former and due.
        let stays = due.recipe == old.recipe && due.bootSettings == old.bootSettings
        let needed = Set(old.run.backends.keys).filter { !stays || due.connections.contains($0) }
        for (count, state) in run.states.enumerated() {
          guard let instance = state.instance(old.id), instance.state == .ready else { continue }
          #expect(needed.isSubset(of: instance.run.backends.keys), "\(old.resource) after \(count) steps, seed \(seed)")
        }
      }
    }
  }

  @Test("traffic is led only to a ready instance that has its due settings and is known to all its backends")
  func routesAreSafe() {
    var routes = 0
    Self.forEachCase { given, run, seed in
      for (state, action) in zip(run.states, run.actions) {
        guard case .route(let name, let id) = action.step else { continue }
        routes += 1
        guard let instance = state.instance(id), let resource = given.desired.resource(name) else {
          Issue.record("\(action) leads to what is not there, \(seed)")
          continue
        }
        #expect(state.hasForwarder && resource.isPublic && instance.resource == name, seed)
        #expect(instance.state == .ready && instance.recipe == resource.recipe, seed)
        #expect(instance.bootSettings == resource.bootSettings, seed)
        #expect(instance.run.settings == resource.runSettings, seed)
        #expect(Set(instance.run.backends.keys) == Set(resource.connections), seed)
        for (name, id) in instance.run.backends {
          let backend = state.instance(id)
          let due = given.desired.resource(name)
          #expect(backend?.state == .ready && backend?.resource == name && backend?.recipe == due?.recipe, seed)
          #expect(backend?.run.settings == due?.runSettings, seed)
          #expect(backend?.run.peers.contains(instance.id) == true, seed)
        }
        // Everyone who may connect to it is admitted, nobody else but those on their way out.
        let clients = given.desired.resources.filter { $0.connections.contains(name) }.map(\.name)
        let serving = state.instances.filter { $0.state == .ready || $0.state == .draining }
        let admitted = serving.filter { clients.contains($0.resource) }.map(\.id)
        #expect(Set(admitted).isSubset(of: instance.run.peers), seed)
        #expect(Set(instance.run.peers).isSubset(of: serving.map(\.id)), seed)
      }
    }
    #expect(routes > 500, "the cases would show it if a route came too early")
  }

  @Test("an instance is drained only when no port and no ready instance leads to it")
  func drainsAreSafe() {
    var drains = 0
    Self.forEachCase { _, run, seed in
      for (state, action) in zip(run.states, run.actions) {
        guard case .drain(let id, let resource) = action.step else { continue }
        drains += 1
        #expect(state.instance(id)?.state == .ready && state.instance(id)?.resource == resource, seed)
        #expect(!state.publications.values.contains(id), seed)
        #expect(!state.instances.contains { $0.state == .ready && $0.run.backends.values.contains(id) }, seed)
      }
    }
    #expect(drains > 500, "the cases would show it if something were drained too early")
  }

  @Test("while a service changes, who may have requests under way to an instance is drained before it")
  func drainsFromOutside() {
    for (seed, given, run) in Self.changes {
      for (state, action) in zip(run.states, run.actions) {
        guard case .drain(_, let drained) = action.step else { continue }
        for resource in given.former.resources where resource.connections.contains(drained) {
          let isOutdated = state.instances.contains { instance in
            let due = given.desired.resource(resource.name)
            return instance.resource == resource.name && instance.state == .ready
              && (instance.recipe != due?.recipe || instance.bootSettings != due?.bootSettings)
          }
          #expect(!isOutdated, "\(drained) before \(resource.name), seed \(seed)")
        }
      }
    }
  }

  @Test("no ready instance is stopped before it is drained, and nothing is started without its image and the network")
  func stepsAreInOrder() {
    Self.forEachCase { given, run, seed in
      for (state, action) in zip(run.states, run.actions) {
        switch action.step {
        case .stopInstance(let id, _): #expect(state.instance(id).map { $0.state != .ready } == true, seed)
        case .startInstance(let name, _):
          #expect(state.hasNetwork, seed)
          #expect(given.desired.resource(name).map { state.images.contains($0.recipe) } == true, seed)
        case .push(let id, let name, let run):
          let instance = state.instance(id)
          #expect(instance?.resource == name && instance?.run != run, seed)
          // What runs an image that is no longer due may not know the settings of another level.
          if instance?.recipe != given.desired.resource(name)?.recipe {
            #expect(instance?.run.settings == run.settings, seed)
          }
        default: break
        }
      }
    }
  }

  @Test("an instance that has not said that it is ready is admitted by nobody and connected to by nobody")
  func startingCountsForNothing() {
    for (seed, _, run) in Self.debris {
      for (state, action) in zip(run.states, run.actions) {
        let starting = Set(state.instances.filter { $0.state == .starting }.map(\.id))
        switch action.step {
        case .startInstance(_, let run), .push(_, _, let run):
          #expect(starting.isDisjoint(with: run.peers), "seed \(seed)")
          #expect(starting.isDisjoint(with: run.backends.values), "seed \(seed)")
        case .route(_, let id): #expect(!starting.contains(id), "seed \(seed)")
        default: break
        }
      }
    }
  }

  @Test("resuming after any step, or within one, ends as if there had been no interruption")
  func resuming() {
    for (seed, given, whole) in Self.changes.prefix(25) + Self.debris.prefix(25) {
      let expected = whole.end.withoutIdentifiers
      for state in whole.states + whole.actions.indices.compactMap(whole.interrupted(within:)) {
        let resumed = PlannerRun(to: given.desired, from: state, naming: "resumed")
        #expect(resumed.isFinished && resumed.end.withoutIdentifiers == expected, "seed \(seed)")
      }
    }
  }

  @Test("changing one's mind after any step ends as the last word says")
  func changedMind() {
    for (seed, given, run) in Self.changes.prefix(25) {
      var expected = given.observed.withoutIdentifiers
      for state in run.states {
        let back = PlannerRun(to: given.former, from: state, naming: "back")
        expected.images = back.end.images
        // A forwarder that was started for a port stays until the service goes.
        expected.hasForwarder = state.hasForwarder
        #expect(back.isFinished && back.end.withoutIdentifiers == expected, "seed \(seed)")
      }
    }
  }
}
