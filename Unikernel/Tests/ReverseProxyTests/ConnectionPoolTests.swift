import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import ReverseProxy
import Testing

@Suite("Connections to backends")
struct ConnectionPoolTests {
  @Test("one connection serves request after request, and is closed when it is unused too long")
  func reuse() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3, answering: "x")
    try fixture.route("/", backend)
    for _ in 0..<5 { fixture.ask() }
    #expect(backend.connections.count == 1)
    #expect(fixture.proxy.openConnections == 1)
    fixture.pass(.seconds(15))
    #expect(fixture.proxy.openConnections == 0)
    #expect(!backend.connections[0].isOpen)
  }

  @Test("a connection that the backend wants closed, or that is delimited by its end, is not used again")
  func notReusable() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3) { _ in .send(Backend.ok("x", "Connection: close\r\n")) }
    try fixture.route("/", backend)
    fixture.ask()
    backend.behaviour = { _ in .sendAndClose("HTTP/1.1 200 OK\r\n\r\nuntil the end") }
    fixture.ask()
    backend.behaviour = { _ in .send(Backend.ok("x") + "HTTP/1.1 200 OK\r\n\r\npoison") }
    fixture.ask()
    backend.behaviour = { _ in .send(Backend.ok("clean")) }
    fixture.ask()
    #expect(fixture.answers.texts == ["x", "until the end", "x", "clean"])
    #expect(backend.connections.count == 4)
  }

  @Test("what arrives on an unused connection is nobody's response")
  func unsolicited() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3, answering: "asked")
    try fixture.route("/", backend)
    fixture.ask()
    _ = backend.connections[0].stream?.write(Array(Backend.ok("poison").utf8)[...])
    fixture.network.run()
    #expect(fixture.proxy.openConnections == 0)
    fixture.ask()
    #expect(fixture.answers.texts == ["asked", "asked"])
  }

  @Test(
    "an idempotent request meets a closed connection and is sent again once; any other is not",
    arguments: [("GET", 200, 3), ("PUT", 200, 3), ("DELETE", 200, 3), ("POST", 502, 2), ("PATCH", 502, 2)])
  func retry(method: String, status: Int, requests: Int) throws {
    let fixture = ProxyFixture()
    var count = 0
    let backend = Backend(fixture.network, 3) { _ in
      count += 1
      return count == 2 ? .close : .send(Backend.ok("x"))
    }
    try fixture.route("/", backend)
    fixture.ask()
    fixture.ask(method: ByteString(method), body: "b")
    #expect(fixture.answers.statuses == [200, status])
    #expect(backend.requests.count == requests)
  }

  @Test("a second failure is final, and so is a first on a new connection")
  func retryOnce() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3, answering: "x")
    try fixture.route("/", backend)
    fixture.ask()
    backend.behaviour = { _ in .close }
    fixture.ask()
    #expect(fixture.answers.statuses == [200, 502])
    #expect(backend.requests.count == 3)
    fixture.ask()
    #expect(backend.requests.count == 4)
  }

  @Test("nothing is sent again when part of a response has come")
  func partialResponse() throws {
    let fixture = ProxyFixture()
    let backend = Backend(fixture.network, 3, answering: "x")
    try fixture.route("/", backend)
    fixture.ask()
    backend.behaviour = { _ in .sendAndClose("HTTP/1.1 2") }
    fixture.ask()
    #expect(fixture.answers.statuses == [200, 502])
    #expect(backend.requests.count == 2)
  }

  @Test("beyond the bound on connections requests wait, and beyond the bound on waiting they are refused")
  func bounds() throws {
    var limits = HTTPClientLimits()
    limits.connectionsPerBackend = 2
    limits.waitingPerBackend = 3
    let fixture = ProxyFixture(limits: limits)
    let backend = Backend(fixture.network, 3) { _ in .wait }
    try fixture.route("/", backend)
    for _ in 0..<6 { fixture.ask() }
    #expect(backend.connections.count == 2)
    #expect(backend.requests.count == 2)
    #expect(fixture.answers.statuses == [503])
    for _ in 0..<3 {
      _ = backend.connections[0].stream?.write(Array(Backend.ok("x").utf8)[...])
      fixture.network.run()
    }
    #expect(fixture.answers.statuses == [503, 200, 200, 200])
    #expect(backend.requests.count == 5)
    fixture.pass(.seconds(20))
    #expect(fixture.answers.statuses == [503, 200, 200, 200, 504, 504])
  }

  @Test("a request that waits too long for a connection is given up")
  func waiting() throws {
    var limits = HTTPClientLimits()
    limits.connectionsPerBackend = 1
    let fixture = ProxyFixture(limits: limits)
    let backend = Backend(fixture.network, 3) { _ in .wait }
    try fixture.route("/", backend)
    fixture.ask()
    fixture.ask()
    fixture.pass(.seconds(20))
    #expect(fixture.answers.statuses == [504, 504])
  }

  @Test("when routes change, requests in progress end where they are, and connections to old backends are closed")
  func routeChange() throws {
    let fixture = ProxyFixture()
    let old = Backend(fixture.network, 3) { $0.contains("/slow") ? .wait : .send(Backend.ok("old")) }
    let new = Backend(fixture.network, 4, answering: "new")
    try fixture.route("/", old)
    fixture.ask("/slow")
    fixture.ask("/fast")
    #expect(old.connections.map(\.isOpen) == [true, true])
    try fixture.route("/", new)
    #expect(old.connections.map(\.isOpen) == [true, false])
    fixture.ask("/fast")
    _ = old.connections[0].stream?.write(Array(Backend.ok("old, late").utf8)[...])
    fixture.network.run()
    #expect(fixture.answers.texts == ["old", "new", "old, late"])
    #expect(old.connections.map(\.isOpen) == [false, false])
    #expect(fixture.proxy.openConnections == 1)
    try fixture.route("/", old, new)
    fixture.ask("/fast")
    #expect(fixture.answers.texts.last == "old")
  }

  @Test("a large request waits for room at the backend and arrives whole")
  func backPressure() throws {
    let fixture = ProxyFixture()
    fixture.network.window = 500
    let backend = Backend(fixture.network, 3, answering: "x")
    try fixture.route("/", backend)
    fixture.ask(method: "PUT", body: String(repeating: "b", count: 20_000))
    #expect(fixture.answers.statuses == [200])
    #expect(backend.requests[0].hasSuffix(String(repeating: "b", count: 20_000)))
  }

  @Test("after an early response to a request that was not sent whole, the connection is not used again")
  func earlyResponse() throws {
    let fixture = ProxyFixture()
    fixture.network.window = 500
    let endpoint = Endpoint(IPv4Address(10, 77, 0, 5), port: 80)
    let early = EarlyBackend()
    fixture.network.serve(endpoint, early)
    try fixture.proxy.prepare(ProxyFixture.routes([("/", ["10.77.0.5:80"])]))
    fixture.proxy.commit()
    fixture.ask(method: "PUT", body: String(repeating: "b", count: 20_000))
    #expect(fixture.answers.statuses == [413])
    #expect(fixture.proxy.openConnections == 0)
  }
}

/// Answers without having read the request.
private final class EarlyBackend: StreamAcceptor, StreamHandler {
  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    _ = stream.write(Array("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n".utf8)[...])
    return self
  }

  func streamOpened(_ stream: any ByteStream) {}
  func streamReadable(_ stream: any ByteStream) {}
  func streamWritable(_ stream: any ByteStream) {}
  func streamEnded(_ stream: any ByteStream) {}
  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {}
}
