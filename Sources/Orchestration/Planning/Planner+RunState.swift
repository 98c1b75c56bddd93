// Which instance stands for a resource, and which run-stage settings an instance is due.

extension Planner {
  /// The settings an instance is due now. One that is on its way out keeps those of the level it was made for, as its
  /// image may know no others, and the connections it was made for, as it needs them for as long as traffic leads to it.
  /// One whose turn to change its level has not come keeps its level likewise.
  static func dueRunState(of instance: ObservedInstance, _ index: PlanningIndex) -> RunState {
    let resource = index.resource(instance.resource)
    let isCurrent = resource.flatMap { index.current($0)?.id } == instance.id
    let isChanged = isCurrent && !index.keepsLevel(instance)
    var run = runState(
      of: instance.resource,
      settings: isChanged ? resource?.runSettings ?? instance.run.settings : instance.run.settings,
      retaining: isCurrent ? [] : Set(instance.run.backends.keys), index, keeping: instance.run)
    for name in run.backends.keys {
      guard let held = index.heldBackend(of: instance, name, isCurrent: isCurrent) else { continue }
      run.backends[name] = held.id
    }
    return run
  }

  /// Settings with the instances that connect to the resource, and those it connects to: what the resource is due to
  /// connect to, and what is retained besides.
  static func runState(
    of name: String, settings: RunSettings, retaining retained: Set<String> = [], _ index: PlanningIndex,
    keeping run: RunState?
  ) -> RunState {
    // Who was told to connect may do so until it has acknowledged that it no longer does, or is drained.
    var peers: Set<String> = []
    for id in index.users[name] ?? [] where index.instancesByID[id]?.isLive == true { peers.insert(id) }
    for client in index.clients[name] ?? [] {
      for instance in index.instances[client] ?? [] where instance.isLive { peers.insert(instance.id) }
    }
    var backends: [String: String] = [:]
    let connections = (index.resource(name)?.connections ?? []).filter { index.order[$0] != nil }
    for connection in retained.union(connections) {
      let candidate = index.resource(connection).flatMap { index.current($0) }
      let former = run?.backends[connection].flatMap { id in index.instancesByID[id].flatMap { $0.isLive ? $0 : nil } }
      let any = index.instances[connection]?.last { $0.state == .ready }
      backends[connection] = (candidate ?? former ?? any)?.id
    }
    return RunState(settings: settings, peers: peers.sorted(), backends: backends)
  }
}

extension ObservedService {
  /// Changes this as the action would, if it succeeds. A new instance gets `identifier`.
  public mutating func suppose(_ action: Action, desired: DesiredService?, identifier: String) {
    switch action.step {
    case .createNetwork: hasNetwork = true
    case .startForwarder: hasForwarder = true
    case .offer(let name): offers[name] = desired?.externals.first { $0.name == name }?.lead
    case .withdraw(let name): offers[name] = nil
    case .generateImage(let name):
      if let resource = desired?.resource(name) { images.insert(resource.recipe) }
    case .startInstance(let name, let run):
      guard let resource = desired?.resource(name) else { return }
      instances.append(
        ObservedInstance(
          id: identifier, resource: name, recipe: resource.recipe, bootSettings: resource.bootSettings,
          state: .ready, run: run))
    case .push(let id, _, let run): change(id) { $0.run = run }
    case .route(let resource, let instance): publications[resource] = instance
    case .unpublish(let resource): publications[resource] = nil
    case .drain(let id, _): change(id) { $0.state = .drained }
    case .quarantine(let id, _): change(id) { $0.state = .quarantined }
    case .stopInstance(let id, _): instances.removeAll { $0.id == id }
    case .stopForwarder:
      hasForwarder = false
      publications = [:]
      offers = [:]
    case .removeNetwork: hasNetwork = false
    }
  }

  private mutating func change(_ id: String, _ body: (inout ObservedInstance) -> Void) {
    guard let index = instances.firstIndex(where: { $0.id == id }) else { return }
    body(&instances[index])
  }
}
