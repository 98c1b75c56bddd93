/// A token bucket in exact integer arithmetic. Its unit is a fraction of a request: a request costs as many units as
/// the limit's interval has microseconds, and each microsecond brings as many units as the limit allows requests. With
/// the bounds of `Limit` (a day, a million) a full bucket is below 2^57.
struct TokenBucket: Sendable {
  /// Units in the bucket.
  private(set) var level: UInt64
  /// When `level` was right, in microseconds.
  private var updated: UInt64

  /// A full bucket.
  init(_ limit: Limit, at microseconds: UInt64) {
    level = TokenBucket.capacity(limit)
    updated = microseconds
  }

  /// Fills the bucket for the time that has passed.
  mutating func refill(_ limit: Limit, at microseconds: UInt64) {
    guard microseconds > updated else { return }
    let elapsed = microseconds - updated
    updated = microseconds
    let capacity = TokenBucket.capacity(limit)
    let (gain, overflow) = elapsed.multipliedReportingOverflow(by: limit.requests)
    level = overflow || gain >= capacity - level ? capacity : level + gain
  }

  /// How many microseconds until a request can be paid for; 0 if it can now.
  func wait(_ limit: Limit) -> UInt64 {
    guard level < limit.intervalMicroseconds else { return 0 }
    return (limit.intervalMicroseconds - level + limit.requests - 1) / limit.requests
  }

  /// Pays for a request, for which `wait` is 0.
  mutating func take(_ limit: Limit) {
    level -= min(level, limit.intervalMicroseconds)
  }

  /// How many whole requests can be paid for.
  func remaining(_ limit: Limit) -> UInt64 {
    level / limit.intervalMicroseconds
  }

  /// How many microseconds until the bucket is full, if nothing is taken.
  func timeUntilFull(_ limit: Limit) -> UInt64 {
    let missing = TokenBucket.capacity(limit) - level
    return missing / limit.requests + (missing % limit.requests == 0 ? 0 : 1)
  }

  private static func capacity(_ limit: Limit) -> UInt64 {
    limit.burst * limit.intervalMicroseconds
  }
}
