import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("Mistakes in requirements")
struct RequirementFindingTests {
  static let portal = Portal.topology()

  static func credentials(_ name: String = "rita", _ change: (inout [String: Literal]) -> Void) -> Topology {
    var account: [String: Literal] = [
      "salt": "yZJxMQ0hDrEYNjiynBUsZA==", "iterations": 20000,
      "hash": "mWMoM555C96D3XmW24lnQIT81DgCtmNjTFg//fML7+c=", "roles": ["reader"],
    ]
    change(&account)
    let entries = account.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return portal.setting("credentials", ofPolicy: "passwords", to: .map([(name, .map(entries))]))
  }

  static let cases: [FindingCase] = [
    FindingCase(
      "a target that does not exist",
      portal.with(Portal.policy("nobody", "Filtering", ["order"], ["flows": "none"])), "unknown-target",
      at: "nobody/targets/0", names: ["`order`"], suggestion: "orders"),
    FindingCase(
      "no target", portal.with(Portal.policy("nobody", "Filtering", [], ["flows": "none"])),
      "requirement-without-target", at: "nobody"),
    FindingCase(
      "a rate limit on what has no endpoint",
      portal.with(Portal.compute("db")).with(
        Portal.policy("calm", "RateLimit", ["storefront", "db"], ["per_source": "20 per 1 s"])),
      "misplaced-requirement",
      at: "calm/targets/1", names: ["`db`", "`calm`"]),
    FindingCase(
      "filtering of what is no unikernel, in a group",
      portal.with(Portal.compute("db")).with(Portal.group("all", ["orders", "db"])).with(
        Portal.policy("nobody", "Filtering", ["all"], ["flows": "none"])), "misplaced-requirement",
      at: "nobody/targets/0", names: ["`db`", "`all`"]),
    FindingCase(
      "a requirement of no kind", portal.with(Portal.policy("vague", "Requirement", ["orders"], [:])),
      "unsupported-requirement", at: "vague", names: ["sectosca.policies.Requirement"]),
    FindingCase(
      "flows that are none of the two", portal.setting("flows", ofPolicy: "nobody", to: "non"), "invalid-value",
      at: "nobody/flows", names: ["`non`"], suggestion: "none"),
    FindingCase(
      "commands that there are not", portal.setting("commands", ofPolicy: "nobody", to: ["deny", "permit"]),
      "invalid-value", at: "nobody/commands/1", names: ["`permit`"]),
    FindingCase(
      "commands that may let in and not keep out", portal.setting("commands", ofPolicy: "nobody", to: ["allow"]),
      "invalid-value", at: "nobody/commands", names: ["`allow` without `deny`"]),
    FindingCase(
      "a network that is none",
      portal.setting("allowed_sources", ofPolicy: "nobody", to: ["10.0.0.0/8", "10.0.0/24"]), "invalid-network",
      at: "nobody/allowed_sources/1", names: ["`10.0.0/24`"]),
    FindingCase(
      "a network with host bits", portal.setting("allowed_sources", ofPolicy: "nobody", to: ["10.1.2.3/8"]),
      "invalid-network", at: "nobody/allowed_sources/0", names: ["`10.1.2.3/8`"], suggestion: "10.0.0.0/8"),
    FindingCase(
      "a rate that is none", portal.setting("per_source", ofPolicy: "calm", to: "20/s"), "invalid-rate",
      at: "calm/per_source", names: ["`20/s`"]),
    FindingCase(
      "a burst without a rate", portal.setting("per_source", ofPolicy: "calm", to: nil), "invalid-value",
      at: "calm/burst", names: ["no rate"]),
    FindingCase(
      "a burst beside two rates", portal.setting("in_all", ofPolicy: "calm", to: "90 per 1 s"), "invalid-value",
      at: "calm/burst", names: ["several rates"]),
    FindingCase(
      "a limit that limits nothing", portal.with(Portal.policy("idle", "RateLimit", ["storefront"], ["paths": ["/a"]])),
      "invalid-value", at: "idle", names: ["`idle`"]),
    FindingCase(
      "a rate for principals that is none", portal.setting("per_principal", ofPolicy: "calm", to: "many"),
      "invalid-rate", at: "calm/per_principal", names: ["`many`"]),
    FindingCase(
      "a method that is none", portal.setting("methods", ofPolicy: "calm", to: ["POST", "put"]), "invalid-value",
      at: "calm/methods/1", names: ["`put`"]),
    FindingCase(
      "a quota of nothing",
      portal.with(Portal.policy("data", "RateLimit", ["storefront"], ["quota": ["period": .amount(60, "60 s")]])),
      "invalid-value", at: "data/quota", names: ["bounds nothing"]),
    FindingCase(
      "a quota without a period",
      portal.with(Portal.policy("data", "RateLimit", ["storefront"], ["quota": ["sent": .amount(1000, "1 kB")]])),
      "missing-property", at: "data/quota", names: ["`period`"]),
    FindingCase(
      "a quota for nobody in particular",
      portal.with(
        Portal.policy(
          "data", "RateLimit", ["storefront"],
          ["quota": ["sent": .amount(1000, "1 kB"), "period": .amount(60, "60 s"), "per": "user"]])),
      "invalid-value", at: "data/quota/per", names: ["`user`"]),
    FindingCase(
      "an announcement of nothing",
      portal.with(Portal.policy("data", "RateLimit", ["storefront"], ["connections": 9, "announced": true])),
      "invalid-value", at: "data/announced", names: ["nothing to tell"]),
    FindingCase(
      "a burst of nothing", portal.setting("burst", ofPolicy: "calm", to: 0), "invalid-value", at: "calm/burst",
      names: ["`0`"]),
    FindingCase(
      "a limit on no path", portal.setting("paths", ofPolicy: "calm", to: []), "invalid-value", at: "calm/paths"),
    FindingCase(
      "a limit on what is no path", portal.setting("paths", ofPolicy: "calm", to: ["orders"]), "invalid-path",
      at: "calm/paths/0", names: ["`orders`"]),
    FindingCase(
      "a policy file that is not there",
      portal.setting("policies", ofPolicy: "order_rules", to: ["order.cedar"]), "missing-file",
      at: "order_rules/policies/0", names: ["`order.cedar`"], suggestion: "orders.cedar"),
    FindingCase(
      "a policy file that is a folder", portal.setting("policies", ofPolicy: "order_rules", to: ["site"]),
      "unusable-file", at: "order_rules/policies/0", names: ["folder"]),
    FindingCase(
      "no policy file", portal.setting("policies", ofPolicy: "order_rules", to: []), "invalid-value",
      at: "order_rules/policies", names: ["everything would be refused"]),
    FindingCase(
      "a schema that is not there",
      portal.setting("schema", ofPolicy: "order_rules", to: "portal.schema"), "missing-file",
      at: "order_rules/schema", names: ["`portal.schema`"]),
    FindingCase(
      "a key file that is not there", portal.setting("keys", ofPolicy: "tokens", to: "key.json"), "missing-file",
      at: "tokens/keys", names: ["`key.json`"], suggestion: "keys.json"),
    FindingCase(
      "a key file that is none", portal.setting("keys", ofPolicy: "tokens", to: "orders.cedar"), "invalid-key",
      at: "tokens/keys", names: ["`orders.cedar`"]),
    FindingCase(
      "a key file outside the service", portal.setting("keys", ofPolicy: "tokens", to: "../keys.json"),
      "file-outside-service", at: "tokens/keys"),
    FindingCase(
      "a key in a field that says something else",
      portal.with(Portal.policy("robots", "Authentication", ["storefront"], Portal.robots(["header": "Cookie"]))),
      "invalid-value", at: "robots/header", names: ["`Cookie`"]),
    FindingCase(
      "a key in a parameter that has to be encoded",
      portal.with(Portal.policy("robots", "Authentication", ["storefront"], Portal.robots(["query": "a b"]))),
      "invalid-value", at: "robots/query", names: ["`a b`"]),
    FindingCase(
      "no keys",
      portal.with(Portal.policy("robots", "Authentication", ["storefront"], Portal.robots(["api_keys": [:]]))),
      "invalid-value", at: "robots/api_keys"),
    FindingCase(
      "a key with a dot in its identifier",
      portal.with(
        Portal.policy(
          "robots", "Authentication", ["storefront"],
          Portal.robots(["api_keys": ["a.b": ["client": "c", "salt": "b2d20928585e7b4b", "hash": .text(Portal.hash)]]]))
      ),
      "invalid-value", at: "robots/api_keys/a.b:", names: ["`a.b`"]),
    FindingCase(
      "a key of nobody",
      portal.with(
        Portal.policy(
          "robots", "Authentication", ["storefront"],
          Portal.robots(["api_keys": ["a": ["salt": "b2d20928585e7b4b", "hash": .text(Portal.hash)]]]))),
      "missing-property", at: "robots/api_keys/a", names: ["`client`"]),
    FindingCase(
      "keys of passwords",
      portal.setting("api_keys", ofPolicy: "passwords", to: ["a": "b"]), "misplaced-property", at: "passwords/api_keys",
      names: ["`basic`"]),
    FindingCase(
      "any of what does not exist", portal.either(["tokens", "password"]), "unknown-requirement", at: "either/of/1",
      names: ["`password`"], suggestion: "passwords"),
    FindingCase(
      "any of what does not authenticate", portal.either(["tokens", "calm"]), "unknown-requirement", at: "either/of/1",
      names: ["`calm`"]),
    FindingCase(
      "any of itself", portal.either(["tokens", "either"]), "unknown-requirement", at: "either/of/1",
      names: ["`either`"]),
    FindingCase(
      "any of one", portal.either(["tokens"]), "invalid-value", at: "either/of", names: ["one requirement"]),
    FindingCase(
      "any of two that are one", portal.either(["tokens", "tokens"]), "contradictory-requirements", at: "either/of/1",
      names: ["`bearer`"]),
    FindingCase(
      "a certificate after something else",
      portal.with(Portal.policy("members", "Authentication", ["storefront"], ["scheme": "certificate"])).either([
        "tokens", "members",
      ]), "contradictory-requirements", at: "either/of/1", names: ["`members`"]),
    FindingCase(
      "a realm of what has no challenge",
      portal.with(
        Portal.policy("members", "Authentication", ["storefront"], ["scheme": "certificate", "realm": "r"])),
      "misplaced-property", at: "members/realm", names: ["`certificate`"]),
    FindingCase(
      "certificates that nobody asks for",
      portal.with(Portal.policy("members", "Authentication", ["storefront"], ["scheme": "certificate"])).with(
        Portal.level("top", 3, ["declared_flows", "members", "order_rules", "calm", "nobody"])),
      "no-client-certificates", at: "top/requires/1", names: ["`members`", "`storefront`"]),
    FindingCase(
      "no realm", portal.setting("realm", ofPolicy: "tokens", to: nil), "missing-property", at: "tokens",
      names: ["`realm`"]),
    FindingCase(
      "an empty audience", portal.setting("audience", ofPolicy: "tokens", to: ""), "invalid-value",
      at: "tokens/audience"),
    FindingCase(
      "no issuer", portal.setting("issuer", ofPolicy: "tokens", to: nil), "missing-property", at: "tokens",
      names: ["`issuer`"]),
    FindingCase(
      "a scheme that is none", portal.setting("scheme", ofPolicy: "tokens", to: "baerer"), "invalid-value",
      at: "tokens/scheme", names: ["`baerer`"], suggestion: "bearer"),
    FindingCase(
      "an issuer of passwords", portal.setting("issuer", ofPolicy: "passwords", to: "https://id.example"),
      "misplaced-property", at: "passwords/issuer", names: ["`basic`", "`issuer`"]),
    FindingCase(
      "a realm that breaks its header", portal.setting("realm", ofPolicy: "passwords", to: "a\"b"), "invalid-value",
      at: "passwords/realm"),
    FindingCase(
      "credentials from an input without a value",
      portal.setting("credentials", ofPolicy: "passwords", to: .unresolved("get_input", "credentials")),
      "value-not-known", at: "passwords/credentials", names: ["`credentials`"]),
    FindingCase(
      "nobody who may come in", portal.setting("credentials", ofPolicy: "passwords", to: .map([])), "invalid-value",
      at: "passwords/credentials", names: ["nobody"]),
    FindingCase(
      "a hash that is too short", credentials { $0["hash"] = "c2hvcnQ=" }, "invalid-hash",
      at: "passwords/credentials/rita/hash", names: ["`rita`", "5 bytes"]),
    FindingCase(
      "a hash that is none", credentials { $0["hash"] = "reading room!" }, "invalid-hash",
      at: "passwords/credentials/rita/hash", names: ["neither"]),
    FindingCase(
      "a salt that is too short", credentials { $0["salt"] = "c2FsdA==" }, "invalid-hash",
      at: "passwords/credentials/rita/salt", names: ["4 bytes"]),
    FindingCase(
      "too few iterations", credentials { $0["iterations"] = 1 }, "invalid-value",
      at: "passwords/credentials/rita/iterations", names: ["`1`"]),
    FindingCase(
      "no hash", credentials { $0["hash"] = nil }, "missing-property", at: "passwords/credentials/rita",
      names: ["`hash`"]),
    FindingCase(
      "a user's name with a colon", credentials("ri:ta") { _ in }, "invalid-value", at: "passwords/credentials/ri:ta:",
      names: ["`ri:ta`"]),
    FindingCase(
      "a budget without a bound", portal.with(Portal.policy("small", "SurfaceBudget", ["orders"], [:])),
      "missing-property", at: "small"),
    FindingCase(
      "a life of no time",
      portal.with(Portal.policy("fresh", "Lifetime", ["orders"], ["maximum": .amount(0, "0 s")])), "invalid-value",
      at: "fresh/maximum", names: ["`0 s`"]),
    FindingCase(
      "checks of memory without a pause",
      portal.with(Portal.policy("checked", "RuntimeIntegrity", ["orders"], ["interval": .amount(0, "0 s")])),
      "invalid-value", at: "checked/interval", names: ["`0 s`"]),
    FindingCase(
      "checks of memory at no interval", portal.with(Portal.policy("checked", "RuntimeIntegrity", ["orders"], [:])),
      "missing-property", at: "checked", names: ["`interval`"]),
    FindingCase(
      "an answer to altered memory that is none",
      portal.with(
        Portal.policy(
          "checked", "RuntimeIntegrity", ["orders"], ["interval": .amount(9, "9 s"), "on_violation": "replce"])),
      "invalid-value", at: "checked/on_violation", names: ["`replce`"], suggestion: "replace"),
    FindingCase(
      "a severity that is none",
      portal.with(Portal.policy("watched", "Audit", ["orders"], ["minimum_severity": "hihg"])), "invalid-value",
      at: "watched/minimum_severity", names: ["`hihg`"], suggestion: "high"),
    FindingCase(
      "a version of TLS that is none",
      portal.with(TLSFixtures.policy("sealed", ["minimum_version": "1.0"])),
      "invalid-value", at: "sealed/minimum_version", names: ["`1.0`"], suggestion: "1.2"),
  ]

  @Test("each is found where it is", arguments: cases)
  func finding(_ example: FindingCase) { example.check() }

  @Test("no finding shows a salt or a hash")
  func secrets() throws {
    let topologies = [
      Self.credentials { $0["hash"] = "deadbeefdeadbeef" }, Self.credentials { $0["salt"] = "deadbeef" },
      Self.credentials { $0["hash"] = "deadbeef!" },
    ]
    for topology in topologies {
      let findings = Interpreter().interpret(topology).findings
      #expect(findings.contains { $0.code == "invalid-hash" })
      let text = String(decoding: try JSONEncoder().encode(findings), as: UTF8.self)
      #expect(!text.contains("deadbeef"))
    }
  }
}
