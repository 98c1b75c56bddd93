import LibraryOS

// The retransmission timeout (RFC 6298). No segment is timed that was sent twice (section 3, Karn's algorithm). The lower bound is 200 ms, as in the stacks this one talks to, where section 2.4 suggests a
// second: on the links of one cloud a second of silence for one lost segment is the larger harm.

/// The estimate of a connection's round-trip time, and the timeout that follows from it.
struct RetransmissionTimeout {
  static let initial = TimeSpan.seconds(1)
  static let minimum = TimeSpan.milliseconds(200)
  static let maximum = TimeSpan.seconds(60)
  // The clock granularity G of section 2.
  private static let granularity: UInt64 = 10_000_000

  private var smoothed: UInt64 = 0
  private var variation: UInt64 = 0
  private var base = RetransmissionTimeout.initial.nanoseconds
  private var backoff = 0

  /// The timeout now, with back-off.
  var current: TimeSpan {
    TimeSpan(nanoseconds: min(base << UInt64(min(backoff, 16)), RetransmissionTimeout.maximum.nanoseconds))
  }

  /// The smoothed round-trip time (SRTT); `nil` until one was measured.
  var roundTrip: TimeSpan? { smoothed == 0 ? nil : TimeSpan(nanoseconds: smoothed) }

  /// Takes a measured round trip (sections 2.2 and 2.3).
  mutating func sample(_ roundTrip: TimeSpan) {
    let measured = min(roundTrip.nanoseconds, RetransmissionTimeout.maximum.nanoseconds)
    if smoothed == 0 {
      smoothed = max(measured, 1)
      variation = measured / 2
    } else {
      let difference = smoothed > measured ? smoothed - measured : measured - smoothed
      variation = (3 * variation + difference) / 4
      smoothed = max((7 * smoothed + measured) / 8, 1)
    }
    let timeout = smoothed + max(RetransmissionTimeout.granularity, 4 * variation)
    base = min(max(timeout, RetransmissionTimeout.minimum.nanoseconds), RetransmissionTimeout.maximum.nanoseconds)
    backoff = 0
  }

  /// Doubles the timeout (section 5.5).
  mutating func backOff() {
    backoff += 1
  }

  /// Ends the back-off: something new was acknowledged.
  mutating func resetBackoff() {
    backoff = 0
  }

  /// Section 5.7: when the handshake itself timed out, data starts with three seconds.
  mutating func handshakeTimedOut() {
    base = TimeSpan.seconds(3).nanoseconds
    backoff = 0
  }
}
