import Interchange
import LibraryOS
import LibraryOSTesting
import Sessions
import Testing

/// Knows whoever says `authorization: NAME`, as another mechanism would.
private final class Gullible: RequestModule {
  let name: ByteString = "gullible"
  let stage = Stage.authenticate
  let counters: [Counter] = []
  let challenge: ByteString? = "Basic realm=\"x\""
  var scheme: ByteString = "basic"
  var roles: [ByteString] = ["clerk"]
  func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  func commit() {}
  func rollback() {}
  func examine(_ exchange: Exchange) -> Verdict {
    if let name = exchange.request.header(named: "authorization") {
      exchange.principal = Principal(name: name, roles: roles, scheme: scheme)
    }
    return .proceed
  }
}

/// Answers with who asks, and keeps the last request.
private final class Mirror: Application {
  let name: ByteString = "mirror"
  let counters: [Counter] = []
  var last: HTTPRequest?
  func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  func commit() {}
  func rollback() {}
  func claim(_ path: ByteString) -> Int? { 0 }
  func respond(to exchange: Exchange) {
    last = exchange.request
    exchange.finish(.text(200, exchange.principal.name + "/" + exchange.principal.scheme))
  }
}

private final class Fixture {
  let clock = ManualClock(wallMilliseconds: 1_700_000_000_000)
  let recorder = EventRecorder()
  let failures = FailureLog(random: RepeatableRandom())
  let module: Sessions
  let gullible = Gullible()
  let mirror = Mirror()
  let pipeline = Pipeline()

  static let first = key("k1", 1)
  static let second = key("k2", 2)

  static func key(_ id: ByteString, _ byte: UInt8) -> ParameterValue {
    map([("id", .text(id)), ("key", .bytes(Array(repeating: byte, count: 32)))])
  }

  init(_ more: [(ByteString, ParameterValue)] = [], configured: Bool = true, seed: UInt64 = 1) throws {
    module = Sessions(clock: clock, random: RepeatableRandom(seed: seed), events: recorder, failures: failures)
    pipeline.add(module)
    pipeline.add(gullible)
    pipeline.add(mirror)
    guard configured else { return }
    try module.configure(
      [
        ("keys", .list([Fixture.first])), ("idle-s", .integer(600)), ("absolute-s", .integer(3600)),
        ("login", "/login"), ("logout", "/logout"), ("landing", "/home"),
      ] + more)
  }

  struct Answer {
    var response: HTTPResponse
    /// Who asked, as the application saw it.
    var seen: ByteString { ByteString(response.body.dropLast()) }
    var cookies: [ByteString] { response.headers.filter { $0.name == "set-cookie" }.map(\.value) }
    /// The cookie as a browser sends it back.
    var cookie: ByteString? { cookies.first.map { ByteString($0.bytes.prefix { $0 != 0x3B }) } }
  }

  func send(
    _ method: ByteString = "GET", _ path: ByteString = "/", cookie: ByteString? = nil, user: ByteString? = nil,
    origin: ByteString? = "https://shop.example", secure: Bool = true, host: ByteString = "shop.example",
    more: [(ByteString, ByteString)] = []
  ) throws -> Answer {
    var headers = more.map { HTTPField($0.0, $0.1) }
    if let cookie { headers.append(HTTPField("cookie", cookie)) }
    if let user { headers.append(HTTPField("authorization", user)) }
    if let origin, method != "GET" { headers.append(HTTPField("origin", origin)) }
    var response: HTTPResponse?
    let exchange = Exchange(
      request: HTTPRequest(method: method, path: path, host: host, headers: headers),
      source: Endpoint(IPv4Address(10, 0, 0, 7), port: 1024), arrival: clock.now, pipeline: pipeline,
      completion: { response = $0 })
    exchange.isSecure = secure
    pipeline.advance(exchange)
    return Answer(response: try #require(response))
  }

  func logIn(_ user: ByteString = "rita") throws -> ByteString {
    try #require(try send("POST", "/login", user: user).cookie)
  }
}

struct SessionsTests {
  @Test("a login with other credentials makes a cookie that browsers guard, and sends them on")
  func login() throws {
    let fixture = try Fixture()
    let answer = try fixture.send("POST", "/login", user: "rita")
    #expect(answer.response.status == 303)
    #expect(answer.response.headers.contains(HTTPField("location", "/home")))
    #expect(answer.response.headers.contains(HTTPField("cache-control", "no-store")))
    let cookie = try #require(answer.cookies.first)
    #expect(cookie.hasPrefix("__Host-session="))
    let attributes = ByteString(cookie.bytes.drop { $0 != 0x3B })
    #expect(attributes == "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600")
    let seen = try fixture.send(cookie: answer.cookie)
    #expect(seen.seen == "rita/session")
    #expect(seen.cookies.isEmpty)
    #expect(fixture.recorder.events.map(\.action) == ["begun"])
  }

  @Test("who shows nothing is asked for credentials at the login, and GET there is an ordinary request")
  func noLogin() throws {
    let fixture = try Fixture()
    let answer = try fixture.send("POST", "/login")
    #expect(answer.response.status == 401)
    #expect(answer.response.headers.contains(HTTPField("www-authenticate", "Basic realm=\"x\"")))
    #expect(answer.cookies.isEmpty)
    #expect(try fixture.send("GET", "/login").seen == "/")
    #expect(try fixture.send("POST", "/login/x", user: "rita").seen == "rita/basic")
  }

  @Test("the cookie goes no further than the module; other cookies do")
  func withdrawn() throws {
    let fixture = try Fixture()
    let cookie = try fixture.logIn()
    _ = try fixture.send(cookie: "a=b; " + cookie + "; c=d")
    #expect(fixture.mirror.last?.headers.filter { $0.name == "cookie" }.map(\.value) == ["a=b; c=d"])
    _ = try fixture.send(cookie: cookie)
    #expect(fixture.mirror.last?.headers.filter { $0.name == "cookie" } == [])
    _ = try fixture.send(cookie: cookie, user: "carl")
    #expect(fixture.mirror.last?.headers.filter { $0.name == "cookie" } == [])
  }

  @Test("credentials that a request shows itself come first")
  func precedence() throws {
    let fixture = try Fixture()
    #expect(try fixture.send(cookie: try fixture.logIn(), user: "carl").seen == "carl/basic")
  }

  @Test("a session is over when it was not used for the idle time, and goes on while it is")
  func idle() throws {
    let fixture = try Fixture()
    var cookie = try fixture.logIn()
    fixture.clock.advance(by: .seconds(599))
    let renewed = try fixture.send(cookie: cookie)
    #expect(renewed.seen == "rita/session")
    fixture.clock.advance(by: .seconds(1))
    #expect(try fixture.send(cookie: cookie).seen == "/", "the first cookie is over")
    cookie = try #require(renewed.cookie)
    fixture.clock.advance(by: .seconds(598))
    #expect(try fixture.send(cookie: cookie).seen == "rita/session", "the second is not")
    fixture.clock.advance(by: .seconds(1))
    let over = try fixture.send(cookie: cookie)
    #expect(over.seen == "/")
    #expect(over.cookies == ["__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"])
  }

  @Test("a session is over after the absolute time, however much it is used")
  func absolute() throws {
    let fixture = try Fixture()
    var cookie = try fixture.logIn()
    for _ in 0..<11 {
      fixture.clock.advance(by: .seconds(300))
      let answer = try fixture.send(cookie: cookie)
      #expect(answer.seen == "rita/session")
      cookie = try #require(answer.cookie)
    }
    // The last cookie is not kept for longer than the session can last.
    fixture.clock.advance(by: .seconds(200))
    let last = try fixture.send(cookie: cookie)
    #expect(last.seen == "rita/session")
    fixture.clock.advance(by: .seconds(100))
    #expect(try fixture.send(cookie: cookie).seen == "/")
    // Another login during a session does not move its end.
    let other = try fixture.logIn()
    #expect(try fixture.send("POST", "/login", cookie: other).cookies.isEmpty)
  }

  @Test("a log-out ends the session everywhere, and asks no questions of who has none")
  func logout() throws {
    let fixture = try Fixture()
    let cookie = try fixture.logIn()
    let other = try fixture.logIn()
    let answer = try fixture.send("POST", "/logout", cookie: cookie)
    #expect(answer.response.status == 303)
    #expect(answer.cookies == ["__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"])
    #expect(try fixture.send(cookie: cookie).seen == "/", "a copy is of no use")
    #expect(try fixture.send(cookie: other).seen == "rita/session")
    #expect(try fixture.send("POST", "/logout").response.status == 303)
    #expect(try fixture.send("GET", "/logout", cookie: other).seen == "rita/session")
    #expect(fixture.recorder.events.map(\.action) == ["begun", "begun", "ended"])
  }

  @Test("keys are changed without a gap; when the old one goes, its cookies go")
  func rotation() throws {
    let fixture = try Fixture()
    let old = try fixture.logIn()
    try fixture.module.configure([("keys", .list([Fixture.second, Fixture.first]))])
    #expect(try fixture.send(cookie: old).seen == "rita/session")
    let new = try fixture.logIn()
    fixture.clock.advance(by: .seconds(400))
    let renewed = try #require(try fixture.send(cookie: old).cookie)
    try fixture.module.configure([("keys", .list([Fixture.second]))])
    #expect(try fixture.send(cookie: old).seen == "/")
    #expect(try fixture.send(cookie: new).seen == "rita/session")
    #expect(try fixture.send(cookie: renewed).seen == "rita/session", "made anew with the new key meanwhile")
  }

  @Test("another epoch ends all sessions at once")
  func epoch() throws {
    let fixture = try Fixture()
    let cookies = [try fixture.logIn("rita"), try fixture.logIn("carl")]
    try fixture.module.configure([("epoch", .integer(1))])
    for cookie in cookies { #expect(try fixture.send(cookie: cookie).seen == "/") }
    #expect(try fixture.send(cookie: try fixture.logIn()).seen == "rita/session")
  }

  @Test("sessions of a principal, or of everybody, that began before a time are over; later ones are not")
  func revocation() throws {
    let fixture = try Fixture()
    let (rita, carl) = (try fixture.logIn("rita"), try fixture.logIn("carl"))
    let now = Int64(fixture.clock.wallMilliseconds / 1000)
    func revoke(_ principal: ByteString, _ time: Int64) throws {
      try fixture.module.configure([
        ("revoked", .list([map([("principal", .text(principal)), ("before", .integer(time))])]))
      ])
    }
    try revoke("rita", now - 1)
    #expect(try fixture.send(cookie: rita).seen == "rita/session")
    try revoke("rita", now)
    #expect(try fixture.send(cookie: rita).seen == "/")
    #expect(try fixture.send(cookie: carl).seen == "carl/session")
    fixture.clock.advance(by: .seconds(2))
    let later = try fixture.logIn("rita")
    try revoke("", now)
    #expect(try fixture.send(cookie: carl).seen == "/")
    #expect(try fixture.send(cookie: later).seen == "rita/session")
  }

  @Test("a cookie with any one character altered, or cut anywhere, is not believed")
  func altered() throws {
    let fixture = try Fixture()
    let cookie = try fixture.logIn()
    let start = "__Host-session=".utf8.count
    for position in start..<cookie.count {
      var bytes = cookie.bytes
      bytes[position] = bytes[position] == 0x41 ? 0x42 : 0x41
      #expect(try fixture.send(cookie: ByteString(bytes)).seen == "/", "\(position)")
      #expect(try fixture.send(cookie: ByteString(cookie.bytes[..<position])).seen == "/", "\(position)")
    }
    #expect(try fixture.send(cookie: cookie).seen == "rita/session")
    let denied = fixture.recorder.events.filter { $0.action == "denied" }
    #expect(!denied.isEmpty && denied.allSatisfy { $0.details.last?.value == .text("cookie") })
    #expect(fixture.failures.wait(source: IPAddress(IPv4Address(10, 0, 0, 7)), at: fixture.clock.now).nanoseconds > 0)
  }

  @Test("a cookie is good for one host, over TLS, and alone")
  func bound() throws {
    let fixture = try Fixture()
    let cookie = try fixture.logIn()
    #expect(try fixture.send(cookie: cookie, host: "other.example").seen == "/")
    #expect(try fixture.send(cookie: cookie, secure: false).seen == "/")
    #expect(try fixture.send(cookie: cookie + "; " + cookie).seen == "/")
    #expect(try fixture.send("POST", "/login", user: "rita", origin: nil, secure: false).response.status == 403)
    // Of another service, whose keys are others.
    let stranger = try Fixture()
    try stranger.module.configure([("keys", .list([Fixture.key("k1", 9)]))])
    #expect(try fixture.send(cookie: try stranger.logIn("root")).seen == "/")
  }

  @Test("a cookie of the future is not believed: a clock that is set back makes no session longer")
  func clock() throws {
    let fixture = try Fixture()
    let cookie = try fixture.logIn()
    fixture.clock.wallMilliseconds -= 3_600_000
    #expect(try fixture.send(cookie: cookie).seen == "/")
  }

  static let crossSite: [(what: String, origin: ByteString?, more: [(ByteString, ByteString)], isAllowed: Bool)] = [
    ("its own page", "https://shop.example", [], true), ("another site", "https://evil.example", [], false),
    ("in clear", "http://shop.example", [], false), ("another port", "https://shop.example:8443", [], false),
    ("a host below", "https://a.shop.example", [], false),
    ("a host that begins so", "https://shop.example.evil", [], false),
    ("no origin", "null", [], false), ("nothing", nil, [], false),
    ("nothing, but the browser says it is its own", nil, [("sec-fetch-site", "same-origin")], true),
    ("nothing, and the browser says it is of the site", nil, [("sec-fetch-site", "same-site")], false),
    ("nothing, and the browser says it is another's", nil, [("sec-fetch-site", "cross-site")], false),
    ("typed in", nil, [("sec-fetch-site", "none")], true), ("one that is admitted", "https://admin.example", [], true),
  ]

  @Test("a request that changes something is refused unless a page of here made it", arguments: crossSite.indices)
  func origin(index: Int) throws {
    let (what, origin, more, isAllowed) = SessionsTests.crossSite[index]
    let fixture = try Fixture([("origins", .list(["https://admin.example"]))])
    let cookie = try fixture.logIn()
    for method: ByteString in ["POST", "PUT", "DELETE", "PATCH"] {
      let answer = try fixture.send(method, "/orders", cookie: cookie, origin: origin, more: more)
      #expect(answer.response.status == (isAllowed ? 200 : 403), "\(what): \(method)")
    }
    let logout = try fixture.send("POST", "/logout", cookie: cookie, origin: origin, more: more)
    #expect(logout.response.status == (isAllowed ? 303 : 403), "\(what)")
  }

  @Test("reading is not refused, whoever's page it is")
  func reading() throws {
    let fixture = try Fixture()
    let cookie = try fixture.logIn()
    for method: ByteString in ["GET", "HEAD"] {
      #expect(try fixture.send(method, cookie: cookie, origin: "https://evil.example").response.status == 200)
    }
  }

  @Test("a page of another origin opens no WebSocket either")
  func webSocket() throws {
    let fixture = try Fixture()
    let cookie = try fixture.logIn()
    for (origin, status): (ByteString, Int) in [("https://evil.example", 403), ("https://shop.example", 200)] {
      let answer = try fixture.send(cookie: cookie, more: [("upgrade", "websocket"), ("origin", origin)])
      #expect(answer.response.status == status)
    }
  }

  @Test("passwords that a browser keeps are guarded likewise; tokens, keys, visitors and programs are not stopped")
  func ambient() throws {
    let fixture = try Fixture()
    let evil: ByteString = "https://evil.example"
    #expect(try fixture.send("POST", "/orders", user: "rita", origin: evil).response.status == 403)
    #expect(try fixture.send("POST", "/login", user: "rita", origin: evil).response.status == 403)
    #expect(try fixture.send("POST", "/login", origin: evil).response.status == 403)
    #expect(try fixture.send("POST", "/orders", user: "rita", origin: nil).response.status == 200)
    #expect(try fixture.send("POST", "/orders", origin: evil).response.status == 200)
    for scheme: ByteString in ["bearer", "api-key"] {
      fixture.gullible.scheme = scheme
      #expect(try fixture.send("POST", "/orders", user: "rita", origin: evil).response.status == 200)
    }
  }

  @Test("who has more roles than a cookie has room for gets none")
  func tooLong() throws {
    let fixture = try Fixture()
    fixture.gullible.roles = (0..<64).map { ByteString(decimal: $0) + ByteString([UInt8](repeating: 0x61, count: 100)) }
    let answer = try fixture.send("POST", "/login", user: "rita")
    #expect(answer.response.status == 403 && answer.cookies.isEmpty)
  }

  @Test("log-outs are remembered within a bound")
  func bound4096() throws {
    let fixture = try Fixture()
    let first = try fixture.logIn()
    _ = try fixture.send("POST", "/logout", cookie: first)
    for _ in 0..<6000 { _ = try fixture.send("POST", "/logout", cookie: try fixture.logIn()) }
    let last = try fixture.logIn()
    _ = try fixture.send("POST", "/logout", cookie: last)
    #expect(try fixture.send(cookie: last).seen == "/")
  }

  @Test("until it is configured, the answer is 503")
  func unconfigured() throws { #expect(try Fixture(configured: false).send().response.status == 503) }

  static let faults: [(what: String, name: ByteString, value: ParameterValue)] = [
    ("no keys", "keys", .list([])), ("a short key", "keys", .list([map([("id", "a"), ("key", .bytes([1, 2]))])])),
    ("two keys of one id", "keys", .list([Fixture.first, Fixture.first])),
    ("an empty id", "keys", .list([Fixture.key("", 1)])), ("a time of nothing", "idle-s", .integer(0)),
    ("a time too long", "absolute-s", .integer(2_592_001)), ("an epoch below 0", "epoch", .integer(-1)),
    ("a landing on another host", "landing", "//evil.example"),
    ("a landing elsewhere", "landing", "https://evil.example/"),
    ("a landing with CR LF", "landing", "/a\r\nset-cookie: x"), ("a login that is no path", "login", "login"),
    ("a log-out where the login is", "logout", "/login"),
    ("an origin in clear", "origins", .list(["http://a.example"])),
    ("a revocation without a time", "revoked", .list([map([("principal", "rita")])])),
    ("an unknown parameter", "key", "x"),
  ]

  @Test("settings that are wrong are refused, and what was in force stays", arguments: faults.indices)
  func refused(index: Int) throws {
    let (what, name, value) = SessionsTests.faults[index]
    let fixture = try Fixture()
    let cookie = try fixture.logIn()
    #expect(throws: ParameterFault.self, "\(what)") { try fixture.module.configure([(name, value)]) }
    fixture.module.rollback()
    fixture.module.commit()
    #expect(try fixture.send(cookie: cookie).seen == "rita/session")
  }
}
