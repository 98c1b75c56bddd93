import Testing

@testable import Orchestration

/// The portal: a storefront that the world reaches, and orders that only the storefront reaches.
private enum Portal {
  static func settings(_ level: String = "normal", version: Int = 1, digest: String = "a") -> RunSettings {
    RunSettings(level: level, policyVersion: version, digest: digest)
  }

  static func resource(
    _ name: String, connections: [String] = [], isPublic: Bool = false, recipe: String? = nil, boot: String = "boot",
    run: RunSettings = settings()
  ) -> DesiredResource {
    DesiredResource(
      name: name, connections: connections, isPublic: isPublic, recipe: recipe ?? "\(name) image", bootSettings: boot,
      runSettings: run, mechanisms: ["firewall", "password"])
  }

  static func service(
    level: String = "normal", storefront: String = "storefront image", orders: String = "orders image",
    storefrontBoot: String = "boot", ordersBoot: String = "boot", storefrontRun: RunSettings? = nil,
    ordersRun: RunSettings? = nil
  ) -> DesiredService {
    DesiredService(
      level: level,
      resources: [
        resource(
          "storefront", connections: ["orders"], isPublic: true, recipe: storefront, boot: storefrontBoot,
          run: storefrontRun ?? settings(level)),
        resource("orders", recipe: orders, boot: ordersBoot, run: ordersRun ?? settings(level)),
      ])
  }

  static let orders = ObservedInstance(
    id: "orders-1", resource: "orders", recipe: "orders image", bootSettings: "boot", state: .ready,
    run: RunState(settings: settings(), peers: ["storefront-1"], backends: [:]))
  static let storefront = ObservedInstance(
    id: "storefront-1", resource: "storefront", recipe: "storefront image", bootSettings: "boot", state: .ready,
    run: RunState(settings: settings(), peers: [], backends: ["orders": "orders-1"]))

  /// The portal as it is after `up`.
  static let running = ObservedService(
    hasNetwork: true, hasForwarder: true, images: ["storefront image", "orders image"],
    instances: [orders, storefront], publications: ["storefront": "storefront-1"])

  static func run(
    _ settings: RunSettings = settings(), peers: [String] = [], backends: [String: String] = [:]
  ) -> RunState {
    RunState(settings: settings, peers: peers, backends: backends)
  }

  /// Every change of the portal that these tests make, from what runs or from nothing.
  static let changes: [(name: String, desired: DesiredService?, observed: ObservedService)] = {
    var failed = running
    failed.instances[1].state = .failed
    return [
      ("the first `up`", service(), ObservedService()),
      ("another level", service(level: "elevated", storefront: "other storefront image"), running),
      (
        "another level with other images throughout",
        service(level: "elevated", storefront: "other storefront image", orders: "other orders image"), running
      ),
      ("a policy change", service(ordersRun: settings(version: 2)), running),
      ("a boot-stage change", service(ordersBoot: "other boot"), running),
      ("a resource that vanished", DesiredService(level: "normal", resources: [resource("orders")]), running),
      ("a failed instance", service(), failed),
      ("removal", nil, running),
    ]
  }()
}

@Suite("Planning")
struct PlannerTests {
  @Test("the first `up` makes the network, the images, the instances with backends first, and then the port")
  func firstUp() {
    let run = PlannerRun(to: Portal.service(), from: ObservedService())
    #expect(
      run.steps == [
        .createNetwork, .startForwarder,
        .generateImage(resource: "orders"), .generateImage(resource: "storefront"),
        .startInstance(resource: "orders", run: Portal.run()),
        .startInstance(resource: "storefront", run: Portal.run(backends: ["orders": "new-5"])),
        .push(instance: "new-5", resource: "orders", run: Portal.run(peers: ["new-6"])),
        .route(resource: "storefront", instance: "new-6"),
      ])
    #expect(Planner.plan(desired: Portal.service(), observed: ObservedService()) == run.actions)
  }

  @Test("a service without a public resource has no port forwarder")
  func privateService() {
    let desired = DesiredService(level: "normal", resources: [Portal.resource("orders")])
    #expect(
      PlannerRun(to: desired, from: ObservedService()).steps == [
        .createNetwork, .generateImage(resource: "orders"), .startInstance(resource: "orders", run: Portal.run()),
      ])
  }

  @Test("a level that needs another image: the new instance is known to its backends before traffic moves to it")
  func levelChange() {
    let elevated = Portal.settings("elevated")
    let desired = Portal.service(level: "elevated", storefront: "other storefront image")
    let actions = Planner.plan(desired: desired, observed: Portal.running)
    #expect(
      actions.map(\.step) == [
        .generateImage(resource: "storefront"),
        .startInstance(resource: "storefront", run: Portal.run(elevated, backends: ["orders": "orders-1"])),
        .push(instance: "orders-1", resource: "orders", run: Portal.run(elevated, peers: ["new-2", "storefront-1"])),
        .route(resource: "storefront", instance: "new-2"),
        .drain(instance: "storefront-1", resource: "storefront"),
        // What is drained has nothing open: it is locked out before it ends and its address is free.
        .push(instance: "orders-1", resource: "orders", run: Portal.run(elevated, peers: ["new-2"])),
        .stopInstance(instance: "storefront-1", resource: "storefront"),
      ])
    #expect(actions.first?.reason == "no image has what level `elevated` asks for: firewall, password")
  }

  @Test("an image that is in the store already is not generated again")
  func knownImage() {
    var observed = Portal.running
    observed.images.insert("other storefront image")
    let desired = Portal.service(level: "elevated", storefront: "other storefront image")
    let actions = Planner.plan(desired: desired, observed: observed)
    #expect(
      actions.first
        == Action(
          .startInstance(
            resource: "storefront", run: Portal.run(Portal.settings("elevated"), backends: ["orders": "orders-1"])),
          reason: "level `elevated` needs another image than the one that runs"))
  }

  @Test("a backend with another image: those that connect to it are led over before the old one is drained")
  func backendChange() {
    let desired = Portal.service(orders: "other orders image")
    #expect(
      PlannerRun(to: desired, from: Portal.running).steps == [
        .generateImage(resource: "orders"),
        .startInstance(resource: "orders", run: Portal.run(peers: ["storefront-1"])),
        .push(instance: "storefront-1", resource: "storefront", run: Portal.run(backends: ["orders": "new-2"])),
        .drain(instance: "orders-1", resource: "orders"),
        .stopInstance(instance: "orders-1", resource: "orders"),
      ])
  }

  @Test("where all images change, the old instances are drained from the outside in, as requests are still under way")
  func changeThroughout() {
    let desired = Portal.service(storefront: "other storefront image", orders: "other orders image")
    #expect(
      PlannerRun(to: desired, from: Portal.running).steps.map(Self.kind) == [
        "generate orders", "generate storefront", "start orders", "start storefront",
        // The old orders admit the new storefront, as they are live, and the new orders both storefronts.
        "push orders", "push orders", "push storefront",
        "route storefront", "drain storefront", "push orders", "push orders", "stop storefront",
        "drain orders", "stop orders",
      ])
  }

  @Test("a policy change is pushed and nothing else")
  func policyChange() {
    let second = Portal.settings(version: 2)
    let desired = Portal.service(storefrontRun: second, ordersRun: second)
    #expect(
      Planner.plan(desired: desired, observed: Portal.running) == [
        Action(
          .push(instance: "orders-1", resource: "orders", run: Portal.run(second, peers: ["storefront-1"])),
          reason: "policy version 2 replaces 1"),
        Action(
          .push(
            instance: "storefront-1", resource: "storefront",
            run: Portal.run(second, backends: ["orders": "orders-1"])),
          reason: "policy version 2 replaces 1"),
      ])
  }

  @Test(
    "a change of run-stage settings alone is one push to the instance that runs",
    arguments: [
      (Portal.settings(digest: "b"), "a run-stage setting changed"),
      (Portal.settings("elevated"), "level `elevated` is due; the image has what it needs"),
    ])
  func runStageChange(settings: RunSettings, reason: String) {
    #expect(
      Planner.plan(desired: Portal.service(ordersRun: settings), observed: Portal.running) == [
        Action(
          .push(instance: "orders-1", resource: "orders", run: Portal.run(settings, peers: ["storefront-1"])),
          reason: reason)
      ])
  }

  @Test("a change of boot-stage settings restarts the same image")
  func bootStageChange() {
    let actions = Planner.plan(desired: Portal.service(storefrontBoot: "other boot"), observed: Portal.running)
    #expect(
      actions.map(\.step) == [
        .startInstance(resource: "storefront", run: Portal.run(backends: ["orders": "orders-1"])),
        .push(instance: "orders-1", resource: "orders", run: Portal.run(peers: ["new-1", "storefront-1"])),
        .route(resource: "storefront", instance: "new-1"),
        .drain(instance: "storefront-1", resource: "storefront"),
        .push(instance: "orders-1", resource: "orders", run: Portal.run(peers: ["new-1"])),
        .stopInstance(instance: "storefront-1", resource: "storefront"),
      ])
    #expect(actions.first?.reason == "a boot-stage setting changed: the same image is restarted")
  }

  @Test(
    "a resource that vanished from the template loses its port, is drained, and only then is unknown to its backends")
  func vanishedResource() {
    let desired = DesiredService(level: "normal", resources: [Portal.resource("orders")])
    #expect(
      PlannerRun(to: desired, from: Portal.running).steps == [
        .unpublish(resource: "storefront"),
        .drain(instance: "storefront-1", resource: "storefront"),
        .push(instance: "orders-1", resource: "orders", run: Portal.run()),
        .stopInstance(instance: "storefront-1", resource: "storefront"),
      ])
  }

  @Test("of several resources that vanished, those that connect to others go first")
  func vanishedResources() {
    let desired = DesiredService(level: "normal", resources: [Portal.resource("ledger")])
    var observed = Portal.running
    observed.images.insert("ledger image")
    observed.instances.append(
      ObservedInstance(
        id: "ledger-1", resource: "ledger", recipe: "ledger image", bootSettings: "boot", state: .ready,
        run: Portal.run()))
    #expect(
      PlannerRun(to: desired, from: observed).steps == [
        .unpublish(resource: "storefront"),
        .drain(instance: "storefront-1", resource: "storefront"),
        .stopInstance(instance: "storefront-1", resource: "storefront"),
        .drain(instance: "orders-1", resource: "orders"),
        .stopInstance(instance: "orders-1", resource: "orders"),
      ])
  }

  @Test("a connection that is taken away is forgotten by who connects before it is refused by what it led to")
  func removedConnection() {
    var desired = Portal.service()
    desired.resources = desired.resources.map { resource in
      var resource = resource
      resource.connections = []
      return resource
    }
    #expect(
      PlannerRun(to: desired, from: Portal.running).steps == [
        .push(instance: "storefront-1", resource: "storefront", run: Portal.run()),
        .push(instance: "orders-1", resource: "orders", run: Portal.run()),
      ])
  }

  @Test("a failed instance is replaced, and its neighbours learn of the new one")
  func failedInstance() {
    var observed = Portal.running
    observed.instances[0].state = .failed
    #expect(
      Planner.plan(desired: Portal.service(), observed: observed) == [
        Action(.stopInstance(instance: "orders-1", resource: "orders"), reason: "it has ended by itself"),
        Action(.startInstance(resource: "orders", run: Portal.run(peers: ["storefront-1"])), reason: "none runs"),
        Action(
          .push(instance: "storefront-1", resource: "storefront", run: Portal.run(backends: ["orders": "new-2"])),
          reason: "its backends have changed"),
      ])
  }

  @Test("an instance whose start was interrupted counts for nothing: the one that serves stays until another is ready")
  func interruptedStart() {
    let desired = Portal.service(storefrontBoot: "other boot")
    var observed = Portal.running
    var half = Portal.storefront
    half.id = "storefront-2"
    half.bootSettings = "other boot"
    half.state = .starting
    observed.instances.append(half)
    let run = PlannerRun(to: desired, from: observed)
    #expect(run.steps.first == .stopInstance(instance: "storefront-2", resource: "storefront"))
    #expect(
      Array(run.steps.dropFirst().map(Self.kind)) == [
        "start storefront", "push orders", "route storefront", "drain storefront", "push orders", "stop storefront",
      ])
    #expect(run.end.publications == ["storefront": "new-2"])
  }

  private static func kind(_ step: Action.Step) -> String {
    switch step {
    case .generateImage(let resource): "generate \(resource)"
    case .startInstance(let resource, _): "start \(resource)"
    case .push(_, let resource, _): "push \(resource)"
    case .route(let resource, _): "route \(resource)"
    case .drain(_, let resource): "drain \(resource)"
    case .quarantine(_, let resource): "quarantine \(resource)"
    case .stopInstance(_, let resource): "stop \(resource)"
    default: "\(step)"
    }
  }

  @Test("a port forwarder that is gone is started again and led to the instance that runs")
  func lostForwarder() {
    var observed = Portal.running
    observed.hasForwarder = false
    observed.publications = [:]
    #expect(
      PlannerRun(to: Portal.service(), from: observed).steps == [
        .startForwarder, .route(resource: "storefront", instance: "storefront-1"),
      ])
  }

  @Test("removal takes the port away first and leaves nothing but the images")
  func removal() {
    let run = PlannerRun(to: nil, from: Portal.running)
    #expect(
      run.steps == [
        .unpublish(resource: "storefront"),
        .stopInstance(instance: "storefront-1", resource: "storefront"),
        .stopInstance(instance: "orders-1", resource: "orders"),
        .stopForwarder, .removeNetwork,
      ])
    #expect(run.end == ObservedService(images: Portal.running.images))
  }

  @Test("a plan for what is already so is empty")
  func nothingToDo() {
    #expect(Planner.plan(desired: Portal.service(), observed: Portal.running).isEmpty)
    #expect(Planner.plan(desired: nil, observed: ObservedService(images: ["storefront image"])).isEmpty)
  }

  @Test("a connection to what the template does not have leads nowhere, also where an instance of it is left")
  func danglingConnection() {
    let desired = DesiredService(
      level: "normal", resources: [Portal.resource("storefront", connections: ["orders"], isPublic: true)])
    #expect(
      PlannerRun(to: desired, from: Portal.running).steps == [
        .push(instance: "storefront-1", resource: "storefront", run: Portal.run()),
        .drain(instance: "orders-1", resource: "orders"),
        .stopInstance(instance: "orders-1", resource: "orders"),
      ])
  }

  @Test("resources that connect to each other in a circle are planned for too")
  func circle() {
    let desired = DesiredService(
      level: "normal",
      resources: [
        Portal.resource("left", connections: ["right"], isPublic: true),
        Portal.resource("right", connections: ["left"]),
      ])
    let run = PlannerRun(to: desired, from: ObservedService())
    #expect(run.isFinished)
    #expect(
      run.end.withoutIdentifiers.instances.map(\.run) == [
        Portal.run(peers: ["right#1"], backends: ["right": "right#1"]),
        Portal.run(peers: ["left#1"], backends: ["left": "left#1"]),
      ])
  }

  @Test(
    "resuming after any step, or within one, ends as if there had been no interruption",
    arguments: 0..<Portal.changes.count)
  func resuming(index: Int) {
    let change = Portal.changes[index]
    let whole = PlannerRun(to: change.desired, from: change.observed)
    #expect(whole.isFinished && !whole.actions.isEmpty, "\(change.name)")
    for (count, state) in whole.states.enumerated() {
      let resumed = PlannerRun(to: change.desired, from: state, naming: "resumed")
      #expect(resumed.isFinished, "\(change.name) after \(count) steps")
      #expect(
        resumed.end.withoutIdentifiers == whole.end.withoutIdentifiers, "\(change.name) after \(count) steps")
    }
    for count in whole.actions.indices {
      guard let state = whole.interrupted(within: count) else { continue }
      let resumed = PlannerRun(to: change.desired, from: state, naming: "resumed")
      #expect(
        resumed.end.withoutIdentifiers == whole.end.withoutIdentifiers,
        "\(change.name) within step \(count + 1)")
    }
  }

  @Test("where a level needs no other images, all are told at once, backends before those that connect to them")
  func waves() {
    let settings = Portal.settings("elevated", digest: "b")
    let desired = Portal.service(level: "elevated", storefrontRun: settings, ordersRun: settings)
    var observed = Portal.running
    func wave() -> [String] {
      Planner.independentPushes(desired: desired, observed: observed).map { action in
        observed.suppose(action, desired: desired, identifier: "")
        if case .push(let id, _, _) = action.step { return id }
        return action.step.name
      }
    }
    #expect(wave() == ["orders-1"])
    #expect(wave() == ["storefront-1"])
    #expect(wave() == [])
    #expect(Planner.nextAction(desired: desired, observed: observed) == nil)
    // Of one level, in any order.
    let version = Portal.settings(version: 2, digest: "b")
    let policies = Portal.service(storefrontRun: version, ordersRun: version)
    #expect(Planner.independentPushes(desired: policies, observed: Portal.running).count == 2)
    // Where an image is missing, nothing is told before it is there.
    let other = Portal.service(level: "elevated", storefront: "other", storefrontRun: settings, ordersRun: settings)
    #expect(Planner.independentPushes(desired: other, observed: Portal.running) == [])
  }
}
