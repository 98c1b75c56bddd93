import Cedar

extension AccessDecision {
  /// The version of OCSF that events are written in.
  static let schemaVersion = "1.3.0"

  /// The decision as an Authorize Session event of OCSF (class 3003, profile `security_control`), a JSON document on one
  /// line. `time` is in milliseconds since 1970-01-01 UTC; `request` is what the caller named its request.
  public func event(time: Int64, tenant: String, request: String?, productVersion: String) -> String {
    func text(_ string: String) -> JSONText { .string(CedarString(string)) }
    var metadata: [CedarString: JSONText] = Self.metadata(productVersion)
    metadata["tenant_uid"] = text(tenant)
    if let request { metadata["correlation_uid"] = text(request) }
    var unmapped: [CedarString: JSONText] = [
      "policy_version": .integer(Int64(version)),
      "resource": .object(["type": text(resource.type), "uid": text(resource.id)]),
    ]
    if !errors.isEmpty {
      unmapped["errors"] = .array(
        errors.map { .object(["policy": text($0.policy), "message": text($0.message)]) })
    }
    let verdict = isPermit ? "allow" : "deny"
    let authorizations: [JSONText] =
      policies.isEmpty
      ? [.object(["decision": text(verdict)])]
      : policies.map {
        .object([
          "decision": text(verdict),
          "policy": .object(["uid": text($0), "name": text($0), "version": text("\(version)")]),
        ])
      }
    var event: [CedarString: JSONText] = [
      "class_uid": 3003, "class_name": "Authorize Session", "category_uid": 3,
      "category_name": "Identity & Access Management", "activity_id": 99, "activity_name": "Decide",
      "type_uid": 300_399, "type_name": "Authorize Session: Other", "time": .integer(time),
      "severity_id": isPermit ? 1 : 2, "severity": text(isPermit ? "Informational" : "Low"),
      "status_id": failure == nil ? 1 : 2, "status": text(failure == nil ? "Success" : "Failure"),
      "action_id": isPermit ? 1 : 2, "action": text(isPermit ? "Allowed" : "Denied"),
      "disposition_id": isPermit ? 1 : 2, "disposition": text(isPermit ? "Allowed" : "Blocked"),
      "user": .object(["uid": text(subject.id), "type_id": 99, "type": text(subject.type)]),
      "privileges": .array([text(action)]), "authorizations": .array(authorizations), "metadata": .object(metadata),
      "unmapped": .object(unmapped),
    ]
    if let failure { event["status_detail"] = text(failure) }
    return JSONText.object(event).compact
  }

  /// That decisions were left out of a log, as an event of OCSF (Base Event, class 0), a JSON document on one line.
  public static func lossEvent(count: Int, time: Int64, reason: String, productVersion: String) -> String {
    JSONText.object([
      "class_uid": 0, "class_name": "Base Event", "category_uid": 0, "category_name": "Uncategorized",
      "activity_id": 99, "activity_name": "Drop", "type_uid": 99, "type_name": "Base Event: Other",
      "time": .integer(time), "severity_id": 3, "severity": "Medium", "count": .integer(Int64(count)),
      "message": .string(CedarString("\(count) decisions are missing in this log: \(reason)")),
      "metadata": .object(metadata(productVersion)),
    ]).compact
  }

  private static func metadata(_ productVersion: String) -> [CedarString: JSONText] {
    [
      "version": .string(CedarString(schemaVersion)), "profiles": .array(["security_control"]),
      "log_name": "decisions",
      "product": .object([
        "name": "Testudo", "vendor_name": "Testudo", "version": .string(CedarString(productVersion)),
      ]),
    ]
  }
}
