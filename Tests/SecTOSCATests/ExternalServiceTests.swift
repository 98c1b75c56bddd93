import TOSCA
import Testing

@testable import SecTOSCA

@Suite("External services")
struct ExternalServiceTests {
  static func external(
    _ name: String = "legacy", address: Literal = "127.0.0.1", exclusive: Literal = .flag(false),
    endpoint: [String: Literal] = ["port": 9000]
  ) -> Node {
    var node = Portal.node(
      name, "ExternalService", properties: ["address": address, "exclusive": exclusive], endpoint: endpoint)
    node.type = Portal.reference("sectosca.nodes.ExternalService", ["tosca.nodes.Root"])
    return node
  }

  static func front(_ route: Literal = ["path": "/", "backend": "legacy"], backends: [String] = ["legacy"]) -> Node {
    Portal.node(
      "front", "ReverseProxy", properties: ["memory": .amount(16_777_216, "16 MiB"), "routes": .list([route])],
      endpoint: ["port": 80], backends: backends)
  }

  static let cases: [FindingCase] = [
    FindingCase(
      "an address that is none", Portal.topology().with(external(address: "256.1.1.1")).with(front()), "invalid-value",
      at: "legacy/address", names: ["`legacy`", "`256.1.1.1`"]),
    FindingCase(
      "a name in place of an address", Portal.topology().with(external(address: "db.example")).with(front()),
      "invalid-value", at: "legacy/address", names: ["`db.example`"]),
    FindingCase(
      "nobody's address", Portal.topology().with(external(address: "0.0.0.0")).with(front()), "invalid-value",
      at: "legacy/address"),
    FindingCase(
      "one that is to be published",
      Portal.topology().with(external(endpoint: ["port": 9000, "network_name": "PUBLIC"])).with(front()),
      "published-external-service", at: "legacy", names: ["`legacy`"]),
    FindingCase(
      "one that nothing connects to", Portal.topology().with(external()), "unused-external-service", at: "legacy",
      names: ["`legacy`"], severity: .warning),
    FindingCase(
      "a route that no requirement names", Portal.topology().with(external()).with(front(backends: [])),
      "unknown-backend", at: "front/routes/0/backend", names: ["`legacy`"]),
    FindingCase(
      "WebSockets to a site",
      ResourceFindingTests.routes([
        ResourceFindingTests.toOrders, ["path": "/", "site": "site", "web_sockets": .amount(60, "60 s")],
      ]), "invalid-value", at: "storefront/routes/1/web_sockets", names: ["WebSockets"]),
    FindingCase(
      "WebSockets for longer than a day",
      ResourceFindingTests.routes([
        ResourceFindingTests.toSite, ["path": "/orders", "backend": "orders", "web_sockets": .amount(90_000, "25 h")],
      ]), "invalid-value", at: "storefront/routes/1/web_sockets", names: ["`25 h`"]),
  ]

  @Test("mistakes are found where they are", arguments: cases)
  func finding(_ example: FindingCase) { example.check() }

  @Test("are reached through a port of their own, by those that connect to them, and are no resources")
  func reading() throws {
    let topology = Portal.topology()
      .with(Self.external()).with(Self.external("mail", address: "192.0.2.7", exclusive: .flag(true)))
      .with(
        Self.front(
          ["path": "/", "backend": "mail", "web_sockets": .amount(600, "10 m")], backends: ["mail", "legacy"]))
    let (service, findings) = Interpreter().interpret(topology)
    #expect(findings.map(\.code).sorted() == ["partial-adaptation", "unused-connection"])
    let front = try #require(service?.resource("front"))
    #expect(front.connections.isEmpty)
    #expect(front.externals.map(\.name) == ["mail", "legacy"])
    #expect(front.applications == [.reverseProxy(prefix: "/", backend: "mail", webSocketSeconds: 600)])
    #expect(service?.externals.map(\.target) == ["127.0.0.1:9000", "192.0.2.7:9000"])
    #expect(service?.externals.map(\.isExclusive) == [false, true])
    #expect(Set(service?.externals.map(\.accessPort) ?? []).count == 2)
    #expect(service?.resource("legacy") == nil)
    #expect(service?.resource("storefront")?.externals == [])
  }
}
