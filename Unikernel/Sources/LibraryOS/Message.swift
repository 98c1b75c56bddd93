import Interchange

/// An HTTP request (RFC 9110), whole, after parsing and normalization.
public struct HTTPRequest: Sendable {
  /// The method, as sent: `GET`.
  public var method: ByteString
  /// The path, normalized once, before every decision: percent-encoded unreserved characters decoded, dot segments and
  /// double slashes removed. Always starts with `/`.
  public var path: ByteString
  /// What follows `?`, as sent; empty when there is none.
  public var query: ByteString
  /// The `Host` field, or the authority of an absolute target.
  public var host: ByteString
  /// Header fields in the order sent, names in lower case.
  public var headers: [HTTPField]
  /// The content.
  public var body: [UInt8]

  /// A request from its parts.
  public init(
    method: ByteString, path: ByteString, query: ByteString = "", host: ByteString = "", headers: [HTTPField] = [],
    body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.host = host
    self.headers = headers
    self.body = body
  }

  /// The value of the first field of that name (lower case), which is written in the source.
  public func header(named name: StaticString) -> ByteString? {
    for field in headers where field.name.equals(name) {
      return field.value
    }
    return nil
  }

  /// The value of the first field of that name (lower case).
  public func header(_ name: ByteString) -> ByteString? {
    for field in headers where field.name == name {
      return field.value
    }
    return nil
  }
}

/// A header field. Names are lower case.
public struct HTTPField: Hashable, Sendable {
  /// The name, in lower case.
  public var name: ByteString
  /// The value, without white space around it.
  public var value: ByteString

  /// Pairs a name with a value.
  public init(_ name: ByteString, _ value: ByteString) {
    self.name = name
    self.value = value
  }
}

/// An HTTP response. The server adds `Content-Length`, `Date` and `Connection`.
public struct HTTPResponse: Sendable {
  /// The status code.
  public var status: Int
  /// Header fields, names in lower case.
  public var headers: [HTTPField]
  /// The content; not sent for HEAD, 204 and 304, where `Content-Length` still tells its size as RFC 9110, 8.6 has it.
  public var body: [UInt8]

  /// A response from its parts.
  public init(status: Int, headers: [HTTPField] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response with a line of plain text.
  public static func text(_ status: Int, _ line: ByteString, headers: [HTTPField] = []) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: headers + [HTTPField("content-type", "text/plain; charset=utf-8")],
      body: line.bytes + [0x0A])
  }
}

/// Who makes a request, as authentication or a client certificate showed.
public struct Principal: Hashable, Sendable {
  /// The name; empty for somebody who showed no credentials.
  public var name: ByteString
  /// The roles the credentials carry.
  public var roles: [ByteString]
  /// How it was found: `basic`, `bearer`, `certificate`, or empty.
  public var scheme: ByteString

  /// Somebody.
  public init(name: ByteString, roles: [ByteString], scheme: ByteString) {
    self.name = name
    self.roles = roles
    self.scheme = scheme
  }

  /// Somebody who showed no credentials.
  public static let visitor = Principal(name: "", roles: [], scheme: "")

  /// Whether no credentials were shown.
  public var isVisitor: Bool { name.isEmpty }
}

/// One request on its way through the security modules to an application, and its response on the way back.
public final class Exchange {
  /// What was asked.
  public let request: HTTPRequest
  /// Who sent it, on the network.
  public let source: Endpoint
  /// When the request was complete.
  public let arrival: Instant
  /// Who sent it, as authentication found.
  public var principal: Principal = .visitor
  /// Whether it came over TLS.
  public var isSecure = false
  /// What a client must show to be let in (`WWW-Authenticate`, RFC 9110, 11.6.1), added by each authentication module;
  /// authorization puts it into a 401.
  public var challenges: [ByteString] = []
  /// Fields that modules add to whatever the response will be.
  public var responseHeaders: [HTTPField] = []
  /// Whether `finish` was called.
  public private(set) var isFinished = false
  /// Takes what the connection is to become; `false` if it is too late for that. The server sets it where a request may
  /// ask for another protocol.
  public var acceptUpgrade: ((any ConnectionUpgrade) -> Bool)?

  var nextStage = 0
  private let pipeline: Pipeline?
  private let completion: (HTTPResponse) -> Void

  /// A request that came in; `completion` is called once, with the response.
  public init(
    request: HTTPRequest, source: Endpoint, arrival: Instant, pipeline: Pipeline? = nil,
    completion: @escaping (HTTPResponse) -> Void
  ) {
    self.request = request
    self.source = source
    self.arrival = arrival
    self.pipeline = pipeline
    self.completion = completion
  }

  /// Answers. Later calls do nothing: the first answer stands.
  public func finish(_ response: HTTPResponse) {
    guard !isFinished else { return }
    isFinished = true
    var response = response
    response.headers.append(contentsOf: responseHeaders)
    pipeline?.finished(self, status: response.status)
    completion(response)
  }

  /// Answers with a response that switches protocols, behind which the connection is `upgrade`'s.
  public func finish(_ response: HTTPResponse, switchingTo upgrade: any ConnectionUpgrade) {
    guard !isFinished, acceptUpgrade?(upgrade) == true else {
      upgrade.end()
      return finish(.text(503, "service unavailable: the connection cannot change its protocol any more"))
    }
    finish(response)
  }

  /// Goes on after a module had suspended this exchange.
  public func resume(_ verdict: Verdict) {
    guard !isFinished else { return }
    switch verdict {
    case .proceed: pipeline?.advance(self)
    case .respond(let response): finish(response)
    case .suspend: break
    }
  }
}
