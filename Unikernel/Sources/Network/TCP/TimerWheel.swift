import LibraryOS

/// Timers of connections, by slot, on a hashed wheel: setting, moving and clearing one takes constant time. A timer
/// that is moved to a later time stays where it is and is looked at once too early, so that moving it on with every
/// acknowledgement costs nothing.
struct TimerWheel {
  // A tick is 2**23 ns, some 8.4 ms. A timer further away than one turn is looked at once each turn.
  private static let tickShift: UInt64 = 23
  private static let spokes = 512

  private var heads = [Int32](repeating: -1, count: TimerWheel.spokes)
  private var occupied = [UInt64](repeating: 0, count: TimerWheel.spokes / 64)
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var tick: [UInt64] = []
  private var position: UInt64 = 0
  private var count = 0

  /// Has the timer of `slot` looked at no later than a tick after `time`.
  mutating func schedule(_ slot: Int, at time: Instant) {
    while tick.count <= slot {
      next.append(-1)
      previous.append(-1)
      tick.append(0)
    }
    let wanted = max((time.nanoseconds >> TimerWheel.tickShift) + 1, position + 1)
    if tick[slot] != 0 {
      if tick[slot] <= wanted { return }
      unlink(slot)
    }
    tick[slot] = wanted
    let spoke = Int(truncatingIfNeeded: wanted) & (TimerWheel.spokes - 1)
    previous[slot] = -1
    next[slot] = heads[spoke]
    if heads[spoke] >= 0 { previous[Int(heads[spoke])] = Int32(truncatingIfNeeded: slot) }
    heads[spoke] = Int32(truncatingIfNeeded: slot)
    occupied[spoke >> 6] |= 1 << UInt64(spoke & 63)
    count += 1
  }

  /// Clears the timer of a slot.
  mutating func cancel(_ slot: Int) {
    guard slot < tick.count, tick[slot] != 0 else { return }
    unlink(slot)
  }

  /// When `advance` is to be called next.
  var deadline: Instant? {
    guard count > 0 else { return nil }
    var distance = 1
    while distance <= TimerWheel.spokes {
      let spoke = Int(truncatingIfNeeded: position &+ UInt64(distance)) & (TimerWheel.spokes - 1)
      let word = occupied[spoke >> 6] >> UInt64(spoke & 63)
      if word != 0 {
        let found = position + UInt64(distance + word.trailingZeroBitCount)
        return Instant(nanoseconds: found << TimerWheel.tickShift)
      }
      distance += 64 - (spoke & 63)
    }
    return nil
  }

  /// Goes on to `now`; the slots whose timers are to be looked at are taken off the wheel and appended to `due`.
  mutating func advance(to now: Instant, due: inout [Int32]) {
    let target = now.nanoseconds >> TimerWheel.tickShift
    guard target > position else { return }
    if count > 0 {
      let turns = min(target - position, UInt64(TimerWheel.spokes))
      for step in 1...turns {
        let spoke = Int(truncatingIfNeeded: position &+ step) & (TimerWheel.spokes - 1)
        guard occupied[spoke >> 6] >> UInt64(spoke & 63) & 1 == 1 else { continue }
        var slot = heads[spoke]
        while slot >= 0 {
          let following = next[Int(slot)]
          if tick[Int(slot)] <= target {
            unlink(Int(slot))
            due.append(slot)
          }
          slot = following
        }
      }
    }
    position = target
  }

  private mutating func unlink(_ slot: Int) {
    let spoke = Int(truncatingIfNeeded: tick[slot]) & (TimerWheel.spokes - 1)
    if previous[slot] >= 0 {
      next[Int(previous[slot])] = next[slot]
    } else {
      heads[spoke] = next[slot]
      if next[slot] < 0 { occupied[spoke >> 6] &= ~(1 << UInt64(spoke & 63)) }
    }
    if next[slot] >= 0 { previous[Int(next[slot])] = previous[slot] }
    tick[slot] = 0
    count -= 1
  }
}
