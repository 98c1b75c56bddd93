import Foundation
import Glibc
import ImageGeneration
public import Orchestration

/// Starts a control plane in the background where none runs.
public struct BackgroundControlPlane: Sendable {
  let home: HomeDirectory
  let program: String

  /// For a home folder, with the path of this program.
  public init(home: HomeDirectory, program: String) {
    self.home = home
    self.program = program
  }

  /// Returns when a control plane answers: the one that runs, or one just started.
  public func ensure() async throws -> APIClient {
    let client = APIClient(home: home)
    if await client.isUp() { return client }
    try home.create()
    var process: pid_t?
    var refusals = 0
    // It answers within some tens of milliseconds, unless there is much to take up again.
    for _ in 0..<3000 {
      if await client.isUp() { return client }
      var status: Int32 = 0
      if let started = process, waitpid(started, &status, WNOHANG) == started {
        process = nil
        refusals += 1
        // It gives way, with status 1, to one that another command started at the same moment, or that is just ending.
        guard status == 1 << 8, refusals < 10 else {
          throw Problem(
            type: "urn:testudo:execution", title: "The control plane did not start", status: 503,
            detail: "the control plane ended as soon as it was started: \(lastWords)\(DiskSpace.remark(on: home.path))",
            kind: .host)
        }
      }
      if process == nil, !ControlPlaneLock.isHeld(home: home) { process = try start() }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Problem(
      type: "urn:testudo:execution", title: "The control plane does not answer", status: 504,
      detail: "the control plane does not answer after 30 s; see `\(home.controlPlaneLog)`"
        + DiskSpace.remark(on: home.path), kind: .execution)
  }

  private var lastWords: String {
    let log = FileManager.default.contents(atPath: home.controlPlaneLog) ?? Data()
    let said = String(decoding: log.suffix(500), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return said.isEmpty ? "it said nothing" : said
  }

  /// `POSIX_SPAWN_SETSID` of spawn.h, which Swift's view of the C library leaves out.
  private static let ownSession: Int16 = 0x80

  private func start() throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, home.controlPlaneLog, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Whoever waits for the end of a pipe that this program was given must not wait for the control plane.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
      if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A session of its own: it does not end with the terminal.
    posix_spawnattr_setflags(&attributes, BackgroundControlPlane.ownSession)
    var environment = ProcessInfo.processInfo.environment
    environment["TESTUDO_HOME"] = home.path
    let words: [String] = [program, "serve", "--until-idle"]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, program, &actions, &attributes, arguments, variables)
    guard code == 0 else {
      throw Problem(
        type: "urn:testudo:host", title: "The control plane cannot be started", status: 503,
        detail: "`\(program)` cannot be started: \(String(cString: strerror(code)))", kind: .host)
    }
    return process
  }
}
