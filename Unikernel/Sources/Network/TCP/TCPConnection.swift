import LibraryOS

// One TCP connection: its state (RFC 9293, 3.3.1 and 3.3.2; variables have the names of 3.3.1). What its user sees of
// it: TCPConnection+Stream. Arriving segments: TCPConnection+Input, +Acknowledgments. Sending: TCPConnection+Output.
// Timers: TCPConnection+Timers.

/// One TCP connection, open or half-open. LISTEN is the transport's, TIME-WAIT is a record in its table.
final class TCPConnection: ByteStream {
  /// The states of RFC 9293, 3.3.2, that need a connection.
  enum State: UInt8 {
    case closed, synSent, synReceived, established, finWait1, finWait2, closeWait, closing, lastAck

    /// Whether both sides know each other's sequence numbers.
    var isSynchronized: Bool { self != .closed && self != .synSent && self != .synReceived }
  }

  /// What the timer of a connection is for. No two of these are needed at once; the delayed acknowledgement has a time
  /// of its own beside it.
  enum TimerPurpose: UInt8 {
    case none, retransmit, lossProbe, reordering, persist, finWait2, keepAlive
  }

  /// The largest segment sent and offered: 1500 bytes of datagram without both headers.
  @inline(__always)
  static func largestSegment(isIPv4: Bool) -> Int {
    InternetLayer.maximumDatagram - InternetLayer.headerLength(isIPv4: isIPv4) - TCPSegment.headerLength
  }
  /// What the other end takes if it does not say (RFC 9293, 3.7.1).
  static let defaultSegment = 536
  /// The same over IPv6.
  static let defaultSegmentIPv6 = 1220
  /// A smaller offer is not believed: it would make this end send hundreds of headers for a page.
  static let smallestSegment = 64

  let remote: Endpoint
  let local: Endpoint
  let key: FlowKey
  let isActive: Bool
  /// Whether it runs over IPv4; if not, over IPv6.
  let isIPv4: Bool
  /// Outlives every connection that is not closed: its end closes them.
  unowned(unsafe) let transport: TCPTransport
  var slot = -1
  var state: State
  var handler: (any StreamHandler)?
  /// The address of the next hop, kept so that no segment needs a lookup.
  var neighbor: Neighbor?

  // What both ends agreed to.
  var sndShift = 0
  var rcvShift = 0
  /// Whether the other end acknowledges selectively (RFC 2018).
  var isSelective = false
  /// Whether all segments carry timestamps (RFC 7323), and what is added to the clock in them (RFC 7323, 5.4).
  var isTimestamped = false
  var timestampOffset: UInt32
  /// TS.Recent, and when it was taken.
  var recentTimestamp: UInt32 = 0
  var recentTimestampTaken = Instant(nanoseconds: 0)

  // Sending.
  let iss: SequenceNumber
  var sndUna: SequenceNumber
  var sndNxt: SequenceNumber
  /// The highest sequence number sent and one: more than SND.NXT after a window probe.
  var sndMax: SequenceNumber
  var sndWnd = 0
  var sndWl1 = SequenceNumber(0)
  var sndWl2 = SequenceNumber(0)
  var largestWindow = 0
  /// The most text in one segment, options aside.
  var segmentSize = TCPConnection.defaultSegment
  /// What was written and not acknowledged; its first byte has the sequence number `sendBase`.
  var sendQueue: SendQueue
  var sendBase: SequenceNumber
  /// FIN follows what is queued.
  var isFinishQueued = false
  var sentSegments = SentSegments()
  var congestion: CongestionControl
  var wantsSpace = false

  // Receiving.
  var irs = SequenceNumber(0)
  var rcvNxt = SequenceNumber(0)
  /// The end of the window last offered; it never goes back (RFC 9293, 3.8.6).
  var rcvEdge = SequenceNumber(0)
  /// What was acknowledged last.
  var rcvAcknowledged = SequenceNumber(0)
  /// Acknowledgements that are not delayed, while the other end opens its congestion window.
  var promptAcknowledgments = 16
  var receiveBuffer: ByteRing
  /// How much of the buffer is offered: it grows with what arrives.
  var receiveLimit: Int
  /// Text that arrived in the segment being looked at, where nothing was queued before it: whoever reads at once takes it
  /// from the frame.
  var freshText = UnsafeRawBufferPointer(start: nil, count: 0)
  var reassembly = ReassemblyMap()
  /// Where the other end's FIN stands, once it was seen.
  var finish: SequenceNumber?

  // Timers.
  var timeout = RetransmissionTimeout()
  var timerPurpose = TimerPurpose.none
  var timerDeadline = Instant(nanoseconds: 0)
  /// When a delayed acknowledgement is due (RFC 9293, 3.8.6.3).
  var acknowledgmentDeadline: Instant?
  /// When the oldest segment out was sent, or the last acknowledgement of something new came.
  var retransmissionStart = Instant(nanoseconds: 0)
  var reorderingWait: TimeSpan?
  var isTimerStale = false
  var retries = 0
  var probes = 0
  /// The end of a loss probe that was not acknowledged yet (RFC 8985, 7: TLP.end_seq).
  var lossProbeEnd: SequenceNumber?
  /// Whether that probe was something sent again.
  var isLossProbeRepeated = false
  var lastSent = Instant(nanoseconds: 0)
  var lastReceived: Instant
  var created: Instant
  var challengeAllowed = Instant(nanoseconds: 0)

  // What the next flush is to do.
  var isQueued = false
  var isAcknowledgmentDue = false
  var isAcknowledgmentUrgent = false
  var isSynchronizeDue = false

  /// A connection in SYN-SENT (`isActive`) or SYN-RECEIVED.
  init(
    remote: Endpoint, local: Endpoint, key: FlowKey, iss: SequenceNumber, isActive: Bool, transport: TCPTransport,
    at now: Instant
  ) {
    self.remote = remote
    self.local = local
    self.key = key
    isIPv4 = remote.address.isIPv4
    self.isActive = isActive
    self.transport = transport
    state = isActive ? .synSent : .synReceived
    self.iss = iss
    sndUna = iss
    sndNxt = iss
    sndMax = iss
    sendBase = iss + 1
    timestampOffset = transport.random.next()
    sendQueue = SendQueue(limit: transport.limits.sendBuffer)
    receiveBuffer = ByteRing(limit: transport.limits.receiveBuffer)
    receiveLimit = min(receiveBuffer.limit, NetworkLimits.initialWindow)
    congestion = CongestionControl(
      segmentSize: TCPConnection.defaultSegment, initial: iss, algorithm: transport.limits.congestionControl)
    created = now
    lastReceived = now
    isSynchronizeDue = true
  }

  /// Bytes sent and not acknowledged.
  @inline(__always)
  var flight: Int { sndNxt - sndUna }

  /// Where this end's FIN stands; meaningful once it is queued.
  @inline(__always)
  var finishSequence: SequenceNumber { sendBase + sendQueue.count }

  /// Whether this end's FIN was acknowledged.
  var isFinishAcknowledged: Bool {
    isFinishQueued && sndUna > finishSequence
  }

  /// The timestamp of a segment that leaves now: milliseconds (RFC 7323, 4.1 allows 1 ms to 1 s), from a random start.
  @inline(__always)
  func timestamp(at now: Instant) -> UInt32 {
    UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000) &+ timestampOffset
  }

  /// The window scale this end offers: what the receive buffer needs.
  static func shift(for buffer: Int) -> Int {
    var shift = 0
    while shift < 14, buffer >> shift > 0xFFFF { shift += 1 }
    return shift
  }

  /// Takes the other end's options from its SYN.
  func takeOptions(_ segment: TCPSegment, at now: Instant) {
    takeOptions(segment.options, sequence: segment.sequence, at: now)
  }

  /// Takes the options of the other end's SYN, which had this sequence number.
  func takeOptions(_ options: TCPOptions, sequence: SequenceNumber, at now: Instant) {
    let assumed = isIPv4 ? TCPConnection.defaultSegment : TCPConnection.defaultSegmentIPv6
    let offered = options.maximumSegmentSize ?? assumed
    segmentSize = min(
      max(offered, TCPConnection.smallestSegment), TCPConnection.largestSegment(isIPv4: isIPv4))
    if let timestamp = options.timestamp {
      isTimestamped = true
      recentTimestamp = timestamp.value
      recentTimestampTaken = now
      segmentSize = max(segmentSize - TCPOptions.timestampLength, TCPConnection.smallestSegment)
    }
    isSelective = options.permitsSelectiveAcknowledgment
    congestion = CongestionControl(
      segmentSize: segmentSize, initial: iss, algorithm: transport.limits.congestionControl)
    if let scale = options.windowScale {
      sndShift = scale
      rcvShift = TCPConnection.shift(for: receiveBuffer.limit)
    } else {
      sndShift = 0
      rcvShift = 0
    }
    irs = sequence
    rcvNxt = sequence + 1
    rcvAcknowledged = rcvNxt
    // What the SYN of this end offers, or offered.
    rcvEdge = rcvNxt + min(receiveLimit, 0xFFFF)
  }
}
