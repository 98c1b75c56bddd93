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
    return foundation(desired, observed)
      ?? missingImage(desired, observed)
      ?? deadInstance(observed)
      ?? missingInstance(desired, observed)
      ?? outdatedSettings(desired, observed)
      ?? misledTraffic(desired, observed)
      ?? obsoleteInstance(desired, observed)
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
    if !observed.hasForwarder, let resource = desired.resources.first(where: \.isPublic) {
      return Action(.startForwarder, reason: "`\(resource.name)` is public")
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

  private static func missingInstance(_ desired: DesiredService, _ observed: ObservedService) -> Action? {
    for resource in desired.resources where current(resource, in: observed) == nil {
      let former = observed.instances.filter { $0.resource == resource.name && $0.isLive }
      let run = runState(
        of: resource.name, settings: resource.runSettings, desired: desired, observed: observed, keeping: nil)
      return Action(
        .startInstance(resource: resource.name, run: run), reason: reasonToStart(resource, instead: former))
    }
    return nil
  }

  private static func reasonToStart(_ resource: DesiredResource, instead former: [ObservedInstance]) -> String {
    guard let last = former.last else { return "none runs" }
    if last.isExpired { return "the life of the one that runs is over" }
    if last.recipe == resource.recipe {
      return last.bootSettings == resource.bootSettings
        ? "the one that runs is being drained" : "a boot-stage setting changed: the same image is restarted"
    }
    return "level `\(resource.runSettings.level)` needs another image than the one that runs"
  }

  private static func outdatedSettings(_ desired: DesiredService, _ observed: ObservedService) -> Action? {
    let order = desired.resources.map(\.name)
    let instances = observed.instances.filter { $0.state == .ready || $0.state == .draining }
      .sorted { (order.firstIndex(of: $0.resource) ?? .max) < (order.firstIndex(of: $1.resource) ?? .max) }
    for instance in instances where desired.resource(instance.resource) != nil {
      let run = dueRunState(of: instance, desired: desired, observed: observed)
      guard run != instance.run else { continue }
      return Action(
        .push(instance: instance.id, resource: instance.resource, run: run),
        reason: reasonToPush(from: instance.run, to: run))
    }
    return nil
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

  private static func misledTraffic(_ desired: DesiredService, _ observed: ObservedService) -> Action? {
    for resource in desired.resources where resource.isPublic {
      guard let instance = current(resource, in: observed) else { continue }
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
    return nil
  }

  private static func obsoleteInstance(_ desired: DesiredService, _ observed: ObservedService) -> Action? {
    // From the outside in: who connects to others is gone before those it connects to.
    let order = desired.resources.map(\.name)
    let obsolete = observed.instances.filter { instance in
      desired.resource(instance.resource).flatMap { current($0, in: observed)?.id } != instance.id
    }
    .sorted { (order.firstIndex(of: $0.resource) ?? .max) > (order.firstIndex(of: $1.resource) ?? .max) }
    // Among those the template does not name any more, what they were told tells who connects to whom.
    let needed = Set(obsolete.flatMap(\.run.backends.values))
    guard let instance = obsolete.first(where: { !needed.contains($0.id) }) ?? obsolete.first else { return nil }
    switch instance.state {
    case .ready:
      return Action(.drain(instance: instance.id, resource: instance.resource), reason: "another has taken its place")
    case .starting, .draining, .drained, .failed:
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
