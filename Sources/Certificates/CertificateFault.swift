/// Why a certificate or key cannot be used. Messages never have a part of a key.
public struct CertificateFault: Error, Hashable, Sendable {
  /// What is wrong.
  public var message: String
  /// What would be right.
  public var expected: String

  /// What is wrong, and what would be right.
  public init(_ message: String, expected: String) {
    self.message = message
    self.expected = expected
  }
}
