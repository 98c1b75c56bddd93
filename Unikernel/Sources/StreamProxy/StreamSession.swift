import Interchange
import LibraryOS

/// One connection of a client, and the one to a backend that belongs to it.
final class StreamSession: StreamHandler, PlaceHolder {
  /// How long a client may say nothing at first before it may have to yield its place to others.
  static let silentTime = TimeSpan.seconds(2)
  /// How long the end that is left may take to close.
  static let lingerTime = TimeSpan.seconds(2)

  private enum Phase {
    /// A backend has been asked; the client's bytes wait in its window.
    case connecting
    case open
    /// Both ends are closed by this one, and what is on its way may arrive.
    case ending
    case gone
  }

  /// Where the proxy keeps it.
  var index = 0
  let client: Endpoint
  /// When `expire` has something to do.
  private(set) var deadline: Instant

  // A cycle only while the connection is open: the proxy forgets it when it is gone.
  private let proxy: StreamProxy
  private let principal: Principal
  private let begun: Instant
  private var phase = Phase.connecting
  private var clientEnd = RelayEnd()
  private var backendEnd = RelayEnd()
  private var backend: Endpoint?
  /// Backends that are tried if this one cannot be reached.
  private var others: ArraySlice<Endpoint>
  /// Why the backend's connection ended before `connect` returned.
  private var earlyEnd: CloseReason?
  private var received: UInt64 = 0
  private var sent: UInt64 = 0
  private var outcome = ConnectionRecord.Outcome.finished
  /// When it has to be over, since the image is to go.
  private var finishTime = Instant.never

  init(proxy: StreamProxy, client stream: any ByteStream, backends: [Endpoint], at now: Instant) {
    self.proxy = proxy
    client = stream.remote
    principal = stream.peer ?? .visitor
    begun = now
    others = backends[...]
    deadline = now + proxy.settings.connectTimeout
    clientEnd.stream = stream
  }

  /// The streams that there are.
  var streams: [any ByteStream] {
    var found: [any ByteStream] = []
    if let stream = clientEnd.stream { found.append(stream) }
    if let stream = backendEnd.stream { found.append(stream) }
    return found
  }

  /// Whether its backend is one of these.
  func goes(toOneOf backends: [Endpoint]) -> Bool { backend.map(backends.contains) ?? true }

  // MARK: The backend

  /// Asks for a connection to the next backend that can be asked; `false` if there is none.
  func connect() -> Bool {
    while let next = others.popFirst() {
      backend = next
      earlyEnd = nil
      let stream = proxy.connect(to: next, for: self)
      if let stream, earlyEnd == nil {
        backendEnd.stream = stream
        setDeadline(proxy.clock.now + proxy.settings.connectTimeout)
        return true
      }
      proxy.recordUnreachable(next, reason: earlyEnd ?? .refused)
    }
    return false
  }

  private func connectElsewhere(_ reason: CloseReason) {
    if let backend { proxy.recordUnreachable(backend, reason: reason) }
    backendEnd = RelayEnd()
    guard !connect() else { return }
    let stream = clientEnd.stream
    leave(.unreachable)
    stream?.abort()
  }

  // MARK: StreamHandler, of both ends

  func streamOpened(_ stream: any ByteStream) {
    guard phase == .connecting, stream === backendEnd.stream else { return }
    phase = .open
    renew()
    move()
  }

  func streamReadable(_ stream: any ByteStream) {
    switch phase {
    case .connecting, .gone: break
    case .open: move()
    case .ending: discard()
    }
  }

  func streamWritable(_ stream: any ByteStream) {
    if phase == .open { move() }
  }

  func streamEnded(_ stream: any ByteStream) {
    if stream === clientEnd.stream { clientEnd.hasEnded = true } else { backendEnd.hasEnded = true }
    if phase == .open { move() }
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    switch phase {
    case .gone: return
    case .connecting where stream !== clientEnd.stream:
      guard backendEnd.stream != nil else {
        earlyEnd = reason
        return
      }
      return connectElsewhere(reason)
    case .connecting: return abort(.broken)
    case .open, .ending: break
    }
    let isClient = stream === clientEnd.stream
    if isClient { clientEnd.stream = nil } else { backendEnd.stream = nil }
    if clientEnd.stream == nil, backendEnd.stream == nil { return leave(outcome) }
    guard reason == .finished else { return abort(phase == .ending ? outcome : .broken) }
    // It sends no more, and what it sent before still goes on.
    if isClient { clientEnd.hasEnded = true } else { backendEnd.hasEnded = true }
    if phase == .open { move() }
  }

  // MARK: Bytes

  private func move() {
    var passed = 0
    if let target = backendEnd.stream {
      let count = clientEnd.pass(to: target, through: proxy.buffer)
      received &+= UInt64(count)
      passed += count
    }
    if let target = clientEnd.stream {
      let count = backendEnd.pass(to: target, through: proxy.buffer)
      sent &+= UInt64(count)
      passed += count
    }
    // What an end that is gone was to get is lost; the other is told once it has got all.
    if clientEnd.stream == nil { backendEnd.discard(through: proxy.buffer) }
    if backendEnd.stream == nil { clientEnd.discard(through: proxy.buffer) }
    if passed > 0 { renew() }
    let isOver = clientEnd.stream == nil && clientEnd.isPassedOn || backendEnd.stream == nil && backendEnd.isPassedOn
    if isOver { beginEnding() }
  }

  private func discard() {
    clientEnd.discard(through: proxy.buffer)
    backendEnd.discard(through: proxy.buffer)
  }

  // MARK: Time

  private func renew() {
    // Called for each piece; the proxy finds out when it looks, and need not be told of a later one.
    deadline = min(proxy.clock.now + proxy.settings.idleTimeout, finishTime)
    proxy.wantsExpiry(at: deadline)
  }

  private func setDeadline(_ instant: Instant) {
    deadline = min(instant, finishTime)
    proxy.wantsExpiry(at: deadline)
  }

  /// The image is to go: it ends by then.
  func finish(by instant: Instant) {
    finishTime = instant
    setDeadline(deadline)
  }

  /// The image is not to go after all.
  func spare() {
    finishTime = .never
    if phase == .open { renew() }
  }

  /// The deadline has passed.
  func expire(at now: Instant) {
    switch phase {
    case .connecting where finishTime > now:
      let stream = backendEnd.stream
      backendEnd.stream = nil
      stream?.abort()
      connectElsewhere(.timedOut)
    case .connecting: abort(.withdrawn)
    case .open where finishTime <= now: end()
    case .open:
      outcome = .broken
      close()
    case .ending: abort(outcome)
    case .gone: break
    }
  }

  // MARK: Places

  /// What the bytes mean is not known, so that nothing can be said to be over.
  func stillness(at now: Instant) -> Stillness {
    if phase == .connecting { return .busy }
    return received == 0 && sent == 0 && begun + StreamSession.silentTime <= now ? .silent : .underway
  }

  func yieldPlace() { abort(.withdrawn) }

  // MARK: Ends

  /// Ends it, since what it was let through by is no longer in force, or the image is to go.
  func end() {
    switch phase {
    case .connecting: abort(.withdrawn)
    case .open:
      outcome = .withdrawn
      close()
    case .ending, .gone: break
    }
  }

  private func close() {
    let client = clientEnd.stream
    let backend = backendEnd.stream
    beginEnding()
    client?.close()
    backend?.close()
  }

  private func beginEnding() {
    guard phase == .open else { return }
    phase = .ending
    finishTime = .never
    setDeadline(proxy.clock.now + StreamSession.lingerTime)
    discard()
  }

  private func abort(_ outcome: ConnectionRecord.Outcome) {
    let client = clientEnd.stream
    let backend = backendEnd.stream
    leave(outcome)
    backend?.abort()
    client?.abort()
  }

  func leave(_ outcome: ConnectionRecord.Outcome) {
    guard phase != .gone else { return }
    phase = .gone
    clientEnd = RelayEnd()
    backendEnd = RelayEnd()
    proxy.remove(
      self,
      ConnectionRecord(
        source: client, principal: principal, backend: backend, received: received, sent: sent,
        duration: proxy.clock.now - begun, outcome: outcome))
  }
}
