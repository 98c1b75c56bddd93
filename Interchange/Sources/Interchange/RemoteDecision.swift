/// What an image asks its tenant's decision point: may this request go on?
public struct RemoteQuestion: Equatable, Sendable {
  /// Which question of this image it is; the answer has the same number.
  public var number: UInt64
  /// The request. Its contextual attributes are not sent: the decision point knows them itself.
  public var request: HTTPPolicyRequest

  /// No question is longer in its binary form; a request that is must be denied.
  public static let maximumLength = 48 << 10

  /// A question.
  public init(number: UInt64, request: HTTPPolicyRequest) {
    self.number = number
    self.request = request
  }

  /// The request in its binary form, without attributes: equal for requests that nothing tells apart.
  public static func key(_ request: HTTPPolicyRequest) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(request.user)
    writer.write(request.scheme)
    writer.write(fixed: UInt32(request.roles.count))
    for role in request.roles { writer.write(role) }
    writer.write(request.method)
    writer.write(request.path)
    writer.write(request.query)
    writer.write(request.host)
    writer.write(request.source.isIPv6 ? 1 : 0)
    writer.write(fixed: request.source.high)
    writer.write(fixed: request.source.low)
    return writer.bytes
  }

  /// Questions are the same if they have the same number and ask about the same request.
  public static func == (left: RemoteQuestion, right: RemoteQuestion) -> Bool {
    left.number == right.number && key(left.request) == key(right.request)
  }

  func encode(to writer: inout ByteWriter) {
    writer.write(fixed: number)
    writer.write(raw: RemoteQuestion.key(request))
  }

  init(from reader: inout ByteReader) throws(DecodingFault) {
    number = try reader.readFixed(UInt64.self)
    let user = try reader.readText()
    let scheme = try reader.readText()
    var roles: [ByteString] = []
    for _ in 0..<(try reader.readCount()) { roles.append(try reader.readText()) }
    let method = try reader.readText()
    let path = try reader.readText()
    let query = try reader.readText()
    let host = try reader.readText()
    let version = try reader.readByte()
    guard version <= 1 else { throw .invalid }
    let high = try reader.readFixed(UInt64.self)
    let low = try reader.readFixed(UInt64.self)
    request = HTTPPolicyRequest(
      user: user, scheme: scheme, roles: roles, method: method, path: path, query: query, host: host,
      source: PolicyAddress(isIPv6: version == 1, high: high, low: low, prefixLength: version == 1 ? 128 : 32))
    // A request has each role once, a visitor has none, and no address has bits beyond its width: there is one form.
    guard request.roles == roles, request.scheme == scheme, request.source.isValid else { throw .invalid }
  }
}

/// What the decision point says.
public struct RemoteAnswer: Equatable, Sendable {
  /// The number of the question.
  public var number: UInt64
  /// Whether the request may go on.
  public var isPermit: Bool
  /// Until when the answer may be used again, in milliseconds since 1970-01-01 UTC; 0 for this once.
  public var validUntil: UInt64
  /// A policy that determined it; empty where none did.
  public var policy: ByteString
  /// Grows whenever what the decision point decides with changes; an answer of an older epoch than another is not kept.
  public var epoch: UInt64

  /// An answer.
  public init(number: UInt64, isPermit: Bool, validUntil: UInt64, policy: ByteString, epoch: UInt64 = 0) {
    self.epoch = epoch
    self.number = number
    self.isPermit = isPermit
    self.validUntil = validUntil
    self.policy = policy
  }

  /// The payload of a message of kind `answer`.
  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    writer.write(fixed: number)
    writer.write(isPermit ? 1 : 0)
    writer.write(fixed: validUntil)
    writer.write(policy)
    writer.write(fixed: epoch)
    return writer.bytes
  }

  /// Reads what `encode` wrote, and nothing but that.
  public init(decoding bytes: [UInt8]) throws(DecodingFault) {
    var reader = ByteReader(bytes)
    number = try reader.readFixed(UInt64.self)
    switch try reader.readByte() {
    case 0: isPermit = false
    case 1: isPermit = true
    default: throw .invalid
    }
    validUntil = try reader.readFixed(UInt64.self)
    policy = try reader.readText(limit: 1024)
    epoch = try reader.readFixed(UInt64.self)
    try reader.finish()
  }
}
