import Foundation
import Glibc
import Testing

/// The example service with a home folder of its own, both in a temporary folder that goes away with it.
struct Portal: Sendable {
  let folder: URL
  /// The library of modules that the program uses; nil for its own.
  var library: String?

  /// The home folder of the program, in which nothing is shared with another test.
  var home: URL { folder.appending(path: "home") }
  /// The copy of the example, for a test to change.
  var template: URL { folder.appending(path: "portal") }
  /// The namespaces of all services of this home.
  var namespaces: [String] {
    let files = try? FileManager.default.contentsOfDirectory(atPath: home.appending(path: "networks").path)
    return (files ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
  }

  static let inputs = ["--set", "credentials=@\(Testbed.example.appending(path: "accounts.yaml").path)"]

  /// Makes the copy, calls `body`, and takes everything down, also when that fails. The service is not up yet.
  static func copied<Result: Sendable>(
    of example: URL = Testbed.example, isolation: isolated (any Actor)? = #isolation,
    _ body: (Portal) async throws -> Result
  ) async throws -> Result {
    let name = "testudo-test-\(UUID().uuidString.prefix(8).lowercased())"
    let portal = Portal(folder: FileManager.default.temporaryDirectory.appending(path: name).resolvingSymlinksInPath())
    let result: Swift.Result<Result, any Error>
    do {
      try FileManager.default.createDirectory(at: portal.folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: example, to: portal.template)
      // Any free port is used then, so that tests do not meet there.
      try portal.edit("service.yaml") { $0.replacing(/\n +published_port: [0-9]+/, with: "") }
      result = .success(try await body(portal))
    } catch {
      result = .failure(error)
    }
    await portal.remove()
    return try result.get()
  }

  /// As `copied`, with the service up when `body` is called; its template can be changed before, and a copy of the library of
  /// modules.
  static func up<Result: Sendable>(
    target: String = "process", changing template: (@Sendable (String) -> String)? = nil,
    library change: (@Sendable (URL) throws -> Void)? = nil,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Portal) async throws -> Result
  ) async throws -> Result {
    await Testbed.places.take()
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(
        try await copied { portal in
          if let template { try portal.edit("service.yaml", template) }
          var portal = portal
          if let change {
            let own = portal.folder.appending(path: "library")
            try FileManager.default.copyItem(atPath: try #require(Testbed.library), toPath: own.path)
            try change(own)
            portal.library = own.path
          }
          let outcome = try await portal.up("--target", target)
          try #require(outcome.status == 0, "\(outcome.errors)")
          return try await body(portal)
        })
    } catch {
      result = .failure(error)
    }
    await Testbed.places.giveBack()
    return try result.get()
  }

  /// Changes a file of the copy.
  func edit(_ name: String, _ change: (String) throws -> String) throws {
    let file = template.appending(path: name)
    let text = try String(contentsOf: file, encoding: .utf8)
    try change(text).write(to: file, atomically: false, encoding: .utf8)
  }

  private func remove() async {
    _ = try? await testudo("down", "--all")
    let namespaces = namespaces
    for process in remainingProcesses() { kill(process, SIGKILL) }
    for namespace in namespaces {
      _ = try? await Command.run(Testbed.path(of: "ip") ?? "ip", ["netns", "delete", namespace])
    }
    try? FileManager.default.removeItem(at: folder)
  }
}

// MARK: The program

extension Portal {
  /// Starts the program in this home.
  func start(
    _ arguments: [String], environment: [String: String] = [:], deadline: Double = 120
  ) throws -> Command {
    var own = ["TESTUDO_HOME": home.path, "NO_COLOR": "1"]
    own["TESTUDO_LIBRARY"] = library
    return try Command(
      Testbed.program, arguments, environment: own.merging(environment) { $1 }, deadline: deadline)
  }

  /// Runs the program in this home.
  @discardableResult
  func testudo(_ arguments: String...) async throws -> Outcome {
    try await start(arguments).outcome()
  }

  /// Brings up the copy, with the inputs of the example.
  func up(_ arguments: String...) async throws -> Outcome {
    try await start(["up", template.path] + Portal.inputs + arguments).outcome()
  }

  /// Runs the program with `--format json`, and reads what it prints.
  func document<Document: Decodable>(_ arguments: String..., as type: Document.Type = Document.self) async throws
    -> Document
  {
    let outcome = try await start(arguments + ["--format", "json"]).outcome()
    try #require(outcome.status == 0, "testudo \(arguments.joined(separator: " ")): \(outcome.errors)")
    return try JSONDecoder().decode(type, from: Data(outcome.output.utf8))
  }

  /// What runs.
  func unikernels() async throws -> [RunningUnikernel] { try await document("ps") }

  /// The only unikernel of a resource.
  func unikernel(_ resource: String) async throws -> RunningUnikernel {
    let found = try await unikernels().filter { $0.resource == resource }
    try #require(found.count == 1, "of `\(resource)` there should be one: \(found)")
    return found[0]
  }

  /// What has happened.
  func events() async throws -> [Event] { try await document("events") }

  /// Where the service is published, without the slash at the end.
  func url() async throws -> String {
    let url = try #require(try await unikernel("storefront").urls.first)
    return url.hasSuffix("/") ? String(url.dropLast()) : url
  }

  /// Where the storefront of one of several services is published, without the slash at the end.
  func urls(of service: String) async throws -> String {
    let found = try await unikernels().first { $0.service == service && !$0.urls.isEmpty }
    let url = try #require(found?.urls.first)
    return url.hasSuffix("/") ? String(url.dropLast()) : url
  }

  /// A token of the identity provider that the portal trusts.
  func token(subject: String, role: String) async throws -> String {
    let outcome = try await testudo(
      "token", "--key", template.appending(path: "token-key.pem").path, "--key-id", "portal-2026",
      "--issuer", "https://id.example", "--audience", "portal", "--subject", subject, "--role", role)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The process of the control plane in the background.
  func controlPlane() throws -> pid_t {
    let text = try String(contentsOf: home.appending(path: "run/control-plane.pid"), encoding: .utf8)
    return try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }
}
