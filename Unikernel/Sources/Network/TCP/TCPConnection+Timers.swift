import LibraryOS

// Timers: retransmission (RFC 6298, 5), zero-window probes (RFC 9293, 3.8.6.1), giving up (3.8.3), and an end to
// FIN-WAIT-2.

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

  func setTimer(_ purpose: TimerPurpose, after time: TimeSpan, at now: Instant) {
    timerPurpose = purpose
    timerDeadline = now + time
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

  /// The timer's time has come.
  func timerFired(at now: Instant) {
    let purpose = timerPurpose
    timerPurpose = .none
    switch purpose {
    case .none: break
    case .retransmit: retransmissionTimedOut(at: now)
    case .persist: probe(at: now)
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
    timed = nil
    timeout.backOff()
    if state == .synSent || state == .synReceived {
      isSynchronizeDue = true
    } else {
      congestion.timeOut(flight: sndMax - sndUna, highest: sndMax, isFirst: retries == 1)
      // Everything after the last acknowledgement is sent again, as the congestion window allows.
      sndNxt = sndUna
      isRetransmissionDue = false
    }
    transport.queue(self)
  }

  private func probe(at now: Instant) {
    guard sendBuffer.count > 0, sndNxt == sndUna else { return }
    probes += 1
    if probes > TCPConnection.maximumProbes {
      sendReset(at: now)
      transport.close(self, reason: .timedOut)
      return
    }
    if sndWnd > 0 {
      // A small window that stays small: it is used after all (RFC 9293, 3.8.6.2.1, the override timeout).
      let length = min(sndWnd, sendBuffer.count, segmentSize)
      sendSegment(
        at: sndUna, length: length, isFinishing: isFinishQueued && length == sendBuffer.count, isPushed: true, at: now)
      return
    }
    // One byte beyond the window. It does not count as sent; if it is taken all the same, its acknowledgement is valid.
    sendSegment(at: sndUna, length: 1, isFinishing: false, isPushed: false, at: now)
    sndNxt = sndUna
    timed = nil
    timeout.backOff()
    setTimer(.persist, after: timeout.current, at: now)
  }
}
