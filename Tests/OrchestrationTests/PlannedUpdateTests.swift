import Testing

@testable import Orchestration

@Suite("What becomes of resources under a plan")
struct PlannedUpdateTests {
  private static let run = RunState(
    settings: RunSettings(level: "normal", policyVersion: 1, digest: "a"), peers: [], backends: [:])

  private func action(_ step: Action.Step) -> Action { Action(step, reason: "") }

  @Test("what is only started is new, what is only stopped is removed, what is both has changed")
  func categories() {
    let update = PlannedUpdate([
      action(.createNetwork), action(.startInstance(resource: "orders", run: Self.run)),
      action(.startInstance(resource: "storefront", run: Self.run)),
      action(.drain(instance: "storefront-1", resource: "storefront")),
      action(.stopInstance(instance: "storefront-1", resource: "storefront")),
      action(.push(instance: "cache-1", resource: "cache", run: Self.run)),
      action(.stopInstance(instance: "log-1", resource: "log")),
    ])
    #expect(update.novel == ["orders"])
    #expect(update.modified == ["storefront", "cache"])
    #expect(update.obsolete == ["log"])
    #expect(update.lines == ["new: orders", "changed: storefront, cache", "removed: log"])
  }

  @Test("a plan without actions changes nothing")
  func empty() {
    #expect(PlannedUpdate([]).lines == [])
  }
}
