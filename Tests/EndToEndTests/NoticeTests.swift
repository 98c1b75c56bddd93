import Foundation
import Testing

@Suite("Vulnerability notices", .serialized, .realUnikernels)
struct NoticeTests {
  /// What `notice list --format json` gives, as far as it is looked at.
  private struct Effect: Decodable, Sendable {
    var images: [String]
    var instances: [String]
  }

  /// A notice about one version of the firewall.
  private static func notice(_ id: String, version: String, in portal: Portal) throws -> String {
    let file = portal.folder.appending(path: "\(id).json")
    try Data(
      #"""
      {"id": "\#(id)", "summary": "a flaw", "affected": [
        {"package": {"ecosystem": "Testudo", "name": "firewall"}, "versions": ["\#(version)"]}]}
      """#.utf8
    ).write(to: file)
    return file.path
  }

  /// The versions of the firewall that run, one for each instance.
  private static func versions(_ portal: Portal) async throws -> [String?] {
    var versions: [String?] = []
    for unikernel in try await portal.unikernels() {
      let image = try await portal.document("image", "inspect", unikernel.image, as: ImageInspection.self)
      versions.append(image.modules.first { $0.name == "firewall" }?.version)
    }
    return versions
  }

  @Test(
    "running instances with an affected module get another version without a gap; where there is none, that is said")
  func replaced() async throws {
    // The library has another version of the firewall, which is older, so that it is not taken by itself.
    let addsVersion: @Sendable (URL) throws -> Void = { library in
      let text = try String(contentsOf: library.appending(path: "modules/firewall.json"), encoding: .utf8)
      let other = text.replacing(/"version": "[^"]+"/, with: "\"version\": \"0.9.9\"")
      try other.write(to: library.appending(path: "modules/firewall-before.json"), atomically: true, encoding: .utf8)
    }
    try await Portal.up(library: addsVersion) { portal in
      let url = try await portal.url()
      let before = try await portal.unikernels()
      let version = try #require(try await Self.versions(portal).first ?? nil)
      #expect(version != "0.9.9")

      let first = try Self.notice("CVE-2026-1", version: version, in: portal)
      let statuses = try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        try #require(try await eventually { await crowd.count > 100 })
        let added = try await portal.testudo("notice", "add", first)
        #expect(added.status == 0 && !added.errors.contains("nothing can take the place"), "\(added.errors)")
        return try await crowd.stop()
      }
      #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
      let after = try await portal.unikernels()
      #expect(
        after.count == before.count && after.allSatisfy { $0.state == "ready" && $0.mechanisms.contains("firewall") })
      #expect(Set(after.compactMap(\.pid)).isDisjoint(with: before.compactMap(\.pid)))
      #expect(try await Self.versions(portal) == ["0.9.9", "0.9.9"])
      let effects = try await portal.document("notice", "list", as: [Effect].self)
      // The code of both versions is alike, but the images are not, and those of the affected one are still in the store.
      #expect(effects.map(\.instances) == [[]])
      #expect(effects.count == 1 && Set(effects[0].images).isSuperset(of: before.map(\.image)))

      // Now there is no version left: what runs goes on, and that is said.
      let second = try Self.notice("CVE-2026-2", version: "0.9.9", in: portal)
      let added = try await portal.testudo("notice", "add", second)
      #expect(added.status == 0, "\(added.errors)")
      #expect(added.errors.contains("nothing can take the place of firewall"))
      #expect(try await portal.unikernels().allSatisfy { $0.state == "ready" && $0.mechanisms.contains("firewall") })
      let events = try await portal.events().filter { $0.kind == "vulnerability-remains" }
      #expect(Set(events.compactMap(\.resource)) == ["orders", "storefront"])
      #expect(events.allSatisfy { $0.message.contains("firewall") })
      #expect(try await Client.request("GET", "\(url)/").status == 200)
    }
  }
}
