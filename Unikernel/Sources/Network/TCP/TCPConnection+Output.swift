import LibraryOS

// Sending (RFC 9293, 3.7 to 3.10): what the windows allow, in segments as large as possible; no small segments into a
// small window (3.8.6.2.1); the Nagle algorithm is off (3.7.4 lets the user do so, and every user here writes whole
// messages).

extension TCPConnection {
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
    if isRetransmissionDue {
      isRetransmissionDue = false
      retransmitFirst(at: now)
    }
    if sendBuffer.count > 0 || isFinishQueued { sendText(at: now) }
    if isAcknowledgmentDue { sendAcknowledgment(at: now) }
  }

  private func sendText(at now: Instant) {
    if sndNxt == sndMax, flight == 0, lastSent + timeout.current < now { congestion.restartAfterIdle() }
    while true {
      let unsent = sendBuffer.count - (sndNxt - sendBase)
      // Below zero: the FIN is out as well.
      guard unsent > 0 || unsent == 0 && isFinishQueued else { return }
      let usable = max(min(sndWnd, congestion.allowance) - flight, 0)
      var length = min(unsent, segmentSize)
      if length > usable {
        length = usable
        if length == 0 || length < largestWindow / 2 {
          if flight == 0 { startPersisting(at: now) }
          return
        }
      }
      let isLast = length == unsent
      sendSegment(
        at: sndNxt, length: length, isFinishing: isLast && isFinishQueued, isPushed: isLast, at: now)
      if isLast { return }
    }
  }

  /// Sends the first unacknowledged segment again (RFC 5681, 3.2), without touching SND.NXT.
  private func retransmitFirst(at now: Instant) {
    guard sndMax > sndUna else { return }
    let length = min(sendBuffer.count, segmentSize, sndMax - sndUna)
    let resumed = sndNxt
    sndNxt = sndUna
    sendSegment(
      at: sndUna, length: length,
      isFinishing: isFinishQueued && length == sendBuffer.count && sndMax > finishSequence, isPushed: false, at: now)
    if resumed > sndNxt { sndNxt = resumed }
    setTimer(.retransmit, after: timeout.current, at: now)
  }

  /// Sends one segment and moves SND.NXT behind it.
  func sendSegment(at sequence: SequenceNumber, length: Int, isFinishing: Bool, isPushed: Bool, at now: Instant) {
    var flags: TCPFlags = .acknowledge
    if isPushed { flags.insert(.push) }
    if isFinishing {
      flags.insert(.finish)
      if state == .established { state = .finWait1 } else if state == .closeWait { state = .lastAck }
    }
    if sequence < sndMax {
      transport.internet.counts.retransmitted &+= 1
      if let measured = timed, measured.sequence >= sequence { timed = nil }
    } else if timed == nil {
      timed = (sequence, now)
    }
    transmit(flags, at: sequence, length: length, at: now)
    sndNxt = sequence + length + (isFinishing ? 1 : 0)
    if sndMax < sndNxt { sndMax = sndNxt }
    lastSent = now
    if timerPurpose != .retransmit { setTimer(.retransmit, after: timeout.current, at: now) }
  }

  private func sendSynchronize(at now: Instant) {
    let answers = state == .synReceived
    if retries == 0, sndMax == iss { timed = (iss, now) } else { timed = nil }
    sndNxt = iss + 1
    if sndMax < sndNxt { sndMax = sndNxt }
    let shift = TCPConnection.shift(for: receiveBuffer.limit)
    // An answer offers scaling only where the question did (RFC 7323, 1.3).
    let isScaled = !answers || rcvShift > 0
    let window = min(receiveBuffer.space, 0xFFFF)
    setTimer(.retransmit, after: timeout.current, at: now)
    let isAdmitted = transport.transmit(
      self, answers ? [.synchronize, .acknowledge] : .synchronize, sequence: iss,
      acknowledgment: answers ? rcvNxt : SequenceNumber(0), window: window, windowScale: isScaled ? shift : nil,
      length: 0, at: now)
    if !isAdmitted, isActive, retries == 0 { transport.close(self, reason: .refused) }
  }

  /// Sends an acknowledgement without text.
  func sendAcknowledgment(at now: Instant) {
    transmit(.acknowledge, at: sndMax, length: 0, at: now)
  }

  /// Tells the other end that this connection is no more.
  func sendReset(at now: Instant) {
    guard sndMax > iss else { return }
    transport.internet.counts.resets &+= 1
    transmit([.reset, .acknowledge], at: sndNxt, length: 0, at: now)
  }

  /// Composes a segment with the window and acknowledgement of now. Whether a filter let it pass does not matter: what
  /// is refused is lost, and TCP mends that or gives up.
  private func transmit(_ flags: TCPFlags, at sequence: SequenceNumber, length: Int, at now: Instant) {
    isAcknowledgmentDue = false
    let window = takeWindowField()
    _ = transport.transmit(
      self, flags, sequence: sequence, acknowledgment: rcvNxt, window: window, windowScale: nil, length: length, at: now
    )
  }
}
