import Testing

@testable import Orchestration

@Suite("Lifetimes")
struct PlannerLifetimeTests {
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

  private func observed(isExpired: Bool) -> ObservedService {
    ObservedService(
      hasNetwork: true, hasForwarder: true, images: ["i1"],
      instances: [
        ObservedInstance(
          id: "web-1", resource: "web", recipe: "i1", bootSettings: "b1", state: .ready,
          run: RunState(settings: settings, peers: [], backends: [:]), isExpired: isExpired)
      ],
      publications: ["web": "web-1"])
  }

  @Test("an instance that may live on is left alone")
  func leavesAlone() {
    #expect(Planner.plan(desired: desired, observed: observed(isExpired: false)).isEmpty)
  }

  @Test("an instance whose life is over gives way to a fresh one of the same image, which takes over first")
  func replaces() {
    let actions = Planner.plan(desired: desired, observed: observed(isExpired: true))
    #expect(actions.first?.reason == "the life of the one that runs is over")
    #expect(
      actions.map(\.step) == [
        .startInstance(resource: "web", run: RunState(settings: settings, peers: [], backends: [:])),
        .route(resource: "web", instance: "new-1"),
        .drain(instance: "web-1", resource: "web"),
        .stopInstance(instance: "web-1", resource: "web"),
      ])
  }
}
