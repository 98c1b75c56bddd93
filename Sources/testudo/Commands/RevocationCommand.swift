import ArgumentParser
import ControlPlane
import Foundation
import SecTOSCA

struct RevocationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revocation", abstract: "Sessions and credentials that triggers have revoked.",
    subcommands: [List.self, Lift.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows what is revoked of a service.", discussion: "Example: testudo revocation list portal")

    @Argument(help: "The service's name.")
    var service: String

    @OptionGroup var tenant: TenantOption

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let found: [Revocation] = try await client.get(
        "/api/v1/services/\(service)/revocations?tenant=\(tenant.tenant)")
      switch format {
      case .json: try Console.print(json: found)
      case .text where found.isEmpty: print("nothing is revoked")
      case .text:
        let rows = found.map { revocation in
          let until = revocation.until.map { Date(timeIntervalSince1970: Double($0)).formatted(.iso8601) }
          let end = until.map { "until \($0)" } ?? "for good"
          return [revocation.id, revocation.subject.summary, end, revocation.cause]
        }
        print(Console.table([["ID", "REVOKED", "UNTIL", "CAUSE"]] + rows))
      }
    }
  }

  struct Lift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes valid again what was revoked.", discussion: "Example: testudo revocation lift portal 5f0c2a54-0")

    @Argument(help: "The service's name.")
    var service: String

    @Argument(help: "The revocation's identifier.")
    var id: String

    @OptionGroup var tenant: TenantOption

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let lifted: Revocation = try await client.send(
        "DELETE", "/api/v1/services/\(service)/revocations/\(id)?tenant=\(tenant.tenant)")
      print("\(lifted.subject.summary): no longer revoked")
    }
  }
}
