import ArgumentParser
import ControlPlane
import Orchestration

struct Logs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the consoles of a service's unikernels.", discussion: "Example: testudo logs portal/storefront")

  @Argument(help: "SERVICE or SERVICE/RESOURCE.")
  var name: String

  @OptionGroup var tenant: TenantOption

  @Flag(name: .shortAndLong, help: "Go on as more comes.")
  var follow = false

  func run() async throws {
    let client = try await Installation.requireControlPlane()
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    let resource = parts.count > 1 ? "&resource=\(parts[1])" : ""
    var shown = ""
    repeat {
      let text = try await client.text("/api/v1/logs/\(parts.first ?? name)?tenant=\(tenant.tenant)\(resource)")
      if text.hasPrefix(shown) {
        print(text.dropFirst(shown.count), terminator: "")
      } else {
        print(text, terminator: "")
      }
      shown = text
      if follow { try await Task.sleep(for: .milliseconds(500)) }
    } while follow
    print()
  }
}
