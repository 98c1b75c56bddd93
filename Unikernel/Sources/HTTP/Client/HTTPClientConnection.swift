import LibraryOS

/// One connection to a backend: one request at a time, then the next, while both ends agree to keep it.
final class HTTPClientConnection: StreamHandler {
  private enum Phase {
    case connecting
    case exchanging
    case idle
    /// HTTP has ended on it: what happens is somebody else's.
    case switched
    case gone
  }

  /// When `expire` has something to do.
  private(set) var deadline: Instant
  /// Whether the connection has ended.
  var isGone: Bool { phase == .gone }

  private let client: HTTPClient
  private let pool: HTTPClientPool
  private var stream: (any ByteStream)?
  private var phase = Phase.connecting
  private var exchange: HTTPClientExchange?
  private var parser: HTTPResponseParser
  private var sent = 0
  /// Whether this connection has answered before, so that its end may only mean that it was kept too long.
  private var isReused = false
  private var responseBegan = false
  private var successor: (any StreamHandler)?

  init(client: HTTPClient, pool: HTTPClientPool, exchange: HTTPClientExchange, now: Instant) {
    self.client = client
    self.pool = pool
    self.exchange = exchange
    self.parser = HTTPResponseParser(
      limits: client.limits.message, answersHead: exchange.isHead, maySwitch: exchange.maySwitch)
    self.deadline = now + client.limits.connectTimeout
  }

  /// The stream that `connect` gave.
  func attach(_ stream: any ByteStream) {
    self.stream = stream
    client.wantsExpiry(at: deadline)
  }

  /// Sends a request on a connection that is open and free.
  func start(_ exchange: HTTPClientExchange, at now: Instant) {
    self.exchange = exchange
    parser = HTTPResponseParser(
      limits: client.limits.message, answersHead: exchange.isHead, maySwitch: exchange.maySwitch)
    isReused = true
    responseBegan = false
    sent = 0
    begin(at: now)
  }

  private func begin(at now: Instant) {
    phase = .exchanging
    setDeadline(now + client.limits.responseTimeout)
    sendMore()
  }

  private func sendMore() {
    guard let exchange, let stream else { return }
    while sent < exchange.bytes.count {
      let taken = stream.write(exchange.bytes[sent...])
      if taken <= 0 { return }
      sent += taken
    }
  }

  // MARK: StreamHandler

  func streamOpened(_ stream: any ByteStream) {
    guard phase == .connecting else { return }
    self.stream = stream
    begin(at: client.clock.now)
  }

  func streamWritable(_ stream: any ByteStream) {
    switch phase {
    case .exchanging: sendMore()
    case .switched: successor?.streamWritable(stream)
    case .connecting, .idle, .gone: break
    }
  }

  func streamReadable(_ stream: any ByteStream) {
    switch phase {
    case .exchanging: receive(stream)
    case .switched: successor?.streamReadable(stream)
    case .idle:
      // Nobody asked for anything.
      stream.abort()
      leave(at: client.clock.now)
    case .connecting, .gone: break
    }
  }

  func streamEnded(_ stream: any ByteStream) {
    switch phase {
    case .exchanging:
      receive(stream)
      if phase == .exchanging { end(stream) }
      if phase == .switched { successor?.streamEnded(stream) }
      closeUnused()
    case .idle: closeUnused()
    case .switched: successor?.streamEnded(stream)
    case .connecting, .gone: break
    }
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    if phase == .switched {
      let successor = self.successor
      self.successor = nil
      phase = .gone
      successor?.streamClosed(stream, reason: reason)
      return
    }
    let fault: HTTPClientFault
    switch (phase, reason) {
    case (.connecting, .timedOut), (.exchanging, .timedOut): fault = .timedOut
    case (.connecting, _): fault = .unreachable
    default: fault = .closed
    }
    fail(fault)
  }

  // MARK: Responses

  private func receive(_ stream: any ByteStream) {
    while phase == .exchanging {
      let bytes = stream.read(limit: 64 << 10)
      guard !bytes.isEmpty else { return }
      responseBegan = true
      parser.append(bytes)
      do {
        if let response = try parser.next() { finish(response) }
      } catch {
        stream.abort()
        fail(.malformed(error))
      }
    }
  }

  private func end(_ stream: any ByteStream) {
    guard responseBegan else {
      stream.abort()
      fail(.closed)
      return
    }
    do {
      var response = try parser.end()
      response.isPersistent = false
      finish(response)
    } catch {
      stream.abort()
      fail(error == .truncated ? .closed : .malformed(error))
    }
  }

  private func finish(_ response: HTTPResponseParser.Response) {
    guard let exchange, let stream else { return }
    let now = client.clock.now
    self.exchange = nil
    guard response.response.status != 101 else {
      phase = .switched
      self.stream = nil
      pool.remove(self, at: now)
      let switched = SwitchedConnection(
        response: response.response, stream: stream, received: parser.takeRest(), connection: self)
      return exchange.finish(.success(.switched(switched)))
    }
    phase = .idle
    setDeadline(now + client.limits.idleTimeout)
    // After an early response the rest of the request would be taken for the next one.
    let isReusable = response.isPersistent && sent == exchange.bytes.count && stream.readableCount == 0
    if !isReusable || !pool.release(self, at: now) {
      stream.close()
      leave(at: now)
    }
    exchange.finish(.success(.response(response.response)))
  }

  /// What happens on a connection that was switched to another protocol is told to `handler`.
  func hand(to handler: any StreamHandler) {
    if phase == .switched { successor = handler }
  }

  /// Ends the exchange in progress without a response, unless it can be sent again.
  private func fail(_ fault: HTTPClientFault) {
    guard phase != .gone else { return }
    let now = client.clock.now
    let exchange = self.exchange
    self.exchange = nil
    leave(at: now)
    guard let exchange else { return }
    if fault == .closed, isReused, !responseBegan, exchange.isIdempotent, !exchange.isRetry {
      pool.retry(exchange, at: now)
    } else {
      exchange.finish(.failure(fault))
    }
  }

  // MARK: Ends

  /// Closes a connection on which nothing is in progress.
  func closeUnused() {
    guard phase == .idle else { return }
    stream?.close()
    leave(at: client.clock.now)
  }

  /// The deadline has passed.
  func expire(at now: Instant) {
    if phase == .idle {
      closeUnused()
    } else if phase != .gone {
      stream?.abort()
      fail(.timedOut)
    }
  }

  private func leave(at now: Instant) {
    guard phase != .gone else { return }
    phase = .gone
    stream = nil
    pool.remove(self, at: now)
  }

  private func setDeadline(_ instant: Instant) {
    deadline = instant
    client.wantsExpiry(at: instant)
  }
}
