import ArgumentParser
import ControlPlane
import Orchestration

extension PolicyCommand {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the versions of tenants' policies that are kept, and how many enforcement points have each.",
      discussion: "Example: testudo policy list")

    @Option(help: "Only this tenant's.")
    var tenant: String?

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let all: [PolicyVersionSummary] = try await client.get(
        "/api/v1/policies/versions" + (tenant.map { "?tenant=\($0)" } ?? ""))
      switch format {
      case .json: try Console.print(json: all)
      case .text where all.isEmpty: print("no policies were applied, and no service is up")
      case .text:
        let rows = all.map {
          [
            $0.tenant, "v\($0.number)", $0.isDue ? "due" : "", "\($0.converged) of \($0.points)", $0.created,
            String($0.digest.prefix(19)), $0.reason,
          ]
        }
        print(Console.table([["TENANT", "VERSION", "", "IN FORCE", "MADE", "DIGEST", "WHAT"]] + rows))
      }
    }
  }

  struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes another version of a tenant's policies with the content of an older one.",
      discussion: """
        Versions only grow: what is in force afterwards has a number of its own. Exit status 1 if an enforcement point has \
        not acknowledged.

        Example: testudo policy rollback --to 1
        """)

    @Option(help: "The version whose content is to be in force again; otherwise the one before the present.")
    var to: Int?

    @OptionGroup var tenant: TenantOption

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let acknowledgements = try await client.perform(
        "POST", "/api/v1/policies/rollback?tenant=\(tenant.tenant)", body: RollbackRequest(to: to),
        as: [PolicyAcknowledgement].self, progress: { Console.show($0) })
      try Status.show(acknowledgements, format: format)
      if acknowledgements.contains(where: { !$0.converged }) { throw ExitCode(1) }
    }
  }
}
