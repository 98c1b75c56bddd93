import ArgumentParser
import ControlPlane
import Orchestration

struct RuleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rule",
    abstract: "Shows the rules of packet filters that commands of OpenC2 led to.",
    discussion: "Example: testudo rule list", subcommands: [List.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the rules in their order, and until when they hold.", discussion: "Example: testudo rule list")

    @OptionGroup var tenant: TenantOption

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let rules: [PacketRuleStatus] = try await client.get("/api/v1/packet-rules?tenant=\(tenant.tenant)")
      switch format {
      case .json: try Console.print(json: rules)
      case .text where rules.isEmpty: print("there are no rules")
      case .text:
        print(
          Console.table(
            [["NUMBER", "RULE", "FOR", "FROM", "UNTIL", "NOW"]]
              + rules.map { rule in
                [
                  String(rule.number), rule.rule,
                  [rule.service ?? "all services", rule.resource].compactMap(\.self).joined(separator: "/"),
                  rule.start ?? "-", rule.stop ?? "-", rule.holds ? "holds" : "waits",
                ]
              }))
      }
    }
  }
}
