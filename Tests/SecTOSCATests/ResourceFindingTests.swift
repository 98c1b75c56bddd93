import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("Mistakes in resources")
struct ResourceFindingTests {
  static let portal = Portal.topology()

  static func routes(_ routes: [Literal]) -> Topology { portal.setting("routes", of: "storefront", to: .list(routes)) }

  static func storefront(_ change: (inout Node) -> Void) -> Topology {
    var node = Portal.storefront
    change(&node)
    return portal.with(node)
  }

  static let toOrders: Literal = ["path": "/orders", "backend": "orders"]
  static let toSite: Literal = ["path": "/", "site": "site"]

  static let toServer: Literal = ["path": "/api", "server": "api.example:8080"]

  static func resolver(_ resolver: Literal) -> Topology {
    routes([toSite, toOrders, toServer]).setting("resolver", of: "storefront", to: resolver)
  }

  static let serverCases: [FindingCase] = [
    FindingCase(
      "a server without a port", routes([toSite, toOrders, ["path": "/api", "server": "api.example"]]),
      "invalid-server", at: "storefront/routes/2/server", names: ["`api.example`"]),
    FindingCase(
      "a server by its address", routes([toSite, toOrders, ["path": "/api", "server": "10.0.0.1:80"]]),
      "invalid-server", at: "storefront/routes/2/server", names: ["`10.0.0.1:80`"]),
    FindingCase(
      "a route to a server and a site",
      routes([toOrders, ["path": "/", "site": "site", "server": "api.example:8080"]]), "invalid-value",
      at: "storefront/routes/1/server", names: ["`server` and a `site`"]),
    FindingCase(
      "a server that nobody knows", routes([toSite, toOrders, toServer]), "missing-property", at: "storefront/routes",
      names: ["`api.example`", "nobody to ask"]),
    FindingCase(
      "a resolver by its name",
      resolver(["servers": .list(["ns.example"]), "networks": .list(["10.0.0.0/8"])]), "invalid-value",
      at: "storefront/resolver/servers/0", names: ["`ns.example`"]),
    FindingCase(
      "a resolver that believes nothing", resolver(["servers": .list(["10.77.0.1"]), "networks": .list([])]),
      "invalid-value", at: "storefront/resolver/networks", names: ["0 entries"]),
    FindingCase(
      "too many servers of names",
      resolver([
        "servers": .list(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]), "networks": .list(["10.0.0.0/8"]),
      ]), "invalid-value", at: "storefront/resolver/servers", names: ["4 entries"]),
    FindingCase(
      "a network with host bits",
      resolver(["servers": .list(["10.77.0.1"]), "networks": .list(["10.0.0.1/8"])]), "invalid-network",
      at: "storefront/resolver/networks/0", names: ["`10.0.0.1/8`"], suggestion: "10.0.0.0/8"),
  ]

  @Test("each mistake with servers is found where it is", arguments: serverCases)
  func server(_ example: FindingCase) { example.check() }

  @Test("a server is read with whom to ask for it; that of a connection needs nobody")
  func servers() throws {
    let asking = Self.resolver(["servers": .list(["10.77.0.1", "fd00::1"]), "networks": .list(["10.0.0.0/8"])])
    let storefront = try #require(Interpreter().interpret(asking).service?.resources.first { $0.name == "storefront" })
    #expect(
      storefront.applications.last == .serverProxy(prefix: "/api", server: NamedServer(host: "api.example", port: 8080))
    )
    #expect(storefront.resolver == Resolver(servers: ["10.77.0.1", "fd00::1"], networks: ["10.0.0.0/8"]))
    let (service, findings) = Interpreter().interpret(
      Self.routes([Self.toSite, ["path": "/orders", "server": "orders:8080"]]))
    let connected = try #require(service?.resources.first { $0.name == "storefront" })
    #expect(connected.resolver == nil && connected.backends == ["orders"] && findings.isEmpty)
  }

  static let cases: [FindingCase] = [
    FindingCase(
      "a route to a node that no requirement names",
      routes([toSite, toOrders, ["path": "/old", "backend": "order"]]), "unknown-backend",
      at: "storefront/routes/2/backend", names: ["`order`", "`storefront`"], suggestion: "orders"),
    FindingCase(
      "a route to itself", routes([toOrders, ["path": "/me", "backend": "storefront"]]), "unusable-backend",
      at: "storefront/routes/1/backend", names: ["itself"]),
    FindingCase(
      "an artifact that is not there", routes([["path": "/", "site": "sit"], toOrders]), "missing-artifact",
      at: "storefront/routes/0/site", names: ["`sit`"], suggestion: "site"),
    FindingCase(
      "two routes for one path", routes([toSite, toOrders, ["path": "/orders/", "site": "site"]]), "duplicate-route",
      at: "storefront/routes/2/path", names: ["`/orders`"]),
    FindingCase(
      "a route that goes nowhere", routes([toSite, toOrders, ["path": "/x"]]), "invalid-value",
      at: "storefront/routes/2", names: ["`/x`", "nowhere"]),
    FindingCase(
      "a route that goes two ways", routes([toOrders, ["path": "/x", "site": "site", "backend": "orders"]]),
      "invalid-value", at: "storefront/routes/1/backend", names: ["`site` and a `backend`"]),
    FindingCase("no routes", routes([]), "no-application", at: "storefront/routes", names: ["no routes"]),
    FindingCase(
      "a path that climbs", routes([toOrders, ["path": "/../etc", "site": "site"]]), "invalid-path",
      at: "storefront/routes/1/path", names: ["`/../etc`"]),
    FindingCase(
      "a route that is no map", routes([toSite, toOrders, "somewhere"]), "invalid-value", at: "storefront/routes/2"),
    FindingCase(
      "a folder that is not there", storefront { $0.artifacts["site"]?.file = "stie" }, "missing-file",
      at: "storefront/artifacts/site", names: ["`stie`"], suggestion: "site"),
    FindingCase(
      "a file in place of a folder", storefront { $0.artifacts["site"]?.file = "keys.json" }, "unusable-file",
      at: "storefront/artifacts/site", names: ["not a folder"]),
    FindingCase(
      "a folder outside the service", storefront { $0.artifacts["site"]?.file = "../../Profiles" },
      "file-outside-service", at: "storefront/artifacts/site", names: ["outside"]),
    FindingCase(
      "an absolute path", storefront { $0.artifacts["site"]?.file = "/etc" }, "file-outside-service",
      at: "storefront/artifacts/site"),
    FindingCase(
      "a connection to what is no unikernel",
      portal.with(Portal.compute("db")).with(
        Portal.node(
          "mirror", "ReverseProxy",
          properties: ["memory": .amount(16_777_216, "16 MiB"), "routes": [["path": "/", "backend": "db"]]],
          endpoint: ["port": 80], backends: ["db"])),
      "unusable-backend", at: "mirror/backend", names: ["`db`", "tosca.nodes.Compute"]),
    FindingCase(
      "a node without an application",
      portal.with(
        Portal.node(
          "idle", "HTTPService", properties: ["memory": .amount(16_777_216, "16 MiB")], endpoint: ["port": 80])),
      "no-application", at: "idle", names: ["`idle`"]),
    FindingCase(
      "a reverse proxy with a site",
      portal.with(
        Portal.node(
          "mirror", "ReverseProxy",
          properties: ["memory": .amount(16_777_216, "16 MiB"), "routes": [["path": "/", "site": "site"]]],
          endpoint: ["port": 80])),
      "invalid-value", at: "mirror/routes/0/site", names: ["reverse proxy"]),
    FindingCase(
      "a static site without its folder",
      portal.with(
        Portal.node(
          "pages", "StaticSite", properties: ["memory": .amount(16_777_216, "16 MiB"), "prefix": "/"],
          endpoint: ["port": 80])),
      "missing-artifact", at: "pages", names: ["no site"]),
    FindingCase(
      "no endpoint", storefront { $0.capabilities = [:] }, "no-endpoint", at: "storefront", names: ["`storefront`"]),
    FindingCase(
      "a port that is none",
      storefront { $0.capabilities["endpoint"]?.properties["port"] = Literal.integer(70_000).value(at: "port") },
      "invalid-value", at: "port", names: ["`70000`"]),
    FindingCase(
      "a network that is none",
      storefront {
        $0.capabilities["endpoint"]?.properties["network_name"] = Literal.text("PUBLICK").value(at: "network_name")
      }, "invalid-value", at: "network_name", names: ["`PUBLICK`"], suggestion: "PUBLIC"),
    FindingCase(
      "a private endpoint that is published",
      storefront {
        $0.capabilities["endpoint"]?.properties["network_name"] = Literal.text("PRIVATE").value(at: "network_name")
      }, "published-private-endpoint", at: "storefront/endpoint/published_port", names: ["private"]),
    FindingCase(
      "one published port for two",
      portal.with(
        Portal.node(
          "pages", "StaticSite", properties: ["memory": .amount(16_777_216, "16 MiB"), "prefix": "/"],
          endpoint: ["port": 80, "network_name": "PUBLIC", "published_port": 8088], artifacts: ["site": "site"])),
      "duplicate-port", at: "pages", names: ["8088", "`storefront`"]),
    FindingCase(
      "more capacity than memory", portal.setting("capacity", of: "orders", to: .amount(67_108_864, "64 MiB")),
      "invalid-value", at: "orders/capacity", names: ["does not fit"]),
    FindingCase(
      "too little memory", portal.setting("memory", of: "orders", to: .amount(1000, "1 kB")), "invalid-value",
      at: "orders/memory", names: ["`1 kB`"]),
    FindingCase(
      "a way to an address that is none", portal.setting("addressing", of: "orders", to: "dhpc"), "invalid-value",
      at: "orders/addressing", names: ["`dhpc`"], suggestion: "dhcp"),
    FindingCase(
      "memory that is not a number", portal.setting("memory", of: "orders", to: .amount(.nan, "? B")), "invalid-value",
      at: "orders/memory"),
    FindingCase(
      "a value that is not known", portal.setting("prefix", of: "orders", to: .unresolved("get_attribute", "x")),
      "value-not-known", at: "orders/prefix", names: ["`get_attribute`"]),
    FindingCase(
      "an input without a value", portal.setting("prefix", of: "orders", to: .unresolved("get_input", "where")),
      "value-not-known", at: "orders/prefix", names: ["`where`"]),
    FindingCase(
      "a connection that no route uses", routes([toSite]), "unused-connection", at: "storefront/backend",
      names: ["`orders`"], severity: .warning),
    FindingCase(
      "a node that is no unikernel", portal.with(Portal.compute("db")), "not-a-unikernel", at: "db", names: ["`db`"],
      severity: .warning),
  ]

  @Test("each is found where it is", arguments: cases)
  func finding(_ example: FindingCase) { example.check() }

  @Test("a link out of the service is refused")
  func link() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sectosca-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("site"), withDestinationURL: URL(fileURLWithPath: "/"))
    let files = ServiceFiles(root: folder.path)
    #expect(throws: ServiceFiles.Fault.outside) { try files.checkFolder("site") }
    #expect(throws: ServiceFiles.Fault.missing) { try files.checkFolder("other") }
  }

  @Test("a file that is too large is refused")
  func largeFile() {
    let files = ServiceFiles(root: Portal.root)
    #expect(throws: ServiceFiles.Fault.tooLarge(limit: 10)) { try files.read("keys.json", limit: 10) }
    #expect(throws: ServiceFiles.Fault.folder) { try files.read("site", limit: 10) }
  }
}
