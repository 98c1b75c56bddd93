import APIKeyAuthentication
import Cryptography
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

/// Authentication by API keys, with a clock and a record of events.
private final class Fixture {
  let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
  let recorder = EventRecorder()
  let failures = FailureLog(random: RepeatableRandom())
  let module: APIKeyAuthentication
  let pipeline = Pipeline()

  init(keys: [ParameterValue]? = [robot, spare, mill], query: ByteString = "", header: ByteString = "x-api-key") throws
  {
    module = APIKeyAuthentication(clock: clock, random: RepeatableRandom(), events: recorder, failures: failures)
    pipeline.add(module)
    guard let keys else { return }
    try module.configure([
      ("realm", "shop"), ("keys", .list(keys)), ("query", .text(query)), ("header", .text(header)),
    ])
  }

  static let secret = "0123456789abcdefghijABCDEFGHIJ-_xyz"
  static let robot = key("r1", "robot", secret, roles: ["clerk"])
  static let spare = key("r2", "robot", secret + "2", roles: ["clerk"])
  static let mill = key("m1", "mill", secret + "m")

  static func key(_ id: ByteString, _ client: ByteString, _ secret: String, roles: [ByteString] = []) -> ParameterValue
  {
    let salt = Array("salt of ".utf8) + id.bytes
    return map([
      ("id", .text(id)), ("client", .text(client)), ("salt", .bytes(salt)),
      ("hash", .bytes(HMACSHA256.code(key: salt, message: Array(secret.utf8)))),
      ("roles", .list(roles.map { .text($0) })),
    ])
  }

  struct Outcome {
    var response: HTTPResponse?
    var exchange: Exchange
    var status: Int? { response?.status }
    var principal: Principal { exchange.principal }
  }

  func send(
    _ keys: [String], query: ByteString = "", from host: UInt8 = 7, as principal: Principal = .visitor
  ) -> Outcome {
    let exchange = Exchange(
      request: HTTPRequest(
        method: "GET", path: "/", query: query,
        headers: [HTTPField("accept", "*/*")] + keys.map { HTTPField("x-api-key", ByteString($0)) }),
      source: Endpoint(IPv4Address(10, 0, 0, host), port: 1024), arrival: clock.now, pipeline: pipeline,
      completion: { _ in })
    exchange.principal = principal
    switch module.examine(exchange) {
    case .proceed: return Outcome(response: nil, exchange: exchange)
    case .respond(let response): return Outcome(response: response, exchange: exchange)
    case .suspend:
      Issue.record("keys are verified at once")
      return Outcome(response: nil, exchange: exchange)
    }
  }
}

struct APIKeyAuthenticationTests {
  static let good = "r1." + Fixture.secret

  @Test("a key makes a principal, and nobody after the module sees it")
  func accepted() throws {
    let fixture = try Fixture()
    let outcome = fixture.send([APIKeyAuthenticationTests.good])
    #expect(outcome.response == nil)
    #expect(outcome.principal == Principal(name: "robot", roles: ["clerk"], scheme: "api-key"))
    #expect(outcome.exchange.request.headers == [HTTPField("accept", "*/*")])
    #expect(fixture.send(["r2." + Fixture.secret + "2"]).principal.name == "robot")
    #expect(
      fixture.send(["m1." + Fixture.secret + "m"]).principal == Principal(name: "mill", roles: [], scheme: "api-key"))
  }

  static let wrong: [String] = [
    "", ".", "r1", "r1.", "r1.short", "." + Fixture.secret, Fixture.secret, "r1." + Fixture.secret + "x",
    "r1." + Fixture.secret.dropLast(), "r2." + Fixture.secret, "m1." + Fixture.secret, "R1." + Fixture.secret,
    "zz." + Fixture.secret, "r1 ." + Fixture.secret, "r1.." + Fixture.secret, "Bearer r1." + Fixture.secret,
    "r1." + String(repeating: "a", count: 257), String(repeating: "r", count: 65) + "." + Fixture.secret,
    "r1.\0" + Fixture.secret, "r1." + String(repeating: "\0", count: 32),
  ]

  @Test("what is no key is refused with a challenge", arguments: wrong.indices)
  func refused(index: Int) throws {
    let fixture = try Fixture()
    let outcome = fixture.send([APIKeyAuthenticationTests.wrong[index]])
    #expect(outcome.status == 401, "\(APIKeyAuthenticationTests.wrong[index])")
    #expect(outcome.principal.isVisitor)
    #expect(
      outcome.response?.headers.first { $0.name == "www-authenticate" }?.value
        == "ApiKey realm=\"shop\", in=\"header\", name=\"x-api-key\"")
    #expect(fixture.module.counter("refused") == 1)
  }

  @Test("without a key the request goes on as a visitor's; two keys are answered 400")
  func visitor() throws {
    let fixture = try Fixture()
    #expect(fixture.send([]).response == nil)
    #expect(fixture.send([]).principal.isVisitor)
    #expect(fixture.send([APIKeyAuthenticationTests.good, APIKeyAuthenticationTests.good]).status == 400)
  }

  @Test("the query is looked at only where it is named, and is rid of the key")
  func query() throws {
    let key = APIKeyAuthenticationTests.good
    let off = try Fixture().send([], query: ByteString("a=1&api_key=" + key))
    #expect(off.response == nil && off.principal.isVisitor)
    let fixture = try Fixture(query: "api_key")
    for (query, rest) in [
      ("api_key=" + key, ""), ("a=1&api_key=" + key, "a=1"), ("api_key=" + key + "&b", "b"),
      ("a=1&api_key=" + key + "&b=2", "a=1&b=2"),
    ] {
      let outcome = fixture.send([], query: ByteString(query))
      #expect(outcome.principal.name == "robot", "\(query)")
      #expect(outcome.exchange.request.query == ByteString(rest))
    }
    #expect(fixture.send([], query: ByteString("xapi_key=" + key)).principal.isVisitor)
    #expect(fixture.send([], query: "api_key").status == 401)
    #expect(fixture.send([], query: ByteString("api_key=\(key)&api_key=\(key)")).status == 400)
    #expect(fixture.send([key], query: ByteString("api_key=\(key)")).status == 400)
    let alone = try Fixture(query: "key", header: "")
    #expect(alone.send([key]).principal.isVisitor)
    #expect(alone.send([], query: ByteString("key=" + key)).principal.name == "robot")
    #expect(alone.module.challenge == "ApiKey realm=\"shop\", in=\"query\", name=\"key\"")
  }

  @Test("who was authenticated before is left alone, and the key is withdrawn all the same")
  func earlier() throws {
    let carol = Principal(name: "carol", roles: [], scheme: "certificate")
    let outcome = try Fixture().send([APIKeyAuthenticationTests.good], as: carol)
    #expect(outcome.response == nil && outcome.principal == carol)
    #expect(outcome.exchange.request.headers.count == 1)
  }

  @Test("a key that is taken out is refused at once, its client's other key is not")
  func revocation() throws {
    let fixture = try Fixture()
    #expect(fixture.send([APIKeyAuthenticationTests.good]).response == nil)
    try fixture.module.configure([("keys", .list([Fixture.spare, Fixture.mill]))])
    #expect(fixture.send([APIKeyAuthenticationTests.good]).status == 401)
    #expect(fixture.send(["r2." + Fixture.secret + "2"]).response == nil)
  }

  @Test("failures slow down the client whose key was tried, but not those who showed theirs a moment ago")
  func account() throws {
    let fixture = try Fixture()
    #expect(fixture.send([APIKeyAuthenticationTests.good], from: 1).response == nil)
    for host in UInt8(10)..<15 { #expect(fixture.send(["r2." + Fixture.secret], from: host).status == 401) }
    let slowed = fixture.send(["r2." + Fixture.secret + "2"], from: 30)
    #expect(slowed.status == 429)
    #expect(slowed.response?.headers.contains(HTTPField("retry-after", "60")) == true)
    #expect(fixture.send([APIKeyAuthenticationTests.good], from: 1).response == nil)
    #expect(fixture.send(["m1." + Fixture.secret + "m"], from: 1).response == nil)
    fixture.clock.advance(by: .milliseconds(60_000))
    #expect(fixture.send(["r2." + Fixture.secret + "2"], from: 30).response == nil)
  }

  @Test("failures slow down their source, also those that other modules have seen")
  func source() throws {
    let fixture = try Fixture()
    let address = IPAddress(IPv4Address(10, 0, 0, 7))
    for _ in 0..<(FailureLog.allowedPerSource - 1) { fixture.failures.add(source: address, at: fixture.clock.now) }
    #expect(fixture.send(["zz." + Fixture.secret]).status == 401)
    #expect(fixture.send([APIKeyAuthenticationTests.good]).status == 429)
    #expect(fixture.send([APIKeyAuthenticationTests.good], from: 8).response == nil)
    #expect(fixture.module.counter("throttled") == 1)
  }

  @Test("no event holds any part of a key; it names the client only where there is one")
  func events() throws {
    let fixture = try Fixture()
    _ = fixture.send(["r1." + Fixture.secret + "x"])
    _ = fixture.send(["zz." + Fixture.secret])
    #expect(
      fixture.recorder.events.map(\.details) == [
        [ParameterField("source", "10.0.0.7"), ParameterField("reason", "key"), ParameterField("account", "robot")],
        [ParameterField("source", "10.0.0.7"), ParameterField("reason", "key")],
      ])
    #expect(fixture.recorder.events.allSatisfy { $0.module == "api-key-authentication" && $0.action == "denied" })
  }

  @Test("until it is configured, the answer is 503")
  func unconfigured() throws { #expect(try Fixture(keys: nil).send([]).status == 503) }

  static let faults: [(what: String, name: ByteString, value: ParameterValue)] = [
    ("keys that are no list", "keys", "x"), ("a key that is no map", "keys", .list(["k"])),
    ("an identifier with a dot", "keys", .list([Fixture.key("a.b", "c", "s")])),
    ("an empty identifier", "keys", .list([Fixture.key("", "c", "s")])),
    ("an empty client", "keys", .list([Fixture.key("a", "", "s")])),
    ("a client with a line feed", "keys", .list([Fixture.key("a", "b\n", "s")])),
    ("two keys of one identifier", "keys", .list([Fixture.robot, Fixture.robot])),
    ("an empty role", "keys", .list([Fixture.key("a", "c", "s", roles: [""])])),
    ("a header in upper case", "header", "X-API-Key"), ("a header with a colon", "header", "a:b"),
    ("no header and no query", "header", ""), ("a query with an ampersand", "query", "a&b"),
    ("a realm with a line feed", "realm", "a\nb"), ("a precedence that is a text", "precedence", "1"),
    ("an unknown parameter", "key", "x"),
  ]

  @Test("settings that are wrong are refused, and what was in force stays", arguments: faults.indices)
  func refusedSettings(index: Int) throws {
    let (what, name, value) = APIKeyAuthenticationTests.faults[index]
    let fixture = try Fixture()
    #expect(throws: ParameterFault.self, "\(what)") { try fixture.module.configure([(name, value)]) }
    fixture.module.rollback()
    fixture.module.commit()
    #expect(fixture.send([APIKeyAuthenticationTests.good]).response == nil)
  }
}
