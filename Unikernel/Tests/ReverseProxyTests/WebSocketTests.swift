import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import ReverseProxy
import Testing

@Suite("WebSockets through the reverse proxy")
struct WebSocketTests {
  @Test("a handshake reaches the backend, its agreement the client, and then bytes pass both ways")
  func passing() throws {
    let fixture = try WebSocketFixture()
    let client = fixture.client(sending: WebSocketFixture.handshake)
    #expect(fixture.backend.handshake.hasPrefix("GET /chat HTTP/1.1\r\nHost: h\r\n"))
    #expect(fixture.backend.handshake.contains("\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"))
    #expect(fixture.backend.handshake.contains("\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
    #expect(client.text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
    #expect(client.text.contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"))
    #expect(client.text.contains("\r\nSec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
    #expect(!client.text.contains("Content-Length"))
    client.forget()
    client.send("hello", fixture.network)
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n", fixture.network)
    #expect(client.text == "HELLOGET / HTTP/1.1\r\nHOST: H\r\n\r\n")
    #expect(fixture.counter("reverse-proxy.web-sockets") == 1)
    #expect(fixture.counter("reverse-proxy.requests") == 1)
  }

  @Test("what was sent behind the handshake, from either side, is the first of what passes")
  func early() throws {
    let fixture = try WebSocketFixture()
    fixture.backend.answer += "welcome "
    let client = fixture.client(sending: WebSocketFixture.handshake + "early")
    #expect(client.text.hasSuffix("\r\n\r\nwelcome EARLY"))
  }

  @Test("without leave in the route, for HTTP/1.0 and for other protocols, the request is an ordinary one")
  func ordinary() throws {
    let plain = try WebSocketFixture(seconds: nil)
    plain.backend.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    #expect(plain.client(sending: WebSocketFixture.handshake).text.hasSuffix("\r\n\r\nok"))
    #expect(!plain.backend.handshake.contains("upgrade"))

    for text in [
      WebSocketFixture.handshake.replacing("HTTP/1.1", with: "HTTP/1.0"),
      WebSocketFixture.handshake.replacing("WebSocket\r\n", with: "h2c\r\n"),
      WebSocketFixture.handshake.replacing("keep-alive, Upgrade", with: "keep-alive"),
      WebSocketFixture.handshake.replacing("GET", with: "POST"),
    ] {
      let fixture = try WebSocketFixture()
      fixture.backend.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
      #expect(fixture.client(sending: text).text.hasSuffix("\r\n\r\nok"), "\(text)")
      #expect(!fixture.backend.handshake.contains("\r\nupgrade"))
    }
  }

  @Test(
    "a malformed handshake is refused before the backend sees it",
    arguments: [
      ("Version: 13", "Version: 8"), ("Sec-WebSocket-Version: 13\r\n", ""),
      ("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: short"),
      ("Key: dGhlIHNhbXBsZSBub25jZQ==", "Key: dGhlIHNhbXBsZSBub25j*Q=="),
      ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"),
    ])
  func malformed(part: String, instead: String) throws {
    let fixture = try WebSocketFixture()
    let client = fixture.client(sending: WebSocketFixture.handshake.replacing(part, with: instead))
    #expect(client.text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(client.text.contains("\r\nSec-Websocket-Version: 13\r\n"))
    #expect(fixture.backend.handshake.isEmpty)
  }

  @Test("a backend that declines answers an ordinary response, and the connection goes on with HTTP")
  func declined() throws {
    let fixture = try WebSocketFixture()
    fixture.backend.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
    let client = fixture.client(sending: WebSocketFixture.handshake)
    #expect(client.text.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
    client.forget()
    fixture.backend.answer = WebSocketBackend.agreement
    client.send(WebSocketFixture.handshake, fixture.network)
    #expect(client.text.hasPrefix("HTTP/1.1 101"))
    #expect(fixture.counter("reverse-proxy.web-sockets") == 1)
  }

  @Test(
    "a backend that switches to something else, or without being asked, is not believed",
    arguments: [
      WebSocketBackend.agreement.replacing("Upgrade: websocket", with: "Upgrade: h2c"),
      WebSocketBackend.agreement.replacing("Connection: Upgrade", with: "Connection: close"),
      WebSocketBackend.agreement.replacing("Sec-WebSocket-Accept", with: "X-Accept"),
    ])
  func falseAgreement(answer: String) throws {
    let fixture = try WebSocketFixture()
    fixture.backend.answer = answer
    let client = fixture.client(sending: WebSocketFixture.handshake)
    #expect(client.text.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
    #expect(fixture.backend.isClosed)

    let unasked = try WebSocketFixture()
    #expect(unasked.client(sending: "GET / HTTP/1.1\r\nHost: h\r\n\r\n").text.hasPrefix("HTTP/1.1 502"))
  }

  @Test("an end that closes closes the other, and nothing is left behind")
  func closing() throws {
    let fixture = try WebSocketFixture()
    let client = fixture.client(sending: WebSocketFixture.handshake)
    client.stream?.close()
    fixture.network.run()
    #expect(fixture.backend.hasEnded && fixture.backend.isClosed)
    #expect(client.closeReason == .finished)
    #expect(fixture.server.openConnections == 0)

    let second = fixture.client(sending: WebSocketFixture.handshake)
    fixture.backend.stream?.close()
    fixture.network.run()
    #expect(second.hasEnded && second.closeReason == .finished)

    let third = fixture.client(sending: WebSocketFixture.handshake)
    fixture.backend.stream?.abort()
    fixture.network.run()
    #expect(third.closeReason == .reset)

    let fourth = fixture.client(sending: WebSocketFixture.handshake)
    fourth.stream?.abort()
    fixture.network.run()
    #expect(fixture.backend.isClosed)
    #expect(fixture.server.openConnections == 0)
    #expect(fixture.counter("reverse-proxy.open-web-sockets") == 0)
  }

  @Test("a WebSocket ends when nobody says anything, and when its time is over whatever passes")
  func time() throws {
    let fixture = try WebSocketFixture(seconds: 300)
    let silent = fixture.client(sending: WebSocketFixture.handshake)
    fixture.pass(.seconds(119))
    #expect(!silent.hasEnded)
    fixture.pass(.seconds(2))
    #expect(silent.hasEnded)
    fixture.pass(.seconds(3))

    let busy = fixture.client(sending: WebSocketFixture.handshake)
    for _ in 0..<4 {
      fixture.pass(.seconds(70))
      busy.send("x", fixture.network)
    }
    #expect(!busy.hasEnded)
    fixture.pass(.seconds(21))
    #expect(busy.hasEnded)
    fixture.pass(.seconds(3))
    #expect(fixture.counter("reverse-proxy.open-web-sockets") == 0)
  }

  @Test("an end that does not close in its turn is cut off")
  func lingering() throws {
    let fixture = try WebSocketFixture(seconds: 60)
    let client = fixture.client(sending: WebSocketFixture.handshake)
    client.closesInTurn = false
    fixture.pass(.seconds(61))
    #expect(client.hasEnded && client.closeReason == nil)
    fixture.pass(.seconds(3))
    #expect(client.closeReason == .reset)
    #expect(fixture.server.openConnections == 0)
  }

  @Test("new settings and a drain end it, so that what let it through is judged anew")
  func judgedAnew() throws {
    let fixture = try WebSocketFixture()
    let client = fixture.client(sending: WebSocketFixture.handshake)
    fixture.server.settingsChanged()
    fixture.network.run()
    #expect(client.hasEnded)

    let draining = fixture.client(sending: WebSocketFixture.handshake)
    var isDrained = false
    fixture.server.drain(grace: .milliseconds(250)) { isDrained = true }
    draining.send("still", fixture.network)
    #expect(draining.text.hasSuffix("STILL"))
    fixture.pass(.milliseconds(251))
    fixture.pass(.seconds(3))
    #expect(draining.hasEnded && isDrained)
  }

  @Test("who sends faster than the other end takes is held up, and loses nothing")
  func pressure() throws {
    let fixture = try WebSocketFixture()
    let client = fixture.client(sending: WebSocketFixture.handshake)
    client.forget()
    fixture.backend.isReading = false
    let sent = String(repeating: "abcdefghij", count: 40_000)
    client.send(sent, fixture.network)
    #expect(client.stream?.writableCount == 0)
    fixture.backend.isReading = true
    var rounds = 0
    while client.received.count < sent.utf8.count, rounds < 100 {
      if let stream = fixture.backend.stream { fixture.backend.streamReadable(stream) }
      fixture.network.run()
      rounds += 1
    }
    #expect(client.text == sent.uppercased())
  }

  @Test("a lifetime that is no number of seconds up to a day is refused", arguments: [0, 86_401, -1])
  func bounds(seconds: Int64) {
    #expect(throws: ParameterFault.self) { try WebSocketFixture(seconds: seconds) }
  }
}
