/// Everything a store holds at one moment.
public struct StateSnapshot: Hashable, Sendable {
  /// The values, by key.
  public var entries: [StoredValue]
  /// The event log, oldest first.
  public var events: [LoggedEvent]
  /// The store's revision.
  public var revision: Revision

  /// What a store holds, or is to hold.
  public init(entries: [StoredValue], events: [LoggedEvent], revision: Revision) {
    self.entries = entries
    self.events = events
    self.revision = revision
  }
}
