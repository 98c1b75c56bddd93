import LibraryOS

// Segments that belong to no connection (RFC 9293, 3.10.7.1, 3.10.7.2), TIME-WAIT (3.10.7.4; RFC 1337: a reset does
// not end it; RFC 1122, 4.2.2.13: a later SYN does), and what all segments have in common on their way out.

extension TCPTransport {
  /// Takes a segment that the filters let in.
  @inline(__always)
  func receive(_ segment: TCPSegment, of packet: IPPacket, at now: Instant) {
    let remote = Endpoint(packet.source, port: segment.sourcePort)
    let key = FlowKey(remote: remote, localPort: segment.destinationPort, localNumber: packet.localNumber)
    if let connection = table.find(key) {
      connection.receive(segment, at: now)
    } else {
      receiveUnconnected(
        segment, key: key, remote: remote, local: Endpoint(packet.destination, port: segment.destinationPort),
        at: now)
    }
  }

  private func receiveUnconnected(
    _ segment: TCPSegment, key: FlowKey, remote: Endpoint, local: Endpoint, at now: Instant
  ) {
    var iss: SequenceNumber?
    if let index = timeWaits.find(key, at: now) {
      let record = timeWaits[index]
      guard isReopening(segment, record) else {
        receiveInTimeWait(segment, record, remote: remote, local: local, at: now)
        return
      }
      // Numbers that the old connection cannot have used.
      iss = record.sndNxt + 65536 + Int(random.next() & 0xFF_FFFF)
      timeWaits.remove(key)
    }
    if segment.flags.contains(.reset) { return }
    guard acceptor(port: local.port) != nil else {
      reset(segment, from: remote, to: local, at: now)
      return
    }
    if segment.flags.contains(.acknowledge) {
      if !confirmCookie(segment, key: key, remote: remote, local: local, at: now) {
        reset(segment, from: remote, to: local, at: now)
      }
      return
    }
    guard segment.flags.contains(.synchronize), !segment.flags.contains(.finish) else { return }
    guard
      let connection = addHalfOpen(
        remote: remote, local: local, key: key, iss: iss ?? SequenceNumber(random.next()), at: now)
    else {
      if table.isFull || !sendCookie(segment, key: key, remote: remote, local: local, at: now) {
        internet.counts.refused &+= 1
      }
      return
    }
    connection.takeOptions(segment, at: now)
    queue(connection)
  }

  // MARK: Cookies

  /// Answers a SYN that there is no room to remember; `false` if that is not possible.
  private func sendCookie(
    _ segment: TCPSegment, key: FlowKey, remote: Endpoint, local: Endpoint, at now: Instant
  ) -> Bool {
    let scale = TCPConnection.shift(for: limits.receiveBuffer)
    guard let cookie = cookies.make(for: segment, key, windowScale: scale, at: now) else { return false }
    internet.counts.cookies &+= 1
    transmit(
      [.synchronize, .acknowledge], from: local, to: remote, sequence: cookie.sequence,
      acknowledgment: segment.sequence + 1, window: min(NetworkLimits.initialWindow, 0xFFFF), options: cookie.options,
      at: now)
    return true
  }

  /// Makes the connection that a cookie stood for; `false` if the segment does not acknowledge one.
  private func confirmCookie(
    _ segment: TCPSegment, key: FlowKey, remote: Endpoint, local: Endpoint, at now: Instant
  ) -> Bool {
    guard !segment.flags.contains(.synchronize), let options = cookies.check(segment, key, at: now),
      let connection = addConfirmed(
        remote: remote, local: local, key: key, cookie: segment.acknowledgment + -1, at: now)
    else { return false }
    connection.takeOptions(options, sequence: segment.sequence + -1, at: now)
    connection.receive(segment, at: now)
    return true
  }

  // MARK: TIME-WAIT

  private func isReopening(_ segment: TCPSegment, _ record: TimeWaitRecord) -> Bool {
    segment.flags.intersection([.synchronize, .acknowledge, .reset]) == .synchronize
      && segment.sequence > record.rcvNxt && acceptor(port: segment.destinationPort) != nil
  }

  private func receiveInTimeWait(
    _ segment: TCPSegment, _ record: TimeWaitRecord, remote: Endpoint, local: Endpoint, at now: Instant
  ) {
    // Only a segment that says something is answered, or two ends in this state would answer each other for ever.
    guard !segment.flags.contains(.reset), segment.sequenceLength > 0 || segment.sequence != record.rcvNxt else {
      return
    }
    var options = TCPOptions()
    if let kept = record.timestamp {
      options.timestamp = TCPOptions.Timestamp(
        value: UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000) &+ kept.value,
        echo: segment.options.timestamp?.value ?? kept.echo)
    }
    transmit(
      .acknowledge, from: local, to: remote, sequence: record.sndNxt, acknowledgment: record.rcvNxt,
      window: Int(record.window), options: options, at: now)
  }

  /// Keeps what TIME-WAIT needs of a connection, and lets it go.
  func enterTimeWait(_ connection: TCPConnection, at now: Instant) {
    if connection.isAcknowledgmentDue { connection.sendAcknowledgment(at: now) }
    let window = UInt16(truncatingIfNeeded: connection.takeWindowField())
    timeWaits.insert(
      connection.key, sndNxt: connection.sndMax, rcvNxt: connection.rcvNxt, window: window,
      timestamp: connection.isTimestamped
        ? TCPOptions.Timestamp(value: connection.timestampOffset, echo: connection.recentTimestamp) : nil, at: now)
    detach(connection)
  }

  // MARK: Events

  /// Tells a connection's user what happened, in the order that it happened in. The user may do anything meanwhile;
  /// after an abort there is nobody left to tell.
  func deliver(_ events: TCPEvents, to connection: TCPConnection) {
    if events.contains(.established) {
      if connection.isActive {
        internet.counts.opened &+= 1
        connection.handler?.streamOpened(connection)
      } else {
        guard let handler = acceptor(port: connection.local.port)?.accept(connection) else {
          connection.abort()
          return
        }
        guard connection.state != .closed else { return }
        internet.counts.accepted &+= 1
        connection.handler = handler
      }
    }
    if events.contains(.readable) { connection.handler?.streamReadable(connection) }
    if events.contains(.ended) { connection.handler?.streamEnded(connection) }
    if events.contains(.writable) { connection.handler?.streamWritable(connection) }
    if events.contains(.finished), let handler = connection.handler {
      connection.handler = nil
      handler.streamClosed(connection, reason: .finished)
    }
  }

  // MARK: Output

  /// Answers a segment that no connection wants (RFC 9293, 3.10.7.1).
  func reset(_ segment: TCPSegment, from remote: Endpoint, to local: Endpoint, at now: Instant) {
    guard !segment.flags.contains(.reset) else { return }
    internet.counts.resets &+= 1
    if segment.flags.contains(.acknowledge) {
      transmit(
        .reset, from: local, to: remote, sequence: segment.acknowledgment, acknowledgment: SequenceNumber(0), window: 0,
        at: now)
    } else {
      transmit(
        [.reset, .acknowledge], from: local, to: remote, sequence: SequenceNumber(0),
        acknowledgment: segment.sequence + segment.sequenceLength, window: 0, at: now)
    }
  }

  /// Sends a segment without text outside of any connection.
  func transmit(
    _ flags: TCPFlags, from local: Endpoint, to remote: Endpoint, sequence: SequenceNumber,
    acknowledgment: SequenceNumber, window: Int, options: TCPOptions = TCPOptions(), at now: Instant
  ) {
    guard admits(flags, from: local, to: remote, segments: 1, at: now),
      let neighbor = internet.neighbor(for: remote.address, at: now)
    else { return }
    let header = internet.payload(isIPv4: remote.address.isIPv4)
    let optionsLength = options.write(to: header + TCPSegment.headerLength)
    let length = TCPSegment.writeHeader(
      to: header, source: local, destination: remote, sequence: sequence, acknowledgment: acknowledgment,
      flags: flags, window: window, optionsLength: optionsLength, payloadLength: 0)
    internet.send(
      ProtocolNumber.tcp, from: local.address, to: remote.address, through: neighbor, length: length, at: now)
  }

  /// Sends a segment of a connection, with `length` bytes of what it has queued; more than one segment's worth is cut by
  /// the platform. `false` if a filter refused it.
  @inline(__always)
  func transmit(
    _ connection: TCPConnection, _ flags: TCPFlags, sequence: SequenceNumber, acknowledgment: SequenceNumber,
    window: Int, options: TCPOptions, length: Int, at now: Instant
  ) -> Bool {
    let segments = connection.segmentCount(length)
    guard admits(flags, from: connection.local, to: connection.remote, segments: segments, at: now) else {
      return false
    }
    let neighbor: Neighbor
    if let known = connection.neighbor, known.isCached {
      neighbor = known
    } else {
      guard let found = internet.neighbor(for: connection.remote.address, at: now) else { return true }
      connection.neighbor = found
      neighbor = found
    }
    let header = internet.payload(isIPv4: connection.isIPv4)
    // A selective acknowledgement rides on segments without text only.
    let held = length == 0 && connection.isSelective && !connection.reassembly.isEmpty
    let optionsLength = options.write(
      to: header + TCPSegment.headerLength, acknowledging: held ? connection.reassembly.blocks : nil)
    if length > 0 {
      connection.sendQueue.copy(
        from: sequence - connection.sendBase, count: length,
        to: header + TCPSegment.headerLength + optionsLength)
    }
    let total = TCPSegment.writeHeader(
      to: header, source: connection.local, destination: connection.remote, sequence: sequence,
      acknowledgment: acknowledgment, flags: flags, window: window, optionsLength: optionsLength,
      payloadLength: length, isPartial: internet.hasOffloads)
    var offload = VirtioNetHeader()
    if internet.hasOffloads {
      let start = EthernetHeader.length + InternetLayer.headerLength(isIPv4: connection.isIPv4)
      offload.partialChecksum = (start, TCPSegment.checksumOffset)
      if segments > 1 {
        offload.segmentSize = connection.segmentSize
        offload.isIPv6 = !connection.isIPv4
        offload.headersLength = start + TCPSegment.headerLength + optionsLength
      }
    }
    internet.send(
      ProtocolNumber.tcp, from: connection.local.address, to: connection.remote.address, through: neighbor,
      length: total, offload,
      segments: segments, at: now)
    return true
  }

  @inline(__always)
  private func admits(
    _ flags: TCPFlags, from local: Endpoint, to remote: Endpoint, segments: Int, at now: Instant
  ) -> Bool {
    if internet.filters.isEmpty { return true }
    return internet.admits(
      PacketSummary(
        direction: .outbound, protocolNumber: ProtocolNumber.tcp, source: local.address, destination: remote.address,
        sourcePort: local.port, destinationPort: remote.port, tcpFlags: flags.rawValue, segments: segments), at: now)
  }

  // MARK: Path MTU

  /// The connection of which a segment that begins with this number is on its way (RFC 5927, 4.1): who cannot see what
  /// passes would have to guess it.
  func connection(_ key: FlowKey, sending sequence: SequenceNumber) -> TCPConnection? {
    guard let connection = table.find(key), connection.state.isSynchronized, sequence >= connection.sndUna,
      sequence < connection.sndMax
    else { return nil }
    return connection
  }

  /// A router on the way says that a segment was too large (RFC 1191; RFC 8201; RFC 5927, 7).
  func reduceSegments(of connection: TCPConnection, limit: Int) {
    let headers = InternetLayer.headerLength(isIPv4: connection.isIPv4) + TCPSegment.headerLength
    let options = connection.isTimestamped ? TCPOptions.timestampLength : 0
    // No link is too narrow for 576 bytes of IPv4 (RFC 791, 3.2) or 1280 of IPv6 (RFC 8200, 5).
    let smallest = connection.isIPv4 ? TCPConnection.defaultSegment : TCPConnection.defaultSegmentIPv6
    let size = max(limit - headers, smallest) - options
    guard size < connection.segmentSize else { return }
    connection.segmentSize = size
    connection.congestion.reduceSegmentSize(to: size)
    // What is out was dropped for its size, not for lack of room.
    connection.sentSegments.loseAll()
    connection.isTimerStale = true
    queue(connection)
  }
}
