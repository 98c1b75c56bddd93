import LibraryOS

/// A network in memory: streams that lose nothing, and events that happen one after another when `run` is called.
/// Deterministic, without sockets and without time.
public final class InMemoryNetwork: StreamNetwork {
  /// This image's address.
  public let address: IPv4Address
  /// How many bytes each end of a new stream holds before its writer must wait.
  public var window = 64 << 10
  /// Whether `connect` finds no room for another connection.
  public var isExhausted = false
  /// The streams that `connect` opened, seen from this image.
  public private(set) var opened: [InMemoryStream] = []

  private var acceptors: [(endpoint: Endpoint, acceptor: any StreamAcceptor)] = []
  private var silent: [Endpoint] = []
  private var events: [() -> Void] = []
  private var nextPort: UInt16 = 40_000

  /// A network on which nobody listens.
  public init(address: IPv4Address = IPv4Address(10, 77, 0, 2)) {
    self.address = address
  }

  /// Takes connections to this image on `port`; `false` if it is taken.
  public func listen(port: UInt16, acceptor: any StreamAcceptor) -> Bool {
    serve(Endpoint(address, port: port), acceptor)
  }

  /// Takes connections to any address, as another image would.
  @discardableResult
  public func serve(_ endpoint: Endpoint, _ acceptor: any StreamAcceptor) -> Bool {
    guard !acceptors.contains(where: { $0.endpoint == endpoint }) else { return false }
    acceptors.append((endpoint, acceptor))
    return true
  }

  /// Takes no more connections there: new ones are refused.
  public func stopServing(_ endpoint: Endpoint) {
    acceptors.removeAll { $0.endpoint == endpoint }
  }

  /// Connections to `endpoint` are neither accepted nor refused.
  public func silence(_ endpoint: Endpoint) {
    silent.append(endpoint)
  }

  /// Opens a connection from this image.
  public func connect(to remote: Endpoint, handler: any StreamHandler) -> (any ByteStream)? {
    guard !isExhausted else { return nil }
    let stream = open(from: address, to: remote, handler: handler)
    opened.append(stream)
    return stream
  }

  /// Opens a connection from any address.
  public func open(from source: IPv4Address, to remote: Endpoint, handler: any StreamHandler) -> InMemoryStream {
    nextPort = nextPort == .max ? 40_001 : nextPort + 1
    let near = InMemoryStream(self, local: Endpoint(source, port: nextPort), remote: remote, window: window)
    let far = InMemoryStream(self, local: remote, remote: near.local, window: window)
    near.handler = handler
    near.peer = far
    far.peer = near
    guard !silent.contains(remote) else { return near }
    post { [self] in
      guard !near.isGone else { return }
      let acceptor = acceptors.first { $0.endpoint == remote }?.acceptor
      guard let farHandler = acceptor?.accept(far) else {
        far.isGone = true
        near.closed(.refused)
        return
      }
      far.handler = farHandler
      near.handler?.streamOpened(near)
      if near.readableCount > 0 { near.handler?.streamReadable(near) }
      if far.readableCount > 0 { farHandler.streamReadable(far) }
    }
    return near
  }

  /// Lets something happen after what is waiting already.
  func post(_ event: @escaping () -> Void) {
    events.append(event)
  }

  /// Lets everything happen that is waiting, and what follows from it.
  public func run() {
    var position = 0
    while position < events.count {
      let event = events[position]
      position += 1
      event()
    }
    events.removeAll()
  }
}
