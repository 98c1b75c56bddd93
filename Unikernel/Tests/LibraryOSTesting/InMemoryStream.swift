import LibraryOS

/// One end of a stream in memory.
public final class InMemoryStream: ByteStream {
  /// This end.
  public let local: Endpoint
  /// The other end.
  public let remote: Endpoint
  /// Whether this end was closed.
  public private(set) var isClosed = false
  /// Whether this end was reset from here.
  public private(set) var isAborted = false

  var handler: (any StreamHandler)?
  var peer: InMemoryStream?
  var isGone = false

  private let network: InMemoryNetwork
  private let window: Int
  private var received: [UInt8] = []
  private var writerWaits = false

  init(_ network: InMemoryNetwork, local: Endpoint, remote: Endpoint, window: Int) {
    self.network = network
    self.local = local
    self.remote = remote
    self.window = window
  }

  /// Bytes received and not read yet.
  public var readableCount: Int { received.count }

  /// Bytes that the other end has room for.
  public var writableCount: Int {
    guard let peer, !isClosed, !isGone else { return 0 }
    return window - peer.received.count
  }

  /// Takes received bytes, and tells the other end of the room that it waits for.
  public func read(limit: Int) -> [UInt8] {
    let bytes = Array(received.prefix(limit))
    received.removeFirst(bytes.count)
    if let peer, !bytes.isEmpty, peer.writerWaits {
      peer.writerWaits = false
      network.post {
        if !peer.isGone { peer.handler?.streamWritable(peer) }
      }
    }
    return bytes
  }

  /// Moves bytes to the other end, as many as it has room for.
  public func write(_ bytes: ArraySlice<UInt8>) -> Int {
    let taken = bytes.prefix(writableCount)
    if taken.count < bytes.count { writerWaits = true }
    guard let peer, !taken.isEmpty else { return 0 }
    peer.received.append(contentsOf: taken)
    network.post {
      if !peer.isGone, peer.readableCount > 0 { peer.handler?.streamReadable(peer) }
    }
    return taken.count
  }

  /// Ends this direction.
  public func close() {
    guard !isClosed, !isGone, let peer else { return }
    isClosed = true
    network.post { [self] in
      if !peer.isGone { peer.handler?.streamEnded(peer) }
      guard peer.isClosed else { return }
      closed(.finished)
      peer.closed(.finished)
    }
  }

  /// Ends both directions at once.
  public func abort() {
    guard !isGone, let peer else { return }
    isAborted = true
    isGone = true
    handler = nil
    network.post {
      peer.received = []
      peer.closed(.reset)
    }
  }

  func closed(_ reason: CloseReason) {
    guard !isGone else { return }
    isGone = true
    let handler = self.handler
    self.handler = nil
    // The two ends hold each other no longer than they are needed.
    peer = nil
    handler?.streamClosed(self, reason: reason)
  }
}
