import ArgumentParser
import ControlPlane
import Foundation
import Orchestration
import TOSCA

struct DecisionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decision",
    abstract: "What the policy decision point decides with, and what it decided (`testudo serve` answers requests).",
    subcommands: [Set.self, Show.self, Clear.self, Log.self])

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sets what a tenant's decision point decides with; what is not named stays.",
      discussion: "Example: testudo decision set --policies shop.cedar --entities shop.json")

    @Option(help: "A file of Cedar policies, in either syntax.")
    var policies: String?

    @Option(help: "A Cedar schema, in either syntax.")
    var schema: String?

    @Option(help: "Entities, as JSON.")
    var entities: String?

    @OptionGroup var tenant: TenantOption

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func validate() throws {
      if policies == nil, schema == nil, entities == nil {
        throw ValidationError("Name what to set with --policies, --schema or --entities.")
      }
    }

    func run() async throws {
      let named = [("policies", policies), ("schema", schema), ("entities", entities)]
      var texts: [String: String] = [:]
      for case (let part, let file?) in named { texts[part] = try CedarFiles.text(file) }
      let client = try await DecisionCommand.client()
      do {
        let status = try await client.send(
          "PATCH", "/api/v1/decision?tenant=\(tenant.tenant)", texts, as: DecisionStatus.self)
        try DecisionCommand.show([status], format: format)
      } catch var problem as Problem {
        // Findings name parts; whoever wrote them knows files.
        let files = Dictionary(named.compactMap { part, file in file.map { (part, $0) } }) { first, _ in first }
        for index in problem.findings.indices {
          let place = problem.findings[index].place.file
          if let file = files[place] { problem.findings[index].place.file = file }
        }
        for (part, file) in files { problem.sources[file] = problem.sources[part] }
        throw problem
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the version of each tenant's decision point, and what it decides with.",
      discussion: "Example: testudo decision show")

    @Option(help: "Only this tenant's.")
    var tenant: String?

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await DecisionCommand.client()
      try DecisionCommand.show(
        try await client.get("/api/v1/decision" + (tenant.map { "?tenant=\($0)" } ?? "")), format: format)
    }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes policies, schema and entities of a tenant away: its decision point denies everything.",
      discussion: "Example: testudo decision clear --tenant shop")

    @OptionGroup var tenant: TenantOption

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await DecisionCommand.client()
      let status = try await client.send(
        "DELETE", "/api/v1/decision?tenant=\(tenant.tenant)", as: DecisionStatus.self)
      try DecisionCommand.show([status], format: format)
    }
  }

  struct Log: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the last decisions: OCSF Authorize Session events, one JSON document a line.",
      discussion: "Example: testudo decision log --limit 20")

    @Option(help: "How many.")
    var limit = 100

    func run() async throws {
      print(
        try await DecisionCommand.client().text("/api/v1/decision/log?limit=\(limit)"), terminator: "")
    }
  }

  /// The control plane, which must run: decisions are asked of it all the time.
  static func client() async throws -> APIClient {
    if let client = try await Installation.runningControlPlane() { return client }
    throw Problem(
      type: "urn:testudo:not-found", title: "No control plane runs", status: 404,
      detail: "no control plane runs for `\(Installation.home.path)`; start one with "
        + "`testudo serve --listen 127.0.0.1:8080`",
      kind: .input)
  }

  private static func show(_ all: [DecisionStatus], format: DocumentFormat) throws {
    switch format {
    case .json: try Console.print(json: all)
    case .text where all.isEmpty: print("no tenant has policies to decide with")
    case .text:
      let rows = all.map {
        [$0.tenant, "v\($0.version)", "\($0.policies)", "\($0.entities)", $0.schema ? "yes" : "no", $0.changed]
      }
      print(Console.table([["TENANT", "VERSION", "POLICIES", "ENTITIES", "SCHEMA", "SET"]] + rows))
    }
  }
}
