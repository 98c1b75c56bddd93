import Foundation
import Glibc
import Testing

/// The example's database: a PostgreSQL that nobody changed, behind a unikernel that speaks TLS for it.
@Suite(
  "In front of a database", .serialized, .realUnikernels,
  .enabled(if: PostgreSQLServer.programs != nil, "PostgreSQL is missing: apt-get install postgresql"),
  .enabled(if: PostgreSQLServer.psql != nil, "`psql` is missing: apt-get install postgresql-client"))
struct DatabaseTests {
  private func withDatabase(
    exclusive: Bool = false, _ body: (Gateway, _ through: Int, _ around: Int) async throws -> Void
  ) async throws {
    let server = try await PostgreSQLServer()
    defer { server.stop() }
    try await Gateway.up(exclusive: exclusive) {
      $0.replacing("port: 9000", with: "port: 1").replacing("port: 9001", with: "port: 1")
        .replacing("{ port: 5432 }", with: "{ port: \(server.port) }")
    } _: { gateway in
      let url = try await gateway.example.url("records")
      let port = try #require(url.hasPrefix("tls://127.0.0.1:") ? Int(url.dropFirst("tls://127.0.0.1:".count)) : nil)
      try await body(gateway, port, server.port)
    }
  }

  /// How the database is reached through its image, by a client that verifies it, and shows a certificate or none.
  private func address(_ gateway: Gateway, _ port: Int, showing certificate: String? = nil, more: String = "") -> String
  {
    let shown = certificate.map {
      "sslcert=\(gateway.file("\($0).pem")) sslkey=\(gateway.file("\($0)-key.pem"))"
    }
    return "host=localhost port=\(port) dbname=postgres user=\(PostgreSQLServer.user) sslmode=verify-full "
      + "sslrootcert=\(gateway.file("authority.pem")) \(shown ?? "sslcert=none.pem sslkey=none-key.pem") \(more)"
  }

  @Test("an unchanged client and an unchanged server find each other, with much data, many connections and cancelling")
  func use() async throws {
    try await withDatabase { gateway, through, _ in
      let address = address(gateway, through)
      let clear = try await PostgreSQLServer.query(
        address, "select not ssl from pg_stat_ssl where pid = pg_backend_pid()")
      #expect(clear.output == "t\n", "the server itself speaks in clear: \(clear.errors)")
      let image = try await gateway.example.unikernel("records")
      #expect(image.mechanisms.sorted() == ["audit", "firewall", "rate-limit", "transport-security"])

      // Some megabytes there and back.
      let file = gateway.example.folder.appending(path: "rows")
      let rows = (0..<60_000).map { "\($0)\tthe row of number \($0), and some words to make it longer\n" }.joined()
      try rows.write(to: file, atomically: true, encoding: .utf8)
      #expect(rows.utf8.count > 3 << 20)
      let made = try await PostgreSQLServer.query(address, "create table words (number int primary key, text text)")
      #expect(made.status == 0, "\(made.errors)")
      let loaded = try await PostgreSQLServer.query(address, "\\copy words from '\(file.path)'")
      #expect(loaded.status == 0, "\(loaded.errors)")
      let back = try await PostgreSQLServer.query(
        address, "\\copy (select * from words order by number) to '\(file.path).back'")
      #expect(back.status == 0, "\(back.errors)")
      let returned = try Data(contentsOf: URL(filePath: file.path + ".back"))
      #expect(returned == Data(rows.utf8))

      // Many at once.
      let answers = try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<24 {
          group.addTask {
            try await PostgreSQLServer.query(address, "select text from words where number = \(number)").output
          }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(answers == Set((0..<24).map { "the row of number \($0), and some words to make it longer\n" }))

      // A statement that runs is cancelled, over a connection of its own that is in clear.
      let sleeping = try PostgreSQLServer.start(address, "select pg_sleep(300)")
      let isRunning = try await eventually(within: 30) {
        try await PostgreSQLServer.query(
          address, "select count(*) from pg_stat_activity where query = 'select pg_sleep(300)' and state = 'active'"
        ).output == "1\n"
      }
      try #require(isRunning)
      sleeping.interrupt()
      let cancelled = try await sleeping.outcome()
      #expect(cancelled.errors.contains("canceling statement due to user request"), "\(cancelled.errors)")
    }
  }

  @Test("in clear nobody gets through, and from the higher level on only who shows the certificate that is asked for")
  func levels() async throws {
    try await withDatabase { gateway, through, _ in
      let anybody = address(gateway, through)
      let clear = "host=localhost port=\(through) dbname=postgres user=\(PostgreSQLServer.user) sslmode=disable"
      #expect(try await PostgreSQLServer.query(clear, "select 1").status != 0)
      #expect(try await PostgreSQLServer.query(anybody, "select 1").output == "1\n")
      let image = try await gateway.example.unikernel("records").image

      // Who was let in without a certificate is cut off, in the middle of a statement.
      let open = try PostgreSQLServer.start(anybody, "select pg_sleep(300)")
      let isRunning = try await eventually(within: 30) {
        try await PostgreSQLServer.query(
          anybody, "select count(*) from pg_stat_activity where query = 'select pg_sleep(300)' and state = 'active'"
        ).output == "1\n"
      }
      try #require(isRunning)
      #expect(try await gateway.example.testudo(["context", "set", "threat_level=high"]).status == 0)
      let cut = try await open.outcome()
      #expect(cut.status != 0 && !cut.errors.contains("canceling"), "\(cut)")
      #expect(try await gateway.example.unikernel("records").image == image)

      #expect(try await PostgreSQLServer.query(anybody, "select 1").status != 0)
      for wrong in ["olaf", "stranger"] {
        #expect(
          try await PostgreSQLServer.query(address(gateway, through, showing: wrong), "select 1").status != 0,
          "\(wrong)")
      }
      let known = address(gateway, through, showing: "reports")
      let answer = try await PostgreSQLServer.query(known, "select 1")
      #expect(answer.output == "1\n", "\(answer.errors)")
      // Its password is still the database's to judge.
      let guess = try await PostgreSQLServer.query(known + " password=guess", "select 1")
      #expect(guess.status != 0 && guess.errors.contains("password authentication failed"), "\(guess.errors)")

      // A connection with the certificate outlives the way back.
      let kept = try PostgreSQLServer.start(known, "select pg_sleep(1), 'kept'")
      #expect(try await gateway.example.testudo(["context", "set", "threat_level=low"]).status == 0)
      _ = try await kept.outcome()
      #expect(try await PostgreSQLServer.query(anybody, "select 1").output == "1\n")
      let events = try await gateway.example.testudo(["events", "--format", "json"]).output
      for kind in ["clear-refused", "client-refused", "certificate-refused", "connection-finished"] {
        #expect(events.contains(kind), "\(kind)")
      }
    }
  }

  @Test(
    "the database cannot be reached around its image",
    .enabled(if: Testbed.path(of: "nft") != nil, "`nft` is missing: apt-get install nftables"))
  func exclusive() async throws {
    try await withDatabase(exclusive: true) { gateway, through, around in
      let served = try await PostgreSQLServer.query(address(gateway, through), "select 1")
      #expect(served.output == "1\n", "\(served.errors)")
      let direct = "host=127.0.0.1 port=\(around) dbname=postgres user=\(PostgreSQLServer.user) connect_timeout=2"
      #expect(try await PostgreSQLServer.query(direct, "select 1").status != 0)
      #expect(try await gateway.example.testudo(["down", "--all"]).status == 0)
      #expect(try await PostgreSQLServer.query(direct, "select 1").output == "1\n")
    }
  }
}
