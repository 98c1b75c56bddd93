// Congestion control: slow start and congestion avoidance (RFC 5681, 3.1), fast retransmit and fast recovery after
// NewReno (RFC 6582, 3.2), limited transmit (RFC 3042), an initial window of ten segments (RFC 6928), restart after
// idle (RFC 5681, 4.1). Acknowledged bytes are counted, not acknowledgements (RFC 3465), because receivers
// acknowledge batches.

/// How much may be in flight on a connection.
struct CongestionControl {
  /// What a duplicate acknowledgement leads to.
  enum Reaction {
    /// Nothing, or another segment is allowed.
    case none
    /// The first unacknowledged segment is to be sent again, now.
    case retransmit
  }

  /// The congestion window, in bytes.
  private(set) var window: Int
  private(set) var segmentSize: Int
  /// Whether a loss is being repaired.
  private(set) var isRecovering = false
  private var threshold = Int.max / 4
  private var duplicates = 0
  private var acknowledged = 0
  // The highest sequence number sent when the last loss was found.
  private var recover: SequenceNumber
  private static let maximumWindow = 4 << 20
  private static let duplicateThreshold = 3

  init(segmentSize: Int, initial: SequenceNumber) {
    self.segmentSize = segmentSize
    window = 10 * segmentSize
    recover = initial
  }

  /// Takes a smaller segment size, found on the way.
  mutating func reduceSegmentSize(to size: Int) {
    segmentSize = size
  }

  /// What may be in flight: limited transmit allows one more segment for each of the first two duplicates.
  @inline(__always)
  var allowance: Int {
    isRecovering ? window : window + duplicates * segmentSize
  }

  /// New data was acknowledged, up to `sequence`, while `flight` bytes were out. `retransmit` for a partial
  /// acknowledgement: the next segment is lost too.
  mutating func acknowledge(_ count: Int, upTo sequence: SequenceNumber, flight: Int) -> Reaction {
    duplicates = 0
    if isRecovering {
      if sequence >= recover {
        isRecovering = false
        // What was lost is repaired: duplicates of this very acknowledgement tell of a new loss.
        recover = sequence + -1
        window = min(threshold, max(flight - count, segmentSize) + segmentSize)
        return .none
      }
      window = max(window - count, 0) + (count >= segmentSize ? segmentSize : 0)
      window = max(window, segmentSize)
      return .retransmit
    }
    // A window that is not used says nothing about the network, and does not grow.
    guard flight + segmentSize >= window / 2 else { return .none }
    if window < threshold {
      window += count
    } else {
      acknowledged += count
      if acknowledged >= window {
        acknowledged -= window
        window += segmentSize
      }
    }
    window = min(window, CongestionControl.maximumWindow)
    return .none
  }

  /// The same acknowledgement came again, while `flight` bytes up to `highest` were out.
  mutating func duplicate(
    acknowledging sequence: SequenceNumber, flight: Int, highest: SequenceNumber
  ) -> Reaction {
    if isRecovering {
      window = min(window + segmentSize, CongestionControl.maximumWindow)
      return .none
    }
    duplicates += 1
    guard duplicates >= CongestionControl.duplicateThreshold else { return .none }
    duplicates = 0
    // RFC 6582, 3.2, step 2: duplicates caused by what was sent again are no new loss.
    guard sequence > recover else { return .none }
    isRecovering = true
    recover = highest
    threshold = max(flight / 2, 2 * segmentSize)
    window = threshold + 3 * segmentSize
    acknowledged = 0
    return .retransmit
  }

  /// The retransmission timer fired, while `flight` bytes up to `highest` were out. `isFirst`: not for what was already
  /// sent again (RFC 5681, 3.1: the threshold is then kept).
  mutating func timeOut(flight: Int, highest: SequenceNumber, isFirst: Bool) {
    if isFirst { threshold = max(flight / 2, 2 * segmentSize) }
    window = segmentSize
    isRecovering = false
    duplicates = 0
    acknowledged = 0
    recover = highest
  }

  /// Nothing was sent for longer than the retransmission timeout.
  mutating func restartAfterIdle() {
    window = min(window, 10 * segmentSize)
  }
}
