import LibraryOS

// SEGMENT ARRIVES (RFC 9293, 3.10.7.3 and 3.10.7.4), with the checks of RFC 5961 (3.2 RST, 4.2 SYN, 5.2 ACK) and of
// RFC 7323 (5.3 PAWS). Acknowledgements: TCPConnection+Acknowledgments.

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
    lastReceived = now
    if timerPurpose == .keepAlive { retries = 0 }
    if state == .synSent {
      guard receiveInSynSent(segment, &events, at: now) else { return }
    } else {
      guard isAdmissible(segment, at: now), receiveAcknowledgment(segment, &events, at: now) else { return }
    }
    if state == .established || state == .finWait1 || state == .finWait2 {
      receiveText(segment, &events, at: now)
    }
    if state != .closed, isAcknowledgmentDue || isTimerStale || sendQueue.count > 0 || isFinishQueued {
      transport.queue(self)
    }
    if !events.isEmpty { transport.deliver(events, to: self) }
    keepFreshText()
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
    takeOptions(segment, at: now)
    if acknowledges {
      acknowledgeSynchronize(segment.acknowledgment, at: now)
      establish(segment, &events)
      acknowledgeUrgently()
      return true
    }
    // Both ends opened at once.
    state = .synReceived
    isSynchronizeDue = true
    transport.queue(self)
    return false
  }

  func establish(_ segment: TCPSegment, _ events: inout TCPEvents) {
    state = .established
    // The window field of a SYN is never scaled (RFC 7323, 2.2).
    sndWnd = segment.flags.contains(.synchronize) ? segment.window : segment.window << sndShift
    largestWindow = sndWnd
    sndWl1 = segment.sequence
    sndWl2 = segment.acknowledgment
    if retries > 0 { timeout.handshakeTimedOut() }
    retries = 0
    isTimerStale = true
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
    guard hasCurrentTimestamp(segment, at: now) else { return false }
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
        acknowledgeUrgently()
        transport.queue(self)
      } else {
        challenge(at: now)
      }
      return false
    }
    // RFC 7323, 4.3: of a segment that reaches the end of what was acknowledged.
    if let timestamp = segment.options.timestamp, segment.sequence <= rcvAcknowledged {
      recentTimestamp = timestamp.value
      recentTimestampTaken = now
    }
    return segment.flags.contains(.acknowledge)
  }

  /// Whether a segment is not an old duplicate with sequence numbers that fit again (RFC 7323, 5.3), and carries a
  /// timestamp if all do (3.2).
  private func hasCurrentTimestamp(_ segment: TCPSegment, at now: Instant) -> Bool {
    guard isTimestamped, !segment.flags.contains(.synchronize) else { return true }
    guard let timestamp = segment.options.timestamp else { return false }
    guard Int32(bitPattern: timestamp.value &- recentTimestamp) < 0 else { return true }
    // After 24 days the comparison says nothing (RFC 7323, 5.5).
    guard recentTimestampTaken + .seconds(24 * 86_400) > now else { return true }
    if segment.sequenceLength > 0 {
      acknowledgeUrgently()
      transport.queue(self)
    }
    return false
  }

  /// Says where this end stands (RFC 5961, 7), at most twice a second.
  func challenge(at now: Instant) {
    guard challengeAllowed <= now else { return }
    challengeAllowed = now + .milliseconds(500)
    transport.internet.counts.challenges &+= 1
    acknowledgeUrgently()
    transport.queue(self)
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
    if text.count > 0, transport.isUnderPressure {
      // All connections together hold too much: what a waiting reader takes is still welcome, and little else.
      let bound = readableCount == 0 && start == rcvNxt ? TCPConnection.pressedText : 0
      if text.count > bound { text = UnsafeRawBufferPointer(rebasing: text[0..<bound]) }
    }
    if text.count > 0 {
      let offset = start - rcvNxt
      let fillsGap = offset == 0 && !reassembly.isEmpty
      if offset == 0 {
        receiveInOrder(text, &events)
      } else if reassembly.insert(start, start + text.count) {
        let place = readableCount + offset
        changeBuffer { $0.place(text, at: place) }
      }
      // RFC 5681, 4.2: a gap is told at once, and so is that one was filled in part.
      if offset > 0 { sendAcknowledgment(at: now) } else if fillsGap { acknowledgeUrgently() }
    } else if segment.payload.count > 0 {
      // Nothing new in it: our acknowledgement was lost, or there is no room.
      acknowledgeUrgently()
    }
    if segment.flags.contains(.finish) { acknowledgeUrgently() }
    if let finish, finish == rcvNxt { receiveFinish(&events, at: now) }
  }

  /// What is taken at once of a segment for a reader that waits, while all connections together hold too much.
  private static let pressedText = 2048

  private func receiveInOrder(_ text: UnsafeRawBufferPointer, _ events: inout TCPEvents) {
    events.insert(.readable)
    if receiveBuffer.count == 0, reassembly.isEmpty {
      freshText = text
      rcvNxt += text.count
      return
    }
    changeBuffer { rcvNxt += $0.append(text) }
    if !reassembly.isEmpty {
      let more = reassembly.takeRun(at: rcvNxt)
      receiveBuffer.extend(by: more)
      rcvNxt += more
    }
  }

  private func receiveFinish(_ events: inout TCPEvents, at now: Instant) {
    rcvNxt += 1
    if rcvEdge < rcvNxt { rcvEdge = rcvNxt }
    reassembly.removeAll()
    acknowledgeUrgently()
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
