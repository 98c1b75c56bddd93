import Interchange
import LibraryOS

/// Stands before whoever takes connections, and reads what they begin with.
public final class PrefaceAcceptor: StreamAcceptor, Timed {
  /// How many connections may be without their preface at once. It comes with the first segment, or soon after it: of more,
  /// the one that has waited longest makes room.
  public static let maximumWaiting = 1024
  /// How long one may take.
  static let prefaceTime = TimeSpan.seconds(5)
  /// How many events are recorded in a second.
  static let eventsPerSecond = 10

  let preface: any Preface
  let next: any StreamAcceptor
  private let registry: Registry
  /// Lives as long as the image, as this does.
  private let server: any Server
  private var waiting: [PrefacedStream] = []
  private var allowance = EventAllowance(perSecond: PrefaceAcceptor.eventsPerSecond)
  /// Connections that were refused over their preface.
  public private(set) var refusedCount: UInt64 = 0

  /// Whether some connection is without its preface.
  public var isWaiting: Bool { !waiting.isEmpty }

  /// Reads prefaces before `next` takes connections. `server` is what the port belongs to.
  public init(_ preface: any Preface, before next: any StreamAcceptor, registry: Registry, server: any Server) {
    self.server = server
    self.preface = preface
    self.next = next
    self.registry = registry
    registry.add(timed: self)
  }

  /// Takes a connection, and passes it on once its preface was read.
  public func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    guard !server.refusesConnections else { return nil }
    guard preface.isDue(on: stream) else { return next.accept(stream) }
    if waiting.count >= PrefaceAcceptor.maximumWaiting { endOldest() }
    let prefaced = PrefacedStream(
      acceptor: self, under: stream, reader: preface.makeReader(),
      deadline: registry.clock.now + PrefaceAcceptor.prefaceTime)
    prefaced.index = waiting.count
    waiting.append(prefaced)
    return prefaced
  }

  func refused(_ stream: PrefacedStream, _ reason: ByteString) {
    refusedCount &+= 1
    guard allowance.take(at: registry.clock.now) else { return }
    registry.events.record(
      SecurityEvent(
        module: server.name, action: preface.refusal, severity: .high, time: registry.clock.wallMilliseconds,
        details: [
          ParameterField("source", .text(stream.remote.text)), ParameterField("reason", .text(reason)),
        ]))
  }

  private func endOldest() {
    var oldest: PrefacedStream?
    for stream in waiting {
      if let known = oldest, known.deadline <= stream.deadline { continue }
      oldest = stream
    }
    oldest?.expire()
  }

  func forget(_ stream: PrefacedStream) {
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

  /// When the first of those that wait has waited too long.
  public var deadline: Instant? {
    var earliest: Instant?
    for stream in waiting {
      if let known = earliest, known <= stream.deadline { continue }
      earliest = stream.deadline
    }
    return earliest
  }

  /// Refuses those that have waited too long.
  public func expire(at now: Instant) {
    for stream in waiting where stream.deadline <= now { stream.expire() }
  }
}
