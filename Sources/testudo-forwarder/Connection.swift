/// One of the two sockets of a connection.
final class Side {
  /// -1 where there is none.
  var socket: Int32
  /// What the poller calls it.
  let source: EventSource
  /// What the poller watches it for; `nil` where it does not.
  var interest: Readiness?
  /// Nothing more comes from it.
  var hasEnded = false
  /// Read from the other side, still to be written to this one. While there is some, the other side is not read.
  var pending: [UInt8] = []
  var pendingStart = 0
  /// What the other side sends goes through here, while it sends so much that it is worth a pipe.
  var pipe: Pipe?

  init(socket: Int32, source: EventSource) {
    self.socket = socket
    self.source = source
  }

  var hasPending: Bool {
    if let pipe { return pipe.count > 0 }
    return pendingStart < pending.count
  }
}

/// A client's connection and the one to the target that it is forwarded to.
final class Connection {
  /// How far the way to the target is. Until it is open, what the client sends waits in its socket's buffer.
  enum Phase {
    /// The target did not take the connection; it is asked again at this time.
    case pausing(until: Int)
    /// An attempt is under way, and given up at this time.
    case connecting(until: Int)
    /// Bytes flow.
    case open
  }

  let slot: Int
  let generation: UInt32
  let port: PublishedPort
  var phase: Phase
  /// What the target of the attempt under way is shown; empty for nothing.
  var secret: [UInt8] = []
  /// The target that the port's count has this connection under.
  var counted: Endpoint?
  /// When the target must have answered, in milliseconds of the monotonic clock.
  let deadline: Int
  /// How long the next pause between attempts is, in milliseconds.
  var pause = 5
  /// When bytes last moved; only kept once a side has ended.
  var lastProgress = 0
  let client: Side
  let target: Side

  init(slot: Int, generation: UInt32, port: PublishedPort, client socket: Int32, deadline: Int) {
    self.slot = slot
    self.generation = generation
    self.port = port
    self.deadline = deadline
    phase = .pausing(until: 0)
    client = Side(socket: socket, source: .client(slot: slot, generation: generation))
    target = Side(socket: -1, source: .target(slot: slot, generation: generation))
  }

  var isOpen: Bool {
    if case .open = phase { return true }
    return false
  }
}
