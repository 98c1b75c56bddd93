public import ArgumentParser
import ControlPlane
import Orchestration
public import SecTOSCA

struct Phase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows or sets the phase of a service's life; triggers may follow it.",
    discussion: """
      A phase is \(OrchestrationPhase.allCases.map(\.rawValue).joined(separator: ", ")). It is `run` unless set.

      Example: testudo phase portal maintenance
      """)

  @Argument(help: "The service's name.")
  var service: String

  @Argument(help: "The phase to set; none shows the phase.")
  var phase: OrchestrationPhase?

  @OptionGroup var tenant: TenantOption

  @Option(help: "text or json.")
  var format = DocumentFormat.text

  func run() async throws {
    let client = try await Installation.requireControlPlane()
    if let phase {
      let change = try await client.perform(
        "PUT", "/api/v1/services/\(service)/phase?tenant=\(tenant.tenant)", body: PhaseRequest(phase: phase.rawValue),
        as: LevelChange.self, progress: { Console.show($0) })
      switch format {
      case .json: try Console.print(json: change)
      case .text: print(change.from == change.to ? "\(service): \(change.to) stays in force" : change.line)
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
    case .text: print(status.phase)
    }
  }
}

extension OrchestrationPhase: ExpressibleByArgument {}
