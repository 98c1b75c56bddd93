/// Where the orchestrator keeps what must outlive it: keys and values, with the semantics of etcd's key-value API. Every
/// transaction that changes something gets the next revision; a value carries the revision that wrote it, so that a change
/// can be made on condition that nobody else made one first.
public protocol StateStore: Sendable {
  /// The value of a key, if it has one.
  func value(for key: String) throws(StateFault) -> StoredValue?
  /// All values whose keys start with `prefix`, by key.
  func values(under prefix: String) throws(StateFault) -> [StoredValue]
  /// Carries out all operations, if every comparison holds, or none. Returns the revision, or `nil` if one does not hold.
  @discardableResult
  func transact(if comparisons: [Comparison], _ operations: [Operation]) throws(StateFault) -> Revision?
  /// Appends to the event log, all of them or none, and returns the number that the first got; numbers grow without gaps.
  @discardableResult
  func append(events: [[UInt8]]) throws(StateFault) -> Int
  /// Events with numbers greater than `number`, at most `limit`, oldest first.
  func events(after number: Int, limit: Int) throws(StateFault) -> [LoggedEvent]
}

extension StateStore {
  /// Appends one event to the log and returns the number it got.
  @discardableResult
  public func append(event: [UInt8]) throws(StateFault) -> Int { try append(events: [event]) }
}

/// A point in the store's history.
public typealias Revision = Int64

/// A value as it is stored.
public struct StoredValue: Hashable, Sendable {
  /// The key, a path such as `services/default/portal`.
  public var key: String
  /// The value.
  public var bytes: [UInt8]
  /// The revision that wrote it.
  public var revision: Revision

  /// A value as it is stored.
  public init(key: String, bytes: [UInt8], revision: Revision) {
    self.key = key
    self.bytes = bytes
    self.revision = revision
  }
}

/// A condition of a transaction.
public enum Comparison: Hashable, Sendable {
  /// The key's value was written by this revision.
  case isAt(key: String, Revision)
  /// The key has no value.
  case isAbsent(key: String)
}

/// A change that a transaction makes.
public enum Operation: Hashable, Sendable {
  /// Gives a key a value.
  case put(key: String, [UInt8])
  /// Takes a key's value away; nothing happens if it has none.
  case delete(key: String)
}

/// An entry of the event log.
public struct LoggedEvent: Hashable, Sendable {
  /// Its number, from 1.
  public var number: Int
  /// The event.
  public var bytes: [UInt8]

  /// An entry of the event log.
  public init(number: Int, bytes: [UInt8]) {
    self.number = number
    self.bytes = bytes
  }
}

/// Why the store could not answer.
public struct StateFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was wrong, in the store's own words.
  public var reason: String

  /// A failure of the store.
  public init(_ reason: String) {
    self.reason = reason
  }

  /// What was wrong.
  public var description: String { reason }
}
