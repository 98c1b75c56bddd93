import Cedar

/// What can be asked of a decision point (AuthZEN Authorization API 1.0).
public enum AccessEndpoint: String, CaseIterable, Sendable {
  /// One question (section 6).
  case evaluation
  /// Several questions (section 7).
  case evaluations
  /// Who may (section 8).
  case subjectSearch = "search/subject"
  /// On what one may (section 9).
  case resourceSearch = "search/resource"
  /// What one may do (section 10).
  case actionSearch = "search/action"

  /// Its path below the decision point's address.
  public var path: String { "access/v1/\(rawValue)" }
}

/// What a decision point answers.
public struct AccessAnswer: Hashable, Sendable {
  /// A JSON document.
  public var body: String
  /// What was decided on the way, in order; nothing for searches.
  public var decisions: [AccessDecision] = []
}

extension DecisionPoint {
  /// No body of a request is longer, in bytes.
  public static let maximumRequestBytes = 1 << 20

  /// Answers a request: from the body of one to the body of the other. What is denied is answered; only what is no
  /// request fails. `time`, in seconds since 1970-01-01 UTC, is when that is: an answer then says until when it is valid.
  public func answer(
    _ endpoint: AccessEndpoint, _ body: String, at time: Int64? = nil
  ) throws(MalformedAccessRequest) -> AccessAnswer {
    let fields = try AccessRequestReader.fields(of: body)
    switch endpoint {
    case .evaluation: return try evaluate(fields, time)
    case .evaluations:
      guard let request = try EvaluationsRequest(fields) else { return try evaluate(fields, time) }
      return evaluate(request, time)
    case .subjectSearch: return try answer(SearchRequest(.subject, fields))
    case .resourceSearch: return try answer(SearchRequest(.resource, fields))
    case .actionSearch: return try answer(SearchRequest(.action, fields))
    }
  }

  private func evaluate(_ fields: [CedarString: JSONText], _ time: Int64?) throws(MalformedAccessRequest)
    -> AccessAnswer
  {
    var reader = AccessRequestReader()
    let evaluation = reader.evaluation(fields)
    let decision = decide(try reader.result(evaluation))
    return AccessAnswer(body: json(decision, time).compact, decisions: [decision])
  }

  private func evaluate(_ request: EvaluationsRequest, _ time: Int64?) -> AccessAnswer {
    var decisions: [AccessDecision] = []
    for evaluation in request.evaluations {
      let decision =
        switch evaluation {
        case .success(let evaluation): decide(evaluation)
        case .failure(let malformed): AccessDecision(version: version, failure: malformed.description)
        }
      decisions.append(decision)
      if request.semantic == .denyOnFirstDeny, !decision.isPermit { break }
      if request.semantic == .permitOnFirstPermit, decision.isPermit { break }
    }
    let body = JSONText.object(["evaluations": .array(decisions.map { json($0, time) })])
    return AccessAnswer(body: body.compact, decisions: decisions)
  }

  /// A decision as the API has it (section 6.2): in its context the version, the policies that determined it, and what
  /// went wrong.
  private func json(_ decision: AccessDecision, _ time: Int64?) -> JSONText {
    func text(_ string: String) -> JSONText { .string(CedarString(string)) }
    var context: [CedarString: JSONText] = [
      "policy_version": .integer(Int64(version)), "reason": .array(decision.policies.map(text)),
    ]
    if let time { context["valid_until"] = .integer(time + Int64(decision.validSeconds)) }
    if !decision.errors.isEmpty {
      context["errors"] = .array(
        decision.errors.map { .object(["policy": text($0.policy), "message": text($0.message)]) })
    }
    if let failure = decision.failure {
      context["error"] = .object(["status": .integer(400), "message": text(failure)])
    }
    return .object(["decision": .bool(decision.isPermit), "context": .object(context)])
  }
}
