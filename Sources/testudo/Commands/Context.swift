import ArgumentParser
import ControlPlane
import Foundation
import Orchestration

struct Context: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Contextual attributes; setting one may trigger adaptation.", subcommands: [Set.self, List.self])

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sets attributes and reports what that led to. An empty value takes an attribute away.",
      discussion: """
        A service sees the attributes of everything, of its tenant and its own; what is said more closely stands in the place \
        of what is said more widely.

        Examples: testudo context set threat_level=high
                  testudo context set threat_level=high --service portal
        """)

    @Argument(help: "KEY=VALUE, any number.")
    var settings: [String]

    @OptionGroup var scope: ServiceScopeOptions

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      var attributes: [String: String] = [:]
      for setting in settings {
        let (name, value) = try Settings.split(setting)
        attributes[name] = value
      }
      let client = try await Installation.requireControlPlane()
      if let tenant = scope.tenant, scope.service == nil { try await TenantCommand.noteIfNew(tenant, client) }
      let changes = try await client.perform(
        "PUT", "/api/v1/context" + scope.query, body: attributes, as: [LevelChange].self
      ) { Console.show($0) }
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
      abstract: "Shows the attributes; of a tenant or a service, what is seen there.",
      discussion: "Example: testudo context list --service portal")

    @OptionGroup var scope: ServiceScopeOptions

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let attributes: [String: String] = try await client.get("/api/v1/context" + scope.query)
      switch format {
      case .json: try Console.print(json: attributes)
      case .text: for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { print("\(name)=\(value)") }
      }
    }
  }
}

/// What attributes are said of.
struct ServiceScopeOptions: ParsableArguments {
  @Option(help: "Only this tenant's services; with --service, default unless said otherwise.")
  var tenant: String?

  @Option(help: "Only this service.")
  var service: String?

  /// The query of the API that says so.
  var query: String {
    var components = URLComponents()
    components.queryItems = [("tenant", tenant), ("service", service)].compactMap { name, value in
      value.map { URLQueryItem(name: name, value: $0) }
    }
    return components.percentEncodedQuery.flatMap { $0.isEmpty ? nil : "?" + $0 } ?? ""
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
