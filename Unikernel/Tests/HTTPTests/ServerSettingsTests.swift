import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@Suite("The server's parameters")
struct ServerSettingsTests {
  private func server() -> (HTTPServer, InMemoryNetwork) {
    let network = InMemoryNetwork()
    let registry = Registry(
      clock: ManualClock(), random: RepeatableRandom(), network: network, events: EventRecorder())
    return (HTTPServer(registry: registry), network)
  }

  @Test(
    "a setting out of range, of another shape or unknown is refused by its name",
    arguments: [
      ("port", .integer(0)), ("port", .integer(65_536)), ("port", .text("80")), ("maximum-connections", .integer(0)),
      ("maximum-header-bytes", .integer(-1)), ("maximum-body-bytes", .integer(.max)), ("idle-timeout-ms", .integer(0)),
      ("request-timeout-ms", .integer(.max)), ("colour", .integer(1)),
    ] as [(String, ParameterValue)])
  func refused(name: String, value: ParameterValue) throws {
    let (server, _) = server()
    let own = Parameter(module: "http", name: ByteString(name), value: value)
    let port = Parameter(module: "http", name: "port", value: .integer(80))
    do {
      try server.prepare(name == "port" ? [own] : [port, own])
      Issue.record("accepted")
    } catch {
      #expect(error.parameter.description == "http." + name)
    }
  }

  @Test("the port is required, and a client is refused until it is in force")
  func port() throws {
    let (server, network) = server()
    #expect(throws: ParameterFault("http.port", expected: "a port from 1 to 65535")) { try server.prepare([]) }
    try server.prepare(ServerFixture.parameters(["port": 8080]))
    server.rollback()
    server.commit()
    let early = InMemoryClient(network, port: 8080)
    network.run()
    #expect(early.closeReason == .refused)
    try server.prepare(ServerFixture.parameters(["port": 8080]))
    server.commit()
    let client = InMemoryClient(network, port: 8080)
    network.run()
    #expect(client.closeReason == nil)
    #expect(server.openConnections == 1)
  }

  @Test("boot-stage parameters cannot be changed later")
  func later() throws {
    let (server, _) = server()
    try server.prepare(ServerFixture.parameters(["port": 8080]))
    server.commit()
    #expect(throws: ParameterFault.self) { try server.prepare(ServerFixture.parameters(["port": 8081])) }
  }
}
