import LibraryOS

// SEGMENT ARRIVES (RFC 9293, 3.10.7.3 and 3.10.7.4), with the checks of RFC 5961 (3.2 RST, 4.2 SYN, 5.2 ACK).

/// What a segment led to that the user is told of, after the connection's state is settled.
struct TCPEvents: OptionSet {
  let rawValue: UInt8
  static let established = TCPEvents(rawValue: 1)
  static let readable = TCPEvents(rawValue: 2)
  static let ended = TCPEvents(rawValue: 4)
  static let writable = TCPEvents(rawValue: 8)
  static let finished = TCPEvents(rawValue: 16)
}

extension TCPConnection {
  /// Takes a segment of this connection.
  func receive(_ segment: TCPSegment, at now: Instant) {
    var events: TCPEvents = []
    if state == .synSent {
      guard receiveInSynSent(segment, &events, at: now) else { return }
    } else {
      guard isAdmissible(segment, at: now), receiveAcknowledgment(segment, &events, at: now) else { return }
    }
    if state == .established || state == .finWait1 || state == .finWait2 {
      receiveText(segment, &events, at: now)
    }
    if state != .closed, isAcknowledgmentDue || sendBuffer.count > 0 || isFinishQueued { transport.queue(self) }
    if !events.isEmpty { transport.deliver(events, to: self) }
  }

  // MARK: SYN-SENT (3.10.7.3)

  private func receiveInSynSent(_ segment: TCPSegment, _ events: inout TCPEvents, at now: Instant) -> Bool {
    let acknowledges = segment.flags.contains(.acknowledge)
    if acknowledges, segment.acknowledgment <= iss || segment.acknowledgment > sndMax {
      if !segment.flags.contains(.reset) { transport.reset(segment, from: remote, to: local, at: now) }
      return false
    }
    if segment.flags.contains(.reset) {
      if acknowledges { transport.close(self, reason: .refused) }
      return false
    }
    guard segment.flags.contains(.synchronize) else { return false }
    takeOptions(segment)
    if acknowledges {
      acknowledge(segment.acknowledgment, &events, at: now)
      establish(segment, &events)
      isAcknowledgmentDue = true
      return true
    }
    // Both ends opened at once.
    state = .synReceived
    isSynchronizeDue = true
    transport.queue(self)
    return false
  }

  private func establish(_ segment: TCPSegment, _ events: inout TCPEvents) {
    state = .established
    // The window field of a SYN is never scaled (RFC 7323, 2.2).
    sndWnd = segment.flags.contains(.synchronize) ? segment.window : segment.window << sndShift
    largestWindow = sndWnd
    sndWl1 = segment.sequence
    sndWl2 = segment.acknowledgment
    if retries > 0 { timeout.handshakeTimedOut() }
    retries = 0
    events.insert(.established)
  }

  // MARK: Sequence number, RST, SYN (3.10.7.4, first to fourth)

  private func isAdmissible(_ segment: TCPSegment, at now: Instant) -> Bool {
    let window = max(rcvEdge - rcvNxt, 0)
    let ahead = segment.sequence - rcvNxt
    let length = segment.sequenceLength
    if segment.flags.contains(.reset) {
      // RFC 5961, 3.2: only the exact number resets; another in the window is challenged.
      if ahead == 0 {
        transport.close(self, reason: state == .synReceived && isActive ? .refused : .reset)
      } else if ahead > 0, ahead < window {
        challenge(at: now)
      }
      return false
    }
    if segment.flags.contains(.synchronize) {
      if state == .synReceived, segment.sequence == irs, !segment.flags.contains(.acknowledge) {
        // The SYN again: our answer was lost.
        isSynchronizeDue = true
        transport.queue(self)
        return false
      }
      if state == .synReceived, isActive, segment.sequence == irs {
        // The answer to our SYN after both ends had opened at once; its acknowledgement counts.
        return true
      }
      challenge(at: now)
      return false
    }
    let isAcceptable: Bool
    if length == 0 {
      isAcceptable = ahead == 0 || ahead > 0 && ahead <= window
    } else if window == 0 {
      // Nothing can be taken, but what it acknowledges counts.
      isAcceptable = ahead == 0
    } else {
      isAcceptable = ahead < window && ahead + length > 0
    }
    guard isAcceptable else {
      if length > 0 {
        isAcknowledgmentDue = true
        transport.queue(self)
      } else {
        challenge(at: now)
      }
      return false
    }
    return segment.flags.contains(.acknowledge)
  }

  /// Says where this end stands (RFC 5961, 7), at most twice a second.
  private func challenge(at now: Instant) {
    guard challengeAllowed <= now else { return }
    challengeAllowed = now + .milliseconds(500)
    transport.internet.counts.challenges &+= 1
    isAcknowledgmentDue = true
    transport.queue(self)
  }

  // MARK: ACK (3.10.7.4, fifth)

  private func receiveAcknowledgment(_ segment: TCPSegment, _ events: inout TCPEvents, at now: Instant) -> Bool {
    let ack = segment.acknowledgment
    if state == .synReceived {
      guard ack > sndUna, ack <= sndMax else {
        transport.reset(segment, from: remote, to: local, at: now)
        return false
      }
      if !isActive { transport.halfOpenEnded(self) }
      acknowledge(ack, &events, at: now)
      establish(segment, &events)
      return true
    }
    guard ack <= sndMax, ack >= sndUna + -largestWindow else {
      challenge(at: now)
      return false
    }
    let window = segment.window << sndShift
    if ack > sndUna {
      acknowledge(ack, &events, at: now)
    } else if ack == sndUna, segment.sequenceLength == 0, window == sndWnd, window > 0,
      sndMax > sndUna
    {
      let reaction = congestion.duplicate(acknowledging: ack, flight: sndMax - sndUna, highest: sndMax)
      if reaction == .retransmit { isRetransmissionDue = true }
      transport.queue(self)
    }
    if ack >= sndUna, sndWl1 < segment.sequence || sndWl1 == segment.sequence && sndWl2 <= ack {
      if window > sndWnd, sendBuffer.count > 0 { transport.queue(self) }
      if window > 0 { probes = 0 }
      sndWnd = window
      largestWindow = max(largestWindow, window)
      sndWl1 = segment.sequence
      sndWl2 = ack
    }
    guard isFinishAcknowledged else { return true }
    switch state {
    case .finWait1:
      state = .finWait2
      setTimer(.finWait2, after: TCPConnection.finWait2Limit, at: now)
    case .closing:
      transport.enterTimeWait(self, at: now)
      events.insert(.finished)
    case .lastAck:
      transport.detach(self)
      events.insert(.finished)
    default: break
    }
    return true
  }

  /// New data, or the SYN or FIN, was acknowledged.
  private func acknowledge(_ ack: SequenceNumber, _ events: inout TCPEvents, at now: Instant) {
    let flightBefore = sndMax - sndUna
    let count = ack - sndUna
    if let measured = timed, ack > measured.sequence {
      timeout.sample(now - measured.sent)
      timed = nil
    }
    let wasSynchronizing = sndUna == iss
    sndUna = ack
    if sndNxt < ack { sndNxt = ack }
    let bytes = min(ack - sendBase, sendBuffer.count)
    if bytes > 0 {
      sendBuffer.remove(bytes, isReleasable: true)
      sendBase += bytes
    }
    if !wasSynchronizing {
      let reaction = congestion.acknowledge(count, upTo: ack, flight: flightBefore)
      if reaction == .retransmit { isRetransmissionDue = true }
      retries = 0
    }
    timeout.resetBackoff()
    if sndUna == sndMax {
      clearTimer()
    } else {
      setTimer(.retransmit, after: timeout.current, at: now)
    }
    if wantsSpace, sendBuffer.space >= sendBuffer.limit / 4 {
      wantsSpace = false
      events.insert(.writable)
    }
  }

  // MARK: Text and FIN (3.10.7.4, seventh and eighth)

  private func receiveText(_ segment: TCPSegment, _ events: inout TCPEvents, at now: Instant) {
    var start = segment.sequence
    if segment.flags.contains(.synchronize) { start += 1 }
    var text = segment.payload
    if segment.flags.contains(.finish), finish == nil, start + text.count <= rcvEdge, start + text.count >= rcvNxt {
      finish = start + text.count
    }
    if text.count > 0 {
      isAcknowledgmentDue = true
      if state == .finWait2 { setTimer(.finWait2, after: TCPConnection.finWait2Limit, at: now) }
      if start < rcvNxt {
        let known = min(rcvNxt - start, text.count)
        text = text.suffix(from: known)
        start += known
      }
      let room = max(rcvEdge - start, 0)
      if text.count > room { text = UnsafeRawBufferPointer(rebasing: text[0..<room]) }
    }
    if text.count > 0 {
      let offset = start - rcvNxt
      if offset == 0 {
        receiveInOrder(text, &events)
      } else if reassembly.insert(start, start + text.count) {
        receiveBuffer.place(text, at: receiveBuffer.count + offset)
      }
      // RFC 5681, 3.2: a gap is told at once, and so is that one was filled in part.
      if offset > 0 || !reassembly.isEmpty { sendAcknowledgment(at: now) }
    }
    if segment.flags.contains(.finish) { isAcknowledgmentDue = true }
    if let finish, finish == rcvNxt { receiveFinish(&events, at: now) }
  }

  private func receiveInOrder(_ text: UnsafeRawBufferPointer, _ events: inout TCPEvents) {
    let taken = receiveBuffer.append(text)
    rcvNxt += taken
    if !reassembly.isEmpty {
      let more = reassembly.takeRun(at: rcvNxt)
      receiveBuffer.extend(by: more)
      rcvNxt += more
    }
    if taken > 0 { events.insert(.readable) }
  }

  private func receiveFinish(_ events: inout TCPEvents, at now: Instant) {
    rcvNxt += 1
    if rcvEdge < rcvNxt { rcvEdge = rcvNxt }
    reassembly.removeAll()
    isAcknowledgmentDue = true
    events.insert(.ended)
    switch state {
    case .established: state = .closeWait
    case .finWait1: state = .closing
    case .finWait2:
      transport.enterTimeWait(self, at: now)
      events.insert(.finished)
    default: break
    }
  }
}
