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

  @Test("a version is the tenant's: every enforcement point gets it, and going back makes another")
  func tenantVersion() async throws {
    try await Portal.up { portal in
      #expect(try await portal.up("--name", "second").status == 0)
      func versions() async throws -> [String: [Int]] {
        let status = try await portal.document("policy", "status", as: [PolicyStatus].self)
        #expect(status.allSatisfy { $0.converged }, "\(status)")
        return Dictionary(grouping: status, by: \.service).mapValues { $0.map(\.version) }
      }
      #expect(try await versions() == ["portal": [1], "second": [1]])
      let policy = portal.template.appending(path: "readers-may-write.cedar").path
      let unnamed = try await portal.testudo("policy", "apply", policy)
      #expect(unnamed.status != 0 && unnamed.errors.contains("--service"), "\(unnamed)")
      let file = portal.folder.appending(path: "convergence.json")
      let one = try await portal.testudo("policy", "apply", policy, "--service", "second", "--certificate", file.path)
      #expect(one.status == 0, "\(one.errors)")
      #expect(try await versions() == ["portal": [2], "second": [2]])
      let certificate = try await portal.testudo("policy", "certificate", "--verify", file.path)
      #expect(certificate.output.contains("portal/storefront") && certificate.output.contains("second/storefront"))
      // The other service's rules are what they were.
      let order = "\(try await portal.urls(of: "portal"))/orders/17"
      let second = "\(try await portal.urls(of: "second"))/orders/17"
      #expect(try await Client.request("PUT", order, as: .reader, body: "two").status == 403)
      #expect(try await Client.request("PUT", second, as: .reader, body: "two").status == 201)

      #expect(try await portal.testudo("policy", "rollback").status == 0)
      #expect(try await versions() == ["portal": [3], "second": [3]])
      #expect(try await Client.request("PUT", second, as: .reader, body: "two").status == 403)
      let both = try await portal.testudo(
        "policy", "apply", policy, "--service", "second", "--service", "portal")
      #expect(both.status == 0, "\(both.errors)")
      #expect(try await Client.request("PUT", order, as: .reader, body: "two").status == 201)
      let none = try await portal.testudo("policy", "rollback", "--to", "9")
      #expect(none.status == 1 && none.errors.contains("expected one of 1, 2, 3, 4"), "\(none)")
      let list = try await portal.testudo("policy", "list")
      #expect(list.output.contains("back to version 1") && list.output.contains("2 of 2"), "\(list.output)")

      // What is taken down leaves the version, and comes back with its template's policies.
      #expect(try await portal.testudo("down", "second").status == 0)
      let isLeftOut = try await eventually(within: 30) { try await versions() == ["portal": [5]] }
      #expect(isLeftOut)
      #expect(try await portal.up("--name", "second").status == 0)
      #expect(try await versions() == ["portal": [5], "second": [5]])
      let again = "\(try await portal.urls(of: "second"))/orders/17"
      #expect(try await Client.request("PUT", again, as: .reader, body: "two").status == 403)
      #expect(try await Client.request("PUT", order, as: .reader, body: "three").status == 204)
    }
  }

  @Test("an enforcement point that was killed, or hangs, does not count as converged")
  func killed() async throws {
    try await Portal.up { portal in
      #expect(try await portal.up("--name", "second").status == 0)
      func status() async throws -> [String: PolicyStatus] {
        let all = try await portal.document("policy", "status", as: [PolicyStatus].self)
        return Dictionary(all.map { ($0.service, $0) }) { first, _ in first }
      }
      let before = try await status()
      #expect(before.values.allSatisfy { $0.converged })
      let pids = try await portal.unikernels().filter { $0.resource == "storefront" }
      let first = try #require(pids.first { $0.service == "portal" }?.pid)
      kill(first, SIGSTOP)
      // Longer than one that was heard of is taken for present without being asked.
      try await Task.sleep(for: .milliseconds(300))
      let stopped = try await status()
      #expect(stopped["portal"]?.converged == false && stopped["second"]?.converged == true, "\(stopped)")
      let shown = try await portal.testudo("policy", "status")
      #expect(shown.output.contains("does not answer"), "\(shown.output)")
      let file = portal.folder.appending(path: "convergence.json")
      let certificate = try await portal.testudo("policy", "certificate")
      try certificate.output.write(to: file, atomically: true, encoding: .utf8)
      let verified = try await portal.testudo("policy", "certificate", "--verify", file.path)
      #expect(verified.status == 1 && verified.output.contains("not converged"), "\(verified)")
      kill(first, SIGCONT)
      let isBack = try await eventually(within: 30) { try await status()["portal"]?.converged == true }
      #expect(isBack)

      let instance = try #require(before["portal"]?.instance)
      kill(first, SIGKILL)
      let isGone = try await eventually(within: 30) {
        let all = try await portal.document("policy", "status", as: [PolicyStatus].self)
        return !all.contains { $0.instance == instance && $0.converged }
      }
      #expect(isGone)
      let isReplaced = try await eventually(within: 30) {
        let now = try await status()["portal"]
        return now?.converged == true && now?.instance != instance
      }
      #expect(isReplaced)
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
