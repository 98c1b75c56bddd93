import Interchange
import LibraryOS

/// Reads the response to one request out of a byte stream (RFC 9112, 6.3), as strictly as requests are read: a proxy that
/// understood a length otherwise than its backend would hand one client's response to another.
public struct HTTPResponseParser: Sendable {
  /// A complete response and what it says of the connection.
  public struct Response: Sendable {
    /// The response; its fields as they came.
    public var response: HTTPResponse
    /// Whether another request can be sent on this connection.
    public var isPersistent: Bool
  }

  private enum Body: Sendable {
    case none
    case length(remaining: Int)
    case chunked(ChunkedDecoder)
    case untilClose
  }

  /// How many interim responses (1xx) are skipped before the final one.
  static let interimLimit = 8

  private let limits: HTTPLimits
  private let answersHead: Bool
  private let maySwitch: Bool
  private var buffer = ReceiveBuffer()
  private var status: Int?
  private var minorVersion = 1
  private var section: FieldSection?
  private var framing: Body?
  private var headers: [HTTPField] = []
  private var body: [UInt8] = []
  private var isPersistent = false
  private var interimCount = 0

  /// A parser for the response to one request; `answersHead` if its method is HEAD, `maySwitch` if it asks for another
  /// protocol.
  public init(limits: HTTPLimits = HTTPLimits(), answersHead: Bool = false, maySwitch: Bool = false) {
    self.limits = limits
    self.answersHead = answersHead
    self.maySwitch = maySwitch
  }

  /// Adds bytes as they arrive.
  public mutating func append(_ bytes: [UInt8]) {
    buffer.append(bytes)
  }

  /// Reads on in what has arrived; `nil` until the response is complete.
  public mutating func next() throws(HTTPMessageFault) -> Response? {
    while true {
      if status == nil, try !readStatusLine() { return nil }
      if framing == nil, try !readFields() { return nil }
      if status != nil { break }
    }
    guard try readBody() else { return nil }
    return finished()
  }

  /// The connection ended: completes a response that is delimited by that, and refuses any other.
  public mutating func end() throws(HTTPMessageFault) -> Response {
    if let response = try next() { return response }
    guard case .untilClose = framing else { throw .truncated }
    return finished()
  }

  /// What arrived behind a response that switches protocols.
  mutating func takeRest() -> [UInt8] {
    Array(buffer.take(upTo: .max))
  }

  /// A connection with more bytes than the response has cannot be used again: nobody asked for them.
  private func finished() -> Response {
    Response(
      response: HTTPResponse(status: status ?? 0, headers: headers, body: body),
      isPersistent: isPersistent && buffer.isEmpty)
  }

  /// Reads `version SP status SP reason`; the reason, and the space before it, may be missing.
  private mutating func readStatusLine() throws(HTTPMessageFault) -> Bool {
    let limit = min(limits.startLineBytes, limits.headerBytes)
    guard let range = try buffer.line(limit: limit, tooLong: .startLineTooLong) else { return false }
    let line = Array(buffer.bytes[range])
    guard line.count >= 12, ByteString(line[..<5]).equals("HTTP/"), HTTPSyntax.isDigit(line[5]), line[6] == 0x2E,
      HTTPSyntax.isDigit(line[7]), line[8] == 0x20, line.count == 12 || line[12] == 0x20,
      line.allSatisfy(HTTPSyntax.isFieldContent)
    else { throw .malformedStartLine }
    guard line[5] == 0x31 else { throw .unsupportedVersion }
    var status = 0
    for digit in line[9..<12] {
      guard HTTPSyntax.isDigit(digit) else { throw .malformedStartLine }
      status = status * 10 + Int(digit - 0x30)
    }
    // 101 changes the protocol, which has to have been asked for.
    guard status >= 100, status < 600, status != 101 || maySwitch else { throw .malformedStartLine }
    minorVersion = line[7] == 0x30 ? 0 : 1
    self.status = status
    section = FieldSection(limits: limits)
    return true
  }

  private mutating func readFields() throws(HTTPMessageFault) -> Bool {
    guard try section?.read(from: &buffer) == true, let fields = section?.fields, let status else { return false }
    section = nil
    if status == 101 {
      headers = fields
      framing = Body.none
      return true
    }
    if status < 200 {
      interimCount += 1
      guard interimCount <= HTTPResponseParser.interimLimit else { throw .headerTooLarge }
      self.status = nil
      return true
    }
    headers = fields
    var closes = false
    var keepsAlive = false
    for field in fields where field.name.equals("connection") {
      if HTTPSyntax.list(field.value, has: "close") { closes = true }
      if HTTPSyntax.list(field.value, has: "keep-alive") { keepsAlive = true }
    }
    isPersistent = !closes && (minorVersion >= 1 || keepsAlive)
    if answersHead || status == 204 || status == 304 {
      // The fields tell of a content that is not sent, however long.
      _ = try MessageFraming(fields: fields, minorVersion: minorVersion, limit: .max)
      framing = Body.none
      return true
    }
    switch try MessageFraming(fields: fields, minorVersion: minorVersion, limit: limits.bodyBytes) {
    case .none:
      framing = .untilClose
      isPersistent = false
    case .length(let length): framing = .length(remaining: length)
    case .chunked: framing = .chunked(ChunkedDecoder(limits: limits))
    }
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
    case .untilClose:
      _ = buffer.move(upTo: limits.bodyBytes - body.count, into: &body)
      guard buffer.isEmpty else { throw .bodyTooLarge }
      return false
    case nil, Body.none?: return true
    }
  }
}
