import TOSCA
import Testing

@testable import SecTOSCA

@Suite("The level that is due")
struct DueLevelTests {
  let service: ProtectedService

  init() throws {
    let topology = Portal.topology().with(
      Portal.adaptation(
        "follow_threat",
        [
          Portal.trigger("rise", sets: "elevated"),
          Portal.trigger("jump", when: ["threat_level": [["equal": "severe"]]], sets: "lockdown"),
        ]))
    service = try #require(Interpreter().interpret(topology).service)
  }

  @Test(
    "is the highest of what is set and what triggers call for",
    arguments: [
      (nil, nil, "normal"), (nil, "low", "normal"), (nil, "high", "elevated"), (nil, "severe", "lockdown"),
      ("normal", "high", "elevated"), ("elevated", nil, "elevated"), ("elevated", "high", "elevated"),
      ("lockdown", "high", "lockdown"), ("elevated", "severe", "lockdown"), ("unheard-of", nil, "normal"),
      ("unheard-of", "high", "elevated"), (nil, "HIGH", "normal"),
    ] as [(String?, String?, String)])
  func due(setByHand: String?, threat: String?, expected: String) {
    let context = threat.map { ["threat_level": $0] } ?? [:]
    #expect(service.dueLevel(context: context, setByHand: setByHand).name == expected)
  }

  @Test(
    "depends on numbers only where the attribute is one",
    arguments: [
      ("3", true), ("2.9", false), ("5", true), ("5.1", false), ("many", false), ("", false), ("nan", false),
      ("1e400", false), (" 4", false),
    ])
  func numbers(value: String, expected: Bool) {
    let conditions = [
      ContextCondition(attribute: "alarms", comparison: .atLeast(3)),
      ContextCondition(attribute: "alarms", comparison: .atMost(5)),
    ]
    #expect(conditions.allSatisfy { $0.holds(in: ["alarms": value]) } == expected)
  }
}
