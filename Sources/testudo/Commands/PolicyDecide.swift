import ArgumentParser
import Cedar
import ControlPlane
import Foundation

extension PolicyCommand {
  struct Decide: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Decides requests with Cedar policies and prints decision, reason and errors of each.",
      discussion: "Example: testudo policy decide --policies p.cedar --entities e.json --requests r.json")

    @Option(name: .customLong("policies"), parsing: .upToNextOption, help: "Policy files.")
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
      let text = try policyFiles.map { try Decide.text($0) }.joined(separator: "\n")
      do {
        let policies = try PolicySet(parsing: text)
        let entityText = try Decide.text(entities)
        let known: Entities
        if let schema {
          known = try Entities(json: entityText, types: try Schema(parsing: try Decide.text(schema)))
        } else {
          known = try Entities(json: entityText)
        }
        let authorizer = IndexedAuthorizer(policies: policies, entities: known)
        let outcomes = try Request.list(json: try Decide.text(requests)).map { request in
          let response = authorizer.decide(request)
          return Outcome(
            decision: response.decision.rawValue, reason: response.reason, errors: response.errors.map(\.policy))
        }
        try Console.print(json: outcomes)
      } catch let error as CedarSyntaxError {
        throw Decide.fault("\(policyFiles.joined(separator: ", ")): \(error)")
      } catch let error as CedarJSONError {
        throw Decide.fault("\(error)")
      } catch let error as EntitiesError {
        throw Decide.fault("\(entities): \(error)")
      }
    }

    private static func text(_ file: String) throws -> String {
      guard let data = FileManager.default.contents(atPath: file), let text = String(data: data, encoding: .utf8) else {
        throw fault("\(file): expected a file of text in UTF-8")
      }
      return text
    }

    private static func fault(_ detail: String) -> Problem {
      Problem(type: "urn:testudo:input", title: "Malformed input", status: 422, detail: detail, kind: .input)
    }
  }
}
