import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("The portal, interpreted")
struct InterpreterTests {
  let service: ProtectedService

  init() throws {
    let (service, findings) = Interpreter().interpret(Portal.topology())
    #expect(findings.isEmpty, "\(findings.map(\.message))")
    self.service = try #require(service)
  }

  @Test("has its two unikernels with what they run and where they listen")
  func resources() throws {
    #expect(service.resources.map(\.name) == ["storefront", "orders"])
    let storefront = try #require(service.resource("storefront"))
    #expect(
      storefront.applications == [
        .staticSite(prefix: "/", folder: "site"), .reverseProxy(prefix: "/orders", backend: "orders"),
      ])
    #expect(storefront.endpoint == ServiceEndpoint(port: 80, isPublic: true, publishedPort: 8088))
    #expect(storefront.connections == ["orders"])
    #expect(storefront.memoryBytes == 16 << 20)
    let orders = try #require(service.resource("orders"))
    #expect(orders.applications == [.keyValue(prefix: "/orders", capacityBytes: 4 << 20)])
    #expect(orders.endpoint == ServiceEndpoint(port: 80, isPublic: false, publishedPort: nil))
  }

  @Test("has its three levels in order, of which the lowest is due at first")
  func levels() {
    #expect(service.levels.map(\.name) == ["normal", "elevated", "lockdown"])
    #expect(service.initialLevel.name == "normal")
  }

  @Test("knows what is due to each resource at each level")
  func due() throws {
    func names(_ resource: String, _ level: String) throws -> [String] {
      service.due(to: resource, at: try #require(service.level(level))).map(\.name)
    }
    #expect(try names("storefront", "normal") == ["declared_flows", "passwords", "order_rules"])
    #expect(try names("storefront", "elevated") == ["declared_flows", "tokens", "order_rules", "calm"])
    #expect(try names("orders", "normal") == ["declared_flows"])
    #expect(try names("orders", "lockdown") == ["declared_flows", "nobody"])
  }

  @Test("cuts the orders off at lockdown: of two filterings, only what both admit passes")
  func combination() throws {
    let due = service.due(to: "orders", at: try #require(service.level("lockdown")))
    #expect(CombinedProtection(due).filtering == Filtering(flows: .none))
  }

  @Test("reads accounts with hashes in base64 and hexadecimal")
  func accounts() throws {
    let passwords = try #require(service.requirements.first { $0.name == "passwords" })
    guard case .authentication(let authentication) = passwords.protection, authentication.realm == "portal",
      case .basic(let accounts) = authentication.scheme
    else {
      Issue.record("\(passwords.protection.kind)")
      return
    }
    #expect(accounts.map(\.name) == ["rita", "carl"])
    #expect(accounts.map(\.roles) == [["reader"], ["clerk"]])
    #expect(accounts[0].salt.count == 16 && accounts[0].hash.count == 32 && accounts[0].hash.first == 0x99)
    #expect(accounts[1].salt == [0xB2, 0xD2, 0x09, 0x28, 0x58, 0x5E, 0x7B, 0x4B])
    #expect(accounts[1].hash == [UInt8](repeating: 0x5C, count: 32))
  }

  @Test("reads the key that tokens are verified with")
  func keys() throws {
    let tokens = try #require(service.requirements.first { $0.name == "tokens" })
    guard case .authentication(let authentication) = tokens.protection,
      case .bearer(let accepted) = authentication.scheme
    else {
      Issue.record("\(tokens.protection.summary)")
      return
    }
    let keys = accepted.keys
    #expect(accepted.issuer == "https://id.example" && accepted.audience == "portal" && accepted.leewaySeconds == 0)
    #expect(keys.map(\.id) == ["portal-2026"])
    #expect(keys.map(\.algorithm) == [.es256])
    #expect(keys.first?.key.count == 65 && keys.first?.key.first == 0x04)
  }

  @Test("reads the rate limit, the policy files and the trigger")
  func rest() throws {
    let limit = try #require(service.requirements.first { $0.name == "calm" })
    #expect(
      limit.protection
        == .rateLimit(RateLimit(requests: 20, intervalMilliseconds: 1000, burst: 40, paths: ["/orders"])))
    let rules = try #require(service.requirements.first { $0.name == "order_rules" })
    #expect(rules.protection == .authorization(Authorization(policyFiles: ["orders.cedar"], schemaFile: nil)))
    let trigger = try #require(service.triggers.first)
    #expect(trigger.level == "elevated" && trigger.targets == ["storefront", "orders"])
    #expect(trigger.conditions == [ContextCondition(attribute: "threat_level", comparison: .isOneOf(["high"]))])
  }

  @Test("a resource is told its address unless it is to ask a server")
  func addressing() throws {
    let resources = try #require(
      Interpreter().interpret(Portal.topology().setting("addressing", of: "orders", to: "dhcp")).service?.resources)
    #expect(resources.first { $0.name == "orders" }?.addressing == .dhcp)
    #expect(resources.first { $0.name == "storefront" }?.addressing == .assigned)
  }

  @Test("targets a group's members where a requirement names a group")
  func groups() throws {
    let topology = Portal.topology().with(Portal.group("everything", ["storefront", "orders"]))
      .with(Portal.policy("declared_flows", "Filtering", ["everything", "orders"], [:]))
    let service = try #require(Interpreter().interpret(topology).service)
    #expect(service.requirements.first { $0.name == "declared_flows" }?.targets == ["storefront", "orders"])
  }

  @Test("takes every other kind of requirement")
  func otherKinds() throws {
    let topology = Portal.topology()
      .with(
        Portal.policy(
          "sealed", "TransportSecurity", ["storefront"],
          ["minimum_version": "1.3", "identities": TLSFixtures.identities, "strict": .amount(60, "1 min")])
      )
      .with(Portal.policy("watched", "Audit", ["storefront"], ["minimum_severity": "medium"]))
      .with(
        Portal.policy(
          "small", "SurfaceBudget", ["storefront"], ["image_size": .amount(500_000, "500 kB"), "system_calls": 5])
      )
      .with(Portal.policy("fresh", "Lifetime", ["storefront"], ["maximum": .amount(3600, "1 h")]))
      .with(
        Portal.policy(
          "checked", "RuntimeIntegrity", ["storefront"], ["interval": .amount(30, "30 s"), "on_violation": "replace"])
      )
      .with(Portal.policy("checked_too", "RuntimeIntegrity", ["storefront"], ["interval": .amount(60, "1 min")]))
      .with(
        Portal.level(
          "isolated", 3,
          [
            "declared_flows", "tokens", "order_rules", "calm", "nobody", "sealed", "watched", "small", "fresh",
            "checked", "checked_too",
          ]))
    let service = try #require(Interpreter().interpret(topology).service)
    let due = CombinedProtection(service.due(to: "storefront", at: service.levels[3]))
    let security = try #require(due.transportSecurity)
    #expect(security.minimumVersion == "1.3" && security.strictSeconds == 60 && security.clients == .none)
    #expect(security.identities.map(\.names) == [["portal.example", "127.0.0.1"]])
    #expect(due.audit == Audit(minimumSeverity: 3))
    #expect(due.surfaceBudget == SurfaceBudget(maximumImageBytes: 500_000, maximumSystemCalls: 5))
    #expect(due.lifetime == Lifetime(seconds: 3600))
    // Of two, the shorter interval; what differs is kept unless both say that it need not be.
    #expect(due.runtimeIntegrity == RuntimeIntegrity(intervalSeconds: 30, onViolation: .quarantine))
  }

  @Test("leaves out requirements that no level asks for, with a warning")
  func unused() throws {
    let topology = Portal.topology().with(Portal.policy("spare", "Filtering", ["orders"], ["flows": "none"]))
    let (service, findings) = Interpreter().interpret(topology)
    #expect(try #require(service).requirements.contains { $0.name == "spare" } == false)
    #expect(findings.map(\.code) == ["unused-requirement"])
    #expect(findings.map(\.severity) == [.warning])
    #expect(findings.first?.place == place("spare"))
  }

  @Test("comes with all findings at once, in the order of their places")
  func allAtOnce() {
    let topology = Portal.topology().setting("per_source", ofPolicy: "calm", to: "often")
      .setting(
        "routes", of: "storefront", to: [["path": "/", "site": "stie"], ["path": "/orders", "backend": "orders"]]
      )
      .with(Portal.level("elevated", 0, ["declared_flows", "tokens", "order_rules"]))
    let (service, findings) = Interpreter().interpret(topology)
    #expect(service == nil)
    #expect(findings.map(\.code) == ["invalid-rate", "duplicate-rank", "missing-artifact"])
    #expect(findings.map(\.place.file) == ["calm/per_source", "elevated/rank", "storefront/routes/0/site"])
  }

  @Test("survives JSON")
  func json() throws {
    let data = try JSONEncoder().encode(service)
    #expect(try JSONDecoder().decode(ProtectedService.self, from: data) == service)
  }
}
