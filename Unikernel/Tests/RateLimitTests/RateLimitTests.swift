import Interchange
import LibraryOS
import LibraryOSTesting
import RateLimit
import Testing

/// A rate limit with a clock and a record of events.
final class RateLimitFixture {
  let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
  let recorder = EventRecorder()
  let module: RateLimit
  let shares: ConnectionShares
  /// What the last answer would have said of limits.
  var announced: [HTTPField] = []

  init(_ limits: [ParameterValue]? = nil) throws {
    shares = ConnectionShares(clock: clock, events: recorder)
    module = RateLimit(clock: clock, random: RepeatableRandom(), events: recorder, shares: shares)
    if let limits { try set(limits) }
  }

  func set(_ limits: [ParameterValue]) throws {
    try module.configure([("limits", .list(limits))])
  }

  static func limit(_ paths: [ByteString], _ requests: Int, per milliseconds: Int, burst: Int) -> ParameterValue {
    map([
      ("paths", .list(paths.map { .text($0) })), ("requests", .integer(Int64(requests))),
      ("interval-ms", .integer(Int64(milliseconds))), ("burst", .integer(Int64(burst))),
    ])
  }

  /// The response to a request, or `nil` if it may go on.
  func response(_ path: ByteString = "/", from host: UInt32 = 1) -> HTTPResponse? {
    let exchange = Exchange(
      request: HTTPRequest(method: "GET", path: path, query: "secret=1"),
      source: Endpoint(IPv4Address(raw: host), port: 1024), arrival: clock.now, completion: { _ in })
    switch module.examine(exchange) {
    case .proceed: return nil
    case .respond(let response): return response
    case .suspend:
      Issue.record("a rate limit never waits")
      return nil
    }
  }

  /// How many of `count` requests may go on.
  func admitted(_ count: Int, _ path: ByteString = "/", from host: UInt32 = 1) -> Int {
    (0..<count).filter { _ in response(path, from: host) == nil }.count
  }
}

struct RateLimitTests {
  static let limit = RateLimitFixture.limit

  @Test("a burst passes, then one request for each that the time allows")
  func bucket() throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit(["/"], 2, 1000, 5)])
    #expect(fixture.admitted(20) == 5)
    fixture.clock.advance(by: .milliseconds(499))
    #expect(fixture.admitted(5) == 0)
    fixture.clock.advance(by: .milliseconds(1))
    #expect(fixture.admitted(5) == 1)
    fixture.clock.advance(by: .milliseconds(1250))
    #expect(fixture.admitted(5) == 2)
    fixture.clock.advance(by: .milliseconds(250))
    #expect(fixture.admitted(5) == 1, "the half request of before was not lost")
    fixture.clock.advance(by: .seconds(86_400))
    #expect(fixture.admitted(20) == 5, "never more than the burst")
  }

  @Test(
    "over a long time exactly the rate passes, whatever the numbers",
    arguments: [(1, 1, 2), (3, 1000, 2), (7, 1000, 2), (999, 1000, 10), (1000, 60_000, 3), (11, 86_400_000, 5)])
  func longRun(requests: Int, interval: Int, burst: Int) throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit(["/"], requests, interval, burst)])
    var total = fixture.admitted(burst + 1)
    #expect(total == burst)
    // Asked twice in each third of the time that a request takes to earn, so that nothing runs over.
    let steps = 600
    let step = max(interval * 1000 / requests / 3, 1)
    for _ in 0..<steps {
      fixture.clock.advance(by: TimeSpan(nanoseconds: UInt64(step) * 1000))
      total += fixture.admitted(2)
    }
    #expect(total == burst + steps * step * requests / (interval * 1000))
  }

  @Test(
    "the largest numbers overflow nothing",
    arguments: [(1_000_000, 86_400_000, 1_000_000), (1_000_000, 1, 1_000_000), (1, 86_400_000, 1_000_000)])
  func largest(requests: Int, interval: Int, burst: Int) throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit(["/"], requests, interval, burst)])
    #expect(fixture.admitted(1000) == 1000)
    fixture.clock.now = Instant(nanoseconds: UInt64.max)
    #expect(fixture.admitted(1000) == 1000)
  }

  @Test("the answer is 429 and says when to come back")
  func retryAfter() throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit(["/"], 1, 2500, 1)])
    #expect(fixture.response() == nil)
    let response = try #require(fixture.response())
    #expect(response.status == 429)
    #expect(response.headers.contains(HTTPField("retry-after", "3")))
    fixture.clock.advance(by: .milliseconds(500))
    #expect(fixture.response()?.headers.contains(HTTPField("retry-after", "2")) == true)
    fixture.clock.advance(by: .milliseconds(1999))
    #expect(fixture.response()?.headers.contains(HTTPField("retry-after", "1")) == true)
    fixture.clock.advance(by: .milliseconds(1))
    #expect(fixture.response() == nil)
  }

  @Test("sources have buckets of their own, whatever port they come from")
  func sources() throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit(["/"], 1, 1000, 2)])
    #expect(fixture.admitted(5, from: 1) == 2)
    #expect(fixture.admitted(5, from: 2) == 2)
    #expect(fixture.admitted(5, from: 1) == 0)
  }

  @Test(
    "a prefix ends where a segment does",
    arguments: [
      ("/orders", "/orders", true), ("/orders", "/orders/", true), ("/orders", "/orders/17", true),
      ("/orders/", "/orders", true), ("/orders/", "/orders/17", true), ("/orders", "/ordersx", false),
      ("/orders", "/order", false), ("/orders", "/", false), ("/orders", "/a/orders", false), ("/", "/", true),
      ("/", "/anything/at/all", true), ("/orders", "/Orders", false),
    ] as [(ByteString, ByteString, Bool)])
  func prefixes(prefix: ByteString, path: ByteString, covered: Bool) throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit([prefix], 1, 1000, 1)])
    #expect(fixture.admitted(3, path) == (covered ? 1 : 3))
  }

  @Test("every limit that covers a path must allow a request, and a refused one costs nothing")
  func several() throws {
    let fixture = try RateLimitFixture([
      RateLimitTests.limit(["/"], 1, 1000, 4), RateLimitTests.limit(["/orders", "/carts"], 1, 1000, 1),
    ])
    #expect(fixture.admitted(10, "/orders") == 1)
    #expect(fixture.admitted(10, "/carts") == 0, "both paths share one bucket")
    #expect(fixture.admitted(10, "/") == 3, "the refused ones did not empty the other bucket")
  }

  @Test("a limit that stays keeps its buckets when others change")
  func reconfiguration() throws {
    let kept = RateLimitTests.limit(["/a"], 1, 60_000, 3)
    let fixture = try RateLimitFixture([kept, RateLimitTests.limit(["/b"], 1, 60_000, 1)])
    #expect(fixture.admitted(9, "/a") == 3)
    #expect(fixture.admitted(9, "/b") == 1)
    try fixture.set([RateLimitTests.limit(["/b"], 1, 60_000, 2), kept])
    #expect(fixture.admitted(9, "/a") == 0)
    #expect(fixture.admitted(9, "/b") == 2)
    try fixture.set([])
    #expect(fixture.admitted(9, "/a") == 9)
  }

  @Test("without settings the answer is 503")
  func unconfigured() throws {
    #expect(try RateLimitFixture().response()?.status == 503)
  }

  @Test("a clock that stands still or goes back brings nothing and breaks nothing")
  func clockSetBack() throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit(["/"], 1000, 1, 2)])
    #expect(fixture.admitted(3) == 2)
    fixture.clock.now = Instant(nanoseconds: 5)
    #expect(fixture.admitted(3) == 0)
    fixture.clock.now = Instant(nanoseconds: UInt64.max)
    #expect(fixture.admitted(3) == 2)
  }

  @Test("refusals are recorded, without the query, ten times a second")
  func events() throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit(["/"], 1, 1000, 1)])
    #expect(fixture.admitted(100, "/orders") == 1)
    #expect(fixture.recorder.events.count == 10)
    #expect(fixture.module.counter("events-suppressed") == 89)
    #expect(fixture.module.counter("refused") == 99)
    #expect(fixture.module.counter("admitted") == 1)
    #expect(
      fixture.recorder.events.first
        == SecurityEvent(
          module: "rate-limit", action: "limited", severity: .medium, time: 1_700_000_000_000,
          details: [
            ParameterField("source", "0.0.0.1"), ParameterField("method", "GET"), ParameterField("path", "/orders"),
            ParameterField("retry-after", .integer(1)),
          ]))
  }

  static let faults: [(what: String, limit: ParameterValue)] = [
    ("no map", .integer(5)), ("an empty map", map([])), ("no paths", limit([], 1, 1, 1)),
    ("a relative path", limit(["orders"], 1, 1, 1)), ("an empty path", limit([""], 1, 1, 1)),
    ("a path with an empty segment", limit(["//a"], 1, 1, 1)),
    ("a path with a dot segment", limit(["/a/../b"], 1, 1, 1)),
    ("no requests", limit(["/"], 0, 1, 1)), ("negative requests", limit(["/"], -1, 1, 1)),
    ("too many requests", limit(["/"], 1_000_001, 1, 1)), ("no interval", limit(["/"], 1, 0, 1)),
    ("an interval over a day", limit(["/"], 1, 86_400_001, 1)), ("no burst", limit(["/"], 1, 1, 0)),
    ("a burst beyond all numbers", limit(["/"], 1, 1, Int.max)), ("an interval below all", limit(["/"], 1, Int.min, 1)),
    ("too many paths", limit(Array(repeating: "/", count: 257), 1, 1, 1)),
    (
      "a field that is unknown",
      map([
        ("paths", .list(["/"])), ("requests", .integer(1)), ("interval-ms", .integer(1)), ("bursts", .integer(1)),
      ])
    ),
    (
      "a path that is no text",
      map([
        ("paths", .list([.integer(1)])), ("requests", .integer(1)), ("interval-ms", .integer(1)),
        ("burst", .integer(1)),
      ])
    ),
  ]

  @Test("a limit that is none is refused, and what was in force stays", arguments: faults.indices)
  func refused(index: Int) throws {
    let fixture = try RateLimitFixture([RateLimitTests.limit(["/"], 1, 1000, 2)])
    #expect(throws: ParameterFault.self, "\(RateLimitTests.faults[index].what)") {
      try fixture.set([RateLimitTests.faults[index].limit])
    }
    fixture.module.rollback()
    fixture.module.commit()
    #expect(fixture.admitted(5) == 2)
  }

  @Test("how many connections a source may have is told to who takes them; 0 stands for no limit")
  func connections() throws {
    let fixture = try RateLimitFixture([])
    #expect(fixture.shares.limit == nil)
    try fixture.module.configure([("connections-per-source", .integer(20))])
    #expect(fixture.shares.limit == 20)
    // Limits that change leave it as it is.
    try fixture.set([RateLimitTests.limit(["/"], 1, 1000, 1)])
    #expect(fixture.shares.limit == 20)
    for wrong in [ParameterValue.integer(-1), .integer(65_537), .text("20")] {
      #expect(throws: ParameterFault.self) {
        try fixture.module.configure([("connections-per-source", wrong), ("limits", .list([]))])
      }
      #expect(fixture.shares.limit == 20)
    }
    try fixture.module.configure([("connections-per-source", .integer(0))])
    #expect(fixture.shares.limit == nil)
  }

  @Test("limits must be given at the start, once, as a list, and nothing else may be")
  func parameters() throws {
    let module = try RateLimitFixture().module
    #expect(throws: ParameterFault("rate-limit.limits", expected: "to be given at the start")) {
      try module.configure([])
    }
    #expect(
      throws: ParameterFault(
        "rate-limit.rate",
        expected: "no parameter but limits, announced, connections, connections-per-source and minimum-rate")
    ) {
      try module.configure([("rate", .integer(1))])
    }
    #expect(throws: ParameterFault("rate-limit.limits", expected: "to be given once")) {
      try module.configure([("limits", .list([])), ("limits", .list([]))])
    }
    #expect(throws: ParameterFault("rate-limit.limits", expected: "a list of at most 64 limits")) {
      try module.configure([("limits", .list(Array(repeating: RateLimitTests.limit(["/"], 1, 1, 1), count: 65)))])
    }
  }
}
