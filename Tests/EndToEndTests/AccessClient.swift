import Foundation
import Glibc
import Testing

/// A client of the AuthZEN Authorization API, and the control plane that it asks: the real program, over TCP.
struct AccessClient: Sendable {
  let home: URL
  let base: String
  /// The certificate that it trusts, where it speaks TLS.
  var authority: String?

  /// Calls `body` with a client of a control plane that serves for as long; over TLS, with tokens, if asked for.
  static func serving(tls: Bool = false, _ body: (AccessClient) async throws -> Void) async throws {
    let home = FileManager.default.temporaryDirectory.appending(path: "testudo-access-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: home) }
    let port = try freePort()
    var client = AccessClient(home: home, base: "\(tls ? "https" : "http")://127.0.0.1:\(port)")
    var arguments = ["serve", "--listen", "127.0.0.1:\(port)"]
    if tls {
      let files = home.appending(path: "tls/server").path
      let made = try await client.run(["certificate", "--name", "127.0.0.1", "--out", files])
      try #require(made.status == 0, "\(made.errors)")
      arguments += ["--certificate", files + ".pem", "--key", files + "-key.pem"]
      client.authority = files + ".pem"
    }
    let process = Process()
    process.executableURL = URL(filePath: Testbed.program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["TESTUDO_HOME": home.path]) { _, own in own }
    (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, FileHandle.nullDevice)
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    #expect(try await eventually { try await client.send("GET", "healthz").status == 200 })
    try await body(client)
  }

  /// A port that nobody listens on.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
      }
    }
    try #require(result == 0)
    return UInt16(bigEndian: address.sin_port)
  }

  /// Runs a command of the program against the control plane.
  func testudo(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  func run(_ arguments: [String]) async throws -> Outcome {
    try await Command.run(Testbed.program, arguments, environment: ["TESTUDO_HOME": home.path])
  }

  /// Makes one request.
  func send(
    _ method: String, _ path: String, _ body: String? = nil, type: String? = "application/json",
    headers: [String] = []
  ) async throws -> Answer {
    var words = (authority.map { ["--cacert", $0] } ?? []) + ["-X", method] + headers.flatMap { ["-H", $0] }
    let file = FileManager.default.temporaryDirectory.appending(path: "testudo-body-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    if let body {
      try Data(body.utf8).write(to: file)
      words += ["--data-binary", "@\(file.path)", "-H", "Expect:"]
      words += ["-H", type.map { "Content-Type: \($0)" } ?? "Content-Type:"]
    }
    return try await Client.perform(words + ["\(base)/\(path)"])
  }

  func post(_ path: String, _ body: String) async throws -> Answer { try await send("POST", "access/v1/\(path)", body) }

  /// The decisions of an answer: one, or several.
  func decisions(_ path: String, _ body: String) async throws -> [Bool] {
    let answer = try await post(path, body)
    #expect(answer.status == 200, "\(answer)")
    #expect(answer.headers["content-type"] == "application/json")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    guard let several = object["evaluations"] as? [[String: Any]] else {
      return [try #require(object["decision"] as? Bool)]
    }
    #expect(object["decision"] == nil)
    return try several.map { try #require($0["decision"] as? Bool) }
  }

  /// What a search found, by identifier or name.
  func found(_ path: String, _ body: String) async throws -> [String] {
    let answer = try await post("search/\(path)", body)
    #expect(answer.status == 200, "\(answer)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    let results = try #require(object["results"] as? [[String: Any]])
    return try results.map { try #require(($0["id"] ?? $0["name"]) as? String) }
  }
}
