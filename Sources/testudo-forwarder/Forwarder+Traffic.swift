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

  /// Moves what one side has sent to the other.
  func transfer(_ connection: Connection, from side: Side, to other: Side) {
    let count = recv(side.socket, scratch, Forwarder.chunk, 0)
    if count > 0 {
      connection.lastProgress = now
      var sent = send(other.socket, scratch, count, Int32(MSG_NOSIGNAL))
      if sent < 0 {
        guard errno == EAGAIN || errno == EINTR else { return end(connection, abruptly: true) }
        sent = 0
      }
      if sent < count {
        other.pending = Array(UnsafeRawBufferPointer(start: scratch + sent, count: count - sent))
        other.pendingStart = 0
      }
    } else if count == 0 {
      connection.lastProgress = now
      side.hasEnded = true
      if !other.hasPending { shutdown(other.socket, Int32(SHUT_WR)) }
    } else if errno != EAGAIN && errno != EINTR {
      return end(connection, abruptly: true)
    }
    settle(connection)
  }

  /// Writes what waits for a side; `false` where the side takes nothing any more.
  private func flush(_ side: Side, from other: Side) -> Bool {
    let sent = side.pending[side.pendingStart...].withUnsafeBytes {
      send(side.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard sent >= 0 else { return errno == EAGAIN || errno == EINTR }
    side.pendingStart += sent
    if !side.hasPending {
      side.pending = []
      side.pendingStart = 0
      if other.hasEnded { shutdown(side.socket, Int32(SHUT_WR)) }
    }
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
