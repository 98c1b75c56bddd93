internal import CBearSSL
import Interchange
import LibraryOS

/// One connection over TLS: records come from and go to the stream under it, content to and from whoever handles it.
///
/// Bytes are moved wherever there is an occasion; whoever handles this stream is told only from events of the stream
/// below and from the module's timer, never from inside its own calls.
final class SecureStream: ByteStream, StreamHandler, PlaceHolder {
  private enum Phase {
    /// Nobody above knows of the connection yet.
    case handshaking
    /// Content flows.
    case open
    /// Whoever handles this stream has closed it; what it wrote, then close_notify, is on its way.
    case closing
    /// This end is closed below. What still arrives is thrown away.
    case closed
    case gone
  }

  /// Where the module keeps this stream.
  var index = 0
  /// How long a handshake may take before the client may have to yield its place to others.
  static let silentTime = TimeSpan.seconds(2)
  private let begun: Instant
  /// When a handshake, or a client that was refused, is given up.
  private(set) var deadline: Instant
  private(set) var hasDeadline = true
  /// Who the client's certificate says it is.
  private(set) var peer: Principal?
  let remote: Endpoint
  let local: Endpoint
  let isSecure = true
  let admission: UInt64

  private let module: TransportSecurity
  /// Who gets a client's connection; `nil` where this is the client, of a backend.
  private let acceptor: (any StreamAcceptor)?
  private let under: any ByteStream
  private var over: (any StreamHandler)?
  private let session: Session
  private let engine: UnsafeMutablePointer<br_ssl_engine_context>
  private var phase = Phase.handshaking
  private var wantsSpace = false
  private var underEnded = false
  private var toldEnd = false
  private var isToBeTold = false
  /// What a backend still has to say before the handshake.
  private var awaited: ArraySlice<UInt8> = []

  init(
    module: TransportSecurity, acceptor: (any StreamAcceptor)?, handler: (any StreamHandler)? = nil,
    under: any ByteStream, session: Session, deadline: Instant
  ) {
    self.module = module
    self.acceptor = acceptor
    over = handler
    self.under = under
    self.session = session
    self.engine = session.engine
    self.deadline = deadline
    begun = module.clock.now
    admission = module.admissionVersion
    remote = under.remote
    local = under.local
  }

  // MARK: ByteStream

  var readableCount: Int {
    guard phase == .open || phase == .closing else { return 0 }
    var count = 0
    return br_ssl_engine_recvapp_buf(engine, &count) == nil ? 0 : count
  }

  /// What the stream below has room for, less what records add.
  var writableCount: Int {
    guard phase == .open, br_ssl_engine_current_state(engine) & UInt32(BR_SSL_SENDAPP) != 0 else { return 0 }
    let room = under.writableCount
    let records = room / Session.outputLength + 1
    return max(room - records * Session.recordOverhead, 0)
  }

  func read(limit: Int) -> [UInt8] {
    let available = min(readableCount, limit)
    guard available > 0 else { return [] }
    // What one record brought. The next is taken in when this one has been read.
    var taken = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: available) { buffer, initialized in
      initialized = self.take(into: UnsafeMutableRawBufferPointer(buffer))
      taken = initialized
    }
    if taken > 0 { settle() }
    return bytes
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let taken = take(into: buffer)
    if taken > 0 { settle() }
    return taken
  }

  private func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard phase == .open || phase == .closing else { return 0 }
    var count = 0
    guard let content = br_ssl_engine_recvapp_buf(engine, &count), let target = buffer.baseAddress else { return 0 }
    let taken = min(count, buffer.count)
    target.copyMemory(from: content, byteCount: taken)
    br_ssl_engine_recvapp_ack(engine, taken)
    return taken
  }

  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBytes { write($0) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard phase == .open, let start = bytes.baseAddress else { return 0 }
    var taken = 0
    while taken < bytes.count {
      var room = 0
      guard let buffer = br_ssl_engine_sendapp_buf(engine, &room), room > 0 else {
        // A full record is on its way.
        guard sendRecords() else { break }
        continue
      }
      let count = min(room, bytes.count - taken)
      UnsafeMutableRawPointer(buffer).copyMemory(from: start + taken, byteCount: count)
      br_ssl_engine_sendapp_ack(engine, count)
      taken += count
    }
    br_ssl_engine_flush(engine, 0)
    // Records that arrived are taken in by their own event, so that none is read from inside a write and told to nobody.
    _ = sendRecords()
    if taken < bytes.count { wantsSpace = true }
    return taken
  }

  func close() {
    guard phase == .open else { return }
    phase = .closing
    settle()
  }

  func abort() {
    guard phase != .gone else { return }
    over = nil
    under.abort()
    leave()
  }

  // MARK: StreamHandler, of the stream below

  /// A client speaks first.
  func streamOpened(_ stream: any ByteStream) {
    guard acceptor == nil else { return }
    if let greeting = module.greeting {
      awaited = greeting.answer[...]
      // Some bytes on a connection that has just opened.
      guard under.write(greeting.request[...]) == greeting.request.count else { return refuse(-2, isClear: false) }
    }
    tell()
  }

  func streamReadable(_ stream: any ByteStream) { tell() }

  func streamWritable(_ stream: any ByteStream) { tell() }

  func streamEnded(_ stream: any ByteStream) {
    underEnded = true
    tell()
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    guard phase != .gone else { return }
    if phase == .handshaking { countFailure() }
    end(reason)
  }

  // MARK: Places

  var client: Endpoint { remote }

  /// As whoever handles this stream sees it. A client that takes long to shake hands is as good as silent; backends are
  /// this image's own.
  func stillness(at now: Instant) -> Stillness {
    if acceptor == nil { return .busy }
    guard phase == .handshaking else { return over?.stillness(at: now) ?? .underway }
    return begun + SecureStream.silentTime <= now ? .silent : .waiting
  }

  func yieldPlace() {
    under.abort()
    end(.reset)
  }

  // MARK: Records

  /// Passes records down; `false` if that got nowhere.
  private func sendRecords() -> Bool {
    var sent = false
    while true {
      var count = 0
      guard let record = br_ssl_engine_sendrec_buf(engine, &count), count > 0 else { return sent }
      let taken = under.write(UnsafeRawBufferPointer(start: record, count: count))
      guard taken > 0 else { return sent }
      br_ssl_engine_sendrec_ack(engine, taken)
      sent = true
    }
  }

  /// Takes records in, as far as the engine has room; `false` if that got nowhere.
  private func receiveRecords() -> Bool {
    var received = false
    while true {
      var room = 0
      guard let buffer = br_ssl_engine_recvrec_buf(engine, &room), room > 0 else { return received }
      let taken = under.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: room))
      guard taken > 0 else { return received }
      br_ssl_engine_recvrec_ack(engine, taken)
      received = true
    }
  }

  private var hasRecordsToSend: Bool {
    br_ssl_engine_current_state(engine) & UInt32(BR_SSL_SENDREC) != 0
  }

  private var isEngineClosed: Bool {
    br_ssl_engine_current_state(engine) & UInt32(BR_SSL_CLOSED) != 0
  }

  /// Moves what can be moved, and carries on with closing. Tells nobody anything; has it done later where something is to
  /// be told.
  private func settle() {
    guard phase != .gone else { return }
    move()
    guard !isToBeTold, hasNews else { return }
    isToBeTold = true
    module.tellLater(self)
  }

  private func move() {
    guard awaited.isEmpty else { return }
    while phase != .closed, phase != .gone {
      // A client whose certificate was refused gets nothing more but the reason.
      if phase == .handshaking, session.validator?.refusal != nil { return }
      let sent = sendRecords()
      let received = receiveRecords()
      if phase == .closing, !hasRecordsToSend {
        finishClosing()
        return
      }
      guard sent || received else { break }
    }
    if phase == .closed { discard() }
  }

  /// Everything that was written has been passed down: close_notify follows it (RFC 5246, 7.2.1), then the end below.
  private func finishClosing() {
    if !isEngineClosed {
      br_ssl_engine_close(engine)
      _ = sendRecords()
      if hasRecordsToSend { return }
    }
    phase = .closed
    under.close()
    discard()
  }

  private func discard() {
    while !under.read(limit: 16 << 10).isEmpty {}
  }

  /// Whether there is something that whoever handles this stream, or the module, does not know.
  private var hasNews: Bool {
    switch phase {
    case .handshaking, .open: isEngineClosed
    case .closing, .closed, .gone: false
    }
  }

  // MARK: Events

  /// Moves what can be moved, and tells whoever handles this stream what happened.
  func tell() {
    isToBeTold = false
    guard phase != .gone else { return }
    if !awaited.isEmpty, !isGreeted() { return }
    move()
    if phase == .handshaking { advanceHandshake() }
    if phase == .open || phase == .closing, readableCount > 0 { over?.streamReadable(self) }
    if phase == .open, wantsSpace, br_ssl_engine_current_state(engine) & UInt32(BR_SSL_SENDAPP) != 0 {
      wantsSpace = false
      over?.streamWritable(self)
    }
    if phase == .open, isEngineClosed {
      endByEngine()
    } else if underEnded, !toldEnd, phase != .handshaking, phase != .gone {
      // The end without close_notify: messages above say themselves where they end, so that one which was cut short is
      // recognized there.
      toldEnd = true
      over?.streamEnded(self)
    }
  }

  /// Takes the answer to the greeting; `false` while it is not whole, or was another.
  private func isGreeted() -> Bool {
    while let due = awaited.first {
      let bytes = under.read(limit: 1)
      guard let byte = bytes.first else {
        if underEnded { refuse(-2, isClear: false) }
        return false
      }
      guard byte == due else {
        awaited = []
        refuse(-2, isClear: false)
        return false
      }
      awaited = awaited.dropFirst()
    }
    return true
  }

  private func advanceHandshake() {
    if let refusal = session.validator?.refusal {
      refuse(refusal, isClear: true)
      return
    }
    if isEngineClosed || underEnded {
      refuse(br_ssl_engine_last_error(engine), isClear: cbearssl_sends_clear(engine) != 0)
      return
    }
    guard br_ssl_engine_current_state(engine) & UInt32(BR_SSL_SENDAPP) != 0 else { return }
    if acceptor != nil, let validator = session.validator, validator.sawCertificate {
      guard let principal = validator.principal else {
        module.statistics.certificatesRefused &+= 1
        module.record("certificate-refused", source: remote, error: 0)
        under.abort()
        leave()
        return
      }
      guard module.admits(principal) else {
        module.statistics.certificatesRefused &+= 1
        module.record("client-refused", source: remote, error: 0, client: principal)
        under.abort()
        leave()
        return
      }
      peer = principal
    }
    if acceptor == nil {
      module.statistics.backendHandshakes &+= 1
      if session.isResumed { module.statistics.backendResumed &+= 1 }
      session.keepSession(at: module.clock.now)
    } else {
      module.statistics.handshakes &+= 1
      if session.isResumed { module.statistics.resumed &+= 1 }
    }
    session.endHandshake()
    hasDeadline = false
    deadline = Instant(nanoseconds: .max)
    phase = .open
    guard let acceptor else {
      over?.streamOpened(self)
      return
    }
    over = acceptor.accept(self)
    if over == nil { close() }
  }

  /// The handshake failed. The other end is told why where BearSSL has not done so and nothing encrypted was sent; it gets
  /// some time to close its end, since resetting at once could cost it the alert.
  private func refuse(_ error: Int32, isClear: Bool) {
    if acceptor == nil {
      module.record("backend-refused", source: remote, error: error)
    } else if (32..<64).contains(error) || error == Int32(BR_ERR_NO_CLIENT_AUTH) {
      module.statistics.certificatesRefused &+= 1
      module.record("certificate-refused", source: remote, error: error)
    } else {
      module.record("handshake-refused", source: remote, error: error)
    }
    countFailure()
    if error > 0, error < 256, isClear {
      let alert: [UInt8] = [21, 3, 3, 0, 2, 2, SecureStream.alert(for: error)]
      _ = under.write(alert[...])
    }
    phase = .closed
    under.close()
    discard()
    deadline = module.clock.now + TransportSecurity.lingerTime
    module.wantsExpiry(at: deadline)
    let handler = over
    over = nil
    handler?.streamClosed(self, reason: .refused)
  }

  private func countFailure() {
    if acceptor == nil {
      session.forgetSession()
      module.statistics.backendFailed &+= 1
    } else {
      module.statistics.failed &+= 1
    }
  }

  /// The description (RFC 5246, 7.2.2) that says what an error of BearSSL means.
  private static func alert(for error: Int32) -> UInt8 {
    switch error {
    case Int32(BR_ERR_X509_EXPIRED): 45
    case Int32(BR_ERR_X509_NOT_TRUSTED), Int32(BR_ERR_X509_NOT_CA): 48
    case 32..<64: 42
    case Int32(BR_ERR_BAD_VERSION), Int32(BR_ERR_UNSUPPORTED_VERSION): 70
    case Int32(BR_ERR_BAD_SIGNATURE): 51
    case Int32(BR_ERR_TOO_LARGE): 22
    case Int32(BR_ERR_NO_CLIENT_AUTH): 40
    default: 40
    }
  }

  /// The engine has ended: the client sent close_notify, which ends both directions (RFC 5246, 7.2.1), or a record that
  /// cannot be accepted.
  private func endByEngine() {
    guard br_ssl_engine_last_error(engine) == 0 else {
      module.statistics.broken &+= 1
      under.abort()
      end(.reset)
      return
    }
    _ = sendRecords()
    let handler = over
    over = nil
    phase = .closed
    under.close()
    discard()
    deadline = module.clock.now + TransportSecurity.lingerTime
    hasDeadline = true
    module.wantsExpiry(at: deadline)
    handler?.streamClosed(self, reason: .finished)
  }

  /// The deadline has passed.
  func expire() {
    guard phase == .handshaking || phase == .closed else { return }
    if phase == .handshaking {
      module.statistics.timeouts &+= 1
      if acceptor == nil { session.forgetSession() }
      module.record(acceptor == nil ? "backend-refused" : "handshake-refused", source: remote, error: -1)
    }
    under.abort()
    end(.timedOut)
  }

  private func end(_ reason: CloseReason) {
    let handler = over
    over = nil
    leave()
    handler?.streamClosed(self, reason: reason)
  }

  private func leave() {
    guard phase != .gone else { return }
    phase = .gone
    module.remove(self, session: session)
  }
}
