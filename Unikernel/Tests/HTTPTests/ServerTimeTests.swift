import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import HTTP

@Suite("The server and time")
struct ServerTimeTests {
  private static let settings: [String: Int64] = ["idle-timeout-ms": 3000, "request-timeout-ms": 1000]

  @Test("an idle connection is closed, without a word, when its time is over")
  func idle() throws {
    let fixture = try ServerFixture(ServerTimeTests.settings)
    let client = fixture.client()
    client.send(get("/"), fixture.network)
    client.forget()
    fixture.pass(.milliseconds(2999))
    #expect(!client.hasEnded)
    fixture.pass(.milliseconds(1))
    #expect(client.hasEnded)
    #expect(client.received.isEmpty)
    #expect(fixture.server.openConnections == 0)
  }

  @Test("a request that arrives too slowly is answered 408, however steadily it comes")
  func slowRequest() throws {
    let fixture = try ServerFixture(ServerTimeTests.settings)
    let client = fixture.client()
    for byte in Array(get("/very-slow").utf8).prefix(12) {
      client.send([byte])
      fixture.network.run()
      fixture.pass(.milliseconds(90))
    }
    #expect(client.statuses == [408])
    #expect(client.hasEnded)
    #expect(fixture.counter("http.timeouts") == 1)
  }

  @Test("each request has its own time")
  func ownTime() throws {
    let fixture = try ServerFixture(ServerTimeTests.settings)
    let client = fixture.client()
    for _ in 0..<5 {
      client.send(get("/"), fixture.network)
      fixture.pass(.milliseconds(900))
    }
    #expect(client.statuses == [200, 200, 200, 200, 200])
    #expect(!client.hasEnded)
  }

  @Test("a client that does not take its response is reset")
  func slowRead() throws {
    let fixture = try ServerFixture(
      ServerTimeTests.settings,
      answer: { _ in
        HTTPResponse(status: 200, body: [UInt8](repeating: 0x61, count: 1 << 20))
      })
    let client = fixture.client()
    client.isReading = false
    client.send(get("/"), fixture.network)
    fixture.pass(.milliseconds(2900))
    client.take(1000)
    fixture.network.run()
    fixture.pass(.milliseconds(2900))
    #expect(client.closeReason == nil)
    fixture.pass(.milliseconds(200))
    #expect(client.closeReason == .reset)
    #expect(fixture.server.openConnections == 0)
  }

  @Test(
    "a client that takes its response, but slower than it must, is reset", arguments: [(100_000, true), (0, false)])
  func slowSteadyRead(rate: Int, isReset: Bool) throws {
    let fixture = try ServerFixture(
      ServerTimeTests.settings,
      answer: { _ in
        HTTPResponse(status: 200, body: [UInt8](repeating: 0x61, count: 1_000_000))
      })
    fixture.registry.shares.minimumRate = rate
    let client = fixture.client()
    client.isReading = false
    client.send(get("/"), fixture.network)
    // 13 s are due: three to begin, ten for a million bytes.
    for second in 1...14 {
      fixture.pass(.seconds(1))
      #expect((client.closeReason == .reset) == (isReset && second >= 13), "after \(second) s")
      client.take(10_000)
      fixture.network.run()
    }
  }

  @Test("an application that never answers does not hold a connection forever")
  func stuckApplication() throws {
    let fixture = try ServerFixture(ServerTimeTests.settings, answer: { _ in nil })
    let client = fixture.client()
    client.send(get("/"), fixture.network)
    fixture.pass(.milliseconds(29_999))
    #expect(client.statuses.isEmpty)
    fixture.pass(.milliseconds(1))
    #expect(client.statuses == [503])
    fixture.application.suspended[0].finish(.text(200, "late"))
    fixture.network.run()
    #expect(client.statuses == [503])
  }

  @Test("a client that does not close its end is reset after a while")
  func lingering() throws {
    let fixture = try ServerFixture(ServerTimeTests.settings)
    let client = fixture.client()
    client.closesInTurn = false
    client.send(get("/", "Connection: close\r\n"), fixture.network)
    #expect(client.hasEnded)
    #expect(fixture.server.openConnections == 1)
    client.send("whatever", fixture.network)
    fixture.pass(.seconds(4))
    #expect(fixture.server.openConnections == 0)
    #expect(client.closeReason == .reset)
  }

  @Test("no deadline remains when no connection does, and none is in the past after it was met")
  func deadlines() throws {
    let fixture = try ServerFixture(ServerTimeTests.settings)
    #expect(fixture.server.deadline == nil)
    let client = fixture.client()
    #expect(fixture.server.deadline != nil)
    for _ in 0..<10 {
      fixture.pass(.milliseconds(700))
      if let deadline = fixture.server.deadline { #expect(deadline > fixture.clock.now) }
    }
    #expect(client.hasEnded)
    #expect(fixture.server.deadline == nil)
  }

  @Test(
    "dates are as RFC 9110, 5.6.7 has them",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
      (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
    ] as [(UInt64, String)])
  func dates(seconds: UInt64, text: String) {
    #expect(String(decoding: HTTPDate.format(wallMilliseconds: seconds * 1000), as: UTF8.self) == text)
  }
}
