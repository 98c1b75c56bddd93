public import ArgumentParser
import ControlPlane
import Foundation
public import Orchestration

/// Tokens of callers of the API over TCP; and, as before there were any, tokens for services.
struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract:
      "Tokens of callers of the control plane's API; with `sign`, tokens for trying services out; with `key`, API keys of services.",
    subcommands: [Create.self, List.self, Revoke.self, SignToken.self, MakeKey.self], defaultSubcommand: SignToken.self)

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a token for a caller of the API, and prints it: this once, since only its hash is kept.",
      discussion: """
        Roles: decision-caller asks the decision point; viewer sees; operator operates services; security-officer changes \\
        policies; administrator does everything.

        Example: testudo token create --name gateway --role decision-caller --tenant shop --days 90
        """)

    @Option(help: "Whom it is for.")
    var name: String

    @Option(help: "What its bearer may do: \(AccessRole.allCases.map(\.rawValue).joined(separator: ", ")).")
    var role: AccessRole

    @OptionGroup var tenant: TenantOption

    @Flag(help: "For all tenants, and the machine itself.")
    var allTenants = false

    @Option(help: "For how many days it is valid, 1 to 3650; for ever unless given.")
    var days: Int?

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func validate() throws {
      if let days, !(1...3650).contains(days) { throw ValidationError("--days is from 1 to 3650") }
    }

    func run() async throws {
      let client = try await DecisionCommand.client()
      let asked = AccessTokenRequest(name: name, role: role, lifetime: days.map { $0 * 86_400 })
      let named = allTenants ? AccessTokens.everywhere : tenant.tenant
      if !allTenants { try await TenantCommand.noteIfNew(named, client) }
      let made = try await client.post("/api/v1/tokens?tenant=\(named)", asked, as: NewAccessToken.self)
      switch format {
      case .json: try Console.print(json: made)
      case .text: print(made.text)
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the tokens of callers of the API, without what makes them valid.",
      discussion: "Example: testudo token list")

    @Option(help: "Only this tenant's.")
    var tenant: String?

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await DecisionCommand.client()
      let all: [AccessToken] = try await client.get("/api/v1/tokens" + (tenant.map { "?tenant=\($0)" } ?? ""))
      switch format {
      case .json: try Console.print(json: all)
      case .text where all.isEmpty: print("there are no tokens")
      case .text:
        let rows = all.map {
          [$0.id, $0.name, $0.tenant ?? "all", $0.role.rawValue, $0.created, $0.expires ?? "never"]
        }
        print(Console.table([["ID", "NAME", "TENANT", "ROLE", "CREATED", "EXPIRES"]] + rows))
      }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends a token of a caller of the API, at once.",
      discussion: "Example: testudo token revoke 0f1e2d3c4b5a6978")

    @Argument(help: "Its identifier, as `token list` shows it.")
    var id: String

    func run() async throws {
      let client = try await DecisionCommand.client()
      let token = try await client.send("DELETE", "/api/v1/tokens/\(id)", as: AccessToken.self)
      print("revoked \(token.id) of \(token.name)")
    }
  }
}

extension AccessRole: ExpressibleByArgument {}
