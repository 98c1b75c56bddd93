import Interchange

/// What all who hold connections of clients go by: how many there may be and how many one source may have, where a module
/// limits that; how slow a client may be; and what is reported of those that had too many.
public final class ConnectionShares {
  /// How many events are recorded in a second.
  public static let eventsPerSecond = 10

  /// The most connections one source may have open; `nil`: as many as there are places.
  public var limit: Int?
  /// The most connections there may be in all, below the places there are; `nil`: as many as there are places.
  public var total: Int?
  /// How many bytes of an answer a client must take in a second, on average, once it has had time to begin; 0: as few as
  /// it likes, as long as it takes some.
  public var minimumRate = 512
  /// Connections that were refused for this limit.
  public private(set) var refused: UInt64 = 0
  /// Connections that yielded their place to another source.
  public private(set) var yielded: UInt64 = 0

  private let clock: any Clock
  private let events: any EventSink
  private var allowance = EventAllowance(perSecond: ConnectionShares.eventsPerSecond)

  /// Nobody is limited but by the places there are.
  public init(clock: any Clock, events: any EventSink) {
    self.clock = clock
    self.events = events
  }

  /// Whether a client may have a connection, as far as places go: one of at most `maximum` is free for it now, or was
  /// made free. `isLimited`: whether the limit of one source counts, which is for clients.
  public func admits<Holder>(
    _ client: Endpoint, to places: Places<Holder>, maximum: Int, module: ByteString, isLimited: Bool = true
  ) -> Bool {
    let held = places.count(of: client)
    if isLimited, let limit, held >= limit {
      refused &+= 1
      record("source-refused", client, held, module)
      return false
    }
    // The bound is meant for clients as well.
    let maximum = isLimited ? min(maximum, total ?? maximum) : maximum
    guard places.count >= maximum else { return true }
    guard let yielding = places.yielder(to: client, at: clock.now) else { return false }
    yielded &+= 1
    record("place-yielded", yielding.client, places.count(of: yielding.client), module)
    yielding.yieldPlace()
    return places.count < maximum
  }

  private func record(_ action: ByteString, _ client: Endpoint, _ held: Int, _ module: ByteString) {
    guard allowance.take(at: clock.now) else { return }
    events.record(
      SecurityEvent(
        module: module, action: action, severity: .medium, time: clock.wallMilliseconds,
        details: [
          ParameterField("source", .text(client.address.text)), ParameterField("connections", .integer(Int64(held))),
        ]))
  }
}
