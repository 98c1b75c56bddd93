import ControlPlane
import Foundation
import Glibc
import Orchestration

/// Where this program's own parts are, and the home folder in use.
enum Installation {
  /// The path of this program.
  static let program: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : "testudo"
  }()

  /// The port forwarder, which is built beside this program.
  static var forwarder: String {
    URL(filePath: program).deletingLastPathComponent().appending(path: "testudo-forwarder").path
  }

  /// The folder that images are linked from: `$TESTUDO_LIBRARY`, else `share/testudo` beside the program's folder, else
  /// `library` in the build folder that the program is in.
  static func library() throws(Problem) -> String {
    let files = FileManager.default
    if let named = ProcessInfo.processInfo.environment["TESTUDO_LIBRARY"], !named.isEmpty {
      guard files.fileExists(atPath: named + "/modules") else {
        throw lacking(
          "there is no library of modules in `\(named)`, which TESTUDO_LIBRARY names; make one with `make library`")
      }
      return URL(filePath: named).standardizedFileURL.path
    }
    var folder = URL(filePath: program).deletingLastPathComponent()
    let installed = folder.deletingLastPathComponent().appending(path: "share/testudo").path
    if files.fileExists(atPath: installed + "/modules") { return installed }
    for _ in 0..<4 {
      let candidate = folder.appending(path: "library").path
      if files.fileExists(atPath: candidate + "/modules") { return candidate }
      folder.deleteLastPathComponent()
    }
    throw lacking("the library of modules is missing; make it with `make library`, or name it in TESTUDO_LIBRARY")
  }

  private static func lacking(_ detail: String) -> Problem {
    Problem(type: "urn:testudo:host", title: "Library missing", status: 503, detail: detail, kind: .host)
  }

  /// The home folder.
  static var home: HomeDirectory { HomeDirectory(environment: ProcessInfo.processInfo.environment) }

  /// A control plane that runs, or was started just now.
  static func controlPlane() async throws -> APIClient {
    _ = try library()
    return try await BackgroundControlPlane(home: home, program: program).ensure()
  }

  /// The control plane, unless nothing is declared: one that was killed has left its services running, and is started
  /// again to tell of them.
  static func runningControlPlane() async throws -> APIClient? {
    let client = APIClient(home: home)
    if await client.isUp() { return client }
    return home.hasServices ? try await controlPlane() : nil
  }

  /// A control plane that runs; none is an error, since nothing is up.
  static func requireControlPlane() async throws -> APIClient {
    if let client = try await runningControlPlane() { return client }
    throw Problem(
      type: "urn:testudo:not-found", title: "Nothing is up", status: 404,
      detail: "no control plane runs for `\(home.path)`: nothing is up; start a service with `testudo up PATH`",
      kind: .input)
  }
}
