import TOSCA
import Testing

@testable import SecTOSCA

/// Triggers that follow the time, the service's phase, and vulnerability notices.
@Suite("What triggers follow besides attributes and events")
struct ServiceStateTests {
  // MARK: Windows of time

  /// Seconds since 1970 of a time on a day from Monday, 1970-01-05, on.
  private static func at(_ day: Int, _ hour: Int, _ minute: Int = 0) -> Int {
    (4 + day) * 86_400 + hour * 3600 + minute * 60
  }

  @Test("a window within a day holds from its first minute to the one before its end")
  func withinADay() {
    let window = TimeWindow(startMinute: 9 * 60, endMinute: 17 * 60 + 30)
    #expect(!window.contains(Self.at(0, 8, 59)) && window.contains(Self.at(0, 9)))
    #expect(window.contains(Self.at(0, 17, 29)) && !window.contains(Self.at(0, 17, 30)))
    #expect(window.nextChange(after: Self.at(0, 3)) == Self.at(0, 9))
    #expect(window.nextChange(after: Self.at(0, 9)) == Self.at(0, 17, 30))
    #expect(window.nextChange(after: Self.at(0, 17, 30)) == Self.at(1, 9))
  }

  @Test("a window over midnight belongs to the day on which it begins")
  func overMidnight() {
    let window = TimeWindow(startMinute: 22 * 60, endMinute: 6 * 60, days: [.saturday, .sunday])
    // Saturday is day 5; the night to Monday belongs to Sunday.
    #expect(!window.contains(Self.at(5, 5)) && window.contains(Self.at(5, 22)) && window.contains(Self.at(6, 5)))
    #expect(window.contains(Self.at(7, 5, 59)) && !window.contains(Self.at(7, 6)) && !window.contains(Self.at(7, 22)))
    #expect(window.nextChange(after: Self.at(0, 12)) == Self.at(5, 22))
    #expect(window.nextChange(after: Self.at(6, 23)) == Self.at(7, 6))
    #expect(window.summary == "from 22:00 to 06:00 UTC on saturday and sunday")
  }

  @Test("of windows of any form, changes are where it changes, and nowhere between")
  func changes() {
    var random = Generator(seed: 7)
    for _ in 0..<200 {
      let days = TimeWindow.Day.allCases.filter { _ in Bool.random(using: &random) }
      let window = TimeWindow(
        startMinute: .random(in: 0..<1440, using: &random), endMinute: .random(in: 0..<1440, using: &random),
        days: days.isEmpty ? [.friday] : Set(days))
      let second = Int.random(in: 0..<1_000_000, using: &random) * 60
      guard let next = window.nextChange(after: second) else {
        #expect((0..<8 * 1440).allSatisfy { window.contains(second + $0 * 60) == window.contains(second) })
        continue
      }
      #expect(window.contains(next) != window.contains(second))
      for minute in stride(from: second, to: next, by: 60) {
        #expect(window.contains(minute) == window.contains(second))
      }
    }
  }

  @Test(
    "times of day are two digits and two digits", arguments: ["24:00", "9:00", "09:60", "09-00", "0900", "", "-9:00"])
  func noTime(text: String) { #expect(TimeWindow.minute(text) == nil) }

  // MARK: Reading

  private static func reading(_ event: String, _ condition: Literal?, sets level: String = "lockdown") -> Topology {
    TriggerFindingTests.triggers(
      Portal.trigger("rise", sets: "elevated"),
      Portal.trigger(
        "other", event: "sectosca.events.\(event)", when: condition,
        actions: [["call_operation": ["operation": "SecurityControl.set_level", "inputs": ["level": .text(level)]]]]))
  }

  private static func service(_ event: String, _ condition: Literal?) throws -> ProtectedService {
    let (service, findings) = Interpreter().interpret(reading(event, condition))
    #expect(findings.map(\.message) == [])
    return try #require(service)
  }

  private func level(
    _ service: ProtectedService, _ state: ServiceState, _ attributes: [String: String] = [:]
  ) -> String {
    service.dueLevel(context: attributes.merging(service.attributes(of: state)) { own, _ in own }, setByHand: nil).name
  }

  @Test("a schedule's level is due while its time lasts, beside those of others: the highest is due")
  func schedule() throws {
    let service = try Self.service(
      "Schedule", ["from": "22:00", "until": "06:00", "days": ["friday"], "constraint": ["drill": [["equal": "no"]]]])
    let night = ServiceState(second: Self.at(4, 23))
    #expect(level(service, night, ["drill": "no"]) == "lockdown")
    #expect(level(service, night, ["drill": "no", "threat_level": "high"]) == "lockdown")
    #expect(level(service, night) == "normal")
    #expect(
      level(service, ServiceState(second: Self.at(3, 23)), ["drill": "no", "threat_level": "high"]) == "elevated")
    #expect(service.nextWindowChange(after: Self.at(0, 0)) == Self.at(4, 22))
    #expect(
      service.triggers.last?.conditionSummaries == ["from 22:00 to 06:00 UTC on friday", "drill is `no`"])
  }

  @Test("a phase's level is due while the phase lasts, and an attribute `phase` of users is another matter")
  func phase() throws {
    let service = try Self.service("PhaseChanged", ["phase": [["valid_values": ["maintenance", "retire"]]]])
    #expect(level(service, ServiceState(phase: .maintenance, second: 0)) == "lockdown")
    #expect(level(service, ServiceState(phase: .run, second: 0), ["phase": "maintenance"]) == "normal")
    #expect(service.triggers.last?.conditionSummaries == ["phase is `maintenance` or `retire`"])
  }

  @Test("a notice's level is due while the notice is open")
  func notice() throws {
    let service = try Self.service("VulnerabilityNoticed", nil)
    #expect(service.followsNotices)
    #expect(level(service, ServiceState(hasOpenNotice: true, second: 0)) == "lockdown")
    #expect(level(service, ServiceState(second: 0)) == "normal")
    #expect(service.triggers.last?.conditionSummaries == ["a vulnerability notice is open"])
  }

  @Test("conditions of shared signals are on the signals' claims, and on attributes")
  func signals() throws {
    let service = try Self.service(
      "RiskLevelChanged", ["current_level": [["equal": "HIGH"]], "drill": [["equal": "none"]]])
    let trigger = try #require(service.triggers.last)
    let signal = ServiceState.attributes(ofEvent: ["current_level": "HIGH", "principal": "USER"])
    #expect(trigger.conditionsHold(in: signal.merging(["drill": "none"]) { own, _ in own }))
    // An attribute of that name is no claim.
    #expect(!trigger.conditionsHold(in: ["drill": "none", "current_level": "HIGH"]))
    #expect(trigger.conditionSummaries.dropFirst() == ["current_level is `HIGH`", "drill is `none`"])
  }

  @Test("what stands for a state has no name that users can set")
  func reserved() throws {
    let service = try Self.service("Schedule", ["from": "00:00", "until": "23:59"])
    let attributes = service.attributes(of: ServiceState(phase: .retire, hasOpenNotice: true, second: 0))
    #expect(attributes.count == 3 && attributes.keys.allSatisfy(ServiceState.isReserved))
    #expect(ServiceState.isReserved(AdaptationTrigger.holdPrefix) && !ServiceState.isReserved("threat_level"))
  }

  static let cases: [FindingCase] = [
    FindingCase(
      "a schedule without an end", reading("Schedule", ["from": "22:00"]), "unsupported-condition",
      at: "other/condition", names: ["from when until when"]),
    FindingCase("a schedule of no time", reading("Schedule", nil), "unsupported-condition", at: "other"),
    FindingCase(
      "a time of day that is none", reading("Schedule", ["from": "22:00", "until": "25:00"]), "unsupported-condition",
      at: "other/condition/until", names: ["time of day"]),
    FindingCase(
      "a time that YAML reads as a number", reading("Schedule", ["from": 1320, "until": "06:00"]),
      "unsupported-condition", at: "other/condition/from"),
    FindingCase(
      "an empty time", reading("Schedule", ["from": "22:00", "until": "22:00"]), "unsupported-condition",
      at: "other/condition/until", names: ["ends when it begins"]),
    FindingCase(
      "a day that there is not", reading("Schedule", ["from": "22:00", "until": "06:00", "days": ["sunda"]]),
      "unsupported-condition", at: "other/condition/days/0", suggestion: "sunday"),
    FindingCase(
      "no day", reading("Schedule", ["from": "22:00", "until": "06:00", "days": []]), "unsupported-condition",
      at: "other/condition/days"),
    FindingCase(
      "a key that a schedule has not", reading("Schedule", ["from": "22:00", "untill": "06:00"]),
      "unsupported-condition",
      at: "other/condition/untill:", names: ["`untill`"], suggestion: "until"),
    FindingCase(
      "a phase that there is not", reading("PhaseChanged", ["phase": [["equal": "maintainance"]]]),
      "unsupported-condition", at: "other/condition", names: ["phase"], suggestion: "maintenance"),
    FindingCase(
      "no phase", reading("PhaseChanged", ["threat_level": [["equal": "high"]]]), "unsupported-condition",
      at: "other/condition", names: ["which phase"]),
    FindingCase(
      "an end of lives that never end", reading("LifeEnded", nil), "event-never-happens", at: "other",
      names: ["lifetime"], severity: .warning),
  ]

  @Test("each mistake is found where it is", arguments: cases)
  func finding(_ example: FindingCase) { example.check() }
}

/// Random numbers that are the same in every run.
private struct Generator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}
