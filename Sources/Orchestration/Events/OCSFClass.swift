import Foundation

/// The classes of the Open Cybersecurity Schema Framework (OCSF 1.3.0) that events are of.
///
/// | events of | class |
/// |---|---|
/// | authentication modules | Authentication (3002) |
/// | authorization modules | Authorize Session (3003) |
/// | the firewall, and connections that are passed on | Network Activity (4001) |
/// | audit and rate limits | HTTP Activity (4002) |
/// | triggers, signals, and what went wrong | Detection Finding (2004) |
/// | steps that start, change and stop what runs | Application Lifecycle (6002) |
/// | levels, phases, attributes, policies, tokens, revocations, rules | Entity Management (3004) |
enum OCSFClass: Int {
  case detectionFinding = 2004
  case authentication = 3002
  case authorizeSession = 3003
  case entityManagement = 3004
  case networkActivity = 4001
  case httpActivity = 4002
  case applicationLifecycle = 6002

  /// The class of an event of some kind.
  init(kind: String) {
    let module = kind.split(separator: ".").first.map(String.init) ?? ""
    self =
      switch (module, kind) {
      case ("basic-authentication", _), ("bearer-authentication", _): .authentication
      case ("authorization", _), ("remote-authorization", _): .authorizeSession
      case ("firewall", _), ("stream-proxy", _): .networkActivity
      case ("audit", _) where kind.hasPrefix("audit.connection-"): .networkActivity
      case ("rate-limit", _), ("quota", _), ("audit", _), ("http", _): .httpActivity
      case (_, "action"), (_, "image-generated"), (_, "probes-passed"): .applicationLifecycle
      case (_, "level-changed"), (_, "phase-changed"), (_, "context-changed"), (_, "policy-applied"),
        (_, "token-created"), (_, "token-revoked"), (_, "sessions-revoked"), (_, "credentials-revoked"),
        (_, "revocation-lifted"), (_, "packet-rule-inserted"), (_, "packet-rule-removed"), (_, "packet-rule-ended"),
        (_, "packet-rule-began"), (_, "packet-rule-refused"):
        .entityManagement
      default: .detectionFinding
      }
  }

  var name: String {
    switch self {
    case .detectionFinding: "Detection Finding"
    case .authentication: "Authentication"
    case .authorizeSession: "Authorize Session"
    case .entityManagement: "Entity Management"
    case .networkActivity: "Network Activity"
    case .httpActivity: "HTTP Activity"
    case .applicationLifecycle: "Application Lifecycle"
    }
  }

  /// The category that it belongs to: the thousands of its number.
  var category: (id: Int, name: String) {
    switch rawValue / 1000 {
    case 2: (2, "Findings")
    case 3: (3, "Identity & Access Management")
    case 4: (4, "Network Activity")
    default: (6, "Application Activity")
    }
  }

  /// What was done, in the terms of the class.
  func activity(of event: EventRecord) -> (id: Int, name: String) {
    switch self {
    case .detectionFinding: (1, "Create")
    case .authentication: (1, "Logon")
    case .authorizeSession: (99, "Decide")
    case .entityManagement:
      switch event.kind {
      case "token-created", "packet-rule-inserted": (1, "Create")
      case "token-revoked", "packet-rule-removed", "packet-rule-ended": (4, "Delete")
      default: (3, "Update")
      }
    case .networkActivity:
      event.kind == "firewall.dropped" || event.kind == "firewall.refused" ? (5, "Refuse") : (99, "Other")
    case .httpActivity: OCSFClass.methods[event.details["method"] ?? ""] ?? (99, "Other")
    case .applicationLifecycle:
      switch event.details["step"] {
      case "startInstance", "startForwarder": (3, "Start")
      case "stopInstance", "stopForwarder", "drain": (4, "Stop")
      case "push": (8, "Update")
      case "route", "offer": (6, "Enable")
      case "unpublish", "withdraw", "quarantine": (7, "Disable")
      case "removeNetwork": (2, "Remove")
      default: (1, "Install")
      }
    }
  }

  private static let methods: [String: (Int, String)] = [
    "CONNECT": (1, "Connect"), "DELETE": (2, "Delete"), "GET": (3, "Get"), "HEAD": (4, "Head"),
    "OPTIONS": (5, "Options"), "POST": (6, "Post"), "PUT": (7, "Put"), "TRACE": (8, "Trace"),
  ]
}
