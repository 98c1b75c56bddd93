import Interchange

/// Which version of which tenant's policies it is: what an image is told of it.
public struct PolicyVersionIdentity: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String
  /// The version's number.
  public var number: Int
  /// The SHA-256 of the signed version.
  public var digest: [UInt8]

  /// A version of a tenant's policies.
  public init(tenant: String, number: Int, digest: [UInt8]) {
    self.tenant = tenant
    self.number = number
    self.digest = digest
  }

  var value: ParameterValue {
    .map([
      ParameterField("tenant", .string(tenant)), ParameterField("number", .number(number)),
      ParameterField("digest", .bytes(digest)),
    ])
  }

  /// The digest, `sha256:` and hexadecimal digits.
  public var digestText: String { "sha256:" + Digest.digits(digest) }
}
