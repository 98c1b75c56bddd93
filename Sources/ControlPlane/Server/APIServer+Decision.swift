import Foundation
import Hummingbird
import Orchestration
import PolicyDecision

// What decision points decide with, and what they decided.

extension APIServer {
  func addDecision(to api: RouterGroup<BasicRequestContext>) {
    let orchestrator = orchestrator
    let points = orchestrator.decisionPoints
    let log = decisionLog
    api.get("decision") { request, _ in try Answer.json(points.status(tenant: request.tenantFilter)) }
    api.patch("decision") { request, _ in
      let texts = try await Answer.decode([String: String?].self, from: request)
      var parts: [DecisionPoints.Part: String?] = [:]
      for (name, text) in texts {
        guard let part = DecisionPoints.Part(rawValue: name) else {
          throw Problem.badRequest("there is a field `\(name)`, expected `policies`, `schema` or `entities`")
        }
        parts[part] = .some(text)
      }
      return try Answer.json(try await orchestrator.changeDecisions(parts, of: request.tenant))
    }
    api.delete("decision") { request, _ in
      let all: [DecisionPoints.Part: String?] = [.policies: nil, .schema: nil, .entities: nil]
      return try Answer.json(try await orchestrator.changeDecisions(all, of: request.tenant))
    }
    for part in DecisionPoints.Part.allCases {
      let path = RouterPath("decision/\(part.rawValue)")
      api.get(path) { request, _ in
        guard let text = points.text(of: part, tenant: request.tenant) else {
          throw OrchestrationFault.notFound("the tenant `\(request.tenant)` has no \(part.rawValue)")
        }
        return Answer.text(text)
      }
      api.put(path) { request, _ in
        let buffer = try await request.body.collect(upTo: .max)
        guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else {
          throw Problem.badRequest("the body is not UTF-8, expected \(part.rawValue)")
        }
        return try Answer.json(try await orchestrator.changeDecisions([part: text], of: request.tenant))
      }
      api.delete(path) { request, _ in
        try Answer.json(try await orchestrator.changeDecisions([part: nil], of: request.tenant))
      }
    }
    api.get("decision/log") { request, _ in
      let limit = request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 100
      log.flush()
      let lines = log.tail(limit, tenant: request.tenantFilter).map { $0 + "\n" }.joined()
      return Answer.text(lines, type: "application/x-ndjson")
    }
  }

  /// No description of what to decide with is longer, in bytes: the longest parts, and room for what JSON escapes.
  static let maximumDecisionBytes = 2 * (DecisionSources.maximumEntityBytes + DecisionSources.maximumPolicyBytes)
}
