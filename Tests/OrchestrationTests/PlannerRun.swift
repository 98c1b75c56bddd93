@testable import Orchestration

/// A plan carried out in supposition: every step, and what the service is before and after each.
struct PlannerRun {
  let desired: DesiredService?
  /// One more than there are actions: the state at the start, then the state after each.
  private(set) var states: [ObservedService]
  private(set) var actions: [Action] = []
  /// Whether the planner found nothing left to do within the bound.
  private(set) var isFinished = false

  var start: ObservedService { states[0] }
  var end: ObservedService { states[states.count - 1] }
  var steps: [Action.Step] { actions.map(\.step) }

  /// Asks for the next step and supposes that it succeeds, until nothing is left. New instances are named after
  /// `prefix`.
  ///
  /// The bound is on the number of steps: per resource an image, an instance, a route and some pushes; per instance
  /// some pushes, a drain and a stop.
  init(to desired: DesiredService?, from observed: ObservedService, naming prefix: String = "new") {
    self.desired = desired
    states = [observed]
    let bound = 10 + 20 * ((desired?.resources.count ?? 0) + observed.instances.count + observed.publications.count)
    while actions.count < bound {
      guard let action = Planner.nextAction(desired: desired, observed: end) else {
        isFinished = true
        return
      }
      var next = end
      next.suppose(action, desired: desired, identifier: "\(prefix)-\(actions.count + 1)")
      actions.append(action)
      states.append(next)
    }
  }

  /// The state in which an interruption within the step that follows a prefix leaves the service.
  func interrupted(within index: Int) -> ObservedService? {
    var state = states[index]
    switch actions[index].step {
    case .startInstance(let name, let run):
      guard let resource = desired?.resource(name) else { return nil }
      state.instances.append(
        ObservedInstance(
          id: "half", resource: name, recipe: resource.recipe, bootSettings: resource.bootSettings, state: .starting,
          run: run))
    case .drain(let id, _):
      guard let place = state.instances.firstIndex(where: { $0.id == id }) else { return nil }
      state.instances[place].state = .draining
    default: return nil
    }
    return state
  }
}

extension ObservedService {
  func instance(_ id: String) -> ObservedInstance? { instances.first { $0.id == id } }

  /// The same with every instance named after its resource and its place among the resource's: what two runs have in
  /// common that named their instances differently.
  var withoutIdentifiers: ObservedService {
    var names: [String: String] = [:]
    var count: [String: Int] = [:]
    for instance in instances {
      count[instance.resource, default: 0] += 1
      names[instance.id] = "\(instance.resource)#\(count[instance.resource, default: 0])"
    }
    func name(_ id: String) -> String { names[id] ?? "gone" }
    var copy = self
    copy.publications = publications.mapValues(name)
    copy.instances = instances.map { instance in
      var copy = instance
      copy.id = name(instance.id)
      copy.run.peers = instance.run.peers.map(name).sorted()
      copy.run.backends = instance.run.backends.mapValues(name)
      return copy
    }
    .sorted { $0.id < $1.id }
    return copy
  }
}

extension Action.Step {
  /// The resource that the step is about; none for those about the whole service.
  var resource: String? {
    switch self {
    case .createNetwork, .startForwarder, .stopForwarder, .removeNetwork, .offer, .withdraw: nil
    case .generateImage(let resource), .startInstance(let resource, _), .route(let resource, _),
      .unpublish(let resource):
      resource
    case .push(_, let resource, _), .drain(_, let resource), .quarantine(_, let resource),
      .stopInstance(_, let resource):
      resource
    }
  }
}
