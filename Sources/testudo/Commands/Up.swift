import ArgumentParser
import ControlPlane
import Foundation
import Orchestration

struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a service what its template says; returns when everything reports the protection it enforces.",
    discussion: "Example: testudo up Examples/portal --set credentials=@Examples/portal/accounts.yaml")

  @OptionGroup var options: RequestOptions

  @Option(help: "text or json.")
  var format = DocumentFormat.text

  @Flag(help: "Return at once; the control plane carries on.")
  var detach = false

  func run() async throws {
    let request = try options.request()
    // What is wrong with the template is said without starting anything.
    _ = try request.loading(library: try Installation.library()).service(request.path, inputs: request.inputs)
    let client = try await Installation.controlPlane()
    if detach {
      // The control plane goes on with what was asked when this program hangs up.
      let task = Task {
        try await client.perform("POST", "/api/v1/services", body: request, as: ServiceStatus.self) { _ in }
      }
      try await Task.sleep(for: .milliseconds(200))
      task.cancel()
      return
    }
    StatusLine.shared.begin("waiting for the control plane")
    defer { StatusLine.shared.clear() }
    let status = try await client.perform("POST", "/api/v1/services", body: request, as: ServiceStatus.self) {
      Console.show($0)
    }
    switch format {
    case .json: try Console.print(json: status)
    case .text:
      print("\(status.name) is up at level \(status.level)")
      for url in status.urls { print(url) }
    }
  }
}
