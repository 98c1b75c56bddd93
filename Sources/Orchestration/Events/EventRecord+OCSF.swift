import Foundation

extension EventRecord {
  /// The version of the schema.
  static let ocsfVersion = "1.3.0"

  /// The event as a JSON document of OCSF, on one line.
  public var ocsf: String {
    let data = try? JSONSerialization.data(withJSONObject: ocsfObject, options: [.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  private var ocsfObject: [String: Any] {
    let kindClass = OCSFClass(kind: kind)
    let activity = kindClass.activity(of: self)
    let isFailure = kind.hasSuffix("-failed") || kind.hasSuffix("-refused") || kind.hasSuffix("-rolled-back")
    var object: [String: Any] = [
      "class_uid": kindClass.rawValue, "class_name": kindClass.name, "category_uid": kindClass.category.id,
      "category_name": kindClass.category.name, "activity_id": activity.id, "activity_name": activity.name,
      "type_uid": kindClass.rawValue * 100 + activity.id, "type_name": "\(kindClass.name): \(activity.name)",
      "time": Timestamp.date(time).map { Int(($0.timeIntervalSince1970 * 1000).rounded()) } ?? 0,
      "severity_id": OCSFSeverity.id(severity), "severity": OCSFSeverity.name(severity), "message": message,
      "status_id": isFailure ? 2 : 1, "status": isFailure ? "Failure" : "Success", "metadata": metadata,
      "unmapped": details.merging(
        ["service": service, "resource": resource, "instance": instance].compactMapValues(\.self)
      ) { own, _ in own },
    ]
    object.merge(OCSFParts.parts(of: self, kindClass)) { own, _ in own }
    return object
  }

  private var metadata: [String: Any] {
    var metadata: [String: Any] = [
      "version": EventRecord.ocsfVersion, "event_code": kind, "log_name": "events", "uid": String(number),
      "sequence": number, "tenant_uid": tenant,
      "product": ["name": "Testudo", "vendor_name": "Testudo", "version": Orchestrator.productVersion],
    ]
    if let correlation { metadata["correlation_uid"] = correlation }
    if isDecision { metadata["profiles"] = ["security_control"] }
    return metadata
  }

  /// Whether it is about something that was let through or refused.
  var isDecision: Bool {
    switch OCSFClass(kind: kind) {
    case .authentication, .authorizeSession, .networkActivity, .httpActivity: true
    case .detectionFinding, .entityManagement, .applicationLifecycle: false
    }
  }
}

/// `severity_id` of the schema.
enum OCSFSeverity {
  private static let names = [
    "informational": (1, "Informational"), "low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"),
  ]

  static func id(_ severity: String) -> Int { names[severity]?.0 ?? 0 }
  static func name(_ severity: String) -> String { names[severity]?.1 ?? "Unknown" }
}

/// What the classes ask for besides what all events have.
private enum OCSFParts {
  static func parts(of event: EventRecord, _ kind: OCSFClass) -> [String: Any] {
    var parts = own(of: event, kind)
    if event.isDecision {
      let isDenied = ![".allowed", ".served", ".connection-finished", ".connection-broken", ".connection-withdrawn"]
        .contains { event.kind.hasSuffix($0) }
      parts["action_id"] = isDenied ? 2 : 1
      parts["action"] = isDenied ? "Denied" : "Allowed"
      parts["disposition_id"] = isDenied ? 2 : 1
      parts["disposition"] = isDenied ? "Blocked" : "Allowed"
      if isDenied {
        parts["status_id"] = 2
        parts["status"] = "Failure"
      }
      if let reason = event.details["reason"] { parts["status_detail"] = reason }
    }
    return parts
  }

  private static func own(of event: EventRecord, _ kind: OCSFClass) -> [String: Any] {
    let details = event.details
    let user = details["principal"] ?? details["account"]
    switch kind {
    case .detectionFinding:
      return ["finding_info": ["title": event.kind, "uid": "\(event.kind)-\(event.number)", "desc": event.message]]
    case .authentication:
      return [
        "user": ["name": user ?? "unknown"], "src_endpoint": endpoint(details["source"]),
        "dst_endpoint": own(event),
      ]
    case .authorizeSession: return ["user": ["name": user ?? "unknown"], "src_endpoint": endpoint(details["source"])]
    case .networkActivity:
      var to = endpoint(details["destination"])
      if let port = details["destination-port"].flatMap({ Int($0) }) { to["port"] = port }
      return [
        "src_endpoint": endpoint(details["source"]), "dst_endpoint": to.isEmpty ? own(event) : to,
        "connection_info": [
          "direction_id": details["direction"] == "outbound" ? 2 : 1, "protocol_name": details["protocol"] ?? "",
        ],
      ]
    case .httpActivity:
      var parts: [String: Any] = [
        "http_request": ["http_method": details["method"] ?? "", "url": ["path": details["path"] ?? ""]],
        "src_endpoint": endpoint(details["source"]), "dst_endpoint": own(event),
      ]
      if let status = details["status"].flatMap({ Int($0) }) { parts["http_response"] = ["code": status] }
      if let user { parts["actor"] = ["user": ["name": user]] }
      return parts
    case .applicationLifecycle:
      return ["app": ["name": event.resource ?? event.service, "vendor_name": "Testudo", "uid": event.instance ?? ""]]
    case .entityManagement:
      let rule = event.kind.hasPrefix("packet-rule-") ? "packet rule \(details["rule"] ?? "")" : nil
      var entity: [String: Any] = [
        "name": event.service.isEmpty ? details["token"] ?? rule ?? "context" : event.service,
        "type": type(of: event.kind),
      ]
      if let version = details["to"] { entity["version"] = version }
      return ["entity": entity]
    }
  }

  private static func type(of kind: String) -> String {
    String(kind.prefix { $0 != "-" })
  }

  /// The end of a connection that an event is about: the instance that reports it.
  private static func own(_ event: EventRecord) -> [String: Any] {
    ["name": event.resource ?? event.service, "instance_uid": event.instance ?? ""]
  }

  private static func endpoint(_ text: String?) -> [String: Any] {
    guard let text, !text.isEmpty else { return [:] }
    return ["ip": text]
  }
}
