/// Why a security event token was not accepted, as its transmitter is told (RFC 8935, 2.4).
public struct SignalRefusal: Error, Hashable, Sendable {
  /// The error codes of the standard.
  public enum Code: String, Hashable, Sendable {
    case invalidRequest = "invalid_request"
    case invalidKey = "invalid_key"
    case invalidIssuer = "invalid_issuer"
    case invalidAudience = "invalid_audience"
    case authenticationFailed = "authentication_failed"
  }

  /// The code.
  public var code: Code
  /// What is wrong, and what was expected.
  public var description: String

  /// A refusal.
  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
