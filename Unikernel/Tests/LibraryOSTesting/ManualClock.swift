import Interchange
import LibraryOS

/// A clock that a test moves.
public final class ManualClock: Clock {
  /// The monotonic time.
  public var now = Instant(nanoseconds: 1_000_000_000_000)
  /// The time of day, and on with the monotonic time.
  public var wallMilliseconds: UInt64

  /// A clock that stands still, at 2025-01-01T00:00:00Z unless said otherwise.
  public init(wallMilliseconds: UInt64 = 1_735_689_600_000) {
    self.wallMilliseconds = wallMilliseconds
  }

  /// Lets time pass.
  public func advance(by time: TimeSpan) {
    now = now + time
    wallMilliseconds += time.nanoseconds / 1_000_000
  }

  /// Lets time pass and tells who waited for it.
  public func advance(by time: TimeSpan, _ timed: any Timed...) {
    advance(by: time)
    for item in timed {
      if let deadline = item.deadline, deadline <= now { item.expire(at: now) }
    }
  }
}

/// Random bytes that are the same in every run (a linear congruential generator: fit for tests only).
public final class RepeatableRandom: RandomSource {
  private var state: UInt64

  /// A sequence named by its seed.
  public init(seed: UInt64 = 1) {
    self.state = seed
  }

  /// The sequence's next bytes.
  public func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 33) }
  }

  /// A number below `bound`.
  public func number(below bound: Int) -> Int {
    Int(next() >> 33) % bound
  }

  private func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state
  }
}

/// Keeps the events it is given.
public final class EventRecorder: EventSink {
  /// What was recorded.
  public private(set) var events: [SecurityEvent] = []

  /// A recorder without events.
  public init() {}

  /// Keeps an event.
  public func record(_ event: SecurityEvent) {
    events.append(event)
  }
}
