import Interchange
import LibraryOS
import LibraryOSTesting
import ResponseHeaders
import Testing

/// The module before an application that says things of its own.
private final class Fixture {
  let module = ResponseHeaders()
  let pipeline = Pipeline()
  let application = Talkative()

  init(_ more: [(ByteString, ParameterValue)] = [], configured: Bool = true) throws {
    pipeline.add(module)
    pipeline.add(amender: module)
    pipeline.add(ChallengingModule("Basic realm=\"x\""))
    pipeline.add(application)
    guard configured else { return }
    try module.configure(
      [
        (
          "fields",
          .list([Fixture.field("x-content-type-options", "nosniff"), Fixture.field("referrer-policy", "no-referrer")])
        )
      ] + more)
  }

  static let shop: [(ByteString, ParameterValue)] = [
    ("origins", .list(["https://shop.example", "https://admin.example:8443"])), ("methods", .list(["PUT", "DELETE"])),
    ("headers", .list(["content-type", "x-api-key"])), ("exposed", .list(["etag"])), ("max-age-s", .integer(600)),
  ]

  static func field(_ name: ByteString, _ value: ByteString) -> ParameterValue {
    map([("name", .text(name)), ("value", .text(value))])
  }

  func send(_ method: ByteString = "GET", _ headers: [(ByteString, ByteString)] = []) -> HTTPResponse {
    var response: HTTPResponse?
    let exchange = Exchange(
      request: HTTPRequest(method: method, path: "/", headers: headers.map { HTTPField($0.0, $0.1) }),
      source: Endpoint(IPv4Address(10, 0, 0, 7), port: 1024), arrival: Instant(nanoseconds: 0), pipeline: pipeline,
      completion: { response = $0 })
    pipeline.advance(exchange)
    // No answer at all is an answer that no test expects.
    return response ?? HTTPResponse(status: 0)
  }

  func preflight(
    origin: ByteString = "https://shop.example", method: ByteString = "PUT", headers: ByteString? = nil
  ) -> HTTPResponse {
    var fields: [(ByteString, ByteString)] = [("origin", origin), ("access-control-request-method", method)]
    if let headers { fields.append(("access-control-request-headers", headers)) }
    return send("OPTIONS", fields)
  }

  final class Talkative: Application {
    let name: ByteString = "talkative"
    let counters: [Counter] = []
    var asked = 0
    func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
    func commit() {}
    func rollback() {}
    func claim(_ path: ByteString) -> Int? { 0 }
    func respond(to exchange: Exchange) {
      asked += 1
      exchange.finish(
        HTTPResponse(
          status: 200,
          headers: [
            HTTPField("server", "Old/1.0"), HTTPField("x-powered-by", "PHP/5"), HTTPField("etag", "\"1\""),
            HTTPField("referrer-policy", "unsafe-url"), HTTPField("access-control-allow-origin", "*"),
            HTTPField("access-control-allow-credentials", "true"), HTTPField("vary", "accept-encoding"),
          ]))
    }
  }
}

extension HTTPResponse {
  fileprivate func all(_ name: ByteString) -> [ByteString] { headers.filter { $0.name == name }.map(\.value) }
}

struct ResponseHeadersTests {
  @Test("declared fields take the place of an application's; software and other origins are not spoken of")
  func declared() throws {
    let response = try Fixture().send("GET", [("origin", "https://evil.example")])
    #expect(response.all("x-content-type-options") == ["nosniff"])
    #expect(response.all("referrer-policy") == ["no-referrer"])
    #expect(response.all("etag") == ["\"1\""])
    for name in ["server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials"] {
      #expect(response.all(ByteString(name)).isEmpty, "\(name)")
    }
    #expect(response.all("vary") == ["accept-encoding"])
  }

  @Test("a page of an admitted origin may read, and no other")
  func origins() throws {
    let fixture = try Fixture(Fixture.shop)
    let good = fixture.send("GET", [("origin", "https://shop.example")])
    #expect(good.all("access-control-allow-origin") == ["https://shop.example"])
    #expect(good.all("access-control-allow-credentials").isEmpty)
    #expect(good.all("access-control-expose-headers") == ["etag"])
    #expect(good.all("vary") == ["accept-encoding", "origin"])
    for origin: ByteString in [
      "http://shop.example", "https://shop.example:443", "https://shop.example/", "https://SHOP.example", "null", "*",
      "",
      "https://shop.example.evil", "https://evil-shop.example", "https://shop.example, https://evil.example",
    ] {
      let other = fixture.send("GET", [("origin", origin)])
      #expect(other.status == 200)
      #expect(other.headers.allSatisfy { !$0.name.hasPrefix("access-control-") })
      // A cache must not give this answer to the shop.
      #expect(other.all("vary") == ["accept-encoding", "origin"])
    }
    let plain = fixture.send()
    #expect(plain.all("vary") == ["accept-encoding", "origin"])
  }

  @Test("a preflight is answered before anybody is asked who they are, and does not reach the application")
  func preflight() throws {
    let fixture = try Fixture(Fixture.shop)
    let answer = fixture.preflight(headers: "Content-Type , x-api-key")
    #expect(answer.status == 204)
    #expect(answer.all("access-control-allow-origin") == ["https://shop.example"])
    #expect(answer.all("access-control-allow-methods") == ["PUT, DELETE"])
    #expect(answer.all("access-control-allow-headers") == ["content-type, x-api-key"])
    #expect(answer.all("access-control-max-age") == ["600"])
    #expect(answer.all("x-content-type-options") == ["nosniff"])
    #expect(answer.all("vary") == ["origin"])
    #expect(fixture.preflight(method: "POST").status == 204)
    #expect(fixture.application.asked == 0)
    #expect(fixture.module.counter("preflights") == 2)
  }

  @Test("a preflight for what is not admitted is refused without a word of what would be")
  func refusedPreflight() throws {
    let fixture = try Fixture(Fixture.shop)
    let answers = [
      fixture.preflight(origin: "https://evil.example"), fixture.preflight(origin: "null"),
      fixture.preflight(method: "PATCH"), fixture.preflight(method: "put"), fixture.preflight(headers: "authorization"),
      fixture.preflight(headers: "content-type, cookie"), fixture.preflight(headers: "a b"),
    ]
    for answer in answers {
      #expect(answer.status == 403)
      #expect(answer.all("access-control-allow-methods") == [])
    }
    #expect(fixture.module.counter("preflights-refused") == 7)
    #expect(fixture.application.asked == 0)
  }

  @Test("where no origin is admitted, and for OPTIONS that is no preflight, the application is asked")
  func noPreflight() throws {
    let closed = try Fixture()
    #expect(closed.preflight().status == 200)
    let open = try Fixture(Fixture.shop)
    #expect(open.send("OPTIONS").status == 200)
    #expect(open.send("OPTIONS", [("origin", "https://shop.example")]).status == 200)
    #expect(open.send("GET", [("access-control-request-method", "PUT"), ("origin", "x")]).status == 200)
  }

  @Test("any origin will do where that is said, but never with credentials, and not for `null`")
  func anyOrigin() throws {
    let fixture = try Fixture([("origins", .list(["*"]))])
    let answer = fixture.send("GET", [("origin", "https://anyone.example")])
    #expect(answer.all("access-control-allow-origin") == ["*"])
    #expect(answer.all("access-control-allow-credentials").isEmpty)
    let null = fixture.send("GET", [("origin", "null")])
    #expect(null.all("access-control-allow-origin").isEmpty)
    #expect(throws: ParameterFault.self) { try fixture.module.configure([("credentials", .boolean(true))]) }
  }

  @Test("credentials go with origins that are named")
  func credentials() throws {
    let fixture = try Fixture(Fixture.shop + [("credentials", .boolean(true))])
    let answer = fixture.send("GET", [("origin", "https://admin.example:8443")])
    #expect(answer.all("access-control-allow-origin") == ["https://admin.example:8443"])
    #expect(answer.all("access-control-allow-credentials") == ["true"])
  }

  @Test("until it is configured, the answer is 503")
  func unconfigured() throws { #expect(try Fixture(configured: false).send().status == 503) }

  static let faults: [(what: String, name: ByteString, value: ParameterValue)] = [
    ("a value with CR LF", "fields", .list([Fixture.field("x-a", "b\r\nset-cookie: c=d")])),
    ("a value with LF", "fields", .list([Fixture.field("x-a", "b\nc")])),
    ("a value with NUL", "fields", .list([Fixture.field("x-a", "b\0")])),
    ("a value beyond ASCII", "fields", .list([Fixture.field("x-a", ByteString([0xC3, 0xA9]))])),
    ("an empty value", "fields", .list([Fixture.field("x-a", "")])),
    ("a name with a colon", "fields", .list([Fixture.field("x:a", "b")])),
    ("a name in upper case", "fields", .list([Fixture.field("X-A", "b")])),
    ("an empty name", "fields", .list([Fixture.field("", "b")])),
    ("two of one name", "fields", .list([Fixture.field("x-a", "b"), Fixture.field("x-a", "c")])),
    ("an origin that is a host", "origins", .list(["shop.example"])),
    ("an origin with a star in it", "origins", .list(["https://*.example"])),
    ("a star among origins", "origins", .list(["https://shop.example", "*"])),
    ("an origin with a line feed", "origins", .list(["https://shop.example\n"])),
    ("any method", "methods", .list(["*"])), ("any header", "headers", .list(["*"])),
    ("an age that is too great", "max-age-s", .integer(86_401)), ("an unknown parameter", "origin", "x"),
  ]

  @Test("settings that are wrong are refused, and what was in force stays", arguments: faults.indices)
  func refused(index: Int) throws {
    let (what, name, value) = ResponseHeadersTests.faults[index]
    let fixture = try Fixture()
    #expect(throws: ParameterFault.self, "\(what)") { try fixture.module.configure([(name, value)]) }
    fixture.module.rollback()
    fixture.module.commit()
    #expect(fixture.send().all("x-content-type-options") == ["nosniff"])
  }
}
