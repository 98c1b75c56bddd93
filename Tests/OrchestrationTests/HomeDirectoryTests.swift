import Foundation
import Glibc
import Testing

@testable import Orchestration

@Suite("Home folders")
struct HomeDirectoryTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-home-\(UUID())").path

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  /// A folder that was there before, with files in it.
  private func made(_ name: String, mode: mode_t, files: [String] = []) throws -> HomeDirectory {
    let path = "\(folder)/\(name)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for file in files { try Data().write(to: URL(filePath: "\(path)/\(file)")) }
    try #require(chmod(path, mode) == 0)
    return HomeDirectory(path: path)
  }

  @Test("are for their owner only, also where the folder was there before, or was open to others")
  func closed() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let homes = [
      HomeDirectory(path: "\(folder)/new"), try made("empty", mode: 0o755),
      try made("open", mode: 0o775, files: ["state.sqlite", "something"]),
      try made("own", mode: 0o700, files: ["notes"]),
    ]
    for home in homes {
      try home.create()
      try home.create()
      #expect(mode(home.path) == 0o700, "\(home.path)")
      #expect(mode(home.keys) == 0o700)
    }
  }

  @Test("that have something else in them stay open for that, and what is Testudo's is closed")
  func shared() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let home = try made("documents", mode: 0o755, files: ["letter.txt"])
    try FileManager.default.createDirectory(
      atPath: home.keys, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    try home.create()
    #expect(mode(home.path) == 0o755)
    for folder in [home.keys, home.images, home.run] { #expect(mode(folder) == 0o700, "\(folder)") }
  }

  @Test("that others may write to are neither shut nor used where they are for something else")
  func foreign() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for home in [
      try made("documents", mode: 0o775, files: ["letter.txt"]), try made("shared", mode: 0o1777),
      try made("temporary", mode: 0o1777, files: ["state.sqlite"]),
    ] {
      let before = mode(home.path)
      let fault = try #require(throws: OrchestrationFault.self) { try home.create() }
      #expect(fault.message.contains(home.path) && fault.message.contains("expected"), "\(fault.message)")
      #expect(mode(home.path) == before && !FileManager.default.fileExists(atPath: home.keys))
    }
    let file = HomeDirectory(path: "\(folder)/documents/letter.txt")
    #expect(throws: OrchestrationFault.self) { try file.create() }
  }
}
