import Foundation
import SecTOSCA
import Testing

@testable import ImageGeneration

@Suite("Vulnerability notices")
struct NoticeTests {
  static let libraries: Set<String> = ["bearssl"]

  private func read(_ text: String) throws -> [VulnerabilityNotice] {
    try NoticeReader.read(Array(text.utf8), libraries: Self.libraries)
  }

  private static let record = """
    {"id": "CVE-2026-1", "summary": "a flaw", "affected": [
      {"package": {"ecosystem": "npm", "name": "http"}, "versions": ["9.9.9"]},
      {"package": {"ecosystem": "Testudo", "name": "http"},
       "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"},
                                                {"introduced": "2.0.0"}, {"last_affected": "2.1.0"}]}],
       "versions": ["3.0.0"]}]}
    """

  @Test(
    "a record of OSV says which versions of a module are affected",
    arguments: [
      ("1.0.0", true), ("1.1.9", true), ("1.2.0", false), ("1.10.0", false), ("2.0.0", true), ("2.1.0", true),
      ("2.1.1", false), ("3.0.0", true), ("9.9.9", false),
    ])
  func osv(_ version: String, _ isAffected: Bool) throws {
    let notice = try #require(try read(Self.record).first)
    #expect(notice.id == "CVE-2026-1" && notice.affected.count == 1)
    #expect(notice.affects(ModuleVersion(name: "http", version: version)) == isAffected)
    #expect(!notice.affects(ModuleVersion(name: "network", version: version)))
  }

  @Test("an advisory of CSAF names products by their package URLs, in branches too, and Debian's name of a library")
  func csaf() throws {
    let notices = try read(
      """
      {"document": {"title": "two flaws", "tracking": {"id": "ADV-1"}},
       "product_tree": {
         "branches": [{"category": "vendor", "branches": [{"category": "product_version", "product":
           {"product_id": "A", "product_identification_helper": {"purl": "pkg:generic/testudo/firewall@1.0.0"}}}]}],
         "full_product_names": [
           {"product_id": "B", "product_identification_helper": {"purl": "pkg:deb/debian/bearssl@0.6%2Bdfsg?arch=amd64"}},
           {"product_id": "C", "product_identification_helper": {"purl": "pkg:deb/debian/bearssl@0.6+dfsg.1-3"}},
           {"product_id": "D", "product_identification_helper": {"purl": "pkg:npm/firewall@1.0.0"}}]},
       "vulnerabilities": [
         {"cve": "CVE-2026-2", "product_status": {"known_affected": ["A", "D"]}},
         {"title": "no number", "product_status": {"known_affected": ["C"]}},
         {"cve": "CVE-2026-3", "product_status": {"known_affected": ["D"], "fixed": ["A"]}}]}
      """)
    #expect(notices.map(\.id) == ["CVE-2026-2", "ADV-1"])
    #expect(notices[0].affects(ModuleVersion(name: "firewall", version: "1.0.0")))
    #expect(!notices[0].affects(ModuleVersion(name: "firewall", version: "1.0.1")))
    #expect(notices[1].affects(ModuleVersion(name: "bearssl", version: "0.6")))
  }

  @Test(
    "what is no notice about a module is refused, with what was expected",
    arguments: [
      ("[", "no JSON object"), ("{}", "neither `affected` nor `vulnerabilities`"),
      (#"{"id": "../x", "affected": []}"#, "`id`"), (#"{"id": "CVE-1", "affected": []}"#, "about no module"),
      (#"{"id": "CVE-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "http"}}]}"#, "about no module"),
      (#"{"vulnerabilities": []}"#, "about no module"),
    ])
  func refused(_ text: String, _ message: String) {
    #expect {
      try read(text)
    } throws: { error in
      "\(error)".contains(message) && "\(error)".contains("expected")
    }
  }

  @Test("a book keeps notices, what was accepted of them, and tells which modules not to take")
  func book() throws {
    let folder = try TemporaryFolder()
    let book = NoticeBook(folder: "\(folder.path)/notices")
    #expect(try book.notices().isEmpty)
    let notice = try #require(try read(Self.record).first)
    try book.add(notice)
    let modules = try Catalogue(
      modules: ["1.0.0", "1.2.0"].map { try manifest("http", $0) } + [manifest("network", "1.0.0")]
    ).modules
    #expect(try book.vulnerable(among: modules) == [ModuleVersion(name: "http", version: "1.0.0")])
    #expect(try book.accept(notice.id, reason: "not reachable").acceptance == "not reachable")
    #expect(try book.vulnerable(among: modules).isEmpty)
    // A newer issue of the notice does not take the acceptance back.
    try book.add(notice)
    #expect(try book.notices().map(\.acceptance) == ["not reachable"])
    #expect(throws: ImageFault.self) { try book.accept("CVE-0", reason: "x") }
    try book.remove(notice.id)
    #expect(try book.notices().isEmpty)
    try folder.write("{", to: "notices/broken.json")
    #expect(throws: ImageFault.self) { try book.vulnerable(among: modules) }
  }

  private func manifest(_ name: String, _ version: String) throws -> ModuleManifest {
    var reader = ManifestReader(file: "m.json")
    let text = """
      {"name": "\(name)", "version": "\(version)", "summary": "s", "kind": "support", "archives": [], "provides": [],
       "requires": [], "conflicts": [], "parameters": []}
      """
    let manifest = reader.read(Data(text.utf8))
    return try #require(manifest)
  }
}
