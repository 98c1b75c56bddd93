import Interchange
import LibraryOS

/// One connection of a client: requests are read, led through the pipeline and answered in order, one at a time
/// (RFC 9112, 9.3). While one is being answered, nothing is read: a client that sends on meets a closed window.
final class HTTPServerConnection: StreamHandler, PlaceHolder {
  /// How much is read at once.
  static let readLimit = 64 << 10
  /// How long modules and the application may take to answer: longer than a proxy waits for its backend.
  static let answerTime = TimeSpan.seconds(30)
  /// How long a client that has nothing more to receive may take to close its end.
  static let lingerTime = TimeSpan.seconds(2)

  private enum Phase {
    /// Waiting for requests.
    case open
    /// The response that switches protocols is on its way; then the connection is the upgrade's.
    case switching
    /// The connection is the upgrade's.
    case upgraded
    /// The last response is written or on its way; then this end closes.
    case ending
    /// This end is closed; what still arrives is thrown away, since resetting at once could cost the client the response
    /// (RFC 9112, 9.6).
    case lingering
    case gone
  }

  /// How long a client may say nothing at first before it may have to yield its place to others.
  static let silentTime = TimeSpan.seconds(1)

  /// Where the server keeps this connection.
  var index = 0
  let client: Endpoint
  /// When `expire` has something to do.
  private(set) var deadline: Instant
  private let opened: Instant
  /// Whether no request has come yet.
  private var isFresh = true

  // A cycle only while the connection is open: the server forgets it when it is gone.
  private let server: HTTPServer
  private let settings: HTTPServerSettings
  private let sendCapacity: Int
  private var stream: (any ByteStream)?
  private var phase = Phase.open
  private var parser: HTTPRequestParser
  private var heldBytes = 0

  private var exchange: Exchange?
  private var upgrade: (any ConnectionUpgrade)?
  private var answersHead = false
  private var minorVersion = 1
  private var isPersistent = true

  private var output: [UInt8] = []
  private var outputBody: [UInt8] = []
  private var outputPosition = 0
  /// When a client that takes the response too slowly is given up.
  private var outputEnd = Instant.never
  private var otherEndEnded = false
  private var isAdvancing = false

  init(server: HTTPServer, settings: HTTPServerSettings, stream: any ByteStream, now: Instant) {
    self.server = server
    self.settings = settings
    self.stream = stream
    client = stream.remote
    self.sendCapacity = stream.writableCount
    self.parser = HTTPRequestParser(limits: settings.limits)
    self.opened = now
    self.deadline = now + settings.idleTimeout
    server.wantsExpiry(at: deadline)
  }

  // MARK: StreamHandler

  func streamOpened(_ stream: any ByteStream) {}

  func streamReadable(_ stream: any ByteStream) {
    if phase == .upgraded { upgrade?.streamReadable(stream) } else { advance(at: server.clock.now) }
  }

  func streamWritable(_ stream: any ByteStream) {
    if phase == .upgraded { upgrade?.streamWritable(stream) } else { advance(at: server.clock.now) }
  }

  func streamEnded(_ stream: any ByteStream) {
    otherEndEnded = true
    if phase == .upgraded { upgrade?.streamEnded(stream) } else { advance(at: server.clock.now) }
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    if phase == .upgraded {
      upgrade?.streamClosed(stream, reason: reason)
      upgrade = nil
    }
    leave()
  }

  // MARK: Progress

  /// Does whatever can be done now. Completions that come from inside are picked up by the loop, not by recursion.
  private func advance(at now: Instant) {
    guard !isAdvancing else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    while let stream {
      guard flush(to: stream, at: now) else { return }
      switch phase {
      case .open:
        guard exchange == nil, takeStep(stream, at: now) else { return }
      case .switching: return handOver(stream)
      case .ending:
        phase = .lingering
        // A slow client may still be receiving what is queued.
        let isAllSent = stream.writableCount >= sendCapacity
        setDeadline(now + (isAllSent ? HTTPServerConnection.lingerTime : settings.idleTimeout))
        stream.close()
      case .lingering:
        if stream.read(limit: HTTPServerConnection.readLimit).isEmpty { return }
      case .upgraded, .gone: return
      }
    }
  }

  /// Reads on; `false` if there is nothing to do before the next event.
  private func takeStep(_ stream: any ByteStream, at now: Instant) -> Bool {
    let step: HTTPRequestParser.Step
    do {
      step = try parser.next()
    } catch {
      server.statistics.malformed &+= 1
      refuse(error.status, error.explanation)
      return true
    }
    hold(parser.heldBytes)
    switch step {
    case .request(let parsed):
      start(parsed, from: stream, at: now)
    case .continueExpected:
      output.append(text: "HTTP/1.1 100 Continue\r\n\r\n")
    case .incomplete:
      let bytes = stream.read(limit: HTTPServerConnection.readLimit)
      guard !bytes.isEmpty else {
        guard otherEndEnded else { return false }
        // What is left of a request can never be completed, and there is nobody to blame for it.
        phase = .ending
        return true
      }
      if parser.isBetweenRequests { setDeadline(now + settings.requestTimeout) }
      guard server.heldBytes + bytes.count <= server.heldBytesLimit else {
        refuse(503, "too many requests in progress")
        return true
      }
      parser.append(bytes)
    }
    return true
  }

  private func start(_ parsed: HTTPRequestParser.Request, from stream: any ByteStream, at now: Instant) {
    server.statistics.requests &+= 1
    answersHead = parsed.request.method.equals("HEAD")
    minorVersion = parsed.minorVersion
    isPersistent = parsed.isPersistent
    setDeadline(now + HTTPServerConnection.answerTime)
    let exchange = Exchange(
      request: parsed.request, source: stream.remote, arrival: now, pipeline: server.pipeline
    ) { [self] response in
      answer(response)
    }
    exchange.isSecure = stream.isSecure
    if let peer = stream.peer { exchange.principal = peer }
    if parsed.asksForUpgrade {
      exchange.acceptUpgrade = { [self] upgrade in
        guard phase == .open, self.exchange != nil else { return false }
        self.upgrade = upgrade
        return true
      }
    }
    self.exchange = exchange
    isFresh = false
    server.pipeline.advance(exchange)
  }

  /// Takes the response to the request in progress, from inside the pipeline or at any later time.
  private func answer(_ response: HTTPResponse) {
    exchange = nil
    guard phase == .open else { return }
    write(response)
    advance(at: server.clock.now)
  }

  /// Answers what never became a request, and ends the connection.
  private func refuse(_ status: Int, _ explanation: ByteString) {
    isPersistent = false
    answersHead = false
    write(.text(status, explanation))
  }

  private func write(_ response: HTTPResponse) {
    var response = response
    let switches = response.status == 101 && upgrade != nil
    if !HTTPResponseEncoder.isWritable(response, maySwitch: switches) {
      server.statistics.unwritable &+= 1
      response = .text(500, ByteString(stringLiteral: HTTPResponseEncoder.replacement))
    }
    server.statistics.countResponse(response.status)
    for field in response.headers where field.name.equals("connection") {
      if HTTPSyntax.list(field.value, has: "close") { isPersistent = false }
    }
    let closes = (!isPersistent || server.isDraining) && !switches
    let sendsBody = !answersHead && response.status >= 200 && response.status != 204 && response.status != 304
    let joins = sendsBody && response.body.count <= HTTPResponseEncoder.joinedBodyLimit
    let encoded = HTTPResponseEncoder.encode(
      response,
      HTTPResponseEncoder.Framing(
        answersHead: answersHead, connection: connection(closes: closes, switches: switches, response),
        date: server.currentDate(), joinsBody: joins))
    // Nothing waits before it but, at most, what `Expect` was answered with.
    if output.isEmpty { output = encoded } else { output.append(contentsOf: encoded) }
    if sendsBody, !joins { outputBody = response.body }
    let rate = server.shares.minimumRate
    outputEnd =
      rate > 0
      ? server.clock.now + settings.idleTimeout + .seconds((output.count + outputBody.count) / rate) : .never
    if closes { phase = .ending }
    if switches { phase = .switching }
  }

  private func connection(
    closes: Bool, switches: Bool, _ response: HTTPResponse
  ) -> HTTPResponseEncoder.Connection {
    if switches, let name = response.headers.first(where: { $0.name.equals("upgrade") })?.value {
      return .upgrading(name)
    }
    return closes ? .closing : minorVersion == 0 ? .keptAlive : .persistent
  }

  /// From here on the bytes of the connection are those of another protocol, which ends the connection in its own time.
  private func handOver(_ stream: any ByteStream) {
    guard let upgrade else { return }
    phase = .upgraded
    setDeadline(.never)
    let received = parser.takeRest()
    hold(0)
    upgrade.begin(on: stream, received: received) { [self] in
      self.upgrade = nil
      leave()
    }
    if otherEndEnded { upgrade.streamEnded(stream) }
  }

  /// Ends the protocol that the connection was switched to, if it was.
  func endUpgrade() {
    upgrade?.end()
  }

  /// Hands output to the stream; `false` while some of it waits for space.
  private func flush(to stream: any ByteStream, at now: Instant) -> Bool {
    let headCount = output.count
    let total = headCount + outputBody.count
    guard total > 0 else { return true }
    let before = outputPosition
    while outputPosition < total {
      let taken =
        outputPosition < headCount
        ? stream.write(output[outputPosition...]) : stream.write(outputBody[(outputPosition - headCount)...])
      if taken <= 0 { break }
      outputPosition += taken
    }
    guard outputPosition >= total else {
      if outputPosition > before { setDeadline(min(now + settings.idleTimeout, outputEnd)) }
      return false
    }
    // The stream has the array itself.
    output = []
    outputBody = []
    outputPosition = 0
    // A next request that has begun to arrive has its time from now on.
    if phase == .open, exchange == nil {
      setDeadline(now + (parser.isBetweenRequests ? settings.idleTimeout : settings.requestTimeout))
    }
    return true
  }

  // MARK: Places

  func stillness(at now: Instant) -> Stillness {
    if exchange != nil { return .busy }
    guard phase == .open, output.isEmpty, outputBody.isEmpty, parser.isBetweenRequests, stream?.readableCount == 0
    else {
      return .underway
    }
    return isFresh && opened + HTTPServerConnection.silentTime <= now ? .silent : .waiting
  }

  func yieldPlace() {
    stream?.abort()
    leave()
  }

  // MARK: Ends

  /// For how long one that has opened a connection is waited for during a drain: it is about to send its request.
  static let firstRequestTime = TimeSpan.seconds(2)

  /// A drain's grace is over: a connection on which nothing is in progress ends.
  func endIfIdle(at now: Instant) {
    if phase == .upgraded { return endUpgrade() }
    let firstRequestEnd = opened + HTTPServerConnection.firstRequestTime
    if isFresh, now < firstRequestEnd {
      if deadline > firstRequestEnd { setDeadline(firstRequestEnd) }
      return
    }
    guard phase == .open, exchange == nil, output.isEmpty, outputBody.isEmpty, parser.isBetweenRequests,
      stream?.readableCount == 0
    else { return }
    phase = .ending
    advance(at: now)
  }

  /// The deadline has passed.
  func expire(at now: Instant) {
    guard let stream else { return }
    if !output.isEmpty || !outputBody.isEmpty || phase == .lingering {
      // The client takes nothing, or does not close its end.
      if phase != .lingering { server.statistics.timeouts &+= 1 }
      stream.abort()
      leave()
      return
    }
    // The answer gets its own time to be taken.
    setDeadline(now + settings.idleTimeout)
    if let exchange {
      server.statistics.timeouts &+= 1
      isPersistent = false
      exchange.finish(.text(503, "the request took too long to answer"))
    } else if phase == .open, !parser.isBetweenRequests {
      server.statistics.timeouts &+= 1
      refuse(408, "the request took too long to arrive")
      advance(at: now)
    } else if phase == .open {
      phase = .ending
      advance(at: now)
    }
  }

  private func leave() {
    guard phase != .gone else { return }
    phase = .gone
    stream = nil
    exchange = nil
    // One that never began: nobody else ends it.
    upgrade?.end()
    upgrade = nil
    hold(0)
    output = []
    outputBody = []
    server.remove(self)
  }

  private func setDeadline(_ instant: Instant) {
    deadline = instant
    server.wantsExpiry(at: instant)
  }

  private func hold(_ bytes: Int) {
    server.heldBytes += bytes - heldBytes
    heldBytes = bytes
  }
}
