import FirewallCompilation
import Interchange
import SecTOSCA
import Testing

@testable import ImageGeneration

@Suite("Configuration of modules")
struct ModuleConfigurationTests {
  private func value(_ module: ByteString, _ name: ByteString, _ parameters: [StagedParameter]) -> ParameterValue? {
    parameters.first { $0.parameter.module == module && $0.parameter.name == name }?.parameter.value
  }

  /// Rules in words, such as `inbound tcp 10.77.0.1/32:80`; lists have `|` between them.
  private func words(_ lists: [FirewallRules.RuleList]) -> [String] {
    Array(
      lists.map { list in
        list.rules.map { rule in
          let peers = rule.peers.map { $0.map(text) } ?? ["any"]
          let port = rule.destinationPorts?.first?.lowerBound ?? 0
          let names = rule.transports.map(\.rawValue).sorted().joined(separator: "+")
          let directions = rule.directions.map(\.rawValue).sorted().joined(separator: "+")
          return (rule.passes ? "" : "not ") + "\(directions) \(names) \(peers.joined(separator: ",")):\(port)"
        }
      }.joined(separator: ["|"]))
  }

  private func text(_ network: PolicyAddress) -> String {
    let size: UInt64 = network.isIPv6 ? 16 : 8
    let halves: [UInt64] = network.isIPv6 ? [network.high, network.low] : [network.low]
    var parts: [String] = []
    for half in halves {
      for index in stride(from: 3, through: 0, by: -1) {
        let part = half >> (size * UInt64(index)) & ((1 << size) - 1)
        parts.append(String(part, radix: network.isIPv6 ? 16 : 10))
      }
    }
    let address = parts.joined(separator: network.isIPv6 ? ":" : ".")
    return IPNetwork(around: address + "/\(network.prefixLength)")?.text ?? "?"
  }

  private func flows(
    _ resource: Resource, _ due: [SecurityRequirement], environment: ResourceEnvironment = Portal.environment
  ) -> [String] {
    words(FirewallRules(resource: resource, due: due, environment: environment).packets)
  }

  @Test(
    "every parameter has the shape its manifest declares, and none that is required is missing",
    arguments: [Portal.Situation.storefrontAtNormal, .storefrontAtElevated, .ordersAtNormal, .openOrders])
  func shapes(situation: Portal.Situation) throws {
    let (resource, due) = (situation.resource, situation.due)
    let selection = try Portal.selection(resource, due)
    let parameters = try Portal.parameters(resource, due)
    for staged in parameters {
      let module = selection.modules.first { $0.manifest.name == staged.parameter.module.description }
      let declared = try #require(module?.manifest.parameter(staged.parameter.name.description))
      #expect(declared.shape.admits(staged.parameter.value), "\(staged.parameter)")
      #expect(declared.stage == staged.stage)
    }
    #expect(ModuleConfiguration.missing(from: parameters, for: selection).isEmpty)
    #expect(parameters == (try Portal.parameters(resource, due)))
    let encoded = Parameter.encode(parameters.map(\.parameter))
    #expect(try Parameter.decode(encoded) == parameters.map(\.parameter))
  }

  @Test("parameters are sorted by module and name, and divided by stage")
  func order() throws {
    let parameters = try Portal.parameters(Portal.storefront, Portal.normal)
    #expect(
      parameters.map { "\($0.parameter.module).\($0.parameter.name) \($0.stage)" } == [
        "authorization.attributes run", "authorization.bundle run", "authorization.lease-ms run",
        "basic-authentication.accounts run", "basic-authentication.precedence boot",
        "basic-authentication.realm run", "control.public-key build", "firewall.rules run", "http.port boot",
        "network.address boot", "network.gateway boot", "network.mac boot", "reverse-proxy.routes run",
        "static-site.files build", "static-site.prefix build",
      ])
    #expect(parameters.parameters(.build).map(\.name) == ["public-key", "files", "prefix"])
  }

  @Test("a bundle that authorization needs and nobody gave is missing")
  func missingBundle() throws {
    var environment = Portal.environment
    environment.bundle = nil
    let parameters = try Portal.parameters(Portal.orders, Portal.normal, environment: environment)
    let selection = try Portal.selection(Portal.orders, Portal.normal)
    #expect(ModuleConfiguration.missing(from: parameters, for: selection) == ["authorization.bundle"])
  }

  @Test("declared flows open the endpoint to its peers and the way to the backends, and nothing else")
  func declaredFlows() throws {
    #expect(
      flows(Portal.storefront, [Portal.declaredFlows]) == [
        "inbound tcp 10.77.0.1/32:80", "outbound tcp 10.77.0.3/32:8080",
      ])
    #expect(flows(Portal.orders, [Portal.declaredFlows]) == ["inbound tcp 10.77.0.1/32:8080"])
  }

  @Test("a route to a server gives its name, those who know it, and the ways to where it may be")
  func servers() throws {
    var asking = Portal.storefront
    asking.applications = [
      .serverProxy(prefix: "/api", server: NamedServer(host: "api.example", port: 8443)),
      .serverProxy(prefix: "/orders", server: NamedServer(host: "orders", port: 8080)),
    ]
    asking.resolver = Resolver(servers: ["10.77.0.1", "fd00::1"], networks: ["10.1.0.0/16", "2001:db8::/32"])
    let parameters = try Portal.parameters(asking, [Portal.declaredFlows])
    let routes = try #require(value("reverse-proxy", "routes", parameters)?.listValue)
    #expect(routes.map { $0["backends"] } == [.list([.text("api.example:8443")]), .list([.text("orders:8080")])])
    #expect(value("name-resolution", "hosts", parameters)?["orders"] == .list([.text("10.77.0.3")]))
    #expect(value("name-resolution", "hosts", parameters)?["stranger"] == nil)
    #expect(value("name-resolution", "networks", parameters) == .list([.text("10.1.0.0/16"), .text("2001:db8::/32")]))
    #expect(
      flows(asking, [Portal.declaredFlows]).filter { $0.hasPrefix("outbound") } == [
        "outbound tcp 10.77.0.3/32:8080", "outbound udp 10.77.0.1/32:53", "outbound tcp 10.77.0.1/32:53",
        "outbound udp fd00::1/128:53", "outbound tcp fd00::1/128:53", "outbound tcp 10.1.0.0/16:8443",
        "outbound tcp 2001:db8::/32:8443",
      ])
    #expect(flows(asking, [Portal.declaredFlows, Portal.nobody]).isEmpty)
  }

  @Test("a filtering without flows closes what another one opens")
  func noFlows() throws {
    #expect(flows(Portal.storefront, [Portal.declaredFlows, Portal.nobody]).isEmpty)
    #expect(flows(Portal.storefront, [Portal.nobody, Portal.declaredFlows]).isEmpty)
  }

  @Test("networks that are allowed besides may reach the endpoint, where every filtering lets them")
  func allowedSources() throws {
    func filtering(_ name: String, _ flows: Filtering.Flows, _ sources: [String], ping: Bool = false)
      -> SecurityRequirement
    {
      Portal.requirement(
        name, .filtering(Filtering(flows: flows, allowedSources: sources, allowsPing: ping)))
    }
    let office = filtering("office", .none, ["10.0.0.0/8"], ping: true)
    #expect(
      flows(Portal.orders, [office]) == [
        "inbound tcp 10.0.0.0/8:8080", "inbound icmp any:0",
      ])
    let desk = filtering("desk", .declared, ["10.1.0.0/16", "192.168.0.0/16"])
    #expect(
      flows(Portal.orders, [office, desk]) == [
        "inbound tcp 10.1.0.0/16:8080", "inbound tcp 10.77.0.1/32:8080",
      ])
  }

  @Test("clients behind the port forwarder pass where every filtering lets them, and then its packets do")
  func clients() throws {
    func filtering(_ name: String, _ flows: Filtering.Flows, _ sources: [String]) -> SecurityRequirement {
      Portal.requirement(name, .filtering(Filtering(flows: flows, allowedSources: sources)))
    }
    func configured(_ due: [SecurityRequirement]) throws -> [String] {
      var environment = Portal.environment
      environment.peers = []
      environment.forwarder = ForwarderIdentity(address: "10.77.0.1", secret: [UInt8](repeating: 1, count: 32))
      let parameters = try Portal.parameters(Portal.orders, due, environment: environment)
      #expect(value("http", "forwarder", parameters)?["address"]?.textValue == "10.77.0.1")
      let rules = FirewallRules(resource: Portal.orders, due: due, environment: environment)
      let shown = try #require(value("firewall", "clients", parameters)?.listValue)
      #expect(shown.count == rules.clients.count)
      return words(rules.clients) + ["|"] + words(rules.packets)
    }
    let door = "inbound tcp 10.77.0.1/32:8080"
    #expect(try configured([Portal.declaredFlows]) == ["inbound tcp any:8080", "|", door])
    let office = filtering("office", .none, ["203.0.113.0/24"])
    #expect(try configured([office, Portal.declaredFlows]) == ["inbound tcp 203.0.113.0/24:8080", "|", door])
    let desk = filtering("desk", .none, ["203.0.113.7/32"])
    #expect(
      try configured([office, desk]) == [
        "inbound tcp 203.0.113.7/32:8080", "|", door, "inbound tcp 203.0.113.7/32:8080",
      ])
    #expect(try configured([Portal.nobody]) == ["|"])
    #expect(value("firewall", "clients", try Portal.parameters(Portal.orders, [office])) == nil)
  }

  @Test("rules come before flows, a requirement with rules has a list of its own, and the forwarder gets in before it")
  func rules() throws {
    let ruled = Portal.requirement(
      "ruled",
      .filtering(
        Filtering(
          flows: .none,
          rules: [
            FilterRule(.deny, transports: [.tcp], peers: ["203.0.113.0/24"], ports: [8080...8080]),
            FilterRule(
              .allow, directions: [.inbound, .outbound], transports: [.udp], ports: [53...53],
              states: [.new, .related],
              window: TimeWindow(startMinute: 60, endMinute: 30, days: [.monday, .sunday])),
          ])))
    var environment = Portal.environment
    environment.forwarder = ForwarderIdentity(address: "10.77.0.9", secret: [UInt8](repeating: 1, count: 32))
    let rules = FirewallRules(
      resource: Portal.orders, due: [ruled, Portal.declaredFlows], environment: environment)
    let own = try #require(rules.packets.last)
    #expect(
      words([own]) == [
        "inbound tcp 10.77.0.9/32:8080", "not inbound tcp 203.0.113.0/24:8080", "inbound+outbound udp any:53",
      ])
    #expect(own.rules[2].states == [.new, .related])
    #expect(own.rules[2].window == FirewallTable.Window(days: 0b100_0001, startMinute: 60, endMinute: 30))
    #expect(words([try #require(rules.clients.last)]).first == "not inbound tcp 203.0.113.0/24:8080")
    #expect(rules.packets.count == 2 && rules.clients.count == 2)
    #expect(rules.packets.tables?.listValue?.count == 2)
  }

  @Test("rules that commands led to come before all others, where the filterings take them")
  func commandedRules() throws {
    var environment = Portal.environment
    environment.commandedRules = [
      FilterRule(.deny, transports: [.tcp], peers: ["203.0.113.9/32"], ports: [8080...8080]),
      FilterRule(.allow, transports: [.tcp], peers: ["203.0.113.0/24"], ports: [8080...8080]),
    ]
    let keptOut = "not inbound tcp 203.0.113.9/32:8080"
    let letIn = "inbound tcp 203.0.113.0/24:8080"
    func rules(_ commands: [FilterRule.Action]...) -> [String] {
      let due = commands.map { Portal.requirement("f", .filtering(Filtering(flows: .declared, commands: $0))) }
      return words(FirewallRules(resource: Portal.orders, due: due, environment: environment).packets)
    }
    let own = "inbound tcp 10.77.0.1/32:8080"
    #expect(rules([.deny]) == [keptOut, own])
    #expect(rules([.allow, .deny]) == [keptOut, letIn, own])
    #expect(rules([]) == [own])
    // What one closes, a command to the other does not open.
    #expect(rules([.allow, .deny], [.deny]) == [keptOut, own])
    #expect(rules([], [.deny]) == [keptOut, own])
    environment.forwarder = ForwarderIdentity(address: "10.77.0.1", secret: [UInt8](repeating: 1, count: 32))
    let behind = FirewallRules(resource: Portal.orders, due: [Portal.declaredFlows], environment: environment)
    #expect(words(behind.clients) == [keptOut, "inbound tcp any:8080"])
    #expect(words(behind.packets).first == own, "the forwarder gets in, whatever is commanded about its clients")
    #expect(behind.tableSize != nil)
  }

  @Test("files of a site have a type, and a tag that changes with their contents")
  func siteFiles() throws {
    let parameters = try Portal.parameters(Portal.storefront, [])
    let files = try #require(value("static-site", "files", parameters)?.listValue)
    #expect(files.map { $0["path"]?.textValue } == ["/index.html", "/style.css"])
    #expect(files.map { $0["type"]?.textValue } == ["text/html; charset=utf-8", "text/css; charset=utf-8"])
    // SHA-256 of `<p>hello</p>`, by another program.
    #expect(files[0]["etag"]?.textValue?.description == ModuleConfigurationTests.helloTag)
    #expect(files[0]["body"]?.bytesValue == Array("<p>hello</p>".utf8))
  }

  static let helloTag = "a5652be1ca864d36"

  @Test("two sites become one below the path they share")
  func twoSites() throws {
    var resource = Portal.storefront
    resource.applications = [
      .staticSite(prefix: "/docs/guide", folder: "guide"), .staticSite(prefix: "/docs/", folder: "site"),
    ]
    let files = SiteFiles(sites: [
      "guide": [SiteFiles.File(path: "/index.html", body: [1])],
      "site": [
        SiteFiles.File(path: "/index.html", body: [2]), SiteFiles.File(path: "/guide/index.html", body: [3]),
      ],
    ])
    let parameters = try Portal.parameters(resource, [], files: files)
    #expect(value("static-site", "prefix", parameters) == .text("/docs"))
    let entries = try #require(value("static-site", "files", parameters)?.listValue)
    #expect(entries.map { $0["path"]?.textValue } == ["/guide/index.html", "/index.html"])
    #expect(entries.map { $0["body"]?.bytesValue } == [[1], [2]])
  }

  @Test("requirements of one kind are put together so that each one holds")
  func several() throws {
    let strict = Portal.requirement(
      "strict",
      .rateLimit(RateLimit(requests: 1, intervalMilliseconds: 500, burst: 2, paths: ["/login"], connections: 30)))
    let narrow = Portal.requirement(
      "narrow", .rateLimit(RateLimit(requests: 9, intervalMilliseconds: 500, burst: 9, paths: ["/"], connections: 20)))
    let loud = Portal.requirement("loud", .audit(Audit(minimumSeverity: 1)))
    let parameters = try Portal.parameters(Portal.orders, [Portal.calm, strict, narrow, Portal.log, loud])
    #expect(value("rate-limit", "connections-per-source", parameters) == .integer(20))
    let calm = try Portal.parameters(Portal.orders, [Portal.calm])
    #expect(value("rate-limit", "connections-per-source", calm) == .integer(0))
    #expect(value("rate-limit", "limits", parameters)?.listValue?.count == 3)
    #expect(value("rate-limit", "limits", parameters)?.listValue?[1]["interval-ms"] == .integer(500))
    #expect(value("audit", "minimum-severity", parameters) == .integer(1))
  }

  @Test("limits say whom they are for, quotas are a module of their own, and bounds go where they are kept")
  func limits() throws {
    let fair = Portal.requirement(
      "fair",
      .rateLimit(
        RateLimit(
          buckets: [
            RateLimit.Bucket(party: .principal, requests: 5, intervalMilliseconds: 1000, burst: 5),
            RateLimit.Bucket(party: .all, requests: 90, intervalMilliseconds: 1000, burst: 90),
          ],
          quota: RateLimit.Quota(party: .principal, received: nil, sent: 4096, periodSeconds: 60), paths: ["/a"],
          methods: ["PUT"], totalConnections: 64, minimumRate: 2048, isAnnounced: true)))
    let parameters = try Portal.parameters(Portal.orders, [fair])
    let limits = try #require(value("rate-limit", "limits", parameters)?.listValue)
    #expect(limits.map { $0["per"] } == [.text("principal"), .text("all")])
    #expect(limits.map { $0["methods"] } == [.list([.text("PUT")]), .list([.text("PUT")])])
    #expect(value("rate-limit", "announced", parameters) == .boolean(true))
    #expect(value("rate-limit", "connections", parameters) == .integer(64))
    #expect(value("rate-limit", "minimum-rate", parameters) == .integer(2048))
    let quota = try #require(value("quota", "quotas", parameters)?.listValue?.first)
    #expect(quota["sent"] == .integer(4096) && quota["received"] == nil && quota["period-ms"] == .integer(60_000))
    #expect(quota["per"] == .text("principal") && quota["paths"] == .list([.text("/a")]))
    let calm = try Portal.parameters(Portal.orders, [Portal.calm])
    #expect(value("rate-limit", "minimum-rate", calm) == .integer(512))
    #expect(value("quota", "quotas", calm) == nil)
    let bytes = RateLimit.Quota(party: .source, received: 1, sent: nil, periodSeconds: 1)
    let only = try Portal.parameters(
      Portal.orders, [Portal.requirement("bytes", .rateLimit(RateLimit(buckets: [], quota: bytes)))])
    #expect(value("rate-limit", "limits", only) == nil)
    #expect(value("quota", "quotas", only)?.listValue?.count == 1)
  }

  @Test("tokens are verified with the keys of the first issuer alone")
  func issuers() throws {
    func tokens(_ name: String, issuer: String, key: String, leeway: Int) -> SecurityRequirement {
      Portal.requirement(
        name,
        .authentication(
          Authentication(
            realm: "portal",
            scheme: .bearer(
              Tokens(
                issuer: issuer, keys: [VerificationKey(id: key, algorithm: .hs256, key: [1])], leewaySeconds: leeway))))
      )
    }
    let due = [
      tokens("a", issuer: "one", key: "k1", leeway: 20), tokens("b", issuer: "two", key: "k2", leeway: 0),
      tokens("c", issuer: "one", key: "k3", leeway: 5),
    ]
    let parameters = try Portal.parameters(Portal.orders, due)
    #expect(value("bearer-authentication", "issuer", parameters) == .text("one"))
    #expect(value("bearer-authentication", "audience", parameters) == .text(""))
    #expect(value("bearer-authentication", "leeway-s", parameters) == .integer(5))
    #expect(value("bearer-authentication", "keys", parameters)?.listValue?.map { $0["id"]?.textValue } == ["k1", "k3"])
  }

  @Test("several ways to authenticate are configured in their order, and each calls for its module")
  func ways() throws {
    let keys = APIKeys(
      header: nil, query: "key",
      keys: [APIKey(id: "r1", client: "robot", salt: [1], hash: [2], roles: ["clerk"])])
    let either = Portal.requirement(
      "either",
      .authentication(
        Authentication(
          realm: nil,
          scheme: .anyOf([
            Authentication(realm: "robots", scheme: .apiKey(keys)),
            Authentication(realm: "people", scheme: .basic(accounts: [])),
          ]))))
    let parameters = try Portal.parameters(Portal.orders, [either])
    #expect(value("api-key-authentication", "precedence", parameters) == .integer(0))
    #expect(value("basic-authentication", "precedence", parameters) == .integer(1))
    #expect(value("api-key-authentication", "realm", parameters) == .text("robots"))
    #expect(value("basic-authentication", "realm", parameters) == .text("people"))
    #expect(value("api-key-authentication", "header", parameters) == .text(""))
    #expect(value("api-key-authentication", "query", parameters) == .text("key"))
    #expect(value("api-key-authentication", "keys", parameters)?.listValue?.first?["client"] == .text("robot"))
    #expect(value("bearer-authentication", "realm", parameters) == nil)
  }

  @Test("attributes are given in the order of their names")
  func attributes() throws {
    let parameters = try Portal.parameters(Portal.orders, Portal.normal)
    #expect(
      value("authorization", "attributes", parameters)
        == .map([ParameterField("phase", .text("run")), ParameterField("threat_level", .text("high"))]))
  }
}
