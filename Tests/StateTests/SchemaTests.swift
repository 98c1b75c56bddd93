import Foundation
import GRDB
import State
import Testing

@Suite("Versions of the state's schema")
struct SchemaTests {
  /// A folder for a database, which goes away after `body`.
  private func withPath(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-schema-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appending(path: "state.sqlite").path)
  }

  /// What the first version of the program wrote.
  private func writeFirstVersion(_ path: String) throws {
    let database = try DatabaseQueue(path: path)
    try database.write { database in
      try database.execute(
        sql: """
          CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
          INSERT INTO grdb_migrations VALUES ('1: entries, events, revision');
          CREATE TABLE entries (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL)
            WITHOUT ROWID;
          CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL);
          CREATE TABLE store (revision INTEGER NOT NULL);
          INSERT INTO store VALUES (7);
          INSERT INTO entries VALUES ('services/default/portal', x'0102', 7);
          INSERT INTO events (value) VALUES (x'03');
          """)
    }
    try database.close()
  }

  @Test("files are for their owner only, also those that were open to others")
  func permissions() throws {
    func modes(_ path: String) throws -> [Int] {
      try ["", "-wal", "-shm"].map {
        try #require(try FileManager.default.attributesOfItem(atPath: path + $0)[.posixPermissions] as? Int)
      }
    }
    try withPath { path in
      let store = try SQLiteStateStore(path: path)
      try store.append(event: [1])
      #expect(try modes(path) == [0o600, 0o600, 0o600])
      for file in ["", "-wal", "-shm"] {
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path + file)
      }
      let again = try SQLiteStateStore(path: path)
      #expect(try modes(path) == [0o600, 0o600, 0o600])
      #expect(try again.events(after: 0, limit: 2).count == 1)
      withExtendedLifetime(store) {}
    }
  }

  @Test("a file of the first version is brought up to date, and has what it had")
  func upgrades() throws {
    try withPath { path in
      try writeFirstVersion(path)
      for _ in 0..<2 {
        let store = try SQLiteStateStore(path: path)
        #expect(try store.value(for: "services/default/portal")?.bytes == [1, 2])
        #expect(try store.events(after: 0, limit: 9).map(\.bytes) == [[3]])
      }
      #expect(try SQLiteStateStore(path: path).transact(if: [], [.put(key: "a", [])]) == 8)
      let version = try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT version FROM schema") }
      #expect(version == SQLiteStateStore.schemaVersion)
    }
  }

  @Test("a file of a later program is refused with both versions, and left as it is")
  func refusesLater() throws {
    try withPath { path in
      _ = try SQLiteStateStore(path: path)
      let database = try DatabaseQueue(path: path)
      try database.write { try $0.execute(sql: "UPDATE schema SET version = 99") }
      try database.close()
      #expect {
        _ = try SQLiteStateStore(path: path)
      } throws: {
        let reason = ($0 as? StateFault)?.reason ?? ""
        return reason.contains(path) && reason.contains("99") && reason.contains("\(SQLiteStateStore.schemaVersion)")
      }
      #expect(try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT version FROM schema") } == 99)
    }
  }

  @Test("a snapshot fills an empty store with the same values, revisions and numbers, and no other")
  func snapshots() throws {
    try withPath { path in
      let store = try SQLiteStateStore(path: path)
      try store.transact(if: [], [.put(key: "a", [1]), .put(key: "b/c", [])])
      try store.transact(if: [], [.put(key: "a", [2])])
      for value in 1...3 { try store.append(event: [UInt8(value)]) }
      let snapshot = try store.snapshot()
      let other = try SQLiteStateStore(path: path + ".other")
      try other.restore(snapshot)
      #expect(try other.snapshot() == snapshot)
      #expect(try other.transact(if: [.isAt(key: "a", 2)], [.put(key: "a", [3])]) == 3)
      #expect(try other.append(event: [4]) == 4)
      #expect(throws: StateFault.self) { try other.restore(snapshot) }
    }
  }
}
