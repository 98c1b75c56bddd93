import Foundation
import Testing

@Suite("Images", .serialized, .realUnikernels)
struct ImageTests {
  /// Modules that every image of a process has.
  static let base = [
    "bearssl", "control", "cryptography", "http", "interchange", "library-os", "network", "prefaces",
    "process-platform",
  ]

  @Test("say what they are, what is in them and why, and how much an attacker meets")
  func papers() async throws {
    try await Portal.up { portal in
      #expect(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      let running = try await portal.unikernel("storefront")
      let image = try await portal.document("image", "inspect", running.image, as: ImageInspection.self)
      #expect(image.digest == running.image)
      #expect(image.bytes == running.imageBytes)
      #expect(image.target == "process")
      #expect(image.application == "reverse-proxy+static-site")
      #expect(image.mechanisms == AdaptationTests.elevated)
      #expect(
        image.modules.map(\.name)
          == (AdaptationTests.elevated + ImageTests.base + ["reverse-proxy", "static-site"]).sorted())
      #expect(image.modules.allSatisfy { !$0.version.isEmpty && !$0.reasons.isEmpty })
      let rateLimit = image.modules.first { $0.name == "rate-limit" }
      #expect(rateLimit?.reasons.map(\.kind) == ["requirement"])
      #expect(rateLimit?.reasons.map(\.name) == ["calm"])
      #expect(image.signature.algorithm == "ECDSA-P256-SHA256")
      #expect(
        image.createdFrom.contains { $0.service == "portal" && $0.resource == "storefront" && $0.level == "elevated" })
      #expect(image.bytes < 500_000)
      #expect(try bytes(of: running, in: portal).count == image.bytes)

      let report = try await portal.document("image", "report", running.image, as: SurfaceReport.self)
      #expect(report.writableExecutableSegments == 0)
      #expect(report.systemCalls.count <= 5)
      #expect(
        Set(report.systemCalls).isSubset(of: ["read", "write", "ppoll", "clock_gettime", "exit_group"]),
        "\(report.systemCalls)")
      #expect(report.listeners == [SurfaceReport.Listener(port: 80, protocol: "tcp")])
      #expect(report.executableBytes > 0 && report.executableBytes < image.bytes)
      #expect(Set(report.modulesLeftOut).isSuperset(of: ["basic-authentication", "key-value"]))
      #expect(Set(report.modulesLeftOut).isDisjoint(with: image.modules.map(\.name)))

      let printed = try await portal.testudo("image", "sbom", running.image)
      #expect(printed.status == 0)
      let bill = try JSONDecoder().decode(BillOfMaterials.self, from: Data(printed.output.utf8))
      #expect(bill.bomFormat == "CycloneDX")
      #expect(["1.5", "1.6", "1.7"].contains(bill.specVersion))
      #expect(bill.metadata.component.version == running.image)
      #expect(Set(bill.components.map(\.name)).isSuperset(of: image.modules.map(\.name)))
    }
  }

  @Test("hold nothing of a module that was not selected")
  func leftOut() async throws {
    try await Portal.up { portal in
      let normal = try bytes(of: try await portal.unikernel("storefront"), in: portal)
      let orders = try bytes(of: try await portal.unikernel("orders"), in: portal)
      #expect(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      let elevated = try bytes(of: try await portal.unikernel("storefront"), in: portal)
      // The name of a module is in its code's data, and in the names of its counters: it is there where the module is, so
      // that its absence elsewhere means something.
      #expect(names(in: normal) == ["authorization", "basic-authentication", "firewall", "reverse-proxy"])
      #expect(
        names(in: elevated) == ["authorization", "bearer-authentication", "firewall", "rate-limit", "reverse-proxy"])
      #expect(names(in: orders) == ["firewall", "key-value"])
    }
  }

  private func names(in image: Data) -> [String] {
    let names = [
      "authorization", "basic-authentication", "bearer-authentication", "firewall", "key-value", "rate-limit",
      "reverse-proxy",
    ]
    return names.filter { image.firstRange(of: Data($0.utf8)) != nil }
  }

  @Test("are found to be altered by one byte, and are not started then")
  func altered() async throws {
    try await Portal.up { portal in
      let running = try await portal.unikernel("storefront")
      let namespaces = portal.namespaces
      let sound = try await portal.testudo("image", "verify", running.image)
      #expect(sound.status == 0, "\(sound.errors)")
      #expect(try await portal.testudo("down", "portal").status == 0)

      let file = file(of: running, in: portal)
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count / 2] ^= 1
      try FileManager.default.removeItem(at: file)
      try bytes.write(to: file)

      let outcome = try await portal.testudo("image", "verify", running.image)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains(running.image), "\(outcome.errors)")
      let up = try await portal.up()
      #expect(up.status == 1)
      #expect(up.errors.contains(running.image), "\(up.errors)")
      #expect(try await portal.unikernels().isEmpty)
      let isGone = try await eventually { portal.remainingProcesses().isEmpty }
      #expect(isGone, "\(portal.remainingProcesses().map { portal.commandLine(of: $0) })")
      #expect(portal.existing(namespaces).isEmpty)
    }
  }

  @Test("of a key that was revoked are made anew, and what runs of them gives its place, without a failed request")
  func revoked() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let before = try await portal.unikernels()
      let key = try #require(try await portal.document("key", "list", as: [SigningKeyEntry].self).first?.identifier)
      let statuses = try await Crowd.gathered { crowd in
        await crowd.add("page", "\(url)/")
        try #require(try await eventually { await crowd.count > 20 })
        let revoked = try await portal.testudo("key", "revoke", key)
        #expect(revoked.status == 0 && revoked.output.contains("no longer trusted: image"), "\(revoked)")
        let plan = try await portal.start(
          ["plan", portal.template.path, "--detailed-exitcode"] + Portal.inputs
        ).outcome()
        #expect(plan.status == 2 && plan.output.contains("is trusted no more"), "\(plan.output)")
        let up = try await portal.up()
        #expect(up.status == 0, "\(up.errors)")
        return try await crowd.stop()
      }
      #expect(statuses["page"]?.keys.sorted() == ["200"], "\(statuses)")
      let after = try await portal.unikernels()
      #expect(after.map(\.image) == before.map(\.image) && after.allSatisfy { $0.state == "ready" })
      #expect(Set(after.compactMap(\.pid)).isDisjoint(with: before.compactMap(\.pid)))
      // The images of other levels are made anew in the background.
      #expect(try await eventually { try await portal.testudo("image", "verify").status == 0 })
      let again = try await portal.up()
      #expect(again.status == 0)
      #expect(try await portal.unikernels() == after, "once is enough")
      // What dies comes back.
      let orders = try #require(try await portal.unikernel("orders").pid)
      #expect(kill(orders, SIGKILL) == 0)
      let isBack = try await eventually {
        let found = try await portal.unikernels()
        return found.count == 2 && found.allSatisfy { $0.state == "ready" && $0.pid != nil && $0.pid != orders }
      }
      #expect(isBack)
    }
  }

  private struct SigningKeyEntry: Decodable { var identifier: String }

  @Test("with papers that nobody signed are not started")
  func alteredPapers() async throws {
    try await Portal.up { portal in
      let running = try await portal.unikernel("storefront")
      #expect(try await portal.testudo("down", "portal").status == 0)
      let statement = file(of: running, in: portal).deletingLastPathComponent().appending(path: "statement.json")
      let text = try String(contentsOf: statement, encoding: .utf8)
      let other = text.replacing("\"storefront\"", with: "\"shopfront!\"")
      #expect(other != text)
      try other.write(to: statement, atomically: true, encoding: .utf8)
      let outcome = try await portal.testudo("image", "verify", running.image)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains(running.image), "\(outcome.errors)")
    }
  }

  private func file(of unikernel: RunningUnikernel, in portal: Portal) -> URL {
    let digest = String(unikernel.image.dropFirst("sha256:".count))
    return portal.home.appending(path: "images/images/\(digest)/image.elf")
  }

  private func bytes(of unikernel: RunningUnikernel, in portal: Portal) throws -> Data {
    try Data(contentsOf: file(of: unikernel, in: portal))
  }
}
