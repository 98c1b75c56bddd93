import Testing

@testable import Orchestration

@Suite("Contextual attributes of everything, of tenants and of services")
struct ContextualAttributesTests {
  @Test("what is said more closely stands in the place of what is said more widely, and is seen by nobody else")
  func scopes() {
    var attributes = ContextualAttributes()
    attributes.set("threat_level", to: "low", in: .everything)
    attributes.set("season", to: "summer", in: .everything)
    attributes.set("threat_level", to: "high", in: .tenant("shop"))
    attributes.set("threat_level", to: "highest", in: .service("portal", tenant: "shop"))
    attributes.set("own", to: "1", in: .service("portal", tenant: "shop"))
    #expect(
      attributes.seen(by: "portal", of: "shop") == ["threat_level": "highest", "season": "summer", "own": "1"])
    #expect(attributes.seen(by: "other", of: "shop") == ["threat_level": "high", "season": "summer"])
    // A service of that name of another tenant is another service.
    #expect(attributes.seen(by: "portal", of: "bank") == ["threat_level": "low", "season": "summer"])
    attributes.set("threat_level", to: "", in: .service("portal", tenant: "shop"))
    #expect(attributes.seen(by: "portal", of: "shop")["threat_level"] == "high")
    #expect(attributes.forget(.service("portal", tenant: "shop")) == ["own"])
    #expect(attributes.seen(by: "portal", of: "shop") == attributes.seen(by: "other", of: "shop"))
  }

  @Test(
    "they are stored under keys of their own, and those of everything as ever",
    arguments: [ServiceScope.everything, .tenant("shop"), .service("portal", tenant: "shop")])
  func keys(scope: ServiceScope) throws {
    let read = try #require(ServiceScope.read(scope.key("threat_level")))
    #expect(read.scope == scope && read.name == "threat_level")
  }

  @Test("other keys are none of them", arguments: ["context/a/b", "context/a/b/c", "context/@a/b/c/d", "holds/a"])
  func others(key: String) {
    #expect(ServiceScope.read(key) == nil)
  }

  @Test("the key of an attribute of everything is what it was")
  func former() {
    #expect(ServiceScope.everything.key("threat_level") == "context/threat_level")
  }
}
