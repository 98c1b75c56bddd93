/// How long the ticks of a counter are: nanoseconds per tick, in units of 2^-32.
public struct TickScale: Equatable, Sendable {
  /// The factor.
  public let factor: UInt64

  /// The scale of a counter that made so many ticks in a time; `nil` where that says nothing.
  public init?(ticks: UInt64, nanoseconds: UInt64) {
    guard ticks > 0, nanoseconds > 0, nanoseconds < 1 << 32 else { return nil }
    let factor = (nanoseconds << 32) / ticks
    guard factor > 0 else { return nil }
    self.factor = factor
  }

  /// How many nanoseconds so many ticks take.
  public func nanoseconds(_ ticks: UInt64) -> UInt64 {
    let (high, low) = ticks.multipliedFullWidth(by: factor)
    return high << 32 | low >> 32
  }
}
