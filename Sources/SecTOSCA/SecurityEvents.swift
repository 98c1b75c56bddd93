/// Something that happens to a service and that a trigger can wait for, whatever module notices it.
public enum SecurityEventKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// Somebody showed wrong credentials, or a token that is not accepted.
  case authenticationFailed = "AuthenticationFailed"
  /// A policy denied a request.
  case accessDenied = "AccessDenied"
  /// A request filter refused a request.
  case requestRefused = "RequestRefused"
  /// Somebody asked more often than a rate limit admits.
  case rateExceeded = "RateExceeded"
  /// The firewall dropped a packet.
  case packetDropped = "PacketDropped"
  /// An instance ended by itself.
  case instanceFailed = "InstanceFailed"
  /// An instance has lived for as long as it may.
  case lifeEnded = "LifeEnded"
  /// The memory of an instance is not what its image says.
  case integrityViolated = "IntegrityViolated"
  /// A shared signal says that a session was revoked (CAEP 1.0, 3.1).
  case sessionRevoked = "SessionRevoked"
  /// A shared signal says that credentials changed (3.3).
  case credentialChanged = "CredentialChanged"
  /// A shared signal says that a device complies, or does so no more (3.5).
  case deviceComplianceChanged = "DeviceComplianceChanged"
  /// A shared signal says that the risk of somebody or something changed (3.8).
  case riskLevelChanged = "RiskLevelChanged"

  /// What is known of such an event: names that stand for it, and not for contextual attributes, in conditions on it, and
  /// that actions may use. Which of them an event has depends on what was seen.
  public var fields: [String] {
    switch self {
    case .authenticationFailed: ["resource", "instance", "source", "account", "reason"]
    case .accessDenied: ["resource", "instance", "source", "principal", "method", "path", "reason"]
    case .rateExceeded: ["resource", "instance", "source", "method", "path"]
    case .requestRefused: ["resource", "instance", "source", "method", "path", "filter", "rule", "status"]
    case .packetDropped:
      ["resource", "instance", "source", "destination", "destination-port", "direction", "protocol", "reason"]
    case .instanceFailed, .integrityViolated: ["resource", "instance"]
    case .lifeEnded: []
    case .sessionRevoked: ["subject", "initiating_entity"]
    case .credentialChanged: ["subject", "initiating_entity", "credential_type", "change_type"]
    case .deviceComplianceChanged: ["subject", "initiating_entity", "previous_status", "current_status"]
    case .riskLevelChanged: ["subject", "initiating_entity", "principal", "previous_level", "current_level"]
    }
  }

  /// The requirement that a resource must be due for the event to happen; nil for none.
  var source: String? {
    switch self {
    case .authenticationFailed: "authentication"
    case .accessDenied: "authorization"
    case .requestRefused: "request filter"
    case .rateExceeded: "rate limit"
    case .packetDropped: "filtering"
    case .lifeEnded: "lifetime"
    case .integrityViolated: "runtime integrity"
    case .instanceFailed, .sessionRevoked, .credentialChanged, .deviceComplianceChanged, .riskLevelChanged: nil
    }
  }
}

/// So many events of a kind within a time (TOSCA 1.3, 3.6.22: `evaluations` and `period` of a trigger's condition).
public struct EventCount: Hashable, Sendable, Codable {
  /// What is counted, in all instances of the service.
  public var kind: SecurityEventKind
  /// How many are needed: 1 to `maximumCount`.
  public var count: Int
  /// The time they must fall into, in seconds: 1 to a day. The level stays due for as long after the last of them.
  public var periodSeconds: Int

  /// No trigger counts more events than this: each is remembered.
  public static let maximumCount = 1000
  /// The period where none is given, in seconds.
  public static let defaultPeriodSeconds = 60

  /// A number of events within a time.
  public init(kind: SecurityEventKind, count: Int, periodSeconds: Int) {
    self.kind = kind
    self.count = count
    self.periodSeconds = periodSeconds
  }

  /// In words: `10 of AuthenticationFailed within 1 min`.
  public var summary: String { "\(count) of \(kind.rawValue) within \(durationText(periodSeconds))" }
}

extension AdaptationTrigger {
  /// The attribute that stands in a context while the trigger's level stays due though nothing calls for it at the
  /// moment. Contextual attributes that users set cannot have such a name.
  public var holdAttribute: String { Self.holdPrefix + name }

  /// What the names of such attributes begin with.
  public static let holdPrefix = "trigger:"

  /// The value of that attribute.
  public static let held = "held"

  /// For how long the level stays due once it is, in seconds.
  public var holdSeconds: Int { max(events?.periodSeconds ?? 0, minimumDwellSeconds ?? 0) }
}
