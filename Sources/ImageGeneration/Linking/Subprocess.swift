import Foundation
import Glibc

/// A program that is run to its end, without a shell: arguments are passed as they are.
struct Subprocess {
  /// The program and its arguments; the program is looked for in `PATH` unless it has a slash.
  var arguments: [String]
  /// The folder it runs in.
  var folder: String
  /// Where its output goes, and what it complains about: a file in `folder`.
  var log = "log"
  /// It is killed after this time.
  var limit: Duration = .seconds(60)

  /// How a program ended.
  enum Outcome: Equatable {
    /// It returned this status.
    case exited(Int32)
    /// A signal ended it.
    case signalled(Int32)
    /// It took longer than it may.
    case timedOut
    /// It could not be started, with the error's number.
    case notStarted(Int32)
  }

  /// Runs it.
  func run() -> Outcome {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/\(log)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // `env` is there because posix_spawn has no portable way to choose the folder.
    let words = ["/usr/bin/env", "-C", folder, "--"] + arguments
    let environment = [
      "PATH=\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")", "LC_ALL=C",
    ]
    var argumentPointers = words.map { strdup($0) } + [nil]
    var environmentPointers = environment.map { strdup($0) } + [nil]
    defer { (argumentPointers + environmentPointers).forEach { free($0) } }
    // A group of its own, so that what it starts ends with it.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var process: pid_t = 0
    let error = posix_spawn(&process, words[0], &actions, &attributes, &argumentPointers, &environmentPointers)
    guard error == 0 else { return .notStarted(error) }
    return wait(for: process)
  }

  private func wait(for process: pid_t) -> Outcome {
    let deadline = ContinuousClock.now + limit
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      if ended < 0, errno != EINTR { return .notStarted(errno) }
      if ContinuousClock.now > deadline {
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return .timedOut
      }
      usleep(500)
    }
    let signal = status & 0x7F
    return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
  }

  /// What it said: at most the last `limit` bytes.
  func output(limit: Int = 4096) -> String {
    guard let file = FileHandle(forReadingAtPath: "\(folder)/\(log)") else { return "" }
    defer { try? file.close() }
    let end = (try? file.seekToEnd()) ?? 0
    try? file.seek(toOffset: end > UInt64(limit) ? end - UInt64(limit) : 0)
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
  }

  /// Where a program stands in `PATH`, if anywhere.
  static func locate(_ program: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(program)" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }
}
