import Testing

@testable import Orchestration

@Suite("Instances that give their place to clean ones")
struct PlannerWithdrawalTests {
  private let settings = RunSettings(level: "normal", policyVersion: 0, digest: "r1")

  private var desired: DesiredService {
    DesiredService(
      level: "normal",
      resources: [
        DesiredResource(
          name: "web", connections: [], isPublic: true, recipe: "i1", bootSettings: "b1", runSettings: settings,
          mechanisms: ["firewall"])
      ])
  }

  private func observed(
    _ withdrawal: Withdrawal?, state: ObservedInstance.State = .ready, digest: String = "r1"
  ) -> ObservedService {
    let run = RunState(
      settings: RunSettings(level: "normal", policyVersion: 0, digest: digest), peers: [], backends: [:])
    return ObservedService(
      hasNetwork: true, hasForwarder: true, images: ["i1"],
      instances: [
        ObservedInstance(
          id: "web-1", resource: "web", recipe: "i1", bootSettings: "b1", state: state, run: run,
          withdrawal: withdrawal)
      ],
      publications: ["web": "web-1"])
  }

  @Test("one that is to be replaced is drained and stopped once another serves in its place")
  func replaced() {
    let actions = Planner.plan(desired: desired, observed: observed(Withdrawal(fate: .stopped, cause: "because")))
    #expect(actions.first?.reason == "because")
    #expect(
      actions.map(\.step) == [
        .startInstance(resource: "web", run: RunState(settings: settings, peers: [], backends: [:])),
        .route(resource: "web", instance: "new-1"),
        .drain(instance: "web-1", resource: "web"),
        .stopInstance(instance: "web-1", resource: "web"),
      ])
  }

  @Test("one that goes into quarantine is taken off once another serves in its place, and left alone from then on")
  func quarantined() {
    let run = PlannerRun(to: desired, from: observed(Withdrawal(fate: .quarantined, cause: "because")))
    #expect(
      run.steps == [
        .startInstance(resource: "web", run: RunState(settings: settings, peers: [], backends: [:])),
        .route(resource: "web", instance: "new-1"),
        .quarantine(instance: "web-1", resource: "web"),
      ])
    #expect(run.isFinished && run.end.instances.map(\.state) == [.quarantined, .ready])
    #expect(PlannedUpdate(run.actions).modified == ["web"] && PlannedUpdate(run.actions).novel.isEmpty)
    // Taken down, the service leaves nothing, also of what is in quarantine.
    #expect(PlannerRun(to: nil, from: run.end).end == ObservedService(images: ["i1"]))
  }

  @Test("a suspect is told no settings any more, as it need not answer")
  func suspectIsToldNothing() {
    for (withdrawal, isTold) in [
      (Withdrawal(fate: .quarantined, cause: "because"), false),
      (Withdrawal(fate: .stopped, cause: "because", isSuspect: true), false), (nil, true),
    ] {
      let steps = PlannerRun(to: desired, from: observed(withdrawal, digest: "r0")).steps
      #expect(
        steps.contains {
          if case .push("web-1", _, _) = $0 { true } else { false }
        } == isTold)
    }
  }

  @Test("any service in which instances are withdrawn ends whole: traffic first, then quarantine, then nothing to do")
  func anyService() {
    var kept = 0
    for seed in 0..<300 as Range<UInt64> {
      let given = seed % 2 == 0 ? PlannerCase.change(seed: seed) : PlannerCase.debris(seed: seed)
      var generator = PlannerCase.Generator(state: seed)
      var observed = given.observed
      for index in observed.instances.indices where generator.once(in: 3) {
        observed.instances[index].withdrawal = Withdrawal(
          fate: generator.once(in: 2) ? .quarantined : .stopped, cause: "because", isSuspect: generator.once(in: 2))
        if generator.once(in: 4) { observed.instances[index].state = .quarantined }
      }
      let due = Set(
        observed.instances.filter { instance in
          instance.state == .quarantined
            || instance.withdrawal?.fate == .quarantined && ![.failed, .starting].contains(instance.state)
        }.map(\.id))
      kept += due.count
      let run = PlannerRun(to: given.desired, from: observed)
      #expect(run.isFinished, "seed \(seed)")
      let serving = run.end.instances.filter { $0.state != .quarantined }
      #expect(
        serving.count == given.desired.resources.count && serving.allSatisfy { $0.state == .ready }, "seed \(seed)")
      #expect(serving.allSatisfy { $0.withdrawal == nil }, "seed \(seed)")
      #expect(Set(run.end.instances.filter { $0.state == .quarantined }.map(\.id)) == due, "seed \(seed)")
      for (state, action) in zip(run.states, run.actions) {
        guard case .quarantine(let id, let name) = action.step else { continue }
        #expect(state.publications[name] != id, "seed \(seed)")
        let isDue = given.desired.resource(name) != nil
        let standsIn = state.instances.contains { $0.resource == name && $0.state == .ready && $0.withdrawal == nil }
        #expect(standsIn || !isDue, "seed \(seed)")
      }
    }
    #expect(kept > 100, "the cases would show it if nothing went into quarantine")
  }

  @Test(
    "references to instances are read as they are written",
    arguments: [
      ("portal/storefront", InstanceReference(service: "portal", resource: "storefront")),
      ("portal/storefront/3fa9", InstanceReference(service: "portal", resource: "storefront", instance: "3fa9")),
      ("portal", nil), ("portal/", nil), ("/storefront", nil), ("a/b/", nil), ("a/b/c/d", nil), ("", nil),
    ] as [(String, InstanceReference?)])
  func references(text: String, expected: InstanceReference?) {
    #expect(InstanceReference(text) == expected)
    if let expected { #expect(expected.description == text) }
  }
}
