import Interchange
import LibraryOS

/// A clock that a test moves.
final class TestClock: Clock {
  var now = Instant(nanoseconds: 1_000_000_000_000)
  var wallMilliseconds: UInt64 = 1_700_000_000_000

  /// Lets time pass.
  func advance(_ time: TimeSpan) {
    now = now + time
    wallMilliseconds += time.nanoseconds / 1_000_000
  }
}

/// Keeps what is recorded.
final class EventRecorder: EventSink {
  var events: [SecurityEvent] = []

  func record(_ event: SecurityEvent) {
    events.append(event)
  }
}

/// Bytes that are the same in every run.
final class CountingRandom: RandomSource {
  private var next: UInt8 = 1

  func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in
      next = next &* 167 &+ 13
      return next
    }
  }
}

extension Module {
  /// The counter of that name, without the module's.
  func counter(_ what: String) -> UInt64? {
    let full = name + "." + ByteString(what)
    return counters.first { $0.name == full }?.value
  }

  /// Prepares and commits settings of this module.
  func configure(_ values: [(ByteString, ParameterValue)]) throws {
    try prepare(values.map { Parameter(module: name, name: $0.0, value: $0.1) })
    commit()
  }
}

/// A map with these fields.
func map(_ fields: [(ByteString, ParameterValue)]) -> ParameterValue {
  .map(fields.map { ParameterField($0.0, $0.1) })
}

extension ParameterValue: @retroactive ExpressibleByStringLiteral {
  /// A text, so that tests can write one as a literal.
  public init(stringLiteral value: StaticString) {
    self = .text(ByteString(stringLiteral: value))
  }
}
