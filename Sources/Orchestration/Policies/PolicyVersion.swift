import Crypto
import Foundation
public import ImageGeneration

/// One version of a tenant's policies: which files stand for those of the templates of its services. It is signed once,
/// with the key that boot messages are signed with, and never changed; going back makes another version with the content of
/// an older one.
public struct PolicyVersion: Hashable, Sendable, Codable {
  /// The kind and version of the document.
  public var type: String
  /// The tenant whose it is.
  public var tenant: String
  /// Its number, from 1; greater than that of any before it.
  public var number: Int
  /// When it was made (RFC 3339).
  public var created: String
  /// Why it was made, for people.
  public var reason: String
  /// Policy files by service and authorization requirement. What is not named here has the files of its template.
  public var policies: [String: [String: [ServiceDeclaration.PolicyFile]]]

  /// The media type of versions, in envelopes.
  public static let mediaType = "application/vnd.testudo.policies+json"
  static let currentType = "testudo.policies/1"

  init(
    tenant: String, number: Int, created: String, reason: String,
    policies: [String: [String: [ServiceDeclaration.PolicyFile]]]
  ) {
    type = Self.currentType
    self.tenant = tenant
    self.number = number
    self.created = created
    self.reason = reason
    self.policies = policies.filter { !$0.value.isEmpty }
  }

  /// Reads a version out of an envelope.
  ///
  /// - Parameters:
  ///   - publicKey: The key that it must be signed with: an uncompressed point of 65 bytes.
  ///   - tenant: The tenant that it must be for.
  ///   - number: The number that it must have.
  /// - Throws: what is wrong with it, `OrchestrationFault.input`.
  init(
    verifying envelope: SignedEnvelope, publicKey: [UInt8], tenant: String, number: Int
  ) throws(OrchestrationFault) {
    guard envelope.payloadType == Self.mediaType else {
      throw .input("the envelope holds `\(envelope.payloadType)`, expected `\(Self.mediaType)`")
    }
    guard envelope.isSigned(by: publicKey) else {
      throw .input("it is not signed with this control plane's key, or was altered")
    }
    guard let content = envelope.content, let version = try? JSONDecoder().decode(Self.self, from: Data(content)),
      version.type == Self.currentType
    else { throw .input("it is no version of policies, expected a `\(Self.currentType)`") }
    guard version.tenant == tenant else {
      throw .input("it is a version of the policies of tenant `\(version.tenant)`, expected one of `\(tenant)`")
    }
    guard version.number == number else {
      throw .input("it is version \(version.number), expected version \(number)")
    }
    self = version
  }

  /// The document that is signed; equal versions are equal bytes.
  var document: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { Array($0) } ?? []
  }

  /// What images are told of it.
  var identity: PolicyVersionIdentity {
    PolicyVersionIdentity(tenant: tenant, number: number, digest: Array(SHA256.hash(data: document)))
  }
}

/// What of a tenant's version concerns one service.
public struct AppliedPolicies: Hashable, Sendable {
  /// Which version it is; nil before a tenant has any.
  public var identity: PolicyVersionIdentity?
  /// The files, by authorization requirement.
  public var files: [String: [ServiceDeclaration.PolicyFile]] = [:]
  /// Why the version that is stored cannot be relied on, if so: nothing is worked out with it then.
  public var refusal: String?

  /// The number of the version.
  public var number: Int { identity?.number ?? 1 }
}

/// A version, in short, as `testudo policy list` shows it.
public struct PolicyVersionSummary: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String
  /// The version's number.
  public var number: Int
  /// When it was made (RFC 3339).
  public var created: String
  /// Why.
  public var reason: String
  /// The SHA-256 of the signed document, `sha256:` and hexadecimal digits.
  public var digest: String
  /// Whether it is the one that is due.
  public var isDue: Bool
  /// How many enforcement points have it in force.
  public var converged: Int
  /// How many enforcement points the tenant has.
  public var points: Int
}
