import Cedar

/// What a decision point tells of itself (AuthZEN Authorization API 1.0, section 11).
public enum AccessMetadata {
  /// The document for a decision point at an address, such as `https://pdp.example`, without a `/` at its end.
  public static func document(at base: String) -> String {
    func url(_ endpoint: AccessEndpoint) -> JSONText { .string(CedarString("\(base)/\(endpoint.path)")) }
    return JSONText.object([
      "policy_decision_point": .string(CedarString(base)), "access_evaluation_endpoint": url(.evaluation),
      "access_evaluations_endpoint": url(.evaluations), "search_subject_endpoint": url(.subjectSearch),
      "search_resource_endpoint": url(.resourceSearch), "search_action_endpoint": url(.actionSearch),
    ]).compact
  }
}
