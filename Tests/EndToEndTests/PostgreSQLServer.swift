import Foundation
import Glibc
import Testing

/// An unchanged PostgreSQL, as Debian's package has it, in a temporary folder and as an ordinary user, which it asks for.
final class PostgreSQLServer: Sendable {
  /// The name and the password of its one account.
  static let user = "ada"
  static let password = "harbour-light"

  /// Where its programs are; nil where they are not installed.
  static let programs: String? = {
    let folder = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return versions.compactMap { version in Int(version).map { ($0, "\(folder)/\(version)/bin") } }
      .sorted { $0.0 > $1.0 }.map(\.1).first {
        access("\($0)/postgres", X_OK) == 0 && access("\($0)/initdb", X_OK) == 0
      }
  }()
  /// Its client.
  static let psql = Testbed.path(of: "psql")

  let port: Int
  private let folder: URL
  private let process: Process

  init() async throws {
    let programs = try #require(Self.programs)
    port = try Gateway.freePort()
    folder = FileManager.default.temporaryDirectory.appending(path: "testudo-postgresql-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let password = folder.appending(path: "password")
    try Self.password.write(to: password, atomically: true, encoding: .utf8)
    // `nobody` has to get there.
    chmod(FileManager.default.temporaryDirectory.path, 0o755)
    for file in [folder.path, password.path] { chown(file, 65_534, 65_534) }
    let data = folder.appending(path: "data").path
    let made = try await Command.run(
      "/usr/bin/setpriv",
      Self.asNobody + [
        "\(programs)/initdb", "--pgdata", data, "--username", Self.user, "--pwfile", password.path, "--auth",
        "scram-sha-256", "--no-sync", "--encoding", "UTF8", "--locale", "C",
      ])
    try #require(made.status == 0, "\(made.errors)")
    process = Process()
    process.executableURL = URL(filePath: "/usr/bin/setpriv")
    process.arguments =
      Self.asNobody + ["\(programs)/postgres", "-D", data, "-p", "\(port)", "-k", folder.path]
      + ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=100"].flatMap { ["-c", $0] }
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let address = "host=127.0.0.1 port=\(port) dbname=postgres user=\(Self.user)"
    let answers = try await eventually(within: 60) {
      try await Self.query(address, "select 1").output == "1\n"
    }
    try #require(answers)
  }

  func stop() {
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  private static let asNobody = ["--reuid=65534", "--regid=65534", "--clear-groups"]

  /// Asks a question with `psql`.
  static func query(_ address: String, _ statement: String, deadline: Double = 60) async throws -> Outcome {
    try await start(address, statement, deadline: deadline).outcome()
  }

  /// Starts `psql` with a statement.
  static func start(_ address: String, _ statement: String, deadline: Double = 60) throws -> Command {
    // Threads of tests block signals, and what they start inherits that.
    let unblocking =
      "import os, signal, sys; signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT]); "
      + "os.execv(sys.argv[1], sys.argv[1:])"
    return try Command(
      try #require(Testbed.path(of: "python3")),
      [
        "-c", unblocking, try #require(psql), "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "-d", address,
        "-c", statement,
      ],
      environment: ["PGPASSWORD": password, "PGCONNECT_TIMEOUT": "10"], deadline: deadline)
  }
}
