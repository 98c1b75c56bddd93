import ArgumentParser
import ControlPlane
import Orchestration

struct Level: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows or sets a service's security level.",
    discussion: "Example: testudo level portal lockdown")

  @Argument(help: "The service's name.")
  var service: String

  @Argument(help: "The level to set; none shows the level.")
  var level: String?

  @Flag(help: "Leave the level to triggers again.")
  var auto = false

  @OptionGroup var tenant: TenantOption

  @Option(help: "text or json.")
  var format = DocumentFormat.text

  func validate() throws {
    if level != nil, auto { throw ValidationError("Give a level or --auto, not both.") }
  }

  func run() async throws {
    let client = try await Installation.requireControlPlane()
    if level != nil || auto {
      let change = try await client.perform(
        "PUT", "/api/v1/services/\(service)/level?tenant=\(tenant.tenant)", body: LevelRequest(level: level),
        as: LevelChange.self, progress: { Console.show($0) })
      switch format {
      case .json: try Console.print(json: change)
      case .text: print(change.line)
      }
      return
    }
    let services: [ServiceStatus] = try await client.get("/api/v1/services?tenant=\(tenant.tenant)")
    guard let status = services.first(where: { $0.name == service }) else {
      let names = services.map(\.name).joined(separator: ", ")
      throw OrchestrationFault.notFound(
        "there is no service `\(service)`; " + (names.isEmpty ? "no service is up" : "up: \(names)"))
    }
    switch format {
    case .json: try Console.print(json: status)
    case .text:
      print("\(status.level)\(status.levelSetByHand == nil ? "" : " (set by hand)")")
    }
  }
}
