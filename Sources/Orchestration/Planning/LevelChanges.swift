/// Towards which protection a change of level leads.
enum LevelDirection: Hashable, Sendable {
  case tightening
  case loosening
}

/// The resources whose level is about to change, in the order in which they change it: tightening from the outside in,
/// loosening from the inside out, and all tightening before any loosening.
///
/// What is outside is what is nearer to the clients: a resource before those it connects to. Resources that connect to each
/// other in a circle have one rank, and so have those that no chain of connections orders; within a rank there is no order.
/// Where images are replaced, a connection of a client whose own level changes the same way moves together with the client,
/// so that no request passes from one level's instance to the other's; connections of other clients move when it is the turn
/// of what they lead to.
struct LevelChanges {
  /// Resources that change their level together.
  struct Turn: Equatable {
    let direction: LevelDirection
    /// The rank, counted from the outside, from 0.
    let rank: Int
    /// In the order of dependency.
    var resources: [String]
  }

  /// What changes together, in the order of turns.
  let turns: [Turn]
  /// How many ranks the service has; 0 where no level changes.
  let rankCount: Int
  /// Those whose turn has not come.
  private(set) var held: Set<String>
  /// Whose turn it is.
  private(set) var active: Turn?

  /// No changes.
  init() {
    turns = []
    rankCount = 0
    held = []
  }

  /// What is still to change, all of it held. Every resource must have its instance already.
  init(_ index: PlanningIndex, publications: [String: String]) {
    let pending = index.desired.resources.compactMap { resource in
      LevelChanges.direction(of: resource, index, publications).map { (name: resource.name, direction: $0) }
    }
    // Most of the time no level changes, and ranks are not looked for.
    let ranks = pending.isEmpty ? [:] : ConnectionRanks.fromOutside(index.desired.resources)
    var turns: [Turn] = []
    var places: [Place: Int] = [:]
    for (name, direction) in pending {
      let place = Place(direction: direction, rank: ranks[name] ?? 0)
      if let known = places[place] {
        turns[known].resources.append(name)
      } else {
        places[place] = turns.count
        turns.append(Turn(direction: direction, rank: place.rank, resources: [name]))
      }
    }
    self.turns = turns.sorted { one, other in
      guard one.direction == other.direction else { return one.direction == .tightening }
      return one.direction == .tightening ? one.rank < other.rank : one.rank > other.rank
    }
    rankCount = ranks.values.max().map { $0 + 1 } ?? 0
    held = Set(pending.map(\.name))
  }

  private struct Place: Hashable {
    let direction: LevelDirection
    let rank: Int
  }

  /// Makes it the turn of some resources. Those before them are done.
  mutating func begin(_ turn: Turn) {
    active = turn
    held.subtract(turn.resources)
  }

  /// Lets nothing wait any more.
  mutating func finish() {
    active = nil
    held = []
  }

  /// What is said of a step for the resource besides its reason.
  func remark(on resource: String) -> String {
    guard let active, rankCount > 1, active.resources.contains(resource) else { return "" }
    let way = active.direction == .tightening ? "tightened from the outside in" : "loosened from the inside out"
    return "; \(way): rank \(active.rank + 1) of \(rankCount)"
  }

  // MARK: What is still to change

  /// Which way the level of a resource has still to change, for those who can reach it; `nil` where it has not, or where
  /// it is unknown which of two levels is above the other.
  private static func direction(
    of resource: DesiredResource, _ index: PlanningIndex, _ publications: [String: String]
  ) -> LevelDirection? {
    var direction: LevelDirection?
    let current = index.current(resource)?.id
    for instance in index.instances[resource.name] ?? [] where instance.state == .ready {
      guard let one = index.levelDirection(of: instance),
        instance.id == current || isReached(instance, resource, index, publications)
      else { continue }
      // Of two that differ, the one with less protection tells.
      if direction != .tightening { direction = one }
    }
    return direction
  }

  /// Whether an instance that is to be replaced is reached by others than those that change their level the same way.
  private static func isReached(
    _ instance: ObservedInstance, _ resource: DesiredResource, _ index: PlanningIndex, _ publications: [String: String]
  ) -> Bool {
    if resource.isPublic, publications[resource.name] == instance.id { return true }
    return (index.users[resource.name] ?? []).contains { id in
      guard let user = index.instancesByID[id], user.run.backends[resource.name] == instance.id else { return false }
      return Planner.takesSettings(user) && index.order[user.resource] != nil
        && index.levelDirection(of: user) != index.levelDirection(of: instance)
    }
  }
}

extension PlanningIndex {
  /// Which way an instance's level differs from what its resource is due; `nil` where it does not, or where it is unknown
  /// which of the two is above the other.
  func levelDirection(of instance: ObservedInstance) -> LevelDirection? {
    guard let due = resource(instance.resource)?.runSettings.level, due != instance.run.settings.level,
      let dueRank = desired.ranks[due], let rank = desired.ranks[instance.run.settings.level], dueRank != rank
    else { return nil }
    return dueRank > rank ? .tightening : .loosening
  }

  /// Whether an instance keeps its level for now, as it is not its resource's turn.
  func keepsLevel(_ instance: ObservedInstance) -> Bool {
    levels.held.contains(instance.resource) && levelDirection(of: instance) != nil
  }

  /// The backends that a new instance in the place of a former one is led to first, where they loosen and it does not: they
  /// have their turn later.
  func heldBackends(ofSuccessorTo former: ObservedInstance) -> [String: String] {
    guard levelDirection(of: former) != .loosening else { return [:] }
    return former.run.backends.filter { name, id in
      guard let backend = instancesByID[id], backend.resource == name else { return false }
      return backend.state == .ready && backend.withdrawal == nil && levelDirection(of: backend) == .loosening
        && resource(name).flatMap { current($0)?.id } != id
    }
  }

  /// The instance of a backend's former level that an instance stays connected to for now, if any.
  func heldBackend(of instance: ObservedInstance, _ backend: String, isCurrent: Bool) -> ObservedInstance? {
    guard let former = instance.run.backends[backend].flatMap({ instancesByID[$0] }), former.state == .ready,
      former.resource == backend, former.withdrawal == nil, levelDirection(of: former) != nil,
      resource(backend).flatMap({ current($0)?.id }) != former.id
    else { return nil }
    guard levelDirection(of: instance) == levelDirection(of: former) else {
      return levels.held.contains(backend) ? former : nil
    }
    // What changes its level the same way gets there with its connections; what is replaced, never.
    return isCurrent && !levels.held.contains(instance.resource) ? nil : former
  }
}
