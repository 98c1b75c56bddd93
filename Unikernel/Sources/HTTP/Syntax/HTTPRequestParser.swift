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

  private enum Body: Sendable {
    case none
    case length(remaining: Int)
    case chunked(ChunkedDecoder)
  }

  private struct Head: Sendable {
    var request: HTTPRequest
    var minorVersion: Int
    var isPersistent = false
    var expectsContinue = false
  }

  private let limits: HTTPLimits
  private var buffer = ReceiveBuffer()
  private var head: Head?
  private var section: FieldSection?
  private var framing: Body?
  private var body: [UInt8] = []
  private var skippedEmptyLine = false

  /// A parser for a new connection.
  public init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
  }

  /// Adds bytes as they arrive.
  public mutating func append(_ bytes: [UInt8]) {
    buffer.append(bytes)
  }

  /// Whether nothing of a next request has arrived.
  public var isBetweenRequests: Bool { head == nil && buffer.isEmpty && !skippedEmptyLine }

  /// How many bytes are held for requests that are not complete.
  public var heldBytes: Int { buffer.bytes.count + body.count }

  /// Reads on in what has arrived.
  public mutating func next() throws(HTTPMessageFault) -> Step {
    if head == nil, try !readStartLine() { return .incomplete }
    if framing == nil, try !readFields() { return .incomplete }
    guard try readBody() else {
      guard head?.expectsContinue == true else { return .incomplete }
      head?.expectsContinue = false
      // A client that has sent some of the content already does not wait (RFC 9110, 10.1.1).
      return body.isEmpty && buffer.isEmpty ? .continueExpected : .incomplete
    }
    guard var complete = head else { return .incomplete }
    complete.request.body = body
    head = nil
    section = nil
    framing = nil
    body = []
    skippedEmptyLine = false
    return .request(
      Request(
        request: complete.request, minorVersion: complete.minorVersion, isPersistent: complete.isPersistent))
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
        head = try HTTPRequestParser.head(buffer.bytes[line])
        section = FieldSection(limits: limits)
        return true
      }
      // RFC 9112, 2.2: one empty line before a request is ignored.
      guard !skippedEmptyLine else { throw .malformedStartLine }
      skippedEmptyLine = true
    }
  }

  /// Reads `method SP target SP version`.
  private static func head(_ line: ArraySlice<UInt8>) throws(HTTPMessageFault) -> Head {
    var methodEnd = line.startIndex
    while methodEnd < line.endIndex, HTTPSyntax.isToken(line[methodEnd]) { methodEnd += 1 }
    guard methodEnd > line.startIndex, methodEnd < line.endIndex, line[methodEnd] == 0x20,
      let targetEnd = line[(methodEnd + 1)...].firstIndex(of: 0x20)
    else { throw .malformedStartLine }
    let version = Array(line[(targetEnd + 1)...])
    guard version.count == 8, HTTPSyntax.isDigit(version[5]), version[6] == 0x2E, HTTPSyntax.isDigit(version[7]),
      ByteString(version[..<5]).equals("HTTP/")
    else { throw .malformedStartLine }
    guard version[5] == 0x31 else { throw .unsupportedVersion }
    let method = ByteString(line[line.startIndex..<methodEnd])
    // TRACE would show a client's own credentials to scripts; nothing here tunnels.
    guard !method.equals("CONNECT"), !method.equals("TRACE") else { throw .methodNotImplemented }
    let target = try RequestTarget(line[(methodEnd + 1)..<targetEnd], method: method)
    let request = HTTPRequest(
      method: method, path: target.path, query: target.query, host: target.authority ?? "", headers: [])
    return Head(request: request, minorVersion: version[7] == 0x30 ? 0 : 1)
  }

  private mutating func readFields() throws(HTTPMessageFault) -> Bool {
    guard try section?.read(from: &buffer) == true, let fields = section?.fields, var head else { return false }
    section = nil
    var hasHost = false
    var closes = false
    var keepsAlive = false
    head.request.headers = fields
    for (index, field) in fields.enumerated() {
      if field.name.equals("host") {
        guard !hasHost, RequestTarget.isHost(field.value) else { throw .malformedHost }
        hasHost = true
        if head.request.host.isEmpty {
          head.request.host = field.value
        } else {
          // RFC 9112, 3.2.2: the target's authority stands, whatever `Host` says.
          head.request.headers[index].value = head.request.host
        }
      } else if field.name.equals("connection") {
        if HTTPSyntax.list(field.value, has: "close") { closes = true }
        if HTTPSyntax.list(field.value, has: "keep-alive") { keepsAlive = true }
      } else if field.name.equals("expect"), head.minorVersion >= 1 {
        guard field.value.equalsIgnoringCase("100-continue") else { throw .unsupportedExpectation }
        head.expectsContinue = true
      }
    }
    guard hasHost || head.minorVersion == 0 else { throw .hostMissing }
    head.isPersistent = !closes && (head.minorVersion >= 1 || keepsAlive)
    switch try MessageFraming(fields: fields, minorVersion: head.minorVersion, limit: limits.bodyBytes) {
    case .none: framing = Body.none
    case .length(let length): framing = .length(remaining: length)
    case .chunked: framing = .chunked(ChunkedDecoder(limits: limits))
    }
    self.head = head
    return true
  }

  private mutating func readBody() throws(HTTPMessageFault) -> Bool {
    switch framing {
    case .length(let remaining):
      let moved = buffer.move(upTo: remaining, into: &body)
      framing = .length(remaining: remaining - moved)
      return moved == remaining
    case .chunked(var decoder):
      framing = Body.none
      let isComplete = try decoder.decode(from: &buffer, into: &body)
      framing = .chunked(decoder)
      return isComplete
    case nil, Body.none?: return true
    }
  }
}
