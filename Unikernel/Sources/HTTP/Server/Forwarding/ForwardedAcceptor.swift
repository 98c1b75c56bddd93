import Interchange
import LibraryOS

/// Stands before TLS and the server where clients come through a forwarder: reads the header with which it says for whom
/// it connects. Connections from elsewhere pass as they are, so that a header there is no header but a malformed request.
final class ForwardedAcceptor: StreamAcceptor, Timed {
  /// How many connections may be without their header at once. The forwarder sends it with the first segment: of more, the
  /// one that has waited longest is none of the forwarder's, and makes room.
  static let maximumWaiting = 1024
  /// How long one may take.
  static let headerTime = TimeSpan.seconds(5)
  /// How many events are recorded in a second.
  static let eventsPerSecond = 10

  let forwarder: TrustedForwarder
  let next: any StreamAcceptor
  private let registry: Registry
  /// Both live as long as the image.
  private let server: HTTPServer
  private var waiting: [ForwardedStream] = []
  private var allowance = EventAllowance(perSecond: ForwardedAcceptor.eventsPerSecond)
  private(set) var refusedCount: UInt64 = 0

  /// Whether some connection is without its header.
  var isWaiting: Bool { !waiting.isEmpty }

  init(_ forwarder: TrustedForwarder, before next: any StreamAcceptor, registry: Registry, server: HTTPServer) {
    self.server = server
    self.forwarder = forwarder
    self.next = next
    self.registry = registry
  }

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    guard !server.refusesConnections else { return nil }
    guard forwarder.sends(stream) else { return next.accept(stream) }
    if waiting.count >= ForwardedAcceptor.maximumWaiting { endOldest() }
    let forwarded = ForwardedStream(
      acceptor: self, under: stream, deadline: registry.clock.now + ForwardedAcceptor.headerTime)
    forwarded.index = waiting.count
    waiting.append(forwarded)
    return forwarded
  }

  /// Whether everybody who judges clients admits this one.
  func admits(_ stream: ForwardedStream) -> Bool {
    for filter in registry.clientFilters where !filter.admits(client: stream.remote, to: stream.local.port) {
      return false
    }
    return true
  }

  func refused(_ stream: ForwardedStream, _ reason: ByteString) {
    refusedCount &+= 1
    guard allowance.take(at: registry.clock.now) else { return }
    registry.events.record(
      SecurityEvent(
        module: "http", action: "forwarding-refused", severity: .high, time: registry.clock.wallMilliseconds,
        details: [
          ParameterField("source", .text(stream.remote.text)), ParameterField("reason", .text(reason)),
        ]))
  }

  private func endOldest() {
    var oldest: ForwardedStream?
    for stream in waiting {
      if let known = oldest, known.deadline <= stream.deadline { continue }
      oldest = stream
    }
    oldest?.expire()
  }

  func forget(_ stream: ForwardedStream) {
    let index = stream.index
    guard index < waiting.count, waiting[index] === stream else { return }
    let last = waiting.removeLast()
    if last !== stream {
      waiting[index] = last
      last.index = index
    }
    if waiting.isEmpty { server.reportDrained() }
  }

  // MARK: Timed

  var deadline: Instant? {
    var earliest: Instant?
    for stream in waiting {
      if let known = earliest, known <= stream.deadline { continue }
      earliest = stream.deadline
    }
    return earliest
  }

  func expire(at now: Instant) {
    for stream in waiting where stream.deadline <= now { stream.expire() }
  }
}
