import TOSCA
import Testing

@testable import SecTOSCA

@Suite("Several ways to authenticate")
struct AuthenticationTests {
  static let topology = Portal.topology()
    .with(Portal.policy("robots", "Authentication", ["storefront"], Portal.robots()))
    .either(["robots", "tokens", "passwords"])
    .setting("requires", ofPolicy: "normal", to: ["declared_flows", "either", "order_rules"])

  @Test("are read in the order that is declared, wherever in the template they stand")
  func order() throws {
    let (service, findings) = Interpreter().interpret(Self.topology)
    let requirement = try #require(service?.requirements.first { $0.name == "either" }, "\(findings.map(\.message))")
    guard case .authentication(let authentication) = requirement.protection else {
      Issue.record("\(requirement.protection.summary)")
      return
    }
    #expect(authentication.realm == nil)
    #expect(authentication.ways.map(\.scheme.name) == ["api_key", "bearer", "basic"])
    #expect(authentication.ways.map(\.realm) == ["portal", "portal", "portal"])
    #expect(
      requirement.protection.summary
        == "any of: keys (api_key), 1 key; tokens (bearer) of https://id.example for portal; passwords (basic), 2 users"
    )
    guard case .apiKey(let keys) = authentication.ways[0].scheme else {
      Issue.record("\(authentication.ways[0])")
      return
    }
    #expect(keys.header == "x-api-key" && keys.query == nil)
    #expect(keys.keys.map(\.id) == ["r1"] && keys.keys[0].client == "robot" && keys.keys[0].roles == ["clerk"])
  }

  @Test("are used by whoever uses them together")
  func use() {
    let (_, findings) = Interpreter().interpret(Self.topology)
    #expect(!findings.contains { $0.code == "unused-requirement" }, "\(findings.map(\.message))")
  }

  @Test("a query alone takes the header away")
  func queryAlone() throws {
    let topology = Portal.topology()
      .with(Portal.policy("robots", "Authentication", ["storefront"], Portal.robots(["query": "key"])))
      .setting("requires", ofPolicy: "normal", to: ["declared_flows", "robots", "order_rules"])
    let service = try #require(Interpreter().interpret(topology).0)
    guard
      case .authentication(let authentication) = service.requirements.first(where: { $0.name == "robots" })?.protection,
      case .apiKey(let keys) = authentication.scheme
    else {
      Issue.record("no keys")
      return
    }
    #expect(keys.header == nil && keys.query == "key")
  }

  @Test("are as strong as the weakest of them")
  func strength() {
    func requirement(_ scheme: Authentication.Scheme) -> SecurityRequirement {
      StrengthTests.requirement(.authentication(Authentication(realm: "r", scheme: scheme)))
    }
    let basic = Authentication.Scheme.basic(accounts: [])
    let bearer = Authentication.Scheme.bearer(Tokens(issuer: "i", keys: []))
    let key = Authentication.Scheme.apiKey(APIKeys(header: "a", query: nil, keys: []))
    let schemes = [basic, key, bearer, .certificate]
    for (index, weaker) in schemes.enumerated() {
      for stronger in schemes[index...] {
        #expect(Strength.isAtLeast([requirement(stronger)], asStrongAs: [requirement(weaker)]))
        #expect(weaker == stronger || !Strength.isAtLeast([requirement(weaker)], asStrongAs: [requirement(stronger)]))
        let both = requirement(
          .anyOf([Authentication(realm: "r", scheme: stronger), Authentication(realm: "r", scheme: weaker)]))
        #expect(Strength.isAtLeast([both], asStrongAs: [requirement(weaker)]))
        #expect(Strength.isAtLeast([requirement(weaker)], asStrongAs: [both]))
      }
    }
  }
}
