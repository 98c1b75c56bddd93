import Interchange
import LibraryOS

/// Cuts requests out of a byte stream (RFC 9112), as bytes arrive. Strict: whatever two recipients could understand
/// differently is refused. After a fault the parser must not be used again.
public struct HTTPRequestParser: Sendable {
  /// A complete request and what its version and fields say of the connection.
  public struct Request: Sendable {
    /// The request.
    public var request: HTTPRequest
    /// The minor version: 0 for HTTP/1.0, 1 for HTTP/1.1 and later.
    public var minorVersion: Int
    /// Whether the client wants to send more requests on this connection (RFC 9112, 9.3).
    public var isPersistent: Bool
    /// Whether the client asks for another protocol on this connection (RFC 9110, 7.8).
    public var asksForUpgrade: Bool
  }

  /// How far the parser came.
  public enum Step: Sendable {
    /// More bytes are needed.
    case incomplete
    /// More bytes are needed, and the client waits for `100 Continue` before it sends them. Said once per request.
    case continueExpected
    /// A request is complete.
    case request(Request)
  }

  private enum Phase: Sendable {
    case startLine
    case fields
    case body
  }

  private enum Body: Sendable {
    case none
    case length(remaining: Int)
    case chunked(ChunkedDecoder)
  }

  private let limits: HTTPLimits
  private var buffer = ReceiveBuffer()
  private var phase = Phase.startLine
  private var request = HTTPRequestParser.blank
  private var minorVersion = 1
  private var isPersistent = false
  private var expectsContinue = false
  private var asksForUpgrade = false
  private var section: FieldSection
  private var framing = Body.none
  // Of a content whose length was told, and of one in chunks.
  private var content = ContentBuffer()
  private var body: [UInt8] = []
  private var skippedEmptyLine = false

  private static let blank = HTTPRequest(method: ByteString([]), path: ByteString([]))

  /// A parser for a new connection.
  public init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
    section = FieldSection(limits: limits)
  }

  /// Adds bytes as they arrive.
  public mutating func append(_ bytes: [UInt8]) {
    buffer.append(bytes)
  }

  /// Whether nothing of a next request has arrived.
  public var isBetweenRequests: Bool { phase == .startLine && buffer.isEmpty && !skippedEmptyLine }

  /// How many bytes are held for requests that are not complete.
  public var heldBytes: Int { buffer.bytes.count + content.count + body.count }

  /// What arrived behind the last request, which is no request of HTTP any more.
  mutating func takeRest() -> [UInt8] {
    defer { buffer.releaseIfEmpty() }
    return Array(buffer.take(upTo: .max))
  }

  /// Reads on in what has arrived.
  public mutating func next() throws(HTTPMessageFault) -> Step {
    if phase == .startLine, try !readStartLine() { return .incomplete }
    if phase == .fields, try !readFields() { return .incomplete }
    guard try readBody() else {
      guard expectsContinue else { return .incomplete }
      expectsContinue = false
      // A client that has sent some of the content already does not wait (RFC 9110, 10.1.1).
      return body.isEmpty && content.isEmpty && buffer.isEmpty ? .continueExpected : .incomplete
    }
    request.body = content.isEmpty ? body : content.take()
    let complete = Request(
      request: request, minorVersion: minorVersion, isPersistent: isPersistent, asksForUpgrade: asksForUpgrade)
    request = HTTPRequestParser.blank
    phase = .startLine
    framing = .none
    body = []
    skippedEmptyLine = false
    // An idle connection holds no memory.
    buffer.releaseIfEmpty()
    return .request(complete)
  }

  private mutating func readStartLine() throws(HTTPMessageFault) -> Bool {
    let limit = min(limits.startLineBytes, limits.headerBytes)
    while true {
      // What cannot become a method need not be waited for.
      if let first = buffer.first, !HTTPSyntax.isToken(first), first != HTTPSyntax.carriageReturn {
        throw .malformedStartLine
      }
      guard let line = try buffer.line(limit: limit, tooLong: .startLineTooLong) else { return false }
      if !line.isEmpty {
        try takeStartLine(line)
        phase = .fields
        return true
      }
      // RFC 9112, 2.2: one empty line before a request is ignored.
      guard !skippedEmptyLine else { throw .malformedStartLine }
      skippedEmptyLine = true
    }
  }

  /// Reads `method SP target SP version`.
  private mutating func takeStartLine(_ line: Range<Int>) throws(HTTPMessageFault) {
    let bytes = buffer.bytes
    var methodEnd = line.lowerBound
    while methodEnd < line.upperBound, HTTPSyntax.isToken(bytes[methodEnd]) { methodEnd += 1 }
    guard methodEnd > line.lowerBound, methodEnd < line.upperBound, bytes[methodEnd] == 0x20 else {
      throw .malformedStartLine
    }
    var targetEnd = methodEnd + 1
    while targetEnd < line.upperBound, bytes[targetEnd] != 0x20 { targetEnd += 1 }
    let version = targetEnd + 1
    guard line.upperBound - version == 8, bytes[version] == 0x48, bytes[version + 1] == 0x54,
      bytes[version + 2] == 0x54, bytes[version + 3] == 0x50, bytes[version + 4] == 0x2F,
      HTTPSyntax.isDigit(bytes[version + 5]), bytes[version + 6] == 0x2E, HTTPSyntax.isDigit(bytes[version + 7])
    else { throw .malformedStartLine }
    guard bytes[version + 5] == 0x31 else { throw .unsupportedVersion }
    let method = HTTPNames.method(bytes[line.lowerBound..<methodEnd])
    // TRACE would show a client's own credentials to scripts; nothing here tunnels.
    guard !method.equals("CONNECT"), !method.equals("TRACE") else { throw .methodNotImplemented }
    let target = try RequestTarget(bytes[(methodEnd + 1)..<targetEnd], method: method)
    minorVersion = bytes[version + 7] == 0x30 ? 0 : 1
    request.method = method
    request.path = target.path
    request.query = target.query
    if let authority = target.authority { request.host = authority }
  }

  private mutating func readFields() throws(HTTPMessageFault) -> Bool {
    guard try section.read(from: &buffer) else { return false }
    let fields = section.take()
    var hasHost = false
    var closes = false
    var keepsAlive = false
    expectsContinue = false
    asksForUpgrade = false
    request.headers = fields
    for index in 0..<fields.count {
      let field = fields[index]
      switch field.name.count {
      case 4 where field.name.equals("host"):
        guard !hasHost, RequestTarget.isHost(field.value) else { throw .malformedHost }
        hasHost = true
        if request.host.isEmpty {
          request.host = field.value
        } else {
          // RFC 9112, 3.2.2: the target's authority stands, whatever `Host` says.
          request.headers[index].value = request.host
        }
      case 10 where field.name.equals("connection"):
        if HTTPSyntax.list(field.value, has: "close") { closes = true }
        if HTTPSyntax.list(field.value, has: "keep-alive") { keepsAlive = true }
      case 7 where minorVersion >= 1 && field.name.equals("upgrade"): asksForUpgrade = true
      case 6 where minorVersion >= 1 && field.name.equals("expect"):
        guard field.value.equalsIgnoringCase("100-continue") else { throw .unsupportedExpectation }
        expectsContinue = true
      default: break
      }
    }
    guard hasHost || minorVersion == 0 else { throw .hostMissing }
    isPersistent = !closes && (minorVersion >= 1 || keepsAlive)
    switch try MessageFraming(fields: fields, minorVersion: minorVersion, limit: limits.bodyBytes) {
    case .none: framing = Body.none
    case .length(let length): framing = .length(remaining: length)
    case .chunked: framing = .chunked(ChunkedDecoder(limits: limits))
    }
    phase = .body
    return true
  }

  private mutating func readBody() throws(HTTPMessageFault) -> Bool {
    switch framing {
    case .none: return true
    case .length(let remaining):
      let piece = buffer.take(upTo: remaining)
      content.append(piece)
      framing = .length(remaining: remaining - piece.count)
      return piece.count == remaining
    case .chunked(var decoder):
      framing = Body.none
      let isComplete = try decoder.decode(from: &buffer, into: &body)
      framing = .chunked(decoder)
      return isComplete
    }
  }
}
