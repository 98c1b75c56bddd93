import Foundation
import Testing

@Suite("Policies in running images", .serialized, .realUnikernels)
struct PolicyTests {
  @Test("a changed rule is in force without a restart, and acknowledged")
  func apply() async throws {
    try await Portal.up { portal in
      let order = "\(try await portal.url())/orders/17"
      #expect(try await Client.request("PUT", order, as: .clerk, body: "three amphorae").status == 201)
      #expect(try await Client.request("PUT", order, as: .reader, body: "two").status == 403)
      let before = try await portal.unikernels()
      #expect(try await portal.unikernel("storefront").policyVersion == 1)

      let file = portal.template.appending(path: "readers-may-write.cedar").path
      let outcome = try await portal.testudo("policy", "apply", file)
      #expect(outcome.status == 0, "\(outcome.errors)")

      #expect(try await Client.request("PUT", order, as: .reader, body: "two").status == 204)
      #expect(try await Client.request("GET", order, as: .reader).body == "two")
      let after = try await portal.unikernels()
      #expect(before.map(\.pid) == after.map(\.pid))
      #expect(before.map(\.image) == after.map(\.image))
      #expect(try await portal.unikernel("storefront").policyVersion == 2)
      let status = try await portal.document("policy", "status", as: [PolicyStatus].self)
      #expect(status.count == 1)
      let storefront = try #require(status.first)
      #expect(storefront.resource == "storefront")
      #expect(storefront.version == 2 && storefront.due == 2 && storefront.converged)
      #expect(storefront.acknowledged != nil)
    }
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String
    var said: [String]
  }

  static let refused = [
    Refused(
      testDescription: "that does not parse",
      text: "permit (principal, action, resource)\nunless { resource in Path::\"/x\" ;\n",
      said: [":2:33: error:", "expected:"]),
    Refused(
      testDescription: "with an unknown attribute of the context",
      text: "permit (principal, action, resource)\nwhen { context.sorce == ip(\"10.0.0.1\") };\n",
      said: [":2:8: error:", "`sorce`", "did you mean `source`?", "expected:"]),
    Refused(
      testDescription: "with an unknown attribute of the principal",
      text: "permit (principal, action, resource)\nwhen { principal has name && principal.age > 17 };\n",
      said: [":2:30: error:", "`age`", "expected:"]),
  ]

  @Test("is refused with its place, and the policy in force stays: a policy", arguments: refused)
  func refusal(_ policy: Refused) async throws {
    try await Portal.up { portal in
      let order = "\(try await portal.url())/orders/17"
      let before = try await portal.unikernels()
      let file = portal.folder.appending(path: "wrong.cedar")
      try policy.text.write(to: file, atomically: true, encoding: .utf8)

      let outcome = try await portal.testudo("policy", "apply", file.path)
      #expect(outcome.status == 1)
      for words in policy.said.map({ $0.hasPrefix(":") ? "wrong.cedar" + $0 : $0 }) {
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
      }
      #expect(try await Client.request("GET", order).status == 401)
      #expect(try await Client.request("PUT", order, as: .reader, body: "two").status == 403)
      #expect(try await Client.request("PUT", order, as: .clerk, body: "two").status == 201)
      #expect(try await portal.unikernels() == before)
    }
  }

  @Test("a policy file that does not exist is refused by its name")
  func missing() async throws {
    try await Portal.up { portal in
      let outcome = try await portal.testudo("policy", "apply", "no-such.cedar")
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("no-such.cedar"))
      #expect(try await portal.unikernel("storefront").policyVersion == 1)
    }
  }
}
