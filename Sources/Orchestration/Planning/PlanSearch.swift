/// All steps of a plan. It finds what `Planner.nextAction` would find if it were asked again after every step, and looks
/// only at what the step before has changed, so that its time grows with the number of steps.
///
/// The order of the steps makes that possible: images, dead and missing instances are all seen to before any setting is
/// pushed, and nothing that comes later makes one of them due again.
struct PlanSearch {
  private let desired: DesiredService
  private var index: PlanningIndex
  /// The network, the forwarder, images and publications; instances are in the index.
  private var observed: ObservedService
  private(set) var actions: [Action] = []

  /// The place of each instance among all: the older, the smaller.
  private var sequence: [String: Int] = [:]
  /// The instances whose due settings may be others than they have, in the order in which they are pushed to.
  private var unsettled = PlaceQueue<SettingsPlace>()
  private var isUnsettled: Set<String> = []

  init(_ desired: DesiredService, _ observed: ObservedService) {
    self.desired = desired
    self.observed = observed
    index = PlanningIndex(desired, observed)
    for (place, instance) in observed.instances.enumerated() { sequence[instance.id] = place }
  }

  /// Finds them all.
  mutating func run() {
    while let action = Planner.foundation(desired, observed) { take(action) }
    for resource in desired.resources {
      if let action = Planner.missingImage(desired, resource, observed) { take(action) }
    }
    for instance in observed.instances {
      if let action = Planner.deadInstance(instance) { take(action) }
    }
    for resource in desired.resources {
      if let action = Planner.missingInstance(resource, index) { take(action) }
    }
    index.levels = LevelChanges(index, publications: observed.publications)
    for instance in index.instancesByID.values { unsettle(instance) }
    settle()
    changeLevels()
    for resource in desired.resources {
      guard let action = Planner.misledTraffic(to: resource, index, observed.publications) else { continue }
      take(action)
      settle()
    }
    while let action = Planner.needlessWay(desired, observed) {
      take(action)
      settle()
    }
    retireObsolete()
  }

  /// Has levels changed, one turn after the other.
  private mutating func changeLevels() {
    for turn in index.levels.turns {
      index.levels.begin(turn)
      for name in turn.resources {
        unsettle(instancesOf: name)
        for user in index.users[name] ?? [] { index.instancesByID[user].map { unsettle($0) } }
      }
      settle()
      for resource in turn.resources.compactMap(index.resource) {
        guard let action = Planner.misledTraffic(to: resource, index, observed.publications) else { continue }
        take(action)
        settle()
      }
    }
    index.levels.finish()
  }

  /// Pushes settings until every instance has what it is due.
  private mutating func settle() {
    while let place = unsettled.popFirst() {
      isUnsettled.remove(place.id)
      guard let instance = index.instancesByID[place.id], Planner.takesSettings(instance),
        let action = Planner.push(to: instance, index)
      else { continue }
      take(action)
    }
  }

  private mutating func unsettle(_ instance: ObservedInstance) {
    guard let position = index.order[instance.resource], let place = sequence[instance.id],
      isUnsettled.insert(instance.id).inserted
    else { return }
    unsettled.insert(SettingsPlace(position: position, sequence: place, id: instance.id))
  }

  private mutating func unsettle(instancesOf resource: String) {
    for instance in index.instances[resource] ?? [] { unsettle(instance) }
  }

  // MARK: Obsolete instances

  private mutating func retireObsolete() {
    var line = RetirementLine(Planner.obsoleteInstances(index, order: sequence))
    while let id = line.next, let instance = index.instancesByID[id] {
      let action = Planner.retirement(of: instance)
      take(action)
      switch action.step {
      case .stopInstance, .quarantine: line.remove(instance)
      default: break
      }
      while let place = unsettled.popFirst() {
        isUnsettled.remove(place.id)
        guard let other = index.instancesByID[place.id], Planner.takesSettings(other),
          let push = Planner.push(to: other, index), case .push(_, _, let run) = push.step
        else { continue }
        line.change(other.id, from: other.run, to: run)
        take(push)
      }
    }
  }

  // MARK: Supposing that a step succeeds

  private mutating func take(_ action: Action) {
    actions.append(action)
    // Every step brings the service nearer; a bound tells a mistake here from a large service.
    precondition(actions.count < 1000 + 100 * desired.resources.count + 10 * sequence.count)
    switch action.step {
    case .createNetwork, .startForwarder, .offer, .withdraw, .generateImage, .route, .unpublish, .stopForwarder,
      .removeNetwork:
      supposeFlags(action)
    case .startInstance(let name, let run):
      guard let resource = index.resource(name) else { return }
      let id = "new-\(actions.count)"
      sequence[id] = sequence.count
      index.add(
        ObservedInstance(
          id: id, resource: name, recipe: resource.recipe, bootSettings: resource.bootSettings, state: .ready, run: run)
      )
    case .push(let id, _, let run):
      guard var instance = index.instancesByID[id] else { return }
      let changed = Set(instance.run.backends.keys).symmetricDifference(run.backends.keys)
      instance.run = run
      index.replace(instance)
      unsettle(instance)
      for name in changed { unsettle(instancesOf: name) }
    case .drain(let id, _):
      guard var instance = index.instancesByID[id] else { return }
      instance.state = .drained
      index.replace(instance)
      unsettleNeighbours(of: instance)
    case .quarantine(let id, _):
      guard var instance = index.instancesByID[id] else { return }
      instance.state = .quarantined
      index.replace(instance)
      unsettleNeighbours(of: instance)
    case .stopInstance(let id, _):
      guard let instance = index.instancesByID[id] else { return }
      let users = index.users[instance.resource] ?? []
      index.remove(instance)
      unsettleNeighbours(of: instance)
      for user in users { index.instancesByID[user].map { unsettle($0) } }
    }
  }

  private mutating func supposeFlags(_ action: Action) {
    if case .generateImage(let name) = action.step {
      if let resource = index.resource(name) { observed.images.insert(resource.recipe) }
    } else {
      observed.suppose(action, desired: desired, identifier: "")
    }
  }

  /// Who knows an instance that answers no more: those it connects to, and those that connect to it.
  private mutating func unsettleNeighbours(of instance: ObservedInstance) {
    for name in Set(instance.run.backends.keys).union(index.resource(instance.resource)?.connections ?? []) {
      unsettle(instancesOf: name)
    }
    for client in index.clients[instance.resource] ?? [] { unsettle(instancesOf: client) }
    for user in index.users[instance.resource] ?? [] { index.instancesByID[user].map { unsettle($0) } }
  }
}

/// Where an instance stands among those that settings are pushed to: backends before those that connect to them.
private struct SettingsPlace: Comparable {
  var position: Int
  var sequence: Int
  var id: String

  static func < (one: SettingsPlace, other: SettingsPlace) -> Bool {
    (one.position, one.sequence) < (other.position, other.sequence)
  }
}

/// The obsolete instances in the order in which they go: those first that no other of them needs.
private struct RetirementLine {
  private let line: [String]
  private let rank: [String: Int]
  /// How often each is named by others of the line, or itself.
  private var needs: [String: Int] = [:]
  private var isGone: Set<String> = []
  private var free = PlaceQueue<Int>()
  private var first = 0

  init(_ instances: [ObservedInstance]) {
    line = instances.map(\.id)
    rank = Dictionary(line.enumerated().map { ($1, $0) }) { first, _ in first }
    for instance in instances {
      for backend in instance.run.backends.values { needs[backend, default: 0] += 1 }
    }
    for (place, id) in line.enumerated() where needs[id] == nil { free.insert(place) }
  }

  /// The one that is to go next.
  var next: String? {
    mutating get {
      while let place = free.first {
        if !isGone.contains(line[place]), needs[line[place], default: 0] == 0 { return line[place] }
        _ = free.popFirst()
      }
      while first < line.count, isGone.contains(line[first]) { first += 1 }
      return first < line.count ? line[first] : nil
    }
  }

  mutating func remove(_ instance: ObservedInstance) {
    guard rank[instance.id] != nil, isGone.insert(instance.id).inserted else { return }
    release(instance.run)
  }

  mutating func change(_ id: String, from old: RunState, to new: RunState) {
    guard rank[id] != nil, !isGone.contains(id) else { return }
    for backend in new.backends.values { needs[backend, default: 0] += 1 }
    release(old)
  }

  private mutating func release(_ run: RunState) {
    for backend in run.backends.values {
      needs[backend, default: 1] -= 1
      if needs[backend] == 0, let place = rank[backend] { free.insert(place) }
    }
  }
}

/// A queue that gives the smallest first: a binary heap.
struct PlaceQueue<Place: Comparable> {
  private var heap: [Place] = []

  /// The smallest.
  var first: Place? { heap.first }

  mutating func insert(_ place: Place) {
    heap.append(place)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Place? {
    guard let result = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return result }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      guard least != parent else { return result }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
