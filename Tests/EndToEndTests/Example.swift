import Foundation
import Testing

/// An example of the repository, brought up in a temporary folder that goes away with it.
struct Example: Sendable {
  let folder: URL
  let template: URL

  var home: URL { folder.appending(path: "home") }

  /// Copies an example, lets `prepare` say with which inputs it is brought up, calls `body`, and takes everything down, also
  /// when that fails. Ports that the example publishes are any free ones then.
  static func up<Result: Sendable>(
    _ name: String, isolation: isolated (any Actor)? = #isolation,
    prepare: (Example) async throws -> [String], _ body: (Example) async throws -> Result
  ) async throws -> Result {
    await Testbed.places.take()
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "testudo-test-\(UUID().uuidString.prefix(8).lowercased())").resolvingSymlinksInPath()
    let example = Example(folder: folder, template: folder.appending(path: name))
    let result: Swift.Result<Result, any Error>
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: Testbed.repository.appending(path: "Examples/\(name)"), to: example.template)
      try example.edit { $0.replacing(#/, published_port: [0-9]+/#, with: "") }
      let inputs = try await prepare(example)
      let outcome = try await example.testudo(["up", example.template.path] + inputs)
      try #require(outcome.status == 0, "\(outcome.errors)")
      result = .success(try await body(example))
    } catch {
      result = .failure(error)
    }
    _ = try? await example.testudo(["down", "--all"])
    try? FileManager.default.removeItem(at: folder)
    await Testbed.places.giveBack()
    return try result.get()
  }

  /// Changes the template.
  func edit(_ change: (String) -> String) throws {
    let file = template.appending(path: "service.yaml")
    try change(try String(contentsOf: file, encoding: .utf8)).write(to: file, atomically: false, encoding: .utf8)
  }

  /// Runs the program in this home.
  @discardableResult
  func testudo(_ arguments: [String]) async throws -> Outcome {
    try await Command.run(Testbed.program, arguments, environment: ["TESTUDO_HOME": home.path, "NO_COLOR": "1"])
  }

  func unikernel(_ resource: String) async throws -> RunningUnikernel {
    let all = try JSONDecoder().decode(
      [RunningUnikernel].self, from: Data(try await testudo(["ps", "--format", "json"]).output.utf8))
    let found = all.filter { $0.resource == resource }
    try #require(found.count == 1, "of `\(resource)` there should be one: \(found)")
    return found[0]
  }

  /// Where a resource is published, without the slash at the end.
  func url(_ resource: String) async throws -> String {
    let url = try #require(try await unikernel(resource).urls.first)
    return url.hasSuffix("/") ? String(url.dropLast()) : url
  }

  /// The namespace of the service's network.
  func namespace() throws -> String {
    let files = try FileManager.default.contentsOfDirectory(atPath: home.appending(path: "networks").path)
    return String(try #require(files.first { $0.hasSuffix(".json") }).dropLast(5))
  }
}
