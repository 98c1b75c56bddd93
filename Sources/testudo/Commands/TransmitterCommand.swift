import ArgumentParser
import ControlPlane
import Foundation
import Orchestration

/// Who may send shared signals.
struct TransmitterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transmitter",
    abstract: "Transmitters of shared signals (OpenID SSF, CAEP), whose events triggers may wait for.",
    subcommands: [Add.self, List.self, Remove.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes in a transmitter, in the place of the one of its name.",
      discussion: """
        Its security event tokens are pushed to /ssf/events, signed with one of its keys (ES256 or RS256).

        Example: testudo transmitter add idp --issuer https://idp.example --audience https://testudo.example \\
                   --keys idp.jwks.json --service portal
        """)

    @Argument(help: "Its name here.")
    var name: String

    @Option(help: "The issuer that its tokens name.")
    var issuer: String

    @Option(help: "The audience that its tokens name.")
    var audience: String

    @Option(help: "A file with its public keys, a JWK set.")
    var keys: String

    @Option(help: "The service that its events happen to; all of the tenant unless given.")
    var service: String?

    @OptionGroup var tenant: TenantOption

    func run() async throws {
      guard let data = FileManager.default.contents(atPath: keys), data.count <= 1 << 20,
        let text = String(data: data, encoding: .utf8)
      else { throw OrchestrationFault.input("\(keys): this file cannot be read, expected a JWK set") }
      let client = try await DecisionCommand.client()
      let transmitter = Transmitter(
        name: name, issuer: issuer, audience: audience, tenant: tenant.tenant, service: service, keys: text)
      _ = try await client.post("/api/v1/transmitters", transmitter, as: Transmitter.self)
      print("tokens of \(issuer) are accepted at /ssf/events")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the transmitters.", discussion: "Example: testudo transmitter list")

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let all: [Transmitter] = try await DecisionCommand.client().get("/api/v1/transmitters")
      switch format {
      case .json: try Console.print(json: all)
      case .text where all.isEmpty: print("there are no transmitters")
      case .text:
        let rows = all.map { [$0.name, $0.issuer, $0.audience, $0.tenant, $0.service ?? "all"] }
        print(Console.table([["NAME", "ISSUER", "AUDIENCE", "TENANT", "SERVICE"]] + rows))
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Accepts no more tokens of a transmitter.", discussion: "Example: testudo transmitter remove idp")

    @Argument(help: "Its name.")
    var name: String

    func run() async throws {
      let client = try await DecisionCommand.client()
      let removed = try await client.send("DELETE", "/api/v1/transmitters/\(name)", as: Transmitter.self)
      print("tokens of \(removed.issuer) are accepted no more")
    }
  }
}
