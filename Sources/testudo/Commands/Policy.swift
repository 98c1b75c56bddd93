import ArgumentParser
import Cedar
import ControlPlane
import Foundation
import Orchestration
import PolicyDecision
import TOSCA

struct PolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Checks and propagates policies, and says which enforcement point has which.",
    subcommands: [
      Check.self, Apply.self, Rollback.self, List.self, Status.self, Certificate.self, Explain.self, Decide.self,
      Translate.self, Diff.self, Moon.self,
    ])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Checks Cedar policies: against a schema, or, without one, against what HTTP requests in an image have.",
      discussion: """
        Policies that never apply, are shadowed by a forbid, or do nothing that others do not are warnings. That is \
        exact with a solver (z3 or cvc5); without one, only policies in the same words are found.

        Files named *.rules have rules of a packet filter, one a line; templates have filtering requirements. Of these, \
        rules that are shadowed, redundant, correlated, or generalize others are warnings.

        Example: testudo policy check Examples/portal/orders.cedar
                 testudo policy check --schema orders.cedarschema orders.cedar
                 testudo policy check edge.rules Examples/handler --set credentials=@Examples/handler/accounts.yaml
        """)

    @Argument(help: "Files with Cedar policies, files *.rules, templates.")
    var files: [String]

    @Option(help: "A Cedar schema.")
    var schema: String?

    @Option(help: "A contextual attribute that policies may ask for. Repeatable.")
    var attribute: [String] = []

    @Option(name: .customLong("set"), help: "An input of templates, as INPUT=VALUE. Repeatable.")
    var settings: [String] = []

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() throws {
      let rules = try PolicyFiles.read(files.filter(PolicyFirewallCheck.hasRules))
      let templates = files.filter(PolicyFirewallCheck.isTemplate)
      let sources = try PolicyFiles.read(
        files.filter { !PolicyFirewallCheck.hasRules($0) && !PolicyFirewallCheck.isTemplate($0) })
      var texts = Dictionary((sources + rules).map { ($0.file, $0.text) }) { first, _ in first }
      var findings = rules.flatMap { PolicyFirewallCheck.findings($0) }
      for template in templates {
        let found = try PolicyFirewallCheck.findings(template: template, inputs: try Settings.inputs(settings))
        findings += found.findings
        texts.merge(found.texts) { first, _ in first }
      }
      if !sources.isEmpty { findings += try cedarFindings(sources, &texts) }
      PolicyFiles.show(findings, texts: texts, format: format)
      if findings.contains(where: { $0.severity == .error }) { throw ExitCode(1) }
      if format == .text, findings.isEmpty { print("\(files.joined(separator: ", ")): no findings") }
    }

    private func cedarFindings(_ sources: [PolicySource], _ texts: inout [String: String]) throws -> [Finding] {
      var findings: [Finding]
      if let schema {
        let source = try PolicyFiles.read([schema])[0]
        texts[schema] = source.text
        findings = PolicySchemaCheck.findings(sources, schema: source)
      } else {
        findings = HTTPPolicyCompiler.check(sources, attributes: attribute).map(\.templateFinding)
      }
      if !findings.contains(where: { $0.severity == .error }) {
        findings += try PolicyRedundancyCheck.findings(sources, schema: schema, attributes: attribute)
      }
      return findings
    }
  }

  struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes another version of a tenant's policies and propagates it, without a restart.",
      discussion: """
        The files stand for those of the services that are named; every enforcement point of the tenant gets the new \
        version. Exit status 1 if an enforcement point has not acknowledged; it is named, and asked again.

        Example: testudo policy apply Examples/portal/readers-may-write.cedar --service portal
        """)

    @Argument(help: "Policy files, which stand for those in force from now on.")
    var files: [String]

    @Option(help: "The service; may be left out when one is up only. Repeatable.")
    var service: [String] = []

    @Option(help: "The authorization requirement; may be left out when the service has one only.")
    var requirement: String?

    @OptionGroup var tenant: TenantOption

    @Option(help: ArgumentHelp("Where to write the certificate of convergence.", valueName: "file"))
    var certificate: String?

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let sources = try PolicyFiles.read(files)
      let client = try await Installation.requireControlPlane()
      let request = PolicyRequest(
        services: try await services(client), requirement: requirement,
        files: sources.map { ServiceDeclaration.PolicyFile(file: $0.file, text: $0.text) })
      let acknowledgements = try await client.perform(
        "PUT", "/api/v1/policies?tenant=\(tenant.tenant)", body: request, as: [PolicyAcknowledgement].self,
        progress: { Console.show($0) })
      try Status.show(acknowledgements, format: format)
      if let certificate {
        try await Certificate.write(client, tenant: tenant.tenant, service: nil, to: certificate)
      }
      if acknowledgements.contains(where: { !$0.converged }) { throw ExitCode(1) }
    }

    private func services(_ client: APIClient) async throws -> [String] {
      guard service.isEmpty else { return service }
      let services: [ServiceStatus] = try await client.get("/api/v1/services?tenant=\(tenant.tenant)")
      guard !services.isEmpty else {
        throw OrchestrationFault.notFound("no service of the tenant `\(tenant.tenant)` is up, expected one")
      }
      guard services.count == 1 else {
        throw ValidationError(
          "Name the service with --service: \(services.map(\.name).joined(separator: ", ")) are up.")
      }
      return [services[0].name]
    }
  }
}
