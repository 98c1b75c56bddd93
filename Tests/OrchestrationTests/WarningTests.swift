import Foundation
import Hosting
import State
import Testing

@testable import Orchestration

@Suite("What a host lacks")
struct WarningTests {
  private func record(unlocked: String?) -> InstanceRecord {
    var record = InstanceRecord(
      id: InstanceRecord.makeIdentifier(), service: "portal", tenant: "default", resource: "orders", level: "normal",
      image: "sha256:0", imagePath: "/image", address: "10.77.0.2/24", mac: "02:54:0a:4d:00:02",
      network: ServiceNetwork(name: "testudo-1", subnet: "10.77.0.0/24"), memoryBytes: 1 << 20, mechanisms: [],
      started: "2025-01-01T00:00:00Z")
    record.unlocked = unlocked
    return record
  }

  @Test("an instance whose addresses are not locked has a warning, also after the control plane was started again")
  func warnings() throws {
    #expect(record(unlocked: nil).warnings.isEmpty)
    let kept = try JSONEncoder().encode(record(unlocked: "the kernel has no filter"))
    let warnings = try JSONDecoder().decode(InstanceRecord.self, from: kept).warnings
    #expect(warnings.count == 1 && warnings[0].hasSuffix("not locked: the kernel has no filter"))
  }

  @Test("it is an event as well")
  func event() throws {
    let journal = Journal(store: try SQLiteStateStore(path: ":memory:"))
    let record = record(unlocked: "the kernel has no filter")
    journal.record(unlocked: "the kernel has no filter", instance: record, tenant: "default", service: "portal")
    let event = try #require(journal.events(after: 0).first)
    #expect(event.kind == "addresses-unlocked" && event.severity == "medium" && event.instance == record.id)
    #expect(event.message == "the kernel has no filter")
  }
}
