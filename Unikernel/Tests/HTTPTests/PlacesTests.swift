import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

struct PlacesTests {
  private static func clients(_ count: Int, of host: UInt8, _ fixture: ServerFixture) -> [InMemoryClient] {
    let clients = (0..<count).map { _ in InMemoryClient(fixture.network, from: IPv4Address(10, 77, 0, host)) }
    fixture.network.run()
    return clients
  }

  @Test("while one source holds all places and says nothing, another is served")
  func silent() throws {
    let fixture = try ServerFixture(["maximum-connections": 50])
    let hoard = PlacesTests.clients(60, of: 1, fixture)
    #expect(fixture.server.openConnections == 50)
    #expect(hoard.filter { $0.closeReason == .refused }.count == 10)
    fixture.pass(.seconds(2))
    for _ in 0..<5 {
      let client = PlacesTests.clients(1, of: 2, fixture)[0]
      client.send(get("/page"), fixture.network)
      #expect(client.statuses == [200])
    }
    #expect(fixture.server.openConnections == 50)
    #expect(hoard.filter { $0.closeReason == .reset }.count == 5)
    #expect(fixture.counter("http.places-yielded") == 5)
  }

  @Test("a connection on which a request is being answered is never cut off for another")
  func busy() throws {
    let fixture = try ServerFixture(["maximum-connections": 4], answer: { $0.path == "/slow" ? nil : .text(200, "ok") })
    let slow = PlacesTests.clients(4, of: 1, fixture)
    for client in slow { client.send(get("/slow"), fixture.network) }
    fixture.pass(.seconds(2))
    let other = PlacesTests.clients(1, of: 2, fixture)[0]
    #expect(other.closeReason == .refused)
    for exchange in fixture.application.suspended { exchange.finish(.text(200, "late")) }
    fixture.network.run()
    #expect(slow.allSatisfy { $0.statuses == [200] && $0.closeReason == nil })
    #expect(fixture.counter("http.places-yielded") == 0)
  }

  @Test("slow requests yield where one source has far more than its part", arguments: [(20, true), (2, false)])
  func slow(_ held: Int, _ yields: Bool) throws {
    let fixture = try ServerFixture(["maximum-connections": 20])
    let slow = PlacesTests.clients(held, of: 1, fixture)
    for client in slow { client.send("GET / HTTP/1.1\r\nHost", fixture.network) }
    // The others hold one each.
    for host in 0..<(20 - held) {
      PlacesTests.clients(1, of: UInt8(100 + host), fixture)[0].send(get("/"), fixture.network)
    }
    fixture.pass(.seconds(2))
    let other = PlacesTests.clients(1, of: 2, fixture)[0]
    other.send(get("/"), fixture.network)
    #expect(other.statuses == (yields ? [200] : []))
    #expect(slow.contains { $0.closeReason == .reset } == yields)
  }

  @Test("sources that hold equally many keep what they have")
  func equal() throws {
    let fixture = try ServerFixture(["maximum-connections": 6])
    var all: [InMemoryClient] = []
    for host in UInt8(1)...3 { all += PlacesTests.clients(2, of: host, fixture) }
    for client in all { client.send(get("/"), fixture.network) }
    fixture.pass(.seconds(2))
    // A fourth gets one of two, and then has as many as it can have.
    let fourth = PlacesTests.clients(3, of: 4, fixture)
    #expect(fourth.map(\.closeReason) == [nil, .refused, .refused])
    #expect(all.filter { $0.closeReason == .reset }.count == 1)
  }

  @Test("a declared limit holds for a source, and for no other")
  func limit() throws {
    let fixture = try ServerFixture()
    fixture.registry.shares.limit = 3
    let many = PlacesTests.clients(5, of: 1, fixture)
    #expect(many.map(\.closeReason) == [nil, nil, nil, .refused, .refused])
    #expect(PlacesTests.clients(1, of: 2, fixture)[0].closeReason == nil)
    #expect(fixture.counter("http.source-refused") == 2)
    // A connection that ends makes room for the next.
    many[0].stream?.close()
    fixture.network.run()
    #expect(PlacesTests.clients(1, of: 1, fixture)[0].closeReason == nil)
  }

  @Test("a declared limit for all leaves places free, and sources share what it allows")
  func total() throws {
    let fixture = try ServerFixture()
    fixture.registry.shares.total = 4
    let many = PlacesTests.clients(6, of: 1, fixture)
    #expect(many.filter { $0.closeReason == .refused }.count == 2)
    fixture.pass(.seconds(2))
    let other = PlacesTests.clients(1, of: 2, fixture)[0]
    other.send(get("/page"), fixture.network)
    #expect(other.statuses == [200])
    #expect(fixture.server.openConnections == 4)
    fixture.registry.shares.total = nil
    #expect(PlacesTests.clients(6, of: 3, fixture).allSatisfy { $0.closeReason == nil })
  }
}
