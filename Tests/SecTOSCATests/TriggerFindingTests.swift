import TOSCA
import Testing

@testable import SecTOSCA

@Suite("Mistakes in adaptation")
struct TriggerFindingTests {
  static let portal = Portal.topology()

  static func triggers(_ triggers: Trigger...) -> Topology { portal.with(Portal.adaptation("follow_threat", triggers)) }

  static func when(_ condition: Literal?) -> Topology {
    triggers(Portal.trigger("rise", when: condition, sets: "elevated"))
  }

  /// The portal with a trigger that waits for events; `without` names a requirement that an audit stands in the place of.
  static func counting(
    _ condition: Literal?, event: String = "AuthenticationFailed", without requirement: String? = nil
  ) -> Topology {
    var topology = triggers(
      Portal.trigger(
        "rise", event: "sectosca.events.\(event)", when: condition,
        actions: [["call_operation": ["operation": "SecurityControl.set_level", "inputs": ["level": "elevated"]]]]))
    if let requirement { topology = topology.with(Portal.policy(requirement, "Audit", ["storefront"], [:])) }
    return topology
  }

  static func call(_ operation: String, _ inputs: Literal) -> Literal {
    ["call_operation": ["operation": .text("SecurityControl." + operation), "inputs": inputs]]
  }

  static func action(_ actions: Literal...) -> Topology { triggers(Portal.trigger("rise", actions: actions)) }

  static let cases: [FindingCase] = [
    FindingCase(
      "two triggers for one value",
      triggers(
        Portal.trigger("rise", sets: "elevated"),
        Portal.trigger("jump", when: ["threat_level": [["valid_values": ["high", "severe"]]]], sets: "lockdown")),
      "conflicting-triggers", at: "jump", names: ["`jump`", "`rise`", "`lockdown`", "`elevated`"]),
    FindingCase(
      "two triggers on different attributes",
      triggers(
        Portal.trigger("rise", sets: "elevated"),
        Portal.trigger("alarm", when: ["alarms": [["greater_or_equal": 3]]], sets: "lockdown")),
      "conflicting-triggers", at: "alarm"),
    FindingCase(
      "two triggers on ranges that touch",
      triggers(
        Portal.trigger("some", when: ["alarms": [["in_range": [3, 5]]]], sets: "elevated"),
        Portal.trigger("many", when: ["alarms": [["greater_or_equal": 5]]], sets: "lockdown")),
      "conflicting-triggers", at: "many"),
    FindingCase(
      "a value inside another trigger's range",
      triggers(
        Portal.trigger("some", when: ["alarms": [["in_range": [3, 5]]]], sets: "elevated"),
        Portal.trigger("four", when: ["alarms": [["equal": 4]]], sets: "lockdown")), "conflicting-triggers", at: "four"),
    FindingCase(
      "a conflict between two policies",
      portal.with(Portal.adaptation("follow_alarms", [Portal.trigger("alarm", sets: "lockdown")])),
      "conflicting-triggers", at: "alarm", names: ["`threat_rises`"]),
    FindingCase(
      "a level that does not exist", triggers(Portal.trigger("rise", sets: "elevate")), "unknown-level",
      at: "rise/action/0/call_operation/inputs/level", names: ["`elevate`"], suggestion: "elevated"),
    FindingCase(
      "an event that is not known",
      triggers(
        Portal.trigger(
          "rise", event: "sectosca.events.ContextChange",
          actions: [["call_operation": ["operation": "SecurityControl.set_level", "inputs": ["level": "elevated"]]]])),
      "unsupported-event", at: "rise/event", names: ["`sectosca.events.ContextChange`"],
      suggestion: "sectosca.events.ContextChanged"),
    FindingCase(
      "a number of events that is none", counting(["evaluations": 0]), "unsupported-condition",
      at: "rise/condition/evaluations", names: ["`rise`"]),
    FindingCase(
      "a period without a unit", counting(["evaluations": 3, "period": "60"]), "unsupported-condition",
      at: "rise/condition/period"),
    FindingCase(
      "a statistical method", counting(["evaluations": 3, "method": "average"]), "unsupported-condition",
      at: "rise/condition/method:", names: ["`method`"]),
    FindingCase(
      "an event that cannot happen", counting(["evaluations": 3], event: "RateExceeded", without: "calm"),
      "event-never-happens", at: "rise", names: ["RateExceeded", "rate limit"], severity: .warning),
    FindingCase(
      "a level that keeps itself", counting(["evaluations": 3], event: "RateExceeded"), "trigger-loop", at: "rise",
      names: ["`elevated`", "RateExceeded", "keeps itself"], severity: .warning),
    FindingCase(
      "a trigger that leads back from the level that its event needs",
      counting(["evaluations": 3], event: "LifeEnded").with(
        Portal.policy("short_lives", "Lifetime", ["storefront"], ["maximum": .amount(3600, "1 h")])
      )
      .with(Portal.level("lockdown", 2, ["declared_flows", "tokens", "order_rules", "calm", "short_lives"])),
      "trigger-loop", at: "rise", names: ["`elevated`", "`lockdown`", "leads back"], severity: .warning),
    FindingCase(
      "lives that are shorter than what their ends call for",
      counting(["evaluations": 2, "period": "3 h"], event: "LifeEnded")
        .with(Portal.policy("calm", "Lifetime", ["storefront"], ["maximum": .amount(3600, "1 h")]))
        .with(Portal.level("normal", 0, ["declared_flows", "passwords", "order_rules", "calm"])),
      "trigger-loop", at: "rise", names: ["never ends", "3 h", "1 h"], severity: .warning),
    FindingCase("no action", action(), "unsupported-action", at: "rise", names: ["no action"]),
    FindingCase(
      "two levels", action(call("set_level", ["level": "elevated"]), call("set_level", ["level": "lockdown"])),
      "unsupported-action", at: "rise/action/1/call_operation/operation", names: ["two levels"]),
    FindingCase(
      "a workflow that does not exist", action(["inline": "mend"]), "unknown-workflow", at: "rise/action/0/inline",
      names: ["`mend`"]),
    FindingCase(
      "a parameter of a requirement that does not exist",
      action(call("set_parameter", ["requirement": "clam", "property": "burst", "value": 5])), "unknown-requirement",
      at: "rise/action/0/call_operation/inputs/requirement", suggestion: "calm"),
    FindingCase(
      "a property that is of the image",
      action(call("set_parameter", ["requirement": "tokens", "property": "issuer", "value": "x"])),
      "unsupported-action", at: "rise/action/0/call_operation/inputs/property", names: ["`issuer`"]),
    FindingCase(
      "a property that is misspelt",
      action(call("set_parameter", ["requirement": "calm", "property": "bursts", "value": 5])), "unsupported-action",
      at: "rise/action/0/call_operation/inputs/property", suggestion: "burst"),
    FindingCase(
      "a value of another type",
      action(call("set_parameter", ["requirement": "calm", "property": "burst", "value": "many"])), "invalid-value",
      at: "rise/action/0/call_operation/inputs/value", names: ["`burst`"]),
    FindingCase(
      "a value out of bounds",
      action(call("set_parameter", ["requirement": "calm", "property": "burst", "value": 0])), "invalid-value",
      at: "rise/action/0/call_operation/inputs/value"),
    FindingCase(
      "a value that asks for less",
      action(call("set_parameter", ["requirement": "calm", "property": "burst", "value": 4000])),
      "setting-lowers-protection", at: "rise/action/0/call_operation/operation", names: ["`calm`", "`rise`"]),
    FindingCase(
      "a resource that the requirement does not protect",
      action(
        call("set_parameter", ["requirement": "calm", "property": "burst", "value": 5, "resource": "orders"])),
      "unknown-target", at: "rise/action/0/call_operation/inputs/resource"),
    FindingCase(
      "two triggers with a parameter of one requirement",
      triggers(
        Portal.trigger(
          "rise", actions: [call("set_parameter", ["requirement": "calm", "property": "burst", "value": 5])]),
        Portal.trigger(
          "alarm", when: ["alarms": [["equal": 1]]],
          actions: [call("set_parameter", ["requirement": "calm", "property": "per_source", "value": "5 per 1 s"])])),
      "conflicting-triggers", at: "alarm", names: ["`calm`"]),
    FindingCase(
      "nothing that is revoked", action(call("revoke_credentials", ["duration": "1 h"])), "unsupported-action",
      at: "rise/action/0/call_operation/inputs", names: ["no credentials"]),
    FindingCase(
      "a field of an event that has none",
      action(call("revoke_credentials", ["principal": ["get_attribute": ["SELF", "event", "account"]]])),
      "unsupported-action", at: "rise/action/0/call_operation/inputs/principal/get_attribute"),
    FindingCase(
      "sessions that nobody has", action(call("revoke_sessions", ["principal": "rita"])), "action-without-effect",
      at: "rise/action/0/call_operation/inputs", severity: .warning),
    FindingCase(
      "a resource that does not exist", action(call("replace", ["resource": "order"])), "unknown-target",
      at: "rise/action/0/call_operation/inputs/resource", suggestion: "orders"),
    FindingCase(
      "a stricter limit upon its own event",
      triggers(
        Portal.trigger(
          "rise", event: "sectosca.events.RateExceeded", when: nil,
          actions: [call("set_parameter", ["requirement": "calm", "property": "burst", "value": 5])])),
      "trigger-loop", at: "rise", names: ["`calm`", "keeps itself"], severity: .warning),
    FindingCase(
      "credentials that guesses revoke",
      triggers(
        Portal.trigger(
          "rise", event: "sectosca.events.AuthenticationFailed", when: nil,
          actions: [call("revoke_credentials", ["principal": ["get_attribute": ["SELF", "event", "account"]]])])),
      "trigger-loop", at: "rise", severity: .warning),
    FindingCase(
      "an action of another kind", action(["set_state": "available"]), "unsupported-action",
      at: "rise/action/0/set_state:", names: ["`set_state`"]),
    FindingCase("an action that is a word", action("panic"), "unsupported-action", at: "rise/action/0"),
    FindingCase(
      "an operation that is not known",
      action(["call_operation": ["operation": "SecurityControl.setlevel", "inputs": ["level": "elevated"]]]),
      "unsupported-action", at: "rise/action/0/call_operation/operation", names: ["`SecurityControl.setlevel`"],
      suggestion: "SecurityControl.set_level"),
    FindingCase(
      "an operation without its input", action(["call_operation": "SecurityControl.set_level"]), "unsupported-action",
      at: "rise/action/0/call_operation:", names: ["which level"]),
    FindingCase(
      "an input that is not known",
      action(["call_operation": ["operation": "SecurityControl.set_level", "inputs": ["levle": "elevated"]]]),
      "unsupported-action", at: "rise/action/0/call_operation/inputs/levle:", names: ["`levle`"], suggestion: "level"),
    FindingCase("no condition", when(nil), "unsupported-condition", at: "rise", names: ["no condition"]),
    FindingCase("an empty condition", when([]), "unsupported-condition", at: "rise/condition"),
    FindingCase("a condition that is a word", when("always"), "unsupported-condition", at: "rise/condition"),
    FindingCase(
      "an operator that is not known", when(["alarms": [["greater_or_equals": 3]]]), "unsupported-condition",
      at: "rise/condition/alarms/0/greater_or_equals:", names: ["`greater_or_equals`"], suggestion: "greater_or_equal"),
    FindingCase(
      "an operand of the wrong kind", when(["alarms": [["greater_or_equal": "many"]]]), "unsupported-condition",
      at: "rise/condition/alarms/0/greater_or_equal", names: ["`alarms`"]),
    FindingCase(
      "a negated condition", when([["not": [["threat_level": [["equal": "low"]]]]]]), "unsupported-condition",
      at: "rise/condition/0/not:", names: ["`not`"]),
    FindingCase(
      "a time window", when(["constraint": ["alarms": [["equal": 3]]], "period": "10 s"]), "unsupported-condition",
      at: "rise/condition/period:", names: ["`period`"]),
    FindingCase(
      "a target that does not exist",
      portal.with(
        Portal.adaptation(
          "follow_threat", [Portal.trigger("rise", sets: "elevated")], targets: ["storefront", "orders", "store"])),
      "unknown-target", at: "follow_threat/targets/2", names: ["`store`"]),
    FindingCase(
      "a condition that never holds", when([["alarms": [["in_range": [5, 3]]]]]), "condition-never-holds",
      at: "rise/condition", severity: .warning),
    FindingCase(
      "a trigger to the lowest level", triggers(Portal.trigger("rise", sets: "normal")), "trigger-without-effect",
      at: "rise", names: ["`normal`"], severity: .warning),
    FindingCase(
      "an adaptation without triggers", triggers(), "adaptation-without-trigger", at: "follow_threat",
      severity: .warning),
    FindingCase(
      "an adaptation of a part",
      portal.with(
        Portal.adaptation("follow_threat", [Portal.trigger("rise", sets: "elevated")], targets: ["storefront"])),
      "partial-adaptation", at: "follow_threat", names: ["`orders`"], severity: .warning),
  ]

  @Test("each is found where it is", arguments: cases)
  func finding(_ example: FindingCase) { example.check() }

  @Test("triggers that exclude each other, or ask for the same, are no mistake")
  func noConflict() {
    let topologies = [
      Self.triggers(
        Portal.trigger("rise", sets: "elevated"),
        Portal.trigger("jump", when: ["threat_level": [["equal": "severe"]]], sets: "lockdown")),
      Self.triggers(
        Portal.trigger("some", when: ["alarms": [["in_range": [3, 5]]]], sets: "elevated"),
        Portal.trigger("many", when: ["alarms": [["in_range": [6, .text("UNBOUNDED")]]]], sets: "lockdown")),
      Self.triggers(
        Portal.trigger(
          "some", when: ["alarms": [["greater_or_equal": 3]], "threat_level": [["equal": "low"]]], sets: "elevated"),
        Portal.trigger(
          "many", when: ["alarms": [["greater_or_equal": 3]], "threat_level": [["equal": "high"]]], sets: "lockdown")),
      Self.triggers(
        Portal.trigger("rise", sets: "elevated"),
        Portal.trigger("alarm", when: ["alarms": [["greater_or_equal": 3]]], sets: "elevated")),
    ]
    for topology in topologies {
      let (service, findings) = Interpreter().interpret(topology)
      #expect(service?.triggers.count == 2, "\(findings.map(\.message))")
      #expect(findings.isEmpty)
    }
  }

  @Test("a trigger may count events, in the notation of the standard, beside conditions on attributes")
  func events() throws {
    func trigger(_ condition: Literal?) -> AdaptationTrigger? {
      Interpreter().interpret(Self.counting(condition)).service?.triggers.first
    }
    #expect(trigger(nil)?.events == EventCount(kind: .authenticationFailed, count: 1, periodSeconds: 60))
    #expect(
      trigger(["evaluations": 10, "period": "2 min"])?.events
        == EventCount(kind: .authenticationFailed, count: 10, periodSeconds: 120))
    let both = try #require(
      trigger(["constraint": ["phase": [["equal": "run"]]], "evaluations": 3, "period": "1 h"]))
    #expect(both.events?.periodSeconds == 3600)
    #expect(both.conditions == [ContextCondition(attribute: "phase", comparison: .isOneOf(["run"]))])
    #expect(both.holdSeconds == 3600)
    #expect(!both.holds(in: ["phase": "run"]))
    #expect(both.holds(in: [both.holdAttribute: AdaptationTrigger.held]))
  }

  @Test("triggers that wait for events may ask for other levels at once: the highest is due")
  func eventsBeside() {
    let topology = Self.triggers(
      Portal.trigger("rise", sets: "elevated"),
      Portal.trigger(
        "guessing", event: "sectosca.events.AuthenticationFailed", when: ["evaluations": 5],
        actions: [["call_operation": ["operation": "SecurityControl.set_level", "inputs": ["level": "lockdown"]]]]))
    let (service, findings) = Interpreter().interpret(topology)
    #expect(findings.isEmpty, "\(findings.map(\.message))")
    #expect(service?.triggers.count == 2)
  }

  @Test("a condition may be a map, a list, in the extended notation, and of several operators")
  func notations() throws {
    let expected = [ContextCondition(attribute: "threat_level", comparison: .isOneOf(["high"]))]
    let same: [Literal] = [
      ["threat_level": [["equal": "high"]]], [["threat_level": [["equal": "high"]]]],
      ["constraint": [["threat_level": [["equal": "high"]]]]], ["threat_level": ["equal": "high"]],
    ]
    for condition in same {
      #expect(Interpreter().interpret(Self.when(condition)).service?.triggers.first?.conditions == expected)
    }
    let several = Self.when(["alarms": [["greater_or_equal": 3], ["less_or_equal": 5.5]], "drill": [["equal": false]]])
    #expect(
      Interpreter().interpret(several).service?.triggers.first?.conditions == [
        ContextCondition(attribute: "alarms", comparison: .atLeast(3)),
        ContextCondition(attribute: "alarms", comparison: .atMost(5.5)),
        ContextCondition(attribute: "drill", comparison: .isOneOf(["false"])),
      ])
  }
}
