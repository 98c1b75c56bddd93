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
    let index = PlanningIndex(desired, observed)
    return nextStart(index) ?? configurable(index).lazy.compactMap { push(to: $0, index) }.first ?? misledTraffic(index)
      ?? obsoleteInstance(index)
  }

  /// What has to be there before settings are looked at.
  private static func nextStart(_ index: PlanningIndex) -> Action? {
    foundation(index.desired, index.observed)
      ?? missingImage(index.desired, index.observed)
      ?? deadInstance(index.observed)
      ?? missingInstance(index)
  }

  /// All settings that have to be pushed, where they are all that is left to do and none depends on another: every
  /// instance keeps its level and its neighbours. They may be pushed in any order, also at once. Else none.
  public static func independentPushes(desired: DesiredService, observed: ObservedService) -> [Action] {
    let index = PlanningIndex(desired, observed)
    guard nextStart(index) == nil, misledTraffic(index) == nil, obsoleteInstance(index) == nil else { return [] }
    let pushes = configurable(index).compactMap { push(to: $0, index) }
    let isIndependent = pushes.allSatisfy { action in
      guard case .push(let id, _, let run) = action.step, let old = index.instancesByID[id]?.run else { return false }
      return old.settings.level == run.settings.level && old.peers == run.peers && old.backends == run.backends
    }
    return isIndependent ? pushes : []
  }

  /// Every step, found by supposing that each succeeds. It is what `plan` prints and `up` does.
  public static func plan(desired: DesiredService?, observed: ObservedService) -> [Action] {
    var supposed = observed
    var actions: [Action] = []
    while let action = nextAction(desired: desired, observed: supposed) {
      actions.append(action)
      supposed.suppose(action, desired: desired, identifier: "new-\(actions.count)")
      // Every step brings the service nearer; a bound tells a mistake here from a large service.
      precondition(actions.count < 1000 + 100 * (desired?.resources.count ?? 0) + 10 * observed.instances.count)
    }
    return actions
  }

  // MARK: Phases, in order

  private static func foundation(_ desired: DesiredService, _ observed: ObservedService) -> Action? {
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
      return Action(.offer(external: external.name), reason: "it is at \(external.target)")
    }
    return nil
  }

  private static func missingImage(_ desired: DesiredService, _ observed: ObservedService) -> Action? {
    for resource in desired.resources where !observed.images.contains(resource.recipe) {
      return Action(
        .generateImage(resource: resource.name),
        reason: "no image has what level `\(desired.level)` asks for: \(list(resource.mechanisms))")
    }
    return nil
  }

  private static func deadInstance(_ observed: ObservedService) -> Action? {
    for instance in observed.instances where instance.state == .failed || instance.state == .starting {
      // No step leaves an instance starting when it ends: this one's start was interrupted, and nobody relies on it.
      return Action(
        .stopInstance(instance: instance.id, resource: instance.resource),
        reason: instance.state == .failed ? "it has ended by itself" : "its start was interrupted")
    }
    return nil
  }

  private static func missingInstance(_ index: PlanningIndex) -> Action? {
    for resource in index.desired.resources where index.current(resource) == nil {
      let former = (index.instances[resource.name] ?? []).filter(\.isLive)
      let run = runState(of: resource.name, settings: resource.runSettings, index, keeping: nil)
      return Action(
        .startInstance(resource: resource.name, run: run), reason: reasonToStart(resource, instead: former))
    }
    return nil
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

  /// The instances that settings can be pushed to, backends before those that connect to them.
  private static func configurable(_ index: PlanningIndex) -> [ObservedInstance] {
    index.observed.instances.enumerated()
      .filter { $1.isLive && index.order[$1.resource] != nil }
      // One that may be in somebody else's hands is told nothing more: it need not even answer.
      .filter { $1.withdrawal?.isSuspect != true }
      .map { (place: (index.position(of: $1.resource), $0), instance: $1) }
      .sorted { $0.place < $1.place }
      .map(\.instance)
  }

  /// The settings that have to be pushed to an instance, if any.
  private static func push(to instance: ObservedInstance, _ index: PlanningIndex) -> Action? {
    let run = dueRunState(of: instance, index)
    guard run != instance.run else { return nil }
    return Action(
      .push(instance: instance.id, resource: instance.resource, run: run),
      reason: reasonToPush(from: instance.run, to: run))
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

  private static func misledTraffic(_ index: PlanningIndex) -> Action? {
    let (desired, observed) = (index.desired, index.observed)
    for resource in desired.resources where resource.isPublic {
      guard let instance = index.current(resource) else { continue }
      let target = observed.publications[resource.name]
      guard target != instance.id else { continue }
      return Action(
        .route(resource: resource.name, instance: instance.id),
        reason: target == nil ? "`\(resource.name)` is public" : "the new instance is ready and in force")
    }
    let published = Set(desired.resources.filter(\.isPublic).map(\.name))
    for name in observed.publications.keys.sorted() where !published.contains(name) {
      return Action(.unpublish(resource: name), reason: "`\(name)` is no longer public")
    }
    // By now nobody is told to connect there.
    for name in observed.offers.keys.sorted() where !desired.externals.contains(where: { $0.name == name }) {
      return Action(.withdraw(external: name), reason: "nothing connects to it any more")
    }
    return nil
  }

  private static func obsoleteInstance(_ index: PlanningIndex) -> Action? {
    // From the outside in: who connects to others is gone before those it connects to.
    let obsolete = index.observed.instances.filter { instance in
      instance.state != .quarantined
        && index.resource(instance.resource).flatMap { index.current($0)?.id } != instance.id
    }
    .sorted { index.position(of: $0.resource) > index.position(of: $1.resource) }
    // Among those the template does not name any more, what they were told tells who connects to whom.
    let needed = Set(obsolete.flatMap(\.run.backends.values))
    guard let instance = obsolete.first(where: { !needed.contains($0.id) }) ?? obsolete.first else { return nil }
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

  private static func nextRemoval(_ observed: ObservedService) -> Action? {
    if let resource = observed.publications.keys.sorted().first {
      return Action(.unpublish(resource: resource), reason: "the service is taken down")
    }
    if let instance = observed.instances.last {
      return Action(
        .stopInstance(instance: instance.id, resource: instance.resource), reason: "the service is taken down")
    }
    if observed.hasForwarder { return Action(.stopForwarder, reason: "nothing is published any more") }
    if observed.hasNetwork { return Action(.removeNetwork, reason: "nothing runs in it any more") }
    return nil
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "no security module" : names.joined(separator: ", ")
  }
}
