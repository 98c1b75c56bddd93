import CMicroVMPlatform
import Virtio

/// The clocks of a machine. The monotonic one is the processor's time stamp counter, measured against the local timer, whose
/// ticks are nanoseconds. The wall clock is that of whoever started the machine, carried on by the monotonic one. The real-time
/// clock counts whole seconds from the machine's start on and may have been a fraction behind then; so what counts is how far
/// it has come since, which the wall clock is held to within a second.
struct MachineClock {
  private var scale: TickScale
  private var base: (ticks: UInt64, nanoseconds: UInt64)
  private let start: (ticks: UInt64, left: UInt32)
  private var isExact = false
  private var wall: (milliseconds: UInt64, nanoseconds: UInt64)
  /// What the wall clock and the real-time clock, in seconds, were at the start.
  private let reference: (milliseconds: UInt64, seconds: UInt64)?
  private var nextComparison: UInt64

  private static let timerStart = UInt32.max
  /// The wall clock is compared with the real-time clock after so many nanoseconds.
  private static let comparisonInterval: UInt64 = 60_000_000_000

  /// Starts the local timer, waits a millisecond for a first measure, and takes over the wall clock. `wallMilliseconds`: what
  /// it was when the machine was started.
  init(wallMilliseconds: UInt64?) {
    testudo_timer_set(MachineClock.timerStart)
    start = MachineClock.sample()
    var scale: TickScale?
    while scale == nil {
      let now = MachineClock.sample()
      guard start.left &- now.left >= 1_000_000 else {
        testudo_pause()
        continue
      }
      scale = TickScale(ticks: now.ticks &- start.ticks, nanoseconds: UInt64(start.left &- now.left))
    }
    self.scale = scale ?? TickScale(ticks: 1, nanoseconds: 1)!
    base = (start.ticks, 1)
    // The counter begins with the machine.
    let age = self.scale.nanoseconds(start.ticks) / 1_000_000
    let seconds = MachineClock.realTime()
    let now = wallMilliseconds.map { $0 &+ (age < 10_000 ? age : 0) } ?? (seconds ?? 0) &* 1000
    wall = (now, 1)
    reference = seconds.map { (now, $0) }
    nextComparison = MachineClock.comparisonInterval
  }

  /// Both counters at the same time, as nearly as can be.
  private static func sample() -> (ticks: UInt64, left: UInt32) {
    var best: (ticks: UInt64, left: UInt32) = (0, 0)
    var shortest = UInt64.max
    for _ in 0..<4 {
      let before = testudo_time_stamp()
      let left = testudo_timer_left()
      let after = testudo_time_stamp()
      if after &- before < shortest {
        shortest = after &- before
        best = (before &+ (after &- before) / 2, left)
      }
    }
    return best
  }

  /// Nanoseconds since the start.
  var nanoseconds: UInt64 { base.nanoseconds &+ scale.nanoseconds(testudo_time_stamp() &- base.ticks) }

  /// Measures once more, over all the time since the start, before the timer is used for something else.
  mutating func refine() {
    guard !isExact else { return }
    isExact = true
    let now = MachineClock.sample()
    guard now.left > 0,
      let better = TickScale(ticks: now.ticks &- start.ticks, nanoseconds: UInt64(start.left &- now.left))
    else { return }
    base = (now.ticks, base.nanoseconds &+ scale.nanoseconds(now.ticks &- base.ticks))
    scale = better
  }

  /// Milliseconds since 1970-01-01 UTC.
  mutating func wallMilliseconds() -> UInt64 {
    let now = nanoseconds
    var milliseconds = wall.milliseconds &+ (now &- wall.nanoseconds) / 1_000_000
    if now >= nextComparison {
      nextComparison = now &+ MachineClock.comparisonInterval
      if let reference, let seconds = MachineClock.realTime() {
        // Also where the host's clock was set anew.
        let due = reference.milliseconds &+ (seconds &- reference.seconds) &* 1000
        milliseconds = min(max(milliseconds, due), due &+ 1000)
        wall = (milliseconds, now)
      }
    }
    return milliseconds
  }

  /// What the real-time clock says, in seconds.
  private static func realTime() -> UInt64? {
    func register(_ number: UInt8) -> UInt8 {
      testudo_port_write(0x70, number)
      return testudo_port_read(0x71)
    }
    for _ in 0..<8 {
      for _ in 0..<10_000 where register(0x0A) & 0x80 != 0 { testudo_pause() }
      guard let first = CalendarTime(register) else { return nil }
      // Twice the same: it did not change while it was read.
      if let second = CalendarTime(register), first == second { return first.secondsSince1970 }
    }
    return nil
  }
}
