import Glibc

/// The bytes of open connections.
extension Forwarder {
  func clientReady(_ connection: Connection, _ readiness: Readiness) {
    ready(connection, connection.client, connection.target, readiness)
  }

  func targetReady(_ connection: Connection, _ readiness: Readiness) {
    guard connection.isOpen else { return attemptReady(connection) }
    ready(connection, connection.target, connection.client, readiness)
  }

  private func ready(_ connection: Connection, _ side: Side, _ other: Side, _ readiness: Readiness) {
    if readiness.contains(.writable) && side.hasPending {
      guard flush(side, from: other) else { return end(connection, abruptly: true) }
    }
    if !readiness.isDisjoint(with: [.readable, .hungUp, .failed]) {
      // Reading also tells what failed.
      if !side.hasEnded && !other.hasPending { return transfer(connection, from: side, to: other) }
      if readiness.contains(.failed) { return end(connection, abruptly: true) }
      if readiness.contains(.hungUp) {
        // It would be reported for ever; what is left to do depends on the other side.
        poller.forget(side.socket)
        side.interest = nil
      }
    }
    settle(connection)
  }

  /// Moves what one side has sent to the other. Little is copied, which costs the least; a side that fills the whole
  /// chunk is given a pipe, until it pauses.
  func transfer(_ connection: Connection, from side: Side, to other: Side) {
    let moved = other.pipe == nil ? copy(from: side, to: other) : splice(from: side, to: other)
    switch moved {
    case .some: connection.lastProgress = now
    case .nothing: break
    case .end:
      connection.lastProgress = now
      side.hasEnded = true
      releasePipe(of: other)
      if !other.hasPending { shutdown(other.socket, Int32(SHUT_WR)) }
    case .failure: return end(connection, abruptly: true)
    }
    settle(connection)
  }

  private enum Moved {
    case some, nothing, end, failure

    /// What a call that gave this error number moved.
    init(errorNumber: Int32) { self = errorNumber == EAGAIN || errorNumber == EINTR ? .nothing : .failure }
  }

  private func copy(from side: Side, to other: Side) -> Moved {
    let count = recv(side.socket, scratch, Forwarder.chunk, 0)
    guard count > 0 else { return count == 0 ? .end : Moved(errorNumber: errno) }
    var sent = send(other.socket, scratch, count, Int32(MSG_NOSIGNAL))
    if sent < 0 {
      guard case .nothing = Moved(errorNumber: errno) else { return .failure }
      sent = 0
    }
    if sent < count {
      other.pending = Array(UnsafeRawBufferPointer(start: scratch + sent, count: count - sent))
      other.pendingStart = 0
    } else if count == Forwarder.chunk {
      other.pipe = takePipe()
    }
    return .some
  }

  private func splice(from side: Side, to other: Side) -> Moved {
    guard let pipe = other.pipe else { return .nothing }
    let taken = pipe.take(from: side.socket)
    guard taken > 0 else {
      guard taken < 0 else { return .end }
      releasePipe(of: other)
      return Moved(errorNumber: Int32(-taken))
    }
    let given = pipe.give(to: other.socket)
    guard given >= 0 else { return Moved(errorNumber: Int32(-given)) == .failure ? .failure : .some }
    // A side that sends little by little gets its bytes sooner by copies.
    if taken < Forwarder.chunk { releasePipe(of: other) }
    return .some
  }

  /// A pipe, unless as many as are allowed are in use, or the host gives none.
  private func takePipe() -> Pipe? {
    if let pipe = idlePipes.popLast() { return pipe }
    guard pipeCount < Forwarder.maximumPipes, let pipe = Pipe() else { return nil }
    pipeCount += 1
    return pipe
  }

  /// Takes a side's pipe away, where nothing is in it.
  private func releasePipe(of side: Side) {
    guard let pipe = side.pipe, pipe.count == 0 else { return }
    side.pipe = nil
    idlePipes.append(pipe)
  }

  /// Takes the pipes of a connection that ends away. What is left in one would come to another connection's client, so
  /// that such a pipe is not used again.
  func dropPipes(of connection: Connection) {
    for side in [connection.client, connection.target] {
      releasePipe(of: side)
      guard side.pipe != nil else { continue }
      side.pipe = nil
      pipeCount -= 1
    }
  }

  /// Writes what waits for a side; `false` where the side takes nothing any more.
  private func flush(_ side: Side, from other: Side) -> Bool {
    if let pipe = side.pipe {
      let given = pipe.give(to: side.socket)
      guard given >= 0 else { return Moved(errorNumber: Int32(-given)) == .nothing }
      if other.hasEnded { releasePipe(of: side) }
    } else {
      let sent = side.pending[side.pendingStart...].withUnsafeBytes {
        send(side.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent >= 0 else { return Moved(errorNumber: errno) == .nothing }
      side.pendingStart += sent
      if !side.hasPending {
        side.pending = []
        side.pendingStart = 0
      }
    }
    if !side.hasPending && other.hasEnded { shutdown(side.socket, Int32(SHUT_WR)) }
    return true
  }

  /// Ends the connection where both directions are over, and else watches for what can happen next.
  private func settle(_ connection: Connection) {
    let client = connection.client
    let target = connection.target
    if client.hasEnded && target.hasEnded && !client.hasPending && !target.hasPending {
      return end(connection, abruptly: false)
    }
    if client.hasEnded || target.hasEnded { halfClosed.insert(connection.slot) }
    watch(client, wanted(client, target))
    watch(target, wanted(target, client))
  }

  private func wanted(_ side: Side, _ other: Side) -> Readiness {
    var readiness: Readiness = []
    if !side.hasEnded && !other.hasPending { readiness.insert(.readable) }
    if side.hasPending { readiness.insert(.writable) }
    return readiness
  }

  /// Has a side watched for this and nothing else. One that is not watched and need not be stays so.
  func watch(_ side: Side, _ readiness: Readiness) {
    guard side.interest != readiness else { return }
    if side.interest != nil {
      _ = poller.change(side.socket, readiness, side.source)
    } else if readiness.isEmpty {
      return
    } else {
      _ = poller.add(side.socket, readiness, side.source)
    }
    side.interest = readiness
  }
}
