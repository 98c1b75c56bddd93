import HTTP
import Interchange
import LibraryOS

/// An open WebSocket: what either end sends reaches the other, unread. Bounds: at most `RelayEnd.pieceBytes` are held in each
/// direction, and whoever sends faster than the other end takes meets a closed window.
final class WebSocketTunnel: ConnectionUpgrade {
  /// How long neither end may say anything; both can send pings (RFC 6455, 5.5.2).
  static let idleTime = TimeSpan.seconds(120)
  /// How long the end that is left may take to close.
  static let lingerTime = TimeSpan.seconds(2)

  private enum Phase {
    /// The client's end is not there yet.
    case opening
    case open
    /// Both ends are closed by this one, and what is on its way may arrive.
    case ending
    case gone
  }

  /// Where the proxy keeps it.
  var index = 0
  /// When `expire` has something to do.
  private(set) var deadline: Instant

  private let proxy: ReverseProxy
  private let lifeEnd: Instant
  private var phase = Phase.opening
  private var client = RelayEnd()
  private var backend = RelayEnd()
  private var release: (() -> Void)?

  /// A tunnel to a backend that has agreed; the client's end follows with `begin`.
  init(proxy: ReverseProxy, backend connection: SwitchedConnection, lifetime: TimeSpan) {
    let now = proxy.clock.now
    self.proxy = proxy
    lifeEnd = now + lifetime
    deadline = min(lifeEnd, now + WebSocketTunnel.idleTime)
    backend.stream = connection.stream
    backend.pending = connection.received
    connection.hand(to: self)
  }

  // MARK: ConnectionUpgrade

  func begin(on stream: any ByteStream, received: [UInt8], release: @escaping () -> Void) {
    guard phase == .opening else {
      stream.abort()
      return release()
    }
    phase = .open
    client.stream = stream
    client.pending = received
    self.release = release
    move()
  }

  func end() {
    switch phase {
    case .opening: abort()
    case .open:
      phase = .ending
      deadline = proxy.clock.now + WebSocketTunnel.lingerTime
      proxy.noteDeadline(of: self)
      client.stream?.close()
      backend.stream?.close()
    case .ending, .gone: break
    }
  }

  // MARK: StreamHandler, of both ends

  func streamOpened(_ stream: any ByteStream) {}

  func streamReadable(_ stream: any ByteStream) {
    guard phase == .open else { return discard(stream) }
    renew()
    move()
  }

  func streamWritable(_ stream: any ByteStream) {
    guard phase == .open else { return }
    renew()
    move()
  }

  func streamEnded(_ stream: any ByteStream) {
    if stream === client.stream { client.hasEnded = true } else { backend.hasEnded = true }
    if phase == .open { move() }
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    if stream === client.stream {
      client.stream = nil
      release = nil
    } else {
      backend.stream = nil
    }
    switch (client.stream, backend.stream) {
    case (nil, nil): leave()
    case _ where reason == .finished: end()
    default: abort()
    }
  }

  // MARK: Time

  /// Nobody said anything for too long, or the time that was allowed is over.
  func expire() {
    if phase == .open { end() } else { abort() }
  }

  private func renew() {
    deadline = min(lifeEnd, proxy.clock.now + WebSocketTunnel.idleTime)
  }

  // MARK: Bytes

  private func move() {
    guard let clientStream = client.stream, let backendStream = backend.stream else { return }
    _ = client.pass(to: backendStream, through: proxy.buffer)
    _ = backend.pass(to: clientStream, through: proxy.buffer)
  }

  private func discard(_ stream: any ByteStream) {
    while !stream.read(limit: RelayEnd.pieceBytes).isEmpty {}
  }

  // MARK: Ends

  private func abort() {
    let clientStream = client.stream
    let backendStream = backend.stream
    let release = self.release
    leave()
    backendStream?.abort()
    clientStream?.abort()
    release?()
  }

  private func leave() {
    guard phase != .gone else { return }
    phase = .gone
    client = RelayEnd()
    backend = RelayEnd()
    release = nil
    proxy.remove(self)
  }
}
