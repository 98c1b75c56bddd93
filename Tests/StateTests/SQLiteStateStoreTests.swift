import Foundation
import State
import Testing

@Suite("the state store")
struct SQLiteStateStoreTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-\(UUID())")

  private func makeStore() throws -> SQLiteStateStore {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return try SQLiteStateStore(path: folder.appending(path: "state.sqlite").path)
  }

  @Test("a value that was put is there after the store is opened again")
  func persists() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try makeStore().transact(if: [], [.put(key: "services/a", [1, 2])])
    #expect(try makeStore().value(for: "services/a")?.bytes == [1, 2])
  }

  @Test("values are listed by prefix, and no other keys are")
  func lists() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try makeStore()
    try store.transact(
      if: [], [.put(key: "a/1", [1]), .put(key: "a/2", [2]), .put(key: "ab", [3]), .put(key: "b/1", [4])])
    #expect(try store.values(under: "a/").map(\.key) == ["a/1", "a/2"])
  }

  @Test("a transaction whose condition does not hold changes nothing")
  func compares() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try makeStore()
    let first = try #require(try store.transact(if: [.isAbsent(key: "k")], [.put(key: "k", [1])]))
    #expect(try store.transact(if: [.isAbsent(key: "k")], [.put(key: "k", [2])]) == nil)
    let second = try #require(try store.transact(if: [.isAt(key: "k", first)], [.put(key: "k", [3])]))
    #expect(second > first)
    #expect(try store.transact(if: [.isAt(key: "k", first)], [.put(key: "k", [4])]) == nil)
    #expect(try store.value(for: "k")?.bytes == [3])
  }

  @Test("a deleted key is absent, and deleting it again is no error")
  func deletes() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try makeStore()
    try store.transact(if: [], [.put(key: "k", [1])])
    try store.transact(if: [], [.delete(key: "k")])
    try store.transact(if: [], [.delete(key: "k")])
    #expect(try store.value(for: "k") == nil)
  }

  @Test("events are numbered from 1 and read from any number on")
  func logs() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try makeStore()
    for value in 1...5 { #expect(try store.append(event: [UInt8(value)]) == value) }
    #expect(try store.events(after: 3, limit: 10).map(\.bytes) == [[4], [5]])
    #expect(try store.events(after: 0, limit: 2).map(\.number) == [1, 2])
  }

  @Test("events that are appended together get consecutive numbers, of which the first is told")
  func logsTogether() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try makeStore()
    #expect(try store.append(events: [[1], [2], [3]]) == 1)
    #expect(try store.append(events: [[4]]) == 4)
    #expect(try store.append(events: [[5], [6]]) == 5)
    #expect(try store.events(after: 0, limit: 10).map(\.number) == [1, 2, 3, 4, 5, 6])
    #expect(try store.events(after: 3, limit: 10).map(\.bytes) == [[4], [5], [6]])
  }

  @Test("the oldest events give way, also where many are appended together")
  func logsWithinTheLimit() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try makeStore()
    let together = 700
    var last = 0
    while last < SQLiteStateStore.eventLimit + 3000 {
      last = try store.append(events: Array(repeating: [7], count: together)) + together - 1
    }
    let first = try #require(try store.events(after: 0, limit: 1).first).number
    #expect(first > last - SQLiteStateStore.eventLimit - 1000 - together)
    #expect(first <= last - SQLiteStateStore.eventLimit + together)
  }

  @Test("a file that is no database is refused with its name")
  func refusesOtherFiles() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "state.sqlite").path
    try Data(repeating: 7, count: 4096).write(to: URL(filePath: path))
    #expect {
      _ = try SQLiteStateStore(path: path)
    } throws: { ($0 as? StateFault)?.reason.contains(path) == true }
  }
}
