import Foundation
import Glibc
import Testing

@Suite("Running a control plane", .serialized, .builtProgram)
struct OperationTests {
  /// A folder that goes away after `body`.
  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-operation-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  private func testudo(_ home: URL, _ arguments: String...) async throws -> Outcome {
    try await Command.run(Testbed.program, arguments, environment: ["TESTUDO_HOME": home.path, "NO_COLOR": "1"])
  }

  @Test("a configuration is checked without beginning anything, and what is wrong is said with its line")
  func configuration() async throws {
    try await withFolder { folder in
      let file = folder.appending(path: "testudo.yaml")
      let home = folder.appending(path: "home")
      try Data("home: home\nlisten: 0.0.0.0:8443\n".utf8).write(to: file)
      for arguments in [["--check-config"], []] {
        let outcome = try await Command.run(
          Testbed.program, ["serve", "--config", file.path] + arguments, environment: ["NO_COLOR": "1"])
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.errors.contains("\(file.path):2:9: error:"), "\(outcome.errors)")
        #expect(outcome.errors.contains("can be reached by others"), "\(outcome.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: home.path))
      try Data("home: home\n".utf8).write(to: file)
      let sound = try await testudo(home, "serve", "--config", file.path, "--check-config")
      #expect(sound.status == 0 && sound.output.contains("nothing is wrong"), "\(sound)")
      #expect(!FileManager.default.fileExists(atPath: home.path))
      // The example of the documentation.
      let example = Testbed.repository.appending(path: "Packaging/testudo.yaml").path
      #expect(try await testudo(home, "serve", "--config", example, "--check-config").status == 0)
    }
  }

  @Test("what a control plane has is exported while it runs, and imported where none runs")
  func backup() async throws {
    try await withFolder { folder in
      let file = folder.appending(path: "state.json").path
      let restored = folder.appending(path: "restored")
      try await AccessClient.serving { client in
        let policies = folder.appending(path: "all.cedar")
        try Data("permit (principal, action, resource);".utf8).write(to: policies)
        #expect(
          try await client.testudo("decision", "set", "--policies", policies.path, "--tenant", "shop").status == 0)
        #expect(try await client.testudo("tenant", "create", "bank", "--services", "3").status == 0)
        #expect(try await client.testudo("context", "set", "mode=run").status == 0)
        let exported = try await client.testudo("state", "export", file, "--with-secrets")
        #expect(exported.status == 0, "\(exported.errors)")
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let again = try await client.testudo("state", "export", file)
        #expect(again.status == 1 && again.errors.contains(file), "a backup is not written over")
        let running = try await client.testudo("state", "import", file, "--replace")
        #expect(running.status == 1 && running.errors.contains("a control plane runs already"), "\(running)")
      }
      let imported = try await testudo(restored, "state", "import", file)
      #expect(imported.status == 0, "\(imported)")
      let refused = try await testudo(restored, "state", "import", file)
      #expect(refused.status == 1 && refused.errors.contains("--replace"), "\(refused)")
      let replaced = try await testudo(restored, "state", "import", file, "--replace")
      #expect(replaced.status == 0 && replaced.errors.contains("replaced-"), "\(replaced)")
      let server = try Command(
        Testbed.program, ["serve"], environment: ["TESTUDO_HOME": restored.path], deadline: 30)
      #expect(try await eventually { try await testudo(restored, "tenant", "show", "bank").status == 0 })
      let tenants = try await testudo(restored, "tenant", "list")
      #expect(tenants.output.contains("0/3") && tenants.output.contains("shop"), "\(tenants.output)")
      #expect(try await testudo(restored, "context", "list").output.contains("mode"))
      let pid = try String(contentsOf: restored.appending(path: "run/control-plane.pid"), encoding: .utf8)
      kill(try #require(pid_t(pid.trimmingCharacters(in: .whitespacesAndNewlines))), SIGTERM)
      #expect(try await server.outcome().status == 0)
    }
  }
}
