import ArgumentParser
import ControlPlane
import Orchestration

struct Context: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Contextual attributes; setting one may trigger adaptation.", subcommands: [Set.self, List.self])

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sets attributes and reports what that led to. An empty value takes an attribute away.",
      discussion: "Example: testudo context set threat_level=high")

    @Argument(help: "KEY=VALUE, any number.")
    var settings: [String]

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      var attributes: [String: String] = [:]
      for setting in settings {
        let (name, value) = try Settings.split(setting)
        attributes[name] = value
      }
      let client = try await Installation.requireControlPlane()
      let changes = try await client.perform("PUT", "/api/v1/context", body: attributes, as: [LevelChange].self) {
        Console.show($0)
      }
      switch format {
      case .json: try Console.print(json: changes)
      case .text where changes.isEmpty: print("no service changes its level")
      case .text: for change in changes { print(change.line) }
      }
      if changes.contains(where: { $0.failure != nil }) { throw ExitCode(1) }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the attributes.", discussion: "Example: testudo context list")

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let attributes: [String: String] = try await client.get("/api/v1/context")
      switch format {
      case .json: try Console.print(json: attributes)
      case .text: for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { print("\(name)=\(value)") }
      }
    }
  }
}

extension LevelChange {
  /// The change in a line.
  var line: String {
    guard let failure else {
      return "\(service): \(from) -> \(to) in \(Int(milliseconds.rounded())) ms (\(cause))"
    }
    return "\(service): \(from) stays in force; \(to) failed: \(failure)"
  }
}
