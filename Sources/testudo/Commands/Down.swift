import ArgumentParser
import ControlPlane
import Foundation
import Orchestration

struct Down: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stops a service and removes everything that was made for it.",
    discussion: "Example: testudo down portal")

  @Argument(help: "The service's name.")
  var name: String?

  @OptionGroup var tenant: TenantOption

  @Flag(help: "All services of the tenant.")
  var all = false

  func validate() throws {
    if name == nil, !all { throw ValidationError("Missing expected argument '<name>' (or --all).") }
    if name != nil, all { throw ValidationError("Give a name or --all, not both.") }
  }

  func run() async throws {
    guard let client = try await Installation.runningControlPlane() else {
      if !all { _ = try await Installation.requireControlPlane() }
      return
    }
    try await takeDown(client)
  }

  private func takeDown(_ client: APIClient) async throws {
    let names: [String]
    if let name {
      names = [name]
    } else {
      let services = try await client.get("/api/v1/services?tenant=\(tenant.tenant)", as: [ServiceStatus].self)
      names = services.map(\.name)
    }
    for name in names {
      _ = try await client.perform(
        "DELETE", "/api/v1/services/\(name)?tenant=\(tenant.tenant)", as: Done.self, progress: { Console.show($0) })
      print("\(name) is down")
    }
    // The control plane ends with its last service; that is part of leaving nothing behind.
    for _ in 0..<50 where FileManager.default.fileExists(atPath: Installation.home.controlPlaneLock) {
      guard await client.isIdle() else { return }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}

extension APIClient {
  /// Whether nothing is declared any more, or no control plane answers.
  func isIdle() async -> Bool {
    guard let services = try? await get("/api/v1/services", as: [ServiceStatus].self) else { return true }
    return services.isEmpty
  }
}
