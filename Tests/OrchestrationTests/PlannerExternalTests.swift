import Testing

@testable import Orchestration

@Suite("Planning ways to external services")
struct PlannerExternalTests {
  private static func service(_ externals: [DesiredExternal], isPublic: Bool = true) -> DesiredService {
    DesiredService(
      level: "normal", externals: externals,
      resources: [
        DesiredResource(
          name: "front", connections: [], isPublic: isPublic, recipe: "image", bootSettings: "boot",
          runSettings: RunSettings(level: "normal", policyVersion: 1, digest: "a"), mechanisms: [])
      ])
  }

  private static let legacy = DesiredExternal(name: "legacy", accessPort: 40_000, target: "127.0.0.1:9000")

  @Test("a way is open before anything starts that uses it, also where nothing is published")
  func opening() {
    for isPublic in [true, false] {
      let run = PlannerRun(to: Self.service([Self.legacy], isPublic: isPublic), from: ObservedService())
      #expect(run.isFinished)
      #expect(run.steps.prefix(3) == [.createNetwork, .startForwarder, .offer(external: "legacy")])
      #expect(run.end.offers == ["legacy": Self.legacy.lead])
    }
  }

  @Test("another place, and other exclusivity, lead the way anew; nothing else is touched")
  func changing() {
    let before = PlannerRun(to: Self.service([Self.legacy]), from: ObservedService()).end
    var moved = Self.legacy
    moved.target = "127.0.0.1:9001"
    var enclosed = Self.legacy
    enclosed.isExclusive = true
    for external in [moved, enclosed] {
      let run = PlannerRun(to: Self.service([external]), from: before)
      #expect(run.steps == [.offer(external: "legacy")])
      #expect(run.end.offers == ["legacy": external.lead])
    }
    #expect(PlannerRun(to: Self.service([Self.legacy]), from: before).steps.isEmpty)
  }

  @Test("where others could reach what is one service's alone, they are kept away again, and that is the reason")
  func enclosureLost() {
    var enclosed = Self.legacy
    enclosed.isExclusive = true
    var observed = PlannerRun(to: Self.service([enclosed]), from: ObservedService()).end
    observed.offers["legacy"] = DesiredExternal.unenclosed(enclosed.lead)
    #expect(observed.offers["legacy"] == Self.legacy.lead)
    let action = Planner.nextAction(desired: Self.service([enclosed]), observed: observed)
    #expect(action?.step == .offer(external: "legacy") && action?.reason == "others could reach 127.0.0.1:9000")
    #expect(DesiredExternal.unenclosed(Self.legacy.lead) == Self.legacy.lead)
  }

  @Test("a way that nobody is told of any more is closed, after the settings that named it")
  func closing() {
    let before = PlannerRun(to: Self.service([Self.legacy]), from: ObservedService()).end
    var desired = Self.service([])
    desired.resources[0].runSettings.digest = "without legacy"
    let run = PlannerRun(to: desired, from: before)
    #expect(run.steps.last == .withdraw(external: "legacy"))
    #expect(run.steps.count == 2)
    #expect(run.end.offers.isEmpty)
  }

  @Test("what a forwarder does reads as what is desired")
  func observed() {
    #expect(DesiredExternal.lead(from: "10.77.0.1:40000", to: "127.0.0.1:9000", isExclusive: false) == Self.legacy.lead)
    #expect(DesiredExternal.lead(from: "10.77.0.1:40000", to: "127.0.0.1:9000", isExclusive: true) != Self.legacy.lead)
  }
}
