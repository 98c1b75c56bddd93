import Interchange
import LibraryOS
import LibraryOSTesting
import Quota
import Testing

/// A quota in its two stages, and what it counts of answers.
final class QuotaFixture {
  let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
  let recorder = EventRecorder()
  let module: Quota

  init(_ quotas: [ParameterValue]? = nil) throws {
    module = Quota(clock: clock, random: RepeatableRandom(), events: recorder)
    if let quotas { try module.configure([("quotas", .list(quotas))]) }
  }

  static func quota(
    received: Int? = nil, sent: Int? = nil, period: Int = 60_000, per: ByteString = "source",
    paths: [ByteString] = ["/"], methods: [ByteString] = []
  ) -> ParameterValue {
    var fields: [(ByteString, ParameterValue)] = [
      ("paths", .list(paths.map { .text($0) })), ("period-ms", .integer(Int64(period))), ("per", .text(per)),
      ("methods", .list(methods.map { .text($0) })),
    ]
    if let received { fields.append(("received", .integer(Int64(received)))) }
    if let sent { fields.append(("sent", .integer(Int64(sent)))) }
    return map(fields)
  }

  /// The status of the answer to a request that carries `upload` bytes and is answered with `download`, where it is let
  /// through: 200.
  func ask(
    _ name: ByteString = "", upload: Int = 0, download: Int = 0, from host: UInt32 = 1, method: ByteString = "GET",
    path: ByteString = "/", retryAfter: ((ByteString?) -> Void)? = nil
  ) -> Int {
    let exchange = Exchange(
      request: HTTPRequest(method: method, path: path, body: [UInt8](repeating: 0, count: upload)),
      source: Endpoint(IPv4Address(raw: host), port: 1024), arrival: clock.now, completion: { _ in })
    var response = HTTPResponse(status: 200, body: [UInt8](repeating: 0, count: download))
    if case .respond(let refusal) = module.examine(exchange) {
      response = refusal
    } else {
      if !name.isEmpty { exchange.principal = Principal(name: name, roles: [], scheme: "basic") }
      if case .respond(let refusal) = QuotasAfterAuthentication(of: module).examine(exchange) { response = refusal }
    }
    module.amend(&response, of: exchange)
    retryAfter?(response.headers.first { $0.name == "retry-after" }?.value)
    return response.status
  }
}

struct QuotaTests {
  static let quota = QuotaFixture.quota

  @Test("who has got what is due is refused until the period is over")
  func sent() throws {
    let fixture = try QuotaFixture([QuotaFixture.quota(sent: 1000)])
    #expect(fixture.ask(download: 999) == 200)
    fixture.clock.advance(by: .seconds(20))
    #expect(fixture.ask(download: 5000) == 200, "the answer that reaches the bound still passes")
    var wait: ByteString?
    #expect(fixture.ask { wait = $0 } == 429)
    #expect(wait == "40")
    #expect(fixture.ask(from: 2) == 200, "others have quotas of their own")
    fixture.clock.advance(by: .milliseconds(39_999))
    #expect(fixture.ask() == 429)
    fixture.clock.advance(by: .milliseconds(1))
    #expect(fixture.ask() == 200)
    #expect(fixture.module.counter("refused") == 2)
    #expect(fixture.recorder.events.first?.action == "exhausted")
  }

  @Test("who has sent what is due is refused, and what was refused does not count")
  func received() throws {
    let fixture = try QuotaFixture([QuotaFixture.quota(received: 1000)])
    #expect(fixture.ask(upload: 500, method: "POST") == 200)
    #expect(fixture.ask(upload: 500, method: "POST") == 200)
    for _ in 0..<3 { #expect(fixture.ask(upload: 9000, method: "POST") == 429) }
    fixture.clock.advance(by: .seconds(60))
    #expect(fixture.ask(upload: 980, method: "POST") == 200)
    #expect(fixture.ask() == 200, "the head counts too, and is short")
  }

  @Test("a principal's bytes are counted together, wherever it is; a visitor's by source")
  func principals() throws {
    let fixture = try QuotaFixture([QuotaFixture.quota(sent: 100, per: "principal")])
    #expect(fixture.ask("rita", download: 100, from: 1) == 200)
    #expect(fixture.ask("rita", from: 2) == 429)
    #expect(fixture.ask("wim", from: 1) == 200)
    #expect(fixture.ask(download: 100, from: 1) == 200)
    #expect(fixture.ask(from: 1) == 429)
    #expect(fixture.ask(from: 2) == 200)
  }

  @Test("quotas are for paths and methods; the content that HEAD does not get does not count")
  func selection() throws {
    let fixture = try QuotaFixture([QuotaFixture.quota(sent: 100, paths: ["/a"], methods: ["GET", "HEAD"])])
    #expect(fixture.ask(download: 500, path: "/b") == 200)
    #expect(fixture.ask(download: 500, method: "PUT", path: "/a") == 200)
    #expect(fixture.ask(download: 500, method: "HEAD", path: "/a") == 200)
    #expect(fixture.ask(download: 500, path: "/a") == 200)
    #expect(fixture.ask(path: "/a") == 429)
    #expect(fixture.ask(path: "/b") == 200)
  }

  @Test("one quota for all is used up by all, and one that stays keeps what was used when others change")
  func everybody() throws {
    let all = QuotaFixture.quota(sent: 100, per: "all")
    let fixture = try QuotaFixture([all])
    #expect(fixture.ask(download: 100, from: 1) == 200)
    #expect(fixture.ask(from: 2) == 429)
    try fixture.module.configure([("quotas", .list([QuotaFixture.quota(sent: 5), all]))])
    #expect(fixture.ask(from: 3) == 429)
    try fixture.module.configure([("quotas", .list([]))])
    #expect(fixture.ask(from: 3) == 200)
  }

  @Test("without settings the answer is 503, and what is no quota is refused")
  func settings() throws {
    #expect(try QuotaFixture().ask() == 503)
    let module = try QuotaFixture().module
    #expect(throws: ParameterFault("quota.quotas", expected: "to be given at the start")) { try module.configure([]) }
    let faults: [ParameterValue] = [
      .integer(1), QuotaFixture.quota(), QuotaFixture.quota(sent: 0), QuotaFixture.quota(sent: -1),
      QuotaFixture.quota(received: (1 << 50) + 1), QuotaFixture.quota(sent: 1, period: 0),
      QuotaFixture.quota(sent: 1, period: 2_678_400_001), QuotaFixture.quota(sent: 1, per: "anyone"),
      QuotaFixture.quota(sent: 1, paths: []), QuotaFixture.quota(sent: 1, paths: ["a"]),
      QuotaFixture.quota(sent: 1, methods: ["get"]),
    ]
    for fault in faults {
      #expect(throws: ParameterFault.self, "\(fault)") { try module.configure([("quotas", .list([fault]))]) }
    }
    #expect(throws: ParameterFault("quota.bytes", expected: "no parameter but quotas")) {
      try module.configure([("bytes", .integer(1))])
    }
  }

  @Test("a flood of sources and the largest numbers break nothing")
  func flood() throws {
    let fixture = try QuotaFixture([QuotaFixture.quota(received: 1 << 50, sent: 1 << 50, period: 2_678_400_000)])
    for host in 0..<100_000 as Range<UInt32> where fixture.ask(download: 10, from: host) != 200 {
      Issue.record("source \(host) is served")
    }
    fixture.clock.now = Instant(nanoseconds: .max)
    #expect(fixture.ask() == 200)
    fixture.clock.now = Instant(nanoseconds: 1)
    #expect(fixture.ask() == 200)
  }
}
