import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import ReverseProxy
import Testing

/// Knows what a test says, at once or when the test lets it.
private final class Names: NameService {
  var known: [String: [UInt8]] = [:]
  var isSlow = false
  var asked: [String] = []
  var waiting: [() -> Void] = []

  func resolve(_ name: ByteString, completion: @escaping ([IPAddress]) -> Void) {
    asked.append(name.description)
    let addresses = (known[name.description] ?? []).map { IPAddress(IPv4Address(10, 77, 0, $0)) }
    if isSlow { waiting.append { completion(addresses) } } else { completion(addresses) }
  }
}

@Suite("Backends with names")
struct NamedBackendTests {
  private let names = Names()
  private let fixture: ProxyFixture

  init() {
    fixture = ProxyFixture(names: names)
  }

  private func route(_ backends: String...) throws {
    try fixture.proxy.prepare(ProxyFixture.routes([("/", backends)]))
    fixture.proxy.commit()
  }

  @Test("a request goes to an address of the name, each in turn", arguments: [true, false])
  func resolved(_ isSlow: Bool) throws {
    names.known = ["api.example": [3, 4]]
    names.isSlow = isSlow
    let backends = [3, 4].map { Backend(fixture.network, $0, answering: "from \($0)") }
    try route("api.example:80")
    for _ in 0..<4 {
      fixture.ask()
      for completion in names.waiting { completion() }
      names.waiting = []
      fixture.network.run()
    }
    #expect(fixture.answers.statuses == [200, 200, 200, 200])
    #expect(backends.map(\.requests.count) == [2, 2])
    // Connections are kept as with backends that have addresses.
    #expect(backends.map(\.connections.count) == [1, 1])
  }

  @Test("an address that cannot be reached gives way to the next, and a name without one to the next backend")
  func fallback() throws {
    names.known = ["api.example": [9, 3]]
    let backend = Backend(fixture.network, 3, answering: "yes")
    try route("none.example:80", "api.example:80")
    for _ in 0..<4 { fixture.ask() }
    #expect(fixture.answers.statuses == [200, 200, 200, 200])
    #expect(backend.requests.count == 4)
  }

  @Test("where no name has an address, the answer is 502")
  func nowhere() throws {
    try route("none.example:80", "other.example:80")
    fixture.ask()
    #expect(fixture.answers.statuses == [502])
    #expect(names.asked == ["none.example", "other.example"])
    let without = ProxyFixture()
    try without.proxy.prepare(ProxyFixture.routes([("/", ["api.example:80"])]))
    without.proxy.commit()
    without.ask()
    #expect(without.answers.statuses == [502])
  }

  @Test("when a name gets another address, connections to the one before are closed")
  func moved() throws {
    names.known = ["api.example": [3]]
    let before = Backend(fixture.network, 3, answering: "before")
    let after = Backend(fixture.network, 4, answering: "after")
    try route("api.example:80")
    fixture.ask()
    #expect(before.connections.map(\.isOpen) == [true])
    names.known = ["api.example": [4]]
    fixture.ask()
    #expect(fixture.answers.texts == ["before", "after"])
    #expect(before.connections.map(\.isOpen) == [false] && after.connections.map(\.isOpen) == [true])
    // A route that goes elsewhere closes it too.
    try route("10.77.0.9:80")
    fixture.network.run()
    #expect(after.connections.map(\.isOpen) == [false] && fixture.proxy.openConnections == 0)
  }

  @Test(
    "what is neither an address nor a name with a port is refused",
    arguments: [
      "api.example", "api.example:0", "api.example:65536", ":80", "1.2.3:80", "a b:80", "api.example:8o", "é:80",
    ])
  func malformed(_ text: String) {
    #expect(throws: ParameterFault.self) { try route(text) }
  }
}
