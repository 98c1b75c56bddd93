import CRuntime
import Interchange
import LibraryOS

/// The platform's clock. `now` is read once per turn of the event loop: everything in a turn happens at once.
final class PlatformClock: Clock {
  private(set) var now = Instant(nanoseconds: 0)

  /// Milliseconds since 1970-01-01 UTC, read when asked.
  var wallMilliseconds: UInt64 {
    let time = PlatformClock.read(0)
    return UInt64(truncatingIfNeeded: time.seconds) &* 1000
      &+ UInt64(truncatingIfNeeded: time.nanoseconds) / 1_000_000
  }

  init() {
    refresh()
  }

  /// Reads the monotonic clock.
  func refresh() {
    let time = PlatformClock.read(1)
    now = Instant(
      nanoseconds: UInt64(truncatingIfNeeded: time.seconds) &* 1_000_000_000
        &+ UInt64(truncatingIfNeeded: time.nanoseconds))
  }

  private static func read(_ clock: Int) -> testudo_time {
    var time = testudo_time()
    _ = testudo_clock_gettime(clock, &time)
    return time
  }
}

/// One entry of `ppoll` (poll(2)).
struct PollEntry {
  var descriptor: Int32
  var events: Int16
  var results: Int16 = 0

  static let readable: Int16 = 1
  static let writable: Int16 = 4
  static let ended: Int16 = 8 | 16

  /// Waits for one of two descriptors, or until `timeout`; `nil` waits without end.
  static func wait(_ entries: inout (PollEntry, PollEntry), timeout: TimeSpan?) {
    withUnsafeMutablePointer(to: &entries) { pointer in
      guard let timeout else {
        _ = testudo_ppoll(pointer, 2, nil)
        return
      }
      var time = testudo_time(
        seconds: Int64(timeout.nanoseconds / 1_000_000_000), nanoseconds: Int64(timeout.nanoseconds % 1_000_000_000))
      _ = testudo_ppoll(pointer, 2, &time)
    }
  }
}

/// Writes a line to the instance's console.
func console(_ line: ByteString) {
  let bytes = line.bytes + [0x0A]
  bytes.withUnsafeBufferPointer { _ = testudo_write(Int(TESTUDO_CONSOLE), $0.baseAddress, $0.count) }
}
