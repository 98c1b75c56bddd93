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
  /// How it was found: `basic`, `bearer`, `certificate` and the like; empty for a visitor.
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
  /// What was asked, without the secrets that modules have judged and withdrawn.
  public private(set) var request: HTTPRequest
  /// Who sent it, on the network.
  public let source: Endpoint
  /// When the request was complete.
  public let arrival: Instant
  /// Who sent it, as authentication found.
  public var principal: Principal = .visitor
  /// Whether it came over TLS.
  public var isSecure = false
  /// What a client may show to be let in (`WWW-Authenticate`, RFC 9110, 11.6.1): the challenges of all authentication
  /// modules, in their order, for any 401.
  public var challenges: [ByteString] { pipeline?.challenges ?? [] }
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
    pipeline?.amend(&response, of: self)
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

  /// Takes the fields of that name (lower case) out of the request, so that no module or application after this one sees
  /// them, and gives their values.
  public func withdraw(field name: ByteString) -> [ByteString] {
    var found: [ByteString] = []
    for field in request.headers where field.name == name { found.append(field.value) }
    if !found.isEmpty { request.headers.removeAll { $0.name == name } }
    return found
  }

  /// Takes the cookies of that name out of the request (RFC 6265, 4.2.1 and 5.4), and gives their values.
  public func withdraw(cookie name: ByteString) -> [ByteString] {
    var found: [ByteString] = []
    for index in 0..<request.headers.count where request.headers[index].name.equals("cookie") {
      var kept: [UInt8] = []
      for part in request.headers[index].value.bytes.split(separator: 0x3B) {
        let pair = part.drop { $0 == 0x20 || $0 == 0x09 }
        if let equals = pair.firstIndex(of: 0x3D), pair[..<equals].elementsEqual(name.bytes) {
          found.append(ByteString(pair[(equals + 1)...]))
        } else {
          if !kept.isEmpty { kept.append(contentsOf: [0x3B, 0x20]) }
          kept.append(contentsOf: pair)
        }
      }
      request.headers[index].value = ByteString(kept)
    }
    if !found.isEmpty { request.headers.removeAll { $0.name.equals("cookie") && $0.value.isEmpty } }
    return found
  }

  /// Takes the parameters of that name out of the query, and gives their values, as sent. A name that is percent-encoded
  /// is another name.
  public func withdraw(parameter name: ByteString) -> [ByteString] {
    var found: [ByteString] = []
    var kept: [UInt8] = []
    for part in request.query.bytes.split(separator: 0x26, omittingEmptySubsequences: false) {
      let end = part.firstIndex(of: 0x3D) ?? part.endIndex
      if part[..<end].elementsEqual(name.bytes) {
        found.append(ByteString(end < part.endIndex ? part[(end + 1)...] : part[end...]))
      } else {
        if !kept.isEmpty { kept.append(0x26) }
        kept.append(contentsOf: part)
      }
    }
    if !found.isEmpty { request.query = ByteString(kept) }
    return found
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
