import Foundation
import Glibc

/// How a command ended: its exit status (128 and the signal's number where a signal ended it), and what it wrote.
struct Outcome: Sendable {
  var status: Int32
  var output: String
  var errors: String
}

/// A command that runs. Its output goes to files, so that no process that outlives it can hold it up.
final class Command: Sendable {
  private let process: Process
  private let ended: AsyncStream<Int32>
  private let folder: URL

  /// Starts a program, which is killed when it has not ended after `deadline` seconds.
  init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], deadline: Double = 120
  ) throws {
    let process = Process()
    folder = FileManager.default.temporaryDirectory.appending(path: "testudo-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (stream, continuation) = AsyncStream<Int32>.makeStream()
    ended = stream
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, own in own }
    process.standardInput = FileHandle.nullDevice
    let output = try Command.file(folder.appending(path: "output"))
    let errors = try Command.file(folder.appending(path: "errors"))
    process.standardOutput = output
    process.standardError = errors
    process.terminationHandler = { process in
      continuation.yield(process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0))
      continuation.finish()
    }
    // The process has descriptors of its own. Foundation lists all that are open at each start, and cannot list a
    // thousand.
    defer {
      try? output.close()
      try? errors.close()
    }
    try process.run()
    self.process = process
    DispatchQueue.global().asyncAfter(deadline: .now() + deadline) { [weak process] in
      if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
  }

  /// Its number.
  var identifier: pid_t { process.processIdentifier }

  private static func file(_ place: URL) throws -> FileHandle {
    try Data().write(to: place)
    return try FileHandle(forWritingTo: place)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Whether it has not ended.
  var isRunning: Bool { process.isRunning }

  /// Sends it SIGINT, as a terminal does.
  func interrupt() { kill(process.processIdentifier, SIGINT) }

  /// Waits for its end. To be asked for once.
  func outcome() async throws -> Outcome {
    var status: Int32 = 128 + SIGKILL
    for await code in ended { status = code }
    return Outcome(
      status: status, output: try text("output"), errors: try text("errors"))
  }

  /// Ends it, if it has not ended.
  func end() { if process.isRunning { process.terminate() } }

  private func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
  }

  /// Runs a program to its end.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], deadline: Double = 120
  ) async throws -> Outcome {
    try await Command(program, arguments, environment: environment, deadline: deadline).outcome()
  }
}
