import LibraryOS

// One TCP connection: its state (RFC 9293, 3.3.1 and 3.3.2; variables have the names of 3.3.1) and what its user sees
// of it. Arriving segments: TCPConnection+Input. Sending: TCPConnection+Output. Timers: TCPConnection+Timers.

/// One TCP connection, open or half-open. LISTEN is the transport's, TIME-WAIT is a record in its table.
final class TCPConnection: ByteStream {
  /// The states of RFC 9293, 3.3.2, that need a connection.
  enum State: UInt8 {
    case closed, synSent, synReceived, established, finWait1, finWait2, closeWait, closing, lastAck

    /// Whether both sides know each other's sequence numbers.
    var isSynchronized: Bool { self != .closed && self != .synSent && self != .synReceived }
  }

  /// What the one timer of a connection is for. No two are needed at once.
  enum TimerPurpose: UInt8 {
    case none, retransmit, persist, finWait2
  }

  /// The largest segment sent and offered: 1500 bytes of datagram without both headers.
  static let largestSegment = InternetLayer.maximumPayload - TCPSegment.headerLength
  /// What the other end takes if it does not say (RFC 9293, 3.7.1).
  static let defaultSegment = 536
  /// A smaller offer is not believed: it would make this end send hundreds of headers for a page.
  static let smallestSegment = 64

  let remote: Endpoint
  let local: Endpoint
  let key: FlowKey
  let isActive: Bool
  /// Outlives every connection that is not closed: its end closes them.
  unowned(unsafe) let transport: TCPTransport
  var slot = -1
  var state: State
  var handler: (any StreamHandler)?
  /// The address of the next hop, kept so that no segment needs a lookup.
  var neighbor: Neighbor?

  // Sending.
  let iss: SequenceNumber
  var sndUna: SequenceNumber
  var sndNxt: SequenceNumber
  /// The highest sequence number sent and one: more than SND.NXT while something is sent again.
  var sndMax: SequenceNumber
  var sndWnd = 0
  var sndWl1 = SequenceNumber(0)
  var sndWl2 = SequenceNumber(0)
  var largestWindow = 0
  var sndShift = 0
  var segmentSize = TCPConnection.defaultSegment
  /// What was written and not acknowledged; its first byte has the sequence number `sendBase`.
  var sendBuffer: ByteRing
  var sendBase: SequenceNumber
  /// FIN follows what is queued.
  var isFinishQueued = false
  var congestion: CongestionControl
  var wantsSpace = false

  // Receiving.
  var irs = SequenceNumber(0)
  var rcvNxt = SequenceNumber(0)
  /// The end of the window last offered; it never goes back (RFC 9293, 3.8.6).
  var rcvEdge = SequenceNumber(0)
  var rcvShift = 0
  var receiveBuffer: ByteRing
  var reassembly = ReassemblyMap()
  /// Where the other end's FIN stands, once it was seen.
  var finish: SequenceNumber?

  // Timers.
  var timeout = RetransmissionTimeout()
  var timerPurpose = TimerPurpose.none
  var timerDeadline = Instant(nanoseconds: 0)
  var retries = 0
  var probes = 0
  /// The segment whose round trip is being measured.
  var timed: (sequence: SequenceNumber, sent: Instant)?
  var lastSent = Instant(nanoseconds: 0)
  var created: Instant
  var challengeAllowed = Instant(nanoseconds: 0)

  // What the next flush is to do.
  var isQueued = false
  var isAcknowledgmentDue = false
  var isSynchronizeDue = false
  var isRetransmissionDue = false

  /// A connection in SYN-SENT (`isActive`) or SYN-RECEIVED.
  init(
    remote: Endpoint, local: Endpoint, iss: SequenceNumber, isActive: Bool, transport: TCPTransport, at now: Instant
  ) {
    self.remote = remote
    self.local = local
    key = FlowKey(remote: remote, localPort: local.port)
    self.isActive = isActive
    self.transport = transport
    state = isActive ? .synSent : .synReceived
    self.iss = iss
    sndUna = iss
    sndNxt = iss
    sndMax = iss
    sendBase = iss + 1
    sendBuffer = ByteRing(limit: transport.limits.sendBuffer)
    receiveBuffer = ByteRing(limit: transport.limits.receiveBuffer)
    congestion = CongestionControl(segmentSize: TCPConnection.defaultSegment, initial: iss)
    created = now
    isSynchronizeDue = true
  }

  // MARK: ByteStream

  var readableCount: Int { receiveBuffer.count }

  var writableCount: Int {
    isWritable ? sendBuffer.space : 0
  }

  private var isWritable: Bool {
    guard !isFinishQueued else { return false }
    switch state {
    case .synSent, .synReceived, .established, .closeWait: return true
    default: return false
    }
  }

  func read(limit: Int) -> [UInt8] {
    let length = min(limit, receiveBuffer.count)
    guard length > 0 else { return [] }
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { target, initialized in
      if let start = target.baseAddress {
        receiveBuffer.copy(from: 0, count: length, to: UnsafeMutableRawPointer(start))
        initialized = length
      }
    }
    receiveBuffer.remove(length, isReleasable: reassembly.isEmpty)
    if state != .closed, isWindowUpdateDue {
      isAcknowledgmentDue = true
      transport.queue(self)
    }
    return bytes
  }

  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    guard isWritable, !bytes.isEmpty else { return 0 }
    let taken = bytes.withUnsafeBytes { sendBuffer.append($0) }
    if taken < bytes.count { wantsSpace = true }
    if taken > 0, state.isSynchronized { transport.queue(self) }
    return taken
  }

  func close() {
    guard !isFinishQueued, state != .closed else { return }
    isFinishQueued = true
    transport.queue(self)
  }

  func abort() {
    handler = nil
    guard state != .closed else { return }
    let now = transport.clock.now
    if state != .synSent { sendReset(at: now) }
    transport.detach(self)
  }

  // MARK: Windows

  /// The window to offer: what the receive buffer still takes, unless opening it by so little would invite small
  /// segments (RFC 9293, 3.8.6.2.2).
  var receiveWindow: Int {
    let offered = max(rcvEdge - rcvNxt, 0)
    let free = receiveBuffer.space
    let step = min(receiveBuffer.limit / 2, TCPConnection.largestSegment)
    return free - offered >= step ? min(free, 0xFFFF << rcvShift) : offered
  }

  /// Whether the other end should hear of the space that reading made: two segments' worth, or half of the buffer.
  private var isWindowUpdateDue: Bool {
    guard state == .established || state == .finWait1 || state == .finWait2 else { return false }
    let offered = max(rcvEdge - rcvNxt, 0)
    let gained = min(receiveBuffer.space, 0xFFFF << rcvShift) - offered
    return gained >= receiveBuffer.limit / 2
      || gained >= 2 * TCPConnection.largestSegment && offered < receiveBuffer.limit / 2
  }

  /// The window field, scaled, of a segment that does not synchronize; notes what is offered.
  func takeWindowField() -> Int {
    let field = min(receiveWindow >> rcvShift, 0xFFFF)
    let edge = rcvNxt + (field << rcvShift)
    if edge > rcvEdge { rcvEdge = edge }
    return field
  }

  /// Bytes sent and not acknowledged, as far as this pass over them has come.
  @inline(__always)
  var flight: Int { sndNxt - sndUna }

  /// Where this end's FIN stands; meaningful once it is queued.
  @inline(__always)
  var finishSequence: SequenceNumber { sendBase + sendBuffer.count }

  /// Whether this end's FIN was acknowledged.
  var isFinishAcknowledged: Bool {
    isFinishQueued && sndUna > finishSequence
  }

  /// The window scale this end offers: what the receive buffer needs.
  static func shift(for buffer: Int) -> Int {
    var shift = 0
    while shift < 14, buffer >> shift > 0xFFFF { shift += 1 }
    return shift
  }

  /// Takes the other end's options from its SYN.
  func takeOptions(_ segment: TCPSegment) {
    let offered = segment.maximumSegmentSize ?? TCPConnection.defaultSegment
    segmentSize = min(max(offered, TCPConnection.smallestSegment), TCPConnection.largestSegment)
    congestion = CongestionControl(segmentSize: segmentSize, initial: iss)
    if let scale = segment.windowScale {
      sndShift = scale
      rcvShift = TCPConnection.shift(for: receiveBuffer.limit)
    } else {
      sndShift = 0
      rcvShift = 0
    }
    irs = segment.sequence
    rcvNxt = segment.sequence + 1
    // What the SYN of this end offers, or offered.
    rcvEdge = rcvNxt + min(receiveBuffer.space, 0xFFFF)
  }
}
