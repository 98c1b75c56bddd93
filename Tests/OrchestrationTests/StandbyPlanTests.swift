import Foundation
import Testing

@testable import Orchestration

@Suite("Which instances wait for a change of level")
struct StandbyPlanTests {
  let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func wish(_ resource: String, _ level: String, bytes: Int = 10, distance: Int = 1) -> StandbyWish {
    StandbyWish(
      service: "services/default/portal", resource: resource, level: level, recipe: "recipe-\(level)",
      bootSettings: "boot", bytes: bytes, distance: distance)
  }

  private func waiting(_ id: String, for wish: StandbyWish, age: TimeInterval = 0) -> StandbyInstance {
    let started = now.addingTimeInterval(-age)
    return StandbyInstance(
      id: id, service: wish.service, resource: wish.resource, level: wish.level, recipe: wish.recipe,
      bootSettings: wish.bootSettings, bytes: wish.bytes, started: started, expires: started.addingTimeInterval(3600))
  }

  @Test("those of the nearest levels are started, as many as there is memory for")
  func budget() {
    let (near, far) = (wish("front", "elevated"), wish("front", "lockdown", distance: 2))
    #expect(StandbyPlan([far, near], waiting: [], budget: 0, now: now).started == [])
    #expect(StandbyPlan([far, near], waiting: [], budget: 19, now: now).started == [near])
    #expect(StandbyPlan([far, near], waiting: [], budget: 20, now: now).started == [near, far])
    // One that is too large keeps no smaller one out.
    let large = wish("back", "elevated", bytes: 100)
    #expect(StandbyPlan([large, near, far], waiting: [], budget: 20, now: now).started == [near, far])
  }

  @Test("what is wished for and waits is kept, once; all else is ended")
  func kept() {
    let near = wish("front", "elevated")
    let all = [waiting("a", for: near), waiting("b", for: near), waiting("c", for: wish("front", "normal"))]
    let plan = StandbyPlan([near], waiting: all, budget: 100, now: now)
    #expect(plan.started == [] && plan.ended == ["b", "c"])
    #expect(StandbyPlan([], waiting: all, budget: 100, now: now).ended == ["a", "b", "c"])
    #expect(StandbyPlan([near], waiting: all, budget: 5, now: now).ended == ["a", "b", "c"])
  }

  @Test("another image, other boot-stage settings and too long a wait are no use")
  func stale() {
    let near = wish("front", "elevated")
    var (image, settings) = (waiting("a", for: near), waiting("b", for: near))
    image.recipe = "another"
    settings.bootSettings = "other"
    let old = waiting("c", for: near, age: 3600)
    let plan = StandbyPlan([near], waiting: [image, settings, old], budget: 100, now: now)
    #expect(plan.started == [near] && plan.ended == ["a", "b", "c"])
    #expect(StandbyPlan([near], waiting: [waiting("d", for: near, age: 3599)], budget: 10, now: now).started == [])
  }

  @Test("the least useful makes room for the more useful")
  func eviction() {
    let (near, far) = (wish("front", "elevated"), wish("front", "lockdown", distance: 2))
    let plan = StandbyPlan([near, far], waiting: [waiting("a", for: far)], budget: 10, now: now)
    #expect(plan.ended == ["a"] && plan.started == [near])
  }

  @Test("never more waits than the budget has, and nothing is both kept and started", arguments: 0..<200)
  func bounded(seed: Int) {
    var generator = PlannerCase.Generator(state: UInt64(seed))
    let wishes = (0..<generator.below(8)).map { _ in
      wish(
        "r\(generator.below(4))", "l\(generator.below(4))", bytes: 1 + generator.below(9), distance: generator.below(4))
    }
    let distinct = Array(Set(wishes))
    let present = (0..<generator.below(6)).map { number in
      waiting("\(number)", for: wish("r\(generator.below(4))", "l\(generator.below(4))", bytes: 1 + generator.below(9)))
    }
    let budget = generator.below(30)
    let plan = StandbyPlan(distinct, waiting: present, budget: budget, now: now)
    let kept = present.filter { !plan.ended.contains($0.id) }
    // What is kept is counted as what is wished for, which has the same image.
    let used =
      plan.started.reduce(0) { $0 + $1.bytes }
      + kept.reduce(0) { sum, one in
        sum + (distinct.filter { one.serves($0) }.map(\.bytes).min() ?? .max / 2)
      }
    #expect(used <= budget)
    #expect(kept.allSatisfy { one in distinct.contains { one.serves($0) } })
    #expect(Set(plan.ended).isSubset(of: present.map(\.id)))
  }
}
