import Foundation
import Interchange
import SecTOSCA
import State
import TOSCA
import Testing

@testable import Orchestration

/// Triggers that count events and hold levels, with time made up.
@Suite("What triggers hold")
struct TriggerHoldsTests {
  static let place = SourceRange(file: "t", line: 1, column: 1, endLine: 1, endColumn: 1)

  static func trigger(
    _ name: String, _ events: EventCount?, when conditions: [ContextCondition] = [], dwell: Int? = nil,
    sets level: String = "elevated", doing actions: [TriggerAction] = []
  ) -> AdaptationTrigger {
    AdaptationTrigger(
      name: name, policy: "adapt", targets: [], events: events, conditions: conditions, minimumDwellSeconds: dwell,
      actions: [.setLevel(level)] + actions, place: place)
  }

  static func service(_ triggers: AdaptationTrigger...) -> ProtectedService {
    ProtectedService(
      resources: [],
      levels: ["normal", "elevated", "lockdown"].enumerated().map { rank, name in
        SecurityLevel(name: name, rank: rank, requires: [], place: place)
      }, requirements: [], triggers: triggers, root: "")
  }

  static let guesses = EventCount(kind: .authenticationFailed, count: 3, periodSeconds: 60)
  let start = Date(timeIntervalSince1970: 1_000_000)

  private func at(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }

  private func level(_ holds: TriggerHolds, _ service: ProtectedService, _ seconds: Double) -> String {
    service.dueLevel(context: holds.attributes(of: service, key: "s", now: at(seconds)), setByHand: nil).name
  }

  @Test("the level is due from the last of the needed events on, for the period after the last of all")
  func counting() {
    let service = Self.service(Self.trigger("guessing", Self.guesses))
    var holds = TriggerHolds()
    func note(_ seconds: Double) -> Int {
      holds.note(.authenticationFailed, in: service, key: "s", context: [:], now: at(seconds)).count
    }
    #expect(note(0) == 0 && note(10) == 0)
    #expect(level(holds, service, 10) == "normal")
    #expect(note(20) == 1)
    #expect(level(holds, service, 20) == "elevated")
    // It is held already: no new change, but for longer.
    #expect(note(30) == 0)
    #expect(level(holds, service, 89) == "elevated")
    #expect(level(holds, service, 90) == "normal")
    #expect(holds.nextEnd(of: "s", after: at(30)) == at(90))
    #expect(holds.forgetEnded(of: "s", now: at(90)).map(\.trigger) == ["guessing"])
  }

  @Test("what was counted is stored, and counts on in another control plane, for as long as its time lasts")
  func restoring() throws {
    let key = "services/default/portal"
    let service = Self.service(
      Self.trigger("guessing", Self.guesses),
      Self.trigger("once", EventCount(kind: .authenticationFailed, count: 1, periodSeconds: 60)))
    /// What a control plane stores that counted two events.
    func stored() -> [State.Operation] {
      var holds = TriggerHolds()
      _ = holds.note(.authenticationFailed, in: service, key: key, context: [:], now: at(0))
      #expect(holds.takeChangedCounts().map(\.times) == [[at(0)]])
      _ = holds.note(.authenticationFailed, in: service, key: key, context: [:], now: at(10))
      let changes = holds.takeChangedCounts().map(\.stored)
      #expect(holds.takeChangedCounts().isEmpty)
      return changes
    }
    guard case .put(let path, let bytes) = try #require(stored().first) else {
      Issue.record("nothing is stored")
      return
    }
    #expect(stored().count == 1 && path == "counts/services/default/portal/guessing")
    let count = try #require(TriggerHolds.Count(StoredValue(key: path, bytes: bytes, revision: 1)))
    #expect(count.times == [at(0), at(10)])

    /// Which triggers a control plane started again fires with the next event.
    func fired(at seconds: Double, startedAt start: Double) -> [String] {
      var holds = TriggerHolds()
      _ = holds.restore(count, of: service, now: at(start))
      return holds.note(.authenticationFailed, in: service, key: key, context: [:], now: at(seconds))
        .map(\.trigger.name)
    }
    #expect(fired(at: 20, startedAt: 15) == ["guessing", "once"])
    // The first of them is too long ago by then, or both were at the start.
    #expect(fired(at: 65, startedAt: 15) == ["once"])
    var holds = TriggerHolds()
    #expect(!holds.restore(count, of: service, now: at(100)) && !holds.restore(count, of: nil, now: at(15)))
    #expect(holds.rememberedEvents == 0)
    // A service that is gone leaves nothing.
    let isRestored = holds.restore(count, of: service, now: at(15))
    #expect(isRestored)
    _ = holds.forget(key)
    #expect(holds.takeChangedCounts() == [TriggerHolds.Count(subject: count.subject, times: [])])
  }

  @Test(
    "where an action names what the event is about, events of others are counted apart, and do not end each other's")
  func groups() {
    let service = Self.service(
      Self.trigger(
        "guessing", Self.guesses, doing: [.revokeCredentials(.principal(.event("account")), seconds: 60)]))
    var holds = TriggerHolds()
    func note(_ account: String, _ seconds: Double) -> [String] {
      holds.note(
        .authenticationFailed, in: service, key: "services/a/s", context: [:], event: ["account": account],
        now: at(seconds)
      ).map(\.subject.group)
    }
    #expect(note("rita", 0).isEmpty && note("carl", 1).isEmpty && note("rita", 2).isEmpty && note("carl", 3).isEmpty)
    #expect(note("rita", 4) == ["rita"] && note("carl", 5) == ["carl"])
    #expect(note("rita", 6).isEmpty, "it holds already")
    #expect(holds.attributes(of: service, key: "services/a/s", now: at(64.5)).count == 1, "carl's, and rita's anew")
    for subject in holds.ends.keys { #expect(TriggerHolds.Subject(path: subject.path) == subject) }
    for number in 0..<3000 { _ = note("x\(number)/ü", 100) }
    #expect(holds.rememberedEvents <= TriggerHolds.maximumGroups * 3)
  }

  @Test("events that lie further apart than the period do not add up")
  func apart() {
    let service = Self.service(Self.trigger("guessing", Self.guesses))
    var holds = TriggerHolds()
    for seconds in stride(from: 0.0, to: 3000, by: 31) {
      #expect(
        holds.note(.authenticationFailed, in: service, key: "s", context: [:], now: at(seconds)).isEmpty)
    }
    #expect(level(holds, service, 3000) == "normal")
  }

  @Test("other kinds and other services do not count, and conditions on attributes must hold")
  func strangers() {
    let condition = ContextCondition(attribute: "phase", comparison: .isOneOf(["run"]))
    let service = Self.service(
      Self.trigger("once", EventCount(kind: .accessDenied, count: 1, periodSeconds: 60), when: [condition]))
    var holds = TriggerHolds()
    #expect(holds.note(.rateExceeded, in: service, key: "s", context: ["phase": "run"], now: at(0)).isEmpty)
    #expect(holds.note(.accessDenied, in: service, key: "s", context: ["phase": "build"], now: at(0)).isEmpty)
    #expect(holds.note(.accessDenied, in: service, key: "other", context: ["phase": "run"], now: at(0)).count == 1)
    #expect(level(holds, service, 1) == "normal")
    #expect(holds.note(.accessDenied, in: service, key: "s", context: ["phase": "run"], now: at(0)).count == 1)
    // The condition decides when the event happens, not for how long the level stays.
    #expect(level(holds, service, 1) == "elevated")
  }

  @Test("of several triggers that hold, the highest level is due")
  func several() {
    let service = Self.service(
      Self.trigger("guessing", Self.guesses),
      Self.trigger(
        "crashes", EventCount(kind: .instanceFailed, count: 1, periodSeconds: 10), sets: "lockdown"))
    var holds = TriggerHolds()
    for seconds in [0.0, 1, 2] {
      _ = holds.note(.authenticationFailed, in: service, key: "s", context: [:], now: at(seconds))
    }
    _ = holds.note(.instanceFailed, in: service, key: "s", context: [:], now: at(3))
    #expect(level(holds, service, 4) == "lockdown")
    #expect(level(holds, service, 14) == "elevated")
    #expect(level(holds, service, 63) == "normal")
  }

  @Test("a minimum dwell keeps the level of a condition that holds no more")
  func dwell() {
    let condition = ContextCondition(attribute: "threat_level", comparison: .isOneOf(["high"]))
    let service = Self.service(Self.trigger("rise", nil, when: [condition], dwell: 30))
    var holds = TriggerHolds()
    func due(_ context: [String: String], _ seconds: Double) -> String {
      let held = holds.attributes(of: service, key: "s", now: at(seconds))
      return service.dueLevel(context: context.merging(held) { one, _ in one }, setByHand: nil).name
    }
    holds.note(change: [:], to: ["threat_level": "high"], in: service, key: "s", now: at(0))
    #expect(due(["threat_level": "high"], 1) == "elevated")
    holds.note(change: ["threat_level": "high"], to: ["threat_level": "low"], in: service, key: "s", now: at(2))
    #expect(due(["threat_level": "low"], 2) == "elevated")
    #expect(due(["threat_level": "low"], 30) == "normal")
    // Where the condition still holds, the level stays, however long.
    #expect(due(["threat_level": "high"], 300) == "elevated")
  }

  @Test("a million events cost no more memory than the trigger needs")
  func bounded() {
    let service = Self.service(Self.trigger("guessing", Self.guesses))
    var holds = TriggerHolds()
    for step in 0..<100_000 {
      _ = holds.note(.authenticationFailed, in: service, key: "s", context: [:], now: at(Double(step) / 1000))
    }
    #expect(holds.rememberedEvents == Self.guesses.count)
    #expect(holds.forget("s").count == 1)
    #expect(holds.rememberedEvents == 0)
  }

  @Test("a hold is stored and taken up as it was")
  func storing() throws {
    let text = Timestamp.text(milliseconds: 1_700_000_000_123)
    let value = StoredValue(
      key: Orchestrator.holdsPrefix + "services/default/portal/guessing", bytes: Array(text.utf8), revision: 1)
    let hold = try #require(TriggerHolds.Hold(value))
    #expect(hold.subject == TriggerHolds.Subject(service: "services/default/portal", trigger: "guessing"))
    #expect(abs(hold.end.timeIntervalSince1970 - 1_700_000_000.123) < 0.002)
  }

  @Test(
    "what images report is an event of some kind, or none",
    arguments: [
      ("basic-authentication", "denied", .authenticationFailed),
      ("bearer-authentication", "denied", .authenticationFailed),
      ("authorization", "denied", .accessDenied), ("rate-limit", "limited", .rateExceeded),
      ("request-filter", "denied", .requestRefused),
      ("quota", "exhausted", .rateExceeded),
      ("firewall", "dropped", .packetDropped), ("audit", "denied", nil), ("firewall", "", nil),
    ] as [(String, String, SecurityEventKind?)])
  func kinds(_ module: String, _ action: String, _ expected: SecurityEventKind?) {
    #expect(SecurityEventKind(module: module, action: action) == expected)
  }
}
