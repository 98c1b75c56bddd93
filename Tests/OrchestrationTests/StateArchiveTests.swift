import Foundation
import State
import Testing

@testable import Orchestration

@Suite("Exported state")
struct StateArchiveTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-archive-\(UUID())")

  private func home(_ name: String) throws -> HomeDirectory {
    let home = HomeDirectory(path: folder.appending(path: name).path)
    try home.create()
    return home
  }

  /// A home folder with something of each kind.
  private func used() throws -> HomeDirectory {
    let home = try home("used")
    let store = try SQLiteStateStore(path: home.database)
    try store.transact(
      if: [],
      [
        .put(key: "context/mode", Array("run".utf8)), .put(key: "services/default/portal", [1]),
        .put(key: "token/0123", [2]), .put(key: "instances/aa", [3]), .put(key: "tenants/shop", [4]),
      ])
    try store.append(event: [5])
    for (path, text) in [
      ("keys/image.pem", "key"), ("keys/image.keys.json", "{}"), ("services/default/portal/a/b.yaml", "secret"),
    ] {
      let place = URL(filePath: "\(home.path)/\(path)")
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: place)
    }
    return home
  }

  private func mode(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test("what was exported with secrets is all there after the import, for its owner only, but for what ran")
  func whole() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let from = try used()
    let archive = try StateArchive(of: from, withSecrets: true)
    #expect(archive.leftOut.isEmpty && archive.services == 1)
    let to = try home("new")
    #expect(try StateArchive(archive.text(), name: "a.json").restore(to: to, replacing: false) == nil)
    var expected = try SQLiteStateStore(path: from.database).snapshot()
    expected.entries.removeAll { $0.key == "instances/aa" }
    #expect(try SQLiteStateStore(path: to.database).snapshot() == expected)
    for path in ["keys/image.pem", "keys/image.keys.json", "services/default/portal/a/b.yaml"] {
      #expect(FileManager.default.contentsEqual(atPath: "\(from.path)/\(path)", andPath: "\(to.path)/\(path)"))
      #expect(try mode("\(to.path)/\(path)") == 0o600)
    }
    #expect(try mode("\(to.path)/services/default") == 0o700)
    #expect(try FileManager.default.contentsOfDirectory(atPath: to.path).allSatisfy { !$0.hasPrefix("incoming") })
  }

  @Test("without secrets, nothing of keys, tokens and services is in it, and what is left out is named")
  func withoutSecrets() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let archive = try StateArchive(of: used(), withSecrets: false)
    #expect(
      archive.leftOut == [
        "keys/image.pem", "services/default/portal", "services/default/portal/a/b.yaml", "token/0123",
      ])
    let text = String(decoding: try archive.text(), as: UTF8.self)
    #expect(!text.contains(Data("secret".utf8).base64EncodedString()))
    #expect(archive.entries.map(\.key) == ["context/mode", "tenants/shop"])
  }

  @Test("a home folder that has something is not written over; with `replacing`, what it had is kept aside")
  func replacing() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let archive = try StateArchive(of: used(), withSecrets: true)
    let other = try home("other")
    try SQLiteStateStore(path: other.database).transact(if: [], [.put(key: "old", [9])])
    #expect(throws: OrchestrationFault.self) { try archive.restore(to: other, replacing: false) }
    #expect(try SQLiteStateStore(path: other.database).value(for: "old")?.bytes == [9])
    let aside = try #require(try archive.restore(to: other, replacing: true))
    #expect(try SQLiteStateStore(path: other.database).value(for: "old") == nil)
    #expect(try SQLiteStateStore(path: aside + "/state.sqlite").value(for: "old")?.bytes == [9])
    try FileManager.default.createDirectory(
      atPath: other.path + "/instances/aa", withIntermediateDirectories: true)
    #expect(throws: OrchestrationFault.self) { try archive.restore(to: other, replacing: true) }
  }

  @Test(
    "what is damaged, later, of another kind, or leads out of the home folder is refused",
    arguments: [
      ("\"revision\" : 1", "\"revision\" : 2"), ("testudo.state", "testudo.other"),
      ("\"version\" : 1", "\"version\" : 2"),
      ("keys/image.pem", "keys/../../image.pem"), ("\"events\"", "\"occurrences\""),
    ])
  func refused(text: String, other: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let document = String(decoding: try StateArchive(of: used(), withSecrets: true).text(), as: UTF8.self)
    #expect(document.contains(text))
    #expect(throws: OrchestrationFault.self) {
      try StateArchive(Data(document.replacing(text, with: other).utf8), name: "a.json")
    }
  }

  @Test(
    "files stand below the folders of a home folder, and nowhere else",
    arguments: [
      ("keys/a.pem", true), ("services/t/s/x", true), ("keys", false), ("/keys/a", false), ("keys/../a", false),
      ("keys//a", false), ("run/api.sock", false), ("keys/./a", false), ("keys/a/", false), ("", false),
    ])
  func places(path: String, isInside: Bool) {
    #expect(StateArchive.isInside(path) == isInside)
  }
}
