import Foundation
import Glibc
import Testing

/// The example that speaks TLS, with certificates made for the test, all in a temporary folder that goes away with it.
struct Encrypted: Sendable {
  let folder: URL
  /// Where it is published.
  var port = 0

  var home: URL { folder.appending(path: "home") }
  private var template: URL { folder.appending(path: "encrypted") }

  /// The path of a certificate or key.
  func file(_ name: String) -> String { folder.appending(path: "tls/\(name)").path }

  /// Brings the example up, calls `body`, and takes everything down, also when that fails.
  static func up<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: (Encrypted) async throws -> Result
  ) async throws -> Result {
    await Testbed.places.take()
    let name = "testudo-test-\(UUID().uuidString.prefix(8).lowercased())"
    var service = Encrypted(
      folder: FileManager.default.temporaryDirectory.appending(path: name).resolvingSymlinksInPath())
    let result: Swift.Result<Result, any Error>
    do {
      try await service.prepare()
      result = .success(try await body(service))
    } catch {
      result = .failure(error)
    }
    _ = try? await service.testudo("down", "--all")
    try? FileManager.default.removeItem(at: service.folder)
    await Testbed.places.giveBack()
    return try result.get()
  }

  private mutating func prepare() async throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: Testbed.repository.appending(path: "Examples/encrypted"), to: template)
    try edit { $0.replacing(", published_port: 8443", with: "") }
    try await certificate("--authority", "--name", "Test authority", out: "authority")
    try await certificate("--issuer", file("authority"), "--name", "127.0.0.1", out: "page")
    try await certificate("--issuer", file("authority"), "--client", "--name", "rita", "--role", "team", out: "rita")
    try await certificate("--issuer", file("authority"), "--client", "--name", "olaf", out: "olaf")
    try await certificate("--client", "--name", "rita", "--role", "team", out: "stranger")
    let outcome = try await bringUp()
    try #require(outcome.status == 0, "\(outcome.errors)")
    let url = try #require(try await unikernels().first?.urls.first)
    try #require(url.hasPrefix("https://127.0.0.1:"))
    port = try #require(Int(url.dropFirst("https://127.0.0.1:".count).dropLast()))
  }

  /// Changes the template.
  func edit(_ change: (String) -> String) throws {
    let file = template.appending(path: "service.yaml")
    try change(try String(contentsOf: file, encoding: .utf8)).write(to: file, atomically: false, encoding: .utf8)
  }

  /// Runs the program in this home.
  @discardableResult
  func testudo(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  private func run(_ arguments: [String]) async throws -> Outcome {
    try await Command.run(Testbed.program, arguments, environment: ["TESTUDO_HOME": home.path, "NO_COLOR": "1"])
  }

  /// Brings up what the template and the files say now.
  func bringUp() async throws -> Outcome {
    try await run([
      "up", template.path, "--set", "certificate=@\(file("page.pem"))", "--set", "key=@\(file("page-key.pem"))",
      "--set",
      "authority=@\(file("authority.pem"))",
    ])
  }

  /// Makes a certificate.
  func certificate(_ arguments: String..., out: String) async throws {
    let outcome = try await run(["certificate", "--out", file(out)] + arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  func unikernels() async throws -> [RunningUnikernel] {
    try JSONDecoder().decode(
      [RunningUnikernel].self, from: Data(try await testudo("ps", "--format", "json").output.utf8))
  }

  /// Asks for a path as curl does, which trusts the test's authority; with a client's certificate where one is named.
  func get(_ path: String, as client: String? = nil) async throws -> Answer {
    var words = ["--cacert", file("authority.pem")]
    if let client { words += ["--cert", file("\(client).pem"), "--key", file("\(client)-key.pem")] }
    return try await Client.request("GET", "https://127.0.0.1:\(port)\(path)", with: words)
  }

  /// Connects as `openssl s_client` does, and ends.
  func openssl(_ arguments: String...) async throws -> Outcome {
    try await Command.run(
      Testbed.path(of: "openssl") ?? "openssl", ["s_client", "-connect", "127.0.0.1:\(port)"] + arguments, deadline: 20)
  }

  /// The serial number of the certificate that is shown.
  func serialNumber() async throws -> String {
    let shown = try await openssl("-showcerts").output
    let end = "-----END CERTIFICATE-----"
    guard let start = shown.range(of: "-----BEGIN"), let last = shown.range(of: end) else { return "" }
    let certificate = folder.appending(path: "shown.pem")
    try String(shown[start.lowerBound..<last.upperBound]).write(to: certificate, atomically: true, encoding: .utf8)
    return try await Command.run(
      Testbed.path(of: "openssl") ?? "openssl", ["x509", "-in", certificate.path, "-noout", "-serial"]
    ).output
  }
}
