import Foundation
import GRDB

// The whole store at once: for backups.

extension SQLiteStateStore {
  /// What the store holds, all of the same moment, also while others write to it.
  public func snapshot() throws(StateFault) -> StateSnapshot {
    try read { database in
      let entries = try Row.fetchAll(database, sql: "SELECT key, value, revision FROM entries ORDER BY key")
      let events = try Row.fetchAll(database, sql: "SELECT number, value FROM events ORDER BY number")
      return StateSnapshot(
        entries: entries.map(SQLiteStateStore.stored), events: events.map(SQLiteStateStore.logged),
        revision: try Int64.fetchOne(database, sql: "SELECT revision FROM store") ?? 0)
    }
  }

  /// Fills an empty store; one that has something is refused. Revisions and numbers of events are as they were.
  public func restore(_ snapshot: StateSnapshot) throws(StateFault) {
    let isEmpty = try write { database in
      let entries = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM entries") ?? 0
      let events = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM events") ?? 0
      guard entries == 0, events == 0 else { return false }
      for entry in snapshot.entries {
        try database.execute(
          sql: "INSERT INTO entries VALUES (?, ?, ?)", arguments: [entry.key, Data(entry.bytes), entry.revision])
      }
      for event in snapshot.events {
        try database.execute(
          sql: "INSERT INTO events (number, value) VALUES (?, ?)", arguments: [event.number, Data(event.bytes)])
      }
      try database.execute(sql: "UPDATE store SET revision = ?", arguments: [snapshot.revision])
      return true
    }
    guard isEmpty else { throw StateFault("the state is not empty") }
  }
}
