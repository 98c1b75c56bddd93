import Cedar
import Interchange
import Testing

@testable import PolicyDecision

@Suite("Templates with slots in bundles")
struct LinkedTemplateTests {
  /// A template with both slots, two links of it, and a policy.
  static let text = #"""
    {
      "staticPolicies": {
        "front": {
          "effect": "permit", "principal": { "op": "All" },
          "action": { "op": "==", "entity": { "type": "Action", "id": "GET" } },
          "resource": { "op": "==", "entity": { "type": "Path", "id": "/" } }, "conditions": []
        }
      },
      "templates": {
        "shelf": {
          "effect": "permit", "principal": { "op": "in", "slot": "?principal" }, "action": { "op": "All" },
          "resource": { "op": "in", "slot": "?resource" }, "conditions": []
        },
        "unused": {
          "effect": "permit", "principal": { "op": "==", "slot": "?principal" }, "action": { "op": "All" },
          "resource": { "op": "All" }, "conditions": []
        }
      },
      "templateLinks": [
        {
          "templateId": "shelf", "newId": "clerks-orders",
          "values": {
            "?principal": { "type": "Role", "id": "clerk" }, "?resource": { "type": "Path", "id": "/orders" }
          }
        },
        {
          "templateId": "shelf", "newId": "readers-books",
          "values": {
            "?principal": { "type": "Role", "id": "reader" }, "?resource": { "type": "Path", "id": "/books" }
          }
        }
      ]
    }
    """#

  private func request(_ role: ByteString, _ path: ByteString) -> HTTPPolicyRequest {
    HTTPPolicyRequest(user: "u", scheme: "basic", roles: [role], method: "GET", path: path)
  }

  @Test("each link is a policy of its own, with its name; a template that nothing links decides nothing")
  func linked() throws {
    let compiled = try HTTPPolicyCompiler.compilePolicies(
      [PolicySource(file: "shelf.json", text: Self.text)], attributes: []
    ).get()
    #expect(compiled.policyNames == ["front", "clerks-orders", "readers-books"])
    let bundle = try PolicyBundle(decoding: compiled.bundle)
    let cases: [(ByteString, ByteString, ByteString?)] = [
      ("clerk", "/orders/1", "clerks-orders"), ("clerk", "/books/1", nil), ("reader", "/books/1", "readers-books"),
      ("reader", "/orders/1", nil), ("reader", "/", "front"), ("other", "/books", nil),
    ]
    // As Cedar itself decides with the same set.
    let set = try PolicySet(json: Self.text)
    for (role, path, policy) in cases {
      let decision = bundle.decide(request(role, path))
      #expect(decision.determining.map { bundle.policies[$0].name } == policy, "\(role) \(path)")
      let asked = request(role, path)
      let whole = Authorizer(policies: set, entities: asked.cedarEntities).decide(asked.cedarRequest)
      #expect((whole.decision == .allow) == decision.isAllowed, "\(role) \(path)")
    }
  }

  @Test("what a link fills in is checked as if it stood there, and so is the text")
  func mistakes() {
    func findings(_ text: String) -> [PolicyFinding] {
      HTTPPolicyCompiler.check([PolicySource(file: "shelf.json", text: text)], attributes: [])
    }
    let wrongType = Self.text.replacing(#""type": "Role", "id": "clerk""#, with: #""type": "Rolle", "id": "clerk""#)
    #expect(findings(wrongType).first?.message.contains("`Rolle`") == true, "\(findings(wrongType))")
    let missing = Self.text.replacing(
      #""templateId": "shelf", "newId": "clerks"#, with: #""templateId": "x", "newId": "clerks"#)
    #expect(findings(missing).map(\.code) == ["malformed-json"])
    #expect(findings(missing).first?.message.contains("templateLinks[0]") == true)
    let twice = Self.text.replacing("readers-books", with: "clerks-orders")
    #expect(!findings(twice).isEmpty)
    #expect(findings(String(Self.text.dropLast(20))).map(\.code) == ["syntax"])
    let human = "permit (principal == ?principal, action, resource);"
    #expect(findings(human).map(\.code) == ["template"])
  }
}
