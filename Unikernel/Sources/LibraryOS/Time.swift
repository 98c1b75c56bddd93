/// A point on the monotonic clock, in nanoseconds from an arbitrary start.
public struct Instant: Comparable, Hashable, Sendable {
  /// Nanoseconds since the clock's start.
  public var nanoseconds: UInt64

  /// A point on the clock.
  public init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  /// No time that comes.
  public static let never = Instant(nanoseconds: .max)

  /// Earlier before later.
  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// This point and some time after it.
  public static func + (instant: Instant, time: TimeSpan) -> Instant {
    Instant(nanoseconds: instant.nanoseconds &+ time.nanoseconds)
  }

  /// The time from `right` to `left`; zero if `left` is the earlier.
  public static func - (left: Instant, right: Instant) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds > right.nanoseconds ? left.nanoseconds - right.nanoseconds : 0)
  }
}

/// A length of time. (`Duration` of the standard library is 128 bits wide, more than timers need.)
public struct TimeSpan: Comparable, Hashable, Sendable {
  /// The length in nanoseconds.
  public var nanoseconds: UInt64

  /// A length of time in nanoseconds.
  public init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  /// A length of time in milliseconds.
  public static func milliseconds(_ count: Int) -> TimeSpan {
    TimeSpan(nanoseconds: UInt64(count) * 1_000_000)
  }

  /// A length of time in seconds.
  public static func seconds(_ count: Int) -> TimeSpan {
    TimeSpan(nanoseconds: UInt64(count) * 1_000_000_000)
  }

  /// Shorter before longer.
  public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

/// What reads time. The platform's, or a test's.
public protocol Clock: AnyObject {
  /// The monotonic clock.
  var now: Instant { get }
  /// Milliseconds since 1970-01-01 UTC, for validity times and events.
  var wallMilliseconds: UInt64 { get }
}
