import Foundation
import GRDB
import Glibc

/// The state of one machine, in an SQLite file. A transaction is on disk when it returns.
public final class SQLiteStateStore: StateStore {
  /// Old events give way beyond this number.
  public static let eventLimit = 100_000

  private let database: DatabaseQueue

  /// The version of the schema that this program writes. Each migration makes one of them.
  public static let schemaVersion = 2

  /// Opens the file, or makes it, and brings its schema up to date. A schema of a later program is refused, and the file is
  /// left as it is.
  public init(path: String) throws(StateFault) {
    do {
      try SQLiteStateStore.close(path)
      var configuration = Configuration()
      configuration.prepareDatabase { database in
        try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000")
      }
      database = try DatabaseQueue(path: path, configuration: configuration)
      let found = try database.read(SQLiteStateStore.version)
      guard found <= SQLiteStateStore.schemaVersion else {
        throw StateFault(
          "the state in `\(path)` is of version \(found), and this program knows those up to "
            + "\(SQLiteStateStore.schemaVersion): expected the program that wrote it, or a later one")
      }
      try SQLiteStateStore.migrations.migrate(database)
    } catch let fault as StateFault {
      throw fault
    } catch {
      throw StateFault("the state in `\(path)` cannot be opened: \(error)")
    }
  }

  /// Has a file that is for its owner only, since what is stored has secrets: what SQLite keeps beside it has the same
  /// permissions. One that is there is not opened for this: closing it would end the locks of another store of this process.
  private static func close(_ path: String) throws(StateFault) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor < 0 else {
      Glibc.close(descriptor)
      return
    }
    guard errno == EEXIST else {
      throw StateFault("the state in `\(path)` cannot be made: \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return }
    for file in [path, path + "-wal", path + "-shm"] { _ = chmod(file, 0o600) }
  }

  private static var migrations: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: entries, events, revision") { database in
      try database.execute(
        sql: """
          CREATE TABLE entries (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, revision INTEGER NOT NULL)
            WITHOUT ROWID;
          CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL);
          CREATE TABLE store (revision INTEGER NOT NULL);
          INSERT INTO store VALUES (0);
          """)
    }
    migrator.registerMigration("2: version of the schema") { database in
      try database.execute(sql: "CREATE TABLE schema (version INTEGER NOT NULL); INSERT INTO schema VALUES (2);")
    }
    return migrator
  }

  /// The version of a file's schema; 0 for a new file. Files of version 1 do not say so themselves.
  private static func version(_ database: Database) throws -> Int {
    if try database.tableExists("schema") {
      return try Int.fetchOne(database, sql: "SELECT version FROM schema") ?? schemaVersion
    }
    return try database.tableExists("entries") ? 1 : 0
  }

  /// The value of a key, if it has one.
  public func value(for key: String) throws(StateFault) -> StoredValue? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT key, value, revision FROM entries WHERE key = ?", arguments: [key])
        .map(SQLiteStateStore.stored)
    }
  }

  /// All values whose keys start with `prefix`, by key.
  public func values(under prefix: String) throws(StateFault) -> [StoredValue] {
    try read { database in
      // A range of the primary key: from the prefix to the prefix followed by the greatest scalar.
      try Row.fetchAll(
        database, sql: "SELECT key, value, revision FROM entries WHERE key >= ? AND key < ? ORDER BY key",
        arguments: [prefix, prefix + "\u{10FFFF}"]
      ).map(SQLiteStateStore.stored)
    }
  }

  /// Carries out all operations, if every comparison holds, or none.
  @discardableResult
  public func transact(if comparisons: [Comparison], _ operations: [Operation]) throws(StateFault) -> Revision? {
    try write { database in
      for comparison in comparisons {
        guard try SQLiteStateStore.holds(comparison, in: database) else { return nil }
      }
      try database.execute(sql: "UPDATE store SET revision = revision + 1")
      let revision = try Int64.fetchOne(database, sql: "SELECT revision FROM store") ?? 0
      for operation in operations {
        switch operation {
        case .put(let key, let bytes):
          // Prepared once: a transaction may have hundreds.
          try database.cachedStatement(
            sql: """
              INSERT INTO entries VALUES (?, ?, ?)
              ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision
              """
          ).execute(arguments: [key, bytes.databaseBlob, revision])
        case .delete(let key):
          try database.execute(sql: "DELETE FROM entries WHERE key = ?", arguments: [key])
        }
      }
      return revision
    }
  }

  /// Appends to the event log, all or none; the oldest give way beyond the limit.
  @discardableResult
  public func append(events: [[UInt8]]) throws(StateFault) -> Int {
    try write { database in
      let statement = try database.cachedStatement(sql: "INSERT INTO events (value) VALUES (?)")
      for event in events { try statement.execute(arguments: [event.databaseBlob]) }
      let last = Int(database.lastInsertedRowID)
      let first = last - events.count + 1
      // Now and then: once in a thousand events.
      if last / 1000 != (first - 1) / 1000 {
        try database.execute(
          sql: "DELETE FROM events WHERE number <= ?", arguments: [last - SQLiteStateStore.eventLimit])
      }
      return first
    }
  }

  /// Events with numbers greater than `number`, oldest first.
  public func events(after number: Int, limit: Int) throws(StateFault) -> [LoggedEvent] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT number, value FROM events WHERE number > ? ORDER BY number LIMIT ?",
        arguments: [number, limit]
      ).map(SQLiteStateStore.logged)
    }
  }

  static func logged(_ row: Row) -> LoggedEvent {
    LoggedEvent(number: row["number"], bytes: [UInt8](row["value"] as Data))
  }

  static func stored(_ row: Row) -> StoredValue {
    StoredValue(key: row["key"], bytes: [UInt8](row["value"] as Data), revision: row["revision"])
  }

  private static func holds(_ comparison: Comparison, in database: Database) throws -> Bool {
    let key =
      switch comparison {
      case .isAt(let key, _), .isAbsent(let key): key
      }
    let revision = try Int64.fetchOne(
      database, sql: "SELECT revision FROM entries WHERE key = ?", arguments: [key])
    return switch comparison {
    case .isAt(_, let expected): revision == expected
    case .isAbsent: revision == nil
    }
  }

  func read<Result>(_ body: (Database) throws -> Result) throws(StateFault) -> Result {
    do {
      return try database.read(body)
    } catch {
      throw StateFault("the state cannot be read: \(error)")
    }
  }

  func write<Result>(_ body: (Database) throws -> Result) throws(StateFault) -> Result {
    do {
      return try database.write(body)
    } catch {
      throw StateFault("the state cannot be written: \(error)")
    }
  }
}

extension [UInt8] {
  fileprivate var databaseBlob: Data { Data(self) }
}
