/// How many events a module may record in a second, so that a flood of packets does not become a flood of events. What
/// is not recorded is counted.
public struct EventAllowance: Sendable {
  /// Events that were not recorded, since the start.
  public private(set) var suppressed: UInt64 = 0

  private let perSecond: Int
  private var windowStart: Instant?
  private var used = 0

  /// Allows `perSecond` events in each second.
  public init(perSecond: Int) {
    self.perSecond = perSecond
  }

  /// Whether one more event may be recorded; counts it either way.
  public mutating func take(at now: Instant) -> Bool {
    if let start = windowStart, now - start < .seconds(1) {
      guard used < perSecond else {
        suppressed &+= 1
        return false
      }
      used += 1
      return true
    }
    windowStart = now
    used = 1
    return true
  }
}
