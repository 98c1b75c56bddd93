import Foundation
import Testing

/// What the attack-surface report says of an image, held against what others see of it while it runs. Its listeners are held
/// against a port scan in `Tests/Attacks/test_scan.py`.
@Suite("Attack-surface reports", .serialized, .realUnikernels)
struct SurfaceTests {
  @Test(
    "the system calls that an image makes under load are among those that its report names",
    .enabled(if: Testbed.path(of: "strace") != nil, "`strace` is missing"))
  func systemCalls() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let storefront = try await portal.unikernel("storefront")
      let report = try await portal.document("image", "report", storefront.image, as: SurfaceReport.self)
      let process = try #require(storefront.pid)
      let trace = portal.folder.appending(path: "trace").path
      let strace = try Command(
        try #require(Testbed.path(of: "strace")), ["-q", "-p", "\(process)", "-o", trace], deadline: 120)
      func names() -> Set<String> {
        let text = FileManager.default.contents(atPath: trace).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return Set(
          text.split(separator: "\n").compactMap { $0.wholeMatch(of: /([a-z_0-9]+)\(.*/).map { String($0.1) } })
      }
      let statuses = try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        await crowd.add("orders", "\(url)/orders/17", "-u", "rita:reading-room")
        let isSeen = try await eventually(within: 60) { await crowd.count > 400 && names().contains("write") }
        #expect(isSeen)
        // A change of settings, too.
        #expect(try await portal.testudo("level", "portal", "elevated").status == 0)
        return try await crowd.stop()
      }
      #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
      // The old image has ended with the change of level, and strace with it.
      _ = try await strace.outcome()
      let seen = names().subtracting(["restart_syscall"])
      #expect(seen.isSuperset(of: ["read", "write", "ppoll"]), "\(seen)")
      #expect(seen.isSubset(of: report.systemCalls), "\(seen) against \(report.systemCalls)")
    }
  }

  @Test(
    "gadgets are counted where ROPgadget is installed, and are fewer at the level with fewer mechanisms",
    .enabled(if: Testbed.path(of: "ROPgadget") != nil, "`ROPgadget` is missing: pip install ropgadget"))
  func gadgets() async throws {
    struct Gadgets: Decodable { var gadgets: Int? }
    try await Portal.copied { portal in
      _ = try await portal.start(["image", "build", portal.template.path] + Portal.inputs).outcome()
      let images = try await portal.document("image", "list", as: [Listed].self)
      let orders = try #require(images.first { $0.application == "key-value" })
      let storefront = try #require(images.first { $0.application != "key-value" })
      var counts: [Int] = []
      for image in [orders, storefront] {
        let report = try await portal.document("image", "report", image.digest, as: Gadgets.self)
        counts.append(try #require(report.gadgets))
      }
      #expect(counts[0] > 0 && counts[0] < counts[1], "\(counts)")
    }
  }

  @Test("what an image has of each requirement is traced, and what would go with it is not in an image without it")
  func trace() async throws {
    struct Trace: Decodable {
      struct Reason: Decodable {
        var kind: String
        var name: String
      }
      struct Cause: Decodable {
        var reason: Reason
        var calledFor: [String]
        var wouldGo: [String]
        var bytesThatWouldGo: Int?
      }
      struct Part: Decodable {
        var name: String
        var bytes: Int?
        var symbols: [String]?
      }
      var causes: [Cause]
      var modules: [Part]
    }
    try await Portal.copied { portal in
      for level in ["normal", "elevated"] {
        let build = try await portal.start(
          ["image", "build", portal.template.path, "--level", level] + Portal.inputs
        ).outcome()
        try #require(build.status == 0, "\(build.errors)")
      }
      let images = try await portal.document("image", "list", as: [Listed].self)
      let normal = try #require(images.first { $0.mechanisms.contains("basic-authentication") })
      let elevated = try #require(images.first { $0.mechanisms.contains("rate-limit") })
      let trace = try await portal.document("image", "trace", elevated.digest, "--symbols", as: Trace.self)
      let calm = try #require(trace.causes.first { $0.reason.name == "calm" })
      #expect(calm.calledFor == ["rate-limit"] && calm.wouldGo == ["rate-limit"])
      let part = try #require(trace.modules.first { $0.name == "rate-limit" })
      #expect(part.bytes == calm.bytesThatWouldGo && (part.bytes ?? 0) > 1000)
      #expect(part.symbols?.contains { $0.contains("RateLimit") } == true)
      // At the level that does not ask for it, there is nothing of it.
      let without = try await portal.document("image", "trace", normal.digest, "--symbols", as: Trace.self)
      #expect(!without.modules.contains { $0.name == "rate-limit" })
      #expect(without.modules.allSatisfy { $0.symbols != nil })
      let unknown = try await portal.testudo("image", "trace", elevated.digest, "--requirement", "passwords")
      #expect(unknown.status == 1 && unknown.errors.contains("calm"), "\(unknown.errors)")
      let text = try await portal.testudo("image", "trace", elevated.digest, "--requirement", "calm")
      #expect(text.status == 0 && text.output.contains("rate-limit *"), "\(text.output)")
    }
  }

  private struct Listed: Decodable, Sendable {
    var digest: String
    var application: String
    var mechanisms: [String]
  }
}
