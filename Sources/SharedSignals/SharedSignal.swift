/// An event of the Continuous Access Evaluation Profile 1.0, as far as it is understood here.
public struct SharedSignal: Hashable, Sendable {
  /// The kinds of events.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// 3.1 of the profile.
    case sessionRevoked = "session-revoked"
    /// 3.3.
    case credentialChange = "credential-change"
    /// 3.5.
    case deviceComplianceChange = "device-compliance-change"
    /// 3.8.
    case riskLevelChange = "risk-level-change"

    static let prefix = "https://schemas.openid.net/secevent/caep/event-type/"

    /// The event's type, a URI.
    public var type: String { Self.prefix + rawValue }

    /// What its claims are, by name: the values that each may have, nil for any text; and whether it must be there.
    var claims: [String: (values: [String]?, isRequired: Bool)] {
      switch self {
      case .sessionRevoked: [:]
      case .credentialChange:
        ["credential_type": (nil, true), "change_type": (["create", "revoke", "update", "delete"], true)]
      case .deviceComplianceChange:
        [
          "previous_status": (["compliant", "not-compliant"], true),
          "current_status": (["compliant", "not-compliant"], true),
        ]
      case .riskLevelChange:
        [
          "principal": (nil, true), "current_level": (["LOW", "MEDIUM", "HIGH"], true),
          "previous_level": (["LOW", "MEDIUM", "HIGH"], false),
        ]
      }
    }
  }

  /// What happened.
  public var kind: Kind
  /// Its claims by name, with that of who began it (`initiating_entity`), if said.
  public var claims: [String: String]

  static let longestClaim = 256

  /// Reads the payload of an event.
  init(_ kind: Kind, _ payload: [String: Any]) throws(SignalRefusal) {
    self.kind = kind
    claims = [:]
    var expected = kind.claims
    expected["initiating_entity"] = (nil, false)
    for (name, claim) in expected.sorted(by: { $0.key < $1.key }) {
      guard let written = payload[name] else {
        guard !claim.isRequired else {
          throw SignalRefusal(.invalidRequest, "the event `\(kind.rawValue)` has no `\(name)`")
        }
        continue
      }
      guard let text = written as? String, (1...Self.longestClaim).contains(text.utf8.count),
        claim.values?.contains(text) ?? true
      else {
        let values = claim.values?.joined(separator: ", ") ?? "a text of 1 to \(Self.longestClaim) bytes"
        throw SignalRefusal(
          .invalidRequest, "`\(name)` of the event `\(kind.rawValue)` cannot be used, expected \(values)")
      }
      claims[name] = text
    }
  }
}
