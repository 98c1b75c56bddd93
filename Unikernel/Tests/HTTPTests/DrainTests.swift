import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@Suite("Draining")
struct DrainTests {
  /// How often `drain` reported its end.
  private final class Reports {
    var count = 0
  }

  private func drain(_ fixture: ServerFixture, _ milliseconds: Int) -> Reports {
    let reports = Reports()
    fixture.server.drain(grace: .milliseconds(milliseconds)) { reports.count += 1 }
    fixture.network.run()
    return reports
  }

  @Test("without connections a drain is over when its grace is")
  func empty() throws {
    let fixture = try ServerFixture()
    #expect(drain(fixture, 0).count == 1)
    let other = try ServerFixture()
    let reports = drain(other, 100)
    #expect(reports.count == 0)
    #expect(other.server.deadline == other.clock.now + .milliseconds(100))
    other.pass(.milliseconds(100))
    #expect(reports.count == 1)
    other.pass(.seconds(1))
    #expect(reports.count == 1)
  }

  @Test("after a drain was taken back, connections are taken and kept as before, and its end is never reported")
  func resumed() throws {
    let fixture = try ServerFixture()
    let reports = drain(fixture, 100)
    fixture.server.resume()
    fixture.pass(.milliseconds(200))
    #expect(reports.count == 0)
    let client = fixture.client()
    client.send(get("/"), fixture.network)
    #expect(client.statuses == [200] && !client.text.contains("Connection: close") && !client.hasEnded)

    let over = try ServerFixture()
    #expect(drain(over, 0).count == 1)
    over.server.resume()
    let late = over.client()
    late.send(get("/"), over.network)
    late.send(get("/"), over.network)
    #expect(late.statuses == [200, 200] && !late.hasEnded)
    #expect(drain(over, 0).count == 1)
  }

  @Test("an idle client that sends within the grace is answered, with close")
  func idleWithinGrace() throws {
    let fixture = try ServerFixture()
    let client = fixture.client()
    client.send(get("/before"), fixture.network)
    #expect(!client.text.contains("Connection: close"))
    let reports = drain(fixture, 100)
    #expect(!client.hasEnded)
    fixture.pass(.milliseconds(50))
    client.send(get("/during"), fixture.network)
    #expect(client.statuses == [200, 200])
    #expect(client.text.contains("Connection: close"))
    #expect(client.closeReason == .finished)
    #expect(reports.count == 0)
    fixture.pass(.milliseconds(50))
    #expect(reports.count == 1)
  }

  @Test("idle connections are closed when the grace is over")
  func idleAfterGrace() throws {
    let fixture = try ServerFixture()
    let client = fixture.client()
    client.send(get("/"), fixture.network)
    let reports = drain(fixture, 100)
    fixture.pass(.milliseconds(99))
    #expect(!client.hasEnded)
    fixture.pass(.milliseconds(1))
    #expect(client.closeReason == .finished)
    #expect(reports.count == 1)
  }

  @Test("a connection just opened is waited for: its first request is answered after the grace, too, for two seconds")
  func firstRequest() throws {
    let fixture = try ServerFixture()
    let (late, silent) = (fixture.client(), fixture.client())
    let reports = drain(fixture, 100)
    fixture.pass(.milliseconds(1500))
    #expect(!late.hasEnded && !silent.hasEnded && reports.count == 0)
    late.send(get("/"), fixture.network)
    #expect(late.statuses == [200])
    #expect(late.text.contains("Connection: close"))
    #expect(reports.count == 0)
    fixture.pass(.milliseconds(500))
    #expect(silent.hasEnded)
    #expect(reports.count == 1)
  }

  @Test("requests in progress finish, also those that are still arriving")
  func inProgress() throws {
    let fixture = try ServerFixture(answer: { $0.path == "/slow" ? nil : .text(200, "fine") })
    let slow = fixture.client()
    let partial = fixture.client()
    slow.send(get("/slow"), fixture.network)
    partial.send("GET /partial HTTP/1.1\r\nHo", fixture.network)
    let reports = drain(fixture, 100)
    fixture.pass(.milliseconds(200))
    #expect(reports.count == 0)
    partial.send("st: h\r\n\r\n", fixture.network)
    #expect(partial.statuses == [200])
    #expect(partial.text.contains("Connection: close"))
    #expect(reports.count == 0)
    fixture.application.suspended[0].finish(.text(200, "at last"))
    fixture.network.run()
    #expect(slow.statuses == [200])
    #expect(slow.text.contains("Connection: close"))
    #expect(reports.count == 1)
  }

  @Test("new connections are served during the grace and refused after it")
  func newConnections() throws {
    let fixture = try ServerFixture()
    let reports = drain(fixture, 100)
    let during = fixture.client()
    during.send(get("/"), fixture.network)
    #expect(during.statuses == [200])
    #expect(during.text.contains("Connection: close"))
    // Before anybody has called `expire`.
    fixture.clock.advance(by: .milliseconds(100))
    #expect(fixture.client().closeReason == .refused)
    fixture.server.expire(at: fixture.clock.now)
    #expect(reports.count == 1)
  }

  @Test("of pipelined requests, the first is answered with close and the rest not carried out")
  func pipelined() throws {
    let fixture = try ServerFixture(answer: { $0.path == "/1" ? nil : .text(200, "fine") })
    let client = fixture.client()
    client.send(get("/1") + get("/2"), fixture.network)
    _ = drain(fixture, 100)
    fixture.application.suspended[0].finish(.text(200, "one"))
    fixture.network.run()
    #expect(client.statuses == [200])
    #expect(fixture.application.requests.map(\.path) == ["/1"])
    #expect(client.closeReason == .finished)
  }

  @Test("a client that keeps its end open cannot hold up a drain")
  func stubbornClient() throws {
    let fixture = try ServerFixture()
    let client = fixture.client()
    client.closesInTurn = false
    client.send(get("/"), fixture.network)
    let reports = drain(fixture, 100)
    fixture.pass(.milliseconds(100))
    #expect(client.hasEnded)
    #expect(reports.count == 0)
    fixture.pass(.seconds(2))
    #expect(reports.count == 1)
    #expect(fixture.server.openConnections == 0)
  }
}
