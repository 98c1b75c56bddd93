import LibraryOS

// Sending (RFC 9293, 3.7 to 3.10): what is lost first, then what the windows allow, in segments as large as possible; no
// small segments into a small window (3.8.6.2.1); the Nagle algorithm is off (3.7.4 lets the user do so, and every user
// here writes whole messages).

extension TCPConnection {
  /// How long an acknowledgement waits for something to ride on (RFC 9293, 3.8.6.3: at most half a second).
  static let acknowledgmentDelay = TimeSpan.milliseconds(40)

  /// Sends everything that is due. Called by the transport, once for all that happened since the last time.
  func output(at now: Instant) {
    switch state {
    case .closed: return
    case .synSent, .synReceived:
      if isSynchronizeDue {
        isSynchronizeDue = false
        sendSynchronize(at: now)
      }
      isAcknowledgmentDue = false
      return
    default: break
    }
    if sentSegments.hasLost { resendLost(at: now) }
    if sendQueue.count > 0 || isFinishQueued { sendText(at: now) }
    if isAcknowledgmentDue { acknowledgeInTime(at: now) }
    if isTimerStale { setSendTimer(at: now) }
  }

  /// The most text that one frame may carry: one segment, or as many as the platform cuts a datagram into. No more than a
  /// third of the congestion window, so that what leaves is paced by acknowledgements.
  @inline(__always)
  private var largestBurst: Int {
    guard transport.internet.hasOffloads else { return segmentSize }
    let most = InternetLayer.largestDatagram - InternetLayer.headerLength(isIPv4: false) - TCPSegment.headerLength - 40
    let burst = min(most, max(congestion.window / 3, 2 * segmentSize))
    return burst / segmentSize * segmentSize
  }

  private func sendText(at now: Instant) {
    if flight == 0, lastSent + timeout.current < now { congestion.restartAfterIdle() }
    while true {
      let unsent = sendQueue.count - (sndNxt - sendBase)
      // Below zero: the FIN is out as well.
      guard unsent > 0 || unsent == 0 && isFinishQueued else { return }
      let out = flight
      let permitted = congestion.window - sentSegments.flight(segmentSize: isSelective ? 0 : segmentSize)
      let usable = max(min(sndWnd - out, permitted), 0)
      var length = min(unsent, largestBurst)
      if length > usable {
        length = usable > segmentSize ? usable / segmentSize * segmentSize : usable
        if length == 0 || length < segmentSize && length < largestWindow / 2 {
          if out == 0 { startPersisting(at: now) }
          return
        }
      }
      let isLast = length == unsent
      sendNew(length: length, isFinishing: isLast && isFinishQueued, isPushed: isLast, at: now)
      if isLast { return }
    }
  }

  /// Sends text, or FIN, for the first time.
  func sendNew(length: Int, isFinishing: Bool, isPushed: Bool, at now: Instant) {
    let end = sndNxt + length + (isFinishing ? 1 : 0)
    if sentSegments.isEmpty { retransmissionStart = now }
    sentSegments.append(sndNxt, end, at: now)
    sendSegment(at: sndNxt, length: length, isFinishing: isFinishing, isPushed: isPushed, at: now)
    sndNxt = end
    if sndMax < end { sndMax = end }
  }

  /// Sends what is lost again, as far as the congestion window allows; the first of it always.
  private func resendLost(at now: Instant) {
    var isFirst = !congestion.isRepairing || sentSegments.flight(segmentSize: 0) == 0
    while let lost = sentSegments.nextLost(limit: largestBurst) {
      let permitted = congestion.window - sentSegments.flight(segmentSize: isSelective ? 0 : segmentSize)
      var length = lost.end - lost.start
      if length > permitted {
        length = permitted / segmentSize * segmentSize
        if length <= 0 {
          guard isFirst else { return }
          length = min(lost.end - lost.start, segmentSize)
        }
      }
      isFirst = false
      resend(lost.start, lost.start + length, at: now)
    }
  }

  /// Sends bytes again that are part of one record.
  func resend(_ start: SequenceNumber, _ end: SequenceNumber, at now: Instant) {
    let isFinishing = isFinishQueued && end > finishSequence
    let textEnd = isFinishing ? finishSequence : end
    sentSegments.resend(start, end, at: now)
    transport.internet.counts.retransmitted &+= UInt64(segmentCount(textEnd - start))
    sendSegment(at: start, length: textEnd - start, isFinishing: isFinishing, isPushed: false, at: now)
  }

  /// How many segments so much text is on the link.
  @inline(__always)
  func segmentCount(_ length: Int) -> Int {
    length <= segmentSize ? 1 : (length + segmentSize - 1) / segmentSize
  }

  private func sendSegment(
    at sequence: SequenceNumber, length: Int, isFinishing: Bool, isPushed: Bool, at now: Instant
  ) {
    var flags: TCPFlags = .acknowledge
    if isPushed { flags.insert(.push) }
    if isFinishing {
      flags.insert(.finish)
      if state == .established { state = .finWait1 } else if state == .closeWait { state = .lastAck }
    }
    congestion.noteSent(length)
    lastSent = now
    isTimerStale = true
    transmit(flags, at: sequence, length: length, at: now)
  }

  private func sendSynchronize(at now: Instant) {
    let answers = state == .synReceived
    if retries == 0 { lastSent = now }
    sndNxt = iss + 1
    if sndMax < sndNxt { sndMax = sndNxt }
    var options = TCPOptions()
    options.maximumSegmentSize = TCPConnection.largestSegment(isIPv4: isIPv4)
    // An answer offers only what the question did (RFC 7323, 1.3 and 3.2; RFC 2018, 2).
    if !answers || rcvShift > 0 {
      options.windowScale = TCPConnection.shift(for: receiveBuffer.limit)
    }
    if !answers || isTimestamped {
      options.timestamp = TCPOptions.Timestamp(value: timestamp(at: now), echo: answers ? recentTimestamp : 0)
    }
    options.permitsSelectiveAcknowledgment = !answers || isSelective
    let window = min(receiveLimit, 0xFFFF)
    setTimer(.retransmit, after: timeout.current, at: now)
    let isAdmitted = transport.transmit(
      self, answers ? [.synchronize, .acknowledge] : .synchronize, sequence: iss,
      acknowledgment: answers ? rcvNxt : SequenceNumber(0), window: window, options: options, length: 0, at: now)
    if !isAdmitted, isActive, retries == 0 { transport.close(self, reason: .refused) }
  }

  // MARK: Acknowledgements

  /// Has the next flush acknowledge without delay: a gap, a window, the end, or what the other end must hear now.
  @inline(__always)
  func acknowledgeUrgently() {
    isAcknowledgmentDue = true
    isAcknowledgmentUrgent = true
  }

  /// Acknowledges at once where two segments wait for it, and else somewhat later (RFC 9293, 3.8.6.3; RFC 5681, 4.2).
  private func acknowledgeInTime(at now: Instant) {
    if isAcknowledgmentUrgent || promptAcknowledgments > 0
      || rcvNxt - rcvAcknowledged >= 2 * min(segmentSize, TCPConnection.largestSegment(isIPv4: isIPv4))
    {
      if promptAcknowledgments > 0 { promptAcknowledgments -= 1 }
      sendAcknowledgment(at: now)
    } else if acknowledgmentDeadline == nil {
      acknowledgmentDeadline = now + TCPConnection.acknowledgmentDelay
      transport.schedule(self)
    }
  }

  /// Sends an acknowledgement without text.
  func sendAcknowledgment(at now: Instant) {
    transmit(.acknowledge, at: sndNxt, length: 0, at: now)
  }

  /// Tells the other end that this connection is no more.
  func sendReset(at now: Instant) {
    guard sndMax > iss else { return }
    transport.internet.counts.resets &+= 1
    transmit([.reset, .acknowledge], at: sndNxt, length: 0, at: now)
  }

  /// Composes a segment with the window and acknowledgement of now. Whether a filter let it pass does not matter: what
  /// is refused is lost, and TCP mends that or gives up.
  func transmit(_ flags: TCPFlags, at sequence: SequenceNumber, length: Int, at now: Instant) {
    isAcknowledgmentDue = false
    isAcknowledgmentUrgent = false
    acknowledgmentDeadline = nil
    rcvAcknowledged = rcvNxt
    let window = takeWindowField()
    var options = TCPOptions()
    if isTimestamped { options.timestamp = TCPOptions.Timestamp(value: timestamp(at: now), echo: recentTimestamp) }
    _ = transport.transmit(
      self, flags, sequence: sequence, acknowledgment: rcvNxt, window: window, options: options, length: length,
      at: now)
  }
}
