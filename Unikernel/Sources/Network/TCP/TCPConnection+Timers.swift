import LibraryOS

// Timers: retransmission (RFC 6298, 5), loss probes and reordering (RFC 8985, 7 and 6.2), delayed acknowledgements and
// zero-window probes (RFC 9293, 3.8.6), giving up (3.8.3), keep-alive (3.8.4), and an end to FIN-WAIT-2.

extension TCPConnection {
  /// Retransmissions before a connection is given up: at the shortest timeout, some 160 s (RFC 9293, 3.8.3: R2).
  static let maximumRetries = 10
  /// SYNs sent again before an attempt is given up: 63 s.
  static let maximumSynchronizeRetries = 5
  /// Answers to a SYN sent again before a half-open connection is given up: 15 s.
  static let maximumAnswerRetries = 3
  /// Probes of a closed window before a connection is given up, even if they are answered: otherwise a peer that reads
  /// nothing would hold memory for ever. More than twelve minutes.
  static let maximumProbes = 18
  /// How long a closed connection waits in FIN-WAIT-2 for the other end to close as well, with nothing heard.
  static let finWait2Limit = TimeSpan.seconds(120)
  /// How long an end may delay the acknowledgement of a single segment (RFC 8985, 7.2: TLP.max_ack_delay).
  static let assumedDelay = TimeSpan.milliseconds(50)
  /// Unanswered keep-alive probes before a connection is given up, and the time between them.
  static let maximumKeepAlives = 5
  static let keepAliveInterval = TimeSpan.seconds(15)

  func setTimer(_ purpose: TimerPurpose, after time: TimeSpan, at now: Instant) {
    timerPurpose = purpose
    timerDeadline = now + time
    transport.schedule(self)
  }

  /// When the wheel is to look at this connection.
  var nextDeadline: Instant? {
    guard timerPurpose != .none else { return acknowledgmentDeadline }
    guard let acknowledgmentDeadline else { return timerDeadline }
    return min(timerDeadline, acknowledgmentDeadline)
  }

  /// Sets the timer that what is out calls for: for reordering, a loss probe, or retransmission.
  func setSendTimer(at now: Instant) {
    isTimerStale = false
    guard state.isSynchronized else { return }
    guard !sentSegments.isEmpty else {
      if timerPurpose != .persist, timerPurpose != .finWait2 { setKeepAlive(at: now) }
      return
    }
    let retransmission = retransmissionStart + timeout.current
    if let wait = reorderingWait {
      timerPurpose = .reordering
      timerDeadline = min(now + wait, retransmission)
    } else if let probe = lossProbeTime, probe < retransmission {
      timerPurpose = .lossProbe
      timerDeadline = max(probe, now)
    } else {
      timerPurpose = .retransmit
      timerDeadline = retransmission
    }
    transport.schedule(self)
  }

  /// When a loss at the end of what is out should be probed for (RFC 8985, 7.2).
  private var lossProbeTime: Instant? {
    guard isSelective, lossProbeEnd == nil, !congestion.isRepairing, retries == 0, let roundTrip = timeout.roundTrip
    else { return nil }
    var wait = 2 * roundTrip.nanoseconds
    if sentSegments.outstanding <= segmentSize { wait += TCPConnection.assumedDelay.nanoseconds }
    return lastSent + TimeSpan(nanoseconds: wait)
  }

  private func setKeepAlive(at now: Instant) {
    guard let idle = transport.limits.keepAlive else {
      timerPurpose = .none
      return
    }
    timerPurpose = .keepAlive
    timerDeadline = max(lastReceived + idle, now + TimeSpan(nanoseconds: 1))
    transport.schedule(self)
  }

  /// The wheel may still look once; it finds nothing to do.
  func clearTimer() {
    timerPurpose = .none
  }

  /// Data waits, and the window is closed or too small to be used, with nothing in flight whose acknowledgement would
  /// tell that it opened.
  func startPersisting(at now: Instant) {
    guard timerPurpose != .persist else { return }
    retries = 0
    setTimer(.persist, after: timeout.current, at: now)
  }

  /// The wheel looks at this connection.
  func timePassed(at now: Instant) {
    if let deadline = acknowledgmentDeadline, deadline <= now { sendAcknowledgment(at: now) }
    if timerPurpose != .none, timerDeadline <= now { timerFired(at: now) }
    if state != .closed, nextDeadline != nil { transport.schedule(self) }
  }

  private func timerFired(at now: Instant) {
    let purpose = timerPurpose
    timerPurpose = .none
    switch purpose {
    case .none: break
    case .retransmit: retransmissionTimedOut(at: now)
    case .lossProbe: probeLoss(at: now)
    case .reordering:
      if retransmissionStart + timeout.current <= now {
        retransmissionTimedOut(at: now)
      } else {
        findLosses(at: now)
        isTimerStale = true
        transport.queue(self)
      }
    case .persist: probeWindow(at: now)
    case .keepAlive: keepAlive(at: now)
    case .finWait2:
      sendReset(at: now)
      transport.close(self, reason: .timedOut)
    }
  }

  private func retransmissionTimedOut(at now: Instant) {
    retries += 1
    let limit: Int
    switch state {
    case .synSent: limit = TCPConnection.maximumSynchronizeRetries
    case .synReceived: limit = TCPConnection.maximumAnswerRetries
    default: limit = TCPConnection.maximumRetries
    }
    if retries > limit {
      transport.close(self, reason: .timedOut)
      return
    }
    timeout.backOff()
    if state == .synSent || state == .synReceived {
      isSynchronizeDue = true
    } else {
      congestion.timeOut(outstanding: sentSegments.outstanding, highest: sndMax, isFirst: retries == 1)
      // Everything after the last acknowledgement is sent again, as the congestion window allows.
      sentSegments.loseAll()
      reorderingWait = nil
      lossProbeEnd = nil
      retransmissionStart = now
      isTimerStale = true
    }
    transport.queue(self)
  }

  /// Sends something whose acknowledgement tells whether the last segments are lost (RFC 8985, 7.3): new text, or the end
  /// of what is out.
  private func probeLoss(at now: Instant) {
    isTimerStale = true
    transport.queue(self)
    let unsent = sendQueue.count - (sndNxt - sendBase)
    let window = sndWnd - flight
    isLossProbeRepeated = unsent <= 0 || window <= 0
    if !isLossProbeRepeated {
      let length = min(unsent, segmentSize, window)
      sendNew(
        length: length, isFinishing: isFinishQueued && length == unsent, isPushed: length == unsent, at: now)
    } else if let last = sentSegments.last(limit: segmentSize) {
      resend(last.start, last.end, at: now)
    }
    lossProbeEnd = sndNxt
    // The retransmission timer runs from the probe on (RFC 8985, 7.3).
    retransmissionStart = now
  }

  private func probeWindow(at now: Instant) {
    guard sendQueue.count > 0, sndNxt == sndUna else { return }
    probes += 1
    if probes > TCPConnection.maximumProbes {
      sendReset(at: now)
      transport.close(self, reason: .timedOut)
      return
    }
    if sndWnd > 0 {
      // A small window that stays small: it is used after all (RFC 9293, 3.8.6.2.1, the override timeout).
      let length = min(sndWnd, sendQueue.count, segmentSize)
      sendNew(length: length, isFinishing: isFinishQueued && length == sendQueue.count, isPushed: true, at: now)
      setSendTimer(at: now)
      return
    }
    // One byte beyond the window. It does not count as sent; if it is taken all the same, its acknowledgement is valid.
    transmit(.acknowledge, at: sndUna, length: 1, at: now)
    if sndMax == sndUna { sndMax = sndUna + 1 }
    timeout.backOff()
    setTimer(.persist, after: timeout.current, at: now)
  }

  /// Asks an end that has been silent for long whether it is still there.
  private func keepAlive(at now: Instant) {
    guard let idle = transport.limits.keepAlive else { return }
    if lastReceived + idle > now {
      retries = 0
      setKeepAlive(at: now)
      return
    }
    retries += 1
    if retries > TCPConnection.maximumKeepAlives {
      sendReset(at: now)
      transport.close(self, reason: .timedOut)
      return
    }
    transmit(.acknowledge, at: sndUna + -1, length: 0, at: now)
    setTimer(.keepAlive, after: TCPConnection.keepAliveInterval, at: now)
  }
}
