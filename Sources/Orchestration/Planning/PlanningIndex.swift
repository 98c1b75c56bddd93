/// What a service should be and what it is, by name, so that the planner finds everything in one step. It is made anew
/// for each question, in time that grows with the size of the service and no faster.
struct PlanningIndex {
  let desired: DesiredService
  let observed: ObservedService
  /// The place of each resource in the order of dependency.
  let order: [String: Int]
  /// The names of the resources that connect to each.
  let clients: [String: [String]]
  /// The instances of each resource, oldest first.
  let instances: [String: [ObservedInstance]]
  /// The instances that were told to connect to each resource.
  let users: [String: [ObservedInstance]]
  /// The instances by identifier.
  let instancesByID: [String: ObservedInstance]

  init(_ desired: DesiredService, _ observed: ObservedService) {
    self.desired = desired
    self.observed = observed
    order = Dictionary(desired.resources.enumerated().map { ($1.name, $0) }) { first, _ in first }
    var clients: [String: [String]] = [:]
    for resource in desired.resources {
      for name in Set(resource.connections) { clients[name, default: []].append(resource.name) }
    }
    self.clients = clients
    instances = Dictionary(grouping: observed.instances, by: \.resource)
    var users: [String: [ObservedInstance]] = [:]
    for instance in observed.instances {
      for name in instance.run.backends.keys { users[name, default: []].append(instance) }
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
}
