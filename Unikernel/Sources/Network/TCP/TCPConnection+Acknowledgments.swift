import LibraryOS

// The ACK field of an arriving segment (RFC 9293, 3.10.7.4, fifth), and what it says of losses (RFC 2018, 5; RFC 8985,
// 6.2; RFC 6582, 3.2).

extension TCPConnection {
  /// Takes the acknowledgement of a segment; `false` if the segment is to be dropped.
  func receiveAcknowledgment(_ segment: TCPSegment, _ events: inout TCPEvents, at now: Instant) -> Bool {
    let ack = segment.acknowledgment
    if state == .synReceived {
      guard ack > sndUna, ack <= sndMax else {
        transport.reset(segment, from: remote, to: local, at: now)
        return false
      }
      if !isActive { transport.halfOpenEnded(self) }
      acknowledgeSynchronize(ack, at: now)
      establish(segment, &events)
      return true
    }
    guard ack <= sndMax, ack >= sndUna + -largestWindow else {
      challenge(at: now)
      return false
    }
    let window = segment.window << sndShift
    if ack > sndUna || segment.options.blocks.count > 0 {
      acknowledge(segment, &events, at: now)
    } else if ack == sndUna, segment.sequenceLength == 0, window == sndWnd, window > 0, !sentSegments.isEmpty,
      !isSelective
    {
      if sentSegments.duplicate(segmentSize: segmentSize), !congestion.isRepairing {
        congestion.loss(outstanding: sentSegments.outstanding, highest: sndMax)
      }
      transport.queue(self)
    }
    if ack >= sndUna, sndWl1 < segment.sequence || sndWl1 == segment.sequence && sndWl2 <= ack {
      if window > 0 { probes = 0 }
      if window > sndWnd, timerPurpose == .persist {
        timerPurpose = .none
        timeout.resetBackoff()
        isTimerStale = true
      }
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

  /// The SYN of this end was acknowledged.
  func acknowledgeSynchronize(_ ack: SequenceNumber, at now: Instant) {
    // A connection that a cookie stood for knows of no time.
    if retries == 0, lastSent.nanoseconds > 0 { timeout.sample(now - lastSent) }
    sndUna = ack
    if sndNxt < ack { sndNxt = ack }
    clearTimer()
  }

  /// Something was acknowledged, in turn or out of it.
  private func acknowledge(_ segment: TCPSegment, _ events: inout TCPEvents, at now: Instant) {
    let ack = segment.acknowledgment
    let isAdvancing = ack > sndUna
    let flightBefore = sentSegments.outstanding
    var delivery = SentSegments.Delivery()
    if isAdvancing {
      sndUna = ack
      if sndNxt < ack { sndNxt = ack }
      sentSegments.acknowledge(upTo: ack, at: now, &delivery)
      let bytes = min(ack - sendBase, sendQueue.count)
      if bytes > 0 {
        sendQueue.remove(bytes)
        sendBase += bytes
      }
      retries = 0
      timeout.resetBackoff()
      retransmissionStart = now
    }
    if isSelective { takeBlocks(segment.options, &delivery, at: now) }
    if let roundTrip = delivery.roundTrip {
      timeout.sample(roundTrip)
    } else if isAdvancing, isTimestamped, let echo = segment.options.timestamp?.echo, echo != 0 {
      // RFC 7323, 4.1: only the echo tells the round trip of what was sent twice.
      timeout.sample(.milliseconds(Int(timestamp(at: now) &- echo) & 0xFFFF))
    }
    settleLossProbe(upTo: ack, isDuplicate: delivery.isDuplicateReported, outstanding: flightBefore)
    findLosses(at: now)
    if congestion.isRecovering, isAdvancing, !isSelective, !sentSegments.isEmpty, !sentSegments.hasLost {
      sentSegments.loseFirst(segmentSize: segmentSize)
    }
    congestion.acknowledge(
      upTo: sndUna, bytes: delivery.bytes, flight: sentSegments.flight(segmentSize: isSelective ? 0 : segmentSize),
      flightBefore: flightBefore, roundTrip: timeout.roundTrip ?? TimeSpan(nanoseconds: 0), at: now)
    isTimerStale = true
    if wantsSpace, sendQueue.space >= sendQueue.limit / 4 {
      wantsSpace = false
      events.insert(.writable)
    }
  }

  /// Finds out what a loss probe did (RFC 8985, 7.4.2): one that repaired a loss which nothing else told of is a loss for
  /// congestion control; one that the other end got twice is none.
  private func settleLossProbe(upTo ack: SequenceNumber, isDuplicate: Bool, outstanding: Int) {
    guard let end = lossProbeEnd, ack >= end else { return }
    if isLossProbeRepeated, !isDuplicate {
      // The acknowledgement of the probe itself may still come, and tell.
      guard ack > end else { return }
      congestion.loss(outstanding: outstanding, highest: ack)
    }
    lossProbeEnd = nil
  }

  private func takeBlocks(_ options: TCPOptions, _ delivery: inout SentSegments.Delivery, at now: Instant) {
    var index = 0
    while let block = options.block(index) {
      // RFC 2883, 4: a first block below what is acknowledged tells of a duplicate.
      if index == 0, block.start < block.end, block.end <= sndUna { delivery.isDuplicateReported = true }
      sentSegments.sack(block.start, block.end, segmentSize: segmentSize, at: now, &delivery)
      index += 1
    }
  }

  /// Marks what is lost by now, and has the congestion window go down if that is new.
  func findLosses(at now: Instant) {
    guard isSelective, !sentSegments.isEmpty else {
      reorderingWait = nil
      return
    }
    let found = sentSegments.detectLosses(
      smoothed: timeout.roundTrip ?? .seconds(1), segmentSize: segmentSize, isRecovering: congestion.isRepairing,
      at: now)
    reorderingWait = found.wait
    if found.isLost { congestion.loss(outstanding: sentSegments.outstanding, highest: sndMax) }
  }
}
