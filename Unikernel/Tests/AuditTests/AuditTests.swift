import Audit
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

/// An image with audit in it, and an application that answers with the status its path names.
final class AuditFixture {
  let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
  let recorder = EventRecorder()
  let audit: Audit
  let registry: Registry

  init() {
    audit = Audit(clock: clock, events: recorder)
    registry = Registry(clock: clock, random: RepeatableRandom(), network: NoNetwork(), events: recorder)
    registry.add(mechanism: audit)
    registry.add(observer: audit)
    registry.add(application: StatusApplication())
  }

  /// Sends a request through the pipeline and returns the status of the answer.
  @discardableResult
  func request(_ path: ByteString, method: ByteString = "GET", as principal: Principal = .visitor) -> Int {
    var status = 0
    let exchange = Exchange(
      request: HTTPRequest(
        method: method, path: path, query: "token=hunter2",
        headers: [HTTPField("authorization", "Basic hunter2"), HTTPField("cookie", "hunter2")],
        body: Array("hunter2".utf8)),
      source: Endpoint(IPv4Address(10, 0, 0, 7), port: 4711), arrival: clock.now, pipeline: registry.pipeline,
      completion: { status = $0.status })
    exchange.principal = principal
    registry.pipeline.advance(exchange)
    return status
  }
}

/// Answers `/N` with the status N.
final class StatusApplication: Application {
  let name: ByteString = "status"
  let counters: [Counter] = []

  func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  func commit() {}
  func rollback() {}
  func claim(_ path: ByteString) -> Int? { 0 }

  func respond(to exchange: Exchange) {
    let status = Int(exchange.request.path.description.dropFirst().prefix(3)) ?? 500
    exchange.finish(.text(status, "answer"))
    exchange.finish(.text(200, "a second answer does not count"))
  }
}

/// A network that opens nothing.
final class NoNetwork: StreamNetwork {
  func listen(port: UInt16, acceptor: any StreamAcceptor) -> Bool { false }
  func connect(to remote: Endpoint, handler: any StreamHandler) -> (any ByteStream)? { nil }
}

struct AuditTests {
  @Test(
    "each answer is one event, whose severity follows the status",
    arguments: [
      (200, "allowed", .informational), (201, "allowed", .informational), (204, "allowed", .informational),
      (304, "allowed", .informational), (404, "allowed", .informational), (401, "denied", .medium),
      (403, "denied", .medium), (429, "denied", .medium), (400, "failed", .low), (413, "failed", .low),
      (500, "failed", .low), (502, "failed", .low), (503, "failed", .low),
    ] as [(Int, ByteString, SecurityEvent.Severity)])
  func outcomes(status: Int, action: ByteString, severity: SecurityEvent.Severity) {
    let fixture = AuditFixture()
    let path: ByteString = "/" + ByteString(decimal: status)
    #expect(
      fixture.request(path, method: "PUT", as: Principal(name: "alice", roles: ["clerk"], scheme: "basic")) == status)
    #expect(
      fixture.recorder.events == [
        SecurityEvent(
          module: "audit", action: action, severity: severity, time: 1_700_000_000_000,
          details: [
            ParameterField("method", "PUT"), ParameterField("path", .text(path)),
            ParameterField("status", .integer(Int64(status))), ParameterField("principal", "alice"),
            ParameterField("scheme", "basic"), ParameterField("source", "10.0.0.7:4711"),
          ])
      ])
  }

  @Test("no event holds anything of a header, a query or a body")
  func secrets() {
    let fixture = AuditFixture()
    for status in [200, 401, 500] { fixture.request("/" + ByteString(decimal: status), method: "POST") }
    #expect(fixture.recorder.events.count == 3)
    for event in fixture.recorder.events {
      let bytes = Report.event(event).encode()
      #expect(!String(decoding: bytes, as: UTF8.self).contains("hunter2"))
    }
  }

  @Test("what matters less than the minimum is counted, not recorded", arguments: 1...4)
  func minimum(severity: Int) throws {
    let fixture = AuditFixture()
    try fixture.audit.configure([("minimum-severity", .integer(Int64(severity)))])
    for path in ["/200", "/500", "/403"] as [ByteString] { fixture.request(path) }
    let expected = [3, 2, 1, 0][severity - 1]
    #expect(fixture.recorder.events.count == expected)
    #expect(fixture.audit.counter("recorded") == UInt64(expected))
    #expect(fixture.audit.counter("below-severity") == UInt64(3 - expected))
  }

  @Test(
    "a severity that is none is refused, and what was in force stays",
    arguments: [.integer(0), .integer(5), .integer(-1), .integer(.max), "high", .list([])] as [ParameterValue])
  func refused(value: ParameterValue) throws {
    let fixture = AuditFixture()
    try fixture.audit.configure([("minimum-severity", .integer(3))])
    #expect(throws: ParameterFault("audit.minimum-severity", expected: "an integer from 1 to 4")) {
      try fixture.audit.configure([("minimum-severity", value)])
    }
    fixture.audit.rollback()
    fixture.audit.commit()
    fixture.request("/200")
    fixture.request("/403")
    #expect(fixture.recorder.events.count == 1)
  }

  @Test("unknown and repeated parameters are refused")
  func parameters() {
    let audit = AuditFixture().audit
    #expect(throws: ParameterFault("audit.level", expected: "no parameter but minimum-severity")) {
      try audit.configure([("level", .integer(1))])
    }
    #expect(throws: ParameterFault("audit.minimum-severity", expected: "to be given once")) {
      try audit.configure([("minimum-severity", .integer(1)), ("minimum-severity", .integer(4))])
    }
  }

  @Test("texts that a stranger made long are cut off")
  func bounds() throws {
    let fixture = AuditFixture()
    fixture.request(ByteString("/200/" + String(repeating: "x", count: 10_000)))
    let event = try #require(fixture.recorder.events.first)
    #expect(event.details[1].value.textValue?.count == Audit.maximumTextLength)
  }

  @Test("requests that no application serves are recorded, too")
  func noApplication() {
    let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
    let recorder = EventRecorder()
    let pipeline = Pipeline()
    pipeline.add(Audit(clock: clock, events: recorder) as any ExchangeObserver)
    let exchange = Exchange(
      request: HTTPRequest(method: "GET", path: "/"), source: Endpoint(IPv4Address(raw: 1), port: 1),
      arrival: clock.now, pipeline: pipeline, completion: { _ in })
    pipeline.advance(exchange)
    #expect(recorder.events.map(\.action) == ["allowed"])
  }
}
