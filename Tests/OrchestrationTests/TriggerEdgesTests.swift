import Foundation
import SecTOSCA
import State
import Testing

@testable import Orchestration

/// What triggers do once is done each time they begin to hold, whatever the order of events and whenever the control plane
/// is killed.
@Suite("When triggers begin to hold")
struct TriggerEdgesTests {
  private static let key = "services/default/portal"

  private static func trigger(_ name: String, when attribute: String) -> AdaptationTrigger {
    TriggerHoldsTests.trigger(
      name, nil, when: [ContextCondition(attribute: attribute, comparison: .isOneOf(["on"]))],
      doing: [.replace(InstanceTarget(resource: .written("orders")))])
  }

  /// SplitMix64, so that every run is the same.
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var bits = state
      bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
      bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
      return bits ^ (bits >> 31)
    }
  }

  @Test("random changes, with the control plane killed in between: one beginning for each rise", arguments: 0..<40)
  func property(seed: Int) throws {
    var random = Random(state: UInt64(seed))
    let names = ["a", "b", "c"]
    let service = TriggerHoldsTests.service(
      Self.trigger("a", when: "a"), Self.trigger("b", when: "b"), Self.trigger("c", when: "c"))
    var edges = TriggerEdges()
    var stored: [String: [UInt8]] = [:]
    var context: [String: String] = [:]
    var begun: [String: Int] = [:]
    var rises: [String: Int] = [:]
    // What is known of each trigger when somebody last looked.
    var seen: [String: Bool] = [:]
    for _ in 0..<200 {
      for name in names where Bool.random(using: &random) {
        context[name] = Bool.random(using: &random) ? "on" : "off"
      }
      // Killed: all that is left is what was stored.
      if Int.random(in: 0..<5, using: &random) == 0 {
        edges = TriggerEdges(stored.map { StoredValue(key: $0.key, bytes: $0.value, revision: 1) })
      }
      // The context is stored before anybody looks, and looked at anew after a start.
      if Int.random(in: 0..<4, using: &random) == 0 { continue }
      for name in names {
        let holds = context[name] == "on"
        if holds, seen[name] != true { rises[name, default: 0] += 1 }
        seen[name] = holds
      }
      let found = edges.note(service, key: Self.key, context: context)
      for trigger in found.begun { begun[trigger.name, default: 0] += 1 }
      for change in found.changes {
        switch change {
        case .put(let key, let bytes): stored[key] = bytes
        case .delete(let key): stored[key] = nil
        }
      }
    }
    #expect(begun == rises)
    #expect(begun.count == 3)
    #expect(edges.forget(Self.key).count == stored.count && edges.holding.isEmpty)
  }

  @Test("triggers that only set levels, or count events, are not among them")
  func others() {
    var edges = TriggerEdges()
    let service = TriggerHoldsTests.service(
      TriggerHoldsTests.trigger("level", nil, when: []),
      TriggerHoldsTests.trigger(
        "events", TriggerHoldsTests.guesses, doing: [.revokeSessions(principal: nil)]))
    let found = edges.note(service, key: Self.key, context: ["trigger:events": "held"])
    #expect(found.begun.isEmpty && found.changes.isEmpty)
  }

  @Test("of revocations of one subject the longest counts, and sessions are over up to the latest")
  func revocations() throws {
    func revocation(_ id: String, _ subject: Revocation.Subject, _ since: Int, _ until: Int?) -> Revocation {
      Revocation(id: id, subject: subject, since: since, until: until, cause: "a test")
    }
    var all: [Revocation] = []
    for (id, since, until) in [("a", 10, 100), ("b", 20, 90), ("a", 10, 100)] as [(String, Int, Int?)] {
      all = all.adding(revocation(id, .principal("rita"), since, until))
    }
    #expect(all.count == 1 && all[0].until == 100 && all[0].since == 20)
    all = all.adding(revocation("c", .principal("rita"), 30, nil)).adding(revocation("d", .principal("rita"), 40, 50))
    #expect(all.count == 1 && all[0].until == nil)
    all = all.adding(revocation("e", .sessions(of: nil), 50, 60))
    #expect(all.count == 2)
    let account = Account(name: "rita", salt: [], iterations: 1, hash: [], roles: [])
    var other = account
    other.name = "carl"
    func requirement(_ protection: Protection) -> SecurityRequirement {
      SecurityRequirement(name: "r", targets: ["desk"], protection: protection, place: TriggerHoldsTests.place)
    }
    var service = TriggerHoldsTests.service()
    service.requirements = [
      requirement(.authentication(Authentication(realm: nil, scheme: .basic(accounts: [account, other])))),
      requirement(.session(Session(keys: []))),
      requirement(
        .authentication(Authentication(realm: nil, scheme: .bearer(Tokens(issuer: "i", keys: []))))),
    ]
    let left = service.revoking(all).requirements.map(\.protection)
    #expect(left[0] == .authentication(Authentication(realm: nil, scheme: .basic(accounts: [other]))))
    #expect(left[1] == .session(Session(keys: [], revoked: [RevokedSessions(principal: "", second: 50)])))
    #expect(
      left[2]
        == .authentication(
          Authentication(realm: nil, scheme: .bearer(Tokens(issuer: "i", keys: [], revokedSubjects: ["rita"])))))
  }
}
