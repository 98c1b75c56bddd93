import LibraryOS

// How the window grows in congestion avoidance after CUBIC (RFC 9438, 4; variables have its names), in whole numbers:
// bytes and milliseconds. C is 0.4 and β is 0.7, as in section 5.

/// The cubic function of one connection.
struct CubicGrowth {
  /// W_max, in bytes; 0 before there was a loss.
  private var maximum = 0
  /// K, in milliseconds.
  private var inflection = 0
  /// W_est, the window that RFC 5681 would have by now (4.3), and bytes that count towards its next step.
  private var estimate = 0
  /// cwnd_prior.
  private var prior = 0
  private var counted = 0
  /// Parts of a byte by which the window has not grown yet.
  private var remainder = 0
  /// When this epoch of congestion avoidance began, and when it was last looked at.
  private var epoch: Instant?
  private var last = Instant(nanoseconds: 0)
  /// The time from W_max that is looked at in either direction: beyond, the function is steeper than is ever needed.
  private static let longest = 131_072

  /// A loss made the window go down from `window` (4.6); one that is smaller than the last time leaves room for others (4.7).
  mutating func reduce(from window: Int) {
    maximum = window < maximum ? window / 20 * 17 : window
    prior = window
    epoch = nil
  }

  /// The next acknowledgement begins an epoch.
  mutating func restart() {
    epoch = nil
  }

  /// The window was not used: the time until now does not count (4.2).
  mutating func pause(at now: Instant) {
    guard let epoch else { return }
    self.epoch = epoch + (now - last)
    last = now
  }

  /// By how many bytes the window grows for `bytes` that were acknowledged.
  mutating func growth(
    of window: Int, _ bytes: Int, segmentSize: Int, roundTrip: TimeSpan, at now: Instant
  ) -> Int {
    let start = begin(window, segmentSize, at: now)
    last = now
    let elapsed = Int(min((now - start).nanoseconds / 1_000_000, UInt64(CubicGrowth.longest)))
    // W_est grows by α for each window, until it is where the window was before; then by one (4.3).
    counted += estimate < prior ? bytes * 9 / 17 : bytes
    if counted >= window {
      counted -= window
      estimate += segmentSize
    }
    if self.window(after: elapsed, segmentSize) < estimate {
      remainder = 0
      return max(estimate - window, 0)
    }
    let ahead = self.window(after: elapsed + Int(min(roundTrip.nanoseconds / 1_000_000, 60_000)), segmentSize)
    let target = min(max(ahead, window), window / 2 * 3)
    let share = (target - window) * bytes + remainder
    remainder = share % max(window, 1)
    return share / max(window, 1)
  }

  private mutating func begin(_ window: Int, _ segmentSize: Int, at now: Instant) -> Instant {
    if let epoch { return epoch }
    epoch = now
    estimate = window
    counted = 0
    remainder = 0
    if window >= maximum {
      maximum = window
      inflection = 0
    } else {
      // The cube root of (W_max - cwnd_epoch) / C, in seconds, as 10^9 times as much in milliseconds.
      inflection = CubicGrowth.cubeRoot(min((maximum - window) / segmentSize + 1, 8192) * 2_500_000_000)
    }
    return now
  }

  /// W_cubic (4.2), in bytes, so many milliseconds after the epoch began.
  private func window(after elapsed: Int, _ segmentSize: Int) -> Int {
    let time = min(max(elapsed - inflection, -CubicGrowth.longest), CubicGrowth.longest)
    return max(maximum + time * time * time / 1000 * (segmentSize * 4) / 10_000_000, 0)
  }

  /// The largest whole number whose cube is no larger than `number`, which is below 2^60.
  static func cubeRoot(_ number: Int) -> Int {
    var root = 0
    var bit = 1 << 19
    while bit > 0 {
      let next = root | bit
      if next * next * next <= number { root = next }
      bit >>= 1
    }
    return root
  }
}
