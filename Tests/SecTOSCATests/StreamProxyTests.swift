import Certificates
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("In front of what does not speak HTTP")
struct StreamProxyTests {
  private typealias Fixtures = TLSFixtures

  static func proxy(_ properties: [String: Literal] = [:], backends: [String] = ["legacy"]) -> Node {
    var node = Portal.node(
      "front", "StreamProxy",
      properties: properties.merging(["memory": .amount(16_777_216, "16 MiB")]) { own, _ in own },
      endpoint: ["port": 5432], backends: backends)
    node.type = Portal.reference("sectosca.nodes.StreamProxy", ["sectosca.nodes.Unikernel", "tosca.nodes.Root"])
    return node
  }

  static func topology(_ properties: [String: Literal] = [:], backends: [String] = ["legacy"]) -> Topology {
    Portal.topology().with(ExternalServiceTests.external()).with(proxy(properties, backends: backends))
  }

  static func external(_ tls: Literal) -> Topology {
    var node = ExternalServiceTests.external()
    node.properties["tls"] = tls.value(at: "legacy/tls")
    return Portal.topology().with(node).with(proxy())
  }

  static func limit(_ properties: [String: Literal]) -> Topology {
    topology().with(Portal.policy("slow", "RateLimit", ["front"], properties))
      .with(Portal.level("top", 3, ["declared_flows", "tokens", "order_rules", "calm", "nobody", "slow"]))
  }

  static let trust: [(String, Literal)] = [("name", "db.example"), ("authorities", Fixtures.authority)]

  static let cases: [FindingCase] = [
    FindingCase("no backend", topology(backends: []), "unusable-backend", at: "front", names: ["nobody"]),
    FindingCase("itself", topology(backends: ["front"]), "unusable-backend", at: "front", names: ["nobody"]),
    FindingCase(
      "two", topology(backends: ["legacy", "orders"]), "unusable-backend", at: "front", names: ["2 backends"]),
    FindingCase(
      "another protocol", topology(["negotiation": "mysql"]), "invalid-value", at: "front/negotiation",
      names: ["`mysql`"]),
    FindingCase(
      "cancelling what is not known", topology(["cancel_in_clear": .flag(true)]), "misplaced-property",
      at: "front/cancel_in_clear"),
    FindingCase(
      "no connections", topology(["maximum_connections": 0]), "invalid-value", at: "front/maximum_connections"),
    FindingCase(
      "an endless wait", topology(["idle_timeout": .amount(700_000, "700000 s")]), "invalid-value",
      at: "front/idle_timeout"),
    FindingCase(
      "paths", limit(["per_source": "5 per 1 s", "paths": ["/orders"]]), "misplaced-property", at: "slow/paths",
      names: ["`slow`", "`front`"]),
    FindingCase(
      "requests", topology().with(Portal.policy("who", "ResponseHeaders", ["front"], [:])), "misplaced-requirement",
      at: "who/targets/0", names: ["`front`"]),
    FindingCase(
      "an address in place of a name", external(.map([("name", "127.0.0.1"), trust[1]])), "invalid-value",
      at: "legacy/tls/name", names: ["`127.0.0.1`"]),
    FindingCase("no authorities", external(.map([trust[0]])), "missing-property", at: "legacy/tls"),
    FindingCase(
      "authorities that are none", external(.map([trust[0], ("authorities", "keys.json")])), "invalid-certificate",
      at: "legacy/tls/authorities"),
    FindingCase(
      "a certificate without its key",
      external(.map(trust + [("certificate", .text(Certificate.pem(Fixtures.serverCertificate)))])),
      "missing-property", at: "legacy/tls"),
  ]

  @Test("mistakes are found where they are", arguments: cases)
  func finding(_ example: FindingCase) { example.check() }

  @Test("connections go to the one backend, with what is declared or what is usual")
  func reading() throws {
    let usual = Interpreter(now: Fixtures.now).interpret(Self.topology()).service?.resource("front")
    #expect(usual?.applications == [.streamProxy(StreamForwarding(backend: "legacy"))])
    #expect(usual?.externals.map(\.name) == ["legacy"])
    let declared = Interpreter(now: Fixtures.now).interpret(
      Self.topology(
        [
          "negotiation": "postgresql", "cancel_in_clear": .flag(true), "maximum_connections": 9,
          "connect_timeout": .amount(2, "2 s"), "idle_timeout": .amount(60, "1 m"),
        ], backends: ["orders"])
    ).service?.resource("front")
    #expect(
      declared?.applications == [
        .streamProxy(
          StreamForwarding(
            backend: "orders", negotiation: .postgresql, cancelsInClear: true, maximumConnections: 9, connectSeconds: 2,
            idleSeconds: 60))
      ])
    let (service, findings) = Interpreter(now: Fixtures.now).interpret(Self.limit(["per_source": "5 per 1 s"]))
    #expect(service != nil && !findings.contains { $0.severity == .error }, "\(findings.map(\.message))")
  }

  @Test("an external service that speaks TLS is verified at each level, and shown a certificate where there is one")
  func trusted() throws {
    let key = Literal.text(Fixtures.serverKey.pemRepresentation)
    let tls = Literal.map(
      Self.trust + [("certificate", .text(Certificate.pem(Fixtures.serverCertificate))), ("key", key)])
    let (service, findings) = Interpreter(now: Fixtures.now).interpret(Self.external(tls))
    let found = try #require(service, "\(findings.map(\.message))")
    for level in found.levels {
      let security = found.due(to: "front", at: level).compactMap { requirement -> BackendSecurity? in
        if case .backendSecurity(let security) = requirement.protection { security } else { nil }
      }
      #expect(security.map(\.name) == ["db.example"])
      #expect(security.first?.authorities == [Fixtures.authorityCertificate])
      #expect(security.first?.identity?.certificates == [Fixtures.serverCertificate])
    }
  }

  @Test("who may connect is named where certificates are required, and only there")
  func allowedClients() throws {
    func codes(_ properties: [String: Literal]) -> [String] {
      TransportSecurityFindingTests.codes(TransportSecurityFindingTests.sealed(properties))
    }
    let required: [String: Literal] = ["clients": "required", "client_authorities": Fixtures.authority]
    #expect(codes(required.merging(["allowed_clients": ["reports"]]) { own, _ in own }).isEmpty)
    #expect(codes(required.merging(["allowed_clients": []]) { own, _ in own }) == ["invalid-value"])
    #expect(codes(required.merging(["allowed_clients": ["*"]]) { own, _ in own }) == ["invalid-value"])
    #expect(codes(["allowed_clients": ["reports"]]) == ["misplaced-property"])
  }

  @Test("fewer clients are stronger than more, and both of two sets allow what each allows")
  func strength() {
    func security(_ clients: [String]?) -> TransportSecurity {
      TransportSecurity(clients: .required, allowedClients: clients)
    }
    let order: [(weak: [String]?, strong: [String]?, isStronger: Bool)] = [
      (nil, nil, true), (nil, ["a"], true), (["a"], nil, false), (["a", "b"], ["b"], true), (["a"], ["a", "b"], false),
      (["a"], ["b"], false),
    ]
    for pair in order {
      #expect(security(pair.strong).isAtLeast(asStrongAs: security(pair.weak)) == pair.isStronger, "\(pair)")
    }
    #expect(security(["a", "b"]).combined(with: security(["b", "c"])).allowedClients == ["b"])
    #expect(security(["a"]).combined(with: security(["b"])).allowedClients == [])
    #expect(security(nil).combined(with: security(["b"])).allowedClients == ["b"])
    #expect(security(nil).combined(with: security(nil)).allowedClients == nil)
  }
}
