import Foundation
import Glibc
import Testing

/// The example in which applications that run already, and are no unikernels, stand behind one.
@Suite("In front of what runs already", .serialized, .realUnikernels)
struct GatewayTests {
  /// An unchanged `python3 -m http.server`, which serves a folder with one page.
  private final class PageServer {
    let port: Int
    private let folder: URL
    private let process = Process()

    init() async throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "testudo-pages-\(UUID().uuidString.prefix(8))")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try "a page of the application\n".write(
        to: folder.appending(path: "index.html"), atomically: true, encoding: .utf8)
      port = try Gateway.freePort()
      process.executableURL = URL(filePath: Testbed.path(of: "python3") ?? "/usr/bin/python3")
      process.arguments = ["-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory", folder.path]
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      let url = "http://127.0.0.1:\(port)/"
      try #require(try await eventually { try await Client.request("GET", url, timeout: 1).status == 200 })
    }

    func stop() {
      // Foundation waits for an end with a thread that never rests.
      kill(process.processIdentifier, SIGKILL)
      try? FileManager.default.removeItem(at: folder)
    }
  }

  private func withGateway(
    exclusive: Bool = false, _ body: (Example, _ url: String, _ around: String) async throws -> Void
  ) async throws {
    let server = try await PageServer()
    defer { server.stop() }
    try await Gateway.up(exclusive: exclusive) {
      $0.replacing("port: 9000", with: "port: \(server.port)").replacing("port: 9001", with: "port: 1")
        .replacing("{ port: 5432 }", with: "{ port: 1 }")
    } _: { gateway in
      try await body(
        gateway.example, try await gateway.example.url("front"), "http://127.0.0.1:\(server.port)/")
    }
  }

  private static let administrator = Credentials.password("ada", "harbour-light")

  @Test(
    "an unchanged application is served through an image, and protected as the level asks for",
    .enabled(if: Testbed.path(of: "python3") != nil, "`python3` is missing"))
  func levels() async throws {
    try await withGateway { example, url, _ in
      let answer = try await Client.request("GET", "\(url)/")
      #expect(answer.status == 200 && answer.body == "a page of the application\n")
      #expect(answer.headers["via"] == "1.1 testudo")
      // What is not declared does not get out: the image reaches no port of the host but the one that is offered.
      #expect(try await Client.request("GET", "\(url)/live").status == 502)

      #expect(try await example.testudo(["context", "set", "threat_level=high"]).status == 0)
      #expect(try await Client.request("GET", "\(url)/").status == 401)
      #expect(try await Client.request("GET", "\(url)/", as: .password("ada", "wrong")).status == 401)
      #expect(try await Client.request("GET", "\(url)/", as: Self.administrator).body == "a page of the application\n")
      #expect(try await example.testudo(["context", "set", "threat_level=low"]).status == 0)
      #expect(try await Client.request("GET", "\(url)/").status == 200)
    }
  }

  @Test(
    "one that is exclusive cannot be reached around its image, and is free again once the service is down",
    .enabled(if: Testbed.path(of: "python3") != nil, "`python3` is missing"),
    .enabled(if: Testbed.path(of: "nft") != nil, "`nft` is missing: apt-get install nftables"))
  func exclusive() async throws {
    try await withGateway(exclusive: true) { example, url, around in
      #expect(try await Client.request("GET", "\(url)/").status == 200)
      #expect(try await Client.request("GET", around, timeout: 1).curl == Client.timedOut)
      let planned = try await example.testudo(
        ["plan", example.template.path, "--detailed-exitcode"] + Gateway(example: example).inputs)
      #expect(planned.status == 0, "\(planned.output)\(planned.errors)")
      // Another service would be cut off, or cut this one off: that is found before anything is changed.
      for command in ["plan", "up"] {
        let second = try await example.testudo(
          [command, example.template.path, "--name", "second"] + Gateway(example: example).inputs)
        #expect(second.status == 1 && second.errors.contains("is `exclusive` to the service `gateway`"), "\(second)")
      }
      // Rules that somebody takes away come back.
      let nft = try #require(Testbed.path(of: "nft"))
      let networks = try FileManager.default.contentsOfDirectory(atPath: example.home.appending(path: "networks").path)
      let network = try #require(networks.first { $0.hasSuffix(".json") }).dropLast(5)
      _ = try await Command.run(nft, ["delete", "table", "inet", "\(network)"])
      #expect(try await Client.request("GET", around, timeout: 5).status == 200)
      let isClosed = try await eventually(within: 30) {
        try await Client.request("GET", around, timeout: 1).curl == Client.timedOut
      }
      #expect(isClosed)
      #expect(try await Client.request("GET", "\(url)/").status == 200)
      _ = try await Command.run(nft, ["delete", "table", "inet", "\(network)"])
      let closing = try await example.testudo(["up", example.template.path] + Gateway(example: example).inputs)
      #expect(closing.status == 0, "\(closing)")
      #expect(try await Client.request("GET", around, timeout: 1).curl == Client.timedOut)
      // An update that gives it free opens it without anything else being touched.
      let before = try await example.unikernel("front").pid
      try example.edit { $0.replacing(", exclusive: true", with: "") }
      #expect(try await example.testudo(["up", example.template.path] + Gateway(example: example).inputs).status == 0)
      #expect(try await Client.request("GET", around, timeout: 5).status == 200)
      #expect(try await example.unikernel("front").pid == before)
      try example.edit { $0.replacing("127.0.0.1 }", with: "127.0.0.1, exclusive: true }") }
      #expect(try await example.testudo(["up", example.template.path] + Gateway(example: example).inputs).status == 0)
      #expect(try await Client.request("GET", around, timeout: 1).curl == Client.timedOut)
      #expect(try await example.testudo(["down", "--all"]).status == 0)
      #expect(try await Client.request("GET", around, timeout: 5).status == 200)
    }
  }
}
