import Cedar
import Foundation
import PolicyDecision

/// The subjects, resources and rules of the certification scenario of AuthZEN 1.0, in Cedar.
enum CertificationFixture {
  static let policies = """
    @id("read")
    permit (principal is user, action == Action::"read", resource is record)
    when { principal in group::"staff" };

    @id("write")
    permit (principal == user::"alice", action == Action::"write", resource is record);

    @id("archived")
    forbid (principal, action == Action::"write", resource is record)
    when { resource.status == "archived" }
    unless { principal has role && principal.role == "admin" };

    @id("administrators-archive")
    permit (principal is user, action == Action::"write", resource is record)
    when { principal has role && principal.role == "admin" && resource.status == "archived" };

    @id("soft-delete")
    permit (principal == user::"alice", action == Action::"delete", resource is record)
    when { context has action && context.action has soft && context.action.soft };
    """

  static let entities = """
    [
      { "uid": { "type": "user", "id": "alice" }, "parents": [{ "type": "group", "id": "staff" }] },
      { "uid": { "type": "user", "id": "bob" }, "attrs": { "role": "admin" },
        "parents": [{ "type": "group", "id": "staff" }] },
      { "uid": { "type": "record", "id": "record-1" }, "attrs": { "status": "active" } },
      { "uid": { "type": "record", "id": "record-2" }, "attrs": { "status": "archived" } }
    ]
    """

  static func decisionPoint() throws -> DecisionPoint {
    try DecisionPoint(
      DecisionSources(policies: DecisionSources.Document(policies), entities: entities), version: 3)
  }
}

/// Answers, as a client reads them.
struct Outcome: Decodable {
  struct Context: Decodable {
    struct PolicyError: Decodable {
      var policy: String
      var message: String
    }

    struct Failure: Decodable {
      var status: Int
      var message: String
    }

    var policy_version: Int
    var reason: [String]
    var errors: [PolicyError]?
    var error: Failure?
  }

  var decision: Bool
  var context: Context
}

struct Outcomes: Decodable {
  var evaluations: [Outcome]
}

struct Found: Decodable {
  struct Entry: Decodable, Hashable {
    var type: String?
    var id: String?
    var name: String?
  }

  struct Page: Decodable {
    var next_token: String
    var count: Int
  }

  var results: [Entry]
  var page: Page
}

extension DecisionPoint {
  func answer<Answer: Decodable>(_ endpoint: AccessEndpoint, _ body: String, as type: Answer.Type) throws -> Answer {
    try JSONDecoder().decode(type, from: Data(try answer(endpoint, body).body.utf8))
  }

  func evaluate(_ body: String) throws -> Outcome { try answer(.evaluation, body, as: Outcome.self) }

  func evaluateAll(_ body: String) throws -> [Bool] {
    try answer(.evaluations, body, as: Outcomes.self).evaluations.map(\.decision)
  }
}
