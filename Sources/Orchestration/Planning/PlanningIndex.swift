/// What a service should be and what it is, by name, so that the planner finds everything in one step. It is made in time
/// that grows with the size of the service and no faster, and can follow changes of single instances.
struct PlanningIndex {
  let desired: DesiredService
  /// The place of each resource in the order of dependency.
  let order: [String: Int]
  /// The names of the resources that connect to each.
  let clients: [String: [String]]
  /// The instances of each resource, oldest first.
  private(set) var instances: [String: [ObservedInstance]]
  /// The instances that were told to connect to each resource.
  private(set) var users: [String: Set<String>]
  /// The instances by identifier.
  private(set) var instancesByID: [String: ObservedInstance]
  /// The resources whose level changes, and whose turn it is.
  var levels = LevelChanges()

  init(_ desired: DesiredService, _ observed: ObservedService) {
    self.desired = desired
    order = Dictionary(desired.resources.enumerated().map { ($1.name, $0) }) { first, _ in first }
    var clients: [String: [String]] = [:]
    for resource in desired.resources {
      for name in Set(resource.connections) { clients[name, default: []].append(resource.name) }
    }
    self.clients = clients
    instances = Dictionary(grouping: observed.instances, by: \.resource)
    var users: [String: Set<String>] = [:]
    for instance in observed.instances {
      for name in instance.run.backends.keys { users[name, default: []].insert(instance.id) }
    }
    self.users = users
    instancesByID = Dictionary(observed.instances.map { ($0.id, $0) }) { first, _ in first }
  }

  /// The resource of that name.
  func resource(_ name: String) -> DesiredResource? { order[name].map { desired.resources[$0] } }

  /// The place of a resource in the order of dependency; after all others where the service has none of that name.
  func position(of name: String) -> Int { order[name] ?? .max }

  /// The instance that is what a resource should be: the newest of those with the right image and boot-stage settings.
  /// One that has not said that it is ready is not: nobody knows yet what it enforces.
  func current(_ resource: DesiredResource) -> ObservedInstance? {
    instances[resource.name]?.last { instance in
      instance.recipe == resource.recipe && instance.bootSettings == resource.bootSettings && instance.state == .ready
        && !instance.isExpired && instance.withdrawal == nil
    }
  }

  // MARK: Changes

  /// Adds the newest instance.
  mutating func add(_ instance: ObservedInstance) {
    instances[instance.resource, default: []].append(instance)
    instancesByID[instance.id] = instance
    for name in instance.run.backends.keys { users[name, default: []].insert(instance.id) }
  }

  /// Puts an instance in the place of what it was.
  mutating func replace(_ instance: ObservedInstance) {
    guard let old = instancesByID.updateValue(instance, forKey: instance.id),
      let place = instances[instance.resource]?.firstIndex(where: { $0.id == instance.id })
    else { return }
    instances[instance.resource]?[place] = instance
    guard old.run.backends.keys != instance.run.backends.keys else { return }
    for name in old.run.backends.keys { users[name]?.remove(instance.id) }
    for name in instance.run.backends.keys { users[name, default: []].insert(instance.id) }
  }

  /// Takes an instance away.
  mutating func remove(_ instance: ObservedInstance) {
    instancesByID[instance.id] = nil
    instances[instance.resource]?.removeAll { $0.id == instance.id }
    for name in instance.run.backends.keys { users[name]?.remove(instance.id) }
  }
}
