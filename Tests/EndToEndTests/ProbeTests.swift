import Foundation
import Testing

@Suite("An instance is asked whether it enforces what is due before others reach it", .serialized, .realUnikernels)
struct ProbeTests {
  struct Probed: Decodable {
    struct Outcome: Decodable {
      var probe: String
      var expected: String
      var seen: String
      var passed: Bool
    }
    var resource: String
    var instance: String
    var state: String
    var level: String
    var probes: [Outcome]?
  }

  static func probed(_ portal: Portal) async throws -> [String: Probed] {
    let all = try await portal.document("ps", as: [Probed].self)
    return Dictionary(all.map { ($0.resource, $0) }) { $1 }
  }

  /// What is left of the example's probes is what its levels call for.
  static let storefront = [
    "normal": ["wrong-credentials-basic", "denied-visitor", "application", "closed-port"],
    "elevated": ["wrong-credentials-bearer", "denied-visitor", "application", "rate-limit", "closed-port"],
  ]

  @Test("what is asked follows from what is due, is planned and kept, and leaves no traces")
  func probes() async throws {
    try await Portal.up { portal in
      let normal = try await Self.probed(portal)
      #expect(normal["storefront"]?.probes?.map(\.probe) == Self.storefront["normal"])
      #expect(normal["orders"]?.probes?.map(\.probe) == ["application", "closed-port", "unknown-source"])
      #expect(normal.values.allSatisfy { $0.probes?.allSatisfy(\.passed) == true })
      let denied = normal["storefront"]?.probes?.first { $0.probe == "denied-visitor" }
      #expect(denied?.expected == "401 to HEAD /orders, asking for Basic" && denied?.seen == "401, asking for basic")

      let plan = try await portal.start(
        ["plan", portal.template.path, "--level", "elevated"] + Portal.inputs
      ).outcome()
      #expect(
        plan.output.contains("before anybody reaches it: wrong-credentials-bearer, denied-visitor"), "\(plan.output)")

      let change = try await portal.testudo("context", "set", "threat_level=high")
      #expect(change.status == 0, "\(change.errors)")
      let elevated = try await Self.probed(portal)
      #expect(elevated["storefront"]?.probes?.map(\.probe) == Self.storefront["elevated"])
      // Nobody else was there: every event of a module is of a probe, says so, and is nothing to look at.
      try #require(try await eventually { try await portal.events().filter { $0.kind == "probes-passed" }.count == 3 })
      let events = try await portal.events()
      let ofModules = events.filter { $0.kind.contains(".") }
      #expect(ofModules.contains { $0.kind == "bearer-authentication.denied" })
      #expect(ofModules.allSatisfy { $0.details?["probe"] == "true" }, "\(ofModules)")
      // A real refusal is none of a probe.
      let url = try await portal.url()
      #expect(try await Client.request("GET", "\(url)/orders").status == 401)
      let isTold = try await eventually {
        try await portal.events().contains { $0.kind == "authorization.denied" && $0.details?["probe"] == nil }
      }
      #expect(isTold)
    }
  }

  @Test("an instance whose mechanism does not work gets no traffic: it is ended, and what ran goes on")
  func doctored() async throws {
    // Signatures of tokens are not looked at; passwords, which are due at first, are.
    let breaksSignatures: @Sendable (URL) throws -> Void = { library in
      let archive = library.appending(path: "archives/bearssl.a")
      try DoctoredArchive.sayYes(archive, functions: ["br_ecdsa_i31_vrfy_raw"])
    }
    try await Portal.up(library: breaksSignatures) { portal in
      let url = try await portal.url()
      let before = try await Self.probed(portal)
      let change = try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        try #require(try await eventually { await crowd.count > 20 })
        let change = try await portal.testudo("context", "set", "threat_level=high")
        let statuses = try await crowd.stop()
        #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
        return change
      }
      let said = change.output + change.errors
      #expect(
        said.contains("wrong-credentials-bearer: expected 401 to HEAD /orders with wrong credentials, seen 403"),
        "\(said)")
      let after = try await Self.probed(portal)
      #expect(after["storefront"]?.instance == before["storefront"]?.instance && after["storefront"]?.state == "ready")
      #expect(after.count == 2)
      #expect(try await portal.url() == url)
      let failed = try await portal.events().filter { $0.kind == "probe-failed" }
      #expect(failed.contains { $0.details?["probe"] == "wrong-credentials-bearer" })
      #expect(failed.allSatisfy { $0.details?["seen"] == "403" && $0.correlation != nil })

      // Set by hand, it is not what is declared after it has failed.
      _ = try await portal.testudo("context", "set", "threat_level=low")
      let byHand = try await portal.testudo("level", "portal", "elevated")
      #expect(byHand.status != 0)
      #expect(try await Self.probed(portal)["storefront"]?.level == "normal")
    }
  }
}
