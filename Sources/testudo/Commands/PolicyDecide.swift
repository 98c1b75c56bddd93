import ArgumentParser
import Cedar
import Foundation

extension PolicyCommand {
  struct Decide: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Decides requests with Cedar policies and prints decision, reason and errors of each.",
      discussion: "Example: testudo policy decide --policies p.cedar --entities e.json --requests r.json")

    @Option(
      name: .customLong("policies"), parsing: .upToNextOption,
      help: "Policy files: in JSON where the name ends in .json, else in the human syntax.")
    var policyFiles: [String]

    @Option(help: "A schema, which says what types attributes in entities have.")
    var schema: String?

    @Option(help: "Entities, as JSON.")
    var entities: String

    @Option(help: "A JSON array of requests: principal, action, resource, context.")
    var requests: String

    /// What is printed for each request.
    struct Outcome: Encodable {
      var decision: String
      var reason: [String]
      var errors: [String]
    }

    func run() throws {
      let policies = try CedarFiles.policies(policyFiles)
      let types = try schema.map(CedarFiles.schema)
      let known = try CedarFiles.explaining(entities) {
        let text = try CedarFiles.text(entities)
        return if let types { try Entities(json: text, types: types) } else { try Entities(json: text) }
      }
      let asked = try CedarFiles.explaining(requests) { try Request.list(json: try CedarFiles.text(requests)) }
      let authorizer = IndexedAuthorizer(policies: policies, entities: known)
      try Console.print(
        json: asked.map { request in
          let response = authorizer.decide(request)
          return Outcome(
            decision: response.decision.rawValue, reason: response.reason, errors: response.errors.map(\.policy))
        })
    }
  }
}
