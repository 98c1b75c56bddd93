import TOSCA
import Testing

@testable import SecTOSCA

@Suite("Mistakes in levels")
struct LevelFindingTests {
  static let portal = Portal.topology()

  /// The portal with requirements of its own at two levels, all on the storefront.
  static func levels(_ lower: Policy?, _ upper: Policy?) -> Topology {
    var topology = portal.without("normal", "elevated", "lockdown", "follow_threat")
    for policy in [lower, upper].compactMap({ $0 }) { topology = topology.with(policy) }
    return topology.with(Portal.level("low", 0, lower.map { [$0.name] } ?? []))
      .with(Portal.level("high", 1, upper.map { [$0.name] } ?? []))
  }

  static func rate(_ name: String, _ rate: String, burst: Int, paths: [String] = ["/"]) -> Policy {
    Portal.policy(
      name, "RateLimit", ["storefront"],
      ["per_source": .text(rate), "burst": .integer(burst), "paths": .list(paths.map { .text($0) })])
  }

  static func filter(_ name: String, _ flows: String, _ sources: [String] = [], ping: Bool = false) -> Policy {
    Portal.policy(
      name, "Filtering", ["storefront"],
      ["flows": .text(flows), "allowed_sources": .list(sources.map { .text($0) }), "ping": .flag(ping)])
  }

  static func one(_ name: String, _ type: String, _ property: String, _ value: Literal) -> Policy {
    Portal.policy(name, type, ["storefront"], [property: value])
  }

  static let cases: [FindingCase] = [
    FindingCase(
      "passwords above tokens",
      portal.with(Portal.level("lockdown", 2, ["declared_flows", "passwords", "order_rules", "calm", "nobody"])),
      "level-lowers-protection", at: "lockdown/requires/1",
      names: ["`lockdown`", "`elevated`", "authentication", "`storefront`", "bearer", "basic"]),
    FindingCase(
      "no authorization above authorization",
      portal.with(Portal.level("lockdown", 2, ["declared_flows", "tokens", "calm", "nobody"])),
      "level-lowers-protection", at: "lockdown/requires", names: ["authorization", "none"]),
    FindingCase(
      "no filtering above filtering of two resources",
      portal.with(Portal.level("lockdown", 2, ["tokens", "order_rules", "calm"])).without("nobody"),
      "level-lowers-protection", at: "lockdown/requires", names: ["filtering", "`storefront` and `orders`"]),
    FindingCase(
      "declared flows above none", levels(filter("shut", "none"), filter("open", "declared")),
      "level-lowers-protection", at: "high/requires/0", names: ["no flows", "declared flows"]),
    FindingCase(
      "more sources above fewer",
      levels(filter("few", "none", ["10.1.0.0/16"]), filter("many", "none", ["10.0.0.0/8"])),
      "level-lowers-protection", at: "high/requires/0", names: ["10.1.0.0/16", "10.0.0.0/8"]),
    FindingCase(
      "ping above no ping", levels(filter("deaf", "declared"), filter("awake", "declared", ping: true)),
      "level-lowers-protection", at: "high/requires/0", names: ["ping"]),
    FindingCase(
      "commands that may let in above such that may not",
      levels(filter("closed", "declared"), one("opened", "Filtering", "commands", .list(["deny", "allow"]))),
      "level-lowers-protection", at: "high/requires/0", names: ["what commands allow"]),
    FindingCase(
      "no commands that keep out above such that do",
      levels(filter("told", "declared"), one("deaf", "Filtering", "commands", .list([]))),
      "level-lowers-protection", at: "high/requires/0", names: ["whatever commands deny"]),
    FindingCase(
      "a higher rate above a lower",
      levels(rate("slow", "10 per 1 s", burst: 5), rate("fast", "601 per 1 min", burst: 5)),
      "level-lowers-protection", at: "high/requires/0", names: ["rate limit", "10 per 1 s", "601 per 1 min"]),
    FindingCase(
      "a larger burst above a smaller",
      levels(rate("slow", "10 per 1 s", burst: 5), rate("jumpy", "10 per 1 s", burst: 6)), "level-lowers-protection",
      at: "high/requires/0", names: ["burst 5", "burst 6"]),
    FindingCase(
      "a limit on fewer paths above one on more",
      levels(rate("all", "10 per 1 s", burst: 5), rate("some", "1 per 1 s", burst: 1, paths: ["/orders"])),
      "level-lowers-protection", at: "high/requires/0", names: ["/orders"]),
    FindingCase(
      "an older TLS above a newer",
      levels(
        TLSFixtures.policy("new", ["minimum_version": "1.3"]), TLSFixtures.policy("old", ["minimum_version": "1.2"])),
      "level-lowers-protection", at: "high/requires/0",
      names: ["TLS 1.3", "TLS 1.2"]),
    FindingCase(
      "requested certificates above required ones",
      levels(
        TLSFixtures.policy("strong", ["clients": "required", "client_authorities": TLSFixtures.authority]),
        TLSFixtures.policy("weak", ["clients": "requested", "client_authorities": TLSFixtures.authority])),
      "level-lowers-protection", at: "high/requires/0", names: ["required", "requested"]),
    FindingCase(
      "a shorter promise of TLS above a longer",
      levels(
        TLSFixtures.policy("long", ["strict": .amount(3600, "1 h")]),
        TLSFixtures.policy("short", ["strict": .amount(60, "1 min")])), "level-lowers-protection",
      at: "high/requires/0", names: ["strict for 1 h", "strict for 1 min"]),
    FindingCase(
      "a higher audit threshold above a lower",
      levels(one("much", "Audit", "minimum_severity", "low"), one("little", "Audit", "minimum_severity", "high")),
      "level-lowers-protection", at: "high/requires/0", names: ["from low on", "from high on"]),
    FindingCase(
      "a larger budget above a smaller",
      levels(one("small", "SurfaceBudget", "system_calls", 5), one("large", "SurfaceBudget", "system_calls", 6)),
      "level-lowers-protection", at: "high/requires/0", names: ["5", "6"]),
    FindingCase(
      "a budget of another kind above one",
      levels(
        one("few", "SurfaceBudget", "system_calls", 5),
        one("small", "SurfaceBudget", "image_size", .amount(500_000, "500 kB"))), "level-lowers-protection",
      at: "high/requires/0"),
    FindingCase(
      "a longer life above a shorter",
      levels(
        one("short", "Lifetime", "maximum", .amount(3600, "1 h")),
        one("long", "Lifetime", "maximum", .amount(86_400, "1 d"))), "level-lowers-protection", at: "high/requires/0",
      names: ["at most 1 h", "at most 1 d"]),
    FindingCase(
      "rarer checks of memory above frequent ones",
      levels(
        one("often", "RuntimeIntegrity", "interval", .amount(10, "10 s")),
        one("rarely", "RuntimeIntegrity", "interval", .amount(60, "1 min"))), "level-lowers-protection",
      at: "high/requires/0", names: ["every 10 s", "every 1 min"]),
    FindingCase(
      "nothing above something", levels(one("short", "Lifetime", "maximum", .amount(3600, "1 h")), nil),
      "level-lowers-protection", at: "high/requires", names: ["lifetime", "none"]),
    FindingCase(
      "a requirement that does not exist",
      portal.with(Portal.level("lockdown", 2, ["declared_flow", "tokens", "order_rules", "calm", "nobody"])),
      "unknown-requirement", at: "lockdown/requires/0", names: ["`declared_flow`"], suggestion: "declared_flows"),
    FindingCase(
      "a level that requires a level",
      portal.with(Portal.level("lockdown", 2, ["elevated", "nobody"])), "unknown-requirement",
      at: "lockdown/requires/0", names: ["sectosca.policies.Level"]),
    FindingCase(
      "two levels of one rank",
      portal.with(Portal.level("lockdown", 1, ["declared_flows", "tokens", "order_rules", "calm", "nobody"])),
      "duplicate-rank", at: "lockdown/rank", names: ["`lockdown`", "`elevated`", "1"]),
    FindingCase(
      "no level", portal.without("normal", "elevated", "lockdown", "follow_threat"), "no-level", at: "declared_flows"),
    FindingCase(
      "a level without a rank", portal.setting("rank", ofPolicy: "lockdown", to: nil), "missing-property",
      at: "lockdown", names: ["`rank`"]),
    FindingCase(
      "passwords and tokens at one level",
      portal.with(
        Portal.level("lockdown", 2, ["declared_flows", "tokens", "passwords", "order_rules", "calm", "nobody"])),
      "contradictory-requirements", at: "lockdown/requires/2", names: ["`tokens`", "`passwords`", "`storefront`"]),
    FindingCase(
      "two authorizations at one level",
      portal.with(
        Portal.policy("more_rules", "Authorization", ["storefront"], ["policies": ["readers-may-write.cedar"]])
      ).with(
        Portal.level("lockdown", 2, ["declared_flows", "tokens", "order_rules", "calm", "nobody", "more_rules"])),
      "contradictory-requirements", at: "lockdown/requires/5", names: ["`order_rules`", "`more_rules`"]),
    FindingCase(
      "a requirement twice",
      portal.with(
        Portal.level("lockdown", 2, ["declared_flows", "tokens", "order_rules", "calm", "nobody", "calm"])),
      "repeated-requirement", at: "lockdown/requires/5", names: ["`calm`"], severity: .warning),
    FindingCase(
      "a requirement that is never due",
      portal.with(Portal.level("lockdown", 2, ["declared_flows", "tokens", "order_rules", "calm"])),
      "unused-requirement", at: "nobody", names: ["`nobody`"], severity: .warning),
  ]

  @Test("each is found where it is", arguments: cases)
  func finding(_ example: FindingCase) { example.check() }

  @Test("a level that asks for more is no mistake")
  func more() {
    let pairs: [(Policy?, Policy?)] = [
      (Self.rate("fast", "10 per 1 s", burst: 10), Self.rate("slow", "600 per 1 min", burst: 10)),
      (Self.rate("some", "10 per 1 s", burst: 5, paths: ["/orders"]), Self.rate("all", "10 per 1 s", burst: 5)),
      (Self.filter("one", "none", ["10.0.0.0/8"]), Self.filter("halves", "none", ["10.0.0.0/9", "10.128.0.0/9"])),
      (Self.filter("halves", "none", ["10.0.0.0/9", "10.128.0.0/9"]), Self.filter("one", "none", ["10.0.0.0/8"])),
      (Self.filter("open", "declared", ["10.0.0.0/8"]), Self.filter("shut", "none")),
      (nil, Self.one("short", "Lifetime", "maximum", .amount(60, "1 min"))),
      (nil, nil),
    ]
    for (lower, upper) in pairs {
      let (service, findings) = Interpreter().interpret(Self.levels(lower, upper))
      #expect(service != nil, "\(findings.map(\.message))")
    }
  }

  @Test("the finding names the requirement of the level below, with its place")
  func related() throws {
    let topology = Self.portal.with(
      Portal.level("lockdown", 2, ["declared_flows", "passwords", "order_rules", "calm", "nobody"]))
    let finding = try #require(Interpreter().interpret(topology).findings.first)
    #expect(finding.expected == "`tokens`, or at least as much")
    #expect(finding.related.map(\.place) == [place("elevated/requires/1")])
  }
}
