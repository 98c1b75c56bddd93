import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import ReverseProxy
import Testing

@Suite("The reverse proxy")
struct ReverseProxyTests {
  @Test("a request reaches the backend with its own fields, and those of the connection and the client's word removed")
  func forwarding() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3, answering: "hello")
    try fixture.route("/orders", backend)
    fixture.ask(
      "/orders/17", method: "PUT", query: "a=1",
      [
        HTTPField("host", "shop.example"), HTTPField("accept", "*/*"), HTTPField("authorization", "Basic c2VjcmV0"),
        HTTPField("connection", "keep-alive, X-Hop , Forwarded, via"), HTTPField("x-hop", "1"),
        HTTPField("keep-alive", "1"), HTTPField("te", "trailers"), HTTPField("upgrade", "websocket"),
        HTTPField("proxy-authorization", "x"), HTTPField("forwarded", "for=1.2.3.4"),
        HTTPField("x-forwarded-for", "1.2.3.4"), HTTPField("expect", "100-continue"), HTTPField("content-length", "99"),
        HTTPField("cookie", "a=b"),
      ], body: "body")
    #expect(
      backend.requests == [
        "PUT /orders/17?a=1 HTTP/1.1\r\nHost: shop.example\r\naccept: */*\r\ncookie: a=b\r\n"
          + "forwarded: for=203.0.113.9;proto=http\r\nvia: 1.1 testudo\r\nContent-Length: 4\r\n\r\nbody"
      ])
    #expect(fixture.answers.statuses == [200])
    #expect(fixture.answers.texts == ["hello"])
  }

  @Test("the response comes back without the fields of the backend's connection")
  func response() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3) { _ in
      .send(
        "HTTP/1.1 201 Created\r\nLocation: /x\r\nConnection: X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    }
    try fixture.route("/", backend)
    fixture.ask()
    let response = try #require(fixture.answers.responses.first)
    #expect(response.status == 201)
    #expect(response.headers == [HTTPField("location", "/x"), HTTPField("via", "1.1 testudo")])
    #expect(response.body == Array("abc".utf8))
  }

  @Test("HEAD, 204 and 304 end at their head, and the connection is kept")
  func withoutContent() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3) { request in
      .send(
        request.hasPrefix("HEAD")
          ? "HTTP/1.1 200 OK\r\nContent-Length: 612\r\n\r\n" : "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n")
    }
    try fixture.route("/", backend)
    fixture.ask(method: "HEAD")
    fixture.ask()
    #expect(fixture.answers.statuses == [200, 304])
    #expect(fixture.answers.responses[0].headers.contains(HTTPField("content-length", "612")))
    #expect(backend.connections.count == 1)
  }

  @Test("the longest route that covers the path on segment boundaries is taken")
  func longestPrefix() throws {
    let fixture = ProxyFixture()
    let backends = [(3, "all"), (4, "orders"), (5, "archive")].map {
      Backend(fixture.network, UInt8($0.0), answering: $0.1)
    }
    let names = backends.map { $0.endpoint.text.description }
    try fixture.proxy.prepare(
      ProxyFixture.routes([("/", [names[0]]), ("/orders/archive", [names[2]]), ("/orders", [names[1]])]))
    fixture.proxy.commit()
    for path in ["/", "/ordersheet", "/orders", "/orders/17", "/orders/archive", "/orders/archived"] {
      fixture.ask(path)
    }
    #expect(fixture.answers.texts == ["all", "all", "orders", "orders", "archive", "orders"])
    #expect(fixture.proxy.claim("/orders/archive/1") == 15)
    #expect(fixture.proxy.claim("/x") == 1)
  }

  @Test("backends take turns, and one that refuses is passed over")
  func roundRobin() throws {
    let fixture = ProxyFixture()
    let first = Backend(fixture.network, 3, answering: "first")
    let second = Backend(fixture.network, 4, answering: "second")
    try fixture.route("/", first, second)
    for _ in 0..<4 { fixture.ask() }
    #expect(fixture.answers.texts == ["first", "second", "first", "second"])
    fixture.network.stopServing(first.endpoint)
    for connection in first.connections { connection.stream?.abort() }
    fixture.network.run()
    for _ in 0..<2 { fixture.ask(method: "POST", body: "x") }
    #expect(fixture.answers.texts.suffix(2) == ["second", "second"])
  }

  @Test(
    "a backend that fails is a bad gateway",
    arguments: [
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "nonsense\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: y\n\n", "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n",
    ])
  func badGateway(answer: String) throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3) { _ in .send(answer) }
    try fixture.route("/", backend)
    fixture.ask()
    #expect(fixture.answers.statuses == [502])
    #expect(fixture.proxy.openConnections == 0)
    backend.behaviour = { _ in .close }
    fixture.ask()
    backend.behaviour = { _ in .sendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") }
    fixture.ask()
    fixture.network.stopServing(backend.endpoint)
    fixture.ask()
    fixture.network.isExhausted = true
    fixture.ask()
    #expect(fixture.answers.statuses == [502, 502, 502, 502, 502])
    #expect(fixture.proxy.openConnections == 0)
  }

  @Test("a backend that does not answer in time is a gateway timeout")
  func timeouts() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3) { _ in .wait }
    try fixture.route("/", backend)
    fixture.ask()
    fixture.pass(.milliseconds(19_999))
    #expect(fixture.answers.statuses.isEmpty)
    fixture.pass(.milliseconds(1))
    #expect(fixture.answers.statuses == [504])
    fixture.network.silence(backend.endpoint)
    fixture.ask()
    fixture.pass(.seconds(2))
    #expect(fixture.answers.statuses == [504, 504])
    #expect(fixture.proxy.openConnections == 0)
    #expect(fixture.proxy.deadline == nil)
  }

  @Test("a request that has gone round in circles is refused")
  func loop() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3, answering: "x")
    try fixture.route("/", backend)
    let via = HTTPField("via", "1.1 testudo, 1.1 other,1.1 testudo")
    fixture.ask("/", [via, via, via])
    #expect(fixture.answers.statuses == [200])
    fixture.ask("/", [via, via, via, via])
    #expect(fixture.answers.statuses == [200, 502])
    #expect(backend.requests.count == 1)
  }

  @Test(
    "routes of another shape are refused, and those in force stay",
    arguments: [
      [("orders", ["10.0.0.1:80"])], [("/", [])], [("/", ["10.0.0.1"])], [("/", ["10.0.0.1:0"])],
      [("/", ["10.0.0.1:65536"])], [("/", ["10.0.0.1:"])], [("/", ["back end:80"])], [("/", ["10.0.0.1:80:80"])],
      [("/", ["10.0.0.1:+80"])], [("/a", ["10.0.0.1:80"]), ("/a/", ["10.0.0.2:80"])],
    ] as [[(String, [String])]])
  func refused(routes: [(String, [String])]) throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3, answering: "x")
    try fixture.route("/", backend)
    #expect(throws: ParameterFault.self) { try fixture.proxy.prepare(ProxyFixture.routes(routes)) }
    fixture.proxy.rollback()
    fixture.proxy.commit()
    fixture.ask()
    #expect(fixture.answers.statuses == [200])
  }

  @Test("routes are required")
  func required() {
    let fixture = ProxyFixture()
    #expect(throws: ParameterFault.self) { try fixture.proxy.prepare([]) }
    #expect(fixture.proxy.claim("/") == nil)
  }
}
