import Foundation
import Glibc
import Testing

@Suite("Propagation of policies: leases and certificates of convergence", .serialized, .realUnikernels)
struct PropagationTests {
  @Test("without the control plane policies hold for their lease, then all is denied until it is there again")
  func lease() async throws {
    let leased: @Sendable (String) -> String = {
      $0.replacing("policies: [ orders.cedar ]", with: "policies: [ orders.cedar ]\n          lease: 3 s")
    }
    try await Portal.up(changing: leased) { portal in
      let order = "\(try await portal.url())/orders/17"
      #expect(try await Client.request("PUT", order, as: .clerk, body: "two").status == 201)
      // Longer than the lease: it is renewed.
      try await Task.sleep(for: .seconds(5))
      #expect(try await Client.request("GET", order, as: .reader).status == 200)

      let plane = try portal.controlPlane()
      kill(plane, SIGSTOP)
      defer { kill(plane, SIGCONT) }
      let isDenied = try await eventually(within: 30) {
        try await Client.request("GET", order, as: .reader).status == 403
      }
      #expect(isDenied)
      kill(plane, SIGCONT)
      let isAllowed = try await eventually(within: 30) {
        try await Client.request("GET", order, as: .reader).status == 200
      }
      #expect(isAllowed)
    }
  }

  @Test("a certificate names each enforcement point with what it acknowledged, and no byte of it can be altered")
  func certificate() async throws {
    try await Portal.up { portal in
      let policy = portal.template.appending(path: "readers-may-write.cedar").path
      let file = portal.folder.appending(path: "convergence.json")
      #expect(try await portal.testudo("policy", "apply", policy, "--certificate", file.path).status == 0)
      let shown = try await portal.testudo("policy", "certificate", "--verify", file.path)
      #expect(shown.status == 0, "\(shown.errors)")
      #expect(shown.output.contains("portal/storefront") && shown.output.contains("v2"))
      #expect(shown.output.contains("converged") && shown.output.contains("signature valid"))

      let text = try String(contentsOf: file, encoding: .utf8)
      let envelope = try JSONDecoder().decode([String: Ignored].self, from: Data(text.utf8))
      #expect(envelope.keys.sorted() == ["payload", "payloadType", "signatures"])
      let position = try #require(text.range(of: "\"payload\" : \"")?.upperBound)
      var altered = text
      let index = altered.index(position, offsetBy: 40)
      altered.replaceSubrange(index...index, with: altered[index] == "A" ? "B" : "A")
      try altered.write(to: file, atomically: true, encoding: .utf8)
      let refused = try await portal.testudo("policy", "certificate", "--verify", file.path)
      #expect(refused.status == 1 && refused.errors.contains("altered"), "\(refused)")
      let nothing = try await portal.testudo("policy", "certificate", "--verify", policy)
      #expect(nothing.status == 2 && nothing.errors.contains("expected a certificate"), "\(nothing)")
    }
  }

  @Test("an enforcement point that does not answer is named, never taken for converged, and asked again")
  func silent() async throws {
    try await Portal.up { portal in
      let storefront = try #require(try await portal.unikernel("storefront").pid)
      kill(storefront, SIGSTOP)
      defer { kill(storefront, SIGCONT) }
      let policy = portal.template.appending(path: "readers-may-write.cedar").path
      let outcome = try await portal.testudo("policy", "apply", policy)
      #expect(outcome.status == 1)
      #expect(outcome.output.contains("portal/storefront") && outcome.output.contains("due: v2"), "\(outcome)")
      kill(storefront, SIGCONT)
      let isConverged = try await eventually(within: 60) {
        try await portal.document("policy", "status", as: [PolicyStatus].self).allSatisfy {
          $0.version == 2 && $0.converged
        }
      }
      #expect(isConverged)
      #expect(try await portal.events().contains { $0.kind == "policy-not-converged" })
    }
  }
}

/// A value whose content does not matter.
private struct Ignored: Decodable {}
