import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import RequestFilter

@Suite("Request filter")
struct RequestFilterTests {
  @Test("until it is configured, nothing is let through")
  func unconfigured() throws {
    let fixture = Fixture()
    #expect(fixture.send().status == 503)
    #expect(throws: ParameterFault.self) { try fixture.module.configure([("filters", .list([]))]) }
    #expect(fixture.send().status == 503)
  }

  @Test("the first rule that fits decides; where none does, the default")
  func order() throws {
    let fixture = Fixture()
    try fixture.configure(
      [
        rule("health", 0, [("methods", .list(["GET"])), ("paths", .list(["/health"]))]),
        rule("gone", 404, [("paths", .list(["/health", "/old"]))]),
      ], fallback: 0)
    #expect(fixture.send("GET", "/health/x").status == 200)
    #expect(fixture.send("POST", "/health").status == 404)
    #expect(fixture.send("GET", "/old/").status == 404)
    #expect(fixture.send("GET", "/older").status == 200)
    try fixture.configure([rule("health", 0, [("paths", .list(["/health"]))])], fallback: 405)
    #expect(fixture.send("GET", "/health").status == 200)
    #expect(fixture.send("GET", "/").status == 405)
    #expect(fixture.module.counter("refused") == 3)
    #expect(
      fixture.events.map { $0.details.first { $0.name == "rule" }?.value.textValue } == ["gone", "gone", "default"])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fields: [(ByteString, ParameterValue)]
    var refused: HTTPRequest
    var admitted: HTTPRequest
  }

  static func request(
    _ method: ByteString = "GET", _ path: ByteString = "/", _ query: ByteString = "",
    _ headers: [(ByteString, ByteString)] = [], _ body: [UInt8] = []
  ) -> HTTPRequest {
    HTTPRequest(
      method: method, path: path, query: query, headers: headers.map { HTTPField($0.0, $0.1) }, body: body)
  }

  static let cases: [Case] = [
    Case(
      testDescription: "method", fields: [("methods", .list(["TRACE", "PUT"]))], refused: request("PUT"),
      admitted: request("put")),
    Case(
      testDescription: "header that is there", fields: [("present", .list(["x-debug"]))],
      refused: request("GET", "/", "", [("x-debug", "")]), admitted: request("GET", "/", "", [("x-debugger", "")])),
    Case(
      testDescription: "header that is not there", fields: [("absent", .list(["user-agent"]))], refused: request(),
      admitted: request("GET", "/", "", [("user-agent", "x")])),
    Case(
      testDescription: "media type", fields: [("media-types", .list(["text/xml", "image/*"]))],
      refused: request("GET", "/", "", [("content-type", "TEXT/xml; charset=utf-8")]),
      admitted: request("GET", "/", "", [("content-type", "text/xmlx")])),
    Case(
      testDescription: "range of media types", fields: [("media-types", .list(["image/*"]))],
      refused: request("GET", "/", "", [("content-type", "image/png")]), admitted: request()),
    Case(
      testDescription: "media type that is said twice", fields: [("media-types", .list(["text/xml"]))],
      refused: request("GET", "/", "", [("content-type", "text/xml")]),
      admitted: request("GET", "/", "", [("content-type", "text/xml"), ("content-type", "text/html")])),
    Case(
      testDescription: "length of the target", fields: [("over", map([("target", .integer(6))]))],
      refused: request("GET", "/abc", "de"), admitted: request("GET", "/abc", "d")),
    Case(
      testDescription: "length of the query", fields: [("over", map([("query", .integer(1))]))],
      refused: request("GET", "/", "de"), admitted: request("GET", "/abc", "d")),
    Case(
      testDescription: "number of headers", fields: [("over", map([("headers", .integer(1))]))],
      refused: request("GET", "/", "", [("a", "b"), ("c", "d")]), admitted: request("GET", "/", "", [("a", "b")])),
    Case(
      testDescription: "size of headers", fields: [("over", map([("header-bytes", .integer(4))]))],
      refused: request("GET", "/", "", [("a", "bcde")]), admitted: request("GET", "/", "", [("a", "bcd")])),
    Case(
      testDescription: "size of the body", fields: [("over", map([("body", .integer(2))]))],
      refused: request("GET", "/", "", [], [1, 2, 3]), admitted: request("GET", "/", "", [], [1, 2])),
    Case(
      testDescription: "all conditions hold",
      fields: [("methods", .list(["PUT"])), ("over", map([("body", .integer(2))]))],
      refused: request("PUT", "/", "", [], [1, 2, 3]), admitted: request("POST", "/", "", [], [1, 2, 3])),
    Case(
      testDescription: "path", fields: [found("path", "etc")], refused: request("GET", "/a/etc/b"),
      admitted: request("GET", "/%65tc")),
    Case(
      testDescription: "decoded path", fields: [found("decoded-path", "etc")], refused: request("GET", "/%65t%63"),
      admitted: request("GET", "/et+c")),
    Case(
      testDescription: "query", fields: [found("query", "a%27")], refused: request("GET", "/", "a%27"),
      admitted: request("GET", "/", "a'")),
    Case(
      testDescription: "decoded query", fields: [found("decoded-query", "a 'b")],
      refused: request("GET", "/", "x=a+%27b"), admitted: request("GET", "/", "x=a%2B%27b")),
    Case(
      testDescription: "header of a name", fields: [found("header", "evil", header: "user-agent")],
      refused: request("GET", "/", "", [("user-agent", "good"), ("user-agent", "an evil one")]),
      admitted: request("GET", "/", "", [("referer", "evil")])),
    Case(
      testDescription: "any header", fields: [found("header", "evil")],
      refused: request("GET", "/", "", [("x", "y"), ("referer", "evil")]),
      admitted: request("GET", "/", "", [("x", "ev"), ("y", "il")])),
    Case(
      testDescription: "body", fields: [found("body", "evil")],
      refused: request("PUT", "/", "", [], Array("an evil".utf8)),
      admitted: request("PUT", "/", "", [], Array("an %65vil".utf8))),
    Case(
      testDescription: "body of a form", fields: [found("decoded-body", "e vil")],
      refused: request(
        "PUT", "/", "", [("content-type", "application/x-www-form-urlencoded")], Array("x=%65+vil".utf8)),
      admitted: request("PUT", "/", "", [("content-type", "text/plain")], Array("x=%65+vil".utf8))),
    Case(
      testDescription: "body that some may take for a form", fields: [found("decoded-body", "e vil")],
      refused: request(
        "PUT", "/", "", [("content-type", "text/plain"), ("content-type", "application/x-www-form-urlencoded;a")],
        Array("x=%65+vil".utf8)),
      admitted: request("PUT", "/", "", [], Array("x=%65+vil".utf8))),
  ]

  @Test("a rule fits by what it names", arguments: cases)
  func conditions(_ item: Case) throws {
    let fixture = Fixture()
    try fixture.configure(
      [rule("it", 403, item.fields)], fallback: 0, tables: ["etc", "a%27", "a 'b", "evil", "e vil"])
    #expect(fixture.send(item.refused).status == 403)
    #expect(fixture.send(item.admitted).status == 200)
  }

  @Test("a rule about sources fits clients in these networks")
  func sources() throws {
    let fixture = Fixture()
    try fixture.configure([rule("it", 403, [("sources", .list(["10.0.0.0/8", "fd00::/8"]))])], fallback: 0)
    #expect(fixture.send(from: IPv4Address(10, 0, 0, 7)).status == 403)
    #expect(fixture.send(from: IPv4Address(11, 0, 0, 7)).status == 200)
  }

  @Test("what is longer than what is inspected is refused or passed, as is said, and only where a rule looks into it")
  func beyond() throws {
    let fixture = Fixture()
    let looks = rule("it", 403, [("methods", .list(["PUT"])), found("body", "evil")])
    try fixture.configure([looks], fallback: 0, tables: ["x", "x", "x", "evil"], inspected: 8)
    func put(_ text: String, _ method: ByteString = "PUT") -> Int {
      fixture.send(Self.request(method, "/", "", [], Array(text.utf8))).status
    }
    #expect(put("an evil.") == 403)
    #expect(put("not bad.") == 200)
    #expect(put("not bad at all") == 413)
    #expect(put("not bad at all", "POST") == 200)
    try fixture.configure([looks], fallback: 0, tables: ["x", "x", "x", "evil"], inspected: 8, beyond: "pass")
    #expect(put("not bad at all, evil") == 200)
    #expect(put("an evil, and more") == 403)
  }

  @Test(
    "percent-encodings that two readers could decode differently are refused where that is due",
    arguments: [
      ("%2527", true), ("%25%32%37", true), ("%c0%af", true), ("%e0%80%af", true), ("%ed%a0%80", true),
      ("%u0027", true),
      ("%00", true), ("100%", true), ("%4", true), ("%c3", true), ("%c3%28", true), ("%f5%80%80%80", true),
      ("%f0%8f%80%80", true), ("%C3%A9", false), ("%F0%9F%90%A2", false), ("a%20b", false), ("50%25off", false),
      ("%25", false), ("%25a%20", false), ("%2B%26", false),
    ] as [(ByteString, Bool)])
  func ambiguity(text: ByteString, isAmbiguous: Bool) throws {
    let fixture = Fixture()
    try fixture.configure([], fallback: 0)
    #expect(fixture.send(Self.request("GET", "/", text)).status == (isAmbiguous ? 400 : 200))
    try fixture.configure([], fallback: 0, ambiguous: "path")
    #expect(fixture.send(Self.request("GET", "/", text)).status == 200)
    #expect(fixture.send(Self.request("GET", "/" + text)).status == (isAmbiguous ? 400 : 200))
    try fixture.configure([], fallback: 0, ambiguous: "none")
    #expect(fixture.send(Self.request("GET", "/" + text, text)).status == 200)
  }

  @Test("of several filters each must let a request through")
  func several() throws {
    let fixture = Fixture()
    try fixture.module.configure([
      (
        "filters",
        .list([
          filter("one", [rule("open", 0, [("paths", .list(["/a"]))])], fallback: 404),
          filter("two", [rule("put", 405, [("methods", .list(["PUT"]))])], fallback: 0),
        ])
      ), ("tables", .list([])),
    ])
    #expect(fixture.send("GET", "/a").status == 200)
    #expect(fixture.send("PUT", "/a").status == 405)
    #expect(fixture.send("GET", "/b").status == 404)
    #expect(fixture.events.map { $0.details.first { $0.name == "filter" }?.value.textValue } == ["two", "one"])
  }

  @Test("each byte is one step for each table, however large the body and however often rules ask")
  func linear() throws {
    let fixture = Fixture()
    let body = [UInt8](repeating: 0x61, count: 4 << 20)
    try fixture.configure(
      [rule("one", 403, [found("body", "evil")]), rule("two", 404, [found("body", "evil")])], fallback: 0,
      tables: ["x", "x", "x", "evil"], inspected: 8 << 20)
    #expect(fixture.send(Self.request("PUT", "/", "", [], body)).status == 200)
    #expect(fixture.module.counter("steps") == 4 << 20)
    // What no rule that fits otherwise looks into is not read.
    try fixture.configure(
      [rule("one", 403, [("methods", .list(["POST"])), found("body", "evil")])], fallback: 0,
      tables: ["x", "x", "x", "evil"], inspected: 8 << 20)
    #expect(fixture.send(Self.request("PUT", "/", "", [], body)).status == 200)
    #expect(fixture.module.counter("steps") == 4 << 20)
  }

  @Test("an event says who, where and which rule, and nothing of query, header or body")
  func event() throws {
    let fixture = Fixture()
    try fixture.configure([rule("it", 418, [("methods", .list(["PUT"]))])], fallback: 0)
    _ = fixture.send(Self.request("PUT", "/a", "secret", [("cookie", "secret")], Array("secret".utf8)))
    let event = try #require(fixture.events.first)
    #expect(event.module == "request-filter" && event.action == "denied" && event.severity == .medium)
    #expect(event.details.map(\.name) == ["source", "method", "path", "filter", "rule", "status"])
    #expect(!event.details.contains { $0.value.textValue?.bytes.contains(Array("secret".utf8)) ?? false })
    for _ in 0..<30 { _ = fixture.send(Self.request("PUT")) }
    #expect(fixture.events.count == RequestFilter.eventsPerSecond)
    #expect(fixture.module.counter("events-suppressed") == 21)
  }

  @Test(
    "rules that are refused change nothing",
    arguments: [
      rule("x", 200, []), rule("x", 302, []), rule("x", 403, [("methods", "GET")]),
      rule("x", 403, [("paths", .list(["a"]))]),
      rule("x", 403, [("sources", .list(["10.0.0.0/33"]))]), rule("x", 403, [("what", .list([]))]),
      rule("x", 403, [("over", map([("size", .integer(1))]))]),
      rule("x", 403, [("over", map([("body", .integer(-1))]))]),
      rule("x", 403, [found("cookie", "etc")]),
      rule("x", 403, [match("body", table: 0, bits: 0)]), rule("x", 403, [match("body", table: 0, bits: 2)]),
      rule("x", 403, [match("body", table: 1, bits: 1)]), rule("x", 403, [match("body", table: -1, bits: 1)]),
      rule("x", 403, [("matches", .list([map([("part", "body")])]))]),
      rule("x", 403, [("matches", .list([map([("part", "body"), ("any", .list([]))])]))]),
    ])
  func refused(_ wrong: ParameterValue) throws {
    let fixture = Fixture()
    try fixture.configure([rule("it", 405, [])], fallback: 0, tables: ["etc"])
    #expect(throws: ParameterFault.self) { try fixture.configure([wrong], fallback: 0, tables: ["etc"]) }
    fixture.module.rollback()
    #expect(fixture.send().status == 405)
  }

  @Test("tables that come alone must fit the rules that are there")
  func alone() throws {
    let fixture = Fixture()
    try fixture.configure([rule("it", 403, [found("path", "etc")])], fallback: 0, tables: ["etc"])
    try fixture.module.configure([("tables", .list([.bytes(literal("usr").bytes)]))])
    #expect(fixture.send("GET", "/etc").status == 200)
    #expect(fixture.send("GET", "/usr").status == 403)
    #expect(throws: ParameterFault.self) { try fixture.module.configure([("tables", .list([]))]) }
    fixture.module.rollback()
    #expect(fixture.send("GET", "/usr").status == 403)
  }
}

private func rule(_ name: ByteString, _ status: Int64, _ fields: [(ByteString, ParameterValue)]) -> ParameterValue {
  map([("name", .text(name)), ("status", .integer(status))] + fields)
}

/// That a text is found in a part; each has its table in `conditions`.
private func found(_ part: ByteString, _ text: ByteString, header: ByteString = "") -> (ByteString, ParameterValue) {
  let tables: [ByteString] = ["etc", "a%27", "a 'b", "evil", "e vil"]
  return match(part, table: Int64(tables.firstIndex(of: text) ?? 0), bits: 1, header: header)
}

private func match(
  _ part: ByteString, table: Int64, bits: Int64, header: ByteString = ""
) -> (ByteString, ParameterValue) {
  (
    "matches",
    .list([
      map([
        ("part", .text(part)), ("header", .text(header)),
        ("any", .list([map([("table", .integer(table)), ("bits", .integer(bits))])])),
      ])
    ])
  )
}

/// The filter before an application that answers everything.
private final class Fixture {
  let module: RequestFilter
  private let sink = Sink()
  private let pipeline = Pipeline()

  var events: [SecurityEvent] { sink.events }

  init() {
    module = RequestFilter(clock: ManualClock(), events: sink)
    pipeline.add(module)
    pipeline.add(Everything())
  }

  func configure(
    _ rules: [ParameterValue], fallback: Int64, tables: [ByteString] = [], inspected: Int64 = 65536,
    beyond: ByteString = "refuse", ambiguous: ByteString = "all"
  ) throws {
    try module.configure([
      (
        "filters",
        .list([filter("f", rules, fallback: fallback, inspected: inspected, beyond: beyond, ambiguous: ambiguous)])
      ), ("tables", .list(try tables.map { .bytes(try literal($0).bytes) })),
    ])
  }

  func send(_ method: ByteString = "GET", _ path: ByteString = "/") -> HTTPResponse {
    send(RequestFilterTests.request(method, path))
  }

  func send(from source: IPv4Address) -> HTTPResponse { send(RequestFilterTests.request(), from: source) }

  func send(_ request: HTTPRequest, from source: IPv4Address = IPv4Address(192, 0, 2, 7)) -> HTTPResponse {
    var response: HTTPResponse?
    let exchange = Exchange(
      request: request, source: Endpoint(source, port: 1024), arrival: Instant(nanoseconds: 0), pipeline: pipeline,
      completion: { response = $0 })
    pipeline.advance(exchange)
    // No answer at all is an answer that no test expects.
    return response ?? HTTPResponse(status: 0)
  }

  final class Sink: EventSink {
    var events: [SecurityEvent] = []
    func record(_ event: SecurityEvent) { events.append(event) }
  }

  final class Everything: Application {
    let name: ByteString = "everything"
    let counters: [Counter] = []
    func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
    func commit() {}
    func rollback() {}
    func claim(_ path: ByteString) -> Int? { 1 }
    func respond(to exchange: Exchange) { exchange.finish(.text(200, "ok")) }
  }
}

private func filter(
  _ name: ByteString, _ rules: [ParameterValue], fallback: Int64, inspected: Int64 = 65536,
  beyond: ByteString = "refuse", ambiguous: ByteString = "all"
) -> ParameterValue {
  map([
    ("name", .text(name)), ("rules", .list(rules)), ("default", .integer(fallback)),
    ("inspected-bytes", .integer(inspected)), ("beyond", .text(beyond)), ("ambiguous", .text(ambiguous)),
  ])
}

/// The table that finds one text, built as Knuth, Morris and Pratt do.
func literal(_ text: ByteString) throws -> PatternTable {
  let count = text.count
  var transitions: [UInt16] = []
  for state in 0...count {
    for byte in 0..<256 {
      let seen = text.bytes[..<state] + [UInt8(byte)]
      var length = min(count, state + 1)
      while length > 0, seen.suffix(length) != text.bytes[..<length] { length -= 1 }
      transitions.append(UInt16(length))
    }
  }
  return try PatternTable(
    patternCount: 1, classCount: 256, classes: (0...255).map { $0 }, transitions: transitions, start: 0,
    firstFound: count, found: [1], foundAtEnd: [UInt32](repeating: 0, count: count + 1))
}
