import Foundation
import Testing

@Suite("Audit", .serialized, .realUnikernels)
struct AuditTests {
  /// The portal with an audit of the storefront at every level.
  private static func audited(_ template: String, from severity: String) -> String {
    template.replacing(
      "    # When it is due.",
      with: """
            - told:
                type: sectosca.policies.Audit
                targets: [ storefront ]
                properties: { minimum_severity: \(severity) }

        """
    )
    .replacing("order_rules ]", with: "order_rules, told ]").replacing("calm ]", with: "calm, told ]")
    .replacing("nobody ]", with: "nobody, told ]")
  }

  @Test(
    "who asked for what, and what came of it, is among the events; what must stay secret is not; changes are pushed")
  func decisions() async throws {
    try await Portal.up(changing: { AuditTests.audited($0, from: "informational") }) { portal in
      let url = try await portal.url()
      #expect(try await Client.request("GET", "\(url)/?secret=query-of-the-test").status == 200)
      #expect(try await Client.request("GET", "\(url)/orders/audited").status == 401)
      #expect(
        try await Client.request("PUT", "\(url)/orders/audited", as: .reader, body: "body-of-the-test").status == 403)
      func events(_ kind: String) async throws -> [[String: String]] {
        try await portal.events().filter { $0.kind == kind && $0.resource == "storefront" }.compactMap(\.details)
      }
      let isTold = try await eventually {
        let denied = try await events("audit.denied").filter { $0["path"] == "/orders/audited" }
        let visitor = denied.contains { $0["method"] == "GET" && $0["status"] == "401" && $0["principal"] == "" }
        let reader = denied.contains {
          $0["method"] == "PUT" && $0["status"] == "403" && $0["principal"] == "rita" && $0["scheme"] == "basic"
        }
        let page = try await events("audit.allowed").contains { $0["path"] == "/" && $0["status"] == "200" }
        return visitor && reader && page
      }
      #expect(isTold)
      let all = try await portal.testudo("events", "--format", "json").output
      for secret in ["query-of-the-test", "body-of-the-test", "reading-room"] { #expect(!all.contains(secret)) }

      let before = try await portal.unikernel("storefront")
      try portal.edit("service.yaml") {
        $0.replacing("minimum_severity: informational", with: "minimum_severity: medium")
      }
      #expect(try await portal.up().status == 0)
      #expect(try await portal.unikernel("storefront").pid == before.pid, "the severity is a setting of the run stage")
      #expect(try await Client.request("GET", "\(url)/about.html").status == 200)
      #expect(try await Client.request("GET", "\(url)/orders/later").status == 401)
      let isStillTold = try await eventually {
        try await events("audit.denied").contains { $0["path"] == "/orders/later" }
      }
      #expect(isStillTold)
      // Reports keep their order: had the page been reported, it would be there by now.
      #expect(try await !events("audit.allowed").contains { $0["path"] == "/about.html" })
    }
  }
}
