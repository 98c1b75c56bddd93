@testable import Orchestration

/// A service to plan for: what it should be, and what it is.
struct PlannerCase {
  /// A small generator with a seed, so that a failure can be repeated (SplitMix64).
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }

    /// Whether something happens that happens once in so many times.
    mutating func once(in times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }
    /// A number below another.
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
  }

  var former: DesiredService
  var desired: DesiredService
  var observed: ObservedService

  /// A service that was one thing and became exactly so, and shall be another.
  static func change(seed: UInt64) -> PlannerCase {
    var generator = Generator(state: seed)
    let former = service(&generator)
    let desired = DesiredService(level: "next", resources: changed(former.resources, &generator))
    let observed = PlannerRun(to: former, from: ObservedService(), naming: "old").end
    return PlannerCase(former: former, desired: desired, observed: observed)
  }

  /// A service of which anything at all was left behind.
  static func debris(seed: UInt64) -> PlannerCase {
    var generator = Generator(state: seed)
    let former = service(&generator)
    let desired = DesiredService(level: "next", resources: changed(former.resources, &generator))
    return PlannerCase(former: former, desired: desired, observed: debris(of: former, desired, &generator))
  }

  // MARK: Topologies

  /// One to eight resources; the connections lead from later ones to earlier ones, so that there is no circle, and the
  /// list is in no order.
  private static func service(_ generator: inout Generator) -> DesiredService {
    var resources: [DesiredResource] = []
    for index in 0..<(1 + generator.below(8)) {
      resources.append(resource("r\(index)", after: resources.map(\.name), &generator))
    }
    resources.shuffle(using: &generator)
    return DesiredService(level: "former", resources: resources)
  }

  private static func resource(
    _ name: String, after earlier: [String], _ generator: inout Generator
  ) -> DesiredResource {
    var connections: [String] = []
    for other in earlier where generator.once(in: 3) { connections.append(other) }
    return DesiredResource(
      // Now and then, two resources run the same image.
      name: name, connections: connections, isPublic: generator.once(in: 2),
      recipe: generator.once(in: 6) ? "common" : "\(name) image 0", bootSettings: "boot 0",
      runSettings: RunSettings(level: "former", policyVersion: 1, digest: "run 0"), mechanisms: ["firewall"])
  }

  /// The same with any number of changes, also none: of images, settings, publicity and connections, with resources
  /// gone and resources new.
  private static func changed(_ resources: [DesiredResource], _ generator: inout Generator) -> [DesiredResource] {
    var result: [DesiredResource] = []
    let rarity = 2 + generator.below(8)
    // `resources` is ordered by dependency, so that what is already in `result` may be connected to.
    for var resource in resources {
      if generator.once(in: rarity * 2), resources.count > 1 { continue }
      if generator.once(in: rarity) { resource.recipe = "\(resource.name) image 1" }
      if generator.once(in: rarity) { resource.bootSettings = "boot 1" }
      if generator.once(in: rarity) { resource.runSettings.digest = "run 1" }
      if generator.once(in: rarity) { resource.runSettings.level = "next" }
      if generator.once(in: rarity) { resource.runSettings.policyVersion = 2 }
      if generator.once(in: rarity) { resource.isPublic.toggle() }
      let names = result.map(\.name)
      resource.connections.removeAll { !names.contains($0) || generator.once(in: rarity) }
      for name in names where !resource.connections.contains(name) && generator.once(in: rarity * 2) {
        resource.connections.append(name)
      }
      result.append(resource)
    }
    if result.isEmpty || generator.once(in: rarity) {
      result.append(Self.resource("added", after: result.map(\.name), &generator))
    }
    return result
  }

  // MARK: What may be left of a service

  private static func debris(
    of former: DesiredService, _ desired: DesiredService, _ generator: inout Generator
  ) -> ObservedService {
    var instances: [ObservedInstance] = []
    for resource in former.resources + desired.resources where !generator.once(in: 5) {
      for _ in 0..<(1 + generator.below(2)) {
        let states: [ObservedInstance.State] = [
          .ready, .ready, .ready, .ready, .starting, .draining, .drained, .failed,
        ]
        // Some were told of an instance that is gone, some of one that never was theirs, some of nothing.
        var backends: [String: String] = [:]
        for name in resource.connections {
          let known = instances.filter { $0.resource == name }
          backends[name] = generator.once(in: 6) ? "gone" : known.randomElement(using: &generator)?.id
        }
        instances.append(
          ObservedInstance(
            id: "old-\(generator.below(1_000_000))-\(instances.count)", resource: resource.name,
            recipe: generator.once(in: 8) ? "unknown image" : resource.recipe,
            bootSettings: generator.once(in: 8) ? "unknown boot" : resource.bootSettings,
            state: states[generator.below(states.count)],
            run: RunState(settings: resource.runSettings, peers: [], backends: backends)))
      }
    }
    for index in instances.indices {
      let name = instances[index].resource
      var peers = instances.filter { $0.run.backends[name] == instances[index].id }.map(\.id)
      peers.removeAll { _ in generator.once(in: 8) }
      if generator.once(in: 8) { peers.append("gone") }
      instances[index].run.peers = peers.sorted()
    }
    instances.shuffle(using: &generator)
    var observed = ObservedService(
      hasNetwork: !generator.once(in: 6), hasForwarder: !generator.once(in: 6), instances: instances)
    for resource in former.resources + desired.resources where !generator.once(in: 3) {
      observed.images.insert(resource.recipe)
    }
    // Ports are the forwarder's: without it there are none.
    guard observed.hasForwarder else { return observed }
    for name in Set((former.resources + desired.resources).map(\.name)).sorted() where !generator.once(in: 3) {
      let known = instances.filter { $0.resource == name }
      observed.publications[name] = generator.once(in: 8) ? "" : known.randomElement(using: &generator)?.id
    }
    return observed
  }
}
