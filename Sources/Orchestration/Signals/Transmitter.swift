import SecTOSCA
import SharedSignals

/// Who may send security event tokens, and what they are about (OpenID Shared Signals Framework 1.0).
public struct Transmitter: Hashable, Sendable, Codable {
  /// Its name here.
  public var name: String
  /// The issuer of its tokens.
  public var issuer: String
  /// The audience that its tokens must name.
  public var audience: String
  /// The tenant whose services its events happen to.
  public var tenant: String
  /// The service that they happen to; nil for all of the tenant.
  public var service: String?
  /// Its public keys, a JWK set as text.
  public var keys: String

  /// A transmitter.
  public init(name: String, issuer: String, audience: String, tenant: String, service: String?, keys: String) {
    self.name = name
    self.issuer = issuer
    self.audience = audience
    self.tenant = tenant
    self.service = service
    self.keys = keys
  }
}

extension SecurityEventKind {
  /// What triggers wait for when a signal of a kind comes in.
  init(_ kind: SharedSignal.Kind) {
    self =
      switch kind {
      case .sessionRevoked: .sessionRevoked
      case .credentialChange: .credentialChanged
      case .deviceComplianceChange: .deviceComplianceChanged
      case .riskLevelChange: .riskLevelChanged
      }
  }
}
