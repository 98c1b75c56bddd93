import LibraryOS

// Congestion control: slow start (RFC 5681, 3.1), CUBIC in congestion avoidance (RFC 9438) or what RFC 5681 has there,
// proportional rate reduction in recovery (RFC 6937, 3), an initial window of ten segments (RFC 6928), restart after idle
// (RFC 5681, 4.1). Acknowledged bytes are counted, not acknowledgements (RFC 3465), because receivers acknowledge batches.

/// How a window that met a loss goes down, and grows again.
public enum CongestionAlgorithm: Sendable {
  /// To a half, and by a segment each round trip (RFC 5681, 3.1).
  case newReno
  /// To seven tenths, and along a cubic function of time (RFC 9438).
  case cubic
}

/// How much may be in flight on a connection.
struct CongestionControl {
  /// What is done about losses.
  private enum Repair {
    /// There are none.
    case none
    /// Losses are repaired while the window goes down.
    case recovery
    /// The timer had to tell: the window starts again.
    case timedOut
  }

  /// The congestion window, in bytes.
  private(set) var window: Int
  private(set) var segmentSize: Int
  private var threshold = Int.max / 4
  private var repair = Repair.none
  private var acknowledged = 0
  // The highest sequence number sent when the last loss was found.
  private var recover: SequenceNumber
  // prr_delivered, prr_out and RecoverFS of RFC 6937, 3.
  private var delivered = 0
  private var sent = 0
  private var flightAtLoss = 1
  private var cubic: CubicGrowth?
  private static let maximumWindow = 4 << 20

  init(segmentSize: Int, initial: SequenceNumber, algorithm: CongestionAlgorithm) {
    self.segmentSize = segmentSize
    window = 10 * segmentSize
    recover = initial
    cubic = algorithm == .cubic ? CubicGrowth() : nil
  }

  /// Takes a smaller segment size, found on the way.
  mutating func reduceSegmentSize(to size: Int) {
    segmentSize = size
  }

  /// Whether losses are being repaired: all that are found until this is over are one event.
  @inline(__always)
  var isRepairing: Bool { repair != .none }

  /// Whether losses are being repaired without the timer having fired.
  @inline(__always)
  var isRecovering: Bool { repair == .recovery }

  /// The slow start threshold after a loss (RFC 5681, 3.1; RFC 9438, 4.6).
  private func reduced(_ outstanding: Int) -> Int {
    max(cubic == nil ? outstanding / 2 : outstanding / 10 * 7, 2 * segmentSize)
  }

  /// A loss was found, while `outstanding` bytes up to `highest` were out.
  mutating func loss(outstanding: Int, highest: SequenceNumber) {
    guard repair == .none else { return }
    repair = .recovery
    recover = highest
    cubic?.reduce(from: window)
    threshold = reduced(outstanding)
    delivered = 0
    sent = 0
    flightAtLoss = max(outstanding, 1)
    acknowledged = 0
    window = threshold
  }

  /// Everything up to `sequence` is acknowledged. `bytes` were found to have arrived; `flight` are still on their way,
  /// `flightBefore` were before. `roundTrip`: as smoothed.
  mutating func acknowledge(
    upTo sequence: SequenceNumber, bytes: Int, flight: Int, flightBefore: Int, roundTrip: TimeSpan, at now: Instant
  ) {
    if repair != .none, sequence >= recover {
      if repair == .recovery { window = threshold }
      repair = .none
      return
    }
    switch repair {
    case .recovery:
      delivered += bytes
      let allowed: Int
      if flight > threshold {
        allowed = (delivered * threshold + flightAtLoss - 1) / flightAtLoss - sent
      } else {
        allowed = min(threshold - flight, max(delivered - sent, bytes) + segmentSize)
      }
      // The first lost segment is sent at once (RFC 6937, 3).
      window = flight + max(allowed, sent == 0 ? segmentSize : 0)
    case .timedOut, .none: grow(bytes, flightBefore: flightBefore, roundTrip: roundTrip, at: now)
    }
  }

  private mutating func grow(_ bytes: Int, flightBefore: Int, roundTrip: TimeSpan, at now: Instant) {
    // A window that is not used says nothing about the network, and does not grow.
    guard flightBefore + segmentSize >= window / 2 else {
      cubic?.pause(at: now)
      return
    }
    if window < threshold {
      window += bytes
    } else if cubic != nil {
      window += cubic?.growth(of: window, bytes, segmentSize: segmentSize, roundTrip: roundTrip, at: now) ?? 0
    } else {
      acknowledged += bytes
      if acknowledged >= window {
        acknowledged -= window
        window += segmentSize
      }
    }
    window = min(window, CongestionControl.maximumWindow)
  }

  /// Bytes left, new or again.
  @inline(__always)
  mutating func noteSent(_ count: Int) {
    if repair == .recovery { sent += count }
  }

  /// The retransmission timer fired, while `outstanding` bytes up to `highest` were out. `isFirst`: not for what was
  /// already sent again (RFC 5681, 3.1: the threshold is then kept).
  mutating func timeOut(outstanding: Int, highest: SequenceNumber, isFirst: Bool) {
    if isFirst {
      if repair == .none { cubic?.reduce(from: window) }
      threshold = reduced(outstanding)
    }
    window = segmentSize
    repair = .timedOut
    acknowledged = 0
    recover = highest
  }

  /// Nothing was sent for longer than the retransmission timeout.
  mutating func restartAfterIdle() {
    cubic?.restart()
    window = min(window, 10 * segmentSize)
  }
}
