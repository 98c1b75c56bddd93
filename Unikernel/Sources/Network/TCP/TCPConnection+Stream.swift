import LibraryOS

// What the user of a connection sees of it (RFC 9293, 3.9.1), and the window that reading opens.

extension TCPConnection {
  // Text that arrived and was not read: queued, or still where it arrived.
  var readableCount: Int { receiveBuffer.count + freshText.count }

  var writableCount: Int {
    isWritable ? sendQueue.space : 0
  }

  private var isWritable: Bool {
    guard !isFinishQueued else { return false }
    switch state {
    case .synSent, .synReceived, .established, .closeWait: return true
    default: return false
    }
  }

  func read(limit: Int) -> [UInt8] {
    let length = min(limit, readableCount)
    guard length > 0 else { return [] }
    let bytes: [UInt8]
    if freshText.count > 0 {
      let taken = UnsafeRawBufferPointer(rebasing: freshText[0..<length])
      bytes = [UInt8](unsafeUninitializedCapacity: length) { target, initialized in
        UnsafeMutableRawBufferPointer(target).copyMemory(from: taken)
        initialized = length
      }
      freshText = freshText.suffix(from: length)
    } else {
      bytes = [UInt8](unsafeUninitializedCapacity: length) { target, initialized in
        if let start = target.baseAddress {
          receiveBuffer.copy(from: 0, count: length, to: UnsafeMutableRawPointer(start))
          initialized = length
        }
      }
      changeBuffer { $0.remove(length, isReleasable: reassembly.isEmpty) }
    }
    growReceiveLimit()
    if state != .closed, isWindowUpdateDue {
      acknowledgeUrgently()
      transport.queue(self)
    }
    return bytes
  }

  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    guard isWritable, !bytes.isEmpty else { return 0 }
    let taken = sendQueue.append(bytes)
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

  // MARK: The receive buffer

  /// Changes the receive buffer, and has the transport know what memory it takes.
  @inline(__always)
  func changeBuffer(_ change: (inout ByteRing) -> Void) {
    let before = receiveBuffer.capacity
    change(&receiveBuffer)
    transport.heldMemory += receiveBuffer.capacity - before
  }

  /// Queues what nobody read of the segment that has been looked at.
  @inline(__always)
  func keepFreshText() {
    guard freshText.count > 0 else { return }
    let text = freshText
    freshText = UnsafeRawBufferPointer(start: nil, count: 0)
    guard state != .closed || handler != nil else { return }
    changeBuffer { _ = $0.append(text) }
  }

  // MARK: Windows

  /// What could be offered. Nothing new while all connections together hold too much.
  private var freeSpace: Int {
    transport.isUnderPressure ? 0 : min(max(receiveLimit - readableCount, 0), 0xFFFF << rcvShift)
  }

  /// The window to offer: what the receive buffer still takes, unless opening it by so little would invite small
  /// segments (RFC 9293, 3.8.6.2.2).
  var receiveWindow: Int {
    let offered = max(rcvEdge - rcvNxt, 0)
    let free = freeSpace
    let step = min(receiveLimit / 2, TCPConnection.largestSegment(isIPv4: isIPv4))
    return free - offered >= step ? free : offered
  }

  /// Whether the other end should hear of the space that reading made: two segments' worth of a window that is half
  /// used, or half of the buffer.
  private var isWindowUpdateDue: Bool {
    guard state == .established || state == .finWait1 || state == .finWait2 else { return false }
    let offered = max(rcvEdge - rcvNxt, 0)
    let gained = freeSpace - offered
    return gained >= receiveLimit / 2
      || gained >= 2 * TCPConnection.largestSegment(isIPv4: isIPv4) && offered < receiveLimit / 2
  }

  /// The window field, scaled, of a segment that does not synchronize; notes what is offered.
  func takeWindowField() -> Int {
    let field = min(receiveWindow >> rcvShift, 0xFFFF)
    let edge = rcvNxt + (field << rcvShift)
    if edge > rcvEdge { rcvEdge = edge }
    return field
  }

  /// Offers more to an end whose bytes are read as they come: twice as much, whenever so much was read.
  @inline(__always)
  private func growReceiveLimit() {
    guard receiveLimit < receiveBuffer.limit, rcvNxt - irs - readableCount >= receiveLimit else { return }
    receiveLimit = min(receiveLimit * 2, receiveBuffer.limit)
  }
}
