import Interchange
import LibraryOS
import LibraryOSTesting
import RateLimit
import Testing

/// Limits per principal and for all, by method, and what clients are told of them.
struct PartyTests {
  /// A pipeline with a rate limit in its two stages. `path` and `name` are of the request; nobody shows credentials
  /// where there is no name.
  static func ask(
    _ fixture: RateLimitFixture, _ name: ByteString = "", from address: IPAddress = IPAddress(IPv4Address(raw: 1)),
    method: ByteString = "GET", path: ByteString = "/"
  ) -> HTTPResponse? {
    let exchange = Exchange(
      request: HTTPRequest(method: method, path: path), source: Endpoint(address, port: 1024),
      arrival: fixture.clock.now, completion: { _ in })
    if case .respond(let response) = fixture.module.examine(exchange) { return response }
    if !name.isEmpty { exchange.principal = Principal(name: name, roles: [], scheme: "basic") }
    if case .respond(let response) = LimitsAfterAuthentication(of: fixture.module).examine(exchange) { return response }
    fixture.announced = exchange.responseHeaders
    return nil
  }

  static func limit(
    _ party: ByteString, _ requests: Int, burst: Int, methods: [ByteString] = [], paths: [ByteString] = ["/"]
  ) -> ParameterValue {
    map([
      ("paths", .list(paths.map { .text($0) })), ("requests", .integer(Int64(requests))),
      ("interval-ms", .integer(1000)), ("burst", .integer(Int64(burst))), ("per", .text(party)),
      ("methods", .list(methods.map { .text($0) })),
    ])
  }

  @Test("a principal has one bucket wherever it asks from, and visitors one for each source")
  func principals() throws {
    let fixture = try RateLimitFixture([PartyTests.limit("principal", 1, burst: 2)])
    let elsewhere = IPAddress(IPv4Address(raw: 2))
    #expect(PartyTests.ask(fixture, "rita") == nil)
    #expect(PartyTests.ask(fixture, "rita", from: elsewhere) == nil)
    #expect(PartyTests.ask(fixture, "rita")?.status == 429)
    #expect(PartyTests.ask(fixture, "wim") == nil)
    #expect(PartyTests.ask(fixture) == nil)
    #expect(PartyTests.ask(fixture) == nil)
    #expect(PartyTests.ask(fixture)?.status == 429)
    #expect(PartyTests.ask(fixture, from: elsewhere) == nil)
    #expect(fixture.recorder.events.first?.details.last == ParameterField("principal", "rita"))
  }

  @Test("names that begin alike, and a name that looks like an address, are counted apart")
  func names() throws {
    let fixture = try RateLimitFixture([PartyTests.limit("principal", 1, burst: 1)])
    for name in ["a", "aa", "aaaaaaaa", "aaaaaaaaa", "0.0.0.1", "b"] as [ByteString] {
      #expect(PartyTests.ask(fixture, name) == nil, "\(name)")
      #expect(PartyTests.ask(fixture, name)?.status == 429, "\(name)")
    }
    #expect(PartyTests.ask(fixture) == nil)
  }

  @Test("one bucket for all is emptied by all")
  func everybody() throws {
    let fixture = try RateLimitFixture([PartyTests.limit("all", 1, burst: 3)])
    for host in 1...3 as ClosedRange<UInt32> {
      #expect(PartyTests.ask(fixture, from: IPAddress(IPv4Address(raw: host))) == nil)
    }
    #expect(PartyTests.ask(fixture, from: IPAddress(IPv4Address(raw: 4)))?.status == 429)
    fixture.clock.advance(by: .seconds(1))
    #expect(PartyTests.ask(fixture, from: IPAddress(IPv4Address(raw: 4))) == nil)
  }

  @Test("a limit for some methods leaves the others alone")
  func methods() throws {
    let fixture = try RateLimitFixture([
      PartyTests.limit("source", 1, burst: 1, methods: ["POST", "PUT"], paths: ["/a"])
    ])
    #expect(PartyTests.ask(fixture, method: "POST", path: "/a") == nil)
    #expect(PartyTests.ask(fixture, method: "PUT", path: "/a/b")?.status == 429)
    #expect(PartyTests.ask(fixture, method: "GET", path: "/a") == nil)
    #expect(PartyTests.ask(fixture, method: "POST", path: "/b") == nil)
  }

  @Test("who is refused as a principal has not emptied the principal's bucket of another limit")
  func refusedCostsNothing() throws {
    let fixture = try RateLimitFixture([
      PartyTests.limit("principal", 1, burst: 3), PartyTests.limit("principal", 1, burst: 1, paths: ["/a"]),
    ])
    #expect(PartyTests.ask(fixture, "rita", path: "/a") == nil)
    for _ in 0..<5 { #expect(PartyTests.ask(fixture, "rita", path: "/a")?.status == 429) }
    #expect(PartyTests.ask(fixture, "rita") == nil)
    #expect(PartyTests.ask(fixture, "rita") == nil)
    #expect(PartyTests.ask(fixture, "rita")?.status == 429)
  }

  @Test("answers say what is left of the tightest limit, where that is asked for")
  func announced() throws {
    let fixture = try RateLimitFixture()
    try fixture.module.configure([
      ("limits", .list([PartyTests.limit("source", 2, burst: 4), PartyTests.limit("source", 2, burst: 9)])),
      ("announced", .boolean(true)),
    ])
    #expect(PartyTests.ask(fixture) == nil)
    #expect(
      fixture.announced == [
        HTTPField("ratelimit-policy", "\"source\";q=4;w=2"), HTTPField("ratelimit", "\"source\";r=3;t=1"),
      ])
    for _ in 0..<3 { #expect(PartyTests.ask(fixture) == nil) }
    let refused = try #require(PartyTests.ask(fixture))
    #expect(refused.headers.contains(HTTPField("ratelimit", "\"source\";r=0;t=2")))
    #expect(refused.headers.contains(HTTPField("retry-after", "1")))
    try fixture.module.configure([("announced", .boolean(false))])
    fixture.clock.advance(by: .seconds(1))
    #expect(PartyTests.ask(fixture) == nil)
    #expect(fixture.announced.isEmpty)
  }

  @Test("what connections are allowed is told to who takes them, and bounds are checked")
  func connections() throws {
    let fixture = try RateLimitFixture([])
    try fixture.module.configure([("connections", .integer(9)), ("minimum-rate", .integer(2048))])
    #expect(fixture.shares.total == 9)
    #expect(fixture.shares.minimumRate == 2048)
    try fixture.module.configure([("connections", .integer(0)), ("minimum-rate", .integer(0))])
    #expect(fixture.shares.total == nil)
    #expect(fixture.shares.minimumRate == 0)
    for wrong in [
      ("connections", .integer(65_537)), ("minimum-rate", .integer(1_048_577)), ("announced", .integer(1)),
      ("limits", .list([PartyTests.limit("nobody", 1, burst: 1)])),
      ("limits", .list([PartyTests.limit("source", 1, burst: 1, methods: ["get"])])),
    ] as [(ByteString, ParameterValue)] {
      #expect(throws: ParameterFault.self, "\(wrong.0)") { try fixture.module.configure([wrong]) }
    }
  }

  @Test("a million sources, of IPv4 and of IPv6 by /64, take no more memory than is set aside; the honest are served")
  func flood() throws {
    let fixture = try RateLimitFixture([
      PartyTests.limit("source", 1, burst: 2), PartyTests.limit("principal", 1, burst: 2),
    ])
    let honest = IPAddress(IPv4Address(raw: 7))
    let busy = IPAddress(IPv4Address(raw: 8))
    for _ in 0..<2 { #expect(PartyTests.ask(fixture, from: busy) == nil) }
    var served = 0
    var stopped = 0
    for number in 0..<1_000_000 as Range<UInt32> {
      // Each address once: half of them of IPv4, half networks of IPv6, in which every host counts as the same.
      let address =
        number % 2 == 0
        ? IPAddress(IPv4Address(raw: 0x1000_0000 + number))
        : IPAddress(IPv6Address(high: 0x2001_0DB8_0000_0000 + UInt64(number), low: UInt64(number)))
      if PartyTests.ask(fixture, from: address) != nil { Issue.record("\(number) is served once") }
      guard number % 1000 == 0 else { continue }
      fixture.clock.advance(by: .milliseconds(1))
      if PartyTests.ask(fixture, from: busy)?.status == 429 { stopped += 1 }
      guard number % 100_000 == 0 else { continue }
      fixture.clock.advance(by: .seconds(1))
      if PartyTests.ask(fixture, from: honest) == nil { served += 1 }
    }
    #expect(served == 10)
    // It asked a thousand times in eleven seconds, and so often that it was not forgotten.
    #expect(stopped > 900)
    #expect(fixture.module.rememberedParties <= 2 * RateLimit.maximumParties)
    #expect(try #require(fixture.module.counter("evicted")) > 1_900_000)
    let one = IPv6Address(high: 0x2001_0DB8_0000_0001, low: 1)
    let another = IPv6Address(high: 0x2001_0DB8_0000_0001, low: 2)
    fixture.clock.advance(by: .seconds(9))
    #expect(PartyTests.ask(fixture, from: IPAddress(one)) == nil)
    #expect(PartyTests.ask(fixture, from: IPAddress(another)) == nil)
    #expect(PartyTests.ask(fixture, from: IPAddress(one))?.status == 429, "one network, one bucket")
  }
}
