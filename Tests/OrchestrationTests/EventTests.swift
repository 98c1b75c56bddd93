import Foundation
import State
import Testing

@testable import Orchestration

/// Events in the form of OCSF, and what they have in common.
@Suite("Events")
struct EventTests {
  private func document(_ event: EventRecord) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(event.ocsf.utf8)) as? [String: Any])
  }

  private func event(_ kind: String, _ details: [String: String] = [:], severity: String = "medium") -> EventRecord {
    EventRecord(
      number: 7, time: "2026-01-02T03:04:05.678Z", severity: severity, tenant: "default", service: "portal",
      resource: "storefront", instance: "0123", kind: kind, message: "what happened", details: details,
      correlation: "cause")
  }

  @Test(
    "each kind is of a class, with its activity",
    arguments: [
      ("basic-authentication.denied", [:], 3002, 1), ("bearer-authentication.denied", [:], 3002, 1),
      ("authorization.denied", [:], 3003, 99), ("firewall.dropped", [:], 4001, 5),
      ("audit.served", ["method": "PUT"], 4002, 7), ("rate-limit.limited", ["method": "GET"], 4002, 3),
      ("trigger-fired", [:], 2004, 1), ("signal-received", [:], 2004, 1), ("instance-failed", [:], 2004, 1),
      ("level-changed", [:], 3004, 3), ("token-revoked", [:], 3004, 4),
      ("credentials-revoked", [:], 3004, 3), ("trigger-action", [:], 2004, 1),
      ("action", ["step": "startInstance"], 6002, 3),
      ("action", ["step": "stopInstance"], 6002, 4), ("action", ["step": "push"], 6002, 8),
      ("something-new", [:], 2004, 1),
    ] as [(String, [String: String], Int, Int)])
  func classes(_ kind: String, _ details: [String: String], _ expected: Int, _ activity: Int) throws {
    let document = try document(event(kind, details))
    #expect(document["class_uid"] as? Int == expected)
    #expect(document["category_uid"] as? Int == expected / 1000)
    #expect(document["activity_id"] as? Int == activity)
    #expect(document["type_uid"] as? Int == expected * 100 + activity)
    #expect(document["severity_id"] as? Int == 3)
    #expect(document["time"] as? Int == 1_767_323_045_678)
    let metadata = try #require(document["metadata"] as? [String: Any])
    #expect(metadata["correlation_uid"] as? String == "cause" && metadata["tenant_uid"] as? String == "default")
    #expect(metadata["version"] as? String == "1.3.0" && metadata["event_code"] as? String == kind)
    #expect(metadata["product"] is [String: Any])
    // What the schema requires of a class besides.
    let required = [
      2004: "finding_info", 3002: "user", 3003: "user", 3004: "entity", 4001: "dst_endpoint", 4002: "http_request",
      6002: "app",
    ]
    #expect((document[try #require(required[expected])] as? [String: Any])?.isEmpty == false)
    #expect(!event(kind, details).ocsf.contains("\n"))
  }

  @Test("what was refused says so, and who asked from where")
  func denial() throws {
    let document = try document(
      event("firewall.dropped", ["source": "10.77.0.9", "destination": "10.77.0.2", "destination-port": "80"]))
    #expect(document["action_id"] as? Int == 2 && document["disposition_id"] as? Int == 2)
    #expect((document["src_endpoint"] as? [String: Any])?["ip"] as? String == "10.77.0.9")
    #expect((document["dst_endpoint"] as? [String: Any])?["port"] as? Int == 80)
    let served = try self.document(event("audit.served", ["status": "200", "principal": "rita"]))
    #expect(served["action_id"] as? Int == 1)
    #expect((served["http_response"] as? [String: Any])?["code"] as? Int == 200)
  }

  @Test("all that is recorded for one cause has its identifier, also in tasks of its own")
  func correlation() async throws {
    let journal = Journal(store: try SQLiteStateStore(path: ":memory:"))
    func record(_ message: String) {
      var event = event("action")
      event.message = message
      event.correlation = nil
      journal.record(event)
    }
    record("before")
    await Correlation.begin {
      record("cause")
      await Correlation.continuing { record("step") }
      await Task { record("later") }.value
      await Correlation.begin { record("another cause") }
    }
    let events = journal.events(after: 0)
    #expect(events.count == 5 && events[0].correlation == nil)
    let cause = try #require(events[1].correlation)
    #expect(journal.history(cause).map(\.message) == ["cause", "step", "later"])
    let other = try #require(events[4].correlation)
    #expect(other != cause && journal.history(other).count == 1)
    #expect(journal.history("none").isEmpty)
  }

  @Test("entries from before there were causes are read")
  func formerEntries() throws {
    let store = try SQLiteStateStore(path: ":memory:")
    let entry = """
      {"number": 0, "time": "2026-01-02T03:04:05.678Z", "severity": "low", "tenant": "default", "service": "portal",
       "kind": "level-changed", "message": "normal to elevated: by hand", "details": {}}
      """
    try store.append(event: Array(entry.utf8))
    let events = Journal(store: store).events(after: 0)
    #expect(events.map(\.kind) == ["level-changed"] && events[0].correlation == nil)
    let metadata = try document(events[0])["metadata"] as? [String: Any]
    #expect(metadata != nil && metadata?["correlation_uid"] == nil)
  }
}
