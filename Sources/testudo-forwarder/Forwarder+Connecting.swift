import CHosting
import Glibc

/// From a client's connection to an open way to its target.
extension Forwarder {
  /// Takes what waits at a listener, up to the bound.
  func accept(from port: PublishedPort) {
    for _ in 0..<64 {
      guard openCount < limit else { return pauseAccepting(until: .max) }
      let socket = hosting_accept(port.socket)
      if socket < 0 {
        // Out of descriptors or memory: the next connection to end, or time, may help.
        if [-EMFILE, -ENFILE, -ENOBUFS, -ENOMEM].contains(socket) { pauseAccepting(until: now + 100) }
        return
      }
      set(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
      set(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
      let slot = freeSlots.popLast() ?? connections.count
      if slot == connections.count {
        connections.append(nil)
        generations.append(0)
      }
      let connection = Connection(
        slot: slot, generation: generations[slot], port: port, client: socket, deadline: now + Forwarder.connectTimeout)
      connections[slot] = connection
      connecting.insert(slot)
      openCount += 1
      accepted += 1
      attempt(connection)
    }
  }

  private func pauseAccepting(until time: Int) {
    acceptAgain = time
    guard isAccepting else { return }
    isAccepting = false
    for port in ports.values { _ = poller.change(port.socket, [], .listener(identifier: port.identifier)) }
  }

  func resumeAccepting() {
    acceptAgain = .max
    guard !isAccepting else { return }
    isAccepting = true
    for port in ports.values { _ = poller.change(port.socket, .readable, .listener(identifier: port.identifier)) }
  }

  /// Starts to connect to the port's target of this moment.
  func attempt(_ connection: Connection) {
    dropAttempt(connection)
    let target = connection.port.target
    let socket = makeSocket(inHostNetwork: connection.port.direction == .outward)
    guard socket >= 0 else { return pause(connection) }
    if target.mark != 0 { set(socket, SOL_SOCKET, SO_MARK, Int32(bitPattern: target.mark)) }
    set(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    // An instance that is gone says no goodbye: without these, its connections would hang for a quarter of an hour.
    set(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 10_000)
    set(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
    set(socket, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 10)
    set(socket, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 3)
    set(socket, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
    connection.target.socket = socket
    connection.counted = target.endpoint
    connection.secret = target.secret
    connection.port.count(target.endpoint)
    connection.phase = .connecting(until: min(now + Forwarder.attemptTimeout, connection.deadline))
    let result = target.endpoint.withSocketAddress { connect(socket, $0, $1) }
    guard result == 0 || errno == EINPROGRESS else { return pause(connection) }
    watch(connection.target, .writable)
  }

  private func dropAttempt(_ connection: Connection) {
    if connection.target.socket >= 0 { close(connection.target.socket) }
    connection.target.socket = -1
    connection.target.interest = nil
    if let counted = connection.counted { connection.port.discount(counted) }
    connection.counted = nil
  }

  /// Tries again in a while, or gives up.
  private func pause(_ connection: Connection) {
    dropAttempt(connection)
    guard now + connection.pause < connection.deadline else {
      failed += 1
      return end(connection, abruptly: true)
    }
    connection.phase = .pausing(until: now + connection.pause)
    connection.pause = min(connection.pause * 2, 50)
  }

  /// An attempt has succeeded or failed.
  func attemptReady(_ connection: Connection) {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(connection.target.socket, SOL_SOCKET, SO_ERROR, &code, &length) == 0, code == 0 else {
      return pause(connection)
    }
    guard announce(connection) else { return end(connection, abruptly: true) }
    connecting.remove(connection.slot)
    connection.phase = .open
    // The client's first bytes are most likely there.
    transfer(connection, from: connection.client, to: connection.target)
  }

  /// Tells the target who the client is, where it wants to know. The header always fits an empty buffer.
  private func announce(_ connection: Connection) -> Bool {
    guard !connection.secret.isEmpty else { return true }
    guard let client = Endpoint(peerOf: connection.client.socket),
      let local = Endpoint(boundTo: connection.client.socket)
    else { return false }
    let header = ProxyHeader.bytes(client: client, local: local, secret: connection.secret)
    return send(connection.target.socket, header, header.count, Int32(MSG_NOSIGNAL)) == header.count
  }

  /// How long the loop may sleep, in milliseconds; -1 without limit.
  func timeToNextEvent() -> Int32 {
    var next = acceptAgain
    for slot in connecting {
      switch connections[slot]?.phase {
      case .pausing(let time), .connecting(let time): next = min(next, time)
      case .open, nil: break
      }
    }
    if !halfClosed.isEmpty || !requesters.isEmpty { next = min(next, now + 1000) }
    return next == .max ? -1 : Int32(clamping: max(0, next - now))
  }

  /// Does what is due.
  func advanceTime() {
    if now >= acceptAgain { resumeAccepting() }
    for slot in connecting {
      guard let connection = connections[slot] else { continue }
      switch connection.phase {
      case .pausing(let time) where now >= time: attempt(connection)
      case .connecting(let time) where now >= time: pause(connection)
      default: break
      }
    }
    for slot in halfClosed {
      guard let connection = connections[slot] else { continue }
      if now - connection.lastProgress >= Forwarder.halfClosedTimeout { end(connection, abruptly: true) }
    }
    dropSlowRequesters()
  }

  /// Ends a connection; abruptly with a reset, so that nobody takes what came for the whole.
  func end(_ connection: Connection, abruptly: Bool) {
    dropPipes(of: connection)
    for socket in [connection.client.socket, connection.target.socket] where socket >= 0 {
      if abruptly {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      }
      close(socket)
    }
    if let counted = connection.counted { connection.port.discount(counted) }
    connecting.remove(connection.slot)
    halfClosed.remove(connection.slot)
    connections[connection.slot] = nil
    generations[connection.slot] &+= 1
    freeSlots.append(connection.slot)
    openCount -= 1
    if !isAccepting { resumeAccepting() }
  }
}
