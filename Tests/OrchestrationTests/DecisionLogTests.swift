import Dispatch
import Foundation
import PolicyDecision
import State
import Testing

@testable import Orchestration

@Suite("the log of decisions")
struct DecisionLogTests {
  private func folder() -> String {
    FileManager.default.temporaryDirectory.appending(path: "testudo-decisions-\(UUID().uuidString)").path
  }

  /// Some decisions, all denied.
  private func decisions(_ count: Int) throws -> [AccessDecision] {
    let items = Array(repeating: "{}", count: count).joined(separator: ",")
    return try DecisionPoint.empty.answer(.evaluations, #"{"evaluations":[\#(items)]}"#).decisions
  }

  @Test("what is recorded is written, one line each, in order")
  func written() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let journal = Journal(store: try SQLiteStateStore(path: folder + "/state.sqlite"))
    let log = DecisionLog(folder: folder + "/log", journal: journal, productVersion: "1")
    for number in 0..<20 { log.record(try decisions(5), tenant: "t", request: "r\(number)") }
    log.flush()
    let lines = log.tail(1000)
    #expect(lines.count == 100)
    #expect(lines.indices.allSatisfy { lines[$0].contains("\"correlation_uid\":\"r\($0 / 5)\"") })
    #expect(log.tail(3) == Array(lines.suffix(3)))
    #expect(log.counts.denied == ["t": 100] && log.counts.dropped == 0)
    #expect(journal.events(after: 0).isEmpty)
  }

  @Test("at its bound it leaves decisions out without waiting, and says how many, there and in the event log")
  func bound() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let journal = Journal(store: try SQLiteStateStore(path: folder + "/state.sqlite"))
    // Nothing is written before the queue is let go: as slow as a disk can be.
    let queue = DispatchQueue(label: "slow", attributes: .initiallyInactive)
    let log = DecisionLog(
      folder: folder + "/log", journal: journal, productVersion: "1", capacity: 10, queue: queue)
    log.record(try decisions(8), tenant: "t", request: nil)
    log.record(try decisions(7), tenant: "t", request: nil)
    #expect(log.counts.dropped == 5 && log.counts.denied == ["t": 15])
    queue.activate()
    log.flush()
    let lines = log.tail(100)
    #expect(lines.count == 11)
    #expect(lines.last?.contains("\"count\":5") == true)
    #expect(lines.last?.contains("5 decisions are missing in this log") == true)
    #expect(journal.events(after: 0).map(\.kind) == ["decisions-dropped"])
    log.record(try decisions(1), tenant: "t", request: nil)
    log.flush()
    #expect(log.tail(100).count == 12)
  }

  @Test("decisions of ever more tenants take no more room: the last are counted together")
  func tenants() throws {
    var counts = DecisionLog.Counts()
    let decision = try decisions(1)[0]
    for number in 0..<1500 { counts.add(decision, of: "t\(number)") }
    counts.add(decision, of: "t7")
    #expect(counts.denied.count == 1001)
    #expect(counts.denied["t7"] == 2 && counts.denied["other"] == 500)
  }

  @Test("where nothing can be written, that is counted and told")
  func unwritable() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let journal = Journal(store: try SQLiteStateStore(path: folder + "/state.sqlite"))
    // A file stands where the folder should be.
    try Data().write(to: URL(filePath: folder + "/log"))
    let log = DecisionLog(folder: folder + "/log", journal: journal, productVersion: "1")
    log.record(try decisions(3), tenant: "t", request: nil)
    log.flush()
    #expect(log.counts.dropped == 3)
    #expect(journal.events(after: 0).map(\.kind) == ["decisions-dropped"])
  }
}

@Suite("the tenants' decision points")
struct DecisionPointsTests {
  @Test("what was set is there after a restart, with its version; a part that is unsound changes nothing")
  func stored() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-points-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let store = try SQLiteStateStore(path: folder.appending(path: "state.sqlite").path)
    let points = try DecisionPoints(store: store)
    #expect(points.point(of: "t").version == 0)
    #expect(try points.change([.policies: "permit(principal, action, resource);"], of: "t").version == 1)
    let status = try points.change([.entities: #"[{"uid":{"type":"a","id":"b"}}]"#], of: "t")
    #expect(status.version == 2 && status.policies == 1 && status.entities == 1 && !status.schema)
    #expect(throws: OrchestrationFault.self) { try points.change([.schema: "entity A;"], of: "t") }
    #expect(throws: OrchestrationFault.self) { try points.change([.policies: "permit("], of: "t") }
    #expect(throws: OrchestrationFault.self) { try points.change([:], of: "t") }
    #expect(throws: OrchestrationFault.self) { try points.change([.policies: ""], of: "../t") }
    #expect(points.point(of: "t").version == 2)

    let again = try DecisionPoints(store: store)
    #expect(again.status(tenant: nil) == [status])
    #expect(again.text(of: .policies, tenant: "t") == "permit(principal, action, resource);")
    #expect(again.text(of: .schema, tenant: "t") == nil)
    #expect(try again.change([.policies: nil, .entities: nil], of: "t").policies == 0)
    #expect(again.point(of: "t").version == 3)
  }
}
