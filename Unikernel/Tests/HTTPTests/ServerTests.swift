import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@Suite("The server")
struct ServerTests {
  @Test("a response has its length, its date and nothing of the server's own name")
  func response() throws {
    let fixture = try ServerFixture()
    let client = fixture.client()
    client.send(get("/hello"), fixture.network)
    #expect(
      client.text
        == "HTTP/1.1 200 OK\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\nContent-Length: 6\r\n\r\n/hello")
    #expect(!client.hasEnded)
    #expect(fixture.server.openConnections == 1)
  }

  @Test("requests that arrive byte by byte are answered one after another on one connection")
  func byteByByte() throws {
    let fixture = try ServerFixture()
    let client = fixture.client()
    for byte in Array((get("/a") + get("/b") + get("/c")).utf8) {
      client.send([byte])
      fixture.network.run()
    }
    #expect(client.statuses == [200, 200, 200])
    #expect(fixture.application.requests.map(\.path) == ["/a", "/b", "/c"])
  }

  @Test("pipelined requests are answered in order, one at a time")
  func pipelining() throws {
    let fixture = try ServerFixture(answer: {
      $0.path == "/slow" ? nil : HTTPResponse(status: 200, body: $0.path.bytes)
    })
    let client = fixture.client()
    client.send(get("/1") + get("/slow") + get("/3"), fixture.network)
    #expect(client.statuses == [200])
    #expect(fixture.application.requests.map(\.path) == ["/1", "/slow"])
    fixture.application.suspended[0].finish(HTTPResponse(status: 404))
    fixture.network.run()
    #expect(client.statuses == [200, 404, 200])
    #expect(client.text.hasSuffix("/3"))
  }

  @Test("a long pipeline against a client that reads slowly is answered whole")
  func backPressure() throws {
    let fixture = try ServerFixture(answer: { _ in
      HTTPResponse(status: 200, body: [UInt8](repeating: 0x61, count: 9000))
    })
    fixture.network.window = 1000
    let client = fixture.client()
    client.isReading = false
    client.send(String(repeating: get("/"), count: 50), fixture.network)
    #expect(fixture.application.requests.count == 1)
    var before = -1
    while client.received.count > before {
      before = client.received.count
      client.take(997)
      fixture.network.run()
    }
    #expect(client.statuses == [Int](repeating: 200, count: 50))
    #expect(client.received.count == 50 * (78 + 9000))
  }

  @Test("HEAD is answered without content but with its length")
  func head() throws {
    let fixture = try ServerFixture()
    let client = fixture.client()
    client.send("HEAD /four HTTP/1.1\r\nHost: h\r\n\r\n" + get("/x"), fixture.network)
    #expect(client.text.contains("Content-Length: 5\r\n\r\nHTTP/1.1 200"))
  }

  @Test("204 and 304 have no content and no length of one")
  func withoutContent() throws {
    let fixture = try ServerFixture(answer: { HTTPResponse(status: $0.path == "/204" ? 204 : 304) })
    let client = fixture.client()
    client.send(get("/204") + get("/304"), fixture.network)
    #expect(client.statuses == [204, 304])
    #expect(!client.text.contains("Content-Length"))
  }

  @Test("a client that expects 100 Continue is told to go on, once")
  func expectation() throws {
    let fixture = try ServerFixture(answer: { HTTPResponse(status: 200, body: $0.body) })
    let client = fixture.client()
    client.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", fixture.network)
    #expect(client.text == "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("body", fixture.network)
    #expect(client.statuses == [100, 200])
    #expect(client.text.hasSuffix("body"))
  }

  @Test("content that is too large is refused before it is sent")
  func tooLarge() throws {
    let fixture = try ServerFixture(["maximum-body-bytes": 10])
    let client = fixture.client()
    client.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n", fixture.network)
    #expect(client.statuses == [413])
    #expect(client.closeReason == .finished)
  }

  @Test(
    "a malformed request is answered and ends the connection; what follows it is never read",
    arguments: malformedRequests)
  func malformed(sample: Malformed) throws {
    let fixture = try ServerFixture()
    let client = fixture.client()
    client.send(sample.text + get("/smuggled"), fixture.network)
    #expect(client.statuses == [sample.fault.status])
    #expect(client.text.contains("Connection: close\r\n"))
    #expect(client.hasEnded)
    #expect(fixture.application.requests.isEmpty)
    #expect(fixture.counter("http.malformed") == 1)
    #expect(fixture.server.openConnections == 0)
  }

  @Test("the client's wish to close is met, and HTTP/1.0 is kept only on request")
  func closing() throws {
    let fixture = try ServerFixture()
    let closing = fixture.client()
    closing.send(get("/", "Connection: close\r\n"), fixture.network)
    #expect(closing.text.contains("Connection: close\r\n"))
    #expect(closing.closeReason == .finished)
    let old = fixture.client()
    old.send("GET / HTTP/1.0\r\n\r\n", fixture.network)
    #expect(old.text.contains("Connection: close\r\n"))
    #expect(old.hasEnded)
    let kept = fixture.client()
    kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", fixture.network)
    #expect(kept.text.contains("Connection: keep-alive\r\n"))
    #expect(!kept.hasEnded)
    #expect(fixture.server.openConnections == 1)
  }

  @Test("a client that ends its direction after its requests still gets every answer")
  func halfClose() throws {
    let fixture = try ServerFixture(answer: { _ in nil })
    let client = fixture.client()
    client.send(Array((get("/a") + get("/b")).utf8))
    client.stream?.close()
    fixture.network.run()
    fixture.application.suspended[0].finish(.text(200, "one"))
    fixture.network.run()
    fixture.application.suspended[1].finish(.text(200, "two"))
    fixture.network.run()
    #expect(client.statuses == [200, 200])
    #expect(client.closeReason == .finished)
    #expect(fixture.server.openConnections == 0)
  }

  @Test("an answer to a client that has gone is dropped")
  func gone() throws {
    let fixture = try ServerFixture(answer: { _ in nil })
    let client = fixture.client()
    client.send(get("/a"), fixture.network)
    client.stream?.abort()
    fixture.network.run()
    #expect(fixture.server.openConnections == 0)
    fixture.application.suspended[0].finish(.text(200, "late"))
    fixture.network.run()
    #expect(client.received.isEmpty)
  }

  @Test(
    "a response that would split into two is not written",
    arguments: [
      HTTPField("x", "a\r\nSet-Cookie: b"), HTTPField("x", "a\nb"), HTTPField("x", "a\rb"), HTTPField("x", "a\0b"),
      HTTPField("x: y\r\nz", "a"), HTTPField("", "a"), HTTPField("x y", "a"),
    ])
  func splitting(field: HTTPField) throws {
    let fixture = try ServerFixture(answer: { _ in HTTPResponse(status: 200, headers: [field]) })
    let client = fixture.client()
    client.send(get("/"), fixture.network)
    #expect(client.statuses == [500])
    #expect(!client.text.contains("Cookie"))
  }

  @Test("fields that belong to the connection are the server's alone")
  func connectionFields() throws {
    let headers = [
      HTTPField("content-length", "999"), HTTPField("transfer-encoding", "chunked"), HTTPField("connection", "close"),
      HTTPField("www-authenticate", "Basic"), HTTPField("etag", "\"x\""), HTTPField("x-own-field", "1"),
    ]
    let fixture = try ServerFixture(answer: { _ in HTTPResponse(status: 401, headers: headers, body: [0x61]) })
    let client = fixture.client()
    client.send(get("/"), fixture.network)
    #expect(client.text.contains("Content-Length: 1\r\n"))
    #expect(!client.text.contains("999"))
    #expect(!client.text.contains("chunked"))
    #expect(client.text.contains("\r\nWWW-Authenticate: Basic\r\nETag: \"x\"\r\nX-Own-Field: 1\r\n"))
    #expect(client.hasEnded)
  }

  @Test("connections beyond the bound are reset, and counted")
  func bound() throws {
    let fixture = try ServerFixture(["maximum-connections": 2])
    let clients = (0..<3).map { _ in fixture.client() }
    #expect(clients.map(\.closeReason) == [nil, nil, .refused])
    #expect(fixture.counter("http.refused-connections") == 1)
    clients[0].stream?.abort()
    fixture.network.run()
    #expect(fixture.client().closeReason == nil)
  }

  @Test("what all clients have sent of unfinished requests is bounded")
  func heldBytes() throws {
    let fixture = try ServerFixture(["maximum-body-bytes": 16 << 20])
    fixture.network.window = 1 << 20
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(16 << 20)\r\n\r\n"
    let clients = (0..<3).map { _ in fixture.client() }
    for client in clients {
      client.send(Array(head.utf8) + [UInt8](repeating: 0x61, count: 15 << 20))
      fixture.network.run()
    }
    #expect(clients.map(\.statuses) == [[], [], [503]])
    clients[0].send([UInt8](repeating: 0x61, count: 1 << 20))
    fixture.network.run()
    #expect(clients[0].statuses == [200])
  }
}
