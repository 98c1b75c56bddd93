import LibraryOS

/// Who takes and opens connections in the image: it writes bytes that can be told apart, and checks those it reads.
final class TestedApplication: StreamAcceptor {
  /// One connection.
  final class Connection: StreamHandler {
    var stream: (any ByteStream)?
    var written: UInt32 = 0
    var read: UInt32 = 0
    let isChecked: () -> Bool
    let readsAtOnce: Bool

    init(_ stream: (any ByteStream)?, readsAtOnce: Bool, isChecked: @escaping () -> Bool) {
      self.stream = stream
      self.readsAtOnce = readsAtOnce
      self.isChecked = isChecked
    }

    func take(_ limit: Int) {
      guard let stream else { return }
      for byte in stream.read(limit: limit) {
        precondition(!isChecked() || byte == Peer.content(read), "the stream has what was not sent")
        read &+= 1
      }
    }

    func write(_ count: Int) {
      guard let stream else { return }
      let bytes = (0..<UInt32(count)).map { Peer.content(written &+ $0) }
      let room = stream.writableCount
      let taken = stream.write(bytes[...])
      precondition(taken <= count && taken >= 0 && taken <= max(room, 0))
      written &+= UInt32(taken)
    }

    func streamOpened(_ stream: any ByteStream) { self.stream = stream }
    func streamReadable(_ stream: any ByteStream) {
      if readsAtOnce { take(.max) }
    }
    func streamWritable(_ stream: any ByteStream) { write(100) }
    func streamEnded(_ stream: any ByteStream) {
      if readsAtOnce { stream.close() }
    }
    func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
      precondition(self.stream != nil || reason != .finished, "a connection ended twice")
      self.stream = nil
    }
  }

  var connections: [Connection] = []
  /// Whether what arrives can only be what the peer meant to send.
  var isChecked = true

  func make(_ stream: (any ByteStream)?) -> Connection {
    let connection = Connection(stream, readsAtOnce: connections.count % 2 == 0) { [unowned self] in self.isChecked }
    connections.append(connection)
    return connection
  }

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    // Every eighth is turned away.
    connections.count % 8 == 7 ? nil : make(stream)
  }
}
