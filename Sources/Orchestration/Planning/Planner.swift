/// Finds the way from what a service is to what it should be.
///
/// `nextAction` is a pure function: it looks at both and names one step. Carrying out that step and asking again until
/// nothing is left is how a service converges, from any state whatever, also one that a crash left behind. The order keeps
/// protection up: the new is in place, configured and known to those it talks to before traffic moves; what is obsolete
/// is drained only when nothing leads to it any more.
public enum Planner {
  /// The next step, or `nil` when the service is what it should be. `desired` is `nil` for a service that should not be.
  public static func nextAction(desired: DesiredService?, observed: ObservedService) -> Action? {
    guard let desired else { return nextRemoval(observed) }
    var index = PlanningIndex(desired, observed)
    return nextStart(index, observed) ?? nextSetting(&index, observed)
      ?? misledTraffic(index, observed) ?? obsoleteInstance(index, observed)
  }

  /// The next instance that is told settings, or the next resource whose traffic moves to another level: first what
  /// changes no level, then levels, one turn after the other.
  private static func nextSetting(_ index: inout PlanningIndex, _ observed: ObservedService) -> Action? {
    index.levels = LevelChanges(index, publications: observed.publications)
    let instances = configurable(index, observed)
    func nextPush(_ index: PlanningIndex) -> Action? { instances.lazy.compactMap { push(to: $0, index) }.first }
    if let push = nextPush(index) { return push }
    for turn in index.levels.turns {
      index.levels.begin(turn)
      if let push = nextPush(index) { return push }
      for resource in turn.resources.lazy.compactMap(index.resource) {
        if let route = misledTraffic(to: resource, index, observed.publications) { return route }
      }
    }
    return nil
  }

  /// What has to be there before settings are looked at.
  private static func nextStart(_ index: PlanningIndex, _ observed: ObservedService) -> Action? {
    foundation(index.desired, observed)
      ?? index.desired.resources.lazy.compactMap { missingImage(index.desired, $0, observed) }.first
      ?? observed.instances.lazy.compactMap(deadInstance).first
      ?? index.desired.resources.lazy.compactMap { missingInstance($0, index) }.first
  }

  /// Settings that have to be pushed and may be at once, in any order, where settings are all that is left to do and every
  /// instance keeps its neighbours; else none. Levels change by turns, each of which is a rank of the service: the others
  /// are left for the next time. Where it is unknown which of two levels is above the other, backends have theirs before
  /// those that connect to them.
  public static func independentPushes(desired: DesiredService, observed: ObservedService) -> [Action] {
    var index = PlanningIndex(desired, observed)
    guard nextStart(index, observed) == nil, misledTraffic(index, observed) == nil,
      obsoleteInstance(index, observed) == nil
    else { return [] }
    index.levels = LevelChanges(index, publications: observed.publications)
    var pushes = independentPushes(index, observed)
    for turn in index.levels.turns where pushes?.isEmpty == true {
      index.levels.begin(turn)
      pushes = independentPushes(index, observed)
    }
    return pushes ?? []
  }

  /// Those that are due at present; `nil` where neighbours change.
  private static func independentPushes(_ index: PlanningIndex, _ observed: ObservedService) -> [Action]? {
    var pushes: [(action: Action, run: RunState)] = []
    var changing: Set<String> = []
    for instance in configurable(index, observed) {
      guard let action = push(to: instance, index), case .push(_, _, let run) = action.step else { continue }
      guard instance.run.peers == run.peers, instance.run.backends == run.backends else { return nil }
      let isOrdered = index.levelDirection(of: instance) != nil
      if !isOrdered, instance.run.settings.level != run.settings.level { changing.insert(instance.id) }
      pushes.append((action, run))
    }
    return pushes.filter { changing.isDisjoint(with: $0.run.backends.values) }.map(\.action)
  }

  /// Every step, found by supposing that each succeeds. It is what `plan` prints and `up` does.
  public static func plan(desired: DesiredService?, observed: ObservedService) -> [Action] {
    guard let desired else { return removal(observed) }
    var search = PlanSearch(desired, observed)
    search.run()
    return search.actions
  }

  // MARK: Phases, in order

  static func foundation(_ desired: DesiredService, _ observed: ObservedService) -> Action? {
    if !observed.hasNetwork {
      return Action(.createNetwork, reason: "the service has no network yet")
    }
    if !observed.hasForwarder {
      if let resource = desired.resources.first(where: \.isPublic) {
        return Action(.startForwarder, reason: "`\(resource.name)` is public")
      }
      if let external = desired.externals.first {
        return Action(.startForwarder, reason: "`\(external.name)` is an external service")
      }
    }
    for external in desired.externals where observed.offers[external.name] != external.lead {
      let isOpen = external.isExclusive && observed.offers[external.name] == DesiredExternal.unenclosed(external.lead)
      return Action(
        .offer(external: external.name),
        reason: isOpen ? "others could reach \(external.target)" : "it is at \(external.target)")
    }
    return nil
  }

  static func missingImage(
    _ desired: DesiredService, _ resource: DesiredResource, _ observed: ObservedService
  ) -> Action? {
    guard !observed.images.contains(resource.recipe) else { return nil }
    return Action(
      .generateImage(resource: resource.name),
      reason: "no image has what level `\(desired.level)` asks for: \(list(resource.mechanisms))")
  }

  static func deadInstance(_ instance: ObservedInstance) -> Action? {
    guard instance.state == .failed || instance.state == .starting else { return nil }
    // No step leaves an instance starting when it ends: this one's start was interrupted, and nobody relies on it.
    return Action(
      .stopInstance(instance: instance.id, resource: instance.resource),
      reason: instance.state == .failed ? "it has ended by itself" : "its start was interrupted")
  }

  static func missingInstance(_ resource: DesiredResource, _ index: PlanningIndex) -> Action? {
    guard index.current(resource) == nil else { return nil }
    let former = (index.instances[resource.name] ?? []).filter(\.isLive)
    var run = runState(of: resource.name, settings: resource.runSettings, index, keeping: nil)
    for (name, id) in former.last.map(index.heldBackends(ofSuccessorTo:)) ?? [:] where run.backends[name] != nil {
      run.backends[name] = id
    }
    return Action(
      .startInstance(resource: resource.name, run: run), reason: reasonToStart(resource, instead: former),
      probes: resource.probes.isEmpty ? nil : resource.probes)
  }

  private static func reasonToStart(_ resource: DesiredResource, instead former: [ObservedInstance]) -> String {
    guard let last = former.last else { return "none runs" }
    if let withdrawal = last.withdrawal { return withdrawal.cause }
    if last.isExpired { return "the life of the one that runs is over" }
    if last.recipe == resource.recipe {
      return last.bootSettings == resource.bootSettings
        ? "the one that runs is being drained" : "a boot-stage setting changed: the same image is restarted"
    }
    return "level `\(resource.runSettings.level)` needs another image than the one that runs"
  }

  /// Whether settings are pushed to an instance. One that may be in somebody else's hands is told nothing more: it need not
  /// even answer.
  static func takesSettings(_ instance: ObservedInstance) -> Bool {
    instance.isLive && instance.withdrawal?.isSuspect != true
  }

  /// The instances that settings can be pushed to, backends before those that connect to them.
  private static func configurable(_ index: PlanningIndex, _ observed: ObservedService) -> [ObservedInstance] {
    observed.instances.enumerated()
      .filter { takesSettings($1) && index.order[$1.resource] != nil }
      .map { (place: (index.position(of: $1.resource), $0), instance: $1) }
      .sorted { $0.place < $1.place }
      .map(\.instance)
  }

  /// The settings that have to be pushed to an instance, if any.
  static func push(to instance: ObservedInstance, _ index: PlanningIndex) -> Action? {
    let run = dueRunState(of: instance, index)
    guard run != instance.run else { return nil }
    return Action(
      .push(instance: instance.id, resource: instance.resource, run: run),
      reason: reasonToPush(from: instance.run, to: run)
        + (run.settings == instance.run.settings ? "" : index.levels.remark(on: instance.resource)))
  }

  private static func reasonToPush(from old: RunState, to new: RunState) -> String {
    if old.settings.policyVersion != new.settings.policyVersion {
      return "policy version \(new.settings.policyVersion) replaces \(old.settings.policyVersion)"
    }
    if old.settings.level != new.settings.level {
      return "level `\(new.settings.level)` is due; the image has what it needs"
    }
    if old.settings.digest != new.settings.digest { return "a run-stage setting changed" }
    return old.peers != new.peers ? "other instances connect to it" : "its backends have changed"
  }

  private static func misledTraffic(_ index: PlanningIndex, _ observed: ObservedService) -> Action? {
    index.desired.resources.lazy.compactMap { misledTraffic(to: $0, index, observed.publications) }.first
      ?? needlessWay(index.desired, observed)
  }

  static func misledTraffic(
    to resource: DesiredResource, _ index: PlanningIndex, _ publications: [String: String]
  ) -> Action? {
    guard resource.isPublic, let instance = index.current(resource) else { return nil }
    let target = publications[resource.name]
    guard target != instance.id else { return nil }
    return Action(
      .route(resource: resource.name, instance: instance.id),
      reason: (target == nil ? "`\(resource.name)` is public" : "the new instance is ready and in force")
        + index.levels.remark(on: resource.name))
  }

  /// A way in, or out, that nobody needs any more.
  static func needlessWay(_ desired: DesiredService, _ observed: ObservedService) -> Action? {
    let published = Set(desired.resources.filter(\.isPublic).map(\.name))
    if let name = observed.publications.keys.filter({ !published.contains($0) }).min() {
      return Action(.unpublish(resource: name), reason: "`\(name)` is no longer public")
    }
    // By now nobody is told to connect there.
    let externals = Set(desired.externals.map(\.name))
    return observed.offers.keys.filter { !externals.contains($0) }.min().map {
      Action(.withdraw(external: $0), reason: "nothing connects to it any more")
    }
  }

  private static func obsoleteInstance(_ index: PlanningIndex, _ observed: ObservedService) -> Action? {
    let order = Dictionary(observed.instances.enumerated().map { ($1.id, $0) }) { first, _ in first }
    let obsolete = obsoleteInstances(index, order: order)
    // Among those the template does not name any more, what they were told tells who connects to whom.
    let needed = Set(obsolete.flatMap(\.run.backends.values))
    return (obsolete.first { !needed.contains($0.id) } ?? obsolete.first).map(retirement)
  }

  /// The instances that are not what their resource should be, from the outside in: who connects to others is gone before
  /// those it connects to. `order` is the place of each instance by age.
  static func obsoleteInstances(_ index: PlanningIndex, order: [String: Int]) -> [ObservedInstance] {
    index.instancesByID.values.filter { instance in
      instance.state != .quarantined
        && index.resource(instance.resource).flatMap { index.current($0)?.id } != instance.id
    }
    .map { (place: (-(index.order[$0.resource] ?? .max), order[$0.id] ?? 0), instance: $0) }
    .sorted { $0.place < $1.place }
    .map(\.instance)
  }

  /// What is to be done with an obsolete instance next.
  static func retirement(of instance: ObservedInstance) -> Action {
    if let withdrawal = instance.withdrawal, withdrawal.fate == .quarantined {
      return Action(.quarantine(instance: instance.id, resource: instance.resource), reason: withdrawal.cause)
    }
    switch instance.state {
    case .ready:
      return Action(.drain(instance: instance.id, resource: instance.resource), reason: "another has taken its place")
    case .starting, .draining, .drained, .failed, .quarantined:
      return Action(.stopInstance(instance: instance.id, resource: instance.resource), reason: "it is drained")
    }
  }

  /// The next step of a removal.
  private static func nextRemoval(_ observed: ObservedService) -> Action? { removal(observed).first }

  private static func removal(_ observed: ObservedService) -> [Action] {
    let reason = "the service is taken down"
    var actions = observed.publications.keys.sorted().map { Action(.unpublish(resource: $0), reason: reason) }
    actions += observed.instances.reversed().map {
      Action(.stopInstance(instance: $0.id, resource: $0.resource), reason: reason)
    }
    if observed.hasForwarder { actions.append(Action(.stopForwarder, reason: "nothing is published any more")) }
    if observed.hasNetwork { actions.append(Action(.removeNetwork, reason: "nothing runs in it any more")) }
    return actions
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "no security module" : names.joined(separator: ", ")
  }
}
